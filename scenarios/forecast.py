# SPDX-License-Identifier: Apache-2.0
"""What the model expects of a release from now on if nobody closes it: the field that routes are planned in.

A second cloud of the same release runs ahead of the clock on a coarser grid. It uses the wind known now, held; so the
forecast and what then happens differ when the wind turns, as in the field.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scenarios.hazards.toxic_leak import ToxicLeak
from twin.fields import FieldInfo, Grid
from twin.weather import Wind

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeldWind:
    """A wind as it is known at `known_s`: from then on it stays as it was."""

    wind: Wind
    known_s: float

    def at(self, points_m: Floats, t_s: float) -> Floats:
        """Wind at points. Shapes: points_m [N, 3] -> [N, 2]."""
        return self.wind.at(points_m, min(t_s, self.known_s))


class ForecastField:
    """Concentration frames at regular times as a `HazardField`: bilinear in space, linear in time, last frame held."""

    def __init__(self, info: FieldInfo, grid: Grid, t_s: Floats, frames: NDArray[np.float32]) -> None:
        """Shapes: t_s [t], frames [t, y, x]."""
        self.info = info
        self.grid = grid
        self.t_s = t_s
        self.frames = frames

    def at(self, points_m: Floats, t_s: float) -> Floats:
        """Concentration at points, kg/m3. Shapes: points_m [N, 3] -> [N]."""
        place = float(np.clip(np.interp(t_s, self.t_s, np.arange(len(self.t_s))), 0, len(self.t_s) - 1))
        left = int(place)
        part = place - left
        values = self.grid.sample(self.frames[left], points_m)
        if part > 0:
            values = (1 - part) * values + part * self.grid.sample(self.frames[left + 1], points_m)
        return values


def forecast(
    leak: ToxicLeak,
    bounds_m: tuple[float, float, float, float],
    *,
    now_s: float,
    horizon_s: float,
    step_s: float = 30.0,
    cell_m: float = 25.0,
) -> ForecastField:
    """The cloud of a release from now to now + horizon.

    `leak` is the release at its beginning, of its own; it is advanced to now first, so the cloud that is already there is in
    it.
    """
    grid = Grid.covering(bounds_m, cell_m)
    times = now_s + np.arange(0.0, horizon_s + step_s / 2, step_s)
    frames = np.zeros((len(times), grid.ny, grid.nx), dtype=np.float32)
    for index, t_s in enumerate(times):
        leak.advance(float(t_s))
        frames[index] = leak.concentration(grid)
    return ForecastField(replace(leak.info, name="forecast"), grid, times, frames)
