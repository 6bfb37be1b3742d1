# SPDX-License-Identifier: Apache-2.0
"""GeoPackage layers through the standard library's sqlite3 and shapely's WKB: no GDAL vector driver needed.

A GeoPackage geometry is a header (magic 'GP', version, flags, SRS id, optional envelope) and then WKB.
Only reading: GIS offices deliver it, the program writes GeoJSON.

References:
    OGC 12-128r18 GeoPackage 1.3, clause 2.1.3 (BLOB format), requirement 19.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import shapely

from geodata.geojson import Feature, RawLayer, UnreadableLayer, one_part

_ENVELOPE_BYTES = (0, 32, 48, 48, 64)


def read_geopackage(path: Path, *, file: str) -> dict[str, RawLayer]:
    """Every feature table of a GeoPackage, by name.

    Raises: UnreadableLayer when the file is no GeoPackage.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
        ) as database:
            tables = database.execute(
                "SELECT g.table_name, g.column_name, s.organization, s.organization_coordsys_id "
                "FROM gpkg_geometry_columns g JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id ORDER BY 1"
            ).fetchall()
            return {str(row[0]): _read_table(database, row, file) for row in tables}
    except sqlite3.Error as error:
        raise UnreadableLayer(f"is not a GeoPackage ({error})") from None


def _read_table(database: sqlite3.Connection, row: tuple[Any, ...], file: str) -> RawLayer:
    table, column, organization, code = row
    # srs_id -1 and 0 (organization NONE) are "undefined"
    layer = RawLayer(
        file=file, crs="" if str(organization).upper() == "NONE" else f"{organization}:{code}".upper()
    )
    quoted = '"' + str(table).replace('"', '""') + '"'
    columns = database.execute(f"PRAGMA table_info({quoted})").fetchall()
    truths = {item[1] for item in columns if str(item[2]).upper() == "BOOLEAN"}
    keys = {item[1] for item in columns if item[5] and str(item[2]).upper() == "INTEGER"}
    cursor = database.execute(f"SELECT * FROM {quoted} ORDER BY rowid")
    names = [item[0] for item in cursor.description]
    for values in cursor:
        properties = dict(zip(names, values, strict=True))
        blob = properties.pop(str(column))
        for name in keys - {"id"}:
            properties.pop(name, None)
        for name in truths:
            if properties[name] is not None:
                properties[name] = bool(properties[name])
        layer.features.append(_feature(properties, blob))
    return layer


def _feature(properties: dict[str, Any], blob: bytes | None) -> Feature:
    if blob is None:
        return Feature(properties, None, ("G02", "the record has no geometry"))
    envelope = (blob[3] >> 1) & 7 if len(blob) > 8 and blob[:2] == b"GP" else 9
    if envelope >= len(_ENVELOPE_BYTES):
        return Feature(properties, None, ("G01", "the geometry is no GeoPackage geometry"))
    try:
        shape = shapely.from_wkb(blob[8 + _ENVELOPE_BYTES[envelope] :])
    except shapely.errors.ShapelyError:
        return Feature(properties, None, ("G01", "the geometry is no well-known binary"))
    if shape is None or shape.is_empty:
        return Feature(properties, None, ("G02", "the geometry is empty"))
    return Feature(properties, one_part(shapely.force_2d(shape)))
