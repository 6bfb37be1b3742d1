# SPDX-License-Identifier: Apache-2.0
"""`parktwin bench agents`: evacuation of 100,000 people, routes through a cloud, a crowd that breathes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from agents.guidance import assign, next_edges
from agents.queue_flow import ARRIVED, QueueFlow
from agents.timed_search import TimedGraph, least_load_to
from agents.validate_walking import bare_network
from geodata.network import Network
from twin.benchmark import Measured, cpu_seconds

Floats = NDArray[np.float64]

SIDE = 36
PEOPLE = 100_000


def grid_of_streets(side: int = SIDE, spacing_m: float = 60.0, width_m: float = 6.0) -> Network:
    """Streets in a square grid, both directions: 36 x 36 nodes have 5,040 links."""
    number = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    tail, head = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].T
    jitter = np.random.default_rng(1).normal(0.0, 5.0, (side * side, 2))
    xy_m = (
        np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * spacing_m + jitter
    )
    length_m = np.hypot(*(xy_m[head] - xy_m[tail]).T)
    return bare_network(side * side, tail, head, length_m, np.full(len(tail), width_m), xy_m)


def evacuation(network: Network, people: int = PEOPLE, exits: int = 20) -> QueueFlow:
    """Everybody, spread over the nodes, walks to the nearest of some exits."""
    rng = np.random.default_rng(2)
    nodes = len(network.xy_m)
    speed = np.clip(rng.normal(1.34, 0.26, people), 0.6, 2.0)
    targets = [np.array([node]) for node in rng.choice(nodes, exits, replace=False)]
    table, cost = next_edges(network, targets, network.length_m / 1.34)
    start = np.sort(rng.integers(0, nodes, people))  # a park's people come place by place, too
    flow = QueueFlow(network, speed)
    flow.table = table
    row = assign(start, cost, np.full(exits, np.inf))
    flow.depart(np.arange(people), start, row, rng.lognormal(3.44, 0.94, people))
    return flow


def clear(flow: QueueFlow) -> float:
    """Run until the last has arrived; when that was."""
    while (flow.status != ARRIVED).any() and flow.t_s < 36_000.0:
        flow.advance(flow.t_s + 60.0)
    return float(flow.arrived_s.max())


def cloud_graph(network: Network, steps: int = 360, step_s: float = 10.0) -> TimedGraph:
    """The streets under a cloud that drifts over them for an hour; waiting anywhere."""
    middle = 0.5 * (network.xy_m[network.tail] + network.xy_m[network.head])
    times_s = np.arange(steps + 1) * step_s
    away = np.hypot(middle[:, None, 0] - 0.5 * times_s, middle[:, None, 1] - 1000.0)
    travel_s = network.length_m / 1.34
    load = (300.0 * np.exp(-((away / 200.0) ** 2))) ** 2 * travel_s[:, None] / 60.0
    nodes = len(network.xy_m)
    return TimedGraph(
        tail=network.tail,
        head=network.head,
        indptr=network.indptr,
        steps=np.ceil(travel_s / step_s).astype(np.int64),
        load=load,
        wait_row=np.full(nodes, -1, dtype=np.int64),
        wait_load=np.zeros((0, steps + 1)),
    )


def bench() -> Iterator[Measured]:
    """The stated figures of this package (DESIGN section 10), each beside a peer measured in the same run."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    network = grid_of_streets()
    flows = [evacuation(network) for _ in range(4)]
    spent = cpu_seconds(lambda: clear(flows.pop()))
    links = csr_array((network.length_m, (network.tail, network.head)), shape=(len(network.xy_m),) * 2)
    one_tree = cpu_seconds(lambda: dijkstra(links, indices=np.arange(SIDE * SIDE)))
    yield Measured(
        name="100,000 people evacuate on 5,040 links",
        value=spent,
        unit="s",
        figure="<= 0.2 CPU s, on a slow machine <= 1.8 times the peer's",
        passed=spent <= 0.2 or spent <= 1.8 * one_tree,
        cpu_s=spent,
        peer="scipy shortest paths between all pairs of the same network, once",
        ratio=one_tree / spent,
    )
    graph = cloud_graph(network)
    routes_s = cpu_seconds(lambda: least_load_to(graph, SIDE * SIDE // 2))
    single_s = cpu_seconds(lambda: dijkstra(links.T.tocsr(), indices=[SIDE * SIDE // 2]))
    yield Measured(
        name="hazard-aware routes, 5,040 edges, 360 x 10 s, all origins to one target",
        value=routes_s,
        unit="s",
        figure="<= 0.2 CPU s",
        passed=routes_s <= 0.2,
        cpu_s=routes_s,
        peer="scipy static shortest path tree, once for each of the 360 steps",
        ratio=360.0 * single_s / routes_s,
    )
