# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import sqlite3
import struct
from pathlib import Path

import pytest
import shapely

from geodata.geojson import UnreadableLayer
from geodata.geopackage import read_geopackage
from geodata.load import load_park, read_park
from twin.assets import LAYERS
from twin.park import Park


def write_geopackage(path: Path, park: Park, epsg: int, envelope: bool) -> None:
    """Layers as a GIS office delivers them: fid column, booleans as 0/1, multi-geometries, projected metres."""
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER)"
        )
        database.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (7, 'EPSG', ?), (-1, 'NONE', -1)", (epsg,))
        database.execute(
            "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER)"
        )
        for name in LAYERS:
            if not park.layer(name):
                continue
            database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 7)", (name,))
            members = [
                member for member in dataclasses.fields(LAYERS[name].record) if member.name != "geometry"
            ]
            kinds = {member.name: "BOOLEAN" if "bool" in str(member.type) else "" for member in members}
            columns = ", ".join(f"{key} {kind}" for key, kind in kinds.items())
            database.execute(f"CREATE TABLE {name} (fid INTEGER PRIMARY KEY, geom BLOB, {columns})")
            for asset in park.layer(name):
                shape = shapely.transform(asset.geometry, lambda xy: xy + park.frame.origin_m)
                if shape.geom_type == "Polygon":
                    shape = shapely.MultiPolygon([shape])
                flags = 0b00000011 if envelope else 0b00000001
                box = struct.pack("<4d", *shape.bounds) if envelope else b""
                blob = b"GP\0" + bytes([flags]) + struct.pack("<i", 7) + box + shapely.to_wkb(shape)
                values = [
                    getattr(asset, key) or None if key in ("name", "enterprise") else getattr(asset, key)
                    for key in kinds
                ]
                marks = ", ".join("?" * (len(values) + 1))
                database.execute(
                    f"INSERT INTO {name} (geom, {', '.join(kinds)}) VALUES ({marks})", [blob, *values]
                )
    database.close()


@pytest.mark.parametrize("envelope", [True, False])
def test_geojson_and_geopackage_give_the_same_park(
    park_folder: Path, small_park: Park, envelope: bool
) -> None:
    expected = load_park(park_folder)
    for path in (park_folder / "layers").glob("*.geojson"):
        path.unlink()
    manifest = (park_folder / "park.toml").read_text(encoding="utf-8")
    head, rest = manifest.split("[layers.boundary]")
    (park_folder / "park.toml").write_text(
        head + "[surroundings]" + rest.split("[surroundings]")[1], encoding="utf-8"
    )
    write_geopackage(park_folder / "park.gpkg", small_park, 4549, envelope)
    park = load_park(park_folder)
    for name in LAYERS:
        assert park.layer(name) == expected.layer(name), name
    assert park.sha256 != expected.sha256


def test_a_package_without_a_crs_must_be_declared(park_folder: Path, small_park: Park) -> None:
    write_geopackage(park_folder / "park.gpkg", small_park, 4549, True)
    with sqlite3.connect(park_folder / "park.gpkg") as database:
        database.execute("UPDATE gpkg_geometry_columns SET srs_id = -1 WHERE table_name = 'green'")
        database.execute("DELETE FROM gpkg_geometry_columns WHERE table_name != 'green'")
    database.close()
    path = park_folder / "park.toml"
    text = path.read_text(encoding="utf-8")
    old = 'file = "layers/green.geojson"\ncoordinate_system = "cgcs2000"'
    (park_folder / "layers/green.geojson").unlink()
    path.write_text(text.replace(old, 'file = "park.gpkg"'), encoding="utf-8")
    assert [(item.code, item.layer) for item in read_park(park_folder).problems] == [("C05", "green")]
    path.write_text(text.replace(old, 'file = "park.gpkg"\ncrs = "EPSG:4549"'), encoding="utf-8")
    assert load_park(park_folder).green == small_park.green


def test_geometries_that_cannot_be_read(tmp_path: Path, small_park: Park) -> None:
    path = tmp_path / "a.gpkg"
    write_geopackage(path, small_park, 4549, False)
    with sqlite3.connect(path) as database:
        for fid, blob in ((1, None), (2, b"not a blob")):
            database.execute("UPDATE hydrants SET geom = ? WHERE fid = ?", (blob, fid))
        database.execute("UPDATE tanks SET geom = ? WHERE fid = 1", (b"GP\0\x01" + bytes(4) + b"junk",))
    database.close()
    layers = read_geopackage(path, file="a.gpkg")
    assert [item.fault and item.fault[0] for item in layers["hydrants"].features] == ["G02", "G01"]
    assert layers["tanks"].features[0].fault == ("G01", "the geometry is no well-known binary")
    assert layers["gates"].features[0].properties["normally_open"] is True
    assert "fid" not in layers["gates"].features[0].properties


def test_what_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(b"hello")
    with pytest.raises(UnreadableLayer, match="GeoPackage"):
        read_geopackage(tmp_path / "a.gpkg", file="a.gpkg")
