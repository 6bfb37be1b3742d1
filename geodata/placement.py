# SPDX-License-Identifier: Apache-2.0
"""Where the raw layers are on the Earth: source numbers -> longitude and latitude, and whether that can be true.

Swapped axes, a wrong zone and undeclared GCJ-02 give coordinates that look fine by themselves; they show only against each other.
A layer that is found displaced is reported once and then used at the place where it belongs, so that one fault is one problem.
GCJ-02 cannot be seen in numbers; it is found by the layer fitting into the park's boundary when decoded, and not before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata import gcj02
from geodata.check_codes import coded
from geodata.control_points import fit_local_grid
from geodata.crs import accepted_crs, declared_crs, to_lonlat
from geodata.geojson import RawLayer
from geodata.layer_files import LayerFiles
from geodata.tables import LayerTable
from twin.errors import InputProblems, Problem

Points = NDArray[np.float64]

FAR_M = 50_000.0
"""A layer whose middle is farther than this from the park's boundary is in a wrong zone or system."""
_LEAST_GAIN = 0.03
"""Part of a layer's points that a hypothesis must bring inside the boundary."""
_SAMPLE = 2000
_METRES_PER_DEGREE = 111_320.0
_INSIDE = (
    "enterprises",
    "buildings",
    "tanks",
    "bunds",
    "units",
    "racks",
    "hydrants",
    "gates",
    "roads",
    "fences",
    "shelters",
)
"""Layers that lie within the boundary and so can be tested against it."""


@dataclass(slots=True)
class PlacedLayer:
    """A layer in degrees: `geometries[i]` belongs to `features[i]` of the raw layer (None where there is none)."""

    raw: RawLayer
    lonlat_deg: Points
    """All vertices of all geometries."""
    row: NDArray[np.int64]
    """Index into `geometries` that each vertex belongs to."""
    geometries: NDArray[np.object_]
    displaced: bool = False
    """It was reported as displaced, so its place proves nothing."""


@dataclass(slots=True)
class Placement:
    """All layers that could be placed, and what was wrong."""

    layers: dict[str, PlacedLayer] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def place_layers(files: LayerFiles) -> Placement:
    """Longitude and latitude (CGCS2000) of every layer."""
    placement = Placement()
    for name, raw in files.raw.items():
        geometries = np.array([feature.geometry for feature in raw.features], dtype=object)
        points, row = shapely.get_coordinates(geometries, return_index=True)
        table = files.declared[name]
        where = {"file": raw.file, "layer": name}
        points, displaced = _swapped(points, raw, table, placement.problems, where)
        points, row = _beyond_degrees(points, row, geometries, raw, table)
        try:
            lonlat = _lonlat(points, raw, table)
        except InputProblems as error:
            placement.problems += [
                dataclasses.replace(item, file=raw.file, layer=name) for item in error.problems
            ]
            continue
        placement.layers[name] = PlacedLayer(raw, lonlat, row, geometries, displaced)
    _far_away(placement)
    _stray_records(placement)
    _shifted(placement, files)
    return placement


def _crs_of(raw: RawLayer, table: LayerTable) -> str:
    """What the park says counts; what the file says fills the gap."""
    return table.crs or raw.crs


def _lonlat(points: Points, raw: RawLayer, table: LayerTable) -> Points:
    if table.control_points or table.crs == "local":
        return fit_local_grid(np.array(table.control_points, dtype=np.float64).reshape(-1, 4))(points)
    return to_lonlat(points, crs=_crs_of(raw, table), coordinate_system=table.coordinate_system)


