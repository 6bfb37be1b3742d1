# SPDX-License-Identifier: Apache-2.0
"""A gas cloud at named thresholds: bands on the ground, and a translucent shell over each.

The grid holds concentration near the ground only. The shell of threshold L stands where c > L and is as high as a Gaussian
vertical profile c(z) = c exp(-z^2 / (2 sigma_z^2)) needs to fall to L: z = sigma_z sqrt(2 ln(c / L)) (Pasquill and Smith,
Atmospheric Diffusion, 3rd ed., 1983, the vertical factor of the plume equation for a source at the ground). The caller gives
sigma_z; without one it grows with distance from the source and the height is for looks. Never a simulation result by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.fields import Grid
from viewer.layers.message import Colour, SceneLayer

Threshold = tuple[str, float, Colour]
"""Name ('AEGL-2'), value in the field's unit, colour."""
_DECADES_BELOW = 1.0
BAND_COLOURS: tuple[Colour, ...] = ((126, 231, 135), (255, 209, 82), (255, 128, 48), (255, 56, 66))
"""Lowest threshold first."""


def plume_layer(
    grid: Grid,
    values: NDArray[Any],
    thresholds: Sequence[Threshold],
    *,
    layer_id: str = "plume",
    style: Literal["cloud", "bands"] = "cloud",
    sigma_z_m: float | NDArray[Any] | None = None,
    source_m: tuple[float, float] | None = None,
    unit: str = "kg/m3",
    opacity: float = 1.0,
) -> SceneLayer:
    """The field at one time, cut to where it exceeds a tenth of the lowest threshold.

    `bands` draws the ground bands only (toxic load, probability). Thresholds are sorted here.
    Shapes: values [y, x] of `grid`; sigma_z_m scalar or [y, x].
    Raises: ValueError for no threshold or one that is not positive.
    """
    levels = sorted(thresholds, key=lambda threshold: threshold[1])
    if not levels or levels[0][1] <= 0:
        raise ValueError("a plume needs thresholds above 0")
    floor = np.log10(levels[0][1]) - _DECADES_BELOW
    field = np.asarray(values, dtype=np.float64)
    rows, columns = _window(field, 10.0**floor)
    part = field[rows, columns]
    log10 = np.full(part.shape, floor)
    np.log10(part, out=log10, where=part > 10.0**floor)
    x0_m = grid.x0_m + grid.cell_m * columns.start
    y0_m = grid.y0_m + grid.cell_m * rows.start
    sigma = _sigma(sigma_z_m, part.shape, (rows, columns), (x0_m, y0_m, grid.cell_m), source_m)
    return SceneLayer(
        id=layer_id,
        kind="plume",
        data={
            "log10": np.clip(log10, floor, floor + 30).astype(np.float16).ravel(),
            "sigma": sigma,
            "nx": int(part.shape[1]),
            "ny": int(part.shape[0]),
            "x0": float(x0_m),
            "y0": float(y0_m),
            "cell": float(grid.cell_m),
            "floor": float(floor),
            "levels": [
                {"name": name, "value": float(value), "log10": float(np.log10(value)), "colour": list(colour)}
                for name, value, colour in levels
            ],
            "style": style,
            "unit": unit,
            "opacity": float(opacity),
        },
        note="" if sigma_z_m is not None else "height of the shells",
    )


def _window(field: NDArray[np.float64], limit: float) -> tuple[slice, slice]:
    """Rows and columns that hold everything above the limit, with a rim of two cells."""
    above = field > limit
    if not above.any():
        return slice(0, min(4, field.shape[0])), slice(0, min(4, field.shape[1]))
    rows = np.flatnonzero(above.any(axis=1))
    columns = np.flatnonzero(above.any(axis=0))
    return (
        slice(max(int(rows[0]) - 2, 0), min(int(rows[-1]) + 3, field.shape[0])),
        slice(max(int(columns[0]) - 2, 0), min(int(columns[-1]) + 3, field.shape[1])),
    )


def _sigma(
    sigma_z_m: float | NDArray[Any] | None,
    shape: tuple[int, ...],
    window: tuple[slice, slice],
    place: tuple[float, float, float],
    source_m: tuple[float, float] | None,
) -> NDArray[np.float16]:
    """Height scale of each cell, [ny * nx] m."""
    if sigma_z_m is not None:
        given = np.asarray(sigma_z_m, dtype=np.float64)
        local = np.full(shape, float(given)) if given.ndim == 0 else given[window]
    elif source_m is None:
        local = np.full(shape, 12.0)
    else:
        x0_m, y0_m, cell_m = place
        x_m = x0_m + cell_m * np.arange(shape[1]) - source_m[0]
        y_m = y0_m + cell_m * np.arange(shape[0]) - source_m[1]
        # Briggs' open-country class D, sigma_z = 0.06 x (1 + 0.0015 x)^-1/2 (Briggs 1973, ATDL 79), at least 4 m
        distance = np.hypot(x_m[None, :], y_m[:, None])
        local = np.maximum(0.06 * distance / np.sqrt(1 + 0.0015 * distance), 4.0)
    return np.clip(local, 0.0, 500.0).astype(np.float16).ravel()
