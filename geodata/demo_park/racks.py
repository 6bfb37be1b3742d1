# SPDX-License-Identifier: Apache-2.0
"""Step 7: pipe racks along arterials and inside sites, and the pipelines that lie on them.

Inside a site a rack stands in the strip that every cell leaves free beside its road; the clearance over roads is 5.5 m,
over arterials 6 m (GB 50160 asks for 5 m).
"""

from __future__ import annotations

import math

from geodata.demo_park.draft import Draft, Generator, Spot, line
from geodata.demo_park.grid import Edge, Grid
from geodata.demo_park.plants import Plants
from geodata.demo_park.plot import cross
from geodata.demo_park.sites import Site
from geodata.demo_park.stock import AMMONIA, CO, HYDROGEN, METHANE, METHANOL, PROPANE, Substance
from geodata.demo_park.tank_farms import Dike, Farm
from twin.assets import Pipeline, Rack

STRIP_M = 7.0
"""Middle of the rack strip from the middle of the inner road."""
ARTERIAL_RACK_M = 20.5
_TRUNKS: tuple[Substance, ...] = (HYDROGEN, AMMONIA, METHANE, PROPANE, METHANOL, CO)


def _offset(start: Spot, end: Spot, gap_m: float) -> tuple[Spot, Spot]:
    length = math.dist(start, end)
    nx, ny = -(end[1] - start[1]) / length * gap_m, (end[0] - start[0]) / length * gap_m
    return (start[0] + nx, start[1] + ny), (end[0] + nx, end[1] + ny)


def offset_path(path: list[Spot], gap_m: float) -> list[Spot]:
    """A line moved to its left by `gap_m`, with mitred corners."""
    sides = [_offset(p, q, gap_m) for p, q in zip(path, path[1:], strict=False)]
    inner = [cross(*one, *two) for one, two in zip(sides, sides[1:], strict=False)]
    return [sides[0][0], *inner, sides[-1][1]]


def add_trunk_racks(draft: Draft, grid: Grid, rng: Generator) -> list[list[Spot]]:
    """Racks along the chosen arterials, two pipelines on each. Returns their lines."""
    size = grid.size
    paths = [
        (f"RK-H{row}", [grid.nodes[i][row] for i in range(size.columns + 1)]) for row in grid.rack_rows
    ] + [
        (f"RK-V{column}", [grid.nodes[column][j] for j in range(size.rows + 1)])
        for column in grid.rack_columns
    ]
    made: list[list[Spot]] = []
    for number, (rack_id, path) in enumerate(paths, 1):
        rack = offset_path(path, ARTERIAL_RACK_M)
        rack[0], rack[-1] = _nearer(rack[0], rack[1], 30.0), _nearer(rack[-1], rack[-2], 30.0)
        made.append(rack)
        draft.add(
            "racks",
            Rack(
                id=rack_id,
                name=f"公共管廊{number} · trunk rack {number}",
                geometry=line(rack),
                clearance_m=6.0,
                height_m=9.5,
                width_m=6.0,
                porosity=0.8,
            ),
        )
        for k in range(2):
            substance = _TRUNKS[int(rng.integers(len(_TRUNKS)))]
            draft.add(
                "pipelines",
                Pipeline(
                    id=f"{rack_id}-P{k + 1}",
                    name=f"{substance.zh}干管 · {substance.en} main",
                    geometry=line(offset_path(rack, -1.2 + 2.4 * k)),
                    substance=substance.cas,
                    diameter_m=(0.2, 0.25, 0.3)[int(rng.integers(3))],
                    clearance_m=7.0,
                    pressure_Pa=1.6e6,
                    valves=max(2, size.columns),
                    isolation_s=180.0,
                ),
            )
    return made


def _nearer(end: Spot, towards: Spot, step_m: float) -> Spot:
    length = math.dist(end, towards)
    return (
        end[0] + (towards[0] - end[0]) / length * step_m,
        end[1] + (towards[1] - end[1]) / length * step_m,
    )


