# SPDX-License-Identifier: Apache-2.0
"""Faults of geometry and access, one function per check code."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import shapely

from geodata.demo_park.draft import Spot, line, point, polygon
from geodata.demo_park.flawed import FlawedPark
from twin.assets import Building, Enterprise, Rack, Road


def _square(x: float, y: float, side: float) -> Any:
    return polygon([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])


def _bow_tie(flawed: FlawedPark) -> None:
    building = flawed.pick("buildings")
    spots = list(building.geometry.exterior.coords)
    crossed = shapely.Polygon([spots[0], spots[2], spots[1], spots[3]])
    flawed.put("buildings", dataclasses.replace(building, geometry=crossed))
    flawed.plant("G01", "buildings", building.id)


def _nowhere(flawed: FlawedPark) -> None:
    hydrant = flawed.pick("hydrants")
    flawed.put("hydrants", dataclasses.replace(hydrant, geometry=shapely.Point()))
    flawed.plant("G02", "hydrants", hydrant.id)


def _wrong_kind(flawed: FlawedPark) -> None:
    hydrant = flawed.pick("hydrants")
    x, y = hydrant.xy_m
    flawed.put("hydrants", dataclasses.replace(hydrant, geometry=line([(x, y), (x + 1, y)])))
    flawed.plant("G03", "hydrants", hydrant.id)


def _twice(flawed: FlawedPark) -> None:
    flawed.copy("buildings", "B-G04", 2.0, 1.0, lambda b: b.kind == "control_room")
    flawed.plant("G04", "buildings", "B-G04")


def _tank_in_tank(flawed: FlawedPark) -> None:
    flawed.copy(
        "tanks", "T-G05", 0.5, 0.0, lambda t: t.kind in ("fixed_roof", "floating_roof", "bullet"), bund=""
    )
    flawed.plant("G05", "tanks", "T-G05")


def _wrong_bund(flawed: FlawedPark) -> None:
    tank = flawed.pick("tanks", lambda t: t.kind in ("fixed_roof", "floating_roof", "bullet"))
    other = flawed.pick("bunds", lambda b: b.id != tank.bund)
    flawed.put("tanks", dataclasses.replace(tank, bund=other.id))
    flawed.plant("G06", "tanks", tank.id)


def _low_bund(flawed: FlawedPark) -> None:
    """Half a wall around the largest tanks of liquid."""
    full = {
        t.bund
        for t in flawed.layers["tanks"]
        if t.kind in ("fixed_roof", "floating_roof") and t.id not in flawed.used
    }
    bund = flawed.pick("bunds", lambda b: b.id in full)
    flawed.put("bunds", dataclasses.replace(bund, wall_height_m=0.1))
    flawed.plant("G07", "bunds", bund.id)


def _outside(flawed: FlawedPark) -> None:
    west, south, east, north = flawed.park.bounds_m
    building = Building(
        id="B-G08", geometry=_square(west - 300, north + 200, 20), height_m=6.0, kind="warehouse"
    )
    flawed.put("buildings", building)
    flawed.plant("G08", "buildings", building.id)


def _wrong_outline(flawed: FlawedPark) -> None:
    tank = flawed.pick("tanks", lambda t: t.kind == "bullet")
    shape = tank.geometry.buffer(tank.diameter_m, join_style="mitre")
    flawed.put("tanks", dataclasses.replace(tank, geometry=shape, bund=""))
    flawed.plant("G09", "tanks", tank.id)


def _road_through_building(flawed: FlawedPark) -> None:
    road = flawed.pick("roads", lambda r: r.id.startswith("RD-H") and r.geometry.length > 60)
    middle = _clear_middle(flawed, road)
    building = Building(
        id="B-G10",
        geometry=_square(middle[0] - 3, middle[1] - 3, 6),
        height_m=5.0,
        kind="utility",
        name="G10",
    )
    flawed.put("buildings", building)
    flawed.plant("G10", "roads", road.id)


def _clear_middle(flawed: FlawedPark, road: Any) -> Spot:
    """A place on a road that no other road or rack is near."""
    others = shapely.union_all(
        [o.geometry for name in ("roads", "racks") for o in flawed.layers[name] if o.id != road.id]
    )
    spots = [road.geometry.interpolate(k / 20, normalized=True) for k in range(2, 19)]
    best = max(spots, key=lambda spot: spot.distance(others))
    return best.x, best.y


def _sites_overlap(flawed: FlawedPark) -> None:
    site = flawed.pick("enterprises")
    x, y = site.geometry.centroid.x, site.geometry.centroid.y
    flawed.put("enterprises", Enterprise(id="E-G11", name="重叠 · overlapping", geometry=_square(x, y, 30)))
    flawed.plant("G11", "enterprises", "E-G11")


def _on_foreign_ground(flawed: FlawedPark) -> None:
    unit = flawed.pick("units", lambda u: u.enterprise)
    others = [site for site in flawed.layers["enterprises"] if site.id not in (unit.enterprise, "E-G11")]
    other = next((site for site in others if site.geometry.distance(unit.geometry) > 10), None)
    if other is None:
        raise LookupError("enterprises")
    flawed.put("units", dataclasses.replace(unit, enterprise=other.id))
    flawed.plant("G12", "units", unit.id)


def _cut_off(flawed: FlawedPark) -> None:
    west, _, _, north = flawed.park.bounds_m
    path = line([(west - 200, north + 260), (west - 120, north + 300)])
    flawed.put("roads", Road(id="R-N01", name="断头路 · lost road", geometry=path, width_m=6.0))
    flawed.plant("N01", "roads", "R-N01")


def _far_spot(flawed: FlawedPark) -> Spot:
    """A place inside the boundary 100 m and more from every road and site; LookupError when there is none."""
    roads = shapely.union_all([road.geometry for road in flawed.park.roads])
    sites = shapely.union_all([site.geometry for site in flawed.park.enterprises])
    for water in flawed.park.water:
        spot = water.geometry.centroid
        inside = flawed.park.boundary[0].geometry.contains(spot)
        if inside and roads.distance(spot) > 150 and sites.distance(spot) > 60:
            return float(spot.x), float(spot.y)
    raise LookupError("a place far from roads")


def _no_road_to(layer: str, code: str, east_m: float) -> Callable[[FlawedPark], None]:
    def flaw(flawed: FlawedPark) -> None:
        x, y = _far_spot(flawed)
        model = flawed.pick(layer, lambda asset: getattr(asset, "kind", "") != "hospital")
        copy = dataclasses.replace(model, id=f"X-{code}", geometry=point((x + east_m, y)), enterprise="")
        flawed.put(layer, copy)
        flawed.plant(code, layer, copy.id)

    return flaw


def _site_without_road(flawed: FlawedPark) -> None:
    x, y = _far_spot(flawed)
    flawed.put("enterprises", Enterprise(id="E-N07", name="无路 · no road", geometry=_square(x, y - 40, 20)))
    flawed.plant("N07", "enterprises", "E-N07")


def _gate_beside(flawed: FlawedPark) -> None:
    gate = flawed.pick("gates")
    x, y = gate.xy_m
    roads = shapely.union_all([road.geometry for road in flawed.park.roads])
    for turn in range(16):
        for reach in (20.0, 24.0, 28.0):
            spot = (x + reach * math.cos(turn * math.pi / 8), y + reach * math.sin(turn * math.pi / 8))
            if roads.distance(shapely.Point(spot)) > 15.5:
                flawed.put(
                    "gates", dataclasses.replace(gate, id="X-N02", geometry=point(spot), enterprise="")
                )
                flawed.plant("N02", "gates", "X-N02")
                return
    raise LookupError("a place beside a gate")


def _trap(flawed: FlawedPark) -> None:
    """A one-way road that leads out of the network and ends."""
    node = flawed.pick("roads", lambda r: r.id.startswith("RD-X")).geometry.coords[-1]
    path = line([node, (node[0] + 7.0, node[1] + 60.0)])
    flawed.put("roads", Road(id="R-N06", name="单行 · one way", geometry=path, width_m=6.0, oneway=True))
    flawed.plant("N06", "roads")


def _narrow(flawed: FlawedPark) -> None:
    road = flawed.pick("roads", lambda r: r.kind == "service")
    flawed.edit("N08", "roads", road.id, {"width_m": 3.0})


def _low_rack(flawed: FlawedPark) -> None:
    road = flawed.pick("roads", lambda r: r.id.startswith("RD-V") and r.geometry.length > 60)
    x, y = _clear_middle(flawed, road)
    path = line([(x - 6, y), (x + 6, y)])
    flawed.put(
        "racks", Rack(id="K-N09", name="低管廊 · low rack", geometry=path, clearance_m=3.0, height_m=4.0)
    )
    flawed.plant("N09", "roads", road.id)


def _loose_end(flawed: FlawedPark) -> None:
    """A road that ends 1.2 m beside another."""
    road = flawed.pick("roads", lambda r: r.id.startswith("RD-H") and r.geometry.length > 60)
    x, y = _clear_middle(flawed, road)
    path = line([(x + 0.1, y + 1.2), (x + 1.0, y + 9.0)])
    flawed.put("roads", Road(id="R-N10", name="接口 · loose end", geometry=path, width_m=6.0))
    flawed.plant("N10", "roads", "R-N10")


def _speck(flawed: FlawedPark) -> None:
    x, y = flawed.pick("roads", lambda r: r.id.startswith("RD-V")).geometry.coords[0]
    flawed.put("roads", Road(id="R-N11", geometry=line([(x, y), (x + 0.004, y)]), width_m=6.0))
    flawed.plant("N11", "roads", "R-N11")


PLACE_FLAWS: tuple[Callable[[FlawedPark], None], ...] = (
    _bow_tie,
    _nowhere,
    _wrong_kind,
    _twice,
    _tank_in_tank,
    _wrong_bund,
    _low_bund,
    _outside,
    _wrong_outline,
    _road_through_building,
    _sites_overlap,
    _on_foreign_ground,
    _cut_off,
    _gate_beside,
    _no_road_to("shelters", "N03", 0.0),
    _no_road_to("hydrants", "N04", 12.0),
    _no_road_to("resources", "N05", -12.0),
    _trap,
    _site_without_road,
    _narrow,
    _low_rack,
    _loose_end,
    _speck,
)
