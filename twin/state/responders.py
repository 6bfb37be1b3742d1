# SPDX-License-Identifier: Apache-2.0
"""Crews on their way, with the route each follows."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from twin.events import CrewArrived, CrewDispatched, RouteAssigned


class CrewState(msgspec.Struct, kw_only=True):
    """One crew."""

    dispatched: CrewDispatched
    route: RouteAssigned | None = None
    arrived: CrewArrived | None = None

    def position_m(self, t_s: float) -> tuple[float, float] | None:
        """Where the crew is at a time: linear along its route, standing at its ends; None without a route."""
        if self.route is None or not self.route.times_s:
            return None
        times, points = self.route.times_s, self.route.points_m
        right = bisect_right(times, t_s)
        if right == 0:
            return points[0]
        if right == len(times):
            return points[-1]
        part = (t_s - times[right - 1]) / (times[right] - times[right - 1])
        (x0, y0), (x1, y1) = points[right - 1], points[right]
        return x0 + part * (x1 - x0), y0 + part * (y1 - y0)


class ResponderState(msgspec.Struct, kw_only=True):
    """All crews by id."""

    crews: dict[str, CrewState] = {}

    def on_dispatched(self, event: CrewDispatched) -> None:
        self.crews[event.crew] = CrewState(dispatched=event)

    def on_route(self, event: RouteAssigned) -> None:
        if crew := self.crews.get(event.crew):
            crew.route = event

    def on_arrived(self, event: CrewArrived) -> None:
        if crew := self.crews.get(event.crew):
            crew.arrived = event


REDUCERS = {
    CrewDispatched: ResponderState.on_dispatched,
    RouteAssigned: ResponderState.on_route,
    CrewArrived: ResponderState.on_arrived,
}
