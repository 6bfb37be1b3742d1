# SPDX-License-Identifier: Apache-2.0
"""Step 1: the arterial road grid, jittered, sheared and turned, with its blocks and the park's boundary.

Grid lines are straight between their crossings; other roads join an edge by adding a vertex to it, so that every road
of the park hangs together through shared vertices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.demo_park.draft import Generator, Spot, rounded
from twin.assets import Boundary

EdgeKey = tuple[str, int, int]
"""('H', row, column) runs east, ('V', column, row) north, ('C', number, 0) is a collector inside a block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a named size of the demo park means."""

    columns: int
    rows: int
    width_m: float
    depth_m: float
    enterprises: int
    specials: int
    villages: int
    cell_m: float
    margin_m: float
    """Ground around the park that the elevation raster covers."""


SIZES: dict[str, Size] = {
    "tiny": Size(
        columns=1,
        rows=1,
        width_m=330,
        depth_m=300,
        enterprises=1,
        specials=0,
        villages=1,
        cell_m=20,
        margin_m=800,
    ),
    "medium": Size(
        columns=7,
        rows=5,
        width_m=3110,
        depth_m=2310,
        enterprises=40,
        specials=2,
        villages=6,
        cell_m=10,
        margin_m=2600,
    ),
    "large": Size(
        columns=18,
        rows=14,
        width_m=9900,
        depth_m=7900,
        enterprises=250,
        specials=6,
        villages=14,
        cell_m=20,
        margin_m=3000,
    ),
}

BELT_M = 42.0
"""Green belt between the perimeter road and the boundary."""


@dataclass(slots=True)
class Edge:
    """A straight piece of arterial or collector road and the roads that join it."""

    start: Spot
    end: Spot
    kind: str
    width_m: float
    joints: list[Spot] = field(default_factory=list)

    def join(self, spot: Sequence[float]) -> Spot:
        """Make a place on the edge a vertex of it."""
        place = rounded(spot)
        self.joints.append(place)
        return place

    def path(self) -> list[Spot]:
        """All vertices from start to end."""
        dx, dy = self.end[0] - self.start[0], self.end[1] - self.start[1]
        inner = sorted(
            set(self.joints), key=lambda spot: (spot[0] - self.start[0]) * dx + (spot[1] - self.start[1]) * dy
        )
        return [self.start, *(spot for spot in inner if spot not in (self.start, self.end)), self.end]

    def along(self, fraction: float) -> Spot:
        """Place at a fraction of the edge."""
        return (
            self.start[0] + fraction * (self.end[0] - self.start[0]),
            self.start[1] + fraction * (self.end[1] - self.start[1]),
        )

    @property
    def length_m(self) -> float:
        """Distance between its ends."""
        return math.dist(self.start, self.end)


@dataclass(slots=True)
class Grid:
    """Crossings, edges and the boundary."""

    size: Size
    nodes: list[list[Spot]]
    """nodes[column][row], south-west first."""
    edges: dict[EdgeKey, Edge]
    rack_rows: tuple[int, ...]
    rack_columns: tuple[int, ...]
    boundary: list[Spot]

    def corners(self, column: int, row: int) -> list[Spot]:
        """Crossings around a block: SW, SE, NE, NW."""
        n = self.nodes
        return [n[column][row], n[column + 1][row], n[column + 1][row + 1], n[column][row + 1]]


def _steps(rng: Generator, count: int, total_m: float) -> list[float]:
    parts = rng.uniform(0.84, 1.16, count)
    stops = [0.0]
    for part in parts * (total_m / parts.sum()):
        stops.append(stops[-1] + float(part))
    return stops


def make_grid(size: Size, rng: Generator) -> Grid:
    """Lay the arterials."""
    xs, ys = _steps(rng, size.columns, size.width_m), _steps(rng, size.rows, size.depth_m)
    turn, shear = math.radians(float(rng.uniform(3.0, 8.0))), float(rng.uniform(0.02, 0.06))
    bow_m = float(rng.uniform(15.0, 35.0)) if size.rows > 1 else 0.0
    jitter_m = 9.0 if size.rows > 1 else 2.0
    cosine, sine = math.cos(turn), math.sin(turn)
    nodes: list[list[Spot]] = []
    for x in xs:
        column: list[Spot] = []
        for row, y in enumerate(ys):
            dx, dy = rng.uniform(-jitter_m, jitter_m, 2)
            # the southern line follows the shore, the bow fades towards the north
            bow = -bow_m * math.sin(math.pi * x / size.width_m) * (1 - row / max(size.rows, 1))
            px, py = x + shear * y + float(dx), y + bow + float(dy)
            column.append(
                rounded((60 + px * cosine - py * sine + size.depth_m * sine, 120 + px * sine + py * cosine))
            )
        nodes.append(column)
    main_row, main_column = max(size.rows // 2, 0), max(size.columns // 2, 0)
    edges: dict[EdgeKey, Edge] = {}
    for j in range(size.rows + 1):
        width = 24.0 if j == main_row and size.rows > 1 else 15.0
        for i in range(size.columns):
            edges["H", j, i] = Edge(nodes[i][j], nodes[i + 1][j], "arterial", width)
    for i in range(size.columns + 1):
        width = 24.0 if i == main_column and size.columns > 1 else 15.0
        for j in range(size.rows):
            edges["V", i, j] = Edge(nodes[i][j], nodes[i][j + 1], "arterial", width)
    outline = [nodes[i][0] for i in range(size.columns)]
    outline += [nodes[-1][j] for j in range(size.rows)]
    outline += [nodes[i][-1] for i in range(size.columns, 0, -1)]
    outline += [nodes[0][j] for j in range(size.rows, 0, -1)]
    return Grid(
        size=size,
        nodes=nodes,
        edges=edges,
        rack_rows=tuple(range(1, size.rows, 2)) or (0,),
        rack_columns=tuple(range(2, size.columns, 3)),
        boundary=_outset(outline, BELT_M),
    )


def _outset(outline: list[Spot], gap_m: float) -> list[Spot]:
    import shapely

    ring = shapely.Polygon(outline).buffer(gap_m, join_style="mitre").exterior
    if not ring.is_ccw:
        ring = ring.reverse()
    return [rounded(spot) for spot in list(ring.coords)[:-1]]


def boundary_record(grid: Grid, name: str) -> Boundary:
    """The park's edge as a record."""
    import shapely

    shape: Any = shapely.Polygon(grid.boundary)
    return Boundary(id="PARK", name=name, geometry=shape)
