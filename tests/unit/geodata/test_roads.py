# SPDX-License-Identifier: Apache-2.0
"""Roads: junctions, one-way streets, low crossings, mended ends; and the repair of a damaged real town network."""

from __future__ import annotations

import gzip
import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import networkx
import numpy as np
import pytest
from shapely import LineString, Point, box

from geodata.linework import cut_at_junctions, mend
from geodata.roads import drive_network, ways_of
from twin.assets import Building, Gate, Hydrant, Rack, Road, Shelter
from twin.errors import InputProblems
from twin.frame import ParkFrame
from twin.park import Park

FRAME = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000))


def park_of(*lines: list[tuple[float, float]], **layers: object) -> Park:
    roads = tuple(
        Road(id=f"R{number}", geometry=LineString(line), width_m=7.0)
        for number, line in enumerate(lines, start=1)
    )
    return Park(id="P", name="P", frame=FRAME, roads=roads, **layers)  # type: ignore[arg-type]


def test_lines_that_share_a_vertex_meet_and_lines_that_only_cross_do_not() -> None:
    shared = drive_network(park_of([(0, 0), (50, 0), (90, 0)], [(50, -50), (50, 0), (50, 30)]))
    assert shared.node_count == 5
    assert shared.edge_count == 8
    assert shared.component_sizes == (5,)
    bridge = drive_network(park_of([(0, 0), (90, 0)], [(50, -50), (50, 30)], [(0, 0), (0, 10), (5, 10)]))
    assert bridge.component_sizes == (3, 2)
    assert [problem.code for problem in bridge.problems] == ["N01"]
    assert "R2" in bridge.problems[0].what
    assert bridge.node_count == 3


def test_edges_are_sorted_by_the_node_they_leave_and_know_their_way_back() -> None:
    network = drive_network(park_of([(0, 0), (50, 0), (90, 0)], [(50, 0), (60, 20), (50, 40)]))
    assert (np.diff(network.tail) >= 0).all()
    for node in range(network.node_count):
        assert (network.tail[network.indptr[node] : network.indptr[node + 1]] == node).all()
    assert (network.tail[network.reverse] == network.head).all()
    assert (network.reverse[network.reverse] == np.arange(network.edge_count)).all()
    for edge in range(network.edge_count):
        line = network.edge_line(edge)
        assert np.array_equal(line[0], network.xy_m[network.tail[edge]])
        assert np.array_equal(line[-1], network.xy_m[network.head[edge]])
        assert np.array_equal(line, network.edge_line(network.reverse[edge])[::-1])
        assert network.length_m[edge] == pytest.approx(LineString(line).length)
    bent = network.length_m[[way == "R2" for way in network.way_ids]]
    assert bent == pytest.approx(2 * math.hypot(10, 20))


def test_the_order_in_which_roads_are_read_does_not_matter() -> None:
    lines = [[(0, 0), (50, 0), (90, 0)], [(50, 0), (60, 20), (50, 40)], [(50, 40), (0.0, 0.0)]]
    one, other = drive_network(park_of(*lines)), drive_network(park_of(*lines[::-1]))
    assert one.node_ids == other.node_ids
    assert np.array_equal(one.xy_m, other.xy_m)
    assert np.array_equal(one.tail, other.tail)
    assert np.array_equal(one.head, other.head)
    assert np.array_equal(one.length_m, other.length_m)
    assert one.node_ids[one.nearest_node(np.array([[51.0, -1.0]]))[0]] == "n5000_0"


def test_a_one_way_road_has_one_direction_and_a_trap_is_reported() -> None:
    roads = (
        Road(id="A", geometry=LineString([(0, 0), (50, 0)]), width_m=6.0),
        Road(id="B", geometry=LineString([(50, 0), (90, 0)]), width_m=6.0),
        Road(id="C", geometry=LineString([(50, 0), (50, 40)]), width_m=6.0, oneway=True),
    )
    park = Park(id="P", name="P", frame=FRAME, roads=roads, buildings=(house(50, 41),))
    network = drive_network(park)
    assert network.edge_count == 5
    only = network.way_ids.index("C")
    assert network.reverse[only] == -1
    assert np.array_equal(network.edge_line(only)[-1], [50, 40])
    assert [problem.code for problem in network.problems] == ["N06"]
    assert network.routable.sum() == 3  # the end of the trap is not where anything is sent
    assert network.node_ids[network.place("H")] == "n5000_0"


