# SPDX-License-Identifier: Apache-2.0
"""What lies between the plants: roads and their markings, fences, gates, hydrants, shelters, water, trees and lamps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from twin.park import Park
from viewer.layers.buildings import edge_part
from viewer.layers.message import SceneLayer
from viewer.layers.routes import BOUNDARY, lines_layer
from viewer.layers.solids import Solids, Triangles, generator, outlines
from viewer.layers.terrain import Surface, lamp_places, water_level_m

MAX_TREES = 6500


def road_layer(park: Park) -> SceneLayer:
    """Markings of the roads, which the client paints along them; the surface itself is in the ground's picture."""
    roads = [
        road
        for road in park.roads
        if road.kind != "footpath" and road.width_m >= 5 and road.geometry.length > 1
    ]
    pieces = _between_crossings([road.geometry for road in roads], np.array([road.width_m for road in roads]))
    lines = [shapely.get_coordinates(shapely.segmentize(piece, 30.0)) for piece, _ in pieces]
    points = np.concatenate(lines) if lines else np.zeros((0, 2))
    return SceneLayer(
        id="roads",
        kind="lines",
        drape=True,
        data={
            "style": "road",
            "points": np.column_stack([points, np.full(len(points), 0.07)]).astype(np.float32),
            "starts": np.cumsum([0, *map(len, lines)], dtype=np.uint32),
            "widths": [width for _, width in pieces],
        },
    )


def _between_crossings(
    lines: list[shapely.Geometry], width_m: np.ndarray
) -> list[tuple[shapely.Geometry, float]]:
    """Lines without the parts that lie on other lines' roads, and their widths."""
    if not lines:
        return []
    bodies = shapely.buffer(lines, width_m / 2 + 1.5, cap_style="flat")
    tree = shapely.STRtree(bodies)
    one, other = tree.query(np.asarray(lines, dtype=object), predicate="intersects")
    pieces: list[tuple[shapely.Geometry, float]] = []
    for number, line in enumerate(lines):
        others = other[(one == number) & (other != number)]
        left = shapely.difference(line, shapely.union_all(bodies[others])) if len(others) else line
        for part in shapely.get_parts(left):
            if part.length > 6:
                pieces.append((part, float(width_m[number])))
    return pieces


def fence_layer(park: Park, surface: Surface) -> SceneLayer:
    """Fences as see-through mesh, gates with their posts and boom."""
    mesh = Triangles()
    if park.fences:
        lines = shapely.segmentize([fence.geometry for fence in park.fences], 30.0)
        coordinates, line = shapely.get_coordinates(lines, return_index=True)
        z = surface.z(coordinates)
        low = np.full(len(park.fences), np.inf)
        np.minimum.at(low, line, z)
        # fences follow the ground piece by piece: every segment is its own wall
        start = np.flatnonzero(line[1:] == line[:-1])
        pairs = np.stack([coordinates[start], coordinates[start + 1]], axis=1).reshape(-1, 2)
        base = np.minimum(z[start], z[start + 1])
        height = np.array([fence.height_m for fence in park.fences])[line[start]]
        mesh.walls(
            pairs, np.repeat(np.arange(len(start)), 2), base, base + height, (150, 182, 214, 120), line[start]
        )
    return SceneLayer(
        id="fences",
        kind="group",
        ids=tuple(fence.id for fence in park.fences),
        parts=(mesh.part("fences.mesh", "fence"),),
    )


def gate_layer(park: Park, surface: Surface) -> SceneLayer:
    """Gates: two posts and a boom, across the nearest road."""
    solids = Solids()
    roads = shapely.STRtree([road.geometry for road in park.roads]) if park.roads else None
    for row, gate in enumerate(park.gates):
        x, y = gate.xy_m
        z = float(surface.z(np.array([[x, y]]))[0])
        yaw = 0.0
        if roads is not None:
            line = park.roads[int(roads.nearest(shapely.Point(x, y)))].geometry
            at = line.project(shapely.Point(x, y))
            one, two = line.interpolate(max(at - 2, 0)), line.interpolate(at + 2)
            yaw = float(np.arctan2(two.y - one.y, two.x - one.x)) + np.pi / 2
        half = np.array([np.cos(yaw), np.sin(yaw)]) * gate.width_m / 2
        posts = np.array([[x + half[0], y + half[1], z + 1.4], [x - half[0], y - half[1], z + 1.4]])
        solids.add("box", posts, [0.9, 0.9, 2.8], yaw=yaw, colour=(255, 206, 84), row=row)
        solids.add(
            "box",
            [x, y, z + 5.4],
            [gate.width_m + 1.6, 0.5, 0.7],
            yaw=yaw,
            colour=(66, 190, 255),
            alpha=254,
            row=row,
        )
        solids.add("box", posts + [0, 0, 2.4], [0.5, 0.5, 2.4], yaw=yaw, colour=(120, 150, 180), row=row)
        solids.add("glow", [x, y, z + 6.2], [5.0] * 3, colour=(90, 200, 255), row=row)
    return SceneLayer(
        id="gates", kind="group", ids=tuple(gate.id for gate in park.gates), parts=solids.parts("gates")
    )


