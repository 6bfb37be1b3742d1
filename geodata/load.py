# SPDX-License-Identifier: Apache-2.0
"""A park folder -> `Park`: everything in one metric frame, every id unique, every reference resolved.

`load_park` gives a whole park or raises with everything that is wrong; `read_park` is what the checker uses: it goes on past
problems and returns what it could make of the folder. Layers with unknown names are kept for drawing only.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata import gcj02
from geodata.check_codes import coded
from geodata.crs import frame_at, frame_of, from_frame
from geodata.folder_digest import folder_sha256
from geodata.layer_files import LayerFiles, read_layer_files
from geodata.manifest import FILE, read_manifest, zone_of
from geodata.placement import FAR_M, PlacedLayer, Placement, place_layers
from geodata.records import ID_PATTERN, Records, add_layer, declare_ids
from geodata.references import reference_problems
from geodata.schema import read_table
from geodata.tables import EnterpriseFile, Manifest
from geodata.values import value_problems
from twin.assets import LAYERS
from twin.errors import InputProblems, Problem
from twin.frame import ParkFrame
from twin.park import Park

DEM_FILE = "dem.tif"


@dataclass(slots=True)
class ParkReading:
    """What could be made of a park folder. With errors among the problems the park is for checking only."""

    park: Park | None = None
    problems: list[Problem] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """Layer -> file."""
    displaced: frozenset[str] = frozenset()
    """Layers whose place is known to be wrong, or that could not be placed."""
    enterprises: dict[str, EnterpriseFile] = field(default_factory=dict)
    """Enterprise file name -> content."""
    drawings: dict[str, PlacedLayer] = field(default_factory=dict)
    """Layers the twin does not know, in degrees, for drawing only."""


def load_park(folder: Path) -> Park:
    """The park that a folder describes.

    Raises: InputProblems with every error in its files, coordinates, values and references. (Geometry, access, terrain and
    sensors are judged by `geodata.check.check_park`.)
    """
    reading = read_park(folder)
    errors = [problem for problem in reading.problems if not problem.warning]
    if errors or reading.park is None:
        raise InputProblems(errors)
    return reading.park


def load_enterprises(folder: Path) -> dict[str, EnterpriseFile]:
    """Enterprise files of a park folder by enterprise id: people, substances, inventories, plans, contacts.

    Raises: InputProblems.
    """
    files, problems = _read_enterprises(Path(folder))
    if problems:
        raise InputProblems(problems)
    return {enterprise.id: enterprise for enterprise in files.values()}


def read_park(folder: Path) -> ParkReading:
    """What can be made of a park folder, with every problem met on the way."""
    folder = Path(folder)
    reading = ParkReading()
    manifest, problems = read_manifest(folder)
    reading.problems += problems
    if manifest is None:
        return reading
    files = read_layer_files(folder, manifest.layers)
    placement = place_layers(files)
    reading.problems += files.problems + placement.problems
    reading.enterprises, problems = _read_enterprises(folder)
    reading.problems += problems
    if "boundary" not in files.raw and not any(item.layer == "boundary" for item in reading.problems):
        reading.problems.append(coded("F08", file=FILE, layer="boundary"))
    frame = _frame(manifest, placement, reading.problems)
    reading.files = {name: raw.file for name, raw in files.raw.items()}
    reading.displaced = frozenset(
        name for name in LAYERS if name in manifest.layers and name not in placement.layers
    ) | frozenset(name for name, layer in placement.layers.items() if layer.displaced)
    reading.drawings = {name: layer for name, layer in placement.layers.items() if name not in LAYERS}
    if frame is None:
        return reading
    records = _records(frame, files, placement)
    reading.problems += records.problems
    reading.problems += reference_problems(records, reading.files, reading.enterprises)
    reading.problems += value_problems(records, reading.files, reading.enterprises)
    reading.park = _park(folder, manifest, records, files)
    if not ID_PATTERN.fullmatch(manifest.park.id):
        what = f"id '{manifest.park.id}' has other characters"
        reading.problems.append(coded("V07", what, file=FILE, field="park.id"))
    return reading


def _records(frame: ParkFrame, files: LayerFiles, placement: Placement) -> Records:
    records = Records(frame=frame)
    for name in LAYERS:
        if name not in files.raw:
            continue
        raw = files.raw[name]
        labels = declare_ids(records, name, raw.file, raw.features)
        if name in placement.layers:
            add_layer(records, name, placement.layers[name], labels)
    return records


def _park(folder: Path, manifest: Manifest, records: Records, files: LayerFiles) -> Park:
    layers: dict[str, Any] = dict(records.layers)
    dem = folder / DEM_FILE
    notices = [*manifest.source.attributions]
    notices += [table.attribution for table in files.declared.values() if table.attribution]
    return Park(
        id=manifest.park.id,
        name=manifest.park.name,
        frame=records.frame,
        language=manifest.park.language,
        folder=folder,
        sha256=folder_sha256(folder, files.used),
        surroundings_radius_m=manifest.surroundings.radius_m,
        attributions=tuple(dict.fromkeys(notices)),
        dem=dem if dem.is_file() else None,
        **layers,
    )


def _read_enterprises(folder: Path) -> tuple[dict[str, EnterpriseFile], list[Problem]]:
    files: dict[str, EnterpriseFile] = {}
    problems: list[Problem] = []
    for path in sorted((folder / "enterprises").glob("*.toml")):
        name = f"enterprises/{path.name}"
        try:
            data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            problems.append(coded("F09", f"the file cannot be read: {error}", file=name))
            continue
        table, found = read_table(EnterpriseFile, data, file=name)
        problems += found
        if table is not None:
            files[name] = table
    return files, problems


def _middle(placement: Placement) -> NDArray[np.float64] | None:
    """Longitude and latitude of the boundary's middle, or of whatever there is."""
    for name in ("boundary", *placement.layers):
        layer = placement.layers.get(name)
        if layer is not None and len(layer.lonlat_deg):
            west_south, east_north = layer.lonlat_deg.min(axis=0), layer.lonlat_deg.max(axis=0)
            middle: NDArray[np.float64] = (west_south + east_north) / 2.0
            return middle
    return None


