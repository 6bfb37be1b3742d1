# SPDX-License-Identifier: Apache-2.0
"""The cloud on the run's grid: concentration, its ten-minute mean and the toxic load, advanced tick by tick.

Between two ticks the concentration is linear in time, so `at` and the toxic load integral (exact for a linear course) agree.
It is the `HazardField` that people of a run live in; ahead of the current tick it knows nothing.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from agents.exposure import toxic_load_step
from twin.fields import FieldInfo, Grid

Floats = NDArray[np.float64]

MEAN_WINDOW_S = 600.0
"""Window of the running mean that is compared with 10-minute AEGLs."""


class CloudGrid:
    """Concentration frames of one cloud on one grid. Shapes of all arrays: [y, x]."""

    def __init__(
        self, grid: Grid, info: FieldInfo, *, t_s: float, ppm_per_kg_m3: float, toxic_n: float | None
    ) -> None:
        self.grid = grid
        self.info = info
        self.toxic_n = toxic_n
        self.toxic_load = np.zeros((grid.ny, grid.nx))
        """Toxic load so far, ppm^n min."""
        self.worst_mean_ppm = np.zeros((grid.ny, grid.nx))
        """Highest ten-minute mean so far, ppm."""
        self._ppm = ppm_per_kg_m3
        self._before = self._now = np.zeros((grid.ny, grid.nx))
        self._t_before_s = self._t_now_s = t_s
        self._parts: deque[tuple[float, Floats]] = deque()
        self._sum = np.zeros((grid.ny, grid.nx))

    @property
    def t_s(self) -> float:
        """Time of the newest frame."""
        return self._t_now_s

    @property
    def concentration_kg_m3(self) -> Floats:
        return self._now

    def push(self, t_s: float, concentration_kg_m3: Floats) -> None:
        """The frame at the next tick."""
        dt_s = t_s - self._t_now_s
        self._before, self._t_before_s = self._now, self._t_now_s
        self._now, self._t_now_s = concentration_kg_m3, t_s
        before_ppm, now_ppm = self._before * self._ppm, self._now * self._ppm
        if self.toxic_n is not None:
            self.toxic_load += toxic_load_step(before_ppm, now_ppm, self.toxic_n, dt_s)
        part = 0.5 * (before_ppm + now_ppm) * dt_s
        self._parts.append((dt_s, part.astype(np.float32)))
        self._sum += self._parts[-1][1]
        while sum(dt for dt, _ in self._parts) > MEAN_WINDOW_S + 1e-9:
            self._sum -= self._parts.popleft()[1]
        np.maximum(self.worst_mean_ppm, self.mean_ppm, out=self.worst_mean_ppm)

    @property
    def mean_ppm(self) -> Floats:
        """Mean over the last ten minutes, ppm; before ten minutes have passed the rest of the window counts as clean air."""
        return np.maximum(self._sum, 0.0) / MEAN_WINDOW_S

    def at(self, points_m: Floats, t_s: float) -> Floats:
        """Concentration at points between the last two ticks, kg/m3. Shapes: points_m [N, 3] -> [N]."""
        now = self.grid.sample(self._now, points_m)
        span_s = self._t_now_s - self._t_before_s
        if span_s <= 0 or t_s >= self._t_now_s:
            return now
        part = min(max((t_s - self._t_before_s) / span_s, 0.0), 1.0)
        return part * now + (1 - part) * self.grid.sample(self._before, points_m)
