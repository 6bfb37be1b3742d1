# SPDX-License-Identifier: Apache-2.0
"""Who is there by shift, where, and how they are."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.stats import kstest

from agents.people import (
    PUBLIC_DELAY,
    STAFF_DELAY,
    draw_people,
    from_park,
    is_day,
    truncated_lognormal,
    walking_speeds,
)
from geodata.network import Network
from twin.clock import parse_time
from twin.park import Park

DAY = parse_time("2026-03-18T10:00:00+08:00")
NIGHT = parse_time("2026-03-18T02:00:00+08:00")


def test_shifts_change_at_eight_and_twenty() -> None:
    times = ["07:59:59", "08:00:00", "19:59:59", "20:00:00"]
    assert [is_day(parse_time(f"2026-03-18T{t}+08:00")) for t in times] == [False, True, True, False]


def test_day_and_night_people_are_those_of_the_park(park: Park, paths: Network) -> None:
    day = from_park(park, paths, DAY, np.random.default_rng(1))
    night = from_park(park, paths, NIGHT, np.random.default_rng(1))
    assert len(day) == 300 + 60 + 10, "area, and the buildings outside it"
    assert len(night) == 30 + 5 + 10
    both = from_park(park, paths, DAY, np.random.default_rng(1), receptors=True)
    assert len(both) == len(day) + 40


def test_people_stand_in_their_area_and_not_in_tanks(park: Park, paths: Network) -> None:
    people = from_park(park, paths, DAY, np.random.default_rng(1))
    here = people.place == people.places.index("area")
    points = shapely.points(people.xy_m[here])
    assert shapely.covers(park.population[0].geometry, points).all()
    assert (np.hypot(*(people.xy_m[here] - (220, 100)).T) >= 6.0 - 0.1).all()
    office = people.place == people.places.index("office")
    assert people.indoors[office].all()
    assert not people.indoors[here].any()
    assert (people.node[office] == paths.place_node["office"]).all()
    assert people.air_changes_1_h[office].tolist() == [1.0] * 60
    assert set(people.enterprises) == {"E1"}


def test_buildings_in_an_area_share_its_indoor_people(park: Park, paths: Network) -> None:
    from dataclasses import replace

    area = replace(
        park.population[0], geometry=shapely.box(-10, -10, 400, 300), people_day=101, indoors_fraction_day=0.7
    )
    people = from_park(replace(park, population=(area,)), paths, DAY, np.random.default_rng(1))
    count = dict(zip(*np.unique(people.place, return_counts=True), strict=True))
    found = {people.places[k]: int(v) for k, v in count.items()}
    assert found == {"area": 30, "office": 61, "control": 10}, "71 indoors as 60 : 10; nobody twice"


def test_equal_seeds_give_equal_people(park: Park, paths: Network) -> None:
    one, two = (from_park(park, paths, DAY, np.random.default_rng(5)) for _ in range(2))
    other = from_park(park, paths, DAY, np.random.default_rng(6))
    assert (one.xy_m == two.xy_m).all()
    assert (one.delay_s == two.delay_s).all()
    assert not (one.delay_s == other.delay_s).all()


def test_delays_follow_their_laws() -> None:
    count = 4000
    public = np.arange(count) % 2 == 0
    people = draw_people(
        np.zeros((count, 2)), np.zeros(count, dtype=np.int64), np.random.default_rng(3), public=public
    )
    staff = people.delay_s[~public]
    assert staff.max() <= STAFF_DELAY[2]
    cut = np.random.default_rng(8).lognormal(STAFF_DELAY[0], STAFF_DELAY[1], 200_000)
    assert kstest(staff, cut[cut <= STAFF_DELAY[2]]).pvalue > 0.01
    assert kstest(np.log(people.delay_s[public]), "norm", args=PUBLIC_DELAY[:2]).pvalue > 0.01


def test_a_cut_lognormal_keeps_its_order_and_its_end() -> None:
    values = truncated_lognormal(np.linspace(1e-6, 1.0, 50), 3.44, 0.94, 300.0)
    assert (np.diff(values) > 0).all()
    assert values[-1] == pytest.approx(300.0)


def test_speeds_are_weidmanns_and_slower_for_limited_mobility() -> None:
    uniform = (np.arange(10_000) + 0.5) / 10_000
    able = walking_speeds(np.zeros(10_000, dtype=bool), uniform)
    assert able.mean() == pytest.approx(1.34, abs=1e-6)
    assert able.std() == pytest.approx(0.26, rel=0.06), "a little less, for the cut at 2.5 sd"
    assert able.min() >= 1.34 - 2.5 * 0.26
    slow = walking_speeds(np.ones(10_000, dtype=bool), uniform)
    assert (slow.min() >= 0.46) and (slow.max() <= 0.76)
