# SPDX-License-Identifier: Apache-2.0
"""Step 3: every lot becomes a fenced site with gates, inner roads and cells of ground with a use.

Cells keep 11 m from the middle of the road on their west and south sides (a strip for pipe racks) and 7 m on the other
two (hydrants), so nothing that is built later in a cell can touch a road, a rack or another cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from geodata.demo_park.draft import Draft, Generator, Spot, line, point, polygon, rounded
from geodata.demo_park.grid import Grid
from geodata.demo_park.lots import Lot
from geodata.demo_park.plot import Box, Plot, cross, inset_ring, plot_in
from twin.assets import Enterprise, Fence, Gate, Road

RACK_SIDE_M = 11.0
FREE_SIDE_M = 7.0
ROAD_WIDTH_M = 6.0
RING_M = 6.0
"""The ring road's middle runs so far inside the plot, which itself keeps 6 m from the fence."""
SIDES = ("south", "east", "north", "west")


@dataclass(slots=True)
class Cell:
    """Ground between inner roads."""

    box: Box
    use: str
    column: int
    row: int


@dataclass(slots=True)
class Door:
    """A gate as laid out: on which side, where along the inner ring, and its places in the park."""

    side: int
    along_m: float
    inside: Spot
    gate: Spot
    outside: Spot
    width_m: float
    main: bool


@dataclass(slots=True)
class Site:
    """A fenced lot."""

    id: str
    lot: Lot
    fence: list[Spot]
    plot: Plot
    columns_m: list[float]
    rows_m: list[float]
    cells: list[Cell] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)
    holes: set[tuple[int, int]] = field(default_factory=set)
    """(column line, row) pieces of north-south inner roads that were built over."""
    spine_row: int = 0
    """Inner road (row line) that carries the pipe rack."""
    spine_column: int = 0

    def uses(self, *names: str) -> list[Cell]:
        """Cells with one of these uses."""
        return [cell for cell in self.cells if cell.use in names]


def _stops(rng: Generator, length_m: float, pitch_m: float) -> list[float]:
    count = max(1, round((length_m - 2 * RING_M) / pitch_m))
    step = (length_m - 2 * RING_M) / count
    inner = [RING_M + step * k + float(rng.uniform(-0.07, 0.07)) * step for k in range(1, count)]
    return [round(stop, 2) for stop in (RING_M, *inner, length_m - RING_M)]


def make_site(draft: Draft, grid: Grid, lot: Lot, site_id: str, rng: Generator) -> Site:
    """Fence, inner roads, cells and gates of one lot."""
    fence = [rounded(spot) for spot in inset_ring(lot.corners, lot.gaps_m)]
    plot = plot_in(fence, 6.0)
    site = Site(
        id=site_id,
        lot=lot,
        fence=fence,
        plot=plot,
        columns_m=_stops(rng, plot.width_m, 128.0),
        rows_m=_stops(rng, plot.depth_m, 118.0),
    )
    for row in range(len(site.rows_m) - 1):
        for column in range(len(site.columns_m) - 1):
            site.cells.append(Cell(_cell_box(site, column, column, row), "free", column, row))
    _choose_uses(site, rng)
    _choose_spine(site)
    _merge_cells(site, rng)
    _make_doors(site, grid, rng)
    return site


def _cell_box(site: Site, first: int, last: int, row: int) -> Box:
    return Box(
        site.columns_m[first] + RACK_SIDE_M,
        site.rows_m[row] + RACK_SIDE_M,
        site.columns_m[last + 1] - FREE_SIDE_M,
        site.rows_m[row + 1] - FREE_SIDE_M,
    )


