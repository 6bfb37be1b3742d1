# SPDX-License-Identifier: Apache-2.0
"""Ground from rasters: statistics of a real DEM, exact places in another CRS, voids, and the refusals that help."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from geodata.crs import to_frame
from geodata.terrain import Terrain
from twin.errors import InputProblems
from twin.fields import Grid
from twin.frame import ParkFrame

FRAME = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000), height_offset_m=0.0)


def write(
    path: Path,
    z: np.ndarray,
    *,
    crs: str | None = "EPSG:4549",
    west: float = 500000.0,
    north: float = 3500400.0,
    cell: float = 10.0,
    nodata: float | None = None,
    unit: str | None = None,
) -> Path:
    """A GeoTIFF; z [y, x] with row 0 = north, as rasters are."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=z.shape[1],
        height=z.shape[0],
        count=1,
        dtype="float32",
        crs=crs,
        transform=Affine(cell, 0.0, west, 0.0, -cell, north),
        nodata=nodata,
    ) as target:
        target.write(z.astype("float32"), 1)
        if unit:
            target.units = [unit]
    return path


def plane(shape: tuple[int, int] = (40, 50), cell: float = 10.0, *, north: float = 400.0) -> np.ndarray:
    """z = 20 + 0.05 x - 0.02 y at the cell centres, row 0 = north."""
    x = (np.arange(shape[1]) + 0.5) * cell
    y = north - (np.arange(shape[0]) + 0.5) * cell
    return 20.0 + 0.05 * x[None, :] - 0.02 * y[:, None]


@pytest.mark.parametrize(("cell_m", "how"), [(5.0, "bilinear"), (10.0, "bilinear"), (20.0, "mean")])
def test_a_plane_stays_a_plane_at_any_cell(tmp_path: Path, cell_m: float, how: str) -> None:
    terrain = Terrain.from_raster(write(tmp_path / "dem.tif", plane()), FRAME, (20, 20, 480, 380), cell_m)
    assert terrain.resampled == how
    expected = 20.0 + 0.05 * terrain.grid.x_m[None, :] - 0.02 * terrain.grid.y_m[:, None]
    assert terrain.elevation_m == pytest.approx(expected, abs=1e-4)  # row 0 is south
    points = np.array([[100.0, 50.0, 1.5], [333.3, 222.2, 1.5]])
    assert terrain.ground_m(points) == pytest.approx(20 + 0.05 * points[:, 0] - 0.02 * points[:, 1], abs=1e-4)
    assert terrain.slope_deg() == pytest.approx(np.degrees(np.arctan(np.hypot(0.05, 0.02))), abs=1e-3)


def test_the_height_offset_is_added(tmp_path: Path) -> None:
    frame = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000), height_offset_m=-1.25)
    terrain = Terrain.from_raster(
        write(tmp_path / "dem.tif", np.full((40, 50), 7.0)), frame, (20, 20, 480, 380), 10.0
    )
    assert terrain.elevation_m == pytest.approx(5.75)


def test_a_point_beyond_the_grid_has_the_level_of_the_nearest_edge() -> None:
    grid = Grid(x0_m=5.0, y0_m=5.0, cell_m=10.0, nx=3, ny=2)
    terrain = Terrain.from_array(grid, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert terrain.ground_m(np.array([[1000.0, -1000.0], [5.0, 15.0], [-9.0, 99.0]])) == pytest.approx(
        [3.0, 4.0, 4.0]
    )
    assert terrain.relief_m == 5.0
    assert Terrain.flat((0, 0, 100, 50), 10.0, 3.5).ground_m(np.array([[50.0, 20.0]])) == pytest.approx([3.5])


def test_the_reference_butte_keeps_its_statistics(reference: Callable[[str], Path]) -> None:
    path = reference("geodata/dem_big_butte_utm12_31m.tif")
    answers = json.loads(reference("geodata/answers.json").read_text())["dem_big_butte_utm12_31m.tif"]
    cell_m = answers["res_m"]
    with rasterio.open(path) as source:
        bounds, native = source.bounds, source.read(1)[::-1]
    # an origin that puts the grid's edges (multiples of the cell) on the raster's: then nothing is resampled at all
    frame = ParkFrame(crs="EPSG:32612", origin_m=(332006, 4802918))
    inner = (bounds.left - 332006 + 5 * cell_m, bounds.bottom - 4802918 + 5 * cell_m) + (
        bounds.right - 332006 - 5 * cell_m,
        bounds.top - 4802918 - 5 * cell_m,
    )
    terrain = Terrain.from_raster(path, frame, inner, cell_m)
    inside = native[5:-5, 5:-5]
    # cells are shifted by a fraction of a cell: the mean moves by centimetres, extremes by less than one cell of slope
    assert terrain.level_m == pytest.approx(inside.mean(dtype=np.float64), abs=1.5)
    assert answers["min_m"] - 0.5 <= terrain.elevation_m.min() <= inside.min() + 5.0
    assert answers["max_m"] - 15.0 <= terrain.elevation_m.max() <= answers["max_m"]
    direct = Terrain.from_array(
        Grid(x0_m=0, y0_m=0, cell_m=cell_m, nx=native.shape[1], ny=native.shape[0]), native
    )
    slope = direct.slope_deg()
    assert direct.level_m == pytest.approx(answers["mean_m"], abs=0.01)
    assert slope.mean() == pytest.approx(answers["horn_slope_deg"]["mean"], rel=1e-4)
    assert np.percentile(slope, 95) == pytest.approx(answers["horn_slope_deg"]["p95"], rel=1e-4)
    assert slope.max() == pytest.approx(answers["horn_slope_deg"]["max"], rel=1e-4)
    # refined: at the raster's own cell centres the bilinear surface goes through the raster's values
    fine = Terrain.from_raster(path, frame, inner, 5.0)
    x, y = (
        bounds.left - 332006 + (np.arange(10, 230) + 0.5) * cell_m,
        bounds.bottom - 4802918 + 100.5 * cell_m,
    )
    points = np.column_stack([x, np.full(len(x), y)])
    assert np.abs(fine.ground_m(points) - native[100, 10:230]).mean() < 0.5
    assert fine.resampled == "bilinear"
    assert "interpolated" in fine.caveats[0]


def test_degrees_become_metres_at_the_right_place(reference: Callable[[str], Path], tmp_path: Path) -> None:
    with rasterio.open(reference("geodata/dem_srtmgl3_colorado_deg.asc")) as source:
        z, affine = source.read(1), source.transform
    path = tmp_path / "srtm.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=144,
        height=144,
        count=1,
        dtype="int16",
        crs="EPSG:4326",
        transform=affine,
    ) as target:
        target.write(z.astype("int16"), 1)
    frame = ParkFrame(crs="EPSG:32613", origin_m=(455000, 4443000))
    terrain = Terrain.from_raster(path, frame, (0, 0, 4000, 5000), 30.0)
    rows, columns = np.meshgrid(np.arange(40, 100, 7), np.arange(40, 90, 7), indexing="ij")
    lon, lat = affine @ (columns.ravel() + 0.5, rows.ravel() + 0.5)
    points = to_frame(np.column_stack([lon, lat]), crs="EPSG:4326", coordinate_system="wgs84", frame=frame)
    inside = (points > 100).all(axis=1) & (points[:, 0] < 3900) & (points[:, 1] < 4900)
    assert inside.sum() > 15
    error = terrain.ground_m(points[inside]) - z[rows.ravel(), columns.ravel()][inside]
    assert np.abs(error).mean() < 3.0  # a shift by one cell (90 m) would be 20 m on these slopes
    assert z.std() > 50


