# SPDX-License-Identifier: Apache-2.0
"""Whether vehicles get everywhere: one connected road network, and gates, hydrants, shelters and depots beside it.

Connectedness is judged on the network the simulation itself uses (`geodata.roads`), after its repairs.

References:
    Clear width of 4 m for fire engines: GB 50016-2014 clause 7.1.8 (from memory).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely

from geodata.check.inspection import Inspection, shapes_of
from geodata.check_codes import coded
from twin.errors import InputProblems
from twin.park import Park

_REACH: Mapping[str, tuple[str, float]] = {
    "gates": ("N02", 15.0),
    "shelters": ("N03", 60.0),
    "hydrants": ("N04", 60.0),
    "resources": ("N05", 60.0),
    "enterprises": ("N07", 60.0),
}
_NETWORK_CODES: Mapping[str, str] = {"N01": "N01", "N06": "N06", "N21": "N11"}
"""Notes of the road network that are check codes."""
_TOUCH_M = 0.01
_CLEAR_WIDTH_M = 4.0
_VEHICLE_HEIGHT_M = 3.6


def access_problems(inspection: Inspection) -> None:
    """Roads that do not connect, and places no road leads to."""
    if not inspection.placed("roads"):
        return
    if not inspection.park.roads:
        if not any(item.layer == "roads" for item in inspection.reading.problems):
            inspection.problems.append(coded("N12", file="park.toml", layer="roads"))
        return
    _connected(inspection)
    _loose_ends(inspection)
    _reached(inspection)
    for road in inspection.sound("roads"):
        if road.kind != "footpath" and road.width_m < _CLEAR_WIDTH_M:
            inspection.report("N08", "roads", road.id, f"width_m is {road.width_m:g}", field="width_m")
    _too_low(inspection)


def _connected(inspection: Inspection) -> None:
    from geodata.roads import drive_network

    park = inspection.park
    roads_only = Park(id=park.id, name=park.name, frame=park.frame, roads=park.roads)
    try:
        notes = drive_network(roads_only).problems
    except InputProblems:
        return
    for note in notes:
        code = _NETWORK_CODES.get(note.code)
        if code is not None:
            inspection.report(code, "roads", note.id, note.what, remedy=note.remedy)


def _loose_ends(inspection: Inspection) -> None:
    """Ends that stop just short of another road; the network joins them, but the drawing should say so."""
    from geodata.roads import SNAP_M

    roads = [road for road in inspection.sound("roads") if road.kind != "footpath"]
    if len(roads) < 2:
        return
    lines = shapes_of(roads)
    ends = shapely.points([point for line in lines for point in (line.coords[0], line.coords[-1])])
    end, near = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=SNAP_M)
    other = end // 2 != near
    end, near = end[other], near[other]
    gaps = np.full(len(ends), np.inf)
    np.minimum.at(gaps, end, shapely.distance(ends[end], lines[near]))
    for row in np.flatnonzero((gaps > _TOUCH_M) & np.isfinite(gaps)):
        what = f"its end ({ends[row].x:.1f}, {ends[row].y:.1f}) is {gaps[row]:.2f} m short of another road"
        inspection.report("N10", "roads", roads[row // 2].id, what)


def _reached(inspection: Inspection) -> None:
    drivable = shapes_of([road for road in inspection.park.roads if road.kind != "footpath"])
    every = shapes_of(inspection.park.roads)
    for layer, (code, limit) in _REACH.items():
        lines = every if layer == "shelters" else drivable
        assets = [asset for asset in inspection.sound(layer) if getattr(asset, "kind", "") != "hospital"]
        if not assets or not len(lines):
            continue
        row_of, _ = shapely.STRtree(lines).query(shapes_of(assets), predicate="dwithin", distance=limit)
        for row in sorted(set(range(len(assets))) - set(row_of.tolist())):
            distance = float(shapely.distance(lines, assets[row].geometry).min())
            expected = f"at most {limit:.0f} m"
            what = f"it is {distance:.0f} m from the nearest road"
            inspection.report(code, layer, assets[row].id, what, expected=expected)


def _too_low(inspection: Inspection) -> None:
    """Racks and pipelines over a road that the park's own vehicles do not pass under, without a word at the road."""
    roads = [road for road in inspection.sound("roads") if road.kind != "footpath"]
    over = [
        asset
        for layer in ("racks", "pipelines")
        for asset in inspection.sound(layer)
        if asset.clearance_m > 0
    ]
    if not roads or not over:
        return
    tallest = max(
        (item.vehicle_height_m for item in inspection.sound("resources")), default=_VEHICLE_HEIGHT_M
    )
    clearance = np.array([asset.clearance_m for asset in over])
    hit, row_of = shapely.STRtree(shapes_of(roads)).query(shapes_of(over), predicate="intersects")
    for row in np.flatnonzero(clearance[hit] < tallest):
        road, above = roads[row_of[row]], over[hit[row]]
        if road.max_height_m is None or road.max_height_m > above.clearance_m:
            what = (
                f"{above.id} crosses it at {above.clearance_m:g} m; the tallest vehicle needs {tallest:g} m"
            )
            remedy = f"Write max_height_m = {above.clearance_m:g} for the road, or correct clearance_m of {above.id}."
            inspection.report("N09", "roads", road.id, what, remedy=remedy, field="max_height_m")
