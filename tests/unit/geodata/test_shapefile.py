# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geodata.shapefile import read_column, read_polygons
from twin.errors import InputProblems


def write_shapefile(path: Path, polygons: list[list[list[tuple[float, float]]]]) -> None:
    body = b""
    for number, rings in enumerate(polygons, start=1):
        points = [point for ring in rings for point in ring]
        starts = np.cumsum([0, *[len(ring) for ring in rings[:-1]]]).tolist()
        record = struct.pack("<i4dii", 5, 0, 0, 0, 0, len(rings), len(points))
        record += struct.pack(f"<{len(rings)}i", *starts)
        record += b"".join(struct.pack("<2d", *point) for point in points)
        body += struct.pack(">ii", number, len(record) // 2) + record
    path.write_bytes(struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + len(body)) // 2) + bytes(72) + body)


SQUARE = [(0, 0), (0, 4), (4, 4), (4, 0), (0, 0)]  # clockwise: a shell
HOLE = [(1, 1), (2, 1), (2, 2), (1, 2), (1, 1)]
ISLAND = [(10, 0), (10, 1), (11, 1), (11, 0), (10, 0)]


def test_shells_holes_and_parts(tmp_path: Path) -> None:
    write_shapefile(tmp_path / "a.shp", [[SQUARE], [SQUARE, HOLE], [SQUARE, HOLE, ISLAND], [HOLE]])
    assert [shape.area for shape in read_polygons(tmp_path / "a.shp")] == [16, 15, 16, 1]


def test_what_is_no_shapefile(tmp_path: Path) -> None:
    (tmp_path / "a.shp").write_bytes(b"x" * 200)
    with pytest.raises(InputProblems):
        read_polygons(tmp_path / "a.shp")


def test_reference_buildings(reference: Callable[[str], Path]) -> None:
    shapes = read_polygons(reference("geodata/buildings_okc_utm14.shp"))
    heights = read_column(reference("geodata/buildings_okc_utm14.dbf"), "AVGHT_M")
    assert len(shapes) == len(heights) == 172
    assert sum(shape.area for shape in shapes) == pytest.approx(299757.593, rel=1e-6)
    assert max(heights) == 113.5
    with pytest.raises(InputProblems, match="no column"):
        read_column(reference("geodata/buildings_okc_utm14.dbf"), "HEIGHT")