def test_wgs84_and_cgcs2000_are_one(tmp_path: Path) -> None:
    frame = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000))
    z = np.add.outer(np.arange(200, 0, -1.0), np.arange(300.0))
    path = write(tmp_path / "wgs84.tif", z, crs="EPSG:4326", west=119.99, north=31.66, cell=0.0002)
    terrain = Terrain.from_raster(path, frame, (100, 100, 2000, 2500), 20.0)
    lonlat = np.array([[119.99 + 100.5 * 0.0002, 31.66 - 100.5 * 0.0002], [120.0131, 31.6333]])
    points = to_frame(lonlat, crs="EPSG:4490", coordinate_system="cgcs2000", frame=frame)
    expected = (200 - ((31.66 - lonlat[:, 1]) / 0.0002 - 0.5)) + ((lonlat[:, 0] - 119.99) / 0.0002 - 0.5)
    assert terrain.ground_m(points) == pytest.approx(expected, abs=0.1)  # 0.1 = two metres on the ground


def test_narrow_voids_are_closed_and_wide_ones_are_named_with_area_and_place(tmp_path: Path) -> None:
    z = plane()
    z[20:25, 5:40] = -1  # five cells wide
    terrain = Terrain.from_raster(write(tmp_path / "a.tif", z, nodata=-1), FRAME, (0, 0, 500, 400), 10.0)
    expected = 20.0 + 0.05 * terrain.grid.x_m[None, :] - 0.02 * terrain.grid.y_m[:, None]
    assert terrain.elevation_m == pytest.approx(expected, abs=1e-3)
    assert "175 cells" in terrain.caveats[0]
    z[10:20, 10:20] = -1
    with pytest.raises(InputProblems, match=r"hole of \d+ m2 around \(\d+, \d+\)") as caught:
        Terrain.from_raster(write(tmp_path / "b.tif", z, nodata=-1), FRAME, (0, 0, 500, 400), 10.0)
    assert caught.value.problems[0].code == "T09"


def refusal(
    path: Path, frame: ParkFrame = FRAME, bounds: tuple[float, float, float, float] = (0, 0, 500, 400)
) -> str:
    with pytest.raises(InputProblems) as caught:
        Terrain.from_raster(path, frame, bounds, 10.0)
    assert caught.value.problems[0].file == path.name
    assert caught.value.problems[0].remedy
    return caught.value.problems[0].code


def test_what_cannot_be_used_is_refused_with_a_code(tmp_path: Path, reference: Callable[[str], Path]) -> None:
    assert refusal(tmp_path / "absent.tif") == "T01"
    (tmp_path / "text.tif").write_text("no raster")
    assert refusal(tmp_path / "text.tif") == "T01"
    assert refusal(reference("geodata/dem_edge_no_crs.tif")) == "T02"
    assert refusal(reference("geodata/dem_srtmgl3_colorado_deg.asc")) == "T02"
    utm = ParkFrame(crs="EPSG:32612", origin_m=(280000, 4851000))
    assert refusal(reference("geodata/dem_edge_nodata.tif"), utm, (0, 0, 3000, 3000)) == "T03"
    undeclared = plane()
    undeclared[3, 3] = -9999
    assert refusal(write(tmp_path / "undeclared.tif", undeclared)) == "T04"
    assert refusal(write(tmp_path / "small.tif", plane()), bounds=(0, 0, 900, 400)) == "T05"
    assert refusal(write(tmp_path / "away.tif", plane(), west=600000.0)) == "T03"
    assert refusal(write(tmp_path / "feet.tif", plane(), unit="ft")) == "T07"
    assert refusal(write(tmp_path / "xian.tif", plane(), crs="EPSG:2349")) == "T08"
