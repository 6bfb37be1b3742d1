# SPDX-License-Identifier: Apache-2.0
"""GeoJSON in and out (RFC 7946), one feature per line so that a change of one asset is one line of a diff.

Reading keeps going: a feature whose geometry cannot be built carries the reason instead, so that all faults of a file are
reported at once. Third coordinates are dropped (heights are attributes, and never transformed). Multi-geometries of one part,
as desktop GIS exports them, are unwrapped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

DECIMALS = 9
"""Decimals of a degree that are written: 0.1 mm."""


@dataclass(slots=True)
class Feature:
    """One record as it stands in a file."""

    properties: dict[str, Any]
    geometry: BaseGeometry | None
    fault: tuple[str, str] | None = None
    """Check code and words, when there is no usable geometry."""


@dataclass(slots=True)
class RawLayer:
    """One layer as it stands in a file: source coordinates, unchecked values."""

    file: str
    features: list[Feature] = field(default_factory=list)
    crs: str = ""
    """CRS that the file itself states ('' = none)."""


class UnreadableLayer(Exception):
    """The file is no layer; the message says why."""


def read_geojson(text: bytes, *, file: str) -> RawLayer:
    """Features of a GeoJSON FeatureCollection, with the reason for each geometry that cannot be used.

    Raises: UnreadableLayer when the text is no FeatureCollection.
    """
    try:
        document = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableLayer(f"is not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise UnreadableLayer(
            f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise UnreadableLayer("is nested too deeply") from None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise UnreadableLayer("is not a GeoJSON FeatureCollection")
    items = document.get("features")
    if not isinstance(items, list):
        raise UnreadableLayer("has no list of features")
    layer = RawLayer(file=file, crs=_stated_crs(document.get("crs")))
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict) or not isinstance(item.get("properties") or {}, dict):
            raise UnreadableLayer(f"has something that is not a Feature as its feature {number}")
        properties = dict(item.get("properties") or {})
        if properties.get("id") is None and isinstance(item.get("id"), str):
            properties["id"] = item["id"]
        layer.features.append(_feature(properties, item.get("geometry")))
    return layer


def _stated_crs(member: Any) -> str:
    """The CRS of a GeoJSON 2008 'crs' member, which desktop GIS still writes."""
    try:
        name = str(member["properties"]["name"])
    except (TypeError, KeyError):
        return ""
    return "" if name.endswith("CRS84") else name.replace("urn:ogc:def:crs:EPSG::", "EPSG:")


def _feature(properties: dict[str, Any], geometry: Any) -> Feature:
    if geometry is None:
        return Feature(properties, None, ("G02", "the record has no geometry"))
    try:
        shape = _shape(geometry)
    except (TypeError, ValueError, KeyError, OverflowError, shapely.errors.ShapelyError) as error:
        words = str(error) if isinstance(error, _BadGeometry) else "the coordinates cannot be read"
        return Feature(properties, None, ("G01", words))
    if shape.is_empty:
        return Feature(properties, None, ("G02", "the geometry is empty"))
    return Feature(properties, shape)


class _BadGeometry(ValueError):
    pass


def _positions(rows: Any, least: int) -> NDArray[np.float64]:
    points = np.array([row[:2] for row in rows], dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise _BadGeometry("a position is not a pair of numbers")
    if not np.isfinite(points).all():
        raise _BadGeometry("a coordinate is not a finite number")
    if len(points) < least:
        raise _BadGeometry(f"it has {len(points)} points where {least} are the least")
    return points


def _polygon(rings: Any) -> BaseGeometry:
    parts = []
    for ring in rings:
        points = _positions(ring, 4)
        if (points[0] != points[-1]).any():
            raise _BadGeometry("the ring does not close: its last point is not its first")
        parts.append(shapely.linearrings(points))
    return shapely.polygons(parts[0], holes=parts[1:] or None) if parts else shapely.Polygon()


def _shape(geometry: Mapping[str, Any]) -> BaseGeometry:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return shapely.GeometryCollection([_shape(part) for part in geometry["geometries"]])
    rows = geometry["coordinates"]
    if kind == "Point":
        return shapely.points(_positions([rows], 1)[0]) if rows else shapely.Point()
    if kind == "LineString":
        return shapely.linestrings(_positions(rows, 2)) if rows else shapely.LineString()
    if kind == "Polygon":
        return _polygon(rows)
    if kind in ("MultiPoint", "MultiLineString", "MultiPolygon"):
        parts = [_shape({"type": kind.removeprefix("Multi"), "coordinates": part}) for part in rows]
        make = {"MultiPoint": shapely.MultiPoint, "MultiLineString": shapely.MultiLineString}.get(kind)
        return one_part(make(parts) if make else shapely.MultiPolygon(parts))
    raise _BadGeometry(f"'{kind}' is no kind of geometry")


def one_part(geometry: BaseGeometry) -> BaseGeometry:
    """The single part of a multi-geometry that has only one."""
    if geometry.geom_type.startswith("Multi") and len(geometry.geoms) == 1:
        return geometry.geoms[0]
    return geometry


def geojson_text(name: str, features: Iterable[tuple[BaseGeometry, Mapping[str, Any]]]) -> str:
    """Canonical FeatureCollection of geometries in degrees: the same records give the same bytes."""
    lines = []
    for geometry, properties in features:
        item = {"type": "Feature", "properties": dict(properties), "geometry": _rounded(geometry)}
        lines.append(json.dumps(item, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
    head = json.dumps(name, ensure_ascii=False)
    body = ",\n".join(lines)
    return f'{{"type":"FeatureCollection","name":{head},"features":[\n{body}\n]}}\n'


def _rounded(geometry: BaseGeometry) -> dict[str, Any]:
    """GeoJSON geometry, rings counter-clockwise outside (RFC 7946 section 3.1.6), rounded."""
    if geometry.geom_type.endswith("Polygon"):
        geometry = shapely.orient_polygons(geometry, exterior_cw=False)
    shape = geometry.__geo_interface__
    return {"type": shape["type"], "coordinates": _round(shape["coordinates"])}


def _round(values: Any) -> Any:
    if isinstance(values, int | float):
        return round(float(values), DECIMALS) + 0.0
    return [_round(value) for value in values]