def house(x_m: float, y_m: float) -> Building:
    return Building(id="H", geometry=box(x_m - 4, y_m - 4, x_m + 4, y_m + 4), height_m=6.0, kind="office")


def test_footpaths_are_not_driven_on() -> None:
    roads = (
        Road(id="A", geometry=LineString([(0, 0), (50, 0)]), width_m=6.0),
        Road(id="F", geometry=LineString([(50, 0), (50, 40)]), width_m=2.0, kind="footpath"),
    )
    network = drive_network(Park(id="P", name="P", frame=FRAME, roads=roads))
    assert set(network.way_ids) == {"A"}


def test_a_rack_lowers_what_passes_under_it_on_that_edge_only() -> None:
    rack = Rack(id="K", geometry=LineString([(70, -20), (70, 20)]), clearance_m=4.2)
    network = drive_network(park_of([(0, 0), (50, 0), (90, 0)], [(50, 0), (50, 40)], racks=(rack,)))
    under = network.max_height_m == 4.2
    assert under.sum() == 2
    assert {network.node_ids[node] for node in network.head[under]} == {"n5000_0", "n9000_0"}
    assert np.isinf(network.max_height_m[~under]).all()


def test_a_loose_end_is_joined_to_a_vertex_or_to_the_middle_and_reported_line_by_line() -> None:
    # R2 ends 1.2 m short of the middle of R1, R3 ends 0.9 m past the end of R1
    network = drive_network(park_of([(0, 0), (100, 0)], [(40, 60), (40, 1.2)], [(100.9, 0), (100.9, 50)]))
    assert network.component_sizes == (5,)
    assert sorted((problem.id, problem.code) for problem in network.problems) == [
        ("R1", "N22"),
        ("R2", "N22"),
        ("R3", "N22"),
    ]
    assert "n4000_0" in network.node_ids  # the new vertex in the middle of R1
    assert all(problem.warning for problem in network.problems)
    far = drive_network(park_of([(0, 0), (100, 0)], [(40, 60), (40, 2.5)]))
    assert far.component_sizes == (2, 2)
    assert drive_network(park_of([(0, 0), (100, 0)], [(40, 60), (40, 2.5)]), snap_m=3.0).component_sizes == (
        4,
    )


def test_two_loose_ends_that_face_each_other_meet_once() -> None:
    network = drive_network(park_of([(0, 0), (50, 0)], [(51, 0), (100, 0)]))
    assert network.component_sizes == (3,)
    assert network.node_count == 3


def test_a_ring_is_no_loop_edge() -> None:
    network = drive_network(park_of([(0, 0), (30, 0), (30, 20), (0, 20), (0, 0)]), longest_edge_m=1000.0)
    assert (network.tail != network.head).all()
    assert network.length_m.sum() == pytest.approx(2 * 100)


def test_places_get_the_nearest_node_and_doors_get_their_own() -> None:
    park = park_of(
        [(0, 0), (400, 0)],
        gates=(Gate(id="G", geometry=Point(237.3, 8.0), width_m=6.0),),
        shelters=(Shelter(id="S", geometry=box(320, 80, 340, 100), capacity=50, kind="muster"),),
        hydrants=(Hydrant(id="Y", geometry=Point(10, 3)),),
        buildings=(house(100, 50),),
    )
    network = drive_network(park)
    assert network.length_m.max() <= 100.0
    assert network.xy_m[network.place("G")] == pytest.approx([237, 0], abs=0.01)
    assert network.place_distance_m["G"] == pytest.approx(math.hypot(0.3, 8.0), abs=1e-9)
    assert network.xy_m[network.place("Y")] == pytest.approx([0, 0])
    assert set(network.place_node) == {"G", "S", "Y", "H"}
    assert [(problem.code, problem.id) for problem in network.problems] == [
        ("N03", "S")
    ]  # 90 m from the road
    with pytest.raises(InputProblems, match="did you mean|known"):
        network.place("GG")


def test_the_graph_of_record_has_every_edge_with_its_time() -> None:
    network = drive_network(park_of([(0, 0), (50, 0), (90, 0)], [(50, 0), (60, 20), (90, 0)]))
    graph = network.as_networkx()
    assert graph.number_of_edges() == network.edge_count
    found = networkx.shortest_path_length(graph, "n0_0", "n9000_0", weight="time_s")
    assert found == pytest.approx(90 / 8.333)


