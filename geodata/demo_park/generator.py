# SPDX-License-Identifier: Apache-2.0
"""`generate`: all steps in order, from a size and a seed to a park in memory.

The place is a stretch of coast near 120.9 E, 32.5 N on which nothing of this exists. The prevailing wind is from the
east, along the shore: offices are on the upwind side, tank farms towards the water in the south and downwind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.crs import frame_at
from geodata.demo_park.buildings import Builder
from geodata.demo_park.draft import Draft, streams
from geodata.demo_park.grid import SIZES, Grid, boundary_record, make_grid
from geodata.demo_park.ground import make_ground
from geodata.demo_park.lots import Lot, make_lots
from geodata.demo_park.names import PARK_NAME, stems
from geodata.demo_park.people import add_people
from geodata.demo_park.plants import Plants
from geodata.demo_park.racks import SiteRacks, add_trunk_racks
from geodata.demo_park.road_net import add_park_gates, add_roads
from geodata.demo_park.safety import add_hydrants, add_resources
from geodata.demo_park.sensing import Sensing
from geodata.demo_park.sites import Site, add_site, make_site
from geodata.demo_park.surroundings import (
    add_green,
    add_hospital_shelter,
    add_receptors,
    add_water,
    make_shore,
)
from geodata.demo_park.tank_farms import add_tank_farms
from twin.errors import did_you_mean, problem
from twin.park import LAYERS, Park

PLACE_DEG = (120.9, 32.5)
PREVAILING_WIND_FROM_DEG = 95.0
_TINY_TANKS = 6
_SERVICE_NAMES = {
    "fire_station": ("FS", "园区特勤消防站 · Park fire station"),
    "command_centre": ("CC", "园区应急指挥中心 · Park command centre"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPark:
    """A generated park and its ground."""

    park: Park
    elevation_m: NDArray[np.float64]
    """[y, x] at the middles of the cells, row 0 is the southernmost."""
    cell_m: float
    west_m: float
    """Western edge of the raster in the park frame."""
    north_m: float
    """Northern edge of the raster in the park frame."""
    size: str
    seed: int
    prevailing_wind_from_deg: float = PREVAILING_WIND_FROM_DEG


def generate(size: str = "medium", seed: int = 7) -> DemoPark:
    """An invented chemical park: equal sizes and seeds give equal parks.

    Raises: InputProblems for a size that does not exist, or a negative seed.

    Examples:
        >>> demo = generate("tiny", 1)
        >>> len(demo.park.enterprises)
        1
    """
    if size not in SIZES:
        raise problem(f"there is no size '{size}'", did_you_mean(size, list(SIZES)), field="size")
    if seed < 0:
        raise problem(f"seed is {seed}", "Give a whole number that is not negative.", field="seed")
    rngs = streams(seed)
    measures = SIZES[size]
    grid = make_grid(measures, rngs["grid"])
    lots = make_lots(grid, rngs["lots"])
    draft = Draft(frame=frame_at(*PLACE_DEG))
    draft.add("boundary", boundary_record(grid, PARK_NAME))
    sites = _make_sites(draft, grid, lots, rngs)
    loose = Sensing(draft, grid, rngs["sensors"])
    for site in sites:
        farms = add_tank_farms(draft, site, rngs["tanks"], _TINY_TANKS if size == "tiny" else 99)
        plants = Plants(draft, site, rngs["plants"])
        plants.build()
        owner = site.id if site.lot.trade is not None else ""
        Builder(draft, site, rngs["buildings"], plants, owner).build()
        SiteRacks(draft, grid, site, plants, rngs["racks"]).build(farms)
        loose.site(site, plants, farms)
    add_trunk_racks(draft, grid, rngs["racks"])
    add_roads(draft, grid)
    add_park_gates(draft, grid)
    add_hydrants(draft, grid, sites, rngs["hydrants"])
    add_resources(draft, grid, sites)
    loose.boundary()
    loose.mast(next((site for site in sites if site.id == "FS"), sites[0]))
    add_people(draft, sites, rngs["people"])
    shore = make_shore(grid, rngs["surroundings"])
    sea = add_water(draft, grid, shore)
    add_receptors(draft, grid, sea, rngs["surroundings"])
    add_hospital_shelter(draft)
    add_green(draft, grid, lots, sites, rngs["surroundings"])
    elevation_m, west_m, north_m = make_ground(grid, shore, rngs["terrain"])
    layers: dict[str, Any] = {name: tuple(draft.layers.get(name, ())) for name in LAYERS}
    park = Park(
        id=f"demo-{size}-{seed}",
        name=PARK_NAME,
        frame=draft.frame,
        **layers,
    )
    return DemoPark(
        park=park,
        elevation_m=elevation_m,
        cell_m=measures.cell_m,
        west_m=west_m,
        north_m=north_m,
        size=size,
        seed=seed,
    )


def _make_sites(
    draft: Draft, grid: Grid, lots: list[Lot], rngs: dict[str, np.random.Generator]
) -> list[Site]:
    """Enterprises numbered from the south-west, then the service sites; green blocks are no sites."""
    sites: list[Site] = []
    ours = [lot for lot in lots if lot.trade is not None]
    ours.sort(key=lambda lot: (lot.row, lot.column))
    for number, (lot, stem) in enumerate(zip(ours, stems(len(ours), rngs["names"]), strict=True), 1):
        assert lot.trade is not None
        digits = 2 if len(ours) < 100 else 3
        site = make_site(draft, grid, lot, f"E{number:0{digits}d}", rngs["sites"])
        add_site(draft, site, f"{stem[0]}{lot.trade.zh} · {stem[1]} {lot.trade.en}", True)
        sites.append(site)
    for lot in lots:
        if lot.purpose in _SERVICE_NAMES:
            site_id, name = _SERVICE_NAMES[lot.purpose]
            site = make_site(draft, grid, lot, site_id, rngs["sites"])
            add_site(draft, site, name, False)
            sites.append(site)
    return sites
