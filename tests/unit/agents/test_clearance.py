# SPDX-License-Identifier: Apache-2.0
"""Quickest clearance by hand-checked networks, and as a bound on the queue model."""

from __future__ import annotations

import numpy as np
import pytest

from agents.clearance import quickest_clearance
from twin.errors import NotConverged


def _clear(
    arcs: list[tuple[int, int, int, int]], people: list[int], sinks: list[int], most: int = 10_000
) -> int:
    tail, head, capacity, transit = np.array(arcs, dtype=np.int64).T
    return quickest_clearance(
        len(people), tail, head, capacity, transit, np.array(people), np.array(sinks), most=most
    )


def test_one_road() -> None:
    assert _clear([(0, 1, 5, 3)], [12, 0], [1]) == 5, "groups enter at 0, 1, 2; the last arrives at 2 + 3"
    assert _clear([(0, 1, 5, 3)], [0, 7], [1]) == 0, "already there"


def test_a_slow_second_road_is_used_only_when_it_pays() -> None:
    roads = [(0, 1, 1, 1), (0, 1, 1, 10)]
    assert _clear(roads, [8, 0], [1]) == 8, "the short road alone"
    assert _clear(roads, [30, 0], [1]) == 20, "T + (T - 9) = 30 rounds up to T = 20"


def test_two_roads_that_share_a_bridge() -> None:
    assert _clear([(0, 2, 9, 1), (1, 2, 9, 1), (2, 3, 2, 1)], [6, 6, 0, 0], [3]) == 7


def test_nowhere_to_go_is_an_error() -> None:
    with pytest.raises(NotConverged, match="cannot all reach"):
        _clear([(1, 0, 5, 1)], [3, 0], [1], most=64)
