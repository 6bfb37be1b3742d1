# SPDX-License-Identifier: Apache-2.0
"""Road centre lines as drawn, made fit for a network: mended, cut at junctions, split at doors, subdivided.

Vertices are rounded to a centimetre. A vertex used twice, or an end, is a junction; lines that merely cross are a bridge and
stay apart. A loose end closer than the tolerance to another line is joined to it (to a vertex of it when one is near enough),
and every join is reported: the tolerance must stay below half the narrowest gap between kerbs, or two roads become one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.errors import Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FOOT_GRID_M = 1.0
"""Feet of places nearer to each other than about this share one junction."""
Key = tuple[int, int]
"""A vertex, in whole centimetres east and north of the park's origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A stretch of road or path with one set of properties."""

    id: str
    line_m: Floats
    """Vertices [k, 2]."""
    width_m: float
    speed_m_s: float
    oneway: bool = False
    max_height_m: float = float("inf")
    max_mass_kg: float = float("inf")
    kind: str = "service"

    @property
    def along_m(self) -> Floats:
        """Distance of each vertex from the first."""
        line = self.line_m
        along = np.zeros(len(line))
        if len(line) == 2:  # most of them
            along[1] = math.hypot(line[1, 0] - line[0, 0], line[1, 1] - line[0, 1])
        else:
            np.cumsum(np.hypot(line[1:, 0] - line[:-1, 0], line[1:, 1] - line[:-1, 1]), out=along[1:])
        return along

    def on(self, line_m: Floats) -> Way:
        """The same way on other vertices (`dataclasses.replace`, at a third of its cost)."""
        return Way(
            id=self.id,
            line_m=line_m,
            width_m=self.width_m,
            speed_m_s=self.speed_m_s,
            oneway=self.oneway,
            max_height_m=self.max_height_m,
            max_mass_kg=self.max_mass_kg,
            kind=self.kind,
        )


def lines_of(ways: Sequence[Way]) -> NDArray[np.object_]:
    """Shapely lines of ways, made in one go. Shapes: -> [N]."""
    counts = [len(way.line_m) for way in ways]
    result: NDArray[np.object_] = shapely.linestrings(
        np.concatenate([way.line_m for way in ways]), indices=np.repeat(np.arange(len(ways)), counts)
    )
    return result


def key_of(xy_m: Floats) -> Key:
    """The centimetre a point falls on."""
    x, y = np.rint(np.asarray(xy_m, dtype=np.float64) * 100)
    return int(x), int(y)


def rounded(way: Way) -> Way | None:
    """The way on whole centimetres without repeated vertices; None when nothing is left of it."""
    line = np.rint(way.line_m[:, :2] * 100) / 100
    keep = np.ones(len(line), dtype=bool)
    np.any(line[1:] != line[:-1], axis=1, out=keep[1:])
    line = line[keep]
    return way.on(line) if len(line) >= 2 else None


def _keys(way: Way) -> list[Key]:
    return [(int(x), int(y)) for x, y in np.rint(way.line_m * 100).astype(np.int64)]


def _settled(key: Key, joined: dict[Key, Key]) -> Key:
    """Where a chain of joins ends; a ring of loose ends meets at its smallest key."""
    trail: list[Key] = []
    while key in joined:
        if key in trail:
            return min(trail[trail.index(key) :])
        trail.append(key)
        key = joined[key]
    return key


def mend(ways: Sequence[Way], snap_m: float) -> tuple[list[Way], list[Problem]]:
    """Ways whose loose ends within `snap_m` of another way are joined to it, and what was done, join by join.

    The other way's nearest vertex is taken when it lies within `snap_m` of the loose end; else the other way gets a new vertex
    at the foot of the perpendicular.
    """
    problems: list[Problem] = []
    kept: list[Way] = []
    for way in ways:
        tidy = rounded(way)
        if tidy is None:
            problems.append(
                _note(way.id, "N21", "is shorter than 1 cm and was left out", "Remove it or redraw it.")
            )
        else:
            kept.append(tidy)
    if not kept:
        return kept, problems
    uses = Counter(key for way in kept for key in _keys(way))
    loose = [
        (row, key)
        for row, way in enumerate(kept)
        for key in (_keys(way)[0], _keys(way)[-1])
        if uses[key] == 1
    ]
    if not loose:
        return kept, problems
    lines = lines_of(kept)
    points = shapely.points(np.array([key for _, key in loose], dtype=np.float64) / 100)
    ends, others = shapely.STRtree(lines).query(points, predicate="dwithin", distance=snap_m)
    gaps = shapely.distance(points[ends], lines[others])
    nearest: dict[int, tuple[float, int]] = {}
    for end, other, gap in zip(ends.tolist(), others.tolist(), gaps.tolist(), strict=True):
        if other != loose[end][0]:
            nearest[end] = min(nearest.get(end, (np.inf, -1)), (gap, other))
    joined: dict[Key, Key] = {}
    inserted: dict[int, list[tuple[float, Key]]] = {}
    for end, (gap, other) in sorted(nearest.items()):
        row, key = loose[end]
        here = np.array(key) / 100
        away = np.hypot(*(kept[other].line_m - here).T)
        best = int(np.argmin(away))
        if away[best] <= snap_m:
            target = key_of(kept[other].line_m[best])
        else:
            along = float(shapely.line_locate_point(lines[other], points[end]))
            foot = shapely.line_interpolate_point(lines[other], along)
            target = key_of(np.array([foot.x, foot.y]))
            inserted.setdefault(other, []).append((along, target))
        if target != key:
            joined[key] = target
        problems.append(
            _note(
                kept[row].id,
                "N22",
                f"ends at ({key[0] / 100:.2f}, {key[1] / 100:.2f}) {gap:.2f} m from {kept[other].id} without touching it;"
                f" it was joined to it at ({target[0] / 100:.2f}, {target[1] / 100:.2f})",
                "Snap the end to the other road, or leave more than the snap distance if they do not meet.",
            )
        )
    mended: list[Way] = []
    for row, way in enumerate(kept):
        stations = sorted(
            [*zip(way.along_m.tolist(), _keys(way), strict=True), *inserted.get(row, [])],
            key=lambda station: station[0],
        )
        keys = [_settled(key, joined) for _, key in stations]
        tidy = rounded(way.on(np.array(keys, dtype=np.float64) / 100))
        if tidy is None:
            problems.append(
                _note(way.id, "N21", "is shorter than the snap distance and vanished", "Remove or redraw it.")
            )
        else:
            mended.append(tidy)
    return mended, problems


