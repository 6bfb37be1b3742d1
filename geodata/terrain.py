# SPDX-License-Identifier: Apache-2.0
"""The ground under a park: elevation on a regular grid in the park frame, read from a raster of any accepted CRS.

Only the window of the park is read, resampled by the mean where the raster is finer than the model's cells and bilinearly
where it is coarser (and `resampled` says which). Narrow voids are closed by a harmonic surface, wide ones are an error.
Heights are never transformed between vertical datums; `frame.height_offset_m` is added to them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.crs import accepted_crs
from twin.errors import InputProblems, Problem, problem
from twin.fields import Grid
from twin.frame import ParkFrame

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]
Bounds = tuple[float, float, float, float]

WIDEST_VOID_CELLS = 5
"""Voids up to this width are interpolated."""
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0
"""No land lies outside; numbers beyond are undeclared no-data values."""
_VOID = -99999.0
_DEGREE_M = 111_195.0
"""A degree of latitude on a sphere of the Earth's volume (radius 6371.0 km)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """Ground elevation at the centres of a grid's cells; row 0 is the southernmost."""

    grid: Grid
    elevation_m: Singles
    """[y, x], above the park's vertical datum."""
    resampled: str = ""
    """How the raster's cells became the grid's."""
    caveats: tuple[str, ...] = field(default=())

    @classmethod
    def flat(cls, bounds_m: Bounds, cell_m: float, level_m: float = 0.0) -> Terrain:
        """Level ground over bounds (west, south, east, north)."""
        grid = Grid.covering(bounds_m, cell_m)
        return cls(
            grid=grid,
            elevation_m=np.full((grid.ny, grid.nx), level_m, dtype=np.float32),
            resampled="flat",
            caveats=("No elevation model: the ground is taken as level.",),
        )

    @classmethod
    def from_array(cls, grid: Grid, elevation_m: NDArray[Any]) -> Terrain:
        """Ground that is known cell by cell. Shapes: elevation_m [y, x], row 0 south."""
        values = np.ascontiguousarray(elevation_m, dtype=np.float32)
        if values.shape != (grid.ny, grid.nx):
            raise ValueError(f"elevation {values.shape} is not the grid's ({grid.ny}, {grid.nx})")
        return cls(grid=grid, elevation_m=values, resampled="given")

    @classmethod
    def from_raster(cls, path: Path, frame: ParkFrame, bounds_m: Bounds, cell_m: float) -> Terrain:
        """Ground over bounds (west, south, east, north, in the park frame) from an elevation raster.

        Raises: InputProblems when the raster cannot be read, has no CRS or a refused one, is in feet, holds no data there,
        does not cover the bounds, has voids wider than 5 cells or an undeclared no-data value.
        """
        grid = Grid.covering(bounds_m, cell_m)
        values, coarsened, void = _window(path, frame, grid)
        if void.all():
            raise _trouble(
                path, "T03", "holds no elevation over the park", "Export the area of the park again."
            )
        known = values[~void]
        if known.min() < _LOWEST_M or known.max() > _HIGHEST_M:
            odd = known.min() if known.min() < _LOWEST_M else known.max()
            raise _trouble(
                path,
                "T04",
                f"holds elevations such as {odd:.0f} m, which look like an undeclared no-data value",
                "Declare it (gdal_edit.py -a_nodata VALUE).",
            )
        caveats: tuple[str, ...] = ()
        if void.any():
            _refuse_wide_voids(path, grid, void)
            values = _closed(values, void)
            caveats = (f"{int(void.sum())} cells without data were interpolated.",)
        if not coarsened:
            caveats += (f"The elevation model is coarser than the {cell_m:g} m cells; it was interpolated.",)
        return cls(
            grid=grid,
            elevation_m=(values + frame.height_offset_m).astype(np.float32),
            resampled="mean" if coarsened else "bilinear",
            caveats=caveats,
        )

    def ground_m(self, points_m: Floats) -> Floats:
        """Elevation at points, bilinear; beyond the grid, that of its nearest edge. Shapes: points_m [N, 2 or 3] -> [N]."""
        inside = np.asarray(points_m, dtype=np.float64)[:, :2].copy()
        np.clip(inside[:, 0], self.grid.x_m[0], self.grid.x_m[-1], out=inside[:, 0])
        np.clip(inside[:, 1], self.grid.y_m[0], self.grid.y_m[-1], out=inside[:, 1])
        return self.grid.sample(self.elevation_m, inside)

    @property
    def level_m(self) -> float:
        """Mean elevation."""
        return float(self.elevation_m.mean(dtype=np.float64))

    @property
    def relief_m(self) -> float:
        """Highest minus lowest."""
        return float(self.elevation_m.max() - self.elevation_m.min())

    def slope_deg(self) -> Floats:
        """Steepness of the ground, edge cells left out. Shapes: -> [y - 2, x - 2].

        References: Horn (1981), Hill shading and the reflectance map, Proc. IEEE 69, eq. for the 3 x 3 weighted differences.
        """
        z = self.elevation_m.astype(np.float64)
        eastward = z[:, 2:] - z[:, :-2]
        northward = z[2:, :] - z[:-2, :]
        per_m = 1.0 / (8.0 * self.grid.cell_m)
        east = (eastward[:-2] + 2.0 * eastward[1:-1] + eastward[2:]) * per_m
        north = (northward[:, :-2] + 2.0 * northward[:, 1:-1] + northward[:, 2:]) * per_m
        result: Floats = np.degrees(np.arctan(np.hypot(east, north)))
        return result


