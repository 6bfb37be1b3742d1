# SPDX-License-Identifier: Apache-2.0
"""What stands in the wind's way, on a grid: solid obstacles, open structures, surface kinds, roughness by direction.

Shapes are burnt in 4 x 4 times finer than the cells, the tallest last, so that it wins where shapes overlap; cells then hold
the covered fraction. Buildings and tanks are solid; process units and pipe racks are porous (a drag, not a wall).
Polygons remain the exact description (`Park`); nothing goes back from the grid to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.geometry
from numpy.typing import NDArray

from geodata.morphometry import SECTORS_FROM_DEG, SURFACE_ROUGHNESS_M, Morphometry, measure
from geodata.solids import Solid, open_structures_of, solids_of
from geodata.terrain import Bounds, Terrain
from twin.fields import Grid
from twin.frame import ParkFrame
from twin.park import Park

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

SURFACES = ("open", "site", "green", "water", "bund", "road", "unit", "building", "tank")
"""Names of the numbers in `SiteGrid.surface_kind`; later ones lie over earlier ones."""
_FINE = 4
_MOST_FINE_CELLS = 16_000_000


@dataclass(frozen=True, kw_only=True)
class SiteGrid:
    """A park as the wind meets it. Fields [y, x] at cell centres, row 0 south; heights above ground."""

    grid: Grid
    frame: ParkFrame
    ground_m: Singles
    """Elevation above the park's vertical datum."""
    obstacle_top_m: Singles
    """Top of the tallest solid obstacle in the cell; 0 = none."""
    obstacle_base_m: Singles
    """Underside of that obstacle (spheres and bullets stand on legs)."""
    solid_fraction: Singles
    """Part of the cell's area under solid obstacles."""
    porosity: Singles
    """Open fraction of process structures and racks, mean over the cell; 1 = nothing there."""
    porous_top_m: Singles
    porous_base_m: Singles
    """Clearance under a rack."""
    drag_area_density_1_m: Singles
    """Area facing the wind per volume of open structures, mean over the cell."""
    water: NDArray[np.bool_]
    surface_kind: NDArray[np.uint8]
    """Index into `SURFACES`."""
    sdf_m: Singles
    """Distance to the nearest solid cell's edge, negative inside, infinite in a park without obstacles; to half a cell."""
    morphometry: Morphometry
    latitude_deg: float
    convergence_deg: float
    level_m: float
    """Mean ground elevation."""
    relief_m: float

    @property
    def roughness_m(self) -> Floats:
        """Roughness length by wind sector [12] (`SECTORS_FROM_DEG`)."""
        return self.morphometry.roughness_m

    @property
    def displacement_m(self) -> Floats:
        """Displacement height by wind sector [12]."""
        return self.morphometry.displacement_m

    @property
    def solid_area_m2(self) -> float:
        """Ground covered by solid obstacles."""
        return float(self.solid_fraction.sum(dtype=np.float64)) * self.grid.cell_m**2

    def sector(self, wind_from_deg: float) -> int:
        """Number of the sector a wind comes from."""
        return int(np.floor(wind_from_deg / 30.0 + 0.5)) % len(SECTORS_FROM_DEG)


