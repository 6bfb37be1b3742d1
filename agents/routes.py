# SPDX-License-Identifier: Apache-2.0
"""Routes through a moving cloud: the fastest, the one of lowest dose and the balanced one, from the exact
front.

The network becomes a `TimedGraph` whose edge loads are the toxic load of passing an edge at a given time in a
forecast field; `agents.timed_search` finds all best compromises between arrival and load, and `plan` names
three of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from agents.edge_loads import BREATHING_HEIGHT_M, edge_loads, wait_loads
from agents.exposure import toxic_load_step
from agents.timed_search import Arrival, TimedGraph, TimedRoutes
from agents.timed_search import least_load_to as least_load_to
from agents.timed_search import time_expanded_routes as time_expanded_routes
from twin.errors import NotConverged, did_you_mean, problem
from twin.fields import HazardField

if TYPE_CHECKING:
    from geodata.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["fastest", "lowest_dose", "balanced"]
KINDS: tuple[Kind, ...] = ("fastest", "lowest_dose", "balanced")
HARMLESS_LOAD = 1e-3
"""Toxic load [ppm^n min] not worth another street: below any guideline level of any gas by orders of
magnitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way as a polyline with times; positions between its points are linear in time."""

    kind: Kind
    points_m: Floats
    """[n, 2]"""
    times_s: Floats
    """UTC seconds [n]"""
    load: float
    """Toxic load outside any protection, ppm^n min."""
    length_m: float
    nodes: Ints
    """Nodes passed or waited at [m]."""
    node_times_s: Floats
    """When one is at each of them [m]."""
    node_loads: Floats
    """Load taken up until then [m]."""

    @property
    def arrival_s(self) -> float:
        return float(self.times_s[-1])

    def at(self, t_s: float) -> tuple[float, float]:
        """Position at a time; at its ends before and after."""
        return (
            float(np.interp(t_s, self.times_s, self.points_m[:, 0])),
            float(np.interp(t_s, self.times_s, self.points_m[:, 1])),
        )

    def until(self, k: int) -> Route:
        """The part of the route to its k-th node."""
        cut = self.times_s <= self.node_times_s[k] + 1e-9
        return replace(
            self,
            points_m=self.points_m[cut],
            times_s=self.times_s[cut],
            load=float(self.node_loads[k]),
            length_m=_length(self.points_m[cut]),
            nodes=self.nodes[: k + 1],
            node_times_s=self.node_times_s[: k + 1],
            node_loads=self.node_loads[: k + 1],
        )

    def then(self, other: Route) -> Route:
        """This route, and from its end another one that starts there and then."""
        return replace(
            other,
            points_m=np.concatenate([self.points_m, other.points_m[1:]]),
            times_s=np.concatenate([self.times_s, other.times_s[1:]]),
            load=self.load + other.load,
            length_m=self.length_m + other.length_m,
            nodes=np.concatenate([self.nodes, other.nodes[1:]]),
            node_times_s=np.concatenate([self.node_times_s, other.node_times_s[1:]]),
            node_loads=np.concatenate([self.node_loads, self.load + other.node_loads[1:]]),
        )

    def load_from(self, t_s: float, field: HazardField | None, n: float, ppm_per_kg_m3: float) -> float:
        """Load of the rest of the route from a time on in a field, sampled every 2 s or so."""
        if field is None or t_s >= self.arrival_s:
            return 0.0
        times_s = np.linspace(t_s, self.arrival_s, int(np.ceil((self.arrival_s - t_s) / 2.0)) + 1)
        ppm = np.empty(len(times_s))
        for k, now_s in enumerate(times_s.tolist()):
            ppm[k] = field.at(np.array([[*self.at(now_s), BREATHING_HEIGHT_M]]), now_s)[0] * ppm_per_kg_m3
        return float(toxic_load_step(ppm[:-1], ppm[1:], n, np.diff(times_s)).sum())


def _length(points_m: Floats) -> float:
    return float(np.hypot(*np.diff(points_m, axis=0).T).sum())


def timed_graph(
    network: Network,
    t_s: float,
    field: HazardField | None,
    n: float,
    ppm_per_kg_m3: float,
    *,
    horizon_s: float,
    step_s: float,
    max_height_m: float,
    wait_nodes: Ints,
    top_speed_m_s: float = np.inf,
    closed: Ints | None = None,
    move_load: float = 0.0,
) -> TimedGraph:
    """The network as a moving vehicle or person meets it, with the loads of a field from t_s on.

    Travel times are rounded up to whole steps. Edges lower than `max_height_m`, and those `closed`, cannot be
    used. `move_load` is added to every move.
    """
    travel_s = network.length_m / np.minimum(network.speed_m_s, top_speed_m_s)
    steps = np.maximum(np.ceil(travel_s / step_s - 1e-9), 1).astype(np.int64)
    count = int(np.ceil(horizon_s / step_s)) + 1
    load = edge_loads(
        network, (steps * step_s).astype(np.float64), t_s, field, n, ppm_per_kg_m3, step_s=step_s, count=count
    )
    load += move_load
    load[network.max_height_m < max_height_m] = np.inf
    if closed is not None:
        load[closed] = np.inf
    wait_row = np.full(len(network.xy_m), -1, dtype=np.int64)
    wait_row[wait_nodes] = np.arange(len(wait_nodes))
    points_m = network.xy_m[wait_nodes]
    return TimedGraph(
        tail=network.tail,
        head=network.head,
        indptr=network.indptr,
        steps=steps,
        load=load,
        wait_row=wait_row,
        wait_load=wait_loads(points_m, t_s, field, n, ppm_per_kg_m3, step_s=step_s, count=count),
    )


def plan(
    network: Network,
    source_node: int,
    target_node: int,
    t_s: float,
    field: HazardField | None,
    n: float,
    ppm_per_kg_m3: float,
    *,
    horizon_s: float = 3600.0,
    step_s: float = 2.0,
    max_height_m: float = 0.0,
    kinds: tuple[Kind, ...] = KINDS,
    may_wait: bool = True,
    top_speed_m_s: float = np.inf,
    harmless_load: float = HARMLESS_LOAD,
    closed: Ints | None = None,
) -> dict[str, Route]:
    """Named routes from one node to another through a forecast field [kg/m3]: the ends of the exact front and
    its knee.

    'fastest' = earliest arrival with least load then; 'lowest_dose' = least load of all; 'balanced' = the
    point of the front nearest to the ideal one, both axes scaled to their range. One may wait at the start
    (`may_wait`). `harmless_load` [ppm^n min] is charged for every move, so that nobody drives in circles for
    nothing; it is not in the loads returned. `max_height_m` and `top_speed_m_s` are the vehicle's.

    Raises: NotConverged when the target cannot be reached within the horizon; InputProblems for an unknown
    kind.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise problem(f"there is no route kind '{kind}'", did_you_mean(kind, KINDS), field="kinds")
    wait_nodes = np.array([source_node] if may_wait else [], dtype=np.int64)
    graph = timed_graph(
        network,
        t_s,
        field,
        n,
        ppm_per_kg_m3,
        horizon_s=horizon_s,
        step_s=step_s,
        max_height_m=max_height_m,
        wait_nodes=wait_nodes,
        top_speed_m_s=top_speed_m_s,
        closed=closed,
        move_load=harmless_load,
    )
    found = time_expanded_routes(graph, source_node)
    front = found.front(np.array([target_node]))
    if not front:
        raise NotConverged(
            f"no way from {network.node_ids[source_node]} to {network.node_ids[target_node]} within {horizon_s:.0f} s"
            + (f" for a vehicle {max_height_m:.1f} m high" if max_height_m else "")
        )
    chosen = {"fastest": front[0], "lowest_dose": front[-1], "balanced": knee(front)}
    return {kind: _route(network, found, chosen[kind], kind, t_s, step_s, harmless_load) for kind in kinds}


