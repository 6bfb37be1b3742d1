# SPDX-License-Identifier: Apache-2.0
"""`parktwin validate geodata`: coordinates, refusals, elevation, footprints and map counts against reference figures.

The folder has the layout of reference/geodata: two tables of points, rasters that must be refused, and answers.json with
independently computed figures keyed by file. Files that are absent are skipped and listed; others are compared as they are.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata import gcj02
from geodata.check.terrain import raster_problems
from geodata.crs import (
    GEOGRAPHIC,
    china_frame_crs,
    convergence_deg,
    frame_of,
    from_frame,
    to_frame,
    to_lonlat,
)
from geodata.osm_counts import count_tags
from geodata.shapefile import read_column, read_polygons
from twin.errors import InputProblems, problem
from twin.fields import Grid
from twin.validation import Report

Points = NDArray[np.float64]

_GRID_TABLE = "cgcs2000_gauss_kruger_points.csv"
_SHIFT_TABLE = "gcj02_bd09_points.csv"
_ANSWERS = "answers.json"
_REFUSED_RASTERS = {
    "dem_edge_no_crs.tif": "T02",
    "dem_edge_nodata.tif": "T03",
    "dem_srtmgl3_colorado_deg.asc": "T02",
}
_SPHERE_M = 6371008.8
"""Mean radius of the Earth, to express small differences of degrees in metres."""


def validate(data: Path) -> Report:
    """Every comparison that the files in `data` allow.

    Raises: InputProblems when a file that is there does not have the expected layout.
    """
    if not Path(data).is_dir():
        raise problem(
            f"{data} is no folder", "Name a folder laid out like reference/geodata.", file=str(data)
        )
    report = Report("geodata")
    _refusals(report)
    steps: dict[str, Callable[[Report, Path], None]] = {
        _GRID_TABLE: _gauss_krueger,
        _SHIFT_TABLE: _shifted_maps,
    }
    steps |= dict.fromkeys(_REFUSED_RASTERS, _refused_raster)
    steps[_ANSWERS] = _answers
    for name, step in steps.items():
        path = Path(data) / name
        if not path.is_file():
            report.skipped.append(name)
            continue
        try:
            step(report, path)
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise problem(
                f"{name} is not laid out as expected ({type(error).__name__}: {error})",
                "Compare it with the file of that name in the reference data.",
                file=name,
            ) from None
    return report


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise ValueError("it has no rows")
    return rows


def _columns(rows: list[dict[str, str]], *names: str) -> Points:
    return np.array([[float(row[name]) for name in names] for row in rows], dtype=np.float64)


def _apart_m(one: Points, other: Points) -> float:
    """Largest distance between paired points in degrees."""
    step = np.radians(one - other) * _SPHERE_M
    step[:, 0] *= np.cos(np.radians(one[:, 1]))
    return float(np.hypot(*step.T).max())


def _below(report: Report, case: str, metric: str, value: float, limit: float, unit: str) -> None:
    report.add(case, metric, value, f"<= {limit:g} {unit}".rstrip(), bool(value <= limit))


def _gauss_krueger(report: Report, path: Path) -> None:
    rows = _table(path)
    lonlat = _columns(rows, "lon_deg", "lat_deg")
    systems = {
        "3-degree, by central meridian": ("epsg_3deg_cm", "easting_m", "northing_m"),
        "3-degree, zone prefix": ("epsg_3deg_zone", "easting_with_zone_prefix_m", "northing_m"),
        "6-degree, by central meridian": ("epsg_6deg_cm", "easting_6deg_m", "northing_6deg_m"),
    }
    for label, (code, east, north) in systems.items():
        forward, back = 0.0, 0.0
        for epsg in sorted({row[code] for row in rows}):
            some = [row for row in rows if row[code] == epsg]
            degrees, metres = _columns(some, "lon_deg", "lat_deg"), _columns(some, east, north)
            origin = (int(metres[0, 0]), int(metres[0, 1]))
            frame = frame_of(f"EPSG:{epsg}", origin_m=origin)
            found = to_frame(degrees, crs=GEOGRAPHIC, coordinate_system="", frame=frame)
            forward = max(forward, float(np.hypot(*(found + origin - metres).T).max()))
            read = to_lonlat(metres, crs=f"EPSG:{epsg}", coordinate_system="")
            back = max(back, _apart_m(read, degrees), _apart_m(from_frame(found, frame), degrees))
        _below(report, f"CGCS2000 Gauss-Krueger {label}", "largest error", forward, 0.001, "m")
        _below(report, f"CGCS2000 Gauss-Krueger {label}", "largest error of the inverse", back, 0.001, "m")
    zones = sum(china_frame_crs(float(row["lon_deg"])) != f"EPSG:{row['epsg_3deg_cm']}" for row in rows)
    report.add("CGCS2000 3-degree zone by longitude", "wrong zones", zones, "0", zones == 0)
    turn = max(
        abs(convergence_deg(f"EPSG:{row['epsg_3deg_cm']}", lon, lat) - float(row["convergence_3deg_deg"]))
        for row, (lon, lat) in zip(rows, lonlat.tolist(), strict=True)
    )
    _below(report, "meridian convergence", "largest error", float(turn), 1e-5, "deg")


def _shifted_maps(report: Report, path: Path) -> None:
    rows = _table(path)
    true = _columns(rows, "wgs84_lon_deg", "wgs84_lat_deg")
    peers = sorted(
        {name[len("gcj02_lon_") : -len("_deg")] for name in rows[0] if name.startswith("gcj02_lon_")}
    )
    for peer in peers:
        shifted = _columns(rows, f"gcj02_lon_{peer}_deg", f"gcj02_lat_{peer}_deg")
        case = f"GCJ-02 against {peer}"
        _below(report, case, "largest error", _apart_m(gcj02.gcj02_from_wgs84(true), shifted), 0.05, "m")
        inverse = _apart_m(gcj02.wgs84_from_gcj02(shifted), true)
        _below(report, case, "largest error of the inverse", inverse, 0.05, "m")
    for peer in sorted(
        {name[len("bd09_lon_") : -len("_deg")] for name in rows[0] if name.startswith("bd09_lon_")}
    ):
        shifted = _columns(rows, f"bd09_lon_{peer}_deg", f"bd09_lat_{peer}_deg")
        case = f"BD-09 against {peer}"
        _below(report, case, "largest error", _apart_m(gcj02.bd09_from_wgs84(true), shifted), 0.05, "m")
        _below(
            report,
            case,
            "largest error of the inverse",
            _apart_m(gcj02.wgs84_from_bd09(shifted), true),
            0.05,
            "m",
        )
    there = gcj02.wgs84_from_gcj02(gcj02.gcj02_from_wgs84(true))
    _below(report, "GCJ-02 there and back", "largest error", _apart_m(there, true), 1e-5, "m")


def _refusals(report: Report) -> None:
    """Declarations that must be refused, each with the sentence that helps; and the identity that must not be."""
    place = np.array([[120.5, 31.5]])
    cases = {
        "Beijing 1954 (EPSG:4214)": ("EPSG:4214", "", "C03"),
        "Beijing 1954 / 3-degree (EPSG:2437)": ("EPSG:2437", "", "C03"),
        "Xian 1980 (EPSG:4610)": ("EPSG:4610", "", "C04"),
        "Xian 1980 / 3-degree (EPSG:2385)": ("EPSG:2385", "", "C04"),
        "no CRS": ("", "", "C05"),
        "EPSG:4326 without coordinate_system": ("EPSG:4326", "", "C05"),
        "GCJ-02 given as a CRS": ("GCJ-02", "", "C06"),
        "unknown CRS": ("EPSG:999999", "", "C02"),
    }
    for label, (crs, system, code) in cases.items():
        try:
            to_lonlat(place, crs=crs, coordinate_system=system)
            found = "accepted"
        except InputProblems as error:
            item = error.problems[0]
            found = item.code if "park.toml" in f"{item.remedy}" else f"{item.code} without a remedy"
        report.add(f"refusal: {label}", "check code", found, code, found == code)
    same = to_lonlat(place, crs="EPSG:4326", coordinate_system="wgs84")
    _below(report, "WGS 84 is CGCS2000", "difference", _apart_m(same, place), 0.0, "m")


def _refused_raster(report: Report, path: Path) -> None:
    codes = sorted({item.code for item in raster_problems(path, None)})
    expected = _REFUSED_RASTERS[path.name]
    report.add(f"refusal: {path.name}", "check codes", " ".join(codes), expected, expected in codes)


def _answers(report: Report, path: Path) -> None:
    for name, expected in json.loads(path.read_text(encoding="utf-8")).items():
        folder = path.parent
        if name.endswith((".tif", ".asc")):
            step, file = _elevation, folder / name
        elif name.endswith((".osm", ".osm.gz")):
            step, file = _map_counts, folder / name
        elif "footprint_sum_m2" in expected:
            step, file = _footprints, folder / f"{name}.shp"
        else:
            report.skipped.append(f"{_ANSWERS}: {name}")
            continue
        if not file.is_file():
            report.skipped.append(file.name)
            continue
        step(report, file, expected)


def _elevation(report: Report, path: Path, expected: Mapping[str, Any]) -> None:
    import rasterio

    from geodata.terrain import Terrain

    with rasterio.open(path) as source:
        values = source.read(1, masked=True).astype(np.float64)
        cell = float(source.res[0])
    shape = "x".join(str(size) for size in values.shape)
    asked = "x".join(str(size) for size in expected["shape"])
    report.add(path.name, "rows x columns", shape, asked, shape == asked)
    for key, found in (("min_m", values.min()), ("max_m", values.max()), ("mean_m", values.mean())):
        _close(report, path.name, key, float(found), float(expected[key]), 1e-6)
    if "res_m" in expected:
        _close(report, path.name, "res_m", cell, float(expected["res_m"]), 1e-9)
    if "horn_slope_deg" in expected:
        grid = Grid(x0_m=0.0, y0_m=0.0, cell_m=cell, nx=values.shape[1], ny=values.shape[0])
        slope = Terrain.from_array(grid, values.filled(np.nan)[::-1]).slope_deg()
        slope = slope[np.isfinite(slope)]
        figures = {"mean": slope.mean(), "p95": np.percentile(slope, 95), "max": slope.max()}
        for key, answer in expected["horn_slope_deg"].items():
            _close(report, path.name, f"Horn slope {key}", float(figures[key]), float(answer), 1e-5)


def _close(report: Report, case: str, metric: str, found: float, expected: float, relative: float) -> None:
    good = bool(abs(found - expected) <= relative * max(abs(expected), 1e-12))
    report.add(case, metric, found, f"{expected:.9g} within {relative:g} of it", good)


def _footprints(report: Report, path: Path, expected: Mapping[str, Any]) -> None:
    polygons = np.array(read_polygons(path), dtype=object)
    heights = np.array(read_column(path.with_suffix(".dbf"), str(expected["height_column"])))
    invalid = int((~shapely.is_valid(polygons)).sum())
    report.add(path.name, "polygons", len(polygons), str(expected["n"]), len(polygons) == expected["n"])
    report.add(
        path.name, "invalid polygons", invalid, str(expected["invalid"]), invalid == expected["invalid"]
    )
    area, union = shapely.area(polygons), shapely.union_all(polygons)
    _close(
        report, path.name, "footprint_sum_m2", float(area.sum()), float(expected["footprint_sum_m2"]), 1e-6
    )
    _close(
        report,
        path.name,
        "footprint_union_m2",
        float(union.area),
        float(expected["footprint_union_m2"]),
        1e-6,
    )
    _close(report, path.name, "volume_m3", float((area * heights).sum()), float(expected["volume_m3"]), 1e-6)
    _close(report, path.name, "max_height_m", float(heights.max()), float(expected["max_height_m"]), 1e-6)
    _burnt(report, path.name, polygons, heights, float(union.area))


def _burnt(
    report: Report, case: str, polygons: NDArray[np.object_], heights: Points, union_m2: float
) -> None:
    """The obstacle grid at 5 m keeps the covered area: overlaps count once."""
    from geodata.obstacles import site_grid
    from geodata.terrain import Terrain
    from twin.assets import Building
    from twin.frame import ParkFrame
    from twin.park import Park

    corner = np.floor(shapely.total_bounds(polygons)[:2])
    moved = shapely.transform(polygons, lambda xy: xy - corner)
    buildings = tuple(
        Building(id=f"B{row}", geometry=shape, height_m=float(height), kind="building")
        for row, (shape, height) in enumerate(zip(moved, heights, strict=True))
    )
    frame = ParkFrame(crs="EPSG:32614", origin_m=(int(corner[0]), int(corner[1])))
    park = Park(id="reference", name=case, frame=frame, buildings=buildings)
    grid = site_grid(park, Terrain.flat(park.bounds_m, 5.0), cell_m=5.0)
    off = abs(grid.solid_area_m2 / union_m2 - 1.0)
    _below(report, case, "error of the covered area on a 5 m grid", float(off), 0.003, "")


def _map_counts(report: Report, path: Path, expected: Mapping[str, Any]) -> None:
    found = count_tags(path, list(expected))
    for key, answer in expected.items():
        report.add(path.name, key, found[key], str(answer), found[key] == answer)