def site_grid(
    park: Park, terrain: Terrain, cell_m: float = 5.0, *, bounds_m: Bounds | None = None
) -> SiteGrid:
    """The park on a grid (over its boundary unless other bounds are given), for wind and dispersion models."""
    grid = Grid.covering(bounds_m or park.bounds_m, cell_m)
    solids, structures = solids_of(park), open_structures_of(park)
    outlines = [solid.shape for solid in solids[len(park.buildings) : len(park.buildings) + len(park.tanks)]]
    top, base, covered, _, _ = _burn(grid, solids)
    porous_top, porous_base, _, closed, drag = _burn(grid, structures)
    kind = _surfaces(grid, park, outlines)
    water = _mask(grid, [area.geometry for area in park.water])
    every = [*solids, *structures]
    site_m2 = sum(area.geometry.area for area in park.boundary) or grid.nx * grid.ny * cell_m**2
    east, north = np.meshgrid(grid.x_m, grid.y_m)
    ground = terrain.ground_m(np.column_stack([east.ravel(), north.ravel()])).reshape(grid.ny, grid.nx)
    return SiteGrid(
        grid=grid,
        frame=park.frame,
        ground_m=ground.astype(np.float32),
        obstacle_top_m=top,
        obstacle_base_m=base,
        solid_fraction=covered,
        porosity=(1.0 - closed).astype(np.float32),
        porous_top_m=porous_top,
        porous_base_m=porous_base,
        drag_area_density_1_m=drag,
        water=water,
        surface_kind=kind,
        sdf_m=_signed_distance(covered >= 0.5, cell_m),
        morphometry=measure(
            np.array([solid.shape for solid in every], dtype=object),
            np.array([solid.top_m - solid.base_m for solid in every]),
            np.array([1.0 - solid.porosity for solid in every]),
            site_area_m2=float(site_m2),
            surface_roughness_m=_bare_roughness_m(kind),
            frame=park.frame,
        ),
        latitude_deg=park.frame.latitude_deg,
        convergence_deg=park.frame.convergence_deg,
        level_m=float(ground.mean()),
        relief_m=float(ground.max() - ground.min()),
    )


