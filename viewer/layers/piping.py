# SPDX-License-Identifier: Apache-2.0
"""Pipe racks with their pipes, and pipelines. Number and colour of the pipes on a rack are for looks."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.park import Park
from viewer.layers.message import SceneLayer
from viewer.layers.solids import Solids, generator
from viewer.layers.structures import STEEL
from viewer.layers.terrain import Surface

Floats = NDArray[np.float64]
_BAY_M = 9.0
_STEP_M = 90.0
# Pipe colours after the idea of GB 7231-2003 (water green, steam red, air pale blue, gas yellow-brown, acid violet,
# liquids brown), toned for a dark scene
_PIPES = np.array(
    [(222, 142, 62), (200, 122, 58), (88, 172, 128), (206, 92, 76), (168, 190, 212), (204, 170, 86), (150, 124, 190), (214, 150, 80)],
    dtype=np.float64,
)  # fmt: skip


def rack_layer(park: Park, surface: Surface) -> SceneLayer:
    """Pipe racks: bents every 9 m and pipes on two levels."""
    solids = Solids()
    for row, rack in enumerate(park.racks):
        low, high = rack.clearance_m + 0.3, max(rack.height_m - 0.9, rack.clearance_m + 1.2)
        half = rack.width_m / 2
        bents = max(int(rack.geometry.length // _BAY_M), 1)
        here, way = _stations(rack.geometry, np.linspace(0, rack.geometry.length, bents + 1))
        side = np.column_stack([-way[:, 1], way[:, 0]]) * half
        z = surface.z(here)[:, None]
        one, two = np.hstack([here + side, z]), np.hstack([here - side, z])
        for foot in (one, two):
            solids.bars(foot, foot + [0, 0, rack.height_m], 0.34, primitive="beam", colour=STEEL, row=row)
        for level in (low, high):
            solids.bars(
                one + [0, 0, level], two + [0, 0, level], 0.3, primitive="beam", colour=STEEL, row=row
            )
        line = shapely.get_coordinates(shapely.segmentize(rack.geometry, _STEP_M))
        height = surface.z(line)
        normal = _normals(line)
        chance = generator(rack.id)
        count = max(int(rack.width_m / 0.85), 2)
        for level in (low, high):
            for offset in np.linspace(-half + 0.45, half - 0.45, count):
                path = np.column_stack([line + normal * offset, height + level + 0.35])
                tint = _PIPES[chance.integers(len(_PIPES))] * chance.uniform(0.74, 0.96)
                thick = chance.choice([0.24, 0.34, 0.46, 0.56])
                solids.bars(
                    path[:-1], path[1:], thick, primitive="pipe", colour=np.clip(tint, 0, 255), row=row
                )
    return SceneLayer(
        id="racks",
        kind="group",
        ids=tuple(rack.id for rack in park.racks),
        parts=solids.parts("racks", detail=("beam",)),
        note="number and colour of the pipes on a rack",
    )


def pipeline_layer(park: Park, surface: Surface) -> SceneLayer:
    """Pipelines at their clearance, drawn at least 0.3 m thick so that they can be seen and picked."""
    solids = Solids()
    for row, pipe in enumerate(park.pipelines):
        line = shapely.get_coordinates(shapely.segmentize(pipe.geometry, _STEP_M))
        centre = pipe.clearance_m + pipe.diameter_m / 2 + 0.15
        path = np.column_stack([line, surface.z(line) + centre])
        tint = _PIPES[generator(pipe.substance).integers(len(_PIPES))]
        solids.bars(path[:-1], path[1:], max(pipe.diameter_m, 0.3), primitive="pipe", colour=tint, row=row)
        if pipe.clearance_m > 0.5:
            posts, _ = _stations(pipe.geometry, np.arange(0, pipe.geometry.length, 18.0))
            foot = np.column_stack([posts, surface.z(posts)])
            solids.bars(foot, foot + [0, 0, centre], 0.22, primitive="beam", colour=STEEL, row=row)
    parts = solids.parts("pipelines", detail=("beam",))
    return SceneLayer(
        id="pipelines", kind="group", ids=tuple(pipe.id for pipe in park.pipelines), parts=parts
    )


def _stations(line: shapely.Geometry, along_m: Floats) -> tuple[Floats, Floats]:
    """Points of a line at distances, and the unit directions there. Shapes: -> [N, 2], [N, 2]."""
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, along_m))
    ahead = shapely.get_coordinates(
        shapely.line_interpolate_point(line, np.minimum(along_m + 0.5, line.length))
    )
    back = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(along_m - 0.5, 0)))
    way = ahead - back
    return here, way / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]


def _normals(line: Floats) -> Floats:
    """Unit vectors to the left at the points of a line [K, 2]."""
    way = np.gradient(line, axis=0)
    result: Floats = np.column_stack([-way[:, 1], way[:, 0]]) / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    return result
