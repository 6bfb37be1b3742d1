# SPDX-License-Identifier: Apache-2.0
"""Whether things can stand where they are drawn: no overlaps, tanks in bunds that hold them, everything inside the park.

Invalid rings and wrong kinds of geometry are found when the folder is read; here valid shapes are compared with each other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.check.inspection import Inspection, one_shape, shapes_of
from geodata.values import shell_volume_m3
from twin.assets import Asset, Bund, Tank

Shapes = NDArray[np.object_]

_OVERLAP_M2 = 0.5
"""Footprints that share less are drawn wall to wall."""
_SITE_OVERLAP_M2 = 10.0
_HAIR_M = 1.0
"""How far over a line a thing may stand before it is outside."""
_WITHIN_BOUNDARY = ("enterprises", "buildings", "tanks", "bunds", "units", "racks", "hydrants")
_WITHIN_SITE = ("buildings", "tanks", "bunds", "units")
_SPANS_ROAD = ("gatehouse", "canopy", "bridge")
_LIQUID = ("fixed_roof", "floating_roof", "cryogenic")
"""Tanks whose bund must hold what they hold; walls around pressurised gas only keep splashes."""


def geometry_problems(inspection: Inspection) -> None:
    """Compare footprints with each other, with their bunds and sites and with the boundary."""
    _outside_boundary(inspection)
    _outlines(inspection)
    _overlaps(inspection, "buildings", "G04", _OVERLAP_M2)
    _overlaps(inspection, "enterprises", "G11", _SITE_OVERLAP_M2)
    _tanks_apart(inspection)
    _tanks_in_bunds(inspection)
    _bund_volumes(inspection)
    _roads_through(inspection)
    _outside_site(inspection)


def footprints(tanks: Sequence[Tank]) -> Shapes:
    """Ground plan of tanks: as drawn, or a circle of the diameter around a point."""
    shapes = shapes_of(tanks)
    points = np.array([shape.geom_type == "Point" for shape in shapes], dtype=bool)
    if points.any():
        radius = np.array([tank.diameter_m / 2.0 for tank in tanks])[points]
        shapes[points] = shapely.buffer(shapes[points], radius, quad_segs=16)
    return shapes


def _outside_boundary(inspection: Inspection) -> None:
    if not inspection.placed("boundary") or not inspection.park.boundary:
        return
    boundary = shapely.buffer(one_shape(shapes_of(inspection.park.boundary)), _HAIR_M)
    shapely.prepare(boundary)
    for layer in _WITHIN_BOUNDARY:
        assets = inspection.sound(layer)
        for row in np.flatnonzero(~shapely.covers(boundary, shapes_of(assets))):
            vertices = shapely.points(shapely.get_coordinates(assets[row].geometry))
            distance = float(shapely.distance(boundary, vertices).max()) + _HAIR_M
            words = f"it reaches {distance:.0f} m over the boundary"
            inspection.report("G08", layer, assets[row].id, words)


def _outlines(inspection: Inspection) -> None:
    for tank in inspection.sound("tanks"):
        if tank.geometry.geom_type == "Point":
            continue
        if tank.kind == "bullet":
            plan = tank.diameter_m * (tank.length_m or tank.height_m)
            wrong = not 0.7 <= tank.geometry.area / plan <= 1.3
        else:
            wrong = abs(2.0 * math.sqrt(tank.geometry.area / math.pi) / tank.diameter_m - 1.0) > 0.1
        if wrong:
            drawn = 2.0 * math.sqrt(tank.geometry.area / math.pi)
            what = f"the outline is that of a circle of {drawn:.1f} m, but diameter_m is {tank.diameter_m:g}"
            inspection.report("G09", "tanks", tank.id, what, field="diameter_m")


def _pairs(shapes: Shapes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    return first[once], second[once]


def _overlaps(inspection: Inspection, layer: str, code: str, least_m2: float) -> None:
    assets: list[Asset] = inspection.sound(layer)
    shapes = shapes_of(assets)
    first, second = _pairs(shapes)
    area = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    for row in np.flatnonzero(area > least_m2):
        one, other = assets[first[row]], assets[second[row]]
        inspection.report(code, layer, other.id, f"{area[row]:.1f} m2 of it lie on {one.id}")


def _tanks_apart(inspection: Inspection) -> None:
    tanks: list[Tank] = inspection.sound("tanks")
    plans = footprints(tanks)
    first, second = _pairs(plans)
    area = shapely.area(shapely.intersection(plans[first], plans[second]))
    for row in np.flatnonzero(area > _OVERLAP_M2):
        one, other = tanks[first[row]], tanks[second[row]]
        inspection.report("G05", "tanks", other.id, f"{area[row]:.1f} m2 of it stand in tank {one.id}")
    buildings = inspection.sound("buildings")
    walls = shapes_of(buildings)
    row_of, hit = shapely.STRtree(walls).query(plans, predicate="overlaps")
    area = shapely.area(shapely.intersection(plans[row_of], walls[hit]))
    for row in np.flatnonzero(area > _OVERLAP_M2):
        what = f"it stands across the wall of building {buildings[hit[row]].id}"
        inspection.report("G05", "tanks", tanks[row_of[row]].id, what)


def _tanks_in_bunds(inspection: Inspection) -> None:
    bunds = {bund.id: bund for bund in inspection.sound("bunds")}
    tanks = [tank for tank in inspection.sound("tanks") if tank.bund in bunds]
    if not tanks:
        return
    outlines = shapely.buffer(shapes_of([bunds[tank.bund] for tank in tanks]), 0.05)
    for row in np.flatnonzero(~shapely.covers(outlines, footprints(tanks))):
        inspection.report(
            "G06", "tanks", tanks[row].id, f"it is not inside its bund {tanks[row].bund}", field="bund"
        )


def bund_volume_m3(bund: Bund, tanks: Sequence[Tank], largest: Tank) -> float:
    """What a bund holds when its largest tank fails: floor less the plans of the other tanks, up to the wall's top.

    References:
        GB 50074-2014 clause 6.5.1: the effective volume must not be less than the largest tank's.
    """
    others = [tank for tank in tanks if tank.id != largest.id and tank.base_m < bund.wall_height_m]
    taken = sum(float(shape.area) for shape in footprints(others)) if others else 0.0
    return max(float(bund.geometry.area) - taken, 0.0) * bund.wall_height_m


def _bund_volumes(inspection: Inspection) -> None:
    if not inspection.placed("tanks"):
        return
    members: dict[str, list[Tank]] = defaultdict(list)
    for tank in inspection.sound("tanks"):
        members[tank.bund].append(tank)
    for bund in inspection.sound("bunds"):
        liquid = [tank for tank in members.get(bund.id, ()) if tank.kind in _LIQUID]
        if not liquid:
            continue
        largest = max(liquid, key=_volume_m3)
        holds, needed = bund_volume_m3(bund, members[bund.id], largest), _volume_m3(largest)
        if holds < needed * 0.999:
            what = f"it holds {holds:.0f} m3, its largest tank {largest.id} {needed:.0f} m3"
            inspection.report("G07", "bunds", bund.id, what, field="wall_height_m")


def _volume_m3(tank: Tank) -> float:
    return tank.volume_m3 if tank.volume_m3 is not None else shell_volume_m3(tank)


def _roads_through(inspection: Inspection) -> None:
    roads = [road for road in inspection.sound("roads") if road.kind != "footpath"]
    if not roads:
        return
    lines = shapes_of(roads)
    tree = shapely.STRtree(lines)
    buildings = [building for building in inspection.sound("buildings") if building.kind not in _SPANS_ROAD]
    tanks = inspection.sound("tanks")
    for assets, plans in ((buildings, shapes_of(buildings)), (tanks, footprints(tanks))):
        if not assets:
            continue
        hit, row_of = tree.query(plans, predicate="intersects")
        inside = shapely.length(shapely.intersection(plans[hit], lines[row_of]))
        for row in np.flatnonzero(inside > _HAIR_M):
            what = f"it runs {inside[row]:.0f} m through {assets[hit[row]].id}"
            inspection.report("G10", "roads", roads[row_of[row]].id, what)


def _outside_site(inspection: Inspection) -> None:
    sites: dict[str, BaseGeometry] = {site.id: site.geometry for site in inspection.sound("enterprises")}
    for layer in _WITHIN_SITE:
        assets = [asset for asset in inspection.sound(layer) if asset.enterprise in sites]
        if not assets:
            continue
        own = np.array([sites[asset.enterprise] for asset in assets], dtype=object)
        for row in np.flatnonzero(~shapely.dwithin(own, shapely.centroid(shapes_of(assets)), _HAIR_M)):
            what = f"it does not lie on the site of {assets[row].enterprise}"
            inspection.report("G12", layer, assets[row].id, what, field="enterprise")