def _choose_uses(site: Site, rng: Generator) -> None:
    """Offices upwind (east), tanks to the water (south) and downwind, process between, the rest by trade."""
    trade = site.lot.trade
    if trade is None:
        for cell in site.cells:
            cell.use = site.lot.purpose
        return
    rows, columns = len(site.rows_m) - 1, len(site.columns_m) - 1
    east = [cell for cell in site.cells if cell.column == columns - 1]
    office = east[int(rng.integers(len(east)))] if rows > 1 else east[0]
    office.use = "office"
    rest = [cell for cell in site.cells if cell is not office]
    noise = {id(cell): float(rng.uniform(0, 0.9)) for cell in rest}
    rest.sort(key=lambda cell: cell.row / rows + 0.5 * cell.column / columns + 0.4 * noise[id(cell)])
    tanks = min(len(rest), max(1, round(trade.tank_share * len(site.cells))))
    process = min(len(rest) - tanks, round(trade.process_share * len(site.cells) + 0.2 * float(rng.random())))
    extras = [trade.extras[k % len(trade.extras)] for k in range(len(rest))]
    uses = ["tanks"] * tanks + ["process"] * process + extras
    for cell, use in zip(rest, uses, strict=False):
        cell.use = use


def _choose_spine(site: Site) -> None:
    """The inner east-west road with most tanks and process beside it carries the rack."""
    weight = {"process": 2, "tanks": 1}

    def value(line_no: int) -> int:
        return sum(weight.get(cell.use, 0) for cell in site.cells if cell.row in (line_no - 1, line_no))

    inner = range(1, len(site.rows_m) - 1) if len(site.rows_m) > 2 else range(0, 1)
    site.spine_row = max(inner, key=lambda line_no: (value(line_no), -line_no))
    site.spine_column = min(len(site.columns_m) - 2, max(0, len(site.columns_m) // 2 - 1))


def _merge_cells(site: Site, rng: Generator) -> None:
    """Neighbouring tank or warehouse cells sometimes become one long one; the road between is given up."""
    merged: list[Cell] = []
    for cell in site.cells:
        last = merged[-1] if merged else None
        if (
            last is not None
            and cell.use in ("tanks", "warehouse", "green", "basin")
            and last.use == cell.use
            and last.row == cell.row
            and last.column == cell.column - 1
            and cell.column != site.spine_column
            and (last.box.width < 130)
            and float(rng.random()) < 0.5
        ):
            last.box = _cell_box(site, last.column, cell.column, cell.row)
            site.holes.add((cell.column, cell.row))
            last.column = cell.column
        else:
            merged.append(cell)
    site.cells = merged


def _make_doors(site: Site, grid: Grid, rng: Generator) -> None:
    """A main gate near the offices and at least one more on another side."""
    plot, size = site.plot, grid.size
    offices = site.uses("office") or site.cells
    order = [int(k) for k in rng.permutation(4)]
    main = 1 if float(rng.random()) < 0.6 else order[0]
    others = [side for side in order if side != main]
    if size.columns == 1 and size.rows == 1:
        main, others = 1, [3]
    sides = [main, *others[: 2 if len(site.cells) >= 9 else 1]]
    for number, side in enumerate(sides):
        level = side in (0, 2)
        stops = site.columns_m if level else site.rows_m
        inner = stops[1:-1] or [(stops[0] + stops[-1]) / 2]
        target = offices[0].box.centre[0 if level else 1]
        along = (
            min(inner, key=lambda stop: abs(stop - target))
            if number == 0
            else inner[int(rng.integers(len(inner)))]
        )
        edge_b = {0: site.rows_m[0], 1: site.columns_m[-1], 2: site.rows_m[-1], 3: site.columns_m[0]}[side]
        here = (along, edge_b) if level else (edge_b, along)
        step = {0: (0.0, -30.0), 1: (30.0, 0.0), 2: (0.0, 30.0), 3: (-30.0, 0.0)}[side]
        start, ahead = plot.at(*here), plot.at(here[0] + step[0], here[1] + step[1])
        corner, after = site.fence[side], site.fence[(side + 1) % 4]
        far, further = site.lot.corners[side], site.lot.corners[(side + 1) % 4]
        site.doors.append(
            Door(
                side=side,
                along_m=along,
                inside=rounded(start),
                gate=rounded(cross(start, ahead, corner, after)),
                outside=grid.edges[site.lot.sides[side]].join(cross(start, ahead, far, further)),
                width_m=10.0 if number == 0 else 12.0,
                main=number == 0,
            )
        )


def add_site(draft: Draft, site: Site, name: str, enterprise: bool) -> None:
    """Records of the site itself: area, fences, gates, inner and access roads."""
    trade = site.lot.trade
    owner = site.id if enterprise else ""
    zh, _, en = name.partition(" · ")
    if enterprise:
        draft.add(
            "enterprises",
            Enterprise(
                id=site.id,
                name=name,
                geometry=polygon(site.fence),
                risk_level=trade.risk if trade else "",
                kind=trade.key if trade else site.lot.purpose,
            ),
        )
    for number, door in enumerate(site.doors, 1):
        word = ("主出入口", "main gate") if door.main else (f"物流口{number}", f"goods gate {number}")
        draft.add(
            "gates",
            Gate(
                id=f"{site.id}-G{number}",
                name=f"{site.id} {word[0]} · {site.id} {word[1]}",
                geometry=point(door.gate),
                enterprise=owner,
                width_m=door.width_m,
                controlled_by=f"{site.id} gatehouse {number}",
            ),
        )
        draft.add(
            "roads",
            Road(
                id=f"{site.id}-A{number}",
                name=f"{zh}进厂路{number} · {en} access {number}",
                geometry=line((door.inside, door.gate, door.outside)),
                enterprise=owner,
                width_m=8.0,
                speed_m_s=5.6,
                kind="service",
            ),
        )
    _add_fences(draft, site, owner)
    _add_inner_roads(draft, site, owner, zh, en)


def _add_fences(draft: Draft, site: Site, owner: str) -> None:
    """The fence line, open at the gates."""
    pieces: list[list[Spot]] = [[]]
    for side in range(4):
        corner, after = site.fence[side], site.fence[(side + 1) % 4]
        length = math.dist(corner, after)
        unit = ((after[0] - corner[0]) / length, (after[1] - corner[1]) / length)
        pieces[-1].append(corner)
        for door in sorted(
            (d for d in site.doors if d.side == side), key=lambda d: math.dist(d.gate, corner)
        ):
            reach, half = math.dist(door.gate, corner), door.width_m / 2
            pieces[-1].append((corner[0] + unit[0] * (reach - half), corner[1] + unit[1] * (reach - half)))
            pieces.append([(corner[0] + unit[0] * (reach + half), corner[1] + unit[1] * (reach + half))])
    pieces[0] = pieces.pop() + pieces[0] if len(pieces) > 1 else [*pieces[0], pieces[0][0]]
    for number, piece in enumerate(pieces, 1):
        draft.add(
            "fences", Fence(id=f"{site.id}-F{number}", geometry=line(piece), enterprise=owner, height_m=2.4)
        )


def _add_inner_roads(draft: Draft, site: Site, owner: str, zh: str, en: str) -> None:
    """Ring and inner roads, cut where cells were merged, with a vertex wherever another road meets."""
    plot = site.plot
    lines: list[list[Spot]] = []
    for k, b in enumerate(site.rows_m):
        extra = [door.along_m for door in site.doors if door.side == (0 if k == 0 else 2)]
        extra = extra if k in (0, len(site.rows_m) - 1) else []
        lines.append(plot.path((a, b) for a in sorted({*site.columns_m, *extra})))
    for k, a in enumerate(site.columns_m):
        extra = [door.along_m for door in site.doors if door.side == (3 if k == 0 else 1)]
        extra = extra if k in (0, len(site.columns_m) - 1) else []
        run: list[Spot] = []
        for row in range(len(site.rows_m) - 1):
            low, high = site.rows_m[row], site.rows_m[row + 1]
            if (k, row) in site.holes:
                if len(run) > 1:
                    lines.append(plot.path(run))
                run = []
                continue
            stops = [low, *sorted(stop for stop in extra if low < stop < high), high]
            run += [(a, b) for b in stops if not run or run[-1] != (a, b)]
        if len(run) > 1:
            lines.append(plot.path(run))
    for number, path in enumerate(lines, 1):
        draft.add(
            "roads",
            Road(
                id=f"{site.id}-R{number:02d}",
                name=f"{zh}厂内路{number} · {en} inner road {number}",
                geometry=line(path),
                enterprise=owner,
                width_m=ROAD_WIDTH_M,
                speed_m_s=4.2,
                kind="service",
                max_height_m=None,
            ),
        )
