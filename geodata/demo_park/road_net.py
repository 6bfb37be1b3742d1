# SPDX-License-Identifier: Apache-2.0
"""Roads of the park itself: arterials, collectors, park gates with their approach roads, and the park fence."""

from __future__ import annotations

import math

from geodata.demo_park.draft import Draft, Spot, line, point, rounded
from geodata.demo_park.grid import Grid
from twin.assets import Fence, Gate, Road

_SPEED_M_S = {"arterial": 11.1, "collector": 8.3}
_SIDE_NAMES = {"W": ("西", "West"), "E": ("东", "East"), "N": ("北", "North")}


def add_roads(draft: Draft, grid: Grid) -> None:
    """Arterials and collectors, one record per piece between two crossings, joints included."""
    for (family, one, two), edge in sorted(grid.edges.items()):
        zh, en = {"H": ("横路", "street"), "V": ("纵路", "avenue"), "C": ("支路", "collector")}[family]
        draft.add(
            "roads",
            Road(
                id=f"RD-{family}{one}-{two}",
                name=f"{one + 1}号{zh} · {en.capitalize()} {one + 1}",
                geometry=line(edge.path()),
                width_m=edge.width_m,
                speed_m_s=_SPEED_M_S[edge.kind],
                kind=edge.kind,
            ),
        )


def add_park_gates(draft: Draft, grid: Grid) -> list[tuple[str, Spot]]:
    """Gates where crossings of the outer road continue outwards. Returns their side and the approach road's far end."""
    size, n = grid.size, grid.nodes
    ends: list[tuple[str, Spot, Spot, float]] = [
        ("W", n[1][size.rows // 2], n[0][size.rows // 2], 620.0),
        ("E", n[-2][size.rows // 2], n[-1][size.rows // 2], 700.0),
    ]
    if size.rows > 1:
        ends += [
            ("N", n[size.columns // 2][-2], n[size.columns // 2][-1], 800.0),
            ("N", n[1][-2], n[1][-1], 560.0),
            ("E", n[-2][size.rows - 1], n[-1][size.rows - 1], 520.0),
        ]
    openings: list[Spot] = []
    far_ends: list[tuple[str, Spot]] = []
    for number, (side, before, node, length) in enumerate(ends, 1):
        gate, far = _outwards(grid.boundary, before, node, length)
        openings.append(gate)
        far_ends.append((side, far))
        zh, en = _SIDE_NAMES[side]
        draft.add(
            "gates",
            Gate(
                id=f"PG{number}",
                name=f"园区{zh}卡口{number} · {en} park gate {number}",
                geometry=point(gate),
                width_m=16.0,
                controlled_by="park command centre",
            ),
        )
        draft.add(
            "roads",
            Road(
                id=f"RD-X{number}",
                name=f"园区{zh}进出道路{number} · {en} approach {number}",
                geometry=line((node, gate, far)),
                width_m=14.0,
                speed_m_s=13.9,
                kind="arterial",
            ),
        )
    _add_park_fence(draft, grid.boundary, openings)
    return far_ends


def _outwards(boundary: list[Spot], before: Spot, node: Spot, length_m: float) -> tuple[Spot, Spot]:
    """Where the line from `before` through `node` leaves the park, and a place farther out."""
    length = math.dist(before, node)
    unit = ((node[0] - before[0]) / length, (node[1] - before[1]) / length)
    best = math.inf
    for p, q in zip(boundary, [*boundary[1:], boundary[0]], strict=True):
        ex, ey = q[0] - p[0], q[1] - p[1]
        det = ex * unit[1] - ey * unit[0]
        if abs(det) < 1e-9:
            continue
        t = (ex * (p[1] - node[1]) - ey * (p[0] - node[0])) / det
        s = (unit[0] * (p[1] - node[1]) - unit[1] * (p[0] - node[0])) / det
        if t > 0 and 0 <= s <= 1:
            best = min(best, t)
    gate = rounded((node[0] + unit[0] * best, node[1] + unit[1] * best))
    far = (node[0] + unit[0] * (best + length_m), node[1] + unit[1] * (best + length_m))
    return gate, rounded(far)


def _add_park_fence(draft: Draft, boundary: list[Spot], openings: list[Spot]) -> None:
    """A fence on the boundary, open 16 m wide at the gates."""
    import shapely
    from shapely.ops import substring

    ring = shapely.LineString([*boundary, boundary[0]])
    stops = sorted(ring.project(shapely.Point(gate)) for gate in openings)
    for number, (stop, after) in enumerate(zip(stops, [*stops[1:], stops[0] + ring.length], strict=True), 1):
        start, end = stop + 8.0, after - 8.0
        if end <= ring.length:
            coords = list(substring(ring, start, end).coords)
        else:
            coords = list(substring(ring, start, ring.length).coords)
            coords += list(substring(ring, 0.0, end - ring.length).coords)[1:]
        draft.add("fences", Fence(id=f"PF{number}", geometry=line(coords), height_m=2.6))
