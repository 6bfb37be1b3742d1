# SPDX-License-Identifier: Apache-2.0
"""Reach and area of a threshold on a grid."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.hazards.zones import reach, touches_edge
from twin.fields import Grid


def test_reach_and_area_of_a_round_hill() -> None:
    """exp(-r2 / 2 s2) is above 0.5 within s sqrt(2 ln 2); area pi r2; both to a cell."""
    grid = Grid(x0_m=-200.0, y0_m=-200.0, cell_m=2.0, nx=201, ny=201)
    yy, xx = np.meshgrid(grid.y_m, grid.x_m, indexing="ij")
    values = np.exp(-(xx**2 + yy**2) / (2 * 60.0**2))
    radius = 60.0 * math.sqrt(2 * math.log(2))
    far, area = reach(grid, values, 0.5, (0.0, 0.0))
    assert far == pytest.approx(radius, abs=2.0)
    assert area == pytest.approx(math.pi * radius**2, rel=0.01)
    assert not touches_edge(values, 0.5) and touches_edge(values, 1e-4)


def test_nothing_above_the_threshold() -> None:
    grid = Grid(x0_m=0.0, y0_m=0.0, cell_m=1.0, nx=4, ny=3)
    assert reach(grid, np.zeros((3, 4)), 1e-9, (0.0, 0.0)) == (0.0, 0.0)
