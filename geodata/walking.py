# SPDX-License-Identifier: Apache-2.0
"""The network people walk on: roads and footpaths in both directions, and a way to them from every place people are.

A place is joined to the nearest road edge by a straight connector that crosses no fence; where a fence is in the way, through
the gates of that fence. It is a graph of centre lines with widths for queues, not the open space of a crowd model: a connector
may cross a neighbour's footprint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from geodata.linework import Floats, Way, cut_at_junctions, feet, key_of, mend, split
from geodata.network import Network, assemble, connected_part
from geodata.roads import SNAP_M, points_of, ways_of
from twin.assets import Asset
from twin.errors import Problem
from twin.park import Park

LONGEST_EDGE_M = 60.0
CONNECTOR_WIDTH_M = 2.0
_DOOR_GRID_M = 4.0
"""Connectors that meet a road nearer to each other than about this meet it in one junction."""
WALKING_SPEED_M_S = 1.34
"""Free walking speed on the level: Weidmann (1993), Transporttechnik der Fussgaenger (from memory)."""
_PLACES = ("gates", "shelters", "buildings", "population", "units", "tanks", "resources")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A place people are or go to."""

    id: str
    layer: str
    enterprise: str
    width_m: float


def walk_network(park: Park, *, snap_m: float = SNAP_M, longest_edge_m: float = LONGEST_EDGE_M) -> Network:
    """The network people walk on, with a node at every gate, shelter, building, population area, unit, tank and depot.

    All edges run both ways; none is longer than `longest_edge_m`. `kinds` says 'connector' for the way between a place and
    the network and 'gate' for the way through a gate (as wide as the gate).

    Raises: InputProblems when the park has no road and no footpath.
    """
    ways, notes = mend(ways_of(park.roads, footpaths=True), snap_m)
    walkable = [
        replace(way, oneway=False, speed_m_s=WALKING_SPEED_M_S, max_height_m=np.inf, max_mass_kg=np.inf)
        for way in ways
    ]
    pieces, sizes, left_out = connected_part(cut_at_junctions(walkable))
    assets = [(layer, asset) for layer in _PLACES for asset in park.layer(layer)]
    if not assets:
        parts = [part for piece in pieces for part in split(piece, (), longest_edge_m)]
        return assemble(parts, component_sizes=sizes, problems=notes + left_out)
    places = [
        _Place(id=asset.id, layer=layer, enterprise=asset.enterprise, width_m=_width_of(asset))
        for layer, asset in assets
    ]
    xy_m = np.rint(points_of([asset for _, asset in assets]) * 100) / 100
    piece, along, _ = feet(pieces, xy_m, grid_m=_DOOR_GRID_M)
    foot_m = _at(pieces, piece, along)
    through, unreached = _through_gates(places, xy_m, foot_m, park)
    cuts: dict[int, list[float]] = {}
    connectors: list[Way] = []
    for row, place in enumerate(places):
        if row in through:
            ends = [(xy_m[gate], CONNECTOR_WIDTH_M) for gate in through[row]]
        else:
            ends = [(foot_m[row], place.width_m)]
            cuts.setdefault(int(piece[row]), []).append(float(along[row]))
        for end, width_m in ends:
            if key_of(end) != key_of(xy_m[row]):
                connectors.append(
                    Way(
                        id=place.id,
                        line_m=np.array([xy_m[row], end]),
                        width_m=width_m,
                        speed_m_s=WALKING_SPEED_M_S,
                        kind="gate" if place.layer == "gates" else "connector",
                    )
                )
    parts = [
        part
        for row, road in enumerate(pieces)
        for part in split(road, sorted(cuts.get(row, ())), longest_edge_m)
    ]
    parts += [part for connector in connectors for part in split(connector, (), longest_edge_m)]
    network = assemble(parts, component_sizes=sizes, problems=[*notes, *left_out, *unreached])
    return network.with_places([place.id for place in places], xy_m)


def _width_of(asset: Asset) -> float:
    return float(getattr(asset, "width_m", CONNECTOR_WIDTH_M))


def _at(pieces: Sequence[Way], piece: np.ndarray, along_m: Floats) -> Floats:
    """Point at a distance along each piece, on whole centimetres, exactly where `split` cuts. Shapes: -> [N, 2]."""
    points = np.empty((len(piece), 2))
    for row, (number, at) in enumerate(zip(piece.tolist(), along_m.tolist(), strict=True)):
        way = pieces[number]
        stations = way.along_m
        end = len(stations) - 1 if at >= stations[-1] else 0
        points[row] = (
            way.line_m[end]
            if at <= 0.0 or at >= stations[-1]
            else [np.interp(at, stations, way.line_m[:, axis]) for axis in (0, 1)]
        )
    result: Floats = np.rint(points * 100) / 100
    return result


def _through_gates(
    places: Sequence[_Place], xy_m: Floats, foot_m: Floats, park: Park
) -> tuple[dict[int, list[int]], list[Problem]]:
    """Places whose way to the road a fence bars: the rows of up to two nearest gates that can be reached instead."""
    gates = np.array([row for row, place in enumerate(places) if place.layer == "gates"], dtype=np.intp)
    if not park.fences or not len(gates):
        return {}, []
    fences = shapely.STRtree(np.array([fence.geometry for fence in park.fences], dtype=object))
    others = np.array([row for row, place in enumerate(places) if place.layer != "gates"], dtype=np.intp)
    if not len(others):
        return {}, []
    barred = others[_crosses(fences, xy_m[others], foot_m[others])]
    if not len(barred):
        return {}, []
    away = np.hypot(*(xy_m[barred][:, None] - xy_m[gates][None]).transpose(2, 0, 1))
    near = np.argsort(away, axis=1, kind="stable")[:, :8]
    origin = np.repeat(xy_m[barred], near.shape[1], axis=0)
    target = xy_m[gates[near.ravel()]]
    clear = np.array([places[row].width_m / 2 + 1.0 for row in gates[near.ravel()]])
    gap = np.maximum(np.hypot(*(target - origin).T), 1e-9)
    short = origin + (target - origin) * np.maximum(1.0 - clear / gap, 0.0)[:, None]
    free = ~_crosses(fences, origin, short).reshape(near.shape)
    through: dict[int, list[int]] = {}
    problems: list[Problem] = []
    for number, row in enumerate(barred.tolist()):
        reached = [int(gate) for gate in gates[near[number][free[number]]]][:2]
        if reached:
            through[row] = reached
        else:
            problems.append(
                Problem(
                    what="has a fence between it and the nearest road, and no gate of that fence in straight reach;"
                    " people walk straight through the fence there",
                    remedy="Draw the gate, or a footpath that leads to it.",
                    code="N26",
                    layer=places[row].layer,
                    id=places[row].id,
                    warning=True,
                )
            )
    return through, problems


def _crosses(fences: shapely.STRtree, start_m: Floats, end_m: Floats) -> np.ndarray:
    """Whether a straight way meets a fence. Shapes: start_m, end_m [N, 2] -> bool [N]."""
    ways = shapely.linestrings(np.stack([start_m, end_m], axis=1))
    result = np.zeros(len(start_m), dtype=bool)
    result[fences.query(ways, predicate="intersects")[0]] = True
    return result
