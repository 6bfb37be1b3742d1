# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from geodata.control_points import fit_local_grid
from geodata.crs import frame_at, from_frame, to_frame
from twin.errors import InputProblems


def grid_points() -> tuple[np.ndarray, np.ndarray]:
    """Local coordinates (turned by 12 degrees, shifted) of known places."""
    frame = frame_at(120.6, 31.9)
    metres = np.array([[0.0, 0.0], [900.0, 100.0], [500.0, 800.0], [-300.0, 400.0]])
    angle = np.radians(12.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return metres @ turn.T + [5000.0, 2000.0], from_frame(metres, frame)


def test_a_turned_grid_is_found_again() -> None:
    local, lonlat = grid_points()
    convert = fit_local_grid(np.hstack([local, lonlat])[:3])
    frame = frame_at(120.6, 31.9)
    found = to_frame(convert(local), crs="", coordinate_system="cgcs2000", frame=frame)
    true = to_frame(lonlat, crs="", coordinate_system="cgcs2000", frame=frame)
    assert np.abs(found - true).max() < 1e-3


@pytest.mark.parametrize("fault", ["few", "wrong", "scale", "degrees"])
def test_points_that_do_not_fit_are_refused(fault: str) -> None:
    local, lonlat = grid_points()
    control = np.hstack([local, lonlat])
    if fault == "few":
        control = control[:2]
    elif fault == "wrong":
        control[1, 0] += 5.0
    elif fault == "scale":
        control[:, :2] /= 0.3048
    else:
        control[0, 2] = 500.0
    with pytest.raises(InputProblems) as caught:
        fit_local_grid(control)
    assert caught.value.problems[0].code == "C15"
    if fault == "wrong":
        assert "residuals of" in caught.value.problems[0].what
