# SPDX-License-Identifier: Apache-2.0
"""Process units as open steel structures with columns and vessels, pipe racks with their pipes, pipelines.

What stands inside a unit's outline is for looks: the park knows its outline, height and kind only. Nothing is drawn higher
than the unit's height.
"""

from __future__ import annotations

import numpy as np
import shapely

from twin.assets import ProcessUnit
from twin.park import Park
from viewer.layers.message import Colour, SceneLayer
from viewer.layers.solids import Solids, footprint_frame, generator
from viewer.layers.terrain import Surface

_STEEL: Colour = (108, 134, 166)
_DECK: Colour = (62, 86, 116)
_VESSEL: tuple[Colour, ...] = ((198, 212, 228), (176, 194, 214), (206, 206, 214), (164, 190, 206))
# Pipe colours after the idea of GB 7231-2003 (water green, steam red, air pale blue, gas yellow-brown, acid violet,
# liquids brown), toned for a dark scene
_PIPES = np.array(
    [(214, 140, 66), (196, 122, 62), (92, 178, 132), (206, 92, 76), (168, 190, 212), (196, 168, 92), (150, 124, 190), (210, 150, 84)],
    dtype=np.float32,
)  # fmt: skip
_LAMP: Colour = (255, 214, 150)
_TALL_KINDS = ("stack", "boiler", "furnace", "incinerat", "cracker", "utility", "flare")


def unit_layer(park: Park, surface: Surface) -> SceneLayer:
    """All process units."""
    solids = Solids()
    ground = surface.z(np.array([unit.xy_m for unit in park.units], dtype=np.float64).reshape(-1, 2))
    for row, unit in enumerate(park.units):
        _unit(solids, unit, float(ground[row]), row)
    return SceneLayer(
        id="units",
        kind="group",
        ids=tuple(unit.id for unit in park.units),
        parts=solids.parts("units", detail=("sphere",)),
        note="what stands inside a unit's outline",
    )