def _note(way_id: str, code: str, what: str, remedy: str) -> Problem:
    return Problem(what=what, remedy=remedy, code=code, layer="roads", id=way_id, warning=True)


def cut_at_junctions(ways: Sequence[Way]) -> list[Way]:
    """Ways cut where they meet: each result runs from junction to junction and touches none in between."""
    uses: Counter[Key] = Counter()
    keyed = [_keys(way) for way in ways]
    for keys in keyed:
        uses.update(keys)
        uses.update((keys[0], keys[-1]))
    pieces: list[Way] = []
    for way, keys in zip(ways, keyed, strict=True):
        at = [index for index, key in enumerate(keys) if uses[key] >= 2]
        pieces += [way.on(way.line_m[a : b + 1]) for a, b in zip(at, at[1:], strict=False)]
    return pieces


def split(piece: Way, cuts_m: Sequence[float], longest_m: float) -> list[Way]:
    """A piece cut at distances along it, and then evenly until no part is longer than `longest_m`.

    A piece that ends where it begins is halved, so that no part is a loop.
    """
    along = piece.along_m
    total = float(along[-1])
    if not cuts_m and total <= longest_m and not np.array_equal(piece.line_m[0], piece.line_m[-1]):
        return [piece]
    inner = sorted({cut for cut in cuts_m if 0.0 < cut < total})
    if not inner and np.array_equal(piece.line_m[0], piece.line_m[-1]):
        inner = [total / 2]
    marks = [0.0, *inner, total]
    stops: list[float] = []
    for start, end in zip(marks, marks[1:], strict=False):
        parts = max(int(np.ceil((end - start) / (longest_m - 0.02))), 1)
        stops += [start + (end - start) * part / parts for part in range(parts)]
    stops.append(total)
    if len(stops) == 2:
        return [piece]
    at = np.array(stops)
    xy = np.column_stack([np.interp(at, along, piece.line_m[:, axis]) for axis in (0, 1)])
    xy[1:-1] = np.rint(xy[1:-1] * 100) / 100
    inside = piece.line_m[1:-1]
    parts_of: list[Way] = []
    for index, (start, end) in enumerate(zip(stops, stops[1:], strict=False)):
        line = xy[index : index + 2]
        if len(inside):
            between = inside[(along[1:-1] > start + 0.005) & (along[1:-1] < end - 0.005)]
            line = np.concatenate([line[:1], between, line[1:]])
        part = piece.on(line) if len(line) == 2 and (line[0] != line[1]).any() else rounded(piece.on(line))
        if part is not None:
            parts_of.append(part)
    return parts_of


def feet(pieces: Sequence[Way], xy_m: Floats, *, grid_m: float = FOOT_GRID_M) -> tuple[Ints, Floats, Floats]:
    """Nearest piece of each point, where along it the foot lies, and how far the point is from it.

    Feet are rounded to `grid_m` along the piece and pulled to its ends, so that neighbours share one junction.
    Shapes: xy_m [N, 2] -> piece [N], along_m [N], distance_m [N].
    """
    lines = lines_of(pieces)
    points = shapely.points(xy_m)
    rows, near = shapely.STRtree(lines).query_nearest(points, all_matches=True)
    order = np.lexsort((near, rows))
    rows, near = rows[order], near[order]
    first = np.concatenate(([True], np.diff(rows) != 0))
    piece = near[first].astype(np.int64)
    total = shapely.length(lines[piece])
    along = np.rint(shapely.line_locate_point(lines[piece], points) / grid_m) * grid_m
    along = np.where(along < grid_m, 0.0, np.where(along > total - grid_m, total, along))
    return piece, along, shapely.distance(lines[piece], points)