def knee(front: list[Arrival]) -> Arrival:
    """The compromise nearest to the ideal point (earliest, least load) of a front, both axes scaled to their
    range."""
    steps = np.array([arrival.step for arrival in front], dtype=np.float64)
    loads = np.array([arrival.load for arrival in front])
    late = (steps - steps.min()) / max(float(np.ptp(steps)), 1.0)
    dose = (loads - loads.min()) / max(float(np.ptp(loads)), 1e-300)
    return front[int(np.argmin(np.hypot(late, dose)))]


def _route(
    network: Network,
    found: TimedRoutes,
    arrival: Arrival,
    kind: Kind,
    t_s: float,
    step_s: float,
    move_load: float,
) -> Route:
    """The walk of an arrival; its load is that of the field, without the charge for moving."""
    nodes, steps, edges = found.path(arrival.target, arrival.step)
    moved = edges[:-1] >= 0
    taken = np.where(
        moved,
        found.graph.load[edges[:-1], steps[:-1]] - move_load,
        found.graph.wait_load[np.maximum(found.graph.wait_row[nodes[:-1]], 0), steps[:-1]]
        if len(found.graph.wait_load)
        else 0.0,
    )
    node_loads = np.concatenate(([0.0], np.cumsum(np.maximum(taken, 0.0))))
    times_s = (t_s + steps * step_s).astype(np.float64)
    points = [network.xy_m[nodes[:1]]]
    times = [times_s[:1]]
    for k, edge in enumerate(edges[:-1].tolist()):
        if edge < 0:
            points.append(network.xy_m[nodes[k : k + 1]])
            times.append(times_s[k + 1 : k + 2])
            continue
        line = network.edge_line(edge)
        along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
        share = along[1:] / along[-1] if along[-1] > 0 else np.ones(len(line) - 1)
        points.append(line[1:])
        times.append(times_s[k] + share * (times_s[k + 1] - times_s[k]))
    points_m = np.concatenate(points)
    return Route(
        kind=kind,
        points_m=points_m,
        times_s=np.concatenate(times),
        load=float(node_loads[-1]),
        length_m=_length(points_m),
        nodes=nodes,
        node_times_s=times_s,
        node_loads=node_loads,
    )
