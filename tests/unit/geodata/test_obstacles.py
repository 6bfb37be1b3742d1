# SPDX-License-Identifier: Apache-2.0
"""Obstacle grids: areas of a real city, overlaps, open structures, distances and roughness by wind direction."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from geodata.obstacles import SURFACES, SiteGrid, site_grid
from geodata.solids import facing_area_density_1_m, tank_outline
from geodata.terrain import Terrain
from twin.assets import Boundary, Building, ProcessUnit, Rack, Road, Tank, Water
from twin.frame import ParkFrame
from twin.park import Park

FRAME = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000), latitude_deg=31.6, convergence_deg=0.4)
AREA = box(0, 0, 200, 100)
EDGE = (Boundary(id="B", name="edge", geometry=AREA),)


def grid_of(cell_m: float = 5.0, **layers: object) -> SiteGrid:
    park = Park(id="P", name="P", frame=FRAME, **{"boundary": EDGE, **layers})  # type: ignore[arg-type]
    return site_grid(park, Terrain.flat((0, 0, 200, 100), 10.0, 4.5), cell_m)


def house(shape: Polygon, height_m: float, number: int = 0) -> Building:
    return Building(id=f"H{number}", geometry=shape, height_m=height_m, kind="workshop")


def test_a_box_covers_exactly_its_cells_and_row_zero_is_south() -> None:
    site = grid_of(buildings=(house(box(50, 10, 70, 25), 12.0),))
    assert site.solid_fraction.shape == (20, 40)
    assert site.solid_fraction.sum() == 12
    assert (site.solid_fraction[2:5, 10:14] == 1).all()
    assert (site.obstacle_top_m[2:5, 10:14] == 12).all()
    assert site.obstacle_top_m.sum() == 12 * 12
    assert site.solid_area_m2 == pytest.approx(300)
    assert site.ground_m == pytest.approx(4.5)
    assert (site.latitude_deg, site.convergence_deg, site.relief_m) == (31.6, 0.4, 0.0)
    # distances: middle of the box's cells is half a cell and more inside, its neighbours half a cell outside
    assert site.sdf_m[2, 10] == pytest.approx(-2.5)
    assert site.sdf_m[3, 11] == pytest.approx(-7.5)
    assert site.sdf_m[2, 9] == pytest.approx(2.5)
    assert site.sdf_m[2, 20] == pytest.approx(2.5 + 6 * 5)


def test_cells_partly_covered_hold_the_fraction() -> None:
    site = grid_of(buildings=(house(box(52.5, 10, 56.25, 15), 12.0),))
    assert site.solid_fraction[2, 10:12].tolist() == [0.5, 0.25]
    assert site.obstacle_top_m[2, 10:12].tolist() == [12.0, 12.0]


def test_the_tallest_wins_and_area_is_that_of_the_union() -> None:
    low, high = house(box(20, 20, 60, 60), 8.0, 1), house(box(40, 40, 80, 80), 30.0, 2)
    one, other = grid_of(buildings=(low, high)), grid_of(buildings=(high, low))
    assert np.array_equal(one.obstacle_top_m, other.obstacle_top_m)
    assert one.obstacle_top_m[10, 10] == 30.0  # (52.5, 52.5) is in both
    assert one.solid_area_m2 == pytest.approx(1600 + 1600 - 400)


def test_tanks_keep_their_circle_and_spheres_stand_on_legs() -> None:
    tank = Tank(
        id="T", geometry=Point(60, 50), substance="67-56-1", kind="fixed_roof", diameter_m=30, height_m=14
    )
    ball = Tank(
        id="S",
        geometry=Point(150, 50),
        substance="74-98-6",
        kind="sphere",
        diameter_m=12,
        height_m=12,
        base_m=2.0,
    )
    assert tank_outline(tank).area == pytest.approx(math.pi * 225, rel=1e-9)
    site = grid_of(2.0, tanks=(tank, ball))
    assert site.solid_area_m2 == pytest.approx(math.pi * (225 + 36), rel=0.005)
    row, column = int(50 / 2), int(150 / 2)
    assert site.obstacle_top_m[row, column] == 14.0
    assert site.obstacle_base_m[row, column] == 2.0
    assert SURFACES[site.surface_kind[row, column]] == "tank"
    bullet = Tank(
        id="L",
        geometry=Point(0, 0),
        substance="74-98-6",
        kind="bullet",
        diameter_m=3,
        height_m=3,
        length_m=20,
    )
    assert tank_outline(bullet).bounds == (-10, -1.5, 10, 1.5)


def test_open_structures_are_a_drag_and_no_wall() -> None:
    rack = Rack(
        id="K", geometry=LineString([(0, 52.5), (200, 52.5)]), clearance_m=5.0, width_m=5.0, porosity=0.8
    )
    unit = ProcessUnit(id="U", geometry=box(100, 0, 120, 20), height_m=25.0, kind="reactor", porosity=0.7)
    site = grid_of(racks=(rack,), units=(unit,))
    assert site.solid_fraction.sum() == 0
    assert np.isinf(site.sdf_m).all()
    assert site.porosity[10] == pytest.approx(0.8)
    assert site.drag_area_density_1_m[10] == pytest.approx(-math.log(0.8) / 5.0)
    assert (site.porous_top_m[10, 0], site.porous_base_m[10, 0]) == (8.0, 5.0)
    # the unit's mean chord is pi * 400 / 80 = 15.7 m
    assert site.drag_area_density_1_m[2, 22] == pytest.approx(-math.log(0.7) / 15.708, rel=1e-4)
    assert site.porosity[4, 5] == 1.0
    closed = grid_of(
        units=(ProcessUnit(id="U", geometry=box(100, 0, 120, 20), height_m=9.0, kind="x", porosity=0.0),)
    )
    assert closed.solid_area_m2 == pytest.approx(400)
    # a line of sight through the structure's depth passes with the open fraction it was given
    assert math.exp(-facing_area_density_1_m(0.6, 7.0) * 7.0) == pytest.approx(0.6)


def test_surfaces_lie_over_each_other_in_order() -> None:
    site = grid_of(
        water=(Water(id="W", geometry=box(0, 0, 50, 100)),),
        roads=(Road(id="R", geometry=LineString([(0, 52.5), (200, 52.5)]), width_m=10.0),),
    )
    names = [[SURFACES[number] for number in row] for row in site.surface_kind[[2, 10]][:, [3, 30]]]
    assert names == [["water", "site"], ["road", "road"]]
    assert site.water[10, 3]  # a bridge: still water below
    assert not site.water[10, 30]


def test_roughness_depends_on_the_direction_and_never_falls_below_the_bare_ground() -> None:
    # a wall along the y axis: a west wind meets 80 m x 10 m of it, a north wind almost nothing
    frame = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000))
    park = Park(id="P", name="P", frame=frame, boundary=EDGE, buildings=(house(box(100, 10, 104, 90), 10.0),))
    site = site_grid(park, Terrain.flat((0, 0, 200, 100), 10.0), 5.0)
    shape = site.morphometry
    assert shape.plan_fraction == pytest.approx(4 * 80 / 20000)
    assert shape.frontal_fraction[site.sector(270.0)] == pytest.approx(80 * 10 / 20000)
    assert shape.frontal_fraction[site.sector(0.0)] == pytest.approx(4 * 10 / 20000)
    assert shape.frontal_fraction[1] == pytest.approx(
        10 * (80 * 0.5 + 4 * math.cos(math.radians(30))) / 20000
    )
    assert site.roughness_m[9] > 3 * site.roughness_m[0]
    assert site.roughness_m[0] == pytest.approx(0.005)
    assert grid_of().roughness_m == pytest.approx(0.005)
    assert site.sector(359.0) == 0
    assert site.sector(16.0) == 1


def shapefile_polygons(path: Path) -> list[Polygon]:
    """Polygons of a .shp file (type 5), rings by orientation: clockwise = outer."""
    data = path.read_bytes()
    at, shapes = 100, []
    while at < len(data):
        length = struct.unpack(">i", data[at + 4 : at + 8])[0] * 2
        record = data[at + 8 : at + 8 + length]
        at += 8 + length
        kind, parts, points = (*struct.unpack("<i", record[:4]), *struct.unpack("<ii", record[36:44]))
        assert kind == 5
        starts = [*struct.unpack(f"<{parts}i", record[44 : 44 + 4 * parts]), points]
        xy = np.frombuffer(record, dtype="<f8", count=2 * points, offset=44 + 4 * parts).reshape(-1, 2)
        rings = [xy[a:b] for a, b in zip(starts, starts[1:], strict=False)]
        outer = [ring for ring in rings if not shapely.LinearRing(ring).is_ccw]
        holes = [ring for ring in rings if shapely.LinearRing(ring).is_ccw]
        shapes += [
            Polygon(ring, [hole for hole in holes if Polygon(ring).contains(Point(hole[0]))])
            for ring in outer
        ]
    return shapes


def dbf_column(path: Path, name: str) -> list[float]:
    """A numeric column of a dBase file."""
    data = path.read_bytes()
    count, header, width = struct.unpack("<IHH", data[4:12])
    at, offset = 32, 1
    while data[at] != 0x0D:
        title, size = data[at : at + 11].rstrip(b"\0").decode(), data[at + 16]
        if title == name:
            return [float(data[header + row * width + offset :][:size]) for row in range(count)]
        offset += size
        at += 32
    raise KeyError(name)


@pytest.fixture(scope="module")
def city(reference: Callable[[str], Path]) -> tuple[Park, dict[str, float]]:
    answers = json.loads(reference("geodata/answers.json").read_text())["buildings_okc_utm14"]
    shapes = shapefile_polygons(reference("geodata/buildings_okc_utm14.shp"))
    heights = dbf_column(reference("geodata/buildings_okc_utm14.dbf"), answers["height_column"])
    assert len(shapes) == len(heights) == answers["n"]
    west, south = shapely.bounds(np.array(shapes, dtype=object))[:, :2].min(axis=0)
    shapes = list(shapely.transform(np.array(shapes, dtype=object), lambda xy: xy - np.floor([west, south])))
    buildings = tuple(
        house(shape, height, number)
        for number, (shape, height) in enumerate(zip(shapes, heights, strict=True))
    )
    frame = ParkFrame(crs="EPSG:26914", origin_m=(int(west), int(south)))
    return Park(id="OKC", name="Oklahoma City", frame=frame, buildings=buildings), answers


@pytest.mark.parametrize(("cell_m", "tolerance"), [(10.0, 0.003), (5.0, 0.003), (2.0, 0.001)])
def test_the_area_of_a_real_city_is_kept(
    city: tuple[Park, dict[str, float]], cell_m: float, tolerance: float
) -> None:
    park, answers = city
    site = site_grid(park, Terrain.flat(park.bounds_m, 50.0), cell_m)
    print(f"{cell_m:g} m: area {site.solid_area_m2 / answers['footprint_union_m2'] - 1:+.3%}")
    assert site.solid_area_m2 == pytest.approx(answers["footprint_union_m2"], rel=tolerance)
    assert site.obstacle_top_m.max() == answers["max_height_m"]
    if cell_m > 5.0:
        return  # alleys narrower than a cell close: distances mean little
    solid = shapely.union_all([building.geometry for building in park.buildings])
    rng = np.random.default_rng(3)
    for row, column in zip(rng.integers(0, site.grid.ny, 60), rng.integers(0, site.grid.nx, 60), strict=True):
        here = Point(site.grid.x_m[column], site.grid.y_m[row])
        exact = -solid.boundary.distance(here) if solid.contains(here) else solid.distance(here)
        assert site.sdf_m[row, column] == pytest.approx(exact, abs=1.2 * cell_m)


def test_a_real_city_is_as_rough_as_published(city: tuple[Park, dict[str, float]]) -> None:
    park, answers = city
    site = site_grid(park, Terrain.flat(park.bounds_m, 50.0), 5.0)
    shape = site.morphometry
    assert shape.mean_height_m == pytest.approx(answers["volume_m3"] / answers["footprint_sum_m2"], rel=1e-6)
    assert shape.plan_fraction == pytest.approx(0.25, abs=0.02)
    assert 0.09 <= shape.frontal_fraction.min() < shape.frontal_fraction.max() <= 0.16
    assert site.displacement_m[0] == pytest.approx(10.5, abs=0.6)
    assert 1.0 <= site.roughness_m.min() < site.roughness_m.max() <= 1.8
    # opposite winds see the same face
    assert shape.frontal_fraction[:6] == pytest.approx(shape.frontal_fraction[6:])
