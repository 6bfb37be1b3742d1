# SPDX-License-Identifier: Apache-2.0
"""Step 9: gas detectors at sources and fences, tank instruments, the weather mast, and their HJ 212 addresses.

A data logger is an MN of 24 hexadecimal digits: 'D0E1' + park + enterprise + kind + number. It never carries the same
factor twice and at most 24 items, so that a frame stays below the 950 bytes of HJ 212.
"""

from __future__ import annotations

import math

from geodata.demo_park.draft import Draft, Generator, Spot, point
from geodata.demo_park.grid import Grid
from geodata.demo_park.plants import Plants
from geodata.demo_park.plot import Box
from geodata.demo_park.sites import Site
from geodata.demo_park.stock import (
    AMMONIA,
    BENZENE,
    CHLORINE,
    CO,
    H2S,
    HCL,
    HYDROGEN,
    METHANE,
    SO2,
    Substance,
)
from geodata.demo_park.tank_farms import Dike
from twin.assets import Sensor, Tank

MOST_ITEMS = 24
_LIGHT = {AMMONIA, METHANE, HYDROGEN, CO}
_GAS, _TANK, _MET = 1, 2, 3
TANK_FACTORS = {"level": "e1", "pressure": "e2", "temperature": "e3"}
"""Invented factor codes of tank instruments: these and a running number of four digits."""


class Loggers:
    """Hands out (MN, factor) pairs that are unique and keep loggers small."""

    def __init__(self) -> None:
        self.used: dict[tuple[int, int], list[set[str]]] = {}

    def address(self, enterprise: str, kind: int, factor: str) -> str:
        """MN of the first logger of the enterprise with room for the factor."""
        number = int(enterprise[1:]) if enterprise else 0
        loggers = self.used.setdefault((number, kind), [])
        for index, factors in enumerate(loggers, 1):
            if factor not in factors and len(factors) < MOST_ITEMS:
                factors.add(factor)
                return self._mn(number, kind, index)
        loggers.append({factor})
        return self._mn(number, kind, len(loggers))

    @staticmethod
    def _mn(number: int, kind: int, index: int) -> str:
        return f"D0E100320600{number:04X}{kind:02X}{index:06X}"


