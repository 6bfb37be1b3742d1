# SPDX-License-Identifier: Apache-2.0
"""The crowd lives through an event: orders, hesitation, walking, sheltering, gas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agents.crowd import Crowd
from agents.people import DEAD, INCAPACITATED, MOVING, NORMAL, REACTING, SAFE, SHELTERING, STATES, from_park
from geodata.network import Network
from geodata.walking import walk_network
from twin.clock import parse_time
from twin.errors import InputProblems
from twin.park import Park

START = parse_time("2026-03-18T10:00:00+08:00")
PPM = 3.45e5
AEGL = {1: {10: 0.5, 60: 0.5}, 2: {10: 2.8, 60: 2.0}, 3: {10: 50.0, 60: 20.0}}
PROBIT = (-4.86, 0.5)


def make(park: Park, paths: Network, **more: Any) -> Crowd:
    people = from_park(park, paths, START, np.random.default_rng(1))
    given: dict[str, Any] = {"substance_n": 2.75, "probit": PROBIT, "aegl_ppm": AEGL} | more
    return Crowd(park, paths, people, rng=np.random.default_rng(2), **given)


def live(
    crowd: Crowd, seconds: float, field: object = None, *, dt_s: float = 5.0, begin_s: float = 0.0
) -> Crowd:
    for k in range(round(seconds / dt_s)):
        crowd.step(START + begin_s + k * dt_s, dt_s, field, PPM)  # type: ignore[arg-type]
    return crowd


def test_without_order_and_gas_nothing_happens(park: Park, paths: Network) -> None:
    crowd = make(park, paths)
    before = crowd.positions()
    live(crowd, 600)
    assert crowd.counts() == dict.fromkeys(STATES, 0) | {"normal": len(crowd.people)}
    assert (crowd.positions() == before).all()
    assert crowd.positions().dtype == np.float32
    assert crowd.casualties() == {
        "exposed": 0,
        "above_aegl2": 0,
        "above_aegl3": 0,
        "expected_deaths": 0.0,
        "deaths": 0,
    }


def test_everybody_warned_reaches_a_place_that_has_room(draw_park: Callable[..., Park]) -> None:
    park = draw_park(people=300, capacity=100)
    paths = walk_network(park)
    crowd = make(park, paths)
    crowd.warn(START + 60)
    live(crowd, 60)
    assert crowd.counts()["normal"] == len(crowd.people), "nobody acts before the order"
    live(crowd, 1800, begin_s=60)
    assert crowd.counts()["safe"] == len(crowd.people)
    place = crowd._row % crowd.destinations.count
    arrived = np.bincount(place, minlength=crowd.destinations.count)
    capacity = {"east": 100, "west": 1000, "refuge": 30}
    for name, number in zip(crowd.destinations.ids, arrived.tolist(), strict=True):
        assert number <= capacity.get(name, np.inf)
    assert arrived[crowd.destinations.ids.index("refuge")] == 30, "the nearest fills up"
    assert crowd.destinations.room_left[crowd.destinations.ids.index("refuge")] == 0
    refuge = np.flatnonzero(place == crowd.destinations.ids.index("refuge"))
    assert (crowd.breathing.room[refuge] >= 0).all(), "indoors there"


def test_hesitation_is_heard_plus_delay(park: Park, paths: Network) -> None:
    crowd = make(park, paths)
    crowd.warn(START, channel="direct")
    began = np.full(len(crowd.people), np.nan)
    for k in range(400):
        crowd.step(START + k, 1.0, None, PPM)
        fresh = np.isnan(began) & (crowd.state == MOVING)
        began[fresh] = k + 1
    assert np.nanmax(np.abs(began - np.ceil(crowd.people.delay_s))) <= 1.0
    control = crowd.people.place == crowd.people.places.index("control")
    assert np.median(crowd.people.delay_s[control]) < np.median(crowd.people.delay_s[~control])


def test_nobody_runs_and_nobody_stands_in_another(park: Park, paths: Network) -> None:
    crowd = make(park, paths)
    crowd.warn(START)
    before = crowd.positions().astype(float)
    for k in range(1200):
        crowd.step(START + k, 1.0, None, PPM)
        after = crowd.positions().astype(float)
        assert np.hypot(*(after - before).T).max() < 2.0 + 6.0, "a stride, and at most across the street"
        before = after
    rest = after[crowd.state == SAFE]
    apart = np.hypot(*(rest[:, None] - rest[None]).transpose(2, 0, 1)) + 9.0 * np.eye(len(rest))
    assert np.quantile(apart.min(axis=1), 0.05) > 0.3


def test_shelter_indoors_at_once_and_outdoors_by_walking_in(park: Park, paths: Network) -> None:
    crowd = make(park, paths)
    office = crowd.people.place == crowd.people.places.index("office")
    crowd.warn(START, None, "shelter", channel="direct")
    live(crowd, 1500)
    assert (crowd.state == SHELTERING).all()
    assert (crowd.breathing.room >= 0).all()
    assert (np.hypot(*(crowd.positions()[office] - crowd.people.xy_m[office]).T) < 0.01).all(), "stayed"
    assert not (crowd.positions()[~office] == crowd.people.xy_m[~office]).all()
    rooms = np.unique(crowd.breathing.room)
    assert (crowd.breathing.air.air_changes_1_s[rooms] <= 0.5 / 3600 + 1e-12).all(), "windows shut"


def test_a_later_order_replaces_an_earlier_one(park: Park, paths: Network) -> None:
    crowd = make(park, paths)
    crowd.warn(START, None, "shelter", channel="direct")
    live(crowd, 900)
    assert (crowd.state == SHELTERING).all()
    crowd.warn(START + 900, None, "evacuate", channel="direct")
    live(crowd, 2400, begin_s=900)
    assert (crowd.state == SAFE).all()


def test_only_those_who_are_told_act(park: Park, paths: Network) -> None:
    crowd = make(park, paths)
    told = np.flatnonzero(crowd.people.place == crowd.people.places.index("office"))
    crowd.warn(START, told)
    live(crowd, 1500)
    others = np.setdiff1d(np.arange(len(crowd.people)), told)
    assert (crowd.state[told] == SAFE).all()
    assert (crowd.state[others] == NORMAL).all()


def test_whoever_smells_the_gas_acts_without_an_order(park: Park, paths: Network, blob: type) -> None:
    crowd = make(park, paths)
    cloud = blob(spread_m=60.0, peak_kg_m3=2e-5)  # 7 ppm in the middle, the office smells little
    live(crowd, 60, cloud)
    assert ((crowd.state == REACTING) | (crowd.state == MOVING) | (crowd.state == NORMAL)).all()
    assert (crowd.state != NORMAL).sum() > 100
    live(crowd, 1200, cloud, begin_s=60)
    assert (crowd.state == SAFE).sum() > 100
    deaf = make(park, paths, aegl_ppm={2: AEGL[2]})
    live(deaf, 300, cloud)
    assert (deaf.state == NORMAL).all(), "a gas without warning properties is not noticed"


def test_indoors_they_shut_the_windows_instead(park: Park, paths: Network, blob: type) -> None:
    crowd = make(park, paths)
    live(crowd, 900, blob(x_m=40.0, y_m=35.0, spread_m=25.0, peak_kg_m3=3e-5))
    office = crowd.people.place == crowd.people.places.index("office")
    assert (crowd.state[office] == SHELTERING).all()


def test_more_gas_never_saves_anybody(park: Park, paths: Network, blob: type) -> None:
    fallen = []
    for peak in (1e-3, 3e-3, 9e-3):
        crowd = make(park, paths, notice_ppm=1e9)  # nobody moves: the dose alone decides
        live(crowd, 900, blob(peak_kg_m3=peak))
        fallen.append(crowd.state >= INCAPACITATED)
    assert fallen[0].sum() < fallen[1].sum() < fallen[2].sum()
    assert all((more | ~less).all() for less, more in zip(fallen, fallen[1:], strict=False))


def test_the_fallen_lie_still_die_and_do_not_breathe_on(park: Park, paths: Network, blob: type) -> None:
    crowd = make(park, paths)
    crowd.warn(START)
    cloud = blob(spread_m=150.0, peak_kg_m3=2e-2)
    live(crowd, 100, cloud)
    fallen = crowd.state == INCAPACITATED
    assert fallen.sum() > 10
    where = crowd.positions()[fallen]
    live(crowd, 300, cloud, begin_s=100)
    assert (crowd.state[fallen] == DEAD).all()
    assert (crowd.positions()[fallen] == where).all()
    load = crowd.toxic_load[fallen].copy()
    live(crowd, 60, cloud, begin_s=400)
    assert (crowd.toxic_load[fallen] == load).all()
    assert crowd.casualties()["deaths"] == crowd.counts()["dead"] > 0
    assert int(crowd.flow.links["count"].sum()) == int((crowd.flow.status == 2).sum())


def test_guided_people_take_up_less(park: Park, paths: Network, blob: type) -> None:
    loads = {}
    for guided in (False, True):
        crowd = make(park, paths, probit=None)
        crowd.warn(START, guided=guided, channel="direct")
        # the cloud lies over the way east; who is led goes round it
        live(crowd, 1500, blob(x_m=380.0, y_m=330.0, spread_m=70.0, peak_kg_m3=2e-3))
        assert (crowd.state == SAFE).sum() > 0.9 * len(crowd.people)
        loads[guided] = np.sort(crowd.toxic_load)[-60:].mean()
    assert loads[True] < 0.5 * loads[False]


def test_a_muster_point_in_the_gas_is_left(park: Park, paths: Network, blob: type) -> None:
    crowd = make(park, paths, probit=None)
    crowd.warn(START, channel="direct")
    live(crowd, 1500)
    gate = crowd.destinations.ids.index("gate")
    there = np.flatnonzero((crowd._row % crowd.destinations.count == gate) & (crowd.state == SAFE))
    assert len(there) > 10
    live(crowd, 2400, blob(x_m=0.0, y_m=0.0, spread_m=40.0, peak_kg_m3=1e-4), begin_s=1500)
    assert (crowd.state[there] == SAFE).all()
    assert (crowd._row[there] % crowd.destinations.count != gate).all()
    assert crowd.destinations.room_left[gate] == np.inf
    left = crowd.destinations.room_left[[crowd.destinations.ids.index(name) for name in ("east", "west")]]
    place = crowd._row % crowd.destinations.count
    taken = [int((place == crowd.destinations.ids.index(name)).sum()) for name in ("east", "west")]
    assert (2000 - left.sum()) == sum(taken), "places are counted once"


def test_equal_seeds_equal_lives(park: Park, paths: Network, blob: type) -> None:
    one, two = (make(park, paths) for _ in range(2))
    for crowd in (one, two):
        crowd.warn(START + 30, guided=True)
        live(crowd, 600, blob(peak_kg_m3=3e-4, drift_m_s=0.3, from_s=START))
    assert (one.positions() == two.positions()).all()
    assert (one.toxic_load == two.toxic_load).all()
    assert (one.state == two.state).all()
    assert one.toxic_load.max() > 0


def test_wrong_orders_and_parks_without_a_place_are_refused(park: Park, paths: Network) -> None:
    from dataclasses import replace

    crowd = make(park, paths)
    with pytest.raises(InputProblems, match="evacuate"):
        crowd.warn(START, None, "evacuat")  # type: ignore[arg-type]
    with pytest.raises(InputProblems, match="siren"):
        crowd.warn(START, channel="sirene")
    nowhere = replace(park, shelters=(), gates=())
    with pytest.raises(InputProblems, match="muster"):
        make(nowhere, walk_network(nowhere))
