# SPDX-License-Identifier: Apache-2.0
"""Step 2: blocks become lots (whole, or halved by a collector road), and lots get a purpose.

Hazardous trades go to the water and downwind, offices and services to the upwind side, with some disorder.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from geodata.demo_park.draft import Generator, Spot, rounded
from geodata.demo_park.grid import Edge, EdgeKey, Grid
from geodata.demo_park.kinds import Trade, trades_for

ARTERIAL_GAP_M = 29.0
"""From an arterial's middle to the fence: half the road, the pipe-rack corridor and a green strip."""
COLLECTOR_GAP_M = 17.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Ground between roads. Sides are south, east, north, west."""

    corners: tuple[Spot, ...]
    """On the middles of the roads around: SW, SE, NE, NW."""
    sides: tuple[EdgeKey, ...]
    column: float
    row: float
    purpose: str = "enterprise"
    trade: Trade | None = None

    @property
    def gaps_m(self) -> list[float]:
        """From each side's road middle to the fence."""
        return [COLLECTOR_GAP_M if side[0] == "C" else ARTERIAL_GAP_M for side in self.sides]

    @property
    def middle(self) -> Spot:
        """Mean of its corners."""
        return sum(c[0] for c in self.corners) / 4, sum(c[1] for c in self.corners) / 4


def _whole(grid: Grid, column: int, row: int) -> Lot:
    return Lot(
        corners=tuple(grid.corners(column, row)),
        sides=(("H", row, column), ("V", column + 1, row), ("H", row + 1, column), ("V", column, row)),
        column=column,
        row=row,
    )


def _halves(grid: Grid, lot: Lot, upright: bool, fraction: float, number: int) -> list[Lot]:
    """Cut a whole lot by a collector road that joins the arterials on two sides."""
    key: EdgeKey = ("C", number, 0)
    sw, se, ne, nw = lot.corners
    south, east, north, west = lot.sides
    if upright:
        low = grid.edges[south].join(rounded(grid.edges[south].along(fraction)))
        high = grid.edges[north].join(rounded(grid.edges[north].along(fraction)))
        grid.edges[key] = Edge(low, high, "collector", 10.0)
        return [
            Lot(corners=(sw, low, high, nw), sides=(south, key, north, west), column=lot.column, row=lot.row),
            Lot(
                corners=(low, se, ne, high),
                sides=(south, east, north, key),
                column=lot.column + 0.5,
                row=lot.row,
            ),
        ]
    left = grid.edges[west].join(rounded(grid.edges[west].along(fraction)))
    right = grid.edges[east].join(rounded(grid.edges[east].along(fraction)))
    grid.edges[key] = Edge(left, right, "collector", 10.0)
    return [
        Lot(corners=(sw, se, right, left), sides=(south, east, key, west), column=lot.column, row=lot.row),
        Lot(
            corners=(left, right, ne, nw),
            sides=(key, east, north, west),
            column=lot.column,
            row=lot.row + 0.5,
        ),
    ]


def make_lots(grid: Grid, rng: Generator) -> list[Lot]:
    """Cut blocks where needed and give every lot its purpose."""
    size = grid.size
    wholes = [_whole(grid, column, row) for row in range(size.rows) for column in range(size.columns)]
    special: dict[tuple[float, float], str] = {}
    if size.specials:
        # the service block is upwind (east) in the middle; parks lie upwind of the heart and in the north
        special[(size.columns - 1, size.rows // 2)] = "service"
        places = [
            (size.columns // 2 - 1, size.rows - 2),
            (size.columns - 4, 2),
            (3, size.rows - 3),
            (size.columns - 5, 6),
        ]
        for place in places[: size.specials - 1]:
            special[place] = "green"
    ordinary = [lot for lot in wholes if (lot.column, lot.row) not in special]
    missing = size.enterprises - len(ordinary)
    order = sorted(range(len(ordinary)), key=lambda k: (ordinary[k].row == 0, float(rng.random())))
    to_cut = set(order[: max(missing, 0)])
    reserve = set(order[len(order) + missing :]) if missing < 0 else set()
    lots: list[Lot] = []
    number = 0
    for k, lot in enumerate(ordinary):
        if k in to_cut:
            number += 1
            width = math.dist(lot.corners[0], lot.corners[1])
            depth = math.dist(lot.corners[1], lot.corners[2])
            lots += _halves(grid, lot, width > depth, float(rng.uniform(0.44, 0.56)), number)
        elif k in reserve:
            lots.append(_with(lot, "green", None))
        else:
            lots.append(lot)
    lots = _assign(lots, size.enterprises, rng)
    for lot in wholes:
        purpose = special.get((lot.column, lot.row))
        if purpose == "service":
            number += 1
            south, north = _halves(grid, lot, False, 0.5, number)
            lots += [_with(south, "fire_station", None), _with(north, "command_centre", None)]
        elif purpose is not None:
            lots.append(_with(lot, purpose, None))
    return lots


def _with(lot: Lot, purpose: str, trade: Trade | None) -> Lot:
    return Lot(
        corners=lot.corners, sides=lot.sides, column=lot.column, row=lot.row, purpose=purpose, trade=trade
    )


def _assign(lots: list[Lot], count: int, rng: Generator) -> list[Lot]:
    """Match the most hazardous trades with the lots nearest to the water and farthest downwind."""
    trades = sorted(trades_for(count), key=lambda trade: -trade.hazard + 0.2 * float(rng.random()))
    free = [k for k, lot in enumerate(lots) if lot.purpose == "enterprise"]
    rows = max(lot.row for lot in lots) + 1
    columns = max(lot.column for lot in lots) + 1

    def exposure(k: int) -> float:
        return -1.2 * lots[k].row / rows - 0.8 * lots[k].column / columns + 0.35 * float(rng.random())

    scores = {k: exposure(k) for k in free}
    for trade, k in zip(trades, sorted(free, key=lambda k: -scores[k]), strict=True):
        lots[k] = _with(lots[k], "enterprise", trade)
    return lots