def _frame(manifest: Manifest, placement: Placement, problems: list[Problem]) -> ParkFrame | None:
    """The declared frame; when it cannot be used, the one that should have been written (to go on checking)."""
    table = manifest.frame
    zone, faults = zone_of(manifest.park.timezone)
    problems += faults
    middle = _middle(placement)
    proposal = frame_at(float(middle[0]), float(middle[1]), zone=zone) if middle is not None else None
    remedy = ""
    if proposal is not None:
        remedy = f'Write [frame] crs = "{proposal.crs}" origin_m = [{proposal.origin_m[0]}, {proposal.origin_m[1]}].'
    if not table.crs or table.origin_m is None:
        if not any(item.field.startswith("frame") for item in problems):
            missing = "crs" if not table.crs else "origin_m"
            problems.append(
                coded("C01", f"[frame] has no {missing}", remedy=remedy, file=FILE, field=missing)
            )
        return proposal
    try:
        frame = frame_of(
            table.crs,
            origin_m=(table.origin_m[0], table.origin_m[1]),
            vertical_datum=table.vertical_datum,
            height_offset_m=table.height_offset_m,
            zone=zone,
        )
    except InputProblems as error:
        for item in error.problems:
            code = item.code or "C01"
            problems.append(
                coded(code, item.what, remedy=remedy or item.remedy, file=FILE, field="frame.crs")
            )
        return proposal
    if middle is None or proposal is None:
        return frame
    return _near(frame, proposal, middle, problems, remedy)


def _near(
    frame: ParkFrame,
    proposal: ParkFrame,
    middle: NDArray[np.float64],
    problems: list[Problem],
    remedy: str,
) -> ParkFrame:
    """The frame, if it is made for the place where the park is."""
    scale = np.array([np.cos(np.radians(middle[1])), 1.0]) * 111_320.0
    distance = float(np.hypot(*((middle - (frame.longitude_deg, frame.latitude_deg)) * scale)))
    if not distance <= FAR_M:
        what = f"the frame's origin is {distance / 1000:.0f} km from the park"
        problems.append(coded("C13", what, remedy=remedy, file=FILE, field="frame.origin_m"))
        return proposal
    sine = np.sin(np.radians(frame.latitude_deg))
    off = abs(frame.convergence_deg / sine) if abs(sine) > 1e-6 else 0.0
    allowed = 2.0 if gcj02.in_china(middle) else 3.6
    if off > allowed:
        what = f"the park is {off:.1f} degrees from the central meridian of {frame.crs}"
        problems.append(coded("C14", what, remedy=remedy, file=FILE, field="frame.crs"))
    return frame


def lonlat_bounds(park: Park) -> tuple[float, float, float, float]:
    """West, south, east, north of the park in degrees (CGCS2000)."""
    west, south, east, north = park.bounds_m
    corners = from_frame(np.array([[west, south], [west, north], [east, south], [east, north]]), park.frame)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
