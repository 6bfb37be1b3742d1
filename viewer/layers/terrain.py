# SPDX-License-Identifier: Apache-2.0
"""The ground: a height field, dense under the park and coarse around it, with its baked pictures.

Heights in the scene are metres above the park's median ground level (`datum_m`), so that a park at 1,200 m is drawn like one
at the sea. Static assets are placed on this ground here in Python; moving things and lines are draped by the client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.park import Park
from viewer.layers.ground_image import Box, Sheet, class_image, encode, far_image, light_image
from viewer.layers.message import SceneLayer

Floats = NDArray[np.float64]
NEAR_MARGIN_M = 220.0
_NEAR_STEP_M = 25.0
_FAR_STEP_M = 125.0
BASIN_M2 = 12_000.0
"""Smaller waters are basins."""
SEA_M2 = 2e6


class Ground(Protocol):
    """Whatever knows how high the ground is, such as geodata's Terrain."""

    def ground_m(self, points: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Surface:
    """Ground heights as the scene shows them."""

    terrain: Ground | None
    datum_m: float

    @classmethod
    def of(cls, park: Park, terrain: Ground | None) -> Surface:
        if terrain is None:
            return cls(None, 0.0)
        west, south, east, north = park.bounds_m
        x, y = np.meshgrid(np.linspace(west, east, 24), np.linspace(south, north, 24))
        heights = terrain.ground_m(np.column_stack([x.ravel(), y.ravel()]))
        return cls(terrain, float(np.nanmedian(heights)))

    def z(self, xy_m: Floats) -> Floats:
        """Height of the drawn ground. Shapes: [N, 2] -> [N]."""
        if self.terrain is None or not len(xy_m):
            return np.zeros(len(xy_m))
        heights = np.asarray(
            self.terrain.ground_m(np.ascontiguousarray(xy_m, dtype=np.float64)), dtype=np.float64
        )
        result: Floats = np.nan_to_num(heights - self.datum_m, nan=0.0)
        return result


def near_box(park: Park) -> Box:
    """The park with a margin: where the ground is drawn finely."""
    west, south, east, north = park.bounds_m
    return (west - NEAR_MARGIN_M, south - NEAR_MARGIN_M, east + NEAR_MARGIN_M, north + NEAR_MARGIN_M)


def far_box(park: Park) -> Box:
    """The park and its surroundings: where anything may be at all."""
    west, south, east, north = park.bounds_m
    radius = max(park.surroundings_radius_m, 2 * NEAR_MARGIN_M)
    return (west - radius, south - radius, east + radius, north + radius)


def lamp_places(park: Park, spacing_m: float = 40.0) -> Floats:
    """Where road lamps are drawn, alternating sides of roads wider than 6 m; for looks, not in the park's data.

    Shapes: -> [L, 3] x, y and the direction they lean to in radians.
    """
    rows: list[Floats] = []
    for road in park.roads:
        if road.width_m < 6 or road.kind == "footpath":
            continue
        count = int(road.geometry.length // spacing_m)
        if not count:
            continue
        along = (np.arange(count) + 0.5) * (road.geometry.length / count)
        here = shapely.get_coordinates(shapely.line_interpolate_point(road.geometry, along))
        there = shapely.get_coordinates(shapely.line_interpolate_point(road.geometry, along + 0.5))
        ahead = there - here
        ahead /= np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9)[:, None]
        side = np.where(np.arange(count) % 2 == 0, 1.0, -1.0)[:, None]
        normal = np.column_stack([-ahead[:, 1], ahead[:, 0]]) * side
        spot = here + normal * (road.width_m * 0.5 + 1.2)
        rows.append(np.column_stack([spot, np.arctan2(-normal[:, 1], -normal[:, 0])]))
    if not rows:
        return np.zeros((0, 3))
    lamps = np.concatenate(rows)
    near = [road.geometry for road in park.roads if road.width_m >= 3]
    on_road = np.zeros(len(lamps), dtype=bool)
    tree = shapely.STRtree(
        shapely.buffer(near, [0.5 * road.width_m for road in park.roads if road.width_m >= 3])
    )
    hit, _ = tree.query(shapely.points(lamps[:, :2]), predicate="intersects")
    on_road[hit] = True
    result: Floats = lamps[~on_road]
    return result


def ground_layer(park: Park, terrain: Ground | None = None, *, long_side: int = 3584) -> SceneLayer:
    """The ground with its pictures; `long_side` pixels along the longer side of the park."""
    near, far = near_box(park), far_box(park)
    surface = Surface.of(park, terrain)
    x_m, y_m = _axis(near[0], near[2], far[0], far[2]), _axis(near[1], near[3], far[1], far[3])
    if terrain is None:
        x_m, y_m = np.array([far[0], near[0], near[2], far[2]]), np.array([far[1], near[1], near[3], far[3]])
    grid_x, grid_y = np.meshgrid(x_m, y_m)
    nodes = np.column_stack([grid_x.ravel(), grid_y.ravel()])
    z_m = surface.z(nodes)
    for water in park.water:
        if water.geometry.area < BASIN_M2:
            continue
        level_m = water_level_m(surface, water.geometry)
        wet = shapely.contains_xy(water.geometry, nodes[:, 0], nodes[:, 1])
        z_m[wet] = np.minimum(z_m[wet], level_m - 0.8)
    lamps = lamp_places(park)
    classes = class_image(park, Sheet.over(near, long_side))
    light = light_image(park, Sheet.over(near, long_side // 2), lamps[:, :2])
    around = far_image(park, Sheet.over(far, 1024))
    return SceneLayer(
        id="ground",
        kind="ground",
        data={
            "xs": x_m.astype(np.float32),
            "ys": y_m.astype(np.float32),
            "z": z_m.astype(np.float32),
            "datum_m": surface.datum_m,
            "near": [float(side) for side in near],
            "far": [float(side) for side in far],
            "park": [float(side) for side in park.bounds_m],
            "sea_m": _sea_m(park, surface),
            "classes": encode(classes, 80),
            "light": encode(light, 78),
            "around": encode(around, 80),
        },
        note="lamps along the roads",
    )


def water_level_m(surface: Surface, area: shapely.Geometry) -> float:
    """Level a water is drawn at: the low ground along its shore; basins, which have rims, are full to the highest."""
    shore = surface.z(shapely.get_coordinates(shapely.segmentize(area, 50.0)))
    if area.area < BASIN_M2:
        return float(shore.max()) + 0.15
    return float(np.quantile(shore, 0.15)) - 0.2


def _sea_m(park: Park, surface: Surface) -> float:
    """Level of the largest water if it is wide enough to be a sea, else far below; low ground outside is drawn as sea."""
    seas = [water.geometry for water in park.water if water.geometry.area > SEA_M2]
    return water_level_m(surface, max(seas, key=lambda area: area.area)) if seas else -1e4


def _axis(near_from: float, near_to: float, far_from: float, far_to: float) -> Floats:
    """Node coordinates: dense inside, widening outside."""
    count = max(int(np.ceil((near_to - near_from) / _NEAR_STEP_M)), 2)
    inside = np.linspace(near_from, near_to, count + 1)
    before = np.linspace(far_from, near_from, max(int((near_from - far_from) / _FAR_STEP_M), 1) + 1)[:-1]
    after = np.linspace(near_to, far_to, max(int((far_to - near_to) / _FAR_STEP_M), 1) + 1)[1:]
    return np.concatenate([before, inside, after])
