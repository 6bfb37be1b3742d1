# SPDX-License-Identifier: Apache-2.0
"""What people breathe from tick to tick, indoors and out, and what it does to them.

Every building is one well-mixed room; people outdoors breathe the field where they stand. The concentration
is linear in time within a tick. Each person has one number drawn once, the share of people who would die
before them: they fall when the probability of death at their load passes it. So casualties never fall when
the dose grows, and equal seeds lose the same people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.exposure import IndoorAir, aegl_at, lethal_load, load_of_step, probit_probability
from twin.fields import HazardField
from twin.kernel import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

BREATHING_HEIGHT_M = 1.5
CLOSED_AIR_CHANGES_1_H = 0.5
"""Windows shut and ventilation off. Assumption: within 0.3-1 per hour of closed buildings."""
DYING_S = 120.0
"""Time from collapse to death where nobody helps. Assumption; it moves the time of deaths, not their
number."""
CLOCK_STEP_S = 10.0
_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Toxicity:
    """What a body needs to know of a substance."""

    n: float = 1.0
    """Exponent of the toxic load."""
    probit: tuple[float, float] | None = None
    """a, b of Pr = a + b ln(load in ppm^n min); None: nobody dies of it in this model."""
    aegl_ppm: Mapping[int, Mapping[int, float]] | None = None
    """Level 1-3 -> {minutes: ppm}."""
    notice_ppm: float | None = None
    """Concentration people smell or feel; None = AEGL-1 for 10 minutes, and if there is none nobody
    notices."""

    @property
    def noticed_ppm(self) -> float:
        """Concentration from which people notice the gas by themselves; infinite when they do not."""
        if self.notice_ppm is not None:
            return self.notice_ppm
        first = (self.aegl_ppm or {}).get(1) or {}
        return float(aegl_at(first, 10.0)) if first else float("inf")

    def limit_loads(self, level: int) -> Floats | None:
        """Load of a constant exposure at a guideline level, every 10 s of duration. Shapes: -> [k] or
        None."""
        table = (self.aegl_ppm or {}).get(level)
        if not table:
            return None
        minutes = np.maximum(np.arange(1, int(_HOURS * 3600 / CLOCK_STEP_S) + 1) * CLOCK_STEP_S / 60.0, 10.0)
        result: Floats = aegl_at(table, minutes) ** self.n * minutes
        return result


@kernel
def _breathe(  # type: ignore[no-untyped-def]
    outside, inside, room, breathing, protection, n, t_s, dt_s, trace, breathed, load, worst, since
):
    """One tick for everybody; `outside` holds those who breathe outdoors, in order."""
    place = 0
    for i in range(room.size):
        now = 0.0
        if room[i] >= 0:
            now = inside[room[i]]
        elif breathing[i]:
            now = outside[place]
            place += 1
        now /= protection[i]
        if breathing[i] and now + breathed[i] > 0.0:
            load[i] += load_of_step(breathed[i], now, n, dt_s)
            worst[i] = max(worst[i], now)
            if now > trace and since[i] == np.inf:
                since[i] = t_s
        breathed[i] = now


class Breathing:
    """Concentration breathed, toxic load and its effects for N people in R rooms and in the open."""

    def __init__(
        self,
        toxicity: Toxicity,
        toxic_load: Floats,
        share_before: Floats,
        room: Ints,
        rooms_xy_m: Floats,
        rooms_air_changes_1_h: Floats,
    ) -> None:
        """Shapes: toxic_load, share_before (uniform numbers), room (-1 = outdoors) [N]; rooms [R]."""
        count = len(toxic_load)
        self.toxicity = toxicity
        self.toxic_load = toxic_load
        self.room = room
        self.rooms_xy_m = rooms_xy_m
        self.air = IndoorAir(np.zeros(len(rooms_xy_m)), rooms_air_changes_1_h / 3600.0)
        self.outside_ppm = np.zeros(len(rooms_xy_m))
        self.breathed_ppm = np.zeros(count)
        self.protection = np.ones(count)
        """Outside over inhaled concentration of what each person wears."""
        self.worst_ppm = np.zeros(count)
        self.lethal_load = (
            np.full(count, np.inf) if toxicity.probit is None else lethal_load(share_before, *toxicity.probit)
        )
        levels = {level: toxicity.limit_loads(level) for level in (2, 3)}
        self._limits = {level: loads for level, loads in levels.items() if loads is not None}
        self._over = {level: np.zeros(count, dtype=bool) for level in (2, 3)}
        self._since_s = np.full(count, np.inf)
        self._compare_s = -np.inf
        self._trace_ppm = 0.01 * min(
            [toxicity.noticed_ppm, *((toxicity.aegl_ppm or {}).get(2) or {}).values(), 100.0]
        )

    def step(
        self,
        xy_m: Floats,
        breathing: Flags,
        t_s: float,
        dt_s: float,
        field: HazardField | None,
        ppm_per_kg_m3: float,
    ) -> None:
        """Breathe from t_s to t_s + dt_s at positions [N, 2]; those not `breathing` take up nothing."""
        outdoors = np.flatnonzero(breathing & (self.room < 0))
        outside = np.zeros(len(outdoors) + len(self.rooms_xy_m))
        if field is not None:
            points = np.empty((len(outside), 3))
            points[: len(outdoors), :2] = xy_m[outdoors]
            points[len(outdoors) :, :2] = self.rooms_xy_m
            points[:, 2] = BREATHING_HEIGHT_M
            outside = np.maximum(field.at(points, t_s + dt_s), 0.0) * ppm_per_kg_m3
        at_rooms = outside[len(outdoors) :]
        inside = self.air.step(self.outside_ppm, at_rooms, dt_s)
        self.outside_ppm = at_rooms
        _breathe(
            outside,
            inside,
            self.room,
            breathing,
            self.protection,
            self.toxicity.n,
            float(t_s),
            float(dt_s),
            self._trace_ppm,
            self.breathed_ppm,
            self.toxic_load,
            self.worst_ppm,
            self._since_s,
        )
        if t_s + dt_s >= self._compare_s:
            self._compare_s = t_s + dt_s + CLOCK_STEP_S
            self._compare(t_s + dt_s)

    def _compare(self, t_s: float) -> None:
        """Latch who has taken up more than a guideline level allows for the time since their exposure
        began."""
        begun = np.flatnonzero(np.isfinite(self._since_s))
        step = ((t_s - self._since_s[begun]) / CLOCK_STEP_S).astype(np.int64)
        for level, limits in self._limits.items():
            self._over[level][begun] |= (
                self.toxic_load[begun] >= limits[np.clip(step - 1, 0, len(limits) - 1)]
            )

    def close(self, rooms: Ints) -> None:
        """Shut the windows of rooms."""
        rate = self.air.air_changes_1_s
        rate[rooms] = np.minimum(rate[rooms], CLOSED_AIR_CHANGES_1_H / 3600.0)

    @property
    def noticing(self) -> Flags:
        """Who smells or feels the gas now [N]."""
        return self.breathed_ppm >= self.toxicity.noticed_ppm

    @property
    def fallen(self) -> Flags:
        """Who has taken up the load that kills them [N]."""
        return self.toxic_load >= self.lethal_load

    @property
    def expected_deaths(self) -> float:
        """Expected number of people who have taken up a lethal load by now.

        Sum of -ln(1 - P) with P the probability of death at the load taken up until the person fell: for
        small P the sum of the probabilities. Summing P itself would fall short, since nobody's walk goes on
        after they fell; this sum has the mean of the number of deaths exactly (it is the compensator of that
        counting process).
        References: Doob-Meyer decomposition, e.g. Fleming & Harrington (1991), Counting Processes and
        Survival Analysis, 1.3.
        """
        if self.toxicity.probit is None:
            return 0.0
        load = np.minimum(self.toxic_load, self.lethal_load)
        hazard = -np.log1p(-np.minimum(probit_probability(load, *self.toxicity.probit), 1.0 - 1e-12))
        return float(min(hazard.sum(), len(load)))

    @property
    def exposed(self) -> Flags:
        """Who has ever breathed what one can notice (or a hundredth of AEGL-2, where the gas has no
        warning)."""
        limit = self.toxicity.noticed_ppm
        return self.worst_ppm >= (limit if np.isfinite(limit) else self._trace_ppm)

    def above(self, level: int) -> Flags:
        """Who has been exposed above AEGL `level` for the duration of their exposure [N]."""
        return self._over[level]
