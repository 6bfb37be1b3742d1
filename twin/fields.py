# SPDX-License-Identifier: Apache-2.0
"""Hazards as others see them: a value at a place and time, with its unit and averaging time.

`HazardField` is all that agents, sensors and the viewer know of a hazard. A `GriddedField` is one stored on a regular grid
(row 0 = south), read back from the Zarr group of a run (`xarray.open_zarr(run / "fields")` works).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.errors import problem

if TYPE_CHECKING:
    import zarr

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """What the numbers of a field mean."""

    name: str
    quantity: str
    """concentration, toxic_load, heat_flux, overpressure, probability ..."""
    unit: str
    averaging_time_s: float
    """Time the value is a mean over; 0 = instantaneous. Fields of different averaging times are never compared."""
    height_m: float
    """Height above ground the grid lies at."""
    model: str
    substance: str = ""
    caveats: tuple[str, ...] = ()


class HazardField(Protocol):
    """A hazard that can be sampled."""

    @property
    def info(self) -> FieldInfo: ...

    def at(self, points_m: Floats, t_s: float) -> Floats:
        """Value at points and a time; 0 outside its grid, before its first and after its last frame.

        Shapes: points_m [N, 3] (park frame, metres) -> [N].
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Regular cells; (x0, y0) is the centre of the south-west cell."""

    x0_m: float
    y0_m: float
    cell_m: float
    nx: int
    ny: int

    @property
    def x_m(self) -> Floats:
        return np.asarray(self.x0_m + self.cell_m * np.arange(self.nx), dtype=np.float64)

    @property
    def y_m(self) -> Floats:
        return np.asarray(self.y0_m + self.cell_m * np.arange(self.ny), dtype=np.float64)

    @classmethod
    def covering(
        cls, bounds_m: tuple[float, float, float, float], cell_m: float, margin_m: float = 0.0
    ) -> Grid:
        """Grid whose cells cover bounds (west, south, east, north) widened by a margin; edges on multiples of cell_m."""
        west = np.floor((bounds_m[0] - margin_m) / cell_m) * cell_m
        south = np.floor((bounds_m[1] - margin_m) / cell_m) * cell_m
        nx = int(np.ceil((bounds_m[2] + margin_m - west) / cell_m))
        ny = int(np.ceil((bounds_m[3] + margin_m - south) / cell_m))
        return cls(x0_m=float(west + cell_m / 2), y0_m=float(south + cell_m / 2), cell_m=cell_m, nx=nx, ny=ny)

    def sample(self, values: NDArray[Any], points_m: Floats) -> Floats:
        """Bilinear value at points, 0 outside. Shapes: values [y, x], points_m [N, 2 or 3] -> [N]."""
        fx = (points_m[:, 0] - self.x0_m) / self.cell_m
        fy = (points_m[:, 1] - self.y0_m) / self.cell_m
        inside = (fx >= -0.5) & (fx <= self.nx - 0.5) & (fy >= -0.5) & (fy <= self.ny - 0.5)
        fx = np.clip(fx, 0, self.nx - 1)
        fy = np.clip(fy, 0, self.ny - 1)
        ix = np.minimum(fx.astype(np.intp), max(self.nx - 2, 0))
        iy = np.minimum(fy.astype(np.intp), max(self.ny - 2, 0))
        jx = np.minimum(ix + 1, self.nx - 1)
        jy = np.minimum(iy + 1, self.ny - 1)
        ax, ay = fx - ix, fy - iy
        south = values[iy, ix] * (1 - ax) + values[iy, jx] * ax
        north = values[jy, ix] * (1 - ax) + values[jy, jx] * ax
        result: Floats = np.where(inside, south * (1 - ay) + north * ay, 0.0)
        return result


class FieldStore:
    """Arrays of one run on one grid, in a Zarr group with CF-style attributes; one chunk per time.

    The time axis is allocated beforehand; write chunk k, then emit its `FieldFrame`; readers trust events, never shapes.
    """

    def __init__(self, group: zarr.Group) -> None:
        self._group = group

    @classmethod
    def create(cls, folder: Path, grid: Grid, t_s: Floats, crs: str, origin_m: tuple[int, int]) -> FieldStore:
        """A new, empty store. Raises: FileExistsError when the folder is there already."""
        import zarr

        if folder.exists():
            raise FileExistsError(str(folder))
        group = zarr.open_group(str(folder), mode="w", zarr_format=3)
        group.attrs.update(
            {
                "Conventions": "CF-1.11",
                "crs": crs,
                "origin_m": [int(origin_m[0]), int(origin_m[1])],
                "cell_m": grid.cell_m,
                "x0_m": grid.x0_m,
                "y0_m": grid.y0_m,
            }
        )
        axes = {
            "time": (
                t_s,
                {
                    "units": "seconds since 1970-01-01 00:00:00",
                    "calendar": "standard",
                    "standard_name": "time",
                },
            ),
            "y": (grid.y_m, {"units": "m", "axis": "Y", "long_name": "north of park origin"}),
            "x": (grid.x_m, {"units": "m", "axis": "X", "long_name": "east of park origin"}),
        }
        for name, (values, attributes) in axes.items():
            array = group.create_array(name, shape=values.shape, dtype="f8", dimension_names=[name])
            array[:] = values
            array.attrs.update(attributes)
        return cls(group)

    @classmethod
    def open(cls, folder: Path) -> FieldStore:
        """The store of a finished or running run.

        Raises: InputProblems when there is none.
        """
        import zarr

        try:
            return cls(zarr.open_group(str(folder), mode="r"))
        except (OSError, ValueError, KeyError) as error:
            raise problem(
                f"holds no fields ({type(error).__name__})", "Name a run folder.", file=str(folder)
            ) from None

    @property
    def grid(self) -> Grid:
        attributes = self._group.attrs
        return Grid(
            x0_m=float(attributes["x0_m"]),
            y0_m=float(attributes["y0_m"]),
            cell_m=float(attributes["cell_m"]),
            nx=int(self._group["x"].shape[0]),
            ny=int(self._group["y"].shape[0]),
        )

    @property
    def t_s(self) -> Floats:
        return np.asarray(self._group["time"][:])

    def fields(self) -> list[str]:
        """Names of the fields that were declared."""
        return [name for name in sorted(self._group.array_keys()) if name not in ("time", "x", "y")]

    def declare(self, info: FieldInfo) -> None:
        """Allocate a field (time, y, x), float32, zeros until written."""
        import zarr.codecs

        grid = self.grid
        array = self._group.create_array(
            info.name,
            shape=(len(self.t_s), grid.ny, grid.nx),
            chunks=(1, grid.ny, grid.nx),
            dtype="f4",
            fill_value=0.0,
            compressors=zarr.codecs.ZstdCodec(level=1),
            dimension_names=["time", "y", "x"],
        )
        array.attrs.update(
            {
                "units": info.unit,
                "long_name": f"{info.quantity} {info.substance}".strip(),
                "quantity": info.quantity,
                "substance": info.substance,
                "averaging_time_s": info.averaging_time_s,
                "height_m": info.height_m,
                "model": info.model,
                "caveats": list(info.caveats),
            }
        )

    def write(self, name: str, index: int, values: NDArray[Any]) -> str:
        """Write chunk `index` [y, x]; returns the sha256 of its float32 little-endian bytes."""
        chunk = np.ascontiguousarray(values, dtype="<f4")
        self._group[name][index] = chunk
        return hashlib.sha256(chunk.tobytes()).hexdigest()

    def read(self, name: str, index: int) -> Singles:
        """Chunk `index` [y, x]."""
        return np.asarray(self._group[name][index])

    def info(self, name: str) -> FieldInfo:
        """What a field's numbers mean."""
        a: dict[str, Any] = dict(self._group[name].attrs)
        return FieldInfo(
            name=name,
            quantity=a["quantity"],
            unit=a["units"],
            averaging_time_s=a["averaging_time_s"],
            height_m=a["height_m"],
            model=a["model"],
            substance=a["substance"],
            caveats=tuple(a["caveats"]),
        )