class SiteRacks:
    """Racks and pipelines of one site."""

    def __init__(self, draft: Draft, grid: Grid, site: Site, plants: Plants, rng: Generator) -> None:
        self.draft, self.grid, self.site, self.plants, self.rng = draft, grid, site, plants, rng
        self.riser = site.columns_m[site.spine_column] + STRIP_M
        self.level: dict[int, tuple[float, float]] = {}
        """Extent along a of the rack beside each row line."""
        self.number = 0

    def build(self, dikes: list[Dike]) -> None:
        """A pipeline from every dike to a unit, the racks below them, and a link to the trunk rack."""
        targets = [(unit, cell) for unit, _, cell in self.plants.holding]
        for unit, cell in targets:
            self._use(cell.row, _local_bounds(self.site, unit.geometry)[0] + 1.0)
        for dike in dikes:
            farm = dike.farm
            start = (farm.box.west, farm.box.centre[1])
            out = (farm.box.west - 3.0, start[1])
            strip = self._use(dike.cell.row, out[0])
            path = [start, out, (out[0], strip)]
            if targets:
                unit, home = targets[int(self.rng.integers(len(targets)))]
                west, south, _, _ = _local_bounds(self.site, unit.geometry)
                entry = (west + 1.0, south + 1.0)
                back = self._use(home.row, entry[0])
                path += [(self.riser, strip), (self.riser, back), (entry[0], back), entry]
            else:
                path += [(self.riser, strip)]
            self._pipeline(path, farm, dike.id)
        if self.level:
            self._add_racks()

    def _use(self, row: int, a: float) -> float:
        low, high = self.level.get(row, (self.riser, self.riser))
        self.level[row] = (min(low, a), max(high, a))
        return self.site.rows_m[row] + STRIP_M

    def _pipeline(self, path: list[Spot], farm: Farm, bund: str) -> None:
        site, substance = self.site, farm.store.substance
        self.draft.add(
            "pipelines",
            Pipeline(
                id=f"{bund}-P",
                name=f"{substance.zh}管线 · {substance.en} line",
                geometry=line(site.plot.path(path)),
                enterprise=site.id,
                substance=substance.cas,
                diameter_m=(0.08, 0.1, 0.15)[int(self.rng.integers(3))],
                clearance_m=6.0,
                pressure_Pa=max(farm.store.pressure_Pa, 4e5),
                valves=2,
                isolation_s=120.0,
            ),
        )

    def _rack(self, path: list[Spot]) -> None:
        self.number += 1
        self.draft.add(
            "racks",
            Rack(
                id=f"{self.site.id}-K{self.number}",
                name=f"厂内管廊{self.number} · pipe rack {self.number}",
                geometry=line(path),
                enterprise=self.site.id,
                clearance_m=5.5,
                height_m=8.0,
                width_m=4.0,
                porosity=0.8,
            ),
        )

    def _add_racks(self) -> None:
        site, plot = self.site, self.site.plot
        for row in sorted(self.level):
            low, high = self.level[row]
            if high - low > 10:
                b = site.rows_m[row] + STRIP_M
                self._rack(plot.path(((low - 2, b), (high + 2, b))))
        stops = [site.rows_m[row] + STRIP_M for row in sorted(self.level)]
        low, high = stops[0], stops[-1]
        far: Spot | None = None
        south, north = site.lot.sides[0], site.lot.sides[2]
        if south[0] == "H" and south[1] in self.grid.rack_rows:
            far = self._meet(self.grid.edges[south])
            path = [far, plot.at(self.riser, high)] if high > 0 else []
        elif north[0] == "H" and north[1] in self.grid.rack_rows:
            far = self._meet(self.grid.edges[north])
            path = [plot.at(self.riser, low), far]
        else:
            path = plot.path(((self.riser, low), (self.riser, high))) if high > low else []
        if path:
            self._rack(path)

    def _meet(self, edge: Edge) -> Spot:
        """Where the riser's line meets the trunk rack beside an arterial."""
        plot = self.site.plot
        one, two = _offset(edge.start, edge.end, ARTERIAL_RACK_M)
        return cross(plot.at(self.riser, 0.0), plot.at(self.riser, 10.0), one, two)


def _local_bounds(site: Site, shape: object) -> tuple[float, float, float, float]:
    spots = [site.plot.local(spot) for spot in shape.exterior.coords]  # type: ignore[attr-defined]
    across, along = [spot[0] for spot in spots], [spot[1] for spot in spots]
    return min(across), min(along), max(across), max(along)
