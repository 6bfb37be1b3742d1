# SPDX-License-Identifier: Apache-2.0
"""Queues on links: free walking, doors, spill-back, order of service, conservation, positions."""

from __future__ import annotations

import numpy as np
import pytest

from agents.bench import clear, evacuation, grid_of_streets
from agents.guidance import next_edges
from agents.link_queues import STORAGE_P_M2
from agents.queue_flow import (
    ARRIVED,
    FLOW_P_M_S,
    IDLE,
    NO_WAY,
    WALKING,
    QueueFlow,
    speed_fraction,
)
from agents.validate_walking import bare_network, chain, corridor_time

NOBODY = np.empty(0, dtype=np.int64)


def _start(flow: QueueFlow, count: int, depart_s: float | np.ndarray = 0.0) -> None:
    zero = np.zeros(count, dtype=np.int64)
    flow.depart(np.arange(count), zero, zero, np.broadcast_to(np.asarray(depart_s, dtype=float), (count,)))


def _along(lengths_m: list[float], widths_m: list[float], speeds: list[float]) -> QueueFlow:
    network = chain(lengths_m, widths_m)
    flow = QueueFlow(network, np.array(speeds))
    flow.table, _ = next_edges(network, [np.array([len(lengths_m)])], network.length_m)
    return flow


def test_one_person_walks_at_free_speed_over_any_number_of_links() -> None:
    assert corridor_time(40.0, 1.0) == pytest.approx(40.0, abs=1e-9)
    flow = _along([0.3, 7.7, 12.0, 20.0], [2.0, 1.0, 3.0, 2.0], [1.25])
    _start(flow, 1, 3.5)
    flow.advance(60.0)
    assert flow.arrived_s[0] == pytest.approx(3.5 + 40.0 / 1.25, abs=1e-9)


def test_weidmanns_law_has_its_known_points() -> None:
    assert speed_fraction(0.0) == 1.0
    assert speed_fraction(1.0) == pytest.approx(1.0 - np.exp(-1.913 * (1.0 - 1 / 5.4)))
    assert speed_fraction(5.4) == 0.0
    density = np.linspace(0.1, 5.4, 300)
    flow = density * 1.34 * np.array([speed_fraction(d) for d in density])
    assert density[flow.argmax()] == pytest.approx(1.75, abs=0.03), (
        "greatest flow where the model stops slowing"
    )


@pytest.mark.parametrize("width_m", [1.0, 2.0, 4.0])
def test_a_door_lets_through_its_width(width_m: float) -> None:
    flow = _along([20.0, 1.0], [10.0, width_m], [1.34] * 400)
    _start(flow, 400)
    flow.advance(1000.0)
    times = np.sort(flow.arrived_s)
    assert 399 / (times[-1] - times[0]) == pytest.approx(FLOW_P_M_S * width_m, rel=0.03)


def test_a_full_link_holds_people_back_on_the_one_before() -> None:
    flow = _along([30.0, 10.0, 1.0], [4.0, 2.0, 0.5], [1.34] * 200)
    _start(flow, 200)
    flow.advance(60.0)
    assert flow.links["count"][1] <= np.ceil(STORAGE_P_M2 * 20.0), "the second link is full"
    assert flow.links["count"][1] >= 65
    assert flow.links["count"][0] > 80, "the rest waits before it"
    flow.advance(2000.0)
    assert (flow.status == ARRIVED).all()


def test_nobody_is_lost_or_made_at_any_time() -> None:
    network = grid_of_streets(8)
    flow = evacuation(network, people=3000, exits=2)
    while (flow.status != ARRIVED).any() and flow.t_s < 7200:
        flow.advance(flow.t_s + 7.0)
        assert int(flow.links["count"].sum()) == int((flow.status == WALKING).sum())
        assert (flow.links["count"] >= 0).all()
    assert (flow.status == ARRIVED).all()
    assert np.isfinite(flow.arrived_s).all()


def test_results_do_not_depend_on_how_calls_are_cut_and_repeat_exactly() -> None:
    network = grid_of_streets(8)
    whole, cut, again = (evacuation(network, people=2000, exits=2) for _ in range(3))
    clear(whole)
    clear(again)
    while cut.t_s < whole.t_s:
        cut.advance(cut.t_s + 1.0)
    assert (whole.arrived_s == again.arrived_s).all()
    assert (whole.arrived_s == cut.arrived_s).all()


def test_nobody_beats_free_walking() -> None:
    network = grid_of_streets(8)
    flow = evacuation(network, people=2000, exits=2)
    start, row, depart_s = (flow.people[name].copy() for name in ("node", "row", "depart"))
    clear(flow)
    way_m = np.full((2, 64), np.nan)
    for r in range(2):
        targets = np.flatnonzero(flow.table[r] == -1)
        _, distance = next_edges(network, [targets], network.length_m)
        way_m[r] = distance[0]
    free_s = way_m[row, start] / flow.people["speed"]
    assert (flow.arrived_s - depart_s >= free_s - 1e-6).all()
    assert (flow.arrived_s - depart_s > free_s + 1.0).any(), "and some are held up"