class Sensing:
    """Adds all sensors of a park."""

    def __init__(self, draft: Draft, grid: Grid, rng: Generator) -> None:
        self.draft, self.grid, self.rng = draft, grid, rng
        self.loggers = Loggers()

    def site(self, site: Site, plants: Plants, dikes: list[Dike]) -> None:
        """Detectors around dikes, at units that hold gas and along the fence; instruments of pressure vessels."""
        toxic: list[Substance] = []
        for dike in dikes:
            self._dike(site, dike)
            if dike.farm.store.substance.toxic and dike.farm.store.substance not in toxic:
                toxic.append(dike.farm.store.substance)
        for unit, substance, _ in plants.holding:
            west, south, _, _ = unit.geometry.bounds
            middle = unit.geometry.centroid
            corner = unit.geometry.exterior.coords[0]
            away = math.dist((middle.x, middle.y), corner)
            spot = (
                corner[0] + (corner[0] - middle.x) / away * 1.5,
                corner[1] + (corner[1] - middle.y) / away * 1.5,
            )
            self._gas(site, substance, spot, f"{unit.id}")
            if substance.toxic and substance not in toxic:
                toxic.append(substance)
        self._fence(site, toxic[:1])

    def _dike(self, site: Site, dike: Dike) -> None:
        farm = dike.farm
        box, substance = farm.box, farm.store.substance
        a, b = box.centre
        places = [(box.west - 1.0, b), (box.east + 1.0, b), (a, box.south - 1.0), (a, box.north + 1.0)]
        count = 4 if substance.toxic and farm.store.pressurised else 2
        turn = int(self.rng.integers(2))
        for place in places if count == 4 else places[2 * turn : 2 * turn + 2]:
            self._gas(site, substance, site.plot.at(*place), dike.id)
        if farm.store.pressurised:
            for tank in dike.tanks:
                self._tank(tank, site.id)

    def _gas(self, site: Site | None, substance: Substance, spot: Spot, source: str) -> None:
        owner = site.id if site is not None and site.lot.purpose == "enterprise" else ""
        prefix = f"{site.id if site else 'PARK'}-D"
        sensor_id = self.draft.serial(prefix)
        self.draft.add(
            "sensors",
            Sensor(
                id=sensor_id,
                name=f"{substance.zh.removeprefix('液')}探测器 {source} · {substance.en} detector {source}",
                geometry=point(spot),
                enterprise=owner,
                kind="gas",
                quantity="concentration",
                unit=substance.unit,
                substance=substance.cas,
                height_m=2.5 if substance in _LIGHT else 0.5,
                range_min=0.0,
                range_max=float(substance.range_max),
                alarm_1=float(substance.alarm_1),
                alarm_2=float(substance.alarm_2),
                response_s=float(substance.response_s),
                hj212_mn=self.loggers.address(owner, _GAS, substance.factor),
                hj212_factor=substance.factor,
            ),
        )

    def _fence(self, site: Site, substances: list[Substance]) -> None:
        """One place per side, 1.5 m inside the fence and away from the gates."""
        for side in range(4):
            corner, after = site.fence[side], site.fence[(side + 1) % 4]
            length = math.dist(corner, after)
            ux, uy = (after[0] - corner[0]) / length, (after[1] - corner[1]) / length
            busy = [math.dist(door.gate, corner) for door in site.doors if door.side == side]
            reach = length / 2
            while any(abs(reach - stop) < 18 for stop in busy):
                reach += 20
            spot = (corner[0] + ux * reach - uy * 1.5, corner[1] + uy * reach + ux * 1.5)
            for substance in substances:
                self._gas(site, substance, spot, f"{site.id} 厂界")

    def _tank(self, tank: Tank, owner: str) -> None:
        high = 4.0e6 if tank.pressure_Pa > 1e6 else 1.6e6
        celsius = tank.temperature_K - 273.15
        rows = [
            ("level", "液位", "%", 0.0, 100.0, 85.0, 90.0) if tank.fill_fraction > 0 else None,
            ("pressure", "压力", "kPa", 0.0, high / 1000, *_pressure_alarms(tank)),
            ("temperature", "温度", "degC", celsius - 40.0, celsius + 60.0, celsius + 20.0, celsius + 30.0)
            if tank.kind != "bullet" or tank.substance == CHLORINE.cas
            else None,
        ]
        number = self.draft.serial(f"{owner}-instrument", 4).rsplit("instrument", 1)[1]
        for row in rows:
            if row is None:
                continue
            quantity, zh, unit, low, top, first, second = row
            factor = TANK_FACTORS[quantity] + number
            self.draft.add(
                "sensors",
                Sensor(
                    id=f"{tank.id}-{quantity[0].upper()}",
                    name=f"{tank.id} {zh} · {tank.id} {quantity}",
                    geometry=point(tank.xy_m),
                    enterprise=owner,
                    kind="tank",
                    quantity=quantity,
                    unit=unit,
                    substance=tank.substance,
                    height_m=round(tank.base_m + tank.height_m / 2, 1),
                    range_min=round(low, 2),
                    range_max=round(top, 2),
                    alarm_1=round(first, 2),
                    alarm_2=round(second, 2),
                    response_s=2.0,
                    tank=tank.id,
                    hj212_mn=self.loggers.address(owner, _TANK, factor),
                    hj212_factor=factor,
                ),
            )

    def boundary(self) -> None:
        """Stations just inside the park's boundary that watch six gases."""
        import shapely

        ring = shapely.Polygon(self.grid.boundary).buffer(-12.0, join_style="mitre").exterior
        approaches = [road.geometry for road in self.draft.layers["roads"] if road.id.startswith("RD-X")]
        count = 8 if self.grid.size.rows < 10 else 16
        if self.grid.size.rows == 1:
            count = 2
        for k in range(count):
            place = ring.interpolate((k + 0.37) / count, normalized=True)
            if min(shapely.distance(place, road) for road in approaches) < 14.0:
                place = ring.interpolate((k + 0.37) / count + 40.0 / ring.length, normalized=True)
            for substance in (CHLORINE, AMMONIA, H2S, SO2, HCL, BENZENE)[: 1 if count == 2 else 6]:
                self._gas(None, substance, (place.x, place.y), f"园区边界{k + 1}")

    def mast(self, site: Site) -> None:
        """The weather mast, on open ground of the fire station's site."""
        cell = site.cells[0]
        box = cell.box
        place = Box(box.west, box.south, box.east, box.north - 38).centre
        spot = site.plot.at(place[0] - 6.0, place[1] + 4.0)
        rows = [
            ("WS", "wind_speed", "风速", "m/s", 0.0, 60.0, "a01007", 10.0),
            ("WD", "wind_from", "风向", "deg", 0.0, 360.0, "a01008", 10.0),
            ("TA", "air_temperature", "气温", "degC", -40.0, 60.0, "a01001", 2.0),
            ("RH", "relative_humidity", "相对湿度", "%", 0.0, 100.0, "a01002", 2.0),
            ("PA", "air_pressure", "气压", "kPa", 80.0, 110.0, "a01006", 2.0),
        ]
        for short, quantity, zh, unit, low, high, factor, height in rows:
            self.draft.add(
                "sensors",
                Sensor(
                    id=f"MET-{short}",
                    name=f"气象站{zh} · weather mast {quantity.replace('_', ' ')}",
                    geometry=point(spot),
                    kind="met",
                    quantity=quantity,
                    unit=unit,
                    height_m=height,
                    range_min=low,
                    range_max=high,
                    response_s=1.0 if short in ("WS", "WD") else 30.0,
                    hj212_mn=self.loggers.address("", _MET, factor),
                    hj212_factor=factor,
                ),
            )


def _pressure_alarms(tank: Tank) -> tuple[float, float]:
    kilopascal = tank.pressure_Pa / 1000
    return kilopascal * 1.25, kilopascal * 1.4
