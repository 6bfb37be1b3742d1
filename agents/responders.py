# SPDX-License-Identifier: Apache-2.0
"""Crews: a Mesa agent whose life is a simpy process, from dispatch to the closed valve.

Wait for the order, turn out, drive the planned route, look again as the forecast changes, arrive, put on what
protects, walk to the source and close it. The crew breathes all the while. The clock of the simpy environment
runs in UTC seconds (`t_s`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.edge_loads import BREATHING_HEIGHT_M
from agents.exposure import PROTECTION_FACTORS, toxic_load_step
from agents.mesa_adapter import ParkAgent, ParkModel
from agents.routes import HARMLESS_LOAD, Kind, Route, plan
from twin.assets import Resource, Tank
from twin.errors import NotConverged
from twin.events import CrewArrived, CrewDispatched, Event, IsolationDone, Note, RouteAssigned
from twin.fields import HazardField
from twin.park import Park

if TYPE_CHECKING:
    import simpy

    from geodata.network import Network

Steps = Generator[Any, Any, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewHabits:
    """How a crew works. Times of donning and work are assumptions of ours, to be replaced by drill data."""

    route_kind: Kind = "balanced"
    step_s: float = 2.0
    horizon_s: float = 1800.0
    replan_s: float = 60.0
    """A driving crew looks at the forecast this often."""
    switch_gain: float = 0.1
    """It changes its route only for a gain of more than this share (hysteresis)."""
    masks_on_the_way: bool = True
    """They ride in breathing apparatus when the planned way leads through gas."""
    don_s: float = 60.0
    """Suit and checks after arrival."""
    work_s: float = 120.0
    walk_m_s: float = 1.2
    """In breathing apparatus."""
    breathe_s: float = 5.0


class Crew(ParkAgent):
    """The crew of one vehicle."""

    def __init__(
        self,
        model: ParkModel,
        env: simpy.Environment,
        park: Park,
        network: Network,
        resource: Resource,
        *,
        emit: Callable[[Event], object],
        forecast: Callable[[float], HazardField | None],
        air: Callable[[float], HazardField | None] | None = None,
        isolate: Callable[[float], object] | None = None,
        substance_n: float | None = None,
        ppm_per_kg_m3: float = 1.0,
        habits: CrewHabits | None = None,
        crew_id: str = "",
    ) -> None:
        """`network` is for vehicles; `forecast` gives the field a crew is told of at a time, `air` the one it
        breathes.

        `isolate` is called when the valve is closed. Raises: InputProblems when the network does not reach
        the depot.
        """
        super().__init__(model)
        self.env = env
        self.park = park
        self.network = network
        self.resource = resource
        self.crew_id = crew_id or resource.id
        self.habits = habits or CrewHabits()
        self.node = network.place(resource.id)
        self.phase = "ready"
        """ready, turning_out, driving, donning, working, done, no_way."""
        self.route: Route | None = None
        self.toxic_load = 0.0
        """Inhaled so far, ppm^n min."""
        self._emit = emit
        self._forecast = forecast
        self._air = air or forecast
        self._isolate = isolate
        self._n = 1.0 if substance_n is None else substance_n
        self._ppm = ppm_per_kg_m3
        self._order = env.event()
        self._walk: tuple[float, float] | None = None
        self._target_m = (0.0, 0.0)
        self._protection = PROTECTION_FACTORS["none"]
        self.process = env.process(self._live())

    def dispatch(self, place: str) -> None:
        """Send the crew to an asset of the park; a second order is ignored.

        Raises: InputProblems when the park or the network has no such place.
        """
        self.park.find(place)
        self.network.place(place)
        if not self._order.triggered:
            self._order.succeed(place)

    @property
    def t_s(self) -> float:
        """Now, UTC seconds."""
        return float(self.env.now)

    def position(self, t_s: float) -> tuple[float, float]:
        """Where the crew is."""
        if self.route is None or self.phase in ("ready", "turning_out", "no_way"):
            x_m, y_m = self.network.xy_m[self.node]
            return float(x_m), float(y_m)
        if self._walk is None:
            return self.route.at(t_s)
        begin_s, end_s = self._walk
        part = 1.0 if end_s <= begin_s else min(max((t_s - begin_s) / (end_s - begin_s), 0.0), 1.0)
        (x0, y0), (x1, y1) = self.route.points_m[-1], self._target_m
        return float(x0 + part * (x1 - x0)), float(y0 + part * (y1 - y0))

    def _live(self) -> Steps:
        place: str = yield self._order
        asset = self.park.find(place)[1]
        target = self.network.place(place)
        self._target_m = asset.xy_m
        self.phase = "turning_out"
        self._emit(
            CrewDispatched(
                t_s=self.t_s,
                crew=self.crew_id,
                kind=self.resource.kind,
                people=int(self.resource.crew),
                destination=place,
            )
        )
        breathing = self.env.process(self._breathe())
        yield self.env.timeout(self.resource.ready_s)
        try:
            yield from self._drive(target)
        except NotConverged as error:
            self.phase = "no_way"
            values: dict[str, str | float | int] = {"crew": self.crew_id, "place": place, "why": str(error)}
            self._emit(Note(t_s=self.t_s, kind="problem", text_key="event.crew_no_way", values=values))
            return
        self.node = target
        self._emit(CrewArrived(t_s=self.t_s, crew=self.crew_id, place=place))
        self.phase = "donning"
        yield self.env.timeout(self.habits.don_s)
        self._protection = PROTECTION_FACTORS["scba"]
        self.phase = "working"
        way_m = max(float(np.hypot(*(self.network.xy_m[target] - self._target_m))) - _stand_off(asset), 0.0)
        walk_s = way_m / self.habits.walk_m_s
        self._walk = (self.t_s, self.t_s + walk_s)
        yield self.env.timeout(walk_s + self.habits.work_s)
        self.phase = "done"
        if self._isolate is not None:
            self._isolate(self.t_s)
        self._emit(IsolationDone(t_s=self.t_s, source=place, by=self.crew_id))
        if breathing.is_alive:
            breathing.interrupt("done")

    def _drive(self, target: int) -> Steps:
        """Drive, looking again at every interval at the way from the next node on."""
        self._take(self._plan(self.node, target, self.t_s))
        self.phase = "driving"
        while self.route is not None and self.t_s < self.route.arrival_s:
            yield self.env.timeout(min(self.habits.replan_s, self.route.arrival_s - self.t_s))
            now_s = self.t_s
            ahead = np.flatnonzero(self.route.node_times_s > now_s)
            if len(ahead) < 2:
                continue
            k = int(ahead[0])
            node, at_s = int(self.route.nodes[k]), float(self.route.node_times_s[k])
            try:
                fresh = self._plan(node, target, at_s)
            except NotConverged:
                continue
            if self._better(fresh, k):
                self._take(self.route.until(k).then(fresh))

    def _plan(self, source: int, target: int, t_s: float) -> Route:
        kind = self.habits.route_kind
        return plan(
            self.network,
            source,
            target,
            t_s,
            self._forecast(self.t_s),
            self._n,
            self._ppm,
            horizon_s=self.habits.horizon_s,
            step_s=self.habits.step_s,
            max_height_m=self.resource.vehicle_height_m,
            kinds=(kind,),
            top_speed_m_s=self.resource.speed_m_s,
        )[kind]

    def _better(self, fresh: Route, k: int) -> bool:
        """Whether a fresh route from node k of the present one gains enough, judged on today's forecast."""
        assert self.route is not None
        if np.array_equal(fresh.nodes, self.route.nodes[k:]):
            return False
        now_s, from_s = self.t_s, float(self.route.node_times_s[k])
        field = self._forecast(now_s)
        old_load = self.route.load_from(from_s, field, self._n, self._ppm)
        new_load = fresh.load_from(from_s, field, self._n, self._ppm)
        nothing = max(HARMLESS_LOAD, 0.01 * self.route.load)
        time = (fresh.arrival_s - now_s) / (self.route.arrival_s - now_s)
        load = (new_load + nothing) / (old_load + nothing)
        weights = {"fastest": (1.0, 0.0), "lowest_dose": (0.0, 1.0), "balanced": (0.5, 0.5)}
        by_time, by_load = weights[self.habits.route_kind]
        return by_time * time + by_load * load < 1.0 - self.habits.switch_gain

    def _take(self, route: Route) -> None:
        self.route = route
        if self.habits.masks_on_the_way and route.load > HARMLESS_LOAD:
            self._protection = PROTECTION_FACTORS["scba"]
        self._emit(
            RouteAssigned(
                t_s=self.t_s,
                crew=self.crew_id,
                kind=route.kind,
                points_m=tuple((float(x), float(y)) for x, y in route.points_m),
                times_s=tuple(float(t) for t in route.times_s),
                toxic_load=float(route.load),
                toxic_load_unit=f"ppm^{self._n:g} min",
                length_m=float(route.length_m),
            )
        )

    def _breathe(self) -> Steps:
        """Take up what is in the air where the crew is."""
        import simpy

        before = self._inhaled(self.t_s)
        try:
            while True:
                yield self.env.timeout(self.habits.breathe_s)
                now = self._inhaled(self.t_s)
                self.toxic_load += float(toxic_load_step(before, now, self._n, self.habits.breathe_s))
                before = now
        except simpy.Interrupt:
            return

    def _inhaled(self, t_s: float) -> float:
        field = self._air(t_s)
        if field is None:
            return 0.0
        x_m, y_m = self.position(t_s)
        value = float(field.at(np.array([[x_m, y_m, BREATHING_HEIGHT_M]]), t_s)[0])
        return max(value, 0.0) * self._ppm / self._protection


def _stand_off(asset: object) -> float:
    """How near to the middle of a thing its valve is."""
    return asset.diameter_m / 2 if isinstance(asset, Tank) else 0.0