def hydrant_layer(park: Park, surface: Surface) -> SceneLayer:
    """Hydrants and other places to draw water from."""
    places = (*park.hydrants, *park.water_sources)
    solids = Solids()
    xy = np.array([place.xy_m for place in places], dtype=np.float64).reshape(-1, 2)
    rows = np.arange(len(places))
    base = np.column_stack([xy, surface.z(xy)]) if len(xy) else np.zeros((0, 3))
    solids.add("cylinder", base + [0, 0, 0.75], [0.5, 0.5, 1.5], colour=(232, 62, 58), row=rows)
    solids.add("box", base + [0, 0, 1.05], [1.0, 0.3, 0.3], colour=(245, 190, 70), row=rows)
    return SceneLayer(
        id="hydrants", kind="group", ids=tuple(place.id for place in places), parts=solids.parts("hydrants")
    )


def shelter_layer(park: Park, surface: Surface) -> SceneLayer:
    """Assembly points and refuges as lit pads."""
    return _pads(
        "shelters",
        [
            (s.id, s.geometry if s.geometry.geom_type != "Point" else s.geometry.buffer(14.0, quad_segs=5))
            for s in park.shelters
        ],
        surface,
        (38, 230, 150),
    )


def receptor_layer(park: Park, surface: Surface) -> SceneLayer:
    """Sensitive places outside, marked on the ground, with houses for looks."""
    pads = _pads("receptors", [(r.id, r.geometry) for r in park.receptors], surface, (255, 186, 84))
    solids = Solids()
    for row, place in enumerate(park.receptors):
        if place.kind == "water_intake":
            continue
        chance = generator(place.id)
        large = place.kind in ("school", "hospital")
        west, south, east, north = place.geometry.bounds
        step = 48.0 if large else 27.0
        x, y = (
            part.ravel()
            for part in np.meshgrid(np.arange(west + 8, east, step), np.arange(south + 8, north, step))
        )
        xy = np.column_stack([x, y]) + chance.uniform(-3, 3, (len(x), 2))
        xy = xy[shapely.contains_xy(place.geometry.buffer(-6), xy[:, 0], xy[:, 1])]
        size = np.column_stack(
            [chance.uniform(9, 14, len(xy)), chance.uniform(8, 10, len(xy)), chance.uniform(4, 7, len(xy))]
        )
        size *= (2.4, 1.7, 2.2) if large else (1.0, 1.0, 1.0)
        yaw = chance.choice([0.1, 0.16, 1.7], len(xy))
        base = np.column_stack([xy, surface.z(xy)])
        solids.add("box", base + size * [0, 0, 0.5], size, yaw=yaw, colour=(70, 86, 108), row=row)
        roof = size * [1.1, 1.15, 0.34]
        solids.add("roof", base + size * [0, 0, 1], roof, yaw=yaw, colour=(98, 78, 80), row=row)
        lit = chance.random(len(xy)) < 0.6
        solids.add("glow", base[lit] + [0, 0, 3], [4.0] * 3, colour=(255, 214, 150), row=row)
    return replace(pads, parts=(*pads.parts, *solids.parts("receptors")), note="houses in villages")


def water_layer(park: Park, surface: Surface) -> SceneLayer:
    """Seas, rivers and ponds as level surfaces."""
    mesh = Triangles()
    if park.water:
        levels = np.array([water_level_m(surface, water.geometry) for water in park.water])
        areas = [water.geometry for water in park.water]
        mesh.areas(areas, levels, (12, 54, 94, 255), np.arange(len(areas)))
    return SceneLayer(
        id="water",
        kind="group",
        ids=tuple(water.id for water in park.water),
        parts=(mesh.part("water.level", "water"),),
    )


