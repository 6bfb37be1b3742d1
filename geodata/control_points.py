# SPDX-License-Identifier: Apache-2.0
"""A local grid (city grid, plant grid, Beijing 1954, Xian 1980) fitted to the Earth by control points.

Least squares of the four-parameter similarity (shift, turn, scale) from the grid to Gauss-Krueger metres:
E = a x - b y + c, N = b x + a y + d. Three points leave two redundant equations pairs, so a wrong point shows in the residuals.

References:
    Helmert transformation in the plane; normal equations solved by `numpy.linalg.lstsq`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geodata.check_codes import coded
from geodata.crs import frame_at, from_frame, to_frame
from twin.errors import InputProblems

Points = NDArray[np.float64]

LARGEST_RESIDUAL_M = 0.5
LARGEST_SCALE_ERROR = 1e-3
"""A grid whose scale differs from the ground's by more is not in metres, or its points are wrong."""


def fit_local_grid(control: Points) -> Callable[[Points], Points]:
    """Function from grid coordinates to longitude and latitude.

    Shapes: control [K, 4]: x, y in the grid; longitude, latitude (CGCS2000).

    Raises: InputProblems with the residual of each point when they do not fit.
    """
    if len(control) < 3:
        raise InputProblems(
            [coded("C15", f"{len(control)} control points are given", expected="three or more")]
        )
    if not (np.abs(control[:, 2]) <= 180).all() or not (np.abs(control[:, 3]) <= 84).all():
        raise InputProblems([coded("C15", "a control point's longitude or latitude is not in degrees")])
    grid, lonlat = control[:, :2], control[:, 2:]
    frame = frame_at(float(np.mean(lonlat[:, 0])), float(np.mean(lonlat[:, 1])))
    metres = to_frame(lonlat, crs="", coordinate_system="cgcs2000", frame=frame)
    centre = grid.mean(axis=0)
    x, y = (grid - centre).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows = np.concatenate([np.stack([x, -y, one, zero], axis=1), np.stack([y, x, zero, one], axis=1)])
    (a, b, east, north), *_ = np.linalg.lstsq(rows, np.concatenate([metres[:, 0], metres[:, 1]]), rcond=None)
    scale = float(np.hypot(a, b))
    residual = np.hypot(*(metres - _turn(grid - centre, a, b, east, north)).T)
    if residual.max() > LARGEST_RESIDUAL_M or abs(scale - 1.0) > LARGEST_SCALE_ERROR:
        listed = ", ".join(f"{value:.2f} m" for value in residual)
        what = f"the control points leave residuals of {listed} and a scale of {scale:.6f}"
        limit = f"at most {LARGEST_RESIDUAL_M} m and a scale within {LARGEST_SCALE_ERROR} of 1"
        raise InputProblems([coded("C15", what, expected=limit)])

    def convert(points: Points) -> Points:
        return from_frame(_turn(points - centre, a, b, east, north), frame)

    return convert


def _turn(points: Points, a: float, b: float, east: float, north: float) -> Points:
    x, y = points.T
    return np.stack([a * x - b * y + east, b * x + a * y + north], axis=-1)
