# SPDX-License-Identifier: Apache-2.0
"""Which way and where to: next-edge tables towards destinations, and who goes to which.

Shortest travel time over the network (Dijkstra), with edges made dearer where gas is expected, so that people are led
across the wind and away from the cloud. Places of limited size fill up by nearness; who finds no room goes to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.queue_flow import ARRIVE, UNREACHABLE
from twin.kernel import kernel

if TYPE_CHECKING:
    from geodata.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HAZARD_WEIGHT = 30.0
"""How many times longer an edge counts per unit of expected concentration over the threshold of notice. A planning choice."""


def next_edges(network: Network, targets: list[Ints], cost: Floats) -> tuple[NDArray[np.int32], Floats]:
    """Edge to take at every node towards the nearest node of each target set, and the cost to get there.

    Shapes: cost [E], positive, infinite = closed -> table [R, V] (`ARRIVE`, `UNREACHABLE` as in `queue_flow`), cost [R, V].
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    count = len(network.xy_m)
    usable = np.flatnonzero(np.isfinite(cost))
    # of parallel edges the cheapest; ties go to the lowest number
    order = usable[np.lexsort((usable, cost[usable], network.head[usable], network.tail[usable]))]
    key = network.tail[order] * count + network.head[order]
    best = order[np.concatenate(([True], key[1:] != key[:-1]))] if len(order) else order
    key = network.tail[best] * count + network.head[best]
    # a virtual node per target set, joined to its members at no cost worth mentioning, in the reversed graph
    rows = [np.full(len(nodes), count + r) for r, nodes in enumerate(targets)]
    tails = np.concatenate([network.head[best], *rows]).astype(np.int64)
    heads = np.concatenate([network.tail[best], *targets]).astype(np.int64)
    weights = np.concatenate(
        [np.maximum(cost[best], 1e-6), *(np.full(len(nodes), 1e-9) for nodes in targets)]
    )
    size = count + len(targets)
    graph = csr_array((weights, (tails, heads)), shape=(size, size))
    distance, before = dijkstra(graph, indices=count + np.arange(len(targets)), return_predecessors=True)
    distance, before = distance[:, :count], before[:, :count]
    table = np.full(distance.shape, UNREACHABLE, dtype=np.int32)
    row, node = np.nonzero((before >= 0) & (before < count))
    wanted = node * count + before[row, node]
    table[row, node] = best[np.searchsorted(key, wanted)]
    for r, nodes in enumerate(targets):
        table[r, nodes] = ARRIVE
    return table, distance


@kernel
def _fill(order, row_of, group_of, room, size, taken):  # type: ignore[no-untyped-def]
    for k in range(order.size):
        row, group = row_of[order[k]], group_of[order[k]]
        moved = min(room[row], size[group])
        if moved > 0:
            taken[row, group] += moved
            room[row] -= moved
            size[group] -= moved


def assign(node: Ints, cost: Floats, capacity: Floats) -> Ints:
    """Destination row of every person: the nearest that has room, filled in order of nearness; -1 when none is left.

    This is the stable allocation in which no person and place would both rather have each other. Where people of one node
    must be split, the lower numbered go to the nearer place.
    Shapes: node [N], cost [R, V], capacity [R] (infinite = unlimited) -> [N].
    """
    homes, member = np.unique(node, return_inverse=True)
    order = np.argsort(member, kind="stable")
    size = np.bincount(member, minlength=len(homes)).astype(np.int64)
    here = cost[:, homes]
    row_of, group_of = np.nonzero(np.isfinite(here))
    pairs = np.lexsort((row_of, group_of, here[row_of, group_of]))
    room = np.where(np.isfinite(capacity), capacity, len(node)).astype(np.int64)
    taken = np.zeros(here.shape, dtype=np.int64)
    _fill(pairs, row_of, group_of, room, size.copy(), taken)
    result = np.full(len(node), -1, dtype=np.int64)
    start = np.concatenate(([0], np.cumsum(size)))
    nearest_first = np.argsort(here, axis=0, kind="stable")
    for group in np.flatnonzero(size):
        rows = nearest_first[:, group]
        given = np.repeat(rows, taken[rows, group])
        result[order[start[group] : start[group] + len(given)]] = given
    return result


def hazard_cost(
    travel_s: Floats, expected: Floats, threshold: float, weight: float = HAZARD_WEIGHT
) -> Floats:
    """Travel time made dearer by expected concentration: t (1 + w c / c_threshold). Shapes: [E] -> [E].

    References: the form of edge costs growing with concentration as in Gai et al. (2017), Reliab. Eng. Syst. Saf. 159:58
    (travel time and risk weighed on an edge); the weight is ours.
    """
    return travel_s * (1.0 + weight * np.maximum(expected, 0.0) / threshold)
