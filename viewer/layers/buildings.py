# SPDX-License-Identifier: Apache-2.0
"""Buildings: extruded footprints whose windows the client lights, roofs with a parapet and plant on top.

Windows and roof plant are for looks; height, footprint and kind are the park's data.
"""

from __future__ import annotations

import numpy as np
import shapely

from twin.park import Park
from viewer.layers.message import Colour, SceneLayer
from viewer.layers.solids import Solids, Triangles, footprint_frame, generator, outlines
from viewer.layers.terrain import Surface

# kind -> wall colour, facade style (how the client draws windows: 1 rows of windows, 2 high strips, 3 few, 4 house)
_FACADES: dict[str, tuple[Colour, int]] = {
    "office": ((84, 104, 128), 1),
    "control_room": ((92, 112, 134), 1),
    "command_centre": ((92, 112, 134), 1),
    "laboratory": ((86, 108, 126), 1),
    "canteen": ((96, 100, 112), 1),
    "clinic": ((112, 118, 128), 1),
    "fire_station": ((132, 62, 60), 1),
    "hospital": ((112, 120, 130), 1),
    "school": ((110, 104, 108), 1),
    "refuge": ((70, 112, 110), 1),
    "tower": ((96, 116, 138), 1),
    "workshop": ((72, 90, 112), 2),
    "warehouse": ((66, 84, 106), 2),
    "loading": ((78, 88, 102), 2),
    "utility": ((78, 92, 110), 3),
    "substation": ((84, 92, 104), 3),
    "gatehouse": ((98, 116, 134), 1),
    "house": ((98, 98, 104), 4),
    "dwelling": ((98, 98, 104), 4),
}
_PLAIN: tuple[Colour, int] = ((74, 92, 114), 2)
ROOF_STYLE = 250
_PARAPET_M = 0.55


def building_layer(park: Park, surface: Surface) -> SceneLayer:
    """All buildings as one mesh, their roof edges and the plant on their roofs."""
    buildings = park.buildings
    mesh, plant = Triangles(), Solids()
    edges: list[np.ndarray] = []
    if buildings:
        areas = [building.geometry for building in buildings]
        coordinates, ring, owner = outlines(areas)
        ground = surface.z(coordinates)
        low = np.full(len(buildings), np.inf)
        np.minimum.at(low, owner[ring], ground)
        top = low + np.array([building.height_m for building in buildings])
        looks = [_FACADES.get(building.kind, _PLAIN) for building in buildings]
        tint = np.array([colour for colour, _ in looks], dtype=np.float64)
        shade = np.array([generator(building.id).uniform(0.86, 1.14) for building in buildings])
        wall = np.clip(tint * shade[:, None], 0, 255)
        style = np.array([number for _, number in looks])
        walls = np.column_stack([wall, style]).astype(np.uint8)
        mesh.walls(coordinates, ring, low[owner] - 1.0, top[owner], walls[owner], owner)
        roof = np.column_stack([np.clip(wall * 0.92 + 16, 0, 255), np.full(len(wall), ROOF_STYLE)]).astype(
            np.uint8
        )
        roof[style == 4, :3] = (88, 60, 58)
        inset = top - np.where(style == 4, 0.0, _PARAPET_M)
        mesh.areas(areas, inset, roof, np.arange(len(buildings)))
        cuts = np.flatnonzero(np.diff(ring)) + 1
        for line, area in zip(np.split(coordinates, cuts), owner, strict=True):
            edges.append(np.column_stack([line, np.full(len(line), top[area] + 0.05)]))
        for number, building in enumerate(buildings):
            _roof_plant(plant, building.geometry, float(inset[number]), building.id, building.kind, number)
    parts = [mesh.part("buildings.walls", "facade"), *plant.parts("buildings", detail=("cylinder",))]
    if edges:
        parts.append(edge_part("buildings.edges", edges, (120, 190, 238)))
    return SceneLayer(
        id="buildings",
        kind="group",
        ids=tuple(building.id for building in buildings),
        parts=tuple(parts),
        note="windows and plant on roofs",
    )


def edge_part(layer_id: str, lines: list[np.ndarray], colour: Colour, alpha: int = 120) -> SceneLayer:
    """Thin lines one pixel wide, such as the edges of roofs."""
    return SceneLayer(
        id=layer_id,
        kind="lines",
        data={
            "points": np.concatenate(lines).astype(np.float32),
            "starts": np.cumsum([0, *map(len, lines)], dtype=np.uint32),
            "colours": np.array([[*colour, alpha]], dtype=np.uint8),
            "width_px": 1.0,
            "thin": True,
        },
    )


def _roof_plant(plant: Solids, area: shapely.Geometry, z_m: float, name: str, kind: str, row: int) -> None:
    centre, length, width, yaw = footprint_frame(area)
    if length * width < 260 or kind in ("house", "dwelling"):
        return
    chance = generator(name)
    count = int(min(2 + length * width / 900, 9))
    along = chance.uniform(-0.38, 0.38, count) * length
    across = chance.uniform(-0.34, 0.34, count) * width
    x = centre[0] + along * np.cos(yaw) - across * np.sin(yaw)
    y = centre[1] + along * np.sin(yaw) + across * np.cos(yaw)
    inside = shapely.contains_xy(shapely.buffer(area, -2.5), x, y)
    size = np.column_stack(
        [chance.uniform(2, 4.6, count), chance.uniform(1.6, 3.0, count), chance.uniform(1.0, 2.2, count)]
    )
    spot = np.column_stack([x, y, z_m + size[:, 2] * 0.5])
    plant.add("box", spot[inside], size[inside], yaw=yaw, colour=(88, 116, 146), row=row)
    fans = inside & (np.arange(count) % 2 == 0)
    plant.add(
        "cylinder",
        spot[fans] + np.array([0, 0, 1.0]) * (size[fans, 2:] * 0.5 + 0.2),
        np.column_stack([size[fans, 1] * 0.7, size[fans, 1] * 0.7, np.full(fans.sum(), 0.5)]),
        colour=(52, 72, 96),
        row=row,
    )
