# SPDX-License-Identifier: Apache-2.0
"""Collects instances of simple solids and triangles of merged meshes, and makes layer parts of them.

A primitive is one unit in size and is scaled per instance: 'box' and 'cylinder' are centred, 'pipe' lies along x, tanks and
trees stand on z = 0. Caps (domes, cone roofs) keep their shape whatever the length, see the client's primitives.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from viewer.layers.message import Colour, SceneLayer

Floats = NDArray[np.float64]


def generator(text: str) -> np.random.Generator:
    """Random numbers that depend on an id only: the same park always looks the same."""
    return np.random.default_rng(zlib.crc32(text.encode()))


class Solids:
    """Instances by primitive."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[NDArray[np.float32]]] = {}

    def add(
        self,
        primitive: str,
        centre: ArrayLike,
        scale: ArrayLike,
        *,
        yaw: ArrayLike = 0.0,
        pitch: ArrayLike = 0.0,
        colour: Colour | NDArray[Any] = (200, 210, 220),
        alpha: int = 255,
        row: ArrayLike = 0,
        extra: ArrayLike = 0.0,
    ) -> None:
        """Add instances; everything is broadcast to the number of centres.

        Shapes: centre [N, 3], scale [N, 3] or [3], yaw, pitch, row, extra [N] or scalar (radians; pitch lifts the x end).
        """
        positions = np.asarray(centre, dtype=np.float32).reshape(-1, 3)
        block = np.empty((len(positions), 14), dtype=np.float32)
        block[:, 0:3] = positions
        block[:, 3:6] = scale
        block[:, 6] = yaw
        block[:, 7] = pitch
        block[:, 8:11] = colour
        block[:, 11] = alpha
        block[:, 12] = row
        block[:, 13] = extra
        self._blocks.setdefault(primitive, []).append(block)

    def bars(
        self,
        start: Floats,
        end: Floats,
        thick_m: ArrayLike,
        *,
        primitive: str = "box",
        row: ArrayLike = 0,
        colour: Colour | NDArray[Any] = (140, 160, 180),
    ) -> None:
        """Add straight bars or pipes from points to points. Shapes: start, end [N, 3], thick_m [N] or scalar."""
        if not len(start):
            return
        way = end - start
        flat = np.hypot(way[:, 0], way[:, 1])
        length = np.hypot(flat, way[:, 2])
        thick = np.broadcast_to(np.asarray(thick_m, dtype=np.float64), length.shape)
        self.add(
            primitive,
            (start + end) * 0.5,
            np.column_stack([length, thick, thick]),
            yaw=np.arctan2(way[:, 1], way[:, 0]),
            pitch=np.arctan2(way[:, 2], flat),
            colour=colour,
            row=row,
        )  # fmt: skip

    def parts(
        self, layer: str, *, with_extra: Sequence[str] = (), detail: Sequence[str] = ()
    ) -> tuple[SceneLayer, ...]:
        """One layer part per primitive; those in `detail` are drawn only when the camera is near."""
        made = []
        for primitive, blocks in self._blocks.items():
            block = np.concatenate(blocks)
            if not len(block):
                continue
            data: dict[str, Any] = {
                "primitive": primitive,
                "positions": np.ascontiguousarray(block[:, 0:3]),
                "scales": block[:, 3:6].astype(np.float16),
                "turns": block[:, 6:8].astype(np.float16),
                "colours": block[:, 8:12].astype(np.uint8),
                "rows": block[:, 12].astype(np.uint32),
            }
            if primitive in with_extra:
                data["extra"] = np.ascontiguousarray(block[:, 13])
            if primitive in detail:
                data["detail"] = True
            made.append(SceneLayer(id=f"{layer}.{primitive}", kind="instances", data=data))
        return tuple(made)