def test_the_faster_overtakes_while_walking_but_not_in_a_queue() -> None:
    flow = _along([100.0], [4.0], [0.6, 1.8])
    _start(flow, 2, np.array([0.0, 10.0]))
    flow.advance(300.0)
    assert flow.arrived_s[1] < flow.arrived_s[0]
    narrow = _along([4.0, 1.0], [4.0, 0.3], [1.0] * 12)
    _start(narrow, 12, np.arange(12) * 0.5)
    narrow.advance(300.0)
    assert (np.diff(narrow.arrived_s) > 0).all(), "first come, first served"


@pytest.mark.parametrize(("stuck_s", "arrived"), [(30.0, True), (1e12, False)])
def test_streams_that_block_each_other_get_unstuck(stuck_s: float, arrived: bool) -> None:
    # a ring with one narrow link, everybody bound for the far side: without the rule it locks for ever
    count, each = 6, 150
    tail, head = np.array(sorted((k, (k + 1) % count) for k in range(count))).T
    width_m = np.array([0.4, 2.0, 2.0, 2.0, 2.0, 2.0])
    network = bare_network(count, tail, head, np.full(count, 4.0), width_m)
    flow = QueueFlow(network, np.full(count * each, 1.34), stuck_s=stuck_s)
    flow.table, _ = next_edges(network, [np.array([k]) for k in range(count)], network.length_m)
    start = np.repeat(np.arange(count), each)
    flow.depart(np.arange(count * each), start, (start + count - 1) % count, np.zeros(count * each))
    flow.advance(4 * 3600.0)
    assert (flow.status == ARRIVED).all() == arrived


def test_who_falls_blocks_nobody() -> None:
    flow = _along([50.0], [1.0], [0.5, 1.3, 1.3])
    _start(flow, 3)
    flow.advance(5.0)
    flow.remove(np.array([0]))
    flow.remove(np.array([0]))
    flow.advance(200.0)
    assert flow.status.tolist() == [IDLE, ARRIVED, ARRIVED]
    assert flow.links["count"][0] == 0


def test_without_a_way_people_say_so() -> None:
    network = bare_network(3, np.array([0]), np.array([1]), np.array([5.0]), np.array([1.0]))
    flow = QueueFlow(network, np.ones(2))
    flow.table, _ = next_edges(network, [np.array([2])], network.length_m)
    _start(flow, 2)
    flow.advance(10.0)
    assert (flow.status == NO_WAY).all()


def test_a_new_destination_counts_from_the_next_node_on() -> None:
    tail, head = np.array([0, 1, 1]), np.array([1, 2, 3])
    xy_m = np.array([[0.0, 0.0], [20.0, 0.0], [40.0, 20.0], [40.0, -20.0]])
    network = bare_network(4, tail, head, np.array([20.0, 28.3, 28.3]), np.full(3, 2.0), xy_m)
    flow = QueueFlow(network, np.ones(1))
    flow.table, _ = next_edges(network, [np.array([2]), np.array([3])], network.length_m)
    _start(flow, 1)
    flow.advance(10.0)
    flow.steer(np.array([0]), np.array([1]))
    flow.advance(100.0)
    assert flow.next_node(np.array([0]))[0] == 3


def test_people_are_on_their_link_apart_and_queue_up_from_its_end() -> None:
    flow = _along([50.0, 1.0], [4.0, 0.5], [1.3] * 60)
    _start(flow, 60)
    flow.advance(50.0)
    xy_m = np.full((60, 2), np.nan)
    flow.locate(xy_m, 50.0)
    walking = flow.status == WALKING
    first = walking & (flow.people["link"] == 0)
    assert first.sum() > 20
    assert ((xy_m[first, 0] >= 0) & (xy_m[first, 0] <= 50.0)).all()
    assert (np.abs(xy_m[first, 1]) <= 2.0).all()
    apart = np.hypot(*(xy_m[first][:, None] - xy_m[first][None]).transpose(2, 0, 1)) + 9.0 * np.eye(
        first.sum()
    )
    assert apart.min() > 0.05, "nobody stands in anybody"
    queued = first & (flow.people["ready"] <= 50.0)
    assert np.ptp(xy_m[queued, 0]) > 1.0, "the queue has a length"


def test_a_person_half_way_is_drawn_half_way_round_a_corner() -> None:
    from dataclasses import replace

    network = bare_network(
        2,
        np.array([0]),
        np.array([1]),
        np.array([20.0]),
        np.array([0.6]),
        np.array([[0.0, 0.0], [10.0, 10.0]]),
    )
    bent = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    network = replace(network, line_xy_m=bent, line_indptr=np.array([0, 3]))
    flow = QueueFlow(network, np.ones(1))
    flow.table, _ = next_edges(network, [np.array([1])], network.length_m)
    _start(flow, 1)
    flow.advance(15.0)
    xy_m = np.zeros((1, 2))
    flow.locate(xy_m, 15.0)
    assert xy_m[0] == pytest.approx([10.0, 5.0], abs=1e-9)