def _burn(grid: Grid, solids: Sequence[Solid]) -> tuple[Singles, Singles, Singles, Singles, Singles]:
    """Top and base of the tallest, covered fraction, closed fraction and drag area density of cells, each [y, x]."""
    size = (grid.ny, grid.nx)
    top, base, covered, closed, drag = (np.zeros(size, dtype=np.float32) for _ in range(5))
    if not solids:
        return top, base, covered, closed, drag
    ordered = sorted(solids, key=lambda solid: solid.top_m)
    shapes = np.array([solid.shape for solid in ordered], dtype=object)
    south, north = shapely.bounds(shapes)[:, [1, 3]].T
    # number 0 = nothing; the order is that of height, so the largest number in a cell is the tallest
    tops = np.array([0.0, *(solid.top_m for solid in ordered)], dtype=np.float32)
    bases = np.array([0.0, *(solid.base_m for solid in ordered)], dtype=np.float32)
    shut = np.array([0.0, *(1.0 - solid.porosity for solid in ordered)], dtype=np.float32)
    facing = np.array([0.0, *(solid.drag_area_density_1_m for solid in ordered)], dtype=np.float32)
    rows = max(_MOST_FINE_CELLS // (grid.nx * _FINE**2), 1)
    for first in range(0, grid.ny, rows):
        count = min(rows, grid.ny - first)
        low = grid.y0_m + (first - 0.5) * grid.cell_m
        near = np.flatnonzero((north > low) & (south < low + count * grid.cell_m))
        if not len(near):
            continue
        fine = _rasterize(grid, first, count, _FINE, shapes[near].tolist(), (near + 1).tolist(), np.int32)
        strip = slice(first, first + count)
        tallest = _pooled(fine, np.maximum)
        top[strip], base[strip] = tops[tallest], bases[tallest]
        covered[strip] = _pooled((fine > 0).astype(np.float32), np.add) / _FINE**2
        if (shut[1:] < 1.0).any():
            closed[strip] = _pooled(shut[fine], np.add) / _FINE**2
            drag[strip] = _pooled(facing[fine], np.add) / _FINE**2
    return top, base, covered, closed, drag


def _pooled(fine: NDArray[Any], together: np.ufunc) -> NDArray[Any]:
    """Fine cells put together per cell, rows first because they lie together in memory. Shapes: [4 y, 4 x] -> [y, x]."""
    rows = fine[0::_FINE]
    for step in range(1, _FINE):
        rows = together(rows, fine[step::_FINE])
    cells = rows[:, 0::_FINE]
    for step in range(1, _FINE):
        cells = together(cells, rows[:, step::_FINE])
    return cells


def _plain(shapes: Sequence[shapely.Geometry]) -> list[dict[str, Any]]:
    """Shapes as GeoJSON geometries; polygons without holes, which nearly all are, all at once."""
    array = np.array(shapes, dtype=object)
    simple = (shapely.get_type_id(array) == shapely.GeometryType.POLYGON) & (
        shapely.get_num_interior_rings(array) == 0
    )
    xy, owner = shapely.get_coordinates(array[simple], return_index=True)
    ends = np.searchsorted(owner, np.arange(int(simple.sum()) + 1)).tolist()
    points = xy.tolist()
    rings = iter([points[start:end] for start, end in zip(ends, ends[1:], strict=False)])
    return [
        {"type": "Polygon", "coordinates": [next(rings)]} if is_simple else shapely.geometry.mapping(shape)
        for shape, is_simple in zip(shapes, simple.tolist(), strict=True)
    ]


def _rasterize(
    grid: Grid,
    first: int,
    count: int,
    finer: int,
    shapes: Sequence[shapely.Geometry],
    values: Sequence[int],
    dtype: type,
) -> NDArray[np.int64]:
    """Numbers burnt in order into `count` rows of cells from row `first`, each split `finer` times; row 0 south."""
    from rasterio.features import rasterize
    from rasterio.transform import Affine

    step = grid.cell_m / finer
    west = grid.x0_m - grid.cell_m / 2
    north = grid.y0_m + (first + count - 0.5) * grid.cell_m
    burnt: NDArray[np.int64] = rasterize(
        zip(_plain(shapes), values, strict=True),
        out_shape=(count * finer, grid.nx * finer),
        transform=Affine(step, 0.0, west, 0.0, -step, north),
        fill=0,
        dtype=np.dtype(dtype).name,
    )
    return burnt[::-1]


def _mask(grid: Grid, shapes: Sequence[shapely.Geometry]) -> NDArray[np.bool_]:
    if not shapes:
        return np.zeros((grid.ny, grid.nx), dtype=bool)
    return _rasterize(grid, 0, grid.ny, 1, shapes, [1] * len(shapes), np.uint8) > 0


def _surfaces(grid: Grid, park: Park, outlines: list[shapely.Geometry]) -> NDArray[np.uint8]:
    """Index into `SURFACES` of what lies at each cell's centre."""
    layers: dict[str, list[shapely.Geometry]] = {
        "site": [area.geometry for area in park.boundary],
        "green": [area.geometry for area in park.green],
        "water": [area.geometry for area in park.water],
        "bund": [bund.geometry for bund in park.bunds],
        "road": [road.geometry.buffer(road.width_m / 2, cap_style="flat") for road in park.roads],
        "unit": [unit.geometry for unit in park.units],
        "building": [building.geometry for building in park.buildings],
        "tank": outlines,
    }
    shapes = [shape for name in SURFACES[1:] for shape in layers[name]]
    numbers = [SURFACES.index(name) for name in SURFACES[1:] for _ in layers[name]]
    if not shapes:
        return np.zeros((grid.ny, grid.nx), dtype=np.uint8)
    return _rasterize(grid, 0, grid.ny, 1, shapes, numbers, np.uint8).astype(np.uint8)


def _bare_roughness_m(kind: NDArray[np.uint8]) -> float:
    """Roughness length of the ground between obstacles: the geometric mean over its surfaces."""
    counts = np.bincount(kind.ravel(), minlength=len(SURFACES))
    bare = [(counts[SURFACES.index(name)], np.log(z0_m)) for name, z0_m in SURFACE_ROUGHNESS_M.items()]
    total = sum(count for count, _ in bare)
    return (
        float(np.exp(sum(count * log for count, log in bare) / total))
        if total
        else SURFACE_ROUGHNESS_M["site"]
    )


def _signed_distance(solid: NDArray[np.bool_], cell_m: float) -> Singles:
    from scipy.ndimage import distance_transform_edt

    if not solid.any():
        return np.full(solid.shape, np.inf, dtype=np.float32)
    if solid.all():
        return np.full(solid.shape, -np.inf, dtype=np.float32)
    outside = distance_transform_edt(~solid) - 0.5
    inside = distance_transform_edt(solid) - 0.5
    result: Singles = (np.where(solid, -inside, outside) * cell_m).astype(np.float32)
    return result