def _swapped(
    points: Points, raw: RawLayer, table: LayerTable, problems: list[Problem], where: dict[str, str]
) -> tuple[Points, bool]:
    """The points with x first; northing (or latitude) first is the axis order of the EPSG register and of Chinese surveys."""
    if not len(points) or table.control_points:
        return points, False
    try:
        geographic = accepted_crs(declared_crs(_crs_of(raw, table), table.coordinate_system)).is_geographic
    except InputProblems:
        return points, False
    x, y = np.median(points, axis=0)
    if geographic:
        flipped = bool(gcj02.in_china(np.array([y, x])) and not gcj02.in_china(np.array([x, y])))
        words = f"first numbers are near {x:.3f}, second near {y:.3f}: latitude comes first"
    else:
        easting = 2e5 <= y <= 8e5 or (25e6 <= y <= 46e6 or 13e6 <= y <= 24e6)
        flipped = bool(easting and 1.5e6 <= x <= 6.5e6 and y < x) or bool(y > 13e6 and 1.5e6 <= x <= 6.5e6)
        words = f"first numbers are near {x:.0f}, second near {y:.0f}: northing comes first"
    if not flipped:
        return points, False
    problems.append(coded("C08", words, **where))
    return points[:, ::-1], True


def _beyond_degrees(
    points: Points, row: NDArray[np.int64], geometries: NDArray[np.object_], raw: RawLayer, table: LayerTable
) -> tuple[Points, NDArray[np.int64]]:
    """The vertices without those of single records that are no degrees; a whole layer of such is a wrong declaration."""
    if table.control_points or table.crs == "local":
        return points, row
    try:
        geographic = accepted_crs(declared_crs(_crs_of(raw, table), table.coordinate_system)).is_geographic
    except InputProblems:
        return points, row
    beyond = (np.abs(points[:, 0]) > 180.0) | (np.abs(points[:, 1]) > 90.0)
    wrong = np.unique(row[beyond])
    if not geographic or not len(wrong) or 2 * len(wrong) > len(np.unique(row)):
        return points, row
    for number in wrong.tolist():
        raw.features[number].fault = ("C10", "its numbers are beyond 180 and 90: they are not degrees")
        geometries[number] = None
    kept = ~np.isin(row, wrong)
    return points[kept], row[kept]


def _metres(points: Points, centre: Points) -> NDArray[np.float64]:
    scale = np.array([np.cos(np.radians(centre[1])), 1.0]) * _METRES_PER_DEGREE
    distance: NDArray[np.float64] = np.hypot(*((points - centre) * scale).T)
    return distance


def _far_away(placement: Placement) -> None:
    """Layers in another part of the country: a wrong zone, false easting or system. They are left out."""
    boundary = placement.layers.get("boundary")
    if boundary is None or not len(boundary.lonlat_deg):
        return
    centre = np.median(boundary.lonlat_deg, axis=0)
    for name, layer in list(placement.layers.items()):
        if name == "boundary" or not len(layer.lonlat_deg):
            continue
        distance = float(_metres(np.median(layer.lonlat_deg, axis=0)[None], centre)[0])
        if distance > FAR_M:
            what = f"the layer lies {distance / 1000:.0f} km from the park's boundary"
            placement.problems.append(coded("C09", what, file=layer.raw.file, layer=name))
            del placement.layers[name]


def _stray_records(placement: Placement) -> None:
    """Records with a vertex in another part of the world (a forgotten 0, 0) lose their geometry and keep the reason."""
    first = placement.layers.get("boundary") or next(iter(placement.layers.values()), None)
    if first is None or not len(first.lonlat_deg):
        return
    centre = np.median(first.lonlat_deg, axis=0)
    for layer in placement.layers.values():
        distance = _metres(layer.lonlat_deg, centre)
        stray = np.unique(layer.row[distance > FAR_M])
        for row in stray.tolist():
            farthest = distance[layer.row == row].max() / 1000
            layer.raw.features[row].fault = ("C09", f"a point of it lies {farthest:.0f} km from the park")
            layer.geometries[row] = None
        if len(stray):
            kept = ~np.isin(layer.row, stray)
            layer.lonlat_deg, layer.row = layer.lonlat_deg[kept], layer.row[kept]


