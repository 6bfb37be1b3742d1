# SPDX-License-Identifier: Apache-2.0
"""Step 6: buildings of the sites (offices, control rooms, warehouses, services), basins, greens and gatehouses.

Control rooms stand in the office cell, which lies upwind, and are blast resistant (GB/T 50779).
"""

from __future__ import annotations

from geodata.demo_park.draft import Draft, Generator, point
from geodata.demo_park.plants import Plants
from geodata.demo_park.plot import Box
from geodata.demo_park.sites import SIDES, Cell, Site
from twin.assets import Building, Green, Shelter, Water, WaterSource

_NAMES = {
    "office": ("办公楼", "office"),
    "control_room": ("中央控制室", "control room"),
    "canteen": ("食堂", "canteen"),
    "laboratory": ("分析化验楼", "laboratory"),
    "warehouse": ("仓库", "warehouse"),
    "workshop": ("车间", "workshop"),
    "utility": ("公用工程房", "utility building"),
    "substation": ("变电所", "substation"),
    "loading": ("装卸站台", "loading bay"),
    "gatehouse": ("门卫", "gatehouse"),
    "fire_station": ("园区特勤消防站", "park fire station"),
    "command_centre": ("应急指挥中心", "emergency command centre"),
    "clinic": ("医疗急救站", "medical station"),
    "tower": ("训练塔", "drill tower"),
    "refuge": ("有毒气体避难所", "toxic refuge"),
    "service": ("园区服务中心", "park service centre"),
}


