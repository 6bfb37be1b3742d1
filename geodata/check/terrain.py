# SPDX-License-Identifier: Apache-2.0
"""Whether the elevation model can be used: what its header says, undeclared no-data values, and cover of the park.

The window of the park is read by `geodata.terrain` itself, so that a checked raster is one that loads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.check.inspection import Inspection
from geodata.check_codes import coded
from geodata.crs import accepted_crs, from_frame
from twin.errors import InputProblems, Problem
from twin.park import Park

CELL_M = 5.0
"""Cell of the grid that the park is read at, as the obstacle grid uses."""
_MARKS = (0.0, -9999.0, -32768.0, -32767.0, 9999.0, 32767.0, -99999.0)
"""Numbers that are usual for 'no data'."""
_JUMP_M = 500.0
_LARGEST_READ = 1500


def terrain_problems(inspection: Inspection) -> None:
    """Everything that is wrong with the park's elevation model."""
    park = inspection.park
    if park.dem is None:
        return
    inspection.problems += raster_problems(
        park.dem, park if park.boundary and inspection.placed("boundary") else None
    )


def raster_problems(path: Path, park: Park | None) -> list[Problem]:
    """Everything that is wrong with an elevation raster, by itself and (if given) for a park."""
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as source:
            problems = _header_problems(path.name, source) + _value_problems(path.name, source, park)
    except (RasterioError, OSError) as error:
        return [coded("T01", f"it cannot be read: {error}", file=path.name)]
    if park is None or any(item.code in ("T02", "T03", "T04", "T07", "T08") for item in problems):
        return problems
    return problems + _window_problems(path, park)


def _header_problems(file: str, source: Any) -> list[Problem]:
    problems = []
    if source.crs is None:
        problems.append(coded("T02", file=file))
    else:
        try:
            system = accepted_crs(source.crs.to_string())
        except InputProblems as error:
            problems.append(coded("T08", error.problems[0].what, file=file))
        else:
            across, up = source.res
            if not system.is_geographic and abs(across / up - 1.0) > 0.01:
                problems.append(coded("T06", f"its cells are {across:g} by {up:g}", file=file))
    unit = (source.units[0] or "").lower() if source.units else ""
    if unit.startswith(("f", "us", "'")):
        problems.append(coded("T07", f"its unit is {unit}", file=file))
    return problems


def _value_problems(file: str, source: Any, park: Park | None) -> list[Problem]:
    """All void, or a no-data value that nobody declared, near the park."""
    window = _park_window(source, park)
    height, width = int(window.height), int(window.width)
    if height < 1 or width < 1:
        return []
    step = max(1, -(-max(height, width) // _LARGEST_READ))
    data = source.read(1, window=window, out_shape=(-(-height // step), -(-width // step)), masked=True)
    values = np.asarray(
        data.filled(np.nan) if data.dtype.kind == "f" else data.astype("float64").filled(np.nan)
    )
    known = values[np.isfinite(values)]
    if not len(known):
        return [coded("T03", "every cell is without data", file=file)]
    mark = _undeclared_mark(known)
    if mark is None:
        return []
    what = f"{np.count_nonzero(known == mark)} cells are {mark:g} m, {_JUMP_M:.0f} m or more from the others"
    remedy = f"Declare it (gdal_edit.py -a_nodata {mark:g} {file})."
    return [coded("T04", what, remedy=remedy, file=file)]


def _undeclared_mark(known: NDArray[np.float64]) -> float | None:
    """A usual no-data number that lies far from every real elevation."""
    for mark in _MARKS:
        others = known[known != mark]
        if len(others) == len(known):
            continue
        if not len(others) or np.abs(others - mark).min() >= _JUMP_M:
            return mark if len(others) or mark != 0.0 else None
    lowest = float(known.min())
    return lowest if lowest < -500.0 else float(known.max()) if known.max() > 9000.0 else None


def _park_window(source: Any, park: Park | None) -> Any:
    """The part of the raster that covers the park (all of it when the park or its CRS is not known)."""
    from rasterio.warp import transform
    from rasterio.windows import Window

    whole = Window(0, 0, source.width, source.height)
    if park is None or source.crs is None:
        return whole
    west, south, east, north = park.bounds_m
    x = np.linspace(west, east, 9)
    y = np.linspace(south, north, 9)
    lonlat = from_frame(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2), park.frame)
    columns, rows = _cells(source, transform("EPSG:4326", source.crs, lonlat[:, 0], lonlat[:, 1]))
    left, right = max(int(min(columns)) - 1, 0), min(int(max(columns)) + 2, source.width)
    top, bottom = max(int(min(rows)) - 1, 0), min(int(max(rows)) + 2, source.height)
    return Window(left, top, max(right - left, 0), max(bottom - top, 0))


def _cells(source: Any, places: Any) -> tuple[list[float], list[float]]:
    back = ~source.transform
    pairs = list(zip(places[0], places[1], strict=True))
    columns = [back.a * x + back.b * y + back.c for x, y in pairs]
    return columns, [back.d * x + back.e * y + back.f for x, y in pairs]


def _window_problems(path: Path, park: Park) -> list[Problem]:
    from geodata.terrain import Terrain

    try:
        Terrain.from_raster(path, park.frame, park.bounds_m, CELL_M)
    except InputProblems as error:
        return [
            coded(item.code, item.what, remedy=item.remedy, expected=item.expected, file=path.name)
            for item in error.problems
        ]
    return []
