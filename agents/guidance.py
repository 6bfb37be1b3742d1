# SPDX-License-Identifier: Apache-2.0
"""Which way and where to: next-edge tables towards destinations, and who goes to which.

Shortest travel time over the network (Dijkstra), with edges made dearer where gas is expected, so that people
are led across the wind and away from the cloud. Places of limited size fill up by nearness; who finds no room
goes to the next.
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
"""How many times longer an edge counts per unit of expected concentration over the threshold of notice. A
planning choice."""
WORST_RATIO = 100.0
"""Concentrations above this many thresholds count alike."""


@kernel
def _push(cost, label, size, new_cost, new_label):  # type: ignore[no-untyped-def]
    """Add to a binary heap ordered by (cost, label); returns its size."""
    k = size
    while k > 0:
        parent = (k - 1) // 2
        if cost[parent] < new_cost or (cost[parent] == new_cost and label[parent] <= new_label):
            break
        cost[k], label[k] = cost[parent], label[parent]
        k = parent
    cost[k], label[k] = new_cost, new_label
    return size + 1


@kernel
def _pop(cost, label, size):  # type: ignore[no-untyped-def]
    """Take the least off a binary heap; returns its size, cost and label."""
    least, what = cost[0], label[0]
    size -= 1
    moved, moved_label = cost[size], label[size]
    k = 0
    while 2 * k + 1 < size:
        child = 2 * k + 1
        if child + 1 < size and (
            cost[child + 1] < cost[child]
            or (cost[child + 1] == cost[child] and label[child + 1] < label[child])
        ):
            child += 1
        if moved < cost[child] or (moved == cost[child] and moved_label <= label[child]):
            break
        cost[k], label[k] = cost[child], label[child]
        k = child
    cost[k], label[k] = moved, moved_label
    return size, least, what


@kernel
def _spread(tail, into, into_start, cost, source_node, source_row, rows, known, row_of, edge_of, cost_of):  # type: ignore[no-untyped-def]
    """Dijkstra from all targets at once over the reversed network; every node keeps its nearest rows.

    A label is edge * rows + row; targets have the labels after all edges.
    """
    keep = row_of.shape[1]
    edges = tail.size
    room = source_node.size + edges * keep + 1
    heap_cost = np.empty(room)
    heap_label = np.empty(room, dtype=np.int64)
    size = 0
    for k in range(source_node.size):
        size = _push(heap_cost, heap_label, size, 0.0, edges * rows + k)
    while size > 0:
        size, so_far, label = _pop(heap_cost, heap_label, size)
        if label >= edges * rows:
            edge, node, row = ARRIVE, source_node[label - edges * rows], source_row[label - edges * rows]
        else:
            edge, row = label // rows, label % rows
            node = tail[edge]
        count = known[node]
        if count >= keep:
            continue
        seen = False
        for k in range(count):
            if row_of[node, k] == row:
                seen = True
                break
        if seen:
            continue
        row_of[node, count] = row
        edge_of[node, count] = edge
        cost_of[node, count] = so_far
        known[node] = count + 1
        for k in range(into_start[node], into_start[node + 1]):
            before = into[k]
            if cost[before] < np.inf and known[tail[before]] < keep:
                size = _push(heap_cost, heap_label, size, so_far + cost[before], before * rows + row)


def next_edges(
    network: Network, targets: list[Ints], cost: Floats, *, nearest: int | None = None
) -> tuple[NDArray[np.int32], Floats]:
    """Edge to take at every node towards the nearest node of each target set, and the cost to get there.

    With `nearest` = k every node knows only its k nearest sets (the rest count as unreachable), which is
    quicker by R / k; all nodes on the way to one of them know it too, because what is nearer to them is
    nearer to the start as well.
    Shapes: cost [E], positive, infinite = closed -> table [R, V] (`ARRIVE`, `UNREACHABLE` as in
    `queue_flow`), cost [R, V].
    References: Dijkstra (1959), Numer. Math. 1:269.
    """
    count, rows = len(network.xy_m), len(targets)
    table = np.full((rows, count), UNREACHABLE, dtype=np.int32)
    away = np.full((rows, count), np.inf)
    node = np.concatenate([np.empty(0, dtype=np.int64), *targets]).astype(np.int64)
    if not len(node):
        return table, away
    row = np.repeat(np.arange(rows), [len(nodes) for nodes in targets])
    keep = rows if nearest is None else min(nearest, rows)
    known = np.zeros(count, dtype=np.int64)
    row_of = np.full((count, keep), -1, dtype=np.int64)
    edge_of = np.zeros((count, keep), dtype=np.int64)
    cost_of = np.zeros((count, keep))
    into = np.argsort(network.head, kind="stable")
    into_start = np.searchsorted(network.head[into], np.arange(count + 1))
    least = np.maximum(cost, 1e-6)
    _spread(network.tail, into, into_start, least, node, row, rows, known, row_of, edge_of, cost_of)
    at, k = np.nonzero(row_of >= 0)
    table[row_of[at, k], at] = edge_of[at, k]
    away[row_of[at, k], at] = cost_of[at, k]
    return table, away


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
    """Destination row of every person: the nearest that has room, filled in order of nearness; -1 when none
    is left.

    This is the stable allocation in which no person and place would both rather have each other. Where people
    of one node must be split, the lower numbered go to the nearer place.
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
    """Travel time made dearer by expected concentration: t (1 + w min(c / c_threshold, 100)). Shapes: [E] ->
    [E].

    References: the form of edge costs growing with concentration as in Gai et al. (2017), Reliab. Eng. Syst.
    Saf. 159:58 (travel time and risk weighed on an edge); the weight is ours.
    """
    return travel_s * (1.0 + weight * np.clip(expected / threshold, 0.0, WORST_RATIO))
