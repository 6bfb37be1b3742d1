# SPDX-License-Identifier: Apache-2.0
"""The walking network: connected, both ways, with a node wherever people are, and no walking through fences."""

from __future__ import annotations

import networkx
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from geodata.walking import walk_network
from twin.assets import Building, Fence, Gate, Population, Road, Shelter, Tank
from twin.frame import ParkFrame
from twin.park import Park

FRAME = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000))


def site(*, fenced: bool) -> Park:
    """One street along y = 0; a site north of it, fenced but for two gates, 20 m from the street."""
    roads = (
        Road(id="R", geometry=LineString([(0, 0), (300, 0)]), width_m=8.0, oneway=True),
        Road(id="F", geometry=LineString([(300, 0), (300, 50)]), width_m=2.0, kind="footpath"),
    )
    ring = [(30, 20), (270, 20), (270, 200), (30, 200), (30, 20)]
    return Park(
        id="P",
        name="P",
        frame=FRAME,
        roads=roads,
        fences=(Fence(id="N", geometry=LineString(ring), enterprise="E"),) if fenced else (),
        gates=(
            Gate(id="G1", geometry=Point(60, 20), width_m=8.0, enterprise="E"),
            Gate(id="G2", geometry=Point(240, 20), width_m=4.0, enterprise="E"),
        ),
        buildings=(
            Building(id="B", geometry=box(140, 60, 160, 80), height_m=9.0, kind="workshop", enterprise="E"),
        ),
        population=(
            Population(
                id="M", geometry=box(100, 100, 120, 120), people_day=40, people_night=9, enterprise="E"
            ),
        ),
        tanks=(
            Tank(
                id="T",
                geometry=Point(200, 150),
                substance="7782-50-5",
                kind="sphere",
                diameter_m=8,
                height_m=8,
            ),
        ),
        shelters=(Shelter(id="S", geometry=Point(310, 48), capacity=100, kind="muster"),),
    )


@pytest.mark.parametrize("fenced", [False, True])
def test_every_place_has_its_node_and_everything_is_connected(fenced: bool) -> None:
    park = site(fenced=fenced)
    network = walk_network(park)
    assert networkx.is_strongly_connected(networkx.DiGraph(network.as_networkx()))
    assert network.routable.all()
    assert (network.reverse >= 0).all()
    assert network.length_m.max() <= 60.0
    for layer in ("gates", "shelters", "buildings", "population", "tanks"):
        for asset in park.layer(layer):
            assert network.place_distance_m[asset.id] <= 0.01
            assert network.xy_m[network.place(asset.id)] == pytest.approx(asset.xy_m, abs=0.01)


def test_fences_send_people_through_the_gates() -> None:
    free, fenced = walk_network(site(fenced=False)), walk_network(site(fenced=True))
    straight = networkx.shortest_path_length(free.as_networkx(), *ids(free, "B", "S"), weight="length_m")
    around = networkx.shortest_path(fenced.as_networkx(), *ids(fenced, "B", "S"), weight="length_m")
    assert straight == pytest.approx(70 + 150 + 48 + 10, abs=1.0)
    assert fenced.node_ids[fenced.place("G2")] in around
    fence = site(fenced=True).fences[0].geometry
    gates = [Point(60, 20).buffer(5.1), Point(240, 20).buffer(3.1)]
    for edge in range(fenced.edge_count):
        crossing = LineString(fenced.edge_line(edge)).intersection(fence)
        assert crossing.is_empty or any(gate.covers(crossing) for gate in gates)
    # both gates are used, each no wider than it is
    through = [width for width, kind in zip(fenced.width_m, fenced.kinds, strict=True) if kind == "gate"]
    assert sorted(set(through)) == [4.0, 8.0]


def ids(network: object, *assets: str) -> list[str]:
    return [network.node_ids[network.place(asset)] for asset in assets]  # type: ignore[attr-defined]


def test_a_fence_without_a_gate_in_reach_is_reported_and_nobody_is_lost() -> None:
    park = site(fenced=True)
    sealed = Park(
        id="P",
        name="P",
        frame=FRAME,
        roads=park.roads,
        fences=park.fences,
        buildings=park.buildings,
        gates=(Gate(id="G9", geometry=Point(10, 5), width_m=4.0),),
    )
    network = walk_network(sealed)
    assert [(problem.code, problem.id) for problem in network.problems] == [("N26", "B")]
    assert network.place_distance_m["B"] <= 0.01


def test_one_way_roads_and_low_bridges_do_not_stop_walkers() -> None:
    network = walk_network(site(fenced=False))
    on_road = [way == "R" for way in network.way_ids]
    assert (network.reverse[on_road] >= 0).all()
    assert np.isinf(network.max_height_m).all()
    assert set(network.speed_m_s.tolist()) == {1.34}
    assert network.length_m[on_road].sum() == pytest.approx(2 * 300, abs=0.1)
    assert set(network.width_m[on_road].tolist()) == {8.0}


@pytest.fixture(scope="module")
def demo() -> Park:
    from geodata.demo_park import generate

    return generate(size="medium", seed=7).park


def test_nobody_walks_through_a_fence_of_the_demo_park_and_everybody_can_leave(demo: Park) -> None:
    network = walk_network(demo)
    assert network.problems == ()
    assert network.routable.all()
    for layer in ("gates", "shelters", "buildings", "population", "units", "tanks", "resources"):
        assert all(network.place_distance_m[asset.id] <= 0.01 for asset in demo.layer(layer))
    connectors = np.array(network.kinds) == "connector"
    lines = shapely.linestrings(
        np.stack([network.xy_m[network.tail[connectors]], network.xy_m[network.head[connectors]]], axis=1)
    )
    fences = shapely.union_all([fence.geometry for fence in demo.fences])
    through = lines[shapely.intersects(lines, fences)]
    gates = shapely.STRtree(np.array([gate.geometry for gate in demo.gates], dtype=object))
    assert set(gates.query(through, predicate="dwithin", distance=10.0)[0].tolist()) == set(
        range(len(through))
    )


def test_drivers_reach_every_place_of_the_demo_park(demo: Park) -> None:
    from geodata.roads import drive_network

    network = drive_network(demo)
    assert network.problems == ()
    assert len(network.component_sizes) == 1
    assert network.length_m.max() <= 100.0
    tops = sorted({rack.clearance_m for rack in demo.racks})
    low = network.max_height_m[np.isfinite(network.max_height_m)]
    assert len(low) and set(np.unique(low)) <= {*tops, *(line.clearance_m for line in demo.pipelines)}
    for gate in demo.gates:
        assert network.place_distance_m[gate.id] <= 15.0
