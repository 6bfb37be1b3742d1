# SPDX-License-Identifier: Apache-2.0
"""Step 10: people by shift.

A population area per site holds everybody of the site; the occupants of its buildings say where those indoors are. So the
sum over the areas is the number of people, and buildings are never counted on top.
"""

from __future__ import annotations

from dataclasses import replace

from geodata.demo_park.draft import Draft, Generator, polygon
from geodata.demo_park.sites import Site
from twin.assets import Building, Population

PEOPLE_PER_ENTERPRISE = 108
"""By day, on average; with those of the park itself some 4,500 in a medium park."""
_SHARE_DAY = {
    "office": 0.5,
    "control_room": 0.12,
    "laboratory": 0.14,
    "canteen": 0.04,
    "workshop": 0.2,
    "warehouse": 0.06,
    "utility": 0.03,
    "substation": 0.01,
    "gatehouse": 0.02,
    "fire_station": 1.0,
    "clinic": 0.3,
    "command_centre": 1.0,
    "service": 0.5,
    "loading": 0.02,
}
_SHARE_NIGHT = {
    "office": 0.03,
    "control_room": 0.5,
    "laboratory": 0.06,
    "workshop": 0.25,
    "utility": 0.06,
    "warehouse": 0.02,
    "gatehouse": 0.1,
    "fire_station": 1.0,
    "clinic": 0.2,
    "command_centre": 0.7,
    "substation": 0.02,
}
_SERVICE = {"fire_station": (64, 42), "command_centre": (110, 18), "green": (0, 0)}


def add_people(draft: Draft, sites: list[Site], rng: Generator) -> None:
    """Population areas, and occupants of the buildings."""
    buildings: list[Building] = draft.layers["buildings"]
    weights = {
        site.id: site.lot.trade.people_per_ha * polygon(site.fence).area * float(rng.uniform(0.8, 1.2))
        for site in sites
        if site.lot.trade is not None
    }
    staff = PEOPLE_PER_ENTERPRISE * len(weights) / sum(weights.values())
    rows: dict[str, list[int]] = {}
    for k, building in enumerate(buildings):
        rows.setdefault(building.id.rpartition("-")[0], []).append(k)
    for site in sites:
        trade = site.lot.trade
        area = polygon(site.fence)
        if trade is not None:
            day = max(12, round(staff * weights[site.id]))
            night = round(day * float(rng.uniform(0.26, 0.38)))
        else:
            day, night = _SERVICE[site.lot.purpose]
        if day == 0:
            continue
        inside_day, inside_night = 0.62, 0.7
        draft.add(
            "population",
            Population(
                id=f"{site.id}-PP",
                name=f"{site.id} 在岗人员 · staff",
                geometry=area,
                enterprise=site.id if trade is not None else "",
                people_day=day,
                people_night=night,
                mobility_reduced_fraction=0.02,
                indoors_fraction_day=inside_day,
                indoors_fraction_night=inside_night,
                schedule="day 08:00-20:00, night 20:00-08:00",
            ),
        )
        mine = rows.get(site.id, [])
        by_day = _split(round(day * inside_day), [_SHARE_DAY.get(buildings[k].kind, 0.0) for k in mine])
        by_night = _split(
            round(night * inside_night), [_SHARE_NIGHT.get(buildings[k].kind, 0.0) for k in mine]
        )
        for k, in_day, in_night in zip(mine, by_day, by_night, strict=True):
            buildings[k] = replace(buildings[k], occupants_day=in_day, occupants_night=in_night)


def _split(people: int, shares: list[float]) -> list[int]:
    """Whole people in proportion to shares, adding up (largest remainder)."""
    total = sum(shares)
    if total == 0:
        return [0] * len(shares)
    exact = [people * share / total for share in shares]
    whole = [int(value) for value in exact]
    order = sorted(range(len(shares)), key=lambda k: (whole[k] - exact[k], k))
    for k in order[: people - sum(whole)]:
        whole[k] += 1
    return whole
