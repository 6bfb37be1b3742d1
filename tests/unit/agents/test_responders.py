# SPDX-License-Identifier: Apache-2.0
"""A crew from dispatch to the closed valve, and what happens when the forecast changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import simpy

from agents.mesa_adapter import ParkModel
from agents.responders import Crew, CrewHabits
from geodata.network import Network
from twin.errors import InputProblems
from twin.events import CrewArrived, CrewDispatched, Event, IsolationDone, Note, RouteAssigned, encode
from twin.park import Park

START = 1.7e9
PPM = 3.45e5


def run(
    park: Park,
    lanes: Network,
    forecast: Callable[[float], object],
    *,
    seconds: float = 1800.0,
    until: Callable[[Crew], object] = lambda crew: None,
    **habits: Any,
) -> tuple[list[Event], list[float], Crew]:
    env = simpy.Environment(initial_time=START)
    events: list[Event] = []
    closed: list[float] = []
    with ParkModel(np.random.default_rng(1)) as model:
        crew = Crew(
            model,
            env,
            park,
            lanes,
            park.resources[0],
            emit=events.append,
            forecast=forecast,  # type: ignore[arg-type]
            isolate=closed.append,
            substance_n=2.0,
            ppm_per_kg_m3=PPM,
            habits=CrewHabits(**habits),
        )

        def order() -> Any:
            yield env.timeout(20.0)
            crew.dispatch("T1")

        env.process(order())
        env.run(until=START + seconds)
    return events, closed, crew


def test_the_order_of_events_and_their_times(park: Park, lanes: Network) -> None:
    events, closed, crew = run(park, lanes, lambda t: None)
    assert [type(event) for event in events] == [CrewDispatched, RouteAssigned, CrewArrived, IsolationDone]
    dispatched, route, arrived, done = events
    assert dispatched.t_s == START + 20.0
    assert (dispatched.people, dispatched.destination) == (5, "T1")
    assert route.t_s == START + 20.0 + 60.0, "turn-out time of the resource"
    assert route.times_s[0] == route.t_s and arrived.t_s == route.times_s[-1]
    walk_m = np.hypot(*(lanes.xy_m[lanes.place("T1")] - (220, 100))) - 6.0
    assert done.t_s == pytest.approx(arrived.t_s + 60.0 + 120.0 + walk_m / 1.2)
    assert closed == [done.t_s]
    assert crew.phase == "done"
    for event in events:
        encode(event)


def test_its_position_follows_the_route_and_then_the_walk(park: Park, lanes: Network) -> None:
    events, _, crew = run(park, lanes, lambda t: None)
    assert crew.route is not None
    arrival = crew.route.arrival_s
    assert crew.position(arrival) == pytest.approx(tuple(lanes.xy_m[lanes.place("T1")]))
    assert np.hypot(*(np.array(crew.position(events[-1].t_s)) - (220, 100))) < 1e-6
    waiting = Crew(
        ParkModel(np.random.default_rng(1)),
        simpy.Environment(),
        park,
        lanes,
        park.resources[0],
        emit=lambda event: None,
        forecast=lambda t: None,
    )
    assert waiting.position(0.0) == pytest.approx(tuple(lanes.xy_m[lanes.place("engine")]))


def test_gas_on_the_way_is_avoided_by_those_who_mind(park: Park, lanes: Network, blob: type) -> None:
    cloud = blob(x_m=450.0, y_m=0.0, spread_m=60.0, peak_kg_m3=1e-3)
    bare = {"masks_on_the_way": False}
    fast = run(park, lanes, lambda t: cloud, route_kind="fastest", **bare)[2]
    careful = run(park, lanes, lambda t: cloud, route_kind="lowest_dose", **bare)[2]
    masked = run(park, lanes, lambda t: cloud, route_kind="fastest")[2]
    assert fast.route is not None and careful.route is not None
    assert careful.route.load < 0.01 * fast.route.load
    assert careful.toxic_load < 0.2 * fast.toxic_load, "what was breathed, not only what was planned"
    assert fast.route.arrival_s < careful.route.arrival_s
    assert masked.toxic_load < careful.toxic_load, "only what they breathed at the depot"


def test_breathing_apparatus_protects_at_the_source(park: Park, lanes: Network, blob: type) -> None:
    cloud = blob(spread_m=15.0, peak_kg_m3=1e-2)
    crew = run(park, lanes, lambda t: cloud)[2]
    unprotected = (1e-2 * PPM) ** 2 * (120.0 / 60.0)
    assert 0 < crew.toxic_load < 1e-3 * unprotected


def test_a_new_forecast_changes_the_route_only_for_a_clear_gain(
    park: Park, lanes: Network, blob: type
) -> None:
    ahead = blob(x_m=300.0, y_m=0.0, spread_m=40.0, peak_kg_m3=1e-3)
    seen_s = START + 95.0

    def changing(t_s: float) -> object:
        return ahead if t_s >= seen_s else None

    events, _, crew = run(park, lanes, changing, replan_s=10.0, route_kind="lowest_dose")
    routes = [event for event in events if isinstance(event, RouteAssigned)]
    assert len(routes) == 2, "one change, then it stays"
    first, second = routes
    assert second.t_s >= seen_s
    assert second.points_m[:2] == first.points_m[:2], "the way already driven is kept"
    assert second.points_m != first.points_m
    stubborn, _, _ = run(
        park, lanes, changing, replan_s=10.0, route_kind="lowest_dose", switch_gain=0.9999999
    )
    assert sum(isinstance(event, RouteAssigned) for event in stubborn) == 1
    steady, _, _ = run(park, lanes, lambda t: ahead, replan_s=5.0)
    assert sum(isinstance(event, RouteAssigned) for event in steady) == 1, "nothing new, nothing changed"


def test_no_way_is_said_and_the_world_goes_on(park: Park, lanes: Network) -> None:
    tall = replace(park, resources=(replace(park.resources[0], vehicle_height_m=99.0),))
    low = replace(lanes, max_height_m=np.full(lanes.edge_count, 4.0))
    events, closed, crew = run(tall, low, lambda t: None)
    assert crew.phase == "no_way"
    assert not closed
    assert isinstance(events[-1], Note) and events[-1].kind == "problem"
    assert "99.0 m high" in str(events[-1].values["why"])


def test_an_unknown_place_is_refused_and_a_second_order_ignored(park: Park, lanes: Network) -> None:
    env = simpy.Environment(initial_time=START)
    events: list[Event] = []
    with ParkModel(np.random.default_rng(1)) as model:
        crew = Crew(model, env, park, lanes, park.resources[0], emit=events.append, forecast=lambda t: None)
        with pytest.raises(InputProblems, match="T1"):
            crew.dispatch("T11")
        crew.dispatch("T1")
        crew.dispatch("office")
        env.run(until=START + 900.0)
    assert [event.destination for event in events if isinstance(event, CrewDispatched)] == ["T1"]
