# SPDX-License-Identifier: Apache-2.0
"""Polygons and attributes of an ESRI shapefile, enough to compare footprints with reference figures.

Not a door for park data (GIS offices deliver GeoPackage); reads types Polygon, PolygonZ and PolygonM, and dBASE numbers and texts.

References:
    ESRI Shapefile Technical Description (1998), p. 4 (header), p. 8 (polygon); dBASE III field descriptors.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from twin.errors import problem

_POLYGONS = (5, 15, 25)


def read_polygons(path: Path) -> list[BaseGeometry]:
    """Every polygon of a .shp file, in file order and file coordinates.

    Raises: InputProblems when it is no polygon shapefile.
    """
    data = path.read_bytes()
    if len(data) < 100 or struct.unpack(">i", data[:4])[0] != 9994:
        raise problem(f"{path.name} is no shapefile", "Export it again.", file=path.name)
    shapes: list[BaseGeometry] = []
    place = 100
    while place + 8 <= len(data):
        words = struct.unpack(">i", data[place + 4 : place + 8])[0]
        shapes.append(_polygon(data[place + 8 : place + 8 + 2 * words], path.name))
        place += 8 + 2 * words
    return shapes


def _polygon(record: bytes, file: str) -> BaseGeometry:
    kind = struct.unpack("<i", record[:4])[0]
    if kind == 0:
        return shapely.Polygon()
    if kind not in _POLYGONS:
        raise problem(f"{file} holds shapes of type {kind}", "Only polygons are compared.", file=file)
    parts, points = struct.unpack("<ii", record[36:44])
    starts = [*struct.unpack(f"<{parts}i", record[44 : 44 + 4 * parts]), points]
    offset = 44 + 4 * parts
    xy = np.frombuffer(record, dtype="<f8", count=2 * points, offset=offset).reshape(-1, 2)
    return _assembled([xy[start:end] for start, end in zip(starts, starts[1:], strict=False)])


def _assembled(rings: list[NDArray[np.float64]]) -> BaseGeometry:
    """Clockwise rings are shells, the others holes of the shell they lie in."""
    linear = [shapely.linearrings(ring) for ring in rings]
    shells = [shapely.polygons(ring) for ring in linear if not shapely.is_ccw(ring)]
    holes = [shapely.polygons(ring) for ring in linear if shapely.is_ccw(ring)]
    if not shells:
        shells, holes = holes, []
    merged: BaseGeometry = (
        shells[0] if len(shells) == 1 else shapely.union_all(np.array(shells, dtype=object))
    )
    for hole in holes:
        merged = shapely.difference(merged, hole)
    return merged


def read_column(path: Path, name: str) -> list[float]:
    """Numbers of one column of a .dbf file, in file order; NaN where there is none.

    Raises: InputProblems when there is no such column.
    """
    data = path.read_bytes()
    count, header, width = struct.unpack("<IHH", data[4:12])
    offset = 1  # deletion flag
    for place in range(32, header - 1, 32):
        field = data[place : place + 11].split(b"\0")[0].decode("latin-1")
        length = data[place + 16]
        if field == name:
            rows = (data[header + row * width + offset :][:length] for row in range(count))
            return [float(cell) if cell.strip(b" *\0") else float("nan") for cell in rows]
        offset += length
    raise problem(f"{path.name} has no column '{name}'", "Name a column it has.", file=path.name, field=name)
