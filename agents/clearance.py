# SPDX-License-Identifier: Apache-2.0
"""The shortest time in which a network can be cleared at all: the bound no plan and no simulation may beat.

Quickest flow: the smallest T for which a maximum flow through the network unrolled over T periods carries
everybody to a sink.
References: Ford & Fulkerson (1958), Oper. Res. 6:419; Burkard, Dlaska & Klinz (1993), ZOR 37:31 (quickest
flow by search over T).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.errors import NotConverged

Ints = NDArray[np.int64]


def quickest_clearance(
    node_count: int,
    tail: Ints,
    head: Ints,
    capacity: Ints,
    transit: Ints,
    people: Ints,
    sinks: Ints,
    *,
    most: int = 100_000,
) -> int:
    """Fewest whole periods after which everybody can be at a sink.

    At most `capacity` people enter an edge per period and arrive `transit` periods later; nodes hold any
    number.
    Shapes: edges [E]; people at each node at the start [V]. Raises: NotConverged when it takes more than
    `most` periods.

    Examples:
        >>> one = np.array([1])
        >>> quickest_clearance(2, np.array([0]), one, 5 * one, 3 * one, np.array([12, 0]), one)  # enter at 0, 1, 2
        5
    """
    total = int(people.sum() - people[sinks].sum())
    if total == 0:
        return 0
    low, high = 0, 1
    while _carried(node_count, tail, head, capacity, transit, people, sinks, high) < total:
        low, high = high, 2 * high
        if high > most:
            raise NotConverged(f"{total} people cannot all reach a sink within {most} periods")
    while high - low > 1:
        middle = (low + high) // 2
        if _carried(node_count, tail, head, capacity, transit, people, sinks, middle) < total:
            low = middle
        else:
            high = middle
    return high


def _carried(
    node_count: int,
    tail: Ints,
    head: Ints,
    capacity: Ints,
    transit: Ints,
    people: Ints,
    sinks: Ints,
    periods: int,
) -> int:
    """People who can be at a sink by a period."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    is_sink = np.zeros(node_count, dtype=bool)
    is_sink[sinks] = True
    source, drain = node_count * (periods + 1), node_count * (periods + 1) + 1
    most = int(people.sum())
    origins = np.flatnonzero((people > 0) & ~is_sink)
    starts, ends, sizes = [np.full(len(origins), source)], [origins], [people[origins]]
    kept = np.flatnonzero(~is_sink)
    every = np.arange(periods)
    starts.append((kept[:, None] + every * node_count).ravel())
    ends.append((kept[:, None] + (every + 1) * node_count).ravel())
    sizes.append(np.full(len(kept) * periods, most))
    for edge in np.flatnonzero(~is_sink[tail]).tolist():
        enter = np.arange(periods - int(transit[edge]) + 1)
        starts.append(tail[edge] + enter * node_count)
        ends.append(head[edge] + (enter + transit[edge]) * node_count)
        sizes.append(np.full(len(enter), min(int(capacity[edge]), most)))
    times = np.arange(periods + 1)
    at_sinks = (np.asarray(sinks)[:, None] + times * node_count).ravel()
    starts.append(at_sinks)
    ends.append(np.full(len(at_sinks), drain))
    sizes.append(np.full(len(at_sinks), most))
    row, column = np.concatenate(starts), np.concatenate(ends)
    graph = coo_array((np.concatenate(sizes).astype(np.int32), (row, column)), shape=(drain + 1, drain + 1))
    return int(maximum_flow(graph.tocsr(), source, drain).flow_value)
