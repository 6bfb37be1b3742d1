# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geodata.geojson import Feature, UnreadableLayer, geojson_text, read_geojson


def one(geometry: Any, properties: Any = None, **more: Any) -> Feature:
    document = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": properties, "geometry": geometry, **more}],
    }
    (feature,) = read_geojson(json.dumps(document).encode(), file="f").features
    return feature


RING = [[0, 0], [1, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("geometry", "wkt"),
    [
        ({"type": "Point", "coordinates": [1, 2, 99]}, "POINT (1 2)"),
        ({"type": "MultiPoint", "coordinates": [[1, 2]]}, "POINT (1 2)"),
        ({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "LINESTRING (1 2, 3 4)"),
        ({"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]}, "LINESTRING (1 2, 3 4)"),
        ({"type": "Polygon", "coordinates": [RING]}, "POLYGON ((0 0, 1 0, 1 1, 0 0))"),
        ({"type": "MultiPolygon", "coordinates": [[RING]]}, "POLYGON ((0 0, 1 0, 1 1, 0 0))"),
    ],
)
def test_geometries(geometry: Any, wkt: str) -> None:
    feature = one(geometry)
    assert feature.fault is None
    assert feature.geometry is not None and feature.geometry.wkt == wkt


@pytest.mark.parametrize(
    ("geometry", "code", "words"),
    [
        (None, "G02", "no geometry"),
        ({"type": "Polygon", "coordinates": []}, "G02", "empty"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, "G01", "does not close"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}, "G01", "3 points where 4"),
        ({"type": "LineString", "coordinates": [[0, 0]]}, "G01", "1 points where 2"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "G01", "cannot be read"),
        ({"type": "Point", "coordinates": [1]}, "G01", "pair"),
        ({"type": "Blob", "coordinates": [1]}, "G01", "'Blob'"),
        ({"type": "Point"}, "G01", "cannot be read"),
        ([1, 2], "G01", "cannot be read"),
    ],
)
def test_unusable_geometries_say_why(geometry: Any, code: str, words: str) -> None:
    feature = one(geometry)
    assert feature.geometry is None
    assert feature.fault is not None
    assert feature.fault[0] == code
    assert words in feature.fault[1]


def test_nan_is_not_a_coordinate() -> None:
    text = b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[NaN,1]}}]}'
    (feature,) = read_geojson(text, file="f").features
    assert feature.fault == ("G01", "a coordinate is not a finite number")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"{", "line 1"),
        (b"[]", "FeatureCollection"),
        (b'{"type":"FeatureCollection"}', "features"),
        (b'{"type":"FeatureCollection","features":[3]}', "feature 1"),
        (b'{"type":"FeatureCollection","features":[{"properties":[1]}]}', "feature 1"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_what_is_no_layer(text: bytes, words: str) -> None:
    with pytest.raises(UnreadableLayer, match=words):
        read_geojson(text, file="f")


def test_the_id_of_the_feature_counts_when_there_is_no_property() -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    assert one(point, None, id="A").properties == {"id": "A"}
    assert one(point, {"id": "B"}, id="A").properties == {"id": "B"}


def test_the_old_crs_member_is_read() -> None:
    for name, crs in (("urn:ogc:def:crs:EPSG::4549", "EPSG:4549"), ("urn:ogc:def:crs:OGC:1.3:CRS84", "")):
        document = {
            "type": "FeatureCollection",
            "features": [],
            "crs": {"type": "name", "properties": {"name": name}},
        }
        assert read_geojson(json.dumps(document).encode(), file="f").crs == crs


def test_written_text_is_canonical_and_read_back() -> None:
    shapes = [
        (box(0, 0, 1, 1), {"id": "A", "name": "甲", "x": 1.5}),
        (Polygon([(0, 0), (0, 4), (4, 4), (4, 0)], [[(1, 1), (2, 1), (2, 2)]]), {"id": "B"}),
        (MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]), {"id": "C"}),
        (Point(1 / 3, -0.0), {"id": "D"}),
    ]
    text = geojson_text("layer", shapes)
    assert text == geojson_text("layer", shapes)
    assert text.count("\n") == len(shapes) + 2
    assert "-0.0" not in text and "0.333333333," in text
    found = read_geojson(text.encode(), file="f").features
    for (shape, properties), feature in zip(shapes, found, strict=True):
        assert feature.properties == properties
        assert feature.geometry is not None and feature.geometry.symmetric_difference(shape).area == 0
    outer = json.loads(text)["features"][1]["geometry"]["coordinates"][0]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(outer, outer[1:], strict=False))
    assert area > 0  # counter-clockwise, RFC 7946


def test_numbers_that_are_not_finite_are_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        geojson_text("x", [(Point(0, 0), {"a": float("nan")})])
