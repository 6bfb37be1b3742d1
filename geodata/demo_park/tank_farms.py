# SPDX-License-Identifier: Apache-2.0
"""Step 4: tank farms: shells on a lattice with spacing by diameter, dikes that hold the largest tank.

Dike: `wall = V_largest / (floor - footprints of the other vertical shells) + 0.2 m`, not under the store's lowest wall
(GB 50160 6.2.11-6.2.17, 6.3.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from geodata.demo_park.draft import Draft, Generator, Spot, point
from geodata.demo_park.plot import Box
from geodata.demo_park.sites import Cell, Site
from geodata.demo_park.stock import STORES, Store
from twin.assets import Bund, Tank

BUND_GAP_M = 8.0
HIGHEST_WALL_M = 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Farm:
    """One dike and its shells."""

    box: Box
    spots: list[Spot]
    diameter_m: float
    length_m: float
    """Shell height, or a bullet's length (which lies north-south)."""
    store: Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Dike:
    """A farm as it stands in the park."""

    id: str
    cell: Cell
    farm: Farm
    tanks: tuple[Tank, ...]


def volume_m3(store: Store, diameter_m: float, length_m: float) -> float:
    """Volume of a shell; a bullet has hemispherical ends within its length."""
    if store.kind == "sphere":
        return math.pi / 6 * diameter_m**3
    if store.kind == "bullet":
        return math.pi / 4 * diameter_m**2 * (length_m - diameter_m / 3)
    return math.pi / 4 * diameter_m**2 * length_m


def wall_height_m(farm: Farm) -> float:
    """Height the dike needs to hold the largest tank beside the other shells."""
    floor = farm.box.width * farm.box.depth
    if farm.store.kind in ("fixed_roof", "floating_roof", "cryogenic"):
        floor -= (len(farm.spots) - 1) * math.pi / 4 * farm.diameter_m**2
    need = volume_m3(farm.store, farm.diameter_m, farm.length_m) / floor + 0.2
    return max(farm.store.wall_m, math.ceil(need * 10) / 10)


