# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import gcj02

# from the published tables of two independent packages (reference/geodata/gcj02_bd09_points.csv), degrees
TRUE = np.array([[118.725714, 32.2498556], [121.3702997, 30.6257378], [114.5495852, 22.8256422]])
GCJ02 = np.array(
    [[118.730943473, 32.247774442], [121.374874872, 30.623554885], [114.554150409, 22.822711270]]
)
BD09 = np.array([[118.737510371, 32.253452345], [121.381481753, 30.629208410], [114.560719131, 22.828461325]])


def metres(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    step = (one - other) * 111_320.0
    return np.hypot(step[..., 0] * np.cos(np.radians(one[..., 1])), step[..., 1])


def test_three_points_of_the_table() -> None:
    assert metres(gcj02.gcj02_from_wgs84(TRUE), GCJ02).max() < 0.001
    assert metres(gcj02.bd09_from_gcj02(GCJ02), BD09).max() < 0.001
    assert metres(gcj02.bd09_from_wgs84(TRUE), BD09).max() < 0.001
    assert metres(gcj02.wgs84_from_gcj02(GCJ02), TRUE).max() < 0.001
    assert metres(gcj02.gcj02_from_bd09(BD09), GCJ02).max() < 0.001


def test_whole_table(reference: Callable[[str], Path]) -> None:
    with reference("geodata/gcj02_bd09_points.csv").open() as file:
        rows = list(csv.DictReader(file))

    def column(kind: str, peer: str) -> np.ndarray:
        return np.array([[float(row[f"{kind}_{axis}{peer}_deg"]) for axis in ("lon", "lat")] for row in rows])

    true = column("wgs84", "")
    for peer in ("_eviltransform", "_prcoords"):
        assert metres(gcj02.gcj02_from_wgs84(true), column("gcj02", peer)).max() < 0.05
        assert metres(gcj02.wgs84_from_gcj02(column("gcj02", peer)), true).max() < 0.05
    assert metres(gcj02.wgs84_from_bd09(column("bd09", "_prcoords")), true).max() < 0.05
    offset = metres(true, column("gcj02", "_prcoords"))
    assert offset.min() > 100  # the table is not trivial


@settings(max_examples=200, deadline=None)
@given(st.floats(73.5, 134.7), st.floats(4.0, 53.5))
def test_there_and_back(longitude: float, latitude: float) -> None:
    point = np.array([[longitude, latitude]])
    shifted = gcj02.gcj02_from_wgs84(point)
    assert 5 < metres(point, shifted)[0] < 1200
    assert metres(gcj02.wgs84_from_gcj02(shifted), point)[0] < 1e-5
    assert metres(gcj02.wgs84_from_bd09(gcj02.bd09_from_wgs84(point)), point)[0] < 1e-5


@pytest.mark.parametrize("place", [(9.7, 50.9), (-70.0, -33.0), (139.7, 35.7), (105.0, 0.5)])
def test_nothing_is_shifted_outside_china(place: tuple[float, float]) -> None:
    point = np.array([place])
    assert np.array_equal(gcj02.gcj02_from_wgs84(point), point)
    assert np.array_equal(gcj02.wgs84_from_gcj02(point), point)


def test_a_constant_shift_is_not_enough() -> None:
    """Over 10 km the offset changes by metres: a layer must be decoded, not moved."""
    corner, other = np.array([[120.6, 31.9]]), np.array([[120.7, 31.99]])
    first = gcj02.gcj02_from_wgs84(corner) - corner
    second = gcj02.gcj02_from_wgs84(other) - other
    assert metres(corner + first, corner + second)[0] > 3


def test_single_points_and_empty_arrays() -> None:
    assert gcj02.gcj02_from_wgs84(np.zeros((0, 2))).shape == (0, 2)
    assert bool(gcj02.in_china(np.array([120.0, 30.0])))