def tree_layer(park: Park, surface: Surface) -> SceneLayer:
    """Trees on planted ground, on a jittered grid; nearer ones of two kinds. They are for looks."""
    area = sum(green.geometry.area for green in park.green)
    step = max(np.sqrt(area / MAX_TREES), 9.0)
    spots: list[np.ndarray] = []
    for green in park.green:
        west, south, east, north = green.geometry.bounds
        x, y = np.meshgrid(np.arange(west + step / 3, east, step), np.arange(south + step / 3, north, step))
        chance = generator(green.id)
        xy = np.column_stack([x.ravel(), y.ravel()]) + chance.uniform(-0.36, 0.36, (x.size, 2)) * step
        spots.append(xy[shapely.contains_xy(green.geometry, xy[:, 0], xy[:, 1])])
    xy = np.concatenate(spots) if spots else np.zeros((0, 2))
    roads = [shapely.buffer(road.geometry, road.width_m / 2 + 1.5, quad_segs=2) for road in park.roads]
    if roads and len(xy):
        hit, _ = shapely.STRtree(roads).query(shapely.points(xy), predicate="intersects")
        xy = np.delete(xy, np.unique(hit), axis=0)
    chance = generator("trees")
    chance.shuffle(xy)
    height = chance.uniform(4.0, 9.0, len(xy))
    round_crown = chance.random(len(xy)) < 0.4
    tint = np.column_stack(
        [chance.uniform(34, 66, len(xy)), chance.uniform(104, 142, len(xy)), chance.uniform(56, 84, len(xy))]
    )
    solids = Solids()
    base = np.column_stack([xy, surface.z(xy) - 0.2])
    for shape, chosen, wide in (("tree_cone", ~round_crown, 0.5), ("tree_round", round_crown, 0.72)):
        crown = height[chosen] * wide
        solids.add(
            shape, base[chosen], np.column_stack([crown, crown, height[chosen]]),
            yaw=chance.uniform(0, 6.28, int(chosen.sum())), colour=tint[chosen],
        )  # fmt: skip
    return SceneLayer(
        id="trees", kind="group", parts=solids.parts("trees"), note="single trees on planted ground"
    )


def lamp_layer(park: Park, surface: Surface) -> SceneLayer:
    """Road lamps. They are for looks."""
    lamps = lamp_places(park)
    solids = Solids()
    base = np.column_stack([lamps[:, :2], surface.z(lamps[:, :2])])
    solids.add("lamp", base, [1, 1, 1], yaw=lamps[:, 2], colour=(96, 120, 146))
    lean = np.column_stack([np.cos(lamps[:, 2]), np.sin(lamps[:, 2])]) * 1.7
    head = np.column_stack([lamps[:, :2] + lean, base[:, 2] + 7.9])
    solids.add("glow", head, [2.3] * 3, colour=(255, 206, 140))
    return SceneLayer(
        id="lamps", kind="group", parts=solids.parts("lamps", detail=("lamp",)), note="road lamps"
    )


def boundary_layer(park: Park) -> SceneLayer:
    """The park's edge as a line of light, and the edges of its enterprises more faintly."""
    edge = {
        f"{asset.id}:{number}" if number else asset.id: shapely.get_coordinates(part.exterior)
        for asset in park.boundary
        for number, part in enumerate(getattr(asset.geometry, "geoms", (asset.geometry,)))
    }
    plots: list[np.ndarray] = []
    if park.enterprises:
        coordinates, ring, _ = outlines([enterprise.geometry for enterprise in park.enterprises])
        for line in np.split(coordinates, np.flatnonzero(np.diff(ring)) + 1):
            plots.append(np.column_stack([line, np.full(len(line), 0.4)]))
    parts: list[SceneLayer] = []
    if edge:
        parts.append(
            lines_layer(
                edge, layer_id="boundary.edge", colours=BOUNDARY, width_px=2.4, glow=0.7, height_m=0.8
            )
        )
    if plots:
        parts.append(edge_part("boundary.plots", plots, (72, 138, 190), 80))
    return SceneLayer(id="boundary", kind="group", parts=tuple(parts), drape=True)


def _pads(
    layer_id: str, areas: list[tuple[str, shapely.Geometry]], surface: Surface, colour: tuple[int, int, int]
) -> SceneLayer:
    mesh = Triangles()
    edges: list[np.ndarray] = []
    if areas:
        shapes = [area for _, area in areas]
        coordinates, ring, owner = outlines(shapes)
        z = surface.z(coordinates)
        high = np.full(len(areas), -np.inf)
        np.maximum.at(high, owner[ring], z)
        mesh.areas(shapes, high + 0.25, (*colour, 60), np.arange(len(areas)))
        mesh.walls(coordinates, ring, high[owner] + 0.1, high[owner] + 5.0, (*colour, 110), owner)
        for line, area in zip(np.split(coordinates, np.flatnonzero(np.diff(ring)) + 1), owner, strict=True):
            edges.append(np.column_stack([line, np.full(len(line), high[area] + 0.4)]))
    parts = [mesh.part(f"{layer_id}.pads", "pad")]
    if edges:
        parts.append(edge_part(f"{layer_id}.edges", edges, colour, 220))
    return SceneLayer(id=layer_id, kind="group", ids=tuple(name for name, _ in areas), parts=tuple(parts))