class Triangles:
    """A merged mesh: vertices with wall coordinates, a colour and the row they belong to."""

    def __init__(self) -> None:
        self._positions: list[Floats] = []
        self._uv: list[Floats] = []
        self._colours: list[NDArray[np.uint8]] = []
        self._rows: list[NDArray[np.uint32]] = []
        self._indices: list[NDArray[np.uint32]] = []
        self._count = 0

    def add(
        self, positions: Floats, indices: NDArray[np.integer], uv: Floats, colour: ArrayLike, row: ArrayLike
    ) -> None:
        """Add vertices and triangles. Shapes: positions [V, 3], indices [F, 3], uv [V, 2], colour [V, 4] or [4], row [V] or scalar."""
        count = len(positions)
        self._positions.append(positions)
        self._uv.append(uv)
        self._colours.append(np.broadcast_to(np.asarray(colour, dtype=np.uint8), (count, 4)))
        self._rows.append(np.broadcast_to(np.asarray(row, dtype=np.uint32), (count,)))
        self._indices.append((indices + self._count).astype(np.uint32))
        self._count += count

    def walls(
        self,
        coordinates: Floats,
        ring: NDArray[np.integer],
        base_m: Floats,
        top_m: Floats,
        colour: ArrayLike,
        row: ArrayLike,
    ) -> None:
        """Upright walls along many lines at once; colour and row are per line.

        Shapes: coordinates [K, 2] of all lines, ring [K] line number of each (ascending), base_m, top_m [lines].
        """
        start = np.flatnonzero(ring[1:] == ring[:-1])
        if not len(start):
            return
        line = ring[start]
        length = np.hypot(*(coordinates[start + 1] - coordinates[start]).T)
        along = np.cumsum(length) - length
        first = np.r_[True, line[1:] != line[:-1]]
        along = along - np.repeat(along[first], np.diff(np.r_[np.flatnonzero(first), len(line)]))
        height = top_m[line] - base_m[line]
        one, two = coordinates[start], coordinates[start + 1]
        corners = np.stack(
            [
                np.column_stack([one, base_m[line]]),
                np.column_stack([two, base_m[line]]),
                np.column_stack([two, top_m[line]]),
                np.column_stack([one, top_m[line]]),
            ],
            axis=1,
        )
        zero = np.zeros_like(height)
        uv = np.stack(
            [
                np.column_stack([along, zero]),
                np.column_stack([along + length, zero]),
                np.column_stack([along + length, height]),
                np.column_stack([along, height]),
            ],
            axis=1,
        )
        quads = np.arange(len(start))[:, None] * 4
        indices = np.concatenate([quads + [0, 1, 2], quads + [0, 2, 3]])
        colours = np.asarray(colour, dtype=np.uint8)
        tint = colours if colours.ndim == 1 else np.repeat(colours[line], 4, axis=0)
        owner = np.asarray(row)
        rows = owner if owner.ndim == 0 else np.repeat(owner[line], 4)
        self.add(corners.reshape(-1, 3), indices, uv.reshape(-1, 2), tint, rows)

    def areas(self, areas: Sequence[BaseGeometry], z_m: Floats, colour: ArrayLike, row: ArrayLike) -> None:
        """Flat areas at heights; uv are metres in the park frame. Colour and row are per area."""
        if not len(areas):
            return
        triangles, owner = shapely.get_parts(
            shapely.constrained_delaunay_triangles(np.asarray(areas, dtype=object)), return_index=True
        )
        if not len(triangles):
            return
        xy = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
        turn = _turn(xy)
        xy = np.where((turn < 0)[:, None, None], xy[:, ::-1], xy)
        flat = xy.reshape(-1, 2)
        who = np.repeat(owner, 3)
        colours = np.asarray(colour, dtype=np.uint8)
        rows = np.asarray(row)
        self.add(
            np.column_stack([flat, np.asarray(z_m)[who]]),
            np.arange(len(flat)).reshape(-1, 3),
            flat,
            colours if colours.ndim == 1 else colours[who],
            rows if rows.ndim == 0 else rows[who],
        )

    def part(self, layer_id: str, material: str, **plain: object) -> SceneLayer:
        """The mesh as a layer part drawn with a material of the client."""
        empty = not self._positions
        return SceneLayer(
            id=layer_id,
            kind="mesh",
            data={
                "material": material,
                "positions": np.zeros((0, 3), np.float32)
                if empty
                else np.concatenate(self._positions).astype(np.float32),
                "uv": np.zeros((0, 2), np.float32) if empty else np.concatenate(self._uv).astype(np.float32),
                "colours": np.zeros((0, 4), np.uint8) if empty else np.concatenate(self._colours),
                "rows": np.zeros(0, np.uint32) if empty else np.concatenate(self._rows),
                "indices": np.zeros((0, 3), np.uint32) if empty else np.concatenate(self._indices),
                **plain,
            },
        )


def _turn(xy: Floats) -> Floats:
    """Twice the signed area of triangles [T, 3, 2]."""
    one, two = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    result: Floats = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    return result


def outlines(geometries: Sequence[BaseGeometry]) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    """Outer rings of many areas, counter-clockwise: coordinates [K, 2], ring of each [K], area of each ring [R]."""
    parts, owner = shapely.get_parts(np.asarray(geometries, dtype=object), return_index=True)
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    exteriors = shapely.get_exterior_ring(parts[polygons])
    exteriors = np.where(shapely.is_ccw(exteriors), exteriors, shapely.reverse(exteriors))
    coordinates, ring = shapely.get_coordinates(exteriors, return_index=True)
    return coordinates, ring, owner[polygons]


def footprint_frame(area: BaseGeometry) -> tuple[Floats, float, float, float]:
    """Centre, length (along its longer side), width and direction in radians of the rectangle round an area."""
    box = shapely.get_coordinates(shapely.oriented_envelope(area))
    if len(box) < 4:
        centre = shapely.get_coordinates(shapely.centroid(area))[0]
        return centre, 1.0, 1.0, 0.0
    one, two = box[1] - box[0], box[2] - box[1]
    length, width = float(np.hypot(*one)), float(np.hypot(*two))
    way = one
    if width > length:
        length, width, way = width, length, two
    return box[:4].mean(axis=0), length, width, float(np.arctan2(way[1], way[0]))