class Builder:
    """Adds the buildings of one site."""

    def __init__(self, draft: Draft, site: Site, rng: Generator, plants: Plants, owner: str) -> None:
        self.draft, self.site, self.rng, self.plants, self.owner = draft, site, rng, plants, owner
        self.number = 0

    def build(self) -> None:
        """Everything that stands in the site's cells, by their use."""
        for door_number, door in enumerate(self.site.doors, 1):
            self._gatehouse(door_number, SIDES[door.side], door.along_m)
        for cell in self.site.cells:
            match cell.use:
                case "office":
                    self._office(cell)
                case "warehouse":
                    self._warehouses(cell)
                case "utility":
                    self._utility(cell)
                case "loading":
                    self._loading(cell)
                case "basin":
                    self._basins(cell)
                case "green":
                    self._green(cell.box, "厂内绿地 · green")
                case "fire_station" | "command_centre" if cell.row > 0:
                    self._green(cell.box, "公共绿地 · public green")
                case "fire_station":
                    self._fire_station(cell)
                case "command_centre":
                    self._command_centre(cell)

    def add(
        self, kind: str, box: Box, height: float, *, floors: int = 1, ach: float = 1.0, blast: bool = False
    ) -> Building:
        """One building on a box of plot coordinates."""
        self.number += 1
        zh, en = _NAMES[kind]
        building = Building(
            id=f"{self.site.id}-H{self.number:02d}",
            name=f"{zh} · {en}",
            geometry=self.site.plot.area(box),
            enterprise=self.owner,
            height_m=round(height, 1),
            kind=kind,
            floors=floors,
            air_changes_1_h=ach,
            control_room=kind == "control_room",
            blast_resistant=blast,
            fire_rating="II",
        )
        self.draft.add("buildings", building)
        return building

    def _gatehouse(self, number: int, side: str, along: float) -> None:
        """West or south of the access road, between ring road and fence; racks keep to the other side."""
        site = self.site
        west, east = site.columns_m[0], site.columns_m[-1]
        south, north = site.rows_m[0], site.rows_m[-1]
        near, far, half = 4.6, 8.8, 7.0
        box = {
            "south": Box(along - half - 5, south - far, along - half, south - near),
            "north": Box(along - half - 5, north + near, along - half, north + far),
            "west": Box(west - far, along - half - 5, west - near, along - half),
            "east": Box(east + near, along - half - 5, east + far, along - half),
        }[side]
        self.add("gatehouse", box, 3.6)

    def _office(self, cell: Cell) -> None:
        rng, box = self.rng, cell.box
        wide = min(box.width, float(rng.uniform(42, 60)))
        floors = int(rng.integers(3, 8))
        office = Box(box.east - wide, box.north - 17, box.east, box.north)
        self.add("office", office, floors * 3.9, floors=floors, ach=1.0)
        control = Box(box.east - 26, box.south, box.east, box.south + 20)
        self.add("control_room", control, 6.5, ach=0.3, blast=True)
        middle = box.south + 20 + (box.depth - 37) / 2
        if box.depth > 62:
            self.add(
                "laboratory", Box(box.east - 30, middle - 8, box.east, middle + 8), 9.0, floors=2, ach=6.0
            )
        canteen = Box(box.west, box.north - 16, box.west + 24, box.north)
        if canteen.east < office.west - 8:
            self.add("canteen", canteen, 6.0, ach=3.0)
        garden = Box(box.west, box.south, box.east - 34, box.north - 24)
        if garden.width > 56 and float(rng.random()) < 0.6:
            annex = Box(garden.west, garden.north - 16, garden.west + 20, garden.north)
            self.add("workshop", annex, float(rng.uniform(7, 12)), floors=2, ach=3.0)
            garden = Box(garden.west, garden.south, garden.east, annex.south - 6)
        self._green(garden, "厂前区绿地 · front garden")
        muster = ((box.west + box.east - 34) / 2, box.south + 8)
        plot, site = self.site.plot, self.site
        self.draft.add(
            "shelters",
            Shelter(
                id=f"{site.id}-M1",
                name=f"集合点 {site.id} · Assembly {site.id}",
                geometry=point(plot.at(*muster)),
                enterprise=self.owner,
                capacity=200,
                kind="muster",
            ),
        )
        self.draft.add(
            "shelters",
            Shelter(
                id=self.draft.serial(f"{site.id}-S", 1),
                name=f"避难所 {site.id} · Refuge {site.id}",
                geometry=point(plot.at(*control.centre)),
                enterprise=self.owner,
                capacity=60,
                kind="toxic_refuge",
                indoors=True,
                air_changes_1_h=0.2,
                supplies="breathing air 2 h, escape hoods",
            ),
        )

    def _warehouses(self, cell: Cell) -> None:
        rng, box = self.rng, cell.box
        deep = float(rng.uniform(22, 30))
        rows = max(1, int((box.depth + 14) // (deep + 14)))
        gap = (box.depth - rows * deep) / max(rows - 1, 1)
        for row in range(rows):
            south = box.south + row * (deep + gap)
            a = box.west
            while box.east - a > 24:
                width = min(float(rng.uniform(36, 62)), box.east - a)
                kind = "warehouse" if float(rng.random()) < 0.7 else "workshop"
                self.add(kind, Box(a, south, a + width, south + deep), float(rng.uniform(8, 14)), ach=2.0)
                a += width + float(rng.uniform(10, 16))

    def _utility(self, cell: Cell) -> None:
        rng, box = self.rng, cell.box
        self.plants.utility(Box(box.west, box.south, box.east, box.south + 14))
        self.add("substation", Box(box.west, box.north - 16, box.west + 26, box.north), 7.5, ach=2.0)
        if box.width > 70:
            west = box.west + 38
            self.add("utility", Box(west, box.north - 18, min(west + 30, box.east), box.north), 8.0, ach=2.0)
        if box.depth > 58 and float(rng.random()) < 0.75:
            self.plants.boiler(Box(box.west, box.south + 20, box.west + 32, box.north - 24))
        pool = Box(box.east - 22, box.south + 22, box.east, box.north - 26)
        if pool.depth > 6:
            self._pool(pool, "消防水池 · fire water pool", firewater=True)

    def _loading(self, cell: Cell) -> None:
        box = cell.box
        bays = max(1, int((box.depth - 20) // 22))
        for k in range(bays):
            south = box.south + 4 + 22 * k
            self.add(
                "loading", Box(box.west + 6, south, min(box.west + 52, box.east), south + 11), 7.0, ach=30.0
            )
        if box.width > 76:
            self.add("utility", Box(box.east - 18, box.south, box.east, box.south + 12), 5.0, ach=2.0)

    def _basins(self, cell: Cell) -> None:
        box = cell.box
        depth = (box.depth - 8) / 2
        for south in (box.south, box.south + depth + 8):
            self._pool(
                Box(box.west, south, box.east, south + depth), "沉淀池 · settling basin", firewater=False
            )

    def _pool(self, box: Box, name: str, firewater: bool) -> None:
        pool_id = self.draft.serial(f"{self.site.id}-W", 1)
        self.draft.add(
            "water",
            Water(
                id=pool_id, name=name, geometry=self.site.plot.area(box), enterprise=self.owner, depth_m=3.0
            ),
        )
        if firewater:
            self.draft.add(
                "water_sources",
                WaterSource(
                    id=f"{pool_id}-P",
                    name=name,
                    geometry=point(self.site.plot.at(box.west - 1.5, box.centre[1])),
                    enterprise=self.owner,
                    flow_m3_s=0.12,
                    volume_m3=round(box.width * box.depth * 2.5),
                ),
            )

    def _green(self, box: Box, name: str) -> None:
        if box.width > 8 and box.depth > 8:
            self.draft.add(
                "green",
                Green(
                    id=self.draft.serial(f"{self.site.id}-N", 1),
                    name=name,
                    geometry=self.site.plot.area(box),
                    enterprise=self.owner,
                ),
            )

    def _fire_station(self, cell: Cell) -> None:
        box = cell.box
        if cell.column == 0:
            self.add("fire_station", Box(box.west, box.north - 20, box.west + 60, box.north), 12.0, floors=3)
            self.add("tower", Box(box.west + 4, box.south, box.west + 12, box.south + 8), 26.0, floors=7)
            self._green(Box(box.west + 24, box.south, box.east, box.south + 18), "训练场 · drill ground")
            if box.width > 92:
                self.add("service", Box(box.east - 22, box.north - 36, box.east, box.north), 16.0, floors=4)
        elif cell.column == 1:
            self.add("clinic", Box(box.west, box.north - 18, box.west + 34, box.north), 9.0, floors=2)
            self.add("canteen", Box(box.east - 30, box.north - 18, box.east, box.north), 8.0, floors=2)
            self.add("warehouse", Box(box.west, box.south, box.west + 50, box.south + 24), 9.0)
            self._green(Box(box.west + 58, box.south, box.east, box.north - 26), "公共绿地 · public green")
        else:
            self._green(box, "公共绿地 · public green")

    def _command_centre(self, cell: Cell) -> None:
        box = cell.box
        if cell.column == 0:
            tall = Box(box.west, box.north - 24, box.west + 56, box.north)
            self.add("command_centre", tall, 34.0, floors=8, blast=True)
            self.add("service", Box(box.west, box.south, box.west + 44, box.south + 18), 14.0, floors=3)
            self.add("service", Box(box.east - 20, box.south, box.east, box.south + 40), 22.0, floors=5)
        elif cell.column == 1:
            self.add(
                "refuge", Box(box.west, box.south, box.west + 40, box.south + 26), 7.0, ach=0.2, blast=True
            )
            self.add("service", Box(box.east - 24, box.south, box.east, box.south + 30), 18.0, floors=4)
            self._green(Box(box.west, box.south + 38, box.east, box.north), "市民公园 · park green")
        else:
            self._green(box, "公共绿地 · public green")
