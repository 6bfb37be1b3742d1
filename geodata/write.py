# SPDX-License-Identifier: Apache-2.0
"""`Park` -> park folder: canonical text, so the same park gives the same bytes; all of it or nothing.

Everything is written into a hidden sibling first and renamed into place, so that a full disk or a killed program never leaves
half a park. Coordinates leave as CGCS2000 longitude and latitude with 9 decimals (0.1 mm).
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.crs import from_frame
from geodata.geojson import geojson_text
from geodata.load import DEM_FILE
from geodata.tables import EnterpriseFile
from geodata.toml_text import toml_text
from twin.assets import LAYERS, Asset, Tank
from twin.errors import InputProblems, Problem, problem
from twin.frame import ParkFrame
from twin.park import Park


def write_park(
    park: Park,
    folder: Path,
    *,
    maker: str = "",
    licence: str = "",
    extra: Mapping[str, bytes | str] = {},
) -> None:
    """Write a park into a new or empty folder.

    `extra` holds further files by their path in the folder (dem.tif, studies/*.toml, enterprises/*.toml ...); an enterprise
    without a file there gets one made from its tanks and people. The park's own elevation raster is copied.

    Raises: InputProblems when the folder is not empty or cannot be written; then nothing is left behind.
    """
    folder = Path(folder)
    files: dict[str, bytes | str] = {"park.toml": manifest_text(park, maker=maker, licence=licence)}
    for name in LAYERS:
        if park.layer(name):
            files[f"layers/{name}.geojson"] = layer_text(park, name)
    for asset in park.enterprises:
        files[f"enterprises/{asset.id}.toml"] = enterprise_text(enterprise_of(park, asset.id))
    files.update(extra)
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise problem(
                f"'{name}' leads out of the park folder", "Name files relative to the folder.", file=name
            )
    copies = {DEM_FILE: park.dem} if park.dem is not None and DEM_FILE not in files else {}
    with _new_folder(folder) as draft:
        for name, content in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        for name, source in copies.items():
            shutil.copyfile(source, draft / name)


@contextlib.contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A hidden sibling to write into, renamed to `folder` when all went well and removed when not."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        kind = "is not empty" if folder.is_dir() else "is a file"
        raise problem(
            f"{folder} {kind}", "Name a new or empty folder; nothing was written.", file=str(folder)
        )
    target = folder.resolve()
    draft: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        draft.chmod(0o777 & ~_umask())
        yield draft
        if target.exists():
            target.rmdir()
        os.rename(draft, target)
    except OSError as error:
        raise InputProblems([_cannot_write(folder, error)]) from None
    finally:
        if draft is not None and draft.exists():
            shutil.rmtree(draft, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cannot_write(folder: Path, error: OSError) -> Problem:
    remedies = {
        errno.ENOSPC: "Free some space, or name a folder on another disk.",
        errno.EROFS: "Name a folder on a disk that can be written.",
        errno.EACCES: "Name a folder you may write to.",
    }
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    return Problem(
        what=f"the park cannot be written: {reason}",
        remedy=remedies.get(error.errno or 0, "Name another folder.") + " Nothing was written.",
        file=str(folder),
    )


def manifest_text(park: Park, *, maker: str = "", licence: str = "", date: str = "") -> str:
    """park.toml of a park whose layers are GeoJSON in CGCS2000 longitude and latitude."""
    frame = park.frame
    offset = frame.zone.utcoffset(None)
    minutes = int(offset.total_seconds()) // 60
    sign = "+" if minutes >= 0 else "-"
    layers: dict[str, Any] = {
        name: {"file": f"layers/{name}.geojson", "coordinate_system": "cgcs2000"}
        for name in LAYERS
        if park.layer(name)
    }
    source = {"maker": maker, "date": date, "licence": licence, "attributions": list(park.attributions)}
    return toml_text(
        {
            "schema": 1,
            "park": {
                "id": park.id,
                "name": park.name,
                "timezone": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
                "language": park.language,
            },
            "frame": {
                "crs": frame.crs,
                "origin_m": list(frame.origin_m),
                "vertical_datum": frame.vertical_datum,
                "height_offset_m": frame.height_offset_m,
            },
            "layers": layers,
            "surroundings": {"radius_m": park.surroundings_radius_m},
            "source": {key: value for key, value in source.items() if value},
        }
    )


def layer_text(park: Park, name: str) -> str:
    """Canonical GeoJSON of one layer: records in the park's order, fields in the record's order, empty ones left out."""
    assets = park.layer(name)
    geometries = degrees_of([asset.geometry for asset in assets], park.frame)
    return geojson_text(name, zip(geometries, map(_properties, assets), strict=True))


def degrees_of(geometries: list[BaseGeometry], frame: ParkFrame) -> list[BaseGeometry]:
    """Geometries of the park frame in longitude and latitude (CGCS2000)."""
    shapes = np.array(geometries, dtype=object)
    if len(shapes):
        shapes = shapely.set_coordinates(shapes.copy(), from_frame(shapely.get_coordinates(shapes), frame))
    return list(shapes)


def _properties(asset: Asset) -> dict[str, Any]:
    values = {
        field.name: getattr(asset, field.name)
        for field in dataclasses.fields(asset)
        if field.name != "geometry"
    }
    return {name: value for name, value in values.items() if value is not None and value != ""}


def enterprise_of(park: Park, enterprise_id: str) -> EnterpriseFile:
    """Enterprise file that follows from the park's layers: people by shift, substances, what stands where."""
    site = next(asset for asset in park.enterprises if asset.id == enterprise_id)
    tanks = [tank for tank in park.tanks if tank.enterprise == enterprise_id]
    people = [area for area in park.population if area.enterprise == enterprise_id]
    return EnterpriseFile.model_validate(
        {
            "id": site.id,
            "name": site.name,
            "credit_code": site.credit_code,
            "people": {
                "day": sum(area.people_day for area in people),
                "night": sum(area.people_night for area in people),
            },
            "substances": [{"cas": cas} for cas in sorted({tank.substance for tank in tanks})],
            "inventories": [
                {"substance": tank.substance, "at": tank.id, "volume_m3": _stored_m3(tank)} for tank in tanks
            ],
        }
    )


def _stored_m3(tank: Tank) -> float | None:
    return round(tank.volume_m3 * tank.fill_fraction, 3) if tank.volume_m3 is not None else None


def enterprise_text(enterprise: EnterpriseFile) -> str:
    """Canonical TOML of an enterprise file, empty values left out."""
    table = enterprise.model_dump(exclude_none=True, exclude_defaults=True)
    return toml_text(table)