def _shifted(placement: Placement, files: LayerFiles) -> None:
    """Undeclared GCJ-02 and BD-09: layers that fit into the boundary only when decoded; or that all fit only when it is."""
    boundary = placement.layers.get("boundary")
    if boundary is None or not len(boundary.lonlat_deg) or not gcj02.in_china(boundary.lonlat_deg).all():
        return
    ring = shapely.make_valid(shapely.union_all(_in_degrees(boundary, boundary.lonlat_deg)))
    shapely.prepare(ring)
    tested = {
        name: _sample(placement.layers[name].lonlat_deg)
        for name in _INSIDE
        if name in placement.layers and _plain(files.declared[name])
    }
    here = {name: _inside_fraction(ring, points) for name, points in tested.items()}
    if min(here.values(), default=1.0) > 1.0 - _LEAST_GAIN:
        return
    suspects = {
        name: {"": here[name]}
        | {system: _inside_fraction(ring, turn(points)) for system, turn in (*_DECODE, *_ENCODE)}
        for name, points in tested.items()
    }
    bad = {name: scores for name, scores in suspects.items() if _gain(scores, tuple(scores)) is not None}
    wrong_boundary = _boundary_is_shifted(suspects, bad) if _plain(files.declared["boundary"]) else None
    if wrong_boundary:
        _report(placement, "boundary", wrong_boundary, "the other layers")
        return
    for name, scores in bad.items():
        system = _gain(scores, ("gcj02", "bd09"))
        if system:
            _report(placement, name, system, "the boundary")


def _plain(table: LayerTable) -> bool:
    """Whether the layer was declared to be unshifted longitudes and latitudes."""
    return table.coordinate_system in ("", "wgs84", "cgcs2000") and not table.control_points


def _sample(points: Points) -> Points:
    """Some of the points, evenly: enough to tell where a layer lies."""
    return points[:: max(1, len(points) // _SAMPLE)]


_Turn = Callable[[Points], Points]
_DECODE: tuple[tuple[str, _Turn], ...] = (("gcj02", gcj02.wgs84_from_gcj02), ("bd09", gcj02.wgs84_from_bd09))
_ENCODE: tuple[tuple[str, _Turn], ...] = (
    ("boundary gcj02", gcj02.gcj02_from_wgs84),
    ("boundary bd09", gcj02.bd09_from_wgs84),
)


def _inside_fraction(ring: object, points: Points) -> float:
    """Part of the points inside the boundary (a hair of 2 m outside still counts)."""
    if not len(points):
        return 1.0
    inside = shapely.dwithin(ring, shapely.points(points), 2.0 / _METRES_PER_DEGREE)
    return float(np.mean(inside))


def _gain(scores: dict[str, float], systems: tuple[str, ...]) -> str | None:
    """The hypothesis that fits clearly better than the declaration, if there is one."""
    best = max(systems, key=lambda system: scores[system])
    return best if best and scores[best] >= 0.98 and scores[best] - scores[""] >= _LEAST_GAIN else None


def _boundary_is_shifted(
    suspects: dict[str, dict[str, float]], bad: dict[str, dict[str, float]]
) -> str | None:
    """'gcj02' or 'bd09' when every layer that does not fit would fit a decoded boundary, and they are most of the layers."""
    if len(bad) < 2 or 2 * len(bad) < len(suspects):
        return None
    for system in ("gcj02", "bd09"):
        key = f"boundary {system}"
        decoded = max(np.mean([scores[name] for scores in suspects.values()]) for name in ("gcj02", "bd09"))
        here = np.mean([scores[key] for scores in suspects.values()])
        if all(scores[key] >= 0.98 for scores in suspects.values()) and here > decoded:
            return system
    return None


def _report(placement: Placement, name: str, system: str, against: str) -> None:
    layer = placement.layers[name]
    label = {"gcj02": "GCJ-02", "bd09": "BD-09"}[system]
    moved = dict(_DECODE)[system](layer.lonlat_deg)
    metres = float(np.median(np.hypot(*((moved - layer.lonlat_deg) * _METRES_PER_DEGREE).T)))
    placement.problems.append(
        coded(
            "C07",
            f"the layer fits {against} only when decoded from {label} ({metres:.0f} m away)",
            remedy=f'Write coordinate_system = "{system}" for the layer in park.toml.',
            file=layer.raw.file,
            layer=name,
        )
    )
    layer.lonlat_deg = moved
    layer.displaced = True


def _in_degrees(layer: PlacedLayer, points: Points) -> NDArray[np.object_]:
    present = np.array([geometry is not None for geometry in layer.geometries], dtype=bool)
    shapes: NDArray[np.object_] = shapely.set_coordinates(layer.geometries[present].copy(), points)
    return shapes
