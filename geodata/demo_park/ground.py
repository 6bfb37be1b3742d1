# SPDX-License-Identifier: Apache-2.0
"""Step 12: the ground: a graded platform, the estuary's bed, a dyke, fields with little relief and hills to the north."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.demo_park.draft import Generator
from geodata.demo_park.grid import Grid
from geodata.demo_park.surroundings import Shore

Floats = NDArray[np.float64]
PLATFORM_M = 5.0
BED_M = -6.0


def _waves(x: Floats, y: Floats, rng: Generator, length_m: float, count: int) -> Floats:
    """Smooth relief of unit size: a sum of waves in random directions (rows y, columns x)."""
    total = np.zeros((len(y), len(x)))
    for _ in range(count):
        turn, phase = rng.uniform(0, 2 * math.pi, 2)
        number = 2 * math.pi / (length_m * float(rng.uniform(0.7, 1.5)))
        one = np.exp(1j * (number * math.cos(turn) * x + phase))
        two = np.exp(1j * number * math.sin(turn) * y)
        total += two.real[:, None] * one.real[None, :] - two.imag[:, None] * one.imag[None, :]
    return total / math.sqrt(count)


def make_ground(grid: Grid, shore: Shore, rng: Generator) -> tuple[Floats, float, float]:
    """Elevation [y, x] of cell middles, row 0 south, and the west and north edge of the raster."""
    size = grid.size
    cell = size.cell_m
    xs_m, ys_m = [s[0] for s in grid.boundary], [s[1] for s in grid.boundary]
    west = math.floor((min(xs_m) - size.margin_m) / cell) * cell
    south = math.floor((min(ys_m) - size.margin_m) / cell) * cell
    columns = math.ceil((max(xs_m) + size.margin_m - west) / cell)
    rows = math.ceil((max(ys_m) + size.margin_m - south) / cell)
    x: Floats = west + cell * (np.arange(columns, dtype=np.float64) + 0.5)
    y: Floats = south + cell * (np.arange(rows, dtype=np.float64) + 0.5)
    # how far a place is from the park's box, 0 inside
    away_x = np.maximum(np.maximum(min(xs_m) - x, x - max(xs_m)), 0.0)
    away_y = np.maximum(np.maximum(min(ys_m) - y, y - max(ys_m)), 0.0)
    away = np.hypot(away_x[None, :], away_y[:, None])
    wild = np.clip(away / 350.0, 0.0, 1.0)
    relief = _waves(x, y, rng, 900.0, 5)
    ground = PLATFORM_M - 1.2 * wild + 0.05 * relief * (1 - wild) + 0.7 * relief * wild
    if size.rows > 1:
        ground = ground + _hills(x, y, max(ys_m), size.margin_m, rng)
    # the bank: from the bed up to the platform within 40 m, with a dyke crest outside the park
    inland = y[:, None] - np.asarray(shore.at(x))[None, :]
    bank = np.clip((inland + 28.0) / 40.0, 0.0, 1.0)
    bank = bank * bank * (3 - 2 * bank)
    dyke = 1.6 * wild * np.exp(-(((inland - 22.0) / 14.0) ** 2))
    bed = BED_M - 3.0 * np.clip(-inland / 900.0, 0.0, 1.0)
    elevation: Floats = np.round(bed + (ground + dyke - bed) * bank, 2)
    return elevation, float(west), float(south + rows * cell)


def _hills(x: Floats, y: Floats, north_m: float, margin_m: float, rng: Generator) -> Any:
    """A chain of hills towards the northern edge, and one by itself in the north-west."""
    rise = np.clip((y - (north_m + 0.45 * margin_m)) / (0.5 * margin_m), 0.0, 1.0) ** 2
    chain = 60.0 + 35.0 * _waves(x, y, rng, 1500.0, 4) + 12.0 * _waves(x, y, rng, 520.0, 4)
    total = np.maximum(chain, 0.0) * rise[:, None]
    centre = (x[0] + 0.13 * (x[-1] - x[0]), north_m + 0.30 * margin_m)
    span = 0.14 * margin_m
    single = (
        np.exp(-(((x - centre[0]) / (1.3 * span)) ** 2))[None, :]
        * np.exp(-(((y - centre[1]) / span) ** 2))[:, None]
    )
    return total + 62.0 * single