def rack_layer(park: Park, surface: Surface) -> SceneLayer:
    """Pipe racks: bents every 9 m and pipes on two levels."""
    solids = Solids()
    for row, rack in enumerate(park.racks):
        line = shapely.get_coordinates(shapely.segmentize(rack.geometry, 60.0))
        levels = (rack.clearance_m + 0.3, max(rack.height_m - 0.4, rack.clearance_m + 1.6))
        half = rack.width_m / 2
        bents = max(int(rack.geometry.length // 9), 1)
        stations = np.linspace(0, rack.geometry.length, bents + 1)
        here = shapely.get_coordinates(shapely.line_interpolate_point(rack.geometry, stations))
        ahead = shapely.get_coordinates(
            shapely.line_interpolate_point(rack.geometry, np.minimum(stations + 1, rack.geometry.length))
        )
        back = shapely.get_coordinates(
            shapely.line_interpolate_point(rack.geometry, np.maximum(stations - 1, 0))
        )
        side = _left(ahead - back) * half
        z = surface.z(here)[:, None]
        one, two = np.hstack([here + side, z]), np.hstack([here - side, z])
        top = np.array([0, 0, rack.height_m])
        solids.bars(one, one + top, 0.34, colour=_STEEL, row=row)
        solids.bars(two, two + top, 0.34, colour=_STEEL, row=row)
        for level in levels:
            lift = np.array([0, 0, level])
            solids.bars(one + lift, two + lift, 0.3, colour=_STEEL, row=row)
        height = surface.z(line)
        chance = generator(rack.id)
        way = _left(np.gradient(line, axis=0))
        for level in levels:
            count = max(int(rack.width_m / 0.75), 2)
            offsets = np.linspace(-half + 0.45, half - 0.45, count)
            for offset in offsets:
                path = np.column_stack([line + way * offset, height + level + 0.35])
                tint = _PIPES[chance.integers(len(_PIPES))] * chance.uniform(0.85, 1.1)
                thick = chance.choice([0.22, 0.32, 0.45, 0.55])
                solids.bars(
                    path[:-1], path[1:], thick, primitive="pipe", colour=np.clip(tint, 0, 255), row=row
                )
    return SceneLayer(
        id="racks",
        kind="group",
        ids=tuple(rack.id for rack in park.racks),
        parts=solids.parts("racks"),
        note="number and colour of the pipes on a rack",
    )


def pipeline_layer(park: Park, surface: Surface) -> SceneLayer:
    """Pipelines at their clearance, drawn at least 0.3 m thick so that they can be seen and picked."""
    solids = Solids()
    for row, pipe in enumerate(park.pipelines):
        line = shapely.get_coordinates(shapely.segmentize(pipe.geometry, 40.0))
        path = np.column_stack([line, surface.z(line) + pipe.clearance_m + pipe.diameter_m / 2 + 0.15])
        tint = _PIPES[generator(pipe.substance).integers(len(_PIPES))]
        solids.bars(path[:-1], path[1:], max(pipe.diameter_m, 0.3), primitive="pipe", colour=tint, row=row)
        if pipe.clearance_m > 0.5:
            foot = path.copy()
            foot[:, 2] -= pipe.clearance_m + pipe.diameter_m / 2 + 0.15
            solids.bars(foot, path, 0.22, colour=_STEEL, row=row)
    parts = solids.parts("pipelines")
    return SceneLayer(
        id="pipelines", kind="group", ids=tuple(pipe.id for pipe in park.pipelines), parts=parts
    )


def _left(way: np.ndarray) -> np.ndarray:
    """Unit vectors to the left of directions [N, 2]."""
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    normal: np.ndarray = np.column_stack([-way[:, 1], way[:, 0]]) / length[:, None]
    return normal


def _unit(solids: Solids, unit: ProcessUnit, ground_m: float, row: int) -> None:
    chance = generator(unit.id)
    centre, length, width, yaw = footprint_frame(unit.geometry)
    east, north = np.array([np.cos(yaw), np.sin(yaw)]), np.array([-np.sin(yaw), np.cos(yaw)])

    def place(along: np.ndarray, across: np.ndarray, z: np.ndarray | float) -> np.ndarray:
        xy = centre + np.multiply.outer(along, east) + np.multiply.outer(across, north)
        return np.column_stack([xy, np.broadcast_to(z, (len(xy),)) + ground_m])

    bay = 7.0 if min(length, width) < 60 else 9.0
    across_bays = int(np.clip((width * 0.42) // bay, 1, 4))
    along_bays = int(np.clip((length * 0.86) // bay, 1, 11))
    floors = int(np.clip(unit.height_m * 0.5 // 5.5, 1, 4))
    x = (np.arange(along_bays + 1) - along_bays / 2) * bay
    y = (np.arange(across_bays + 1) - across_bays / 2) * bay - width * 0.16
    grid_x, grid_y = (part.ravel() for part in np.meshgrid(x, y))
    keep = shapely.contains_xy(unit.geometry, *place(grid_x, grid_y, 0.0)[:, :2].T)
    rise = np.where(grid_x < x[along_bays // 2], floors, max(floors - 1, 1)) * 5.5
    foot = place(grid_x[keep], grid_y[keep], 0.0)
    solids.bars(
        foot, foot + np.column_stack([np.zeros((len(foot), 2)), rise[keep]]), 0.42, colour=_STEEL, row=row
    )
    for floor in range(1, floors + 1):
        z = floor * 5.5
        part = x if floor < floors or floors == 1 else x[: along_bays // 2 + 1]
        if len(part) < 2:
            continue
        ends = np.array([part[0], part[-1]])
        lines = [(np.full(2, 0.0) + ends, np.full(2, at)) for at in y]
        lines += [(np.full(2, at), np.array([y[0], y[-1]])) for at in part]
        start = np.concatenate([place(a[:1], b[:1], z) for a, b in lines])
        end = np.concatenate([place(a[1:], b[1:], z) for a, b in lines])
        solids.bars(start, end, 0.32, colour=_STEEL, row=row)
        middle = place(np.array([ends.mean()]), np.array([(y[0] + y[-1]) / 2]), z + 0.1)
        full = chance.random() < 0.6
        span = (ends[1] - ends[0]) * (1.0 if full else 0.55)
        solids.add("box", middle, [span, y[-1] - y[0], 0.14], yaw=yaw, colour=_DECK, row=row)
        count = int(chance.integers(1, 4))
        spots = place(chance.uniform(ends[0], ends[1], count), chance.uniform(y[0], y[-1], count), z + 1.5)
        sizes = np.column_stack([chance.uniform(3, 6, count), *(chance.uniform(1.4, 2.2, count),) * 2])
        solids.add("bullet", spots, sizes, yaw=yaw, colour=_VESSEL[int(chance.integers(4))], row=row)
        lamps = place(chance.uniform(ends[0], ends[1], 3), np.repeat(y[[0, -1]], 2)[:3], z + 2.6)
        solids.add("glow", lamps, [2.6] * 3, colour=_LAMP, row=row)
    _towers(solids, unit, place, (length, width), chance, yaw, row)


def _towers(solids: Solids, unit: ProcessUnit, place, size, chance, yaw: float, row: int) -> None:  # type: ignore[no-untyped-def]
    """Columns, drums at the ground and the pipes between, on the other half of the outline."""
    length, width = size
    count = int(np.clip(length // 14, 1, 6))
    along = (np.arange(count) + 0.5) / count * length * 0.8 - length * 0.4 + chance.uniform(-2, 2, count)
    across = np.full(count, width * 0.28) + chance.uniform(-0.05, 0.05, count) * width
    spots = place(along, across, 0.0)
    inside = shapely.contains_xy(shapely.buffer(unit.geometry, -1.0), spots[:, 0], spots[:, 1])
    tall = unit.height_m * np.r_[1.0, chance.uniform(0.45, 0.92, count)][:count]
    thick = np.clip(tall * chance.uniform(0.06, 0.12, count), 1.2, 4.5)
    chimney = any(word in unit.kind for word in _TALL_KINDS)
    for k in np.flatnonzero(inside):
        shape = "stack" if chimney and k == 0 else "vessel"
        body = tall[k] - (0.25 * thick[k] if shape == "vessel" else 0.0)
        base = spots[k : k + 1]
        tint = _VESSEL[int(chance.integers(4))]
        solids.add(shape, base, [thick[k], thick[k], body], colour=tint, row=row)
        if shape == "vessel":
            rings = np.arange(1, max(int(tall[k] // 6), 1) + 1) * 6.0
            rings = rings[rings < tall[k] - 1]
            at = np.repeat(base, len(rings), axis=0) + np.column_stack([np.zeros((len(rings), 2)), rings])
            solids.add("ring", at, [thick[k] * 1.75, thick[k] * 1.75, 0.9], colour=_DECK, row=row)
            riser = base + np.array(
                [np.cos(yaw) * (thick[k] / 2 + 0.4), np.sin(yaw) * (thick[k] / 2 + 0.4), 0.0]
            )
            solids.bars(
                riser,
                riser + np.array([0, 0, body * 0.94]),
                0.36,
                primitive="pipe",
                colour=_PIPES[1],
                row=row,
            )
        top = base + np.array([0, 0, tall[k] + 0.6])
        red = shape == "stack" or tall[k] > 38
        solids.add("glow", top, [3.4] * 3, colour=(255, 70, 60) if red else _LAMP, row=row)
    drums = int(np.clip(width * length / 900, 1, 6))
    spots = place(chance.uniform(-0.42, 0.42, drums) * length, np.full(drums, width * 0.42), 1.7)
    keep = shapely.contains_xy(shapely.buffer(unit.geometry, -2.0), spots[:, 0], spots[:, 1])
    sizes = np.column_stack([chance.uniform(4, 8, drums), *(chance.uniform(1.6, 2.4, drums),) * 2])
    solids.add("bullet", spots[keep], sizes[keep], yaw=yaw, colour=_VESSEL[1], row=row)
    ends = np.array([-0.4, 0.4]) * length
    for level in (4.6, 5.4, 6.2):
        path = place(ends, np.full(2, width * 0.12), level)
        if shapely.contains_xy(unit.geometry, path[:, 0], path[:, 1]).all():
            solids.bars(
                path[:1], path[1:], 0.4, primitive="pipe", colour=_PIPES[int(chance.integers(8))], row=row
            )
