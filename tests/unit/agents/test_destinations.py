# SPDX-License-Identifier: Apache-2.0
"""Places to go to: what counts as one, room that runs out, ways round the gas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import shapely

from agents.destinations import NEAREST, Destinations
from geodata.network import Network
from geodata.walking import walk_network
from twin.assets import Gate, Shelter
from twin.park import Park

PPM = 3.45e5


def test_hospitals_closed_gates_and_others_gates_are_no_places(park: Park) -> None:
    point = shapely.Point(150, 0)
    changed = replace(
        park,
        shelters=(*park.shelters, Shelter(id="clinic", geometry=point, capacity=9, kind="hospital")),
        gates=(
            *park.gates,
            Gate(id="shut", geometry=point, width_m=4.0, normally_open=False),
            Gate(id="way_in", geometry=shapely.Point(300, 0), width_m=4.0, direction="in"),
            Gate(id="theirs", geometry=shapely.Point(450, 0), width_m=4.0, enterprise="E1"),
        ),
    )
    assert Destinations(changed, walk_network(changed), 1.0).ids == ("east", "west", "refuge", "gate")
    bare = replace(changed, shelters=(), gates=changed.gates[1:])
    assert Destinations(bare, walk_network(bare), 1.0).ids == ("theirs",), (
        "better somebody's gate than nothing"
    )


def test_farther_places_are_found_when_the_near_ones_are_full(draw_park: Callable[..., Park]) -> None:
    park = draw_park()
    many = tuple(
        Shelter(id=f"m{k}", geometry=shapely.Point(150 * (k % 5), 200 * (k // 5)), capacity=2, kind="muster")
        for k in range(2 * NEAREST)
    )
    park = replace(park, shelters=many, gates=())
    paths = walk_network(park)
    places = Destinations(park, paths, 1.0)
    node = np.full(4 * NEAREST + 3, paths.place("office"))
    row = places.choose(node, np.zeros(len(node), dtype=bool))
    assert (row >= 0).sum() == 4 * NEAREST
    assert (places.room_left == 0).all()
    assert (places.table[: places.count, paths.place("office")] >= -1).all(), "the ways there are known now"


def test_ways_lead_round_the_gas_and_back_when_it_is_gone(park: Park, paths: Network, blob: type) -> None:
    places = Destinations(park, paths, 0.5)
    refuge, start = places.ids.index("refuge"), paths.place("control")
    direct = places.table[refuge].copy()
    assert (places.table[places.count + refuge] == direct).all()
    cloud = blob(x_m=300.0, y_m=300.0, spread_m=30.0, peak_kg_m3=1e-4)
    places.look_ahead(0.0, cloud, PPM)
    led = places.table[places.count + refuge]
    assert (led != direct).any() and (places.table[refuge] == direct).all()

    def worst(table: np.ndarray) -> float:
        node, ppm = start, 0.0
        while table[node] >= 0:
            middle = paths.xy_m[[node, paths.head[table[node]]]].mean(axis=0)
            ppm = max(ppm, float(cloud.at(np.array([[*middle, 1.5]]), 0.0)[0] * PPM))
            node = int(paths.head[table[node]])
        return ppm

    assert worst(led) < 0.05 * worst(direct)
    places.look_ahead(0.0, None, PPM)
    assert (places.table[places.count + refuge] == direct).all()
