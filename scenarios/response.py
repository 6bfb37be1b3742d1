# SPDX-License-Identifier: Apache-2.0
"""The crew of a study: who is sent, what it is told of the cloud, what it closes.

The crew plans on a forecast that assumes the wind it knows now and a release that nobody closes; it breathes what is really
there. When it has closed the valve the release ends at the next tick.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.mesa_adapter import ParkModel
from agents.responders import Crew, CrewHabits
from geodata.roads import drive_network
from scenarios.forecast import ForecastField, HeldWind, forecast
from twin.assets import Resource
from twin.errors import did_you_mean, problem
from twin.events import OrderIssued
from twin.fields import HazardField

if TYPE_CHECKING:
    from scenarios.engine import World

FORECAST_S = 1200.0
RENEW_S = 120.0
"""A new forecast is made this often while the wind changes."""
RESCUE_KINDS = ("gas_rescue", "fire_engine")


class Response:
    """One crew sent to the source."""

    def __init__(self, world: World, model: ParkModel) -> None:
        study = world.study
        self.world = world
        self.resource = chosen_resource(world)
        self._forecast: ForecastField | None = None
        self._made_s = -np.inf
        self.crew = Crew(
            model,
            world.env,
            world.park,
            drive_network(world.park),
            self.resource,
            emit=world.emit,
            forecast=self.known_forecast,
            air=lambda t_s: world.cloud,
            isolate=lambda t_s: world.isolate(),
            substance_n=world.toxic_n,
            ppm_per_kg_m3=world.ppm,
            habits=CrewHabits(work_s=study.work_s),
        )
        world.env.process(self._dispatch())

    def known_forecast(self, t_s: float) -> HazardField:
        """What the crew is told of the cloud at a time."""
        world = self.world
        steady = not world.study.wind_rows
        if self._forecast is None or (not steady and t_s - self._made_s >= RENEW_S):
            self._made_s = t_s
            self._forecast = forecast(
                world.new_leak(HeldWind(world.wind, t_s)),
                world.park.bounds_m,
                now_s=t_s,
                horizon_s=FORECAST_S,
            )
        return self._forecast

    def _dispatch(self) -> Generator[Any, None, None]:
        world = self.world
        yield world.env.timeout(world.study.dispatch_after_s)
        world.emit(
            OrderIssued(
                t_s=world.t_s,
                order="dispatch",
                kind="dispatch",
                target=self.resource.id,
                by="plan",
                exercise=world.study.exercise,
            )
        )
        world.milestone("crew_dispatched", crew=self.resource.name or self.resource.id)
        self.crew.dispatch(world.tank.id)


def chosen_resource(world: World) -> Resource:
    """The resource the study names, or the nearest that can work in gas.

    Raises: InputProblems when there is none.
    """
    resources = world.park.resources
    name = world.study.resource
    if name:
        for resource in resources:
            if resource.id == name:
                return resource
        known = [resource.id for resource in resources]
        raise problem(
            f"the park has no resource '{name}'", did_you_mean(name, known), field="response.resource"
        )
    able = [resource for resource in resources if resource.kind in RESCUE_KINDS and resource.count > 0]
    if not able:
        raise problem(
            "the park has no gas rescue crew or fire engine",
            "Add one to its resources, or leave [response] out of the study.",
            field="response",
        )
    source = np.array(world.tank.xy_m)
    return min(
        able,
        key=lambda r: (RESCUE_KINDS.index(r.kind), float(np.hypot(*(np.array(r.xy_m) - source))), r.id),
    )
