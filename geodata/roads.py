# SPDX-License-Identifier: Apache-2.0
"""The road network vehicles drive on, from the road centre lines of a park.

Loose ends are joined (`linework.mend`), lines are cut where they share a vertex, one-way roads have one direction, and a pipe
rack or pipeline that crosses a road limits the height of what passes under it. Footpaths are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from geodata.linework import Floats, Way, cut_at_junctions, feet, lines_of, mend, split
from geodata.network import Network, assemble, connected_part
from twin.assets import Asset, Road
from twin.errors import Problem
from twin.park import Park

SNAP_M = 2.0
"""Default reach of a loose end; below half the narrowest gap between kerbs."""
LONGEST_EDGE_M = 100.0
DOOR_REACH_M = 60.0
"""A gate, shelter or depot this near a road gets a node on it."""
_FARTHEST_M = {
    "gates": (15.0, "N02"),
    "shelters": (60.0, "N03"),
    "hydrants": (60.0, "N04"),
    "resources": (60.0, "N05"),
}
_PLACES = ("gates", "shelters", "resources", "tanks", "buildings", "hydrants", "population")


def ways_of(roads: Sequence[Road], *, footpaths: bool) -> list[Way]:
    """Roads (and footpaths, if asked for) as ways."""
    return [
        Way(
            id=road.id,
            line_m=shapely.get_coordinates(road.geometry),
            width_m=road.width_m,
            speed_m_s=road.speed_m_s,
            oneway=road.oneway,
            max_height_m=road.max_height_m or np.inf,
            max_mass_kg=road.max_mass_kg or np.inf,
            kind=road.kind,
        )
        for road in roads
        if footpaths or road.kind != "footpath"
    ]


def under_crossings(pieces: Sequence[Way], park: Park) -> list[Way]:
    """Pieces whose height limit counts the racks and pipelines that cross them overhead."""
    over: list[tuple[shapely.Geometry, float]] = [(rack.geometry, rack.clearance_m) for rack in park.racks]
    over += [(line.geometry, line.clearance_m) for line in park.pipelines if line.clearance_m > 0]
    if not over:
        return list(pieces)
    lines = lines_of(pieces)
    crossing, crossed = shapely.STRtree(lines).query(
        np.array([geometry for geometry, _ in over], dtype=object), predicate="intersects"
    )
    limit = np.array([piece.max_height_m for piece in pieces])
    np.minimum.at(limit, crossed, np.array([clearance for _, clearance in over])[crossing])
    return [
        piece if piece.max_height_m == high else replace(piece, max_height_m=float(high))
        for piece, high in zip(pieces, limit, strict=True)
    ]


def points_of(assets: Sequence[Asset]) -> Floats:
    """A point that stands for each asset. Shapes: -> [N, 2]."""
    if not assets:
        return np.zeros((0, 2))
    shapes = np.array([asset.geometry for asset in assets], dtype=object)
    result: Floats = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return result


def drive_network(park: Park, *, snap_m: float = SNAP_M, longest_edge_m: float = LONGEST_EDGE_M) -> Network:
    """The network vehicles drive on, with the nearest node of every gate, shelter, depot, tank, building, hydrant and
    population area.

    Gates, shelters and depots within 60 m of a road get a node where they meet it; edges are no longer than
    `longest_edge_m`. What was mended or looks wrong is in `problems`.

    Raises: InputProblems when the park has no road.
    """
    ways, notes = mend(ways_of(park.roads, footpaths=False), snap_m)
    pieces, sizes, left_out = connected_part(cut_at_junctions(ways))
    doors = points_of([*park.gates, *park.shelters, *park.resources])
    cuts: dict[int, list[float]] = {}
    if len(doors):
        for piece, along, away in zip(*(column.tolist() for column in feet(pieces, doors)), strict=True):
            if away <= DOOR_REACH_M:
                cuts.setdefault(piece, []).append(along)
    pieces = [
        part for row, piece in enumerate(pieces) for part in split(piece, cuts.get(row, ()), longest_edge_m)
    ]
    network = assemble(under_crossings(pieces, park), component_sizes=sizes, problems=notes + left_out)
    for layer in _PLACES:
        assets = park.layer(layer)
        points = points_of(assets)
        network = network.with_places(
            [asset.id for asset in assets], points, problems=_too_far(layer, assets, points, pieces)
        )
    return network


def _too_far(layer: str, assets: Sequence[Asset], points: Floats, pieces: Sequence[Way]) -> list[Problem]:
    """Assets vehicles must reach that lie too far from every road."""
    if layer not in _FARTHEST_M or not assets:
        return []
    limit, code = _FARTHEST_M[layer]
    _, _, away = feet(pieces, points)
    return [
        Problem(
            what=f"is {distance:.0f} m from the nearest road",
            expected=f"at most {limit:.0f} m",
            remedy="Move it, or draw the road that leads to it.",
            code=code,
            layer=layer,
            id=asset.id,
            warning=True,
        )
        for asset, distance in zip(assets, away.tolist(), strict=True)
        if distance > limit and getattr(asset, "kind", "") != "hospital"  # hospitals are elsewhere in town
    ]