def _trouble(path: Path, code: str, what: str, remedy: str) -> InputProblems:
    return problem(what, remedy, file=path.name, code=code)


def _window(path: Path, frame: ParkFrame, grid: Grid) -> tuple[Floats, bool, Bools]:
    """Elevations [y, x] (row 0 south) of the grid's cells, whether the raster is finer than they are, and where it is void."""
    import rasterio
    from rasterio.crs import CRS
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError
    from rasterio.transform import Affine
    from rasterio.vrt import WarpedVRT

    west = grid.x0_m - grid.cell_m / 2 + frame.origin_m[0]
    north = grid.y0_m + (grid.ny - 0.5) * grid.cell_m + frame.origin_m[1]
    try:
        with rasterio.open(path) as source:
            if source.crs is None:
                raise _trouble(path, "T02", "has no CRS", "Assign its CRS (gdal_edit.py -a_srs EPSG:xxxx).")
            system = _accepted(path, source.crs.to_string())
            unit = (source.units[0] or "").lower() if source.units else ""
            if unit.startswith(("f", "us", "'")):
                raise _trouble(path, "T07", f"is in {unit}", "Convert the heights to metres (times 0.3048).")
            fine_m = max(abs(source.res[0]), abs(source.res[1])) * (
                _DEGREE_M if system.is_geographic else 1.0
            )
            coarsened = bool(grid.cell_m > 1.001 * fine_m)
            with WarpedVRT(
                source,
                crs=CRS.from_user_input(frame.crs),
                transform=Affine(grid.cell_m, 0.0, west, 0.0, -grid.cell_m, north),
                width=grid.nx,
                height=grid.ny,
                resampling=Resampling.average if coarsened else Resampling.bilinear,
                nodata=_VOID,
                dtype="float64",
            ) as warped:
                values = warped.read(1)[::-1].astype(np.float64)
    except (RasterioError, OSError) as error:
        raise _trouble(
            path, "T01", f"cannot be read ({error})", "Export it again as a GeoTIFF with one band."
        ) from None
    void = ~np.isfinite(values) | (values == _VOID)
    return values, coarsened, void


def _accepted(path: Path, crs: str) -> Any:
    try:
        return accepted_crs(crs)
    except InputProblems as refused:
        raise InputProblems(
            Problem(what=one.what, remedy=one.remedy, code="T08", file=path.name) for one in refused.problems
        ) from None


def _refuse_wide_voids(path: Path, grid: Grid, void: Bools) -> None:
    """Raise when a void is wider than can be interpolated: each with its area and place."""
    from scipy import ndimage

    reach = (WIDEST_VOID_CELLS + 1) / 2
    wide = ndimage.distance_transform_edt(void) > reach
    if not wide.any():
        return
    label, _ = ndimage.label(void)
    problems = []
    for number in np.unique(label[wide]):
        rows, columns = np.nonzero(label == number)
        area_m2 = len(rows) * grid.cell_m**2
        x_m, y_m = grid.x_m[columns].mean(), grid.y_m[rows].mean()
        edge = (
            rows.min() == 0 or columns.min() == 0 or rows.max() == grid.ny - 1 or columns.max() == grid.nx - 1
        )
        problems.append(
            Problem(
                what=f"{'does not reach' if edge else 'has a hole of'} {area_m2:.0f} m2 around ({x_m:.0f}, {y_m:.0f})",
                expected=f"data everywhere; voids up to {WIDEST_VOID_CELLS} cells wide are interpolated",
                remedy="Export a larger area."
                if edge
                else "Fill it (gdal_fillnodata.py), or export the area again.",
                code="T05" if edge else "T09",
                file=path.name,
            )
        )
    raise InputProblems(problems)


def _closed(values: Floats, void: Bools) -> Floats:
    """Voids closed by the harmonic surface through their rims (a plane is reproduced exactly)."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    rows, columns = np.nonzero(void)
    number = np.full(void.shape, -1, dtype=np.int64)
    number[rows, columns] = np.arange(len(rows))
    degree = np.zeros(len(rows))
    known = np.zeros(len(rows))
    links: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        r, c = rows + down, columns + right
        inside = np.flatnonzero((r >= 0) & (r < void.shape[0]) & (c >= 0) & (c < void.shape[1]))
        degree[inside] += 1
        other = number[r[inside], c[inside]]
        rim = other < 0
        known[inside[rim]] += values[r[inside[rim]], c[inside[rim]]]
        links.append((inside[~rim].astype(np.int64), other[~rim]))
    here = np.concatenate([link[0] for link in links] + [np.arange(len(rows))])
    there = np.concatenate([link[1] for link in links] + [np.arange(len(rows))])
    weight = np.concatenate([-np.ones(len(here) - len(rows)), degree])
    solution = spsolve(coo_array((weight, (here, there)), shape=(len(rows), len(rows))).tocsc(), known)
    closed = values.copy()
    closed[rows, columns] = solution
    return closed
