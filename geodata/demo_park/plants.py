# SPDX-License-Identifier: Apache-2.0
"""Step 5: process units: open structures in bands, rows of columns, furnaces, flares, cooling towers and stacks.

Heights and sizes are those usual in such plants; an open structure is mostly air (porosity), a column is solid.
"""

from __future__ import annotations

from geodata.demo_park.draft import Draft, Generator
from geodata.demo_park.plot import Box
from geodata.demo_park.sites import Cell, Site
from geodata.demo_park.stock import Substance
from twin.assets import ProcessUnit

_NAMES = {
    "reaction": ("反应装置", "reaction unit"),
    "separation": ("精馏装置", "distillation unit"),
    "compression": ("压缩机厂房", "compressor house"),
    "furnace": ("加热炉", "furnace"),
    "column": ("塔器", "column"),
    "cooling_tower": ("循环水冷却塔", "cooling tower"),
    "stack": ("烟囱", "stack"),
    "flare": ("火炬", "flare"),
    "boiler": ("锅炉", "boiler"),
    "treatment": ("尾气处理", "off-gas treatment"),
}


class Plants:
    """Adds units to one site; keeps which of them hold which substance."""

    def __init__(self, draft: Draft, site: Site, rng: Generator) -> None:
        self.draft, self.site, self.rng = draft, site, rng
        self.holding: list[tuple[ProcessUnit, Substance, Cell]] = []

    def build(self) -> None:
        """All cells of the site that hold units."""
        trade = self.site.lot.trade
        if trade is None:
            return
        for number, cell in enumerate(self.site.uses("process")):
            substance = trade.process[number % len(trade.process)]
            self._process(cell, substance, trade.process)
        for cell in self.site.uses("flare"):
            self._round(cell, "flare", cell.box.centre, 1.5, float(self.rng.uniform(70, 95)), 0.0)

    def _process(self, cell: Cell, substance: Substance, substances: tuple[Substance, ...]) -> None:
        """Two bands of structures with a row of columns between them."""
        rng, box = self.rng, cell.box
        depth = box.depth
        low = Box(box.west, box.south, box.east, box.south + depth * 0.36)
        middle = Box(box.west, box.south + depth * 0.36 + 5, box.east, box.south + depth * 0.64 - 5)
        high = Box(box.west, box.south + depth * 0.64, box.east, box.north)
        for band in (low, high):
            a, first = band.west + float(rng.uniform(0, 6)), True
            while band.east - a > 14:
                width = min(float(rng.uniform(15, 34)), band.east - a)
                inner = float(rng.uniform(0.72, 1.0)) * band.depth
                south = band.south if band is low else band.north - inner
                kind = ("reaction", "separation", "compression", "treatment", "furnace")[
                    int(rng.choice(5, p=[0.38, 0.27, 0.14, 0.11, 0.10]))
                ]
                height = {"compression": (9, 14), "treatment": (10, 18), "furnace": (18, 28)}.get(
                    kind, (16, 38)
                )
                unit = self._box(
                    kind,
                    Box(a, south, a + width, south + inner),
                    float(rng.uniform(*height)),
                    0.3 if kind in ("compression", "furnace") else float(rng.uniform(0.6, 0.85)),
                    substance,
                )
                if (first and band is low) or float(rng.random()) < 0.12:
                    self.holding.append((unit, substances[int(rng.integers(len(substances)))], cell))
                    first = False
                a += width + float(rng.uniform(6, 12))
        a = middle.west + float(rng.uniform(2, 8))
        while middle.east - a > 5 and middle.depth > 4:
            radius = float(rng.uniform(1.0, 2.4))
            b = middle.centre[1] + float(rng.uniform(-0.3, 0.3)) * (middle.depth - 2 * radius)
            self._round(cell, "column", (a + radius, b), radius, float(rng.uniform(20, 58)), 0.0)
            a += 2 * radius + float(rng.uniform(4.0, 11.0)) + (14 if float(rng.random()) < 0.18 else 0)

    def utility(self, box: Box) -> None:
        """Cooling towers in a row, and a boiler with its stack."""
        rng = self.rng
        count = int(rng.integers(2, 5))
        width = min(12.0, (box.width - 3 * (count - 1)) / count)
        for k in range(count):
            west = box.west + k * (width + 3)
            self._box("cooling_tower", Box(west, box.south, west + width, box.south + 12), 13.0, 0.4, None)

    def boiler(self, box: Box) -> None:
        """A boiler house and its stack."""
        east = box.east - 9
        height = float(self.rng.uniform(22, 34))
        self._box("boiler", Box(box.west, box.south, east, box.north), height, 0.3, None)
        middle = box.centre[1]
        self._round(None, "stack", (box.east - 3.5, middle), 2.2, float(self.rng.uniform(60, 110)), 0.0)

    def _box(
        self, kind: str, box: Box, height: float, porosity: float, substance: Substance | None
    ) -> ProcessUnit:
        rng = self.rng
        unit_id = self.draft.serial(f"{self.site.id}-U")
        zh, en = _NAMES[kind]
        toxic = (
            substance is not None and substance.toxic and kind in ("reaction", "separation", "compression")
        )
        unit = ProcessUnit(
            id=unit_id,
            name=f"{zh}{unit_id.rsplit('U', 1)[1]} · {en} {unit_id.rsplit('U', 1)[1]}",
            geometry=self.site.plot.area(box),
            enterprise=self.site.id,
            height_m=round(height, 1),
            kind=kind,
            porosity=round(porosity, 2),
            hazard_source=f"{self.site.id}-MHI" if toxic else "",
            shutdown_s=120.0,
            inventory_kg=round(float(rng.uniform(800, 12000)), -2) if toxic else 0.0,
            pressure_Pa=round(float(rng.uniform(1.5e5, 1.6e6)), -3) if toxic else 101325.0,
            temperature_K=round(float(rng.uniform(310, 460)), 0) if toxic else 293.15,
        )
        self.draft.add("units", unit)
        return unit

    def _round(
        self,
        cell: Cell | None,
        kind: str,
        centre: tuple[float, float],
        radius: float,
        height: float,
        porosity: float,
    ) -> None:
        unit_id = self.draft.serial(f"{self.site.id}-U")
        zh, en = _NAMES[kind]
        self.draft.add(
            "units",
            ProcessUnit(
                id=unit_id,
                name=f"{zh}{unit_id.rsplit('U', 1)[1]} · {en} {unit_id.rsplit('U', 1)[1]}",
                geometry=self.site.plot.disc(*centre, radius),
                enterprise=self.site.id,
                height_m=round(height, 1),
                kind=kind,
                porosity=porosity,
            ),
        )
