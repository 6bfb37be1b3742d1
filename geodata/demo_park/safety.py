# SPDX-License-Identifier: Apache-2.0
"""Step 8: hydrants along the roads, assembly points, toxic refuges, and what the fire station can send.

Hydrants stand 2 m off the kerb and at most 60 m (sites) to 100 m (arterials) apart (GB 50160 8.5.6).
"""

from __future__ import annotations

import math

from geodata.demo_park.draft import Draft, Generator, Spot, point
from geodata.demo_park.grid import Grid
from geodata.demo_park.plot import Box
from geodata.demo_park.racks import offset_path
from geodata.demo_park.sites import Site
from twin.assets import Hydrant, Resource, Shelter


def add_hydrants(draft: Draft, grid: Grid, sites: list[Site], rng: Generator) -> None:
    """Hydrants on both the park's and the sites' fire mains."""
    for key, edge in sorted(grid.edges.items()):
        path = [edge.start, edge.end]
        shifted = offset_path(path, -(edge.width_m / 2 + 2.0))
        joints = [math.dist(edge.start, joint) for joint in edge.joints]
        length = edge.length_m
        count = max(1, round((length - 40) / 85))
        for k in range(count):
            reach = 20 + (length - 40) * (k + 0.5) / count + float(rng.uniform(-4, 4))
            for joint in sorted(joints):
                if abs(reach - joint) < 8:
                    reach = joint + 9
            if reach < length - 12:
                _hydrant(
                    draft,
                    "",
                    _between(shifted, reach / length),
                    f"HY-{key[0]}{key[1]}-{key[2]}-{k + 1}",
                    0.06,
                )
    for site in sites:
        _site_hydrants(draft, site)


def _between(path: list[Spot], fraction: float) -> Spot:
    (x0, y0), (x1, y1) = path[0], path[-1]
    return x0 + fraction * (x1 - x0), y0 + fraction * (y1 - y0)


def _hydrant(draft: Draft, owner: str, spot: Spot, hydrant_id: str, flow_m3_s: float) -> None:
    draft.add(
        "hydrants",
        Hydrant(
            id=hydrant_id,
            name="消火栓 · hydrant",
            geometry=point(spot),
            enterprise=owner,
            flow_m3_s=flow_m3_s,
            pressure_Pa=8e5,
        ),
    )


def _site_hydrants(draft: Draft, site: Site) -> None:
    """On the free side of the inner roads, clear of crossings and gates."""
    doors = {side: [door.along_m for door in site.doors if door.side == side] for side in range(4)}
    owner = site.id if site.lot.purpose == "enterprise" else ""
    spots: list[Spot] = []
    for row, b in enumerate(site.rows_m):
        busy = doors[0] if row == 0 else []
        for low in site.columns_m[:-1]:
            a = low + 14
            if all(not along - 14 < a < along + 7 for along in busy):
                spots.append((a, b - 5.0))
    for column, a in ((0, site.columns_m[0]), (len(site.columns_m) - 1, site.columns_m[-1])):
        busy = doors[3] if column == 0 else []
        for row, (low, high) in enumerate(zip(site.rows_m, site.rows_m[1:], strict=False)):
            if (column, row) in site.holes:
                continue
            middle = (low + high) / 2
            if all(not along - 14 < middle < along + 7 for along in busy):
                spots.append((a - 5.0, middle))
    for number, (a, b) in enumerate(spots, 1):
        _hydrant(draft, owner, site.plot.at(a, b), f"{site.id}-Y{number:02d}", 0.045)


def add_resources(draft: Draft, grid: Grid, sites: list[Site]) -> None:
    """Vehicles of the fire station (of the only site in a tiny park), assembly points at the park's gates."""
    stations = [site for site in sites if site.lot.purpose == "fire_station"]
    home = stations[0] if stations else sites[0]
    plot = home.plot
    cell = home.cells[0] if stations else next(iter(home.uses("office")))
    top = cell.box.north - (24 if stations else 16.5)
    apron = Box(cell.box.west, top - 8, cell.box.west + 58, top)
    fleet = [
        ("FE", "fire_engine", "消防车 · fire engines", 4, 9.6, 3.6, 11.1, 6, 60.0),
        ("FO", "foam_engine", "泡沫消防车 · foam engines", 2, 10.8, 3.7, 10.0, 6, 90.0),
        ("GR", "gas_rescue", "气防救护车 · gas rescue", 2, 7.2, 3.1, 12.5, 4, 60.0),
        ("AM", "ambulance", "救护车 · ambulances", 2, 6.0, 2.7, 13.9, 3, 60.0),
        ("WC", "water_cannon", "移动水炮车 · water cannon", 1, 9.0, 3.5, 10.0, 4, 120.0),
    ]
    for k, (short, kind, name, count, long, high, speed, crew, ready) in enumerate(fleet):
        spot = (apron.west + 4 + 11 * k, apron.centre[1])
        draft.add(
            "resources",
            Resource(
                id=f"FS-{short}",
                name=name,
                geometry=point(plot.at(*spot)),
                kind=kind,
                count=count,
                owner="park fire station",
                vehicle_length_m=long,
                vehicle_height_m=high,
                speed_m_s=speed,
                crew=crew,
                ready_s=ready,
            ),
        )
    for k, gate in enumerate([g for g in draft.layers["gates"] if g.id.startswith("PG")], 1):
        inwards = _towards(gate.xy_m, _middle(grid), 24.0, 18.0)
        draft.add(
            "shelters",
            Shelter(
                id=f"PM{k}",
                name=f"园区集合点{k} · park assembly point {k}",
                geometry=point(inwards),
                capacity=1500,
                kind="muster",
            ),
        )
    for site in sites:
        for building in draft.layers["buildings"]:
            if building.kind == "refuge" and building.id.startswith(site.id + "-"):
                draft.add(
                    "shelters",
                    Shelter(
                        id=draft.serial(f"{site.id}-S", 1),
                        name="有毒气体避难所 · toxic refuge",
                        geometry=point(building.xy_m),
                        capacity=600,
                        kind="toxic_refuge",
                        indoors=True,
                        air_changes_1_h=0.2,
                        supplies="breathing air 4 h, escape hoods, water",
                    ),
                )


def _middle(grid: Grid) -> Spot:
    xs, ys = [spot[0] for spot in grid.boundary], [spot[1] for spot in grid.boundary]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _towards(start: Spot, target: Spot, forward_m: float, aside_m: float) -> Spot:
    length = math.dist(start, target)
    ux, uy = (target[0] - start[0]) / length, (target[1] - start[1]) / length
    return start[0] + ux * forward_m - uy * aside_m, start[1] + uy * forward_m + ux * aside_m
