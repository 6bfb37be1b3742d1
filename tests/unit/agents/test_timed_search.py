# SPDX-License-Identifier: Apache-2.0
"""Exact search over node and time: against exhaustive enumeration of all walks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.timed_search import Arrival, TimedGraph, least_load_to, time_expanded_routes


def random_graph(seed: int, *, nodes: int = 5, horizon: int = 7) -> TimedGraph:
    rng = np.random.default_rng(seed)
    pairs = sorted((u, v) for u in range(nodes) for v in range(nodes) if u != v and rng.random() < 0.55)
    pairs = pairs or [(0, 1)]
    tail, head = np.array(pairs, dtype=np.int64).T
    load = np.round(rng.exponential(3.0, (len(tail), horizon + 1)), 3)
    load[rng.random(load.shape) < 0.1] = np.inf  # closed for a while
    wait_row = np.full(nodes, -1, dtype=np.int64)
    wait_row[[0, 2]] = [0, 1]
    return TimedGraph(
        tail=tail,
        head=head,
        indptr=np.searchsorted(tail, np.arange(nodes + 1)).astype(np.int64),
        steps=rng.integers(1, 4, len(tail)),
        load=load,
        wait_row=wait_row,
        wait_load=np.round(rng.exponential(0.5, (2, horizon + 1)), 3),
    )


def every_walk(graph: TimedGraph, source: int) -> dict[tuple[int, int], float]:
    """Least load of being at (node, step), by trying every walk."""
    best: dict[tuple[int, int], float] = {}

    def go(node: int, step: int, load: float) -> None:
        best[node, step] = min(load, best.get((node, step), np.inf))
        if graph.wait_row[node] >= 0 and step < graph.horizon:
            go(node, step + 1, load + graph.wait_load[graph.wait_row[node], step])
        for edge in range(graph.indptr[node], graph.indptr[node + 1]):
            arrive = step + graph.steps[edge]
            if arrive <= graph.horizon and np.isfinite(graph.load[edge, step]):
                go(int(graph.head[edge]), int(arrive), load + graph.load[edge, step])

    go(source, 0, 0.0)
    return best


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_equal_to_trying_every_walk(seed: int) -> None:
    graph = random_graph(seed)
    found = time_expanded_routes(graph, 0)
    truth = every_walk(graph, 0)
    for node in range(graph.node_count):
        for step in range(graph.horizon + 1):
            assert found.least_load[node, step] == pytest.approx(truth.get((node, step), np.inf))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), target=st.integers(1, 4))
def test_backward_pass_agrees_with_forward_passes(seed: int, target: int) -> None:
    graph = random_graph(seed)
    best, move = least_load_to(graph, target)
    for source in range(graph.node_count):
        if source == target:
            continue
        forward = time_expanded_routes(graph, source).least_load[target].min()
        assert best[source, 0] == pytest.approx(forward)
        node, step, load = source, 0, 0.0
        while np.isfinite(best[source, 0]) and node != target:
            choice = int(move[node, step])
            if choice == -2:
                load += graph.wait_load[graph.wait_row[node], step]
                step += 1
            else:
                load += graph.load[choice, step]
                step += int(graph.steps[choice])
                node = int(graph.head[choice])
        assert not np.isfinite(best[source, 0]) or load == pytest.approx(best[source, 0])


def test_the_front_is_what_nobody_dominates_and_paths_walk_it() -> None:
    graph = random_graph(12, nodes=6, horizon=9)
    found = time_expanded_routes(graph, 0)
    front = found.front(np.array([4, 5]))
    assert front, "this seed reaches the targets"
    points = [
        (k, found.least_load[v, k]) for v in (4, 5) for k in range(10) if np.isfinite(found.least_load[v, k])
    ]
    for arrival in front:
        assert not any(k <= arrival.step and w < arrival.load - 1e-12 for k, w in points)
        nodes, steps, edges = found.path(arrival.target, arrival.step)
        assert (nodes[0], nodes[-1], steps[0], steps[-1]) == (0, arrival.target, 0, arrival.step)
        total = 0.0
        for k, edge in enumerate(edges[:-1].tolist()):
            if edge < 0:
                total += graph.wait_load[graph.wait_row[nodes[k]], steps[k]]
            else:
                assert (graph.tail[edge], graph.head[edge]) == (nodes[k], nodes[k + 1])
                assert steps[k + 1] - steps[k] == graph.steps[edge]
                total += graph.load[edge, steps[k]]
        assert total == pytest.approx(arrival.load)
    assert [a.step for a in front] == sorted({a.step for a in front})
    assert all(a.load > b.load for a, b in zip(front, front[1:], strict=False))


def test_arriving_later_can_be_better_and_is_found() -> None:
    # the road is full of gas now and clean in 3 steps: usual dominance would throw the waiting walk away
    one = np.array([0]), np.array([1])
    load = np.array([[9.0, 9.0, 9.0, 0.5, 0.5, 0.5]])
    graph = TimedGraph(
        tail=one[0],
        head=one[1],
        indptr=np.array([0, 1, 1]),
        steps=np.array([1]),
        load=load,
        wait_row=np.array([0, -1]),
        wait_load=np.zeros((1, 6)),
    )
    assert time_expanded_routes(graph, 0).front(np.array([1])) == [Arrival(1, 9.0, 1), Arrival(4, 0.5, 1)]


def test_what_is_not_reached_has_no_path() -> None:
    graph = random_graph(3)
    found = time_expanded_routes(graph, 0)
    with pytest.raises(ValueError, match="not reached"):
        found.path(0, 0) if found.move[0, 0] == -1 else found.path(*_unreached(found.least_load))


def _unreached(best: np.ndarray) -> tuple[int, int]:
    node, step = np.argwhere(np.isinf(best))[0]
    return int(node), int(step)
