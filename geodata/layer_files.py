# SPDX-License-Identifier: Apache-2.0
"""Which files of a park folder hold its layers, and their raw content.

park.toml declares each layer's file; GeoJSON and GeoPackage give the same `RawLayer`. A file that is missing, unreadable,
undeclared or outside the folder is a problem; reading goes on with the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geodata.check_codes import coded
from geodata.geojson import RawLayer, UnreadableLayer, read_geojson
from geodata.geopackage import read_geopackage
from geodata.tables import LayerTable
from twin.assets import LAYERS
from twin.errors import Problem, did_you_mean

GEOPACKAGE = "park.gpkg"


@dataclass(slots=True)
class LayerFiles:
    """Raw layers by name with their declarations; what was wrong; which files were used."""

    raw: dict[str, RawLayer] = field(default_factory=dict)
    declared: dict[str, LayerTable] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    used: list[str] = field(default_factory=list)


def read_layer_files(folder: Path, declared: Mapping[str, LayerTable]) -> LayerFiles:
    """Every layer of a park folder, as it stands in its file."""
    found = LayerFiles()
    packages: dict[str, dict[str, RawLayer]] = {}
    for name, table in declared.items():
        path = inside(folder, table.file)
        if path is None:
            found.problems.append(
                coded("F10", f"'{table.file}' leads out of the folder", file="park.toml", layer=name)
            )
            continue
        if name not in LAYERS:
            hint = did_you_mean(name, list(LAYERS))
            remedy = hint if hint.startswith("did you mean") else ""
            found.problems.append(coded("F07", remedy=remedy, file=table.file, layer=name))
        if not path.is_file():
            found.problems.append(coded("F04", f"{table.file} does not exist", file=table.file, layer=name))
            continue
        try:
            raw = _read(path, table.file, name, packages)
        except UnreadableLayer as error:
            found.problems.append(coded("F05", f"the file {error}", file=table.file, layer=name))
            continue
        except OSError as error:
            found.problems.append(
                coded("F05", f"the file cannot be read: {error.strerror}", file=table.file, layer=name)
            )
            continue
        _keep(found, name, raw, table)
    _undeclared(folder, found, packages, declared)
    return found


def _keep(found: LayerFiles, name: str, raw: RawLayer, table: LayerTable) -> None:
    found.raw[name] = raw
    found.declared[name] = table
    if table.file not in found.used:
        found.used.append(table.file)


def _read(path: Path, file: str, name: str, packages: dict[str, dict[str, RawLayer]]) -> RawLayer:
    if path.suffix.lower() != ".gpkg":
        return read_geojson(path.read_bytes(), file=file)
    if file not in packages:
        packages[file] = read_geopackage(path, file=file)
    try:
        return packages[file][name]
    except KeyError:
        held = ", ".join(packages[file]) or "none"
        raise UnreadableLayer(f"has no table '{name}' (its tables: {held})") from None


def _undeclared(
    folder: Path,
    found: LayerFiles,
    packages: dict[str, dict[str, RawLayer]],
    declared: Mapping[str, LayerTable],
) -> None:
    """Layers that lie in the folder without a word in park.toml; a GeoPackage's own CRS is word enough."""
    named = {table.file for table in declared.values()}
    reported = {item.layer for item in found.problems}
    for path in sorted((folder / "layers").glob("*.geojson")):
        file = f"layers/{path.name}"
        if file in named:
            continue
        name = path.stem
        if name in reported:
            continue
        found.problems.append(
            coded(
                "F06",
                f"{file} is not declared in park.toml",
                remedy=f'Write [layers.{name}] file = "{file}" coordinate_system = "cgcs2000" (or wgs84, gcj02, bd09).',
                file=file,
                layer=name,
            )
        )
        if name in LAYERS and name not in declared:
            try:
                raw = read_geojson(path.read_bytes(), file=file)
            except (UnreadableLayer, OSError):
                continue
            _keep(found, name, raw, LayerTable(file=file, coordinate_system="cgcs2000"))
    if not (folder / GEOPACKAGE).is_file():
        return
    try:
        tables = packages.get(GEOPACKAGE) or read_geopackage(folder / GEOPACKAGE, file=GEOPACKAGE)
    except UnreadableLayer as error:
        if GEOPACKAGE not in named:
            found.problems.append(coded("F05", f"the file {error}", file=GEOPACKAGE))
        return
    for name, raw in tables.items():
        if name in declared:
            continue
        if name not in LAYERS:
            found.problems.append(coded("F07", file=GEOPACKAGE, layer=name))
        _keep(found, name, raw, LayerTable(file=GEOPACKAGE))


def inside(folder: Path, file: str) -> Path | None:
    """Path of a file named relative to the folder; None when the name leads out of it."""
    path = (folder / file).resolve()
    return path if path.is_relative_to(folder.resolve()) else None
