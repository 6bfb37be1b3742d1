# SPDX-License-Identifier: Apache-2.0
"""How far and how wide a threshold is exceeded on a grid. Contours are drawn by the viewer, from the same grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fields import Grid


def reach(
    grid: Grid, values: NDArray[Any], threshold: float, source_xy: tuple[float, float]
) -> tuple[float, float]:
    """Farthest distance from the source at which a threshold is reached, and the area inside it.

    Both are 0 where it is reached nowhere. Distances are to cell centres, so they are known to half a cell's diagonal;
    a zone that touches the edge of the grid is longer than stated.

    Shapes: values [y, x].

    Examples:
        >>> grid = Grid(x0_m=0.0, y0_m=0.0, cell_m=10.0, nx=3, ny=1)
        >>> reach(grid, np.array([[5.0, 2.0, 0.5]]), 1.0, (0.0, 0.0))
        (10.0, 200.0)
    """
    rows, columns = np.nonzero(np.asarray(values) >= threshold)
    if rows.size == 0:
        return 0.0, 0.0
    distance_m = np.hypot(grid.x_m[columns] - source_xy[0], grid.y_m[rows] - source_xy[1])
    return float(distance_m.max()), float(rows.size * grid.cell_m**2)


def touches_edge(values: NDArray[Any], threshold: float) -> bool:
    """Whether a zone reaches the edge of its grid, so that its reach is only a lower bound."""
    inside = np.asarray(values) >= threshold
    return bool(inside[0].any() or inside[-1].any() or inside[:, 0].any() or inside[:, -1].any())