def test_a_park_without_roads_is_refused_with_a_remedy() -> None:
    with pytest.raises(InputProblems, match="no road"):
        drive_network(Park(id="P", name="P", frame=FRAME))


# ------------------------------------------------------------------------------------------------ the repair case
_DRIVEN = {
    *("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential"),
    *("living_street", "service", "road", "motorway_link", "trunk_link", "primary_link", "secondary_link"),
    *("tertiary_link", "track"),
}


def osm_roads(path: Path) -> list[Road]:
    """Drivable ways of an OSM file in local metres (equirectangular about the file's middle: fine for topology)."""
    with gzip.open(path) as stream:
        root = ElementTree.parse(stream).getroot()
    nodes = {
        node.get("id"): (float(node.get("lon", 0)), float(node.get("lat", 0))) for node in root.iter("node")
    }
    middle = np.mean(list(nodes.values()), axis=0)
    scale = 6371008.8 * math.pi / 180
    east = scale * math.cos(math.radians(middle[1]))
    roads = []
    for way in root.iter("way"):
        tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
        refs = [ref.get("ref") for ref in way.iter("nd") if ref.get("ref") in nodes]
        if tags.get("highway") not in _DRIVEN or len(refs) < 2:
            continue
        xy = (np.array([nodes[ref] for ref in refs]) - middle) * [east, scale]
        roads.append(
            Road(
                id=f"W{way.get('id')}",
                geometry=LineString(xy),
                width_m=6.0,
                oneway=tags.get("oneway") == "yes",
            )
        )
    return roads


def damaged(roads: list[Road], seed: int) -> tuple[list[Road], int]:
    """The same roads with 15 % of their ends displaced by a normal deviate of 1 m in each direction."""
    rng = np.random.default_rng(seed)
    moved = 0
    out = []
    for road in roads:
        xy = np.array(road.geometry.coords)
        for end in (0, -1):
            if rng.random() < 0.15:
                xy[end] += rng.normal(0.0, 1.0, 2)
                moved += 1
        out.append(Road(id=road.id, geometry=LineString(xy), width_m=road.width_m, oneway=road.oneway))
    return out, moved


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_damaged_town_is_mended(reference: Callable[[str], Path], seed: int) -> None:
    roads = osm_roads(reference("geodata/osm_industrial_east.osm.gz"))
    assert len(roads) > 400
    whole = drive_network(Park(id="P", name="P", frame=FRAME, roads=tuple(roads)), longest_edge_m=1e9)
    broken, moved = damaged(roads, seed)
    torn = drive_network(
        Park(id="P", name="P", frame=FRAME, roads=tuple(broken)), snap_m=0.0, longest_edge_m=1e9
    )
    mended = drive_network(
        Park(id="P", name="P", frame=FRAME, roads=tuple(broken)), snap_m=3.0, longest_edge_m=1e9
    )
    print(f"{len(roads)} roads, {moved} ends moved: {len(whole.component_sizes)} -> {len(torn.component_sizes)} -> "
          f"{len(mended.component_sizes)} components; {whole.node_count} -> {torn.node_count} -> {mended.node_count} nodes")  # fmt: skip
    assert torn.component_sizes[0] < 0.95 * whole.component_sizes[0]  # the damage is real
    assert mended.component_sizes[0] >= 0.99 * whole.component_sizes[0]
    assert mended.component_sizes[0] <= 1.01 * whole.component_sizes[0]  # nothing was torn into extra nodes
    assert len(mended.component_sizes) <= len(whole.component_sizes) + 3


def test_an_undamaged_town_is_hardly_touched(reference: Callable[[str], Path]) -> None:
    roads = osm_roads(reference("geodata/osm_industrial_east.osm.gz"))
    plain = cut_at_junctions(mend(ways_of(roads, footpaths=False), 0.0)[0])
    ways, notes = mend(ways_of(roads, footpaths=False), 2.0)
    snapped = [note for note in notes if note.code == "N22"]
    assert len(snapped) <= 0.02 * len(roads)
    assert abs(len(cut_at_junctions(ways)) - len(plain)) <= 2 * len(snapped)
