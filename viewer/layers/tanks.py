# SPDX-License-Identifier: Apache-2.0
"""Tanks and their bunds. A tank shows how full it is: a line round the shell, and the deck of a floating roof."""

from __future__ import annotations

import numpy as np
import shapely

from twin.assets import Tank
from twin.park import Park
from viewer.layers.message import Colour, SceneLayer
from viewer.layers.solids import Solids, Triangles, footprint_frame, outlines
from viewer.layers.terrain import Surface

_COATS: dict[str, Colour] = {
    "fixed_roof": (196, 212, 230),
    "floating_roof": (176, 198, 222),
    "sphere": (226, 234, 244),
    "bullet": (214, 224, 238),
    "cryogenic": (186, 216, 236),
}
_STEEL: Colour = (120, 142, 168)


def tank_layer(park: Park, surface: Surface) -> SceneLayer:
    """All tanks, instanced by kind; the row of an instance is the tank's place in the park."""
    solids = Solids()
    tanks = park.tanks
    xy = np.array([tank.xy_m for tank in tanks], dtype=np.float64).reshape(-1, 2)
    ground = surface.z(xy)
    kinds = np.array([tank.kind for tank in tanks])
    for kind, primitive in (
        ("fixed_roof", "tank_cone"),
        ("floating_roof", "tank_floating"),
        ("cryogenic", "tank_dome"),
    ):
        rows = np.flatnonzero(kinds == kind)
        if len(rows):
            size = np.array([(tanks[k].diameter_m, tanks[k].diameter_m, tanks[k].height_m) for k in rows])
            base = np.array([tanks[k].base_m for k in rows])
            solids.add(
                primitive,
                np.column_stack([xy[rows], ground[rows] + base]),
                size,
                yaw=_stair_side(xy[rows]),
                colour=_COATS[kind],
                row=rows,
                extra=[tanks[k].fill_fraction for k in rows],
            )
    for row in np.flatnonzero(kinds == "sphere"):
        _sphere(solids, tanks[row], xy[row], float(ground[row]), int(row))
    for row in np.flatnonzero(kinds == "bullet"):
        _bullet(solids, tanks[row], xy[row], float(ground[row]), int(row))
    parts = solids.parts(
        "tanks", detail=("beam",), with_extra=("tank_cone", "tank_floating", "tank_dome", "sphere", "bullet")
    )
    return SceneLayer(id="tanks", kind="group", ids=tuple(tank.id for tank in tanks), parts=parts)


def bund_layer(park: Park, surface: Surface) -> SceneLayer:
    """Bund walls with a cap, as high as the park says."""
    mesh = Triangles()
    if park.bunds:
        areas = [bund.geometry for bund in park.bunds]
        outer, ring, owner = outlines(areas)
        inner, inner_ring, inner_owner = outlines(list(shapely.buffer(areas, -0.5, join_style="mitre")))
        low = np.full(len(areas), np.inf)
        np.minimum.at(low, owner[ring], surface.z(outer))
        top = low + np.array([bund.wall_height_m for bund in park.bunds])
        wall, cap = (74, 104, 138, 0), (104, 124, 146, 0)
        mesh.walls(outer, ring, low[owner] - 1.5, top[owner], wall, owner)
        mesh.walls(
            inner[::-1],
            _falling(inner_ring),
            low[inner_owner][::-1] - 1.5,
            top[inner_owner][::-1],
            wall,
            inner_owner[::-1],
        )
        caps = shapely.difference(areas, shapely.buffer(areas, -0.5, join_style="mitre"))
        mesh.areas(list(caps), top, cap, np.arange(len(areas)))
    part = mesh.part("bunds.walls", "plain")
    return SceneLayer(id="bunds", kind="group", ids=tuple(bund.id for bund in park.bunds), parts=(part,))


def _falling(ring: np.ndarray) -> np.ndarray:
    """Line numbers of a reversed list of lines, ascending again."""
    return (ring.max() - ring)[::-1] if len(ring) else ring


def _stair_side(xy: np.ndarray) -> np.ndarray:
    """Direction of the stair of each tank, so that not all look the same."""
    return (np.floor(xy[:, 0] * 0.37 + xy[:, 1] * 0.73) % 8) * (np.pi / 4)


def _sphere(solids: Solids, tank: Tank, xy: np.ndarray, ground_m: float, row: int) -> None:
    radius = tank.diameter_m / 2
    middle = ground_m + tank.base_m + radius
    solids.add(
        "sphere",
        [*xy, middle],
        [tank.diameter_m] * 3,
        colour=_COATS["sphere"],
        row=row,
        extra=tank.fill_fraction,
    )
    legs = max(int(np.clip(tank.diameter_m * 0.7, 6, 12)), 6)
    angle = np.arange(legs) * 2 * np.pi / legs
    foot = np.column_stack(
        [xy[0] + radius * np.cos(angle), xy[1] + radius * np.sin(angle), np.full(legs, ground_m)]
    )
    head = foot.copy()
    head[:, 2] = middle + 0.1 * radius
    solids.bars(foot, head, max(tank.diameter_m * 0.035, 0.35), primitive="pipe", colour=_STEEL, row=row)
    low, high = foot.copy(), np.roll(head, -1, axis=0)
    low[:, 2] += 0.3
    high[:, 2] = ground_m + (middle - ground_m) * 0.75
    solids.bars(low, high, 0.16, primitive="beam", colour=_STEEL, row=row)


def _bullet(solids: Solids, tank: Tank, xy: np.ndarray, ground_m: float, row: int) -> None:
    length = tank.length_m or tank.diameter_m * 4
    yaw = 0.0
    if tank.geometry.geom_type != "Point":
        _, _, _, yaw = footprint_frame(tank.geometry)
    body = max(length - 0.5 * tank.diameter_m, 0.5 * tank.diameter_m)
    lift = max(tank.base_m, 1.2)
    centre = np.array([*xy, ground_m + lift + tank.diameter_m / 2])
    size = [body, tank.diameter_m, tank.diameter_m]
    solids.add("bullet", centre, size, yaw=yaw, colour=_COATS["bullet"], row=row, extra=tank.fill_fraction)
    way = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    saddles = np.array([centre + way * body * 0.32, centre - way * body * 0.32])
    saddles[:, 2] = ground_m + (lift + tank.diameter_m * 0.3) / 2
    tall = lift + tank.diameter_m * 0.3
    solids.add("box", saddles, [0.8, tank.diameter_m * 0.8, tall], yaw=yaw, colour=(96, 118, 146), row=row)