def lattice(store: Store, size: tuple[float, float], room: Box, rng: Generator, most: int) -> Farm | None:
    """As many shells as the room and the rules allow, in its south-west corner; None when there is no room for one."""
    diameter, length = size
    deep = length if store.kind == "bullet" else diameter
    margin = (
        max(3.5, length / 2 + 0.5)
        if store.kind in ("fixed_roof", "floating_roof")
        else max(3.5, diameter * 0.3)
    )
    pitch_a, pitch_b = diameter * (1 + store.spacing), deep + max(3.0, diameter * store.spacing)
    across = min(store.columns, int((room.width - 2 * margin - diameter) // pitch_a) + 1)
    rows = min(store.rows, int((room.depth - 2 * margin - deep) // pitch_b) + 1)
    if across < 1 or rows < 1:
        return None
    rows = min(rows, math.ceil(most / across))
    across = min(across, math.ceil(most / rows))
    loose = float(rng.uniform(1.0, 1.22))
    if across > 1:
        pitch_a = min(pitch_a * loose, (room.width - 2 * margin - diameter) / (across - 1))
    if rows > 1:
        pitch_b = min(pitch_b * loose, (room.depth - 2 * margin - deep) / (rows - 1))
    width, depth = 2 * margin + diameter + (across - 1) * pitch_a, 2 * margin + deep + (rows - 1) * pitch_b
    box = Box(room.west, room.south, room.west + width, room.south + depth)
    spots = [
        (box.west + margin + diameter / 2 + i * pitch_a, box.south + margin + deep / 2 + j * pitch_b)
        for j in range(rows)
        for i in range(across)
    ]
    if len(spots) > 4 and float(rng.random()) < 0.25:
        spots.pop()
    spots = spots[:most]
    farm = Farm(box=box, spots=spots, diameter_m=diameter, length_m=length, store=store)
    return _with_room(farm, room)


def _with_room(farm: Farm, room: Box) -> Farm | None:
    """The farm with a dike wide enough that nobody needs a wall higher than allowed: larger floor, else fewer shells."""
    if farm.store.kind == "cryogenic":
        return farm  # refrigerated tanks have a high concrete wall
    while wall_height_m(farm) > HIGHEST_WALL_M:
        box = farm.box
        wide = min(room.width, box.width * 1.08)
        deep = min(room.depth, box.depth * 1.08)
        spots = farm.spots
        if wide == box.width and deep == box.depth:
            if len(spots) == 1:
                return None
            spots = spots[:-1]
        farm = Farm(
            box=Box(box.west, box.south, box.west + wide, box.south + deep),
            spots=[(a + (wide - box.width) / 2, b + (deep - box.depth) / 2) for a, b in spots],
            diameter_m=farm.diameter_m,
            length_m=farm.length_m,
            store=farm.store,
        )
    return farm


def fill_cell(box: Box, stores: list[Store], rng: Generator, most: int = 99) -> list[Farm]:
    """Dikes in rows over the cell, taking the stores in turn until each has its number or the ground is used."""
    rows: list[list[Farm]] = []
    left = [store.most * max(1, round(box.width / 110)) for store in stores]
    south, turn, tries = box.south, 0, 0
    while south < box.north - 12 and most > 0 and tries < len(stores):
        number = turn % len(stores)
        store, turn, tries = stores[number], turn + 1, tries + 1
        west, row = box.west, list[Farm]()
        while west < box.east - 10 and min(left[number], most) > 0:
            size = store.sizes_m[int(rng.integers(len(store.sizes_m)))]
            room = Box(west, south, box.east, box.north)
            farm = lattice(store, size, room, rng, min(left[number], most))
            if farm is None:
                break
            row.append(farm)
            left[number] -= len(farm.spots)
            most -= len(farm.spots)
            west = farm.box.east + BUND_GAP_M
        if row:
            rows.append(row)
            tries, south = 0, max(farm.box.north for farm in row) + BUND_GAP_M
    if not rows:
        return []
    spare = (box.north - max(farm.box.north for farm in rows[-1])) / (len(rows) + 1)
    farms: list[Farm] = []
    for number, row in enumerate(rows, 1):
        slack = (box.east - row[-1].box.east) / (len(row) + 1)
        farms += [_moved(farm, slack * k, spare * number) for k, farm in enumerate(row, 1)]
    return farms


def _moved(farm: Farm, a: float, b: float) -> Farm:
    box = farm.box
    return Farm(
        box=Box(box.west + a, box.south + b, box.east + a, box.north + b),
        spots=[(spot[0] + a, spot[1] + b) for spot in farm.spots],
        diameter_m=farm.diameter_m,
        length_m=farm.length_m,
        store=farm.store,
    )


def add_tank_farms(draft: Draft, site: Site, rng: Generator, most: int = 99) -> list[Dike]:
    """Tanks and dikes of a site."""
    trade = site.lot.trade
    if trade is None:
        return []
    stores = [STORES[key] for key in trade.stores]
    built: list[Dike] = []
    for number, cell in enumerate(site.uses("tanks")):
        turned = stores[number % len(stores) :] + stores[: number % len(stores)]
        for farm in fill_cell(cell.box, turned, rng, most):
            bund = draft.serial(f"{site.id}-B", 1)
            tanks = _add_farm(draft, site, farm, bund, rng)
            built.append(Dike(id=bund, cell=cell, farm=farm, tanks=tanks))
    return built


def _add_farm(draft: Draft, site: Site, farm: Farm, bund: str, rng: Generator) -> tuple[Tank, ...]:
    store, plot = farm.store, site.plot
    substance = store.substance
    draft.add(
        "bunds",
        Bund(
            id=bund,
            name=f"{substance.zh}罐组围堰 · {substance.en} dike",
            geometry=plot.area(farm.box),
            enterprise=site.id,
            wall_height_m=wall_height_m(farm),
        ),
    )
    tanks: list[Tank] = []
    bullet = store.kind == "bullet"
    for a, b in farm.spots:
        tank_id = draft.serial(f"{site.id}-T")
        number = tank_id.rsplit("T", 1)[1]
        d, half = farm.diameter_m, farm.length_m / 2
        shape = plot.area(Box(a - d / 2, b - half, a + d / 2, b + half)) if bullet else point(plot.at(a, b))
        base = {"sphere": 2.5, "bullet": 1.2, "cryogenic": 0.0}.get(store.kind, 0.0)
        tanks.append(
            Tank(
                id=tank_id,
                name=f"{substance.zh}储罐{number} · {substance.en} tank {number}",
                geometry=shape,
                enterprise=site.id,
                substance=substance.cas,
                kind=store.kind,
                diameter_m=d,
                height_m=d if bullet else farm.length_m,
                length_m=farm.length_m if bullet else None,
                base_m=base,
                volume_m3=round(volume_m3(store, d, farm.length_m), 1),
                fill_fraction=round(float(rng.uniform(*store.fill)), 2),
                pressure_Pa=store.pressure_Pa,
                temperature_K=store.temperature_K,
                bund=bund,
                hazard_source=f"{site.id}-MHI" if substance.toxic or store.kind != "fixed_roof" else "",
            ),
        )
        draft.add("tanks", tanks[-1])
    return tuple(tanks)