class GriddedField:
    """A stored field as a `HazardField`: bilinear in space, linear in time. Keeps the last chunks in memory."""

    def __init__(self, store: FieldStore, name: str) -> None:
        self.info = store.info(name)
        self.grid = store.grid
        self.t_s = store.t_s
        self._store = store
        self._chunks: dict[int, Singles] = {}

    def frame(self, index: int) -> Singles:
        """Chunk `index` [y, x]."""
        if index not in self._chunks:
            if len(self._chunks) >= 8:
                self._chunks.pop(next(iter(self._chunks)))
            self._chunks[index] = self._store.read(self.info.name, index)
        return self._chunks[index]

    def at(self, points_m: Floats, t_s: float) -> Floats:
        """See `HazardField.at`."""
        if t_s < self.t_s[0] or t_s > self.t_s[-1]:
            return np.zeros(len(points_m))
        right = int(np.searchsorted(self.t_s, t_s, side="left"))
        if self.t_s[right] == t_s:
            return self.grid.sample(self.frame(right), points_m)
        part = (t_s - self.t_s[right - 1]) / (self.t_s[right] - self.t_s[right - 1])
        before = self.grid.sample(self.frame(right - 1), points_m)
        after = self.grid.sample(self.frame(right), points_m)
        result: Floats = before * (1 - part) + after * part
        return result
