# SPDX-License-Identifier: Apache-2.0
"""Gaussian puffs carried by a wind that changes in time and space; calm included.

c = sum m / (2 pi sigma_y^2) exp(-r^2 / 2 sigma_y^2) V(z), V with images in ground and mixing lid. Within a step the release
is split so finely that its puffs overlap; later neighbours are merged as they widen, so a plume of hours is some hundred puffs.
Passive: no density of its own, no buildings, no deposition.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scenarios.hazards.growth import Growth
from scenarios.hazards.puff_kernel import at_points, merge_neighbours, on_grid
from scenarios.hazards.stability import SurfaceLayer
from twin.fields import Grid
from twin.weather import Wind

Floats = NDArray[np.float64]
_X, _Y, _HEIGHT, _SIGMA_Y, _SIGMA_Z, _MASS = range(6)
_SPACING = 0.75
"""Neighbours closer than this many sigma are merged; what is left is at most 1.5 sigma apart (ripple 3e-4)."""
_RATIO = 0.1
_HIGHEST_M = 200.0
"""Top of the wind profile: above, the surface layer's formulas mean nothing."""


class PuffCloud:
    """All puffs of one release, oldest first."""

    def __init__(
        self, layer: SurfaceLayer, growth: Growth, wind: Wind, *, step_s: float = 5.0, most_puffs: int = 2000
    ) -> None:
        self.layer = layer
        self.growth = growth
        self.wind = wind
        self.step_s = step_s
        self.most_puffs = most_puffs
        self._table: Floats = np.zeros((6, 0))

    @property
    def count(self) -> int:
        return int(self._table.shape[1])

    @property
    def mass_kg(self) -> float:
        """Mass in the air, whatever its place."""
        return float(math.fsum(self._table[_MASS]))

    @property
    def puffs(self) -> Floats:
        """x, y, height, sigma_y, sigma_z, mass of every puff. Shapes: [6, P], a copy."""
        return self._table.copy()

    def _effective_height_m(self, table: Floats, sigma_z_m: Floats) -> Floats:
        """Height whose wind carries a puff: 0.6 of its mean height (van Ulden 1978), or its own height when lifted."""
        top_m = min(_HIGHEST_M, 0.5 * self.layer.mixing_height_m)
        result: Floats = np.minimum(np.hypot(table[_HEIGHT], 0.55 * sigma_z_m), top_m)
        return result

    def _carry(self, table: Floats, t_s: float, dt_s: Floats) -> None:
        """Grow and move puffs, each for its own time ending at t_s + the longest. Shapes: table [6, P], dt_s [P]."""
        if table.shape[1] == 0:
            return
        places = np.stack([table[_X], table[_Y], table[_HEIGHT]], axis=1)
        velocity = np.asarray(self.wind.at(places, t_s), dtype=np.float64)
        speed = np.hypot(velocity[:, 0], velocity[:, 1])
        ratio = self.layer.speed_ratio(self._effective_height_m(table, table[_SIGMA_Z]))
        sigma_y, sigma_z = self.growth.grow(
            table[_SIGMA_Y], table[_SIGMA_Z], table[_HEIGHT], speed, speed * ratio, dt_s
        )
        lid_m = self.layer.mixing_height_m
        if lid_m > 0:
            sigma_z = np.minimum(sigma_z, np.maximum(table[_SIGMA_Z], 3 * lid_m))
        middle = self.layer.speed_ratio(self._effective_height_m(table, 0.5 * (table[_SIGMA_Z] + sigma_z)))
        table[_X] += velocity[:, 0] * middle * dt_s
        table[_Y] += velocity[:, 1] * middle * dt_s
        table[_SIGMA_Y] = sigma_y
        table[_SIGMA_Z] = sigma_z

    def advance(
        self,
        t_s: float,
        dt_s: float,
        mass_kg: float,
        source_m: tuple[float, float, float],
        sigma_m: float,
        sigma_z_m: float | None = None,
    ) -> None:
        """One step: carry what is there, add a mass released evenly over the step with a first spread.

        sigma_z_m None = the same as sideways.
        """
        moment_s = t_s + 0.5 * dt_s
        self._carry(self._table, moment_s, np.full(self.count, dt_s))
        if mass_kg > 0:
            place = np.array([source_m])
            wind = np.asarray(self.wind.at(place, moment_s), dtype=np.float64)[0]
            speed = math.hypot(wind[0], wind[1])
            parts = min(max(math.ceil(speed * dt_s / (1.5 * max(sigma_m, 1.0))), 1), 64)
            new = np.empty((6, parts))
            new[_X], new[_Y], new[_HEIGHT] = source_m
            new[_SIGMA_Y] = sigma_m
            new[_SIGMA_Z] = sigma_m if sigma_z_m is None else sigma_z_m
            new[_MASS] = mass_kg / parts
            self._carry(new, moment_s, dt_s * (1 - (np.arange(parts) + 0.5) / parts))
            self._table = np.concatenate([self._table, new], axis=1)
        self._merge(_SPACING, _RATIO)
        looser = 1.0
        while self.count > self.most_puffs:
            looser *= 1.5
            self._merge(_SPACING * looser, _RATIO * looser)

    def _merge(self, spacing: float, ratio: float) -> None:
        table = np.ascontiguousarray(self._table)
        kept = merge_neighbours(table, spacing, ratio)
        self._table = np.ascontiguousarray(table[:, :kept])

    def concentration(self, grid: Grid, height_m: float) -> Floats:
        """Concentration on a grid at a height above ground, kg/m3. Shapes: [y, x]."""
        if self.count == 0:
            return np.zeros((grid.ny, grid.nx))
        result: Floats = on_grid(
            *self._table,
            height_m,
            self.layer.mixing_height_m,
            grid.x0_m,
            grid.y0_m,
            grid.cell_m,
            grid.nx,
            grid.ny,
        )
        return result

    def at(self, points_m: Floats) -> Floats:
        """Concentration at points, kg/m3. Shapes: points_m [N, 3] -> [N]."""
        points_m = np.ascontiguousarray(points_m, dtype=np.float64)
        if self.count == 0 or len(points_m) == 0:
            return np.zeros(len(points_m))
        result: Floats = at_points(*self._table, points_m, self.layer.mixing_height_m)
        return result
