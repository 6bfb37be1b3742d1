# SPDX-License-Identifier: Apache-2.0
"""Next-edge tables against an independent shortest path search; places that fill up."""

from __future__ import annotations

import networkx
import numpy as np
import pytest

from agents.bench import grid_of_streets
from agents.guidance import assign, hazard_cost, next_edges
from agents.queue_flow import ARRIVE, UNREACHABLE
from agents.validate_walking import bare_network


def _graph(network, cost):
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(network.node_count))
    for edge in np.flatnonzero(np.isfinite(cost)):
        pair = int(network.head[edge]), int(network.tail[edge])
        least = min(float(cost[edge]), graph.get_edge_data(*pair, {"weight": np.inf})["weight"])
        graph.add_edge(*pair, weight=least)
    return graph


@pytest.fixture(scope="module")
def case():
    network = grid_of_streets(12)
    rng = np.random.default_rng(4)
    cost = rng.uniform(1.0, 100.0, network.edge_count)
    cost[rng.choice(network.edge_count, 40, replace=False)] = np.inf
    targets = [np.array([node]) for node in rng.choice(144, 9, replace=False)]
    return network, cost, targets


def test_costs_are_those_of_networkx_and_tables_lead_there(case) -> None:
    network, cost, targets = case
    table, away = next_edges(network, targets, cost)
    graph = _graph(network, cost)
    for row, nodes in enumerate(targets):
        exact = networkx.single_source_dijkstra_path_length(graph, int(nodes[0]))
        wanted = [exact.get(node, np.inf) for node in range(144)]
        assert away[row] == pytest.approx(wanted)
        assert table[row, nodes[0]] == ARRIVE
        assert ((table[row] == UNREACHABLE) == np.isinf(wanted)).all()
        for node in range(0, 144, 7):
            total, at = 0.0, node
            while table[row, at] >= 0:
                total += cost[table[row, at]]
                at = network.head[table[row, at]]
            assert np.isinf(wanted[node]) or (at == nodes[0] and total == pytest.approx(wanted[node]))


def test_knowing_only_the_nearest_gives_the_nearest_and_whole_ways(case) -> None:
    network, cost, targets = case
    _, all_away = next_edges(network, targets, cost)
    table, away = next_edges(network, targets, cost, nearest=3)
    assert np.sort(away, axis=0)[:3] == pytest.approx(np.sort(all_away, axis=0)[:3])
    for row, node in zip(*np.nonzero(table >= 0), strict=True):
        following = network.head[table[row, node]]
        assert table[row, following] != UNREACHABLE, "nobody is led to where the way is not known"


def test_sets_of_targets_and_no_targets() -> None:
    network = grid_of_streets(5)
    table, away = next_edges(network, [np.array([0, 24]), np.empty(0, dtype=np.int64)], network.length_m)
    assert away[0, 0] == away[0, 24] == 0.0
    assert (table[1] == UNREACHABLE).all()


def test_of_parallel_edges_the_cheaper_is_taken() -> None:
    network = bare_network(2, np.array([0, 0]), np.array([1, 1]), np.array([9.0, 5.0]), np.ones(2))
    table, away = next_edges(network, [np.array([1])], network.length_m)
    assert (table[0, 0], away[0, 0]) == (1, 5.0)


def test_places_fill_by_nearness_and_the_rest_goes_on() -> None:
    cost = np.array([[1.0, 2.0, 9.0], [5.0, 3.0, 1.0]])
    node = np.array([0] * 5 + [1] * 4 + [2] * 3)
    row = assign(node, cost, np.array([6.0, 20.0]))
    assert [int((row[node == k] == 0).sum()) for k in range(3)] == [5, 1, 0]
    assert (row >= 0).all()
    full = assign(node, cost, np.array([6.0, 2.0]))
    assert (full < 0).sum() == 4
    assert np.bincount(full[full >= 0]).tolist() == [6, 2]


def test_the_allocation_is_stable() -> None:
    rng = np.random.default_rng(3)
    cost = rng.uniform(0.0, 100.0, (6, 40))
    node = rng.integers(0, 40, 300)
    capacity = np.array([20.0, 35.0, 60.0, 60.0, 70.0, 100.0])
    row = assign(node, cost, capacity)
    paid = np.where(row >= 0, cost[np.maximum(row, 0), node], np.inf)
    worst = np.array([paid[row == r].max() for r in range(6)])
    full = np.bincount(row[row >= 0], minlength=6) >= capacity
    for r in range(6):
        rather = cost[r, node] < paid - 1e-9
        assert not (rather & (not full[r])).any(), "nobody walks past a nearer place with room"
        assert not (rather & (cost[r, node] < worst[r] - 1e-9)).any(), (
            "nor is turned away for somebody from farther"
        )


def test_gas_makes_a_way_dearer_up_to_a_bound() -> None:
    assert hazard_cost(np.array([10.0, 10.0, 10.0]), np.array([0.0, 2.0, 1e9]), 1.0, 3.0) == pytest.approx(
        [10.0, 70.0, 3010.0]
    )
