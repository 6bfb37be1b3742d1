# SPDX-License-Identifier: Apache-2.0
"""Exact search over (node, time step): the best ways when the cost of an edge depends on when it is entered.

With a moving cloud a later arrival may be the better one, so labels of (time, dose) may not be discarded by
the usual dominance. Dynamic programming over nodes and time steps needs no such rule: L[v, k] is the least
load of being at v at step k, over all walks that may also wait where waiting is allowed. It gives every best
compromise between time and load (the exact Pareto front).
References: time-expanded networks, Ford & Fulkerson (1958), Oper. Res. 6:419; chronological scanning,
Pallottino & Scutella (1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.kernel import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOWHERE, WAITED, START = -1, -2, -3
"""Entries of the table of last moves: not reached, waited a step, the start."""
TIE = 1e-9
"""Loads that differ by less than this share are the same."""


@kernel
def _spread(tail, head, indptr, steps, load, wait_row, wait_load, source, first_step, best, move):  # type: ignore[no-untyped-def]
    """Forward recursion from one node: least load of being at every node at every step."""
    nodes, horizon = best.shape
    best[source, first_step] = 0.0
    move[source, first_step] = START
    for k in range(first_step, horizon):
        for node in range(nodes):
            here = best[node, k]
            if here == np.inf:
                continue
            if wait_row[node] >= 0 and k + 1 < horizon:
                total = here + wait_load[wait_row[node], k]
                if total < best[node, k + 1]:
                    best[node, k + 1] = total
                    move[node, k + 1] = WAITED
            for edge in range(indptr[node], indptr[node + 1]):
                arrive = k + steps[edge]
                if arrive < horizon:
                    total = here + load[edge, k]
                    if total < best[head[edge], arrive]:
                        best[head[edge], arrive] = total
                        move[head[edge], arrive] = edge


@kernel
def _gather(tail, head, indptr, steps, load, wait_row, wait_load, target, best, move):  # type: ignore[no-untyped-def]
    """Backward recursion to one node: least load from every node at every step on."""
    nodes, horizon = best.shape
    for k in range(horizon - 1, -1, -1):
        for node in range(nodes):
            least = np.inf
            choice = NOWHERE
            if node == target:
                least = 0.0
                choice = START
            else:
                for edge in range(indptr[node], indptr[node + 1]):
                    arrive = k + steps[edge]
                    if arrive < horizon:
                        total = best[head[edge], arrive] + load[edge, k]
                        if total < least:
                            least = total
                            choice = edge
                if wait_row[node] >= 0 and k + 1 < horizon:
                    total = best[node, k + 1] + wait_load[wait_row[node], k]
                    if total < least:
                        least = total
                        choice = WAITED
            best[node, k] = least
            move[node, k] = choice


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedGraph:
    """What a search needs. Axes: V nodes, E edges sorted by tail (CSR), K time steps, W nodes where one may
    wait."""

    tail: Ints
    head: Ints
    indptr: Ints
    steps: Ints
    """Travel time of an edge in steps, at least 1 [E]."""
    load: Floats
    """Load of entering an edge at a step [E, K]; infinite = closed then."""
    wait_row: Ints
    """Row of `wait_load`, -1 where one may not wait [V]."""
    wait_load: Floats
    """Load of waiting one step [W, K]."""

    @property
    def node_count(self) -> int:
        return len(self.indptr) - 1

    @property
    def horizon(self) -> int:
        """Last step that counts."""
        return int(self.load.shape[1]) - 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """One best compromise: nobody arrives earlier with as little load."""

    step: int
    load: float
    target: int


@dataclass(frozen=True, slots=True)
class TimedRoutes:
    """All best ways from one start."""

    graph: TimedGraph
    least_load: Floats
    """Least load of being at a node at a step [V, K]; infinite = impossible."""
    move: NDArray[np.int32]
    """How one got there: edge, `WAITED`, `START` [V, K]."""

    def front(self, targets: Ints) -> list[Arrival]:
        """All non-dominated (arrival, load) over the targets, earliest first."""
        found: list[Arrival] = []
        least = np.inf
        columns = self.least_load[targets]
        for step in range(columns.shape[1]):
            row = int(np.argmin(columns[:, step]))
            load = float(columns[row, step])
            if load < least and (not found or load < least * (1.0 - TIE)):
                found.append(Arrival(step, load, int(targets[row])))
                least = load
        return found

    def path(self, target: int, step: int) -> tuple[Ints, Ints, Ints]:
        """Nodes, steps at which one is there, and the edge taken from each (-1 = waited or the end). Shapes:
        [n]."""
        nodes, steps, edges = [target], [step], [-1]
        while (last := int(self.move[nodes[-1], steps[-1]])) != START:
            if last == NOWHERE:
                raise ValueError(f"node {target} is not reached at step {step}")
            if last == WAITED:
                nodes.append(nodes[-1])
                steps.append(steps[-1] - 1)
                edges.append(-1)
            else:
                steps.append(steps[-1] - int(self.graph.steps[last]))
                nodes.append(int(self.graph.tail[last]))
                edges.append(last)
        return (
            np.array(nodes[::-1], dtype=np.int64),
            np.array(steps[::-1], dtype=np.int64),
            np.array([*edges[:0:-1], -1], dtype=np.int64),
        )


def time_expanded_routes(graph: TimedGraph, source: int, first_step: int = 0) -> TimedRoutes:
    """Least load of being at every node at every step, leaving one node at a step; exact."""
    best = np.full((graph.node_count, graph.horizon + 1), np.inf)
    move = np.full(best.shape, NOWHERE, dtype=np.int32)
    _spread(
        graph.tail,
        graph.head,
        graph.indptr,
        graph.steps,
        graph.load,
        graph.wait_row,
        graph.wait_load,
        source,
        first_step,
        best,
        move,
    )
    return TimedRoutes(graph, best, move)


def least_load_to(graph: TimedGraph, target: int) -> tuple[Floats, NDArray[np.int32]]:
    """Least load from every node and step to one target within the horizon, and the move to make there;
    exact.

    One pass answers for all origins and all times of departure. Shapes: -> [V, K], [V, K].
    """
    best = np.full((graph.node_count, graph.horizon + 1), np.inf)
    move = np.full(best.shape, NOWHERE, dtype=np.int32)
    _gather(
        graph.tail,
        graph.head,
        graph.indptr,
        graph.steps,
        graph.load,
        graph.wait_row,
        graph.wait_load,
        target,
        best,
        move,
    )
    return best, move
