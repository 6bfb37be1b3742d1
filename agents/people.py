# SPDX-License-Identifier: Apache-2.0
"""The people of a park as arrays: where they are, how fast they walk, how long they hesitate, what they have
breathed.

One row per person, never one object per person. Who is there follows from the shift; who they are is drawn
once from stated distributions, so that equal seeds give equal people. What they do is `agents.crowd`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.assets import Building, Population, Receptor
from twin.clock import local_hour
from twin.park import Park

if TYPE_CHECKING:
    from geodata.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

STATES = ("normal", "reacting", "moving", "sheltering", "safe", "incapacitated", "dead")
NORMAL, REACTING, MOVING, SHELTERING, SAFE, INCAPACITATED, DEAD = range(len(STATES))

DAY_SHIFT_H = (8.0, 20.0)
"""Local hours of the day shift, from and to."""

WALKING_MEAN_M_S = 1.34
WALKING_SD_M_S = 0.26
"""Free walking speed on the level: normal, Weidmann (1993), Transporttechnik der Fussgaenger; cut at 2.5
sd."""
REDUCED_SPEED_M_S = (0.46, 0.76)
"""Range of people of limited mobility, uniform: RiMEA guideline table of walking speeds (test 7)."""

STAFF_DELAY = (3.44, 0.94, 300.0)
"""ln-median, ln-sd [ln s] and cut [s] of trained people: IMO MSC.1/Circ.1238 annex 2, day case."""
PUBLIC_DELAY = (4.586, 0.967, 3600.0)
"""The same of untrained people: fit in NIST TN 1822; the cut at one hour is ours."""
CONTROL_ROOM_FACTOR = 0.5
"""Delay of control room staff over that of other staff. Our assumption: they see the alarm arise; no
source."""
OPEN_AIR_CHANGES_1_H = 1.0
"""Air change rate of a building that is not described: mid of 0.3-2 /h for closed industrial buildings; our
assumption."""


@dataclass(slots=True, kw_only=True)
class People:
    """Everybody, one row each [N]."""

    node: Ints
    """Node of the walking network they start from."""
    xy_m: Floats
    """Where they are at the start [N, 2]."""
    indoors: Flags
    air_changes_1_h: Floats
    """Of the building they are in; 0 outdoors."""
    delay_s: Floats
    """From understanding the warning to setting off."""
    speed_m_s: Floats
    """Free walking speed."""
    mobility_reduced: Flags
    place: Ints
    """Index into `places`: the building or area they belong to."""
    enterprise: Ints
    """Index into `enterprises`."""
    places: tuple[str, ...]
    enterprises: tuple[str, ...]
    state: NDArray[np.uint8]
    toxic_load: Floats
    """ppm^n min so far."""

    def __len__(self) -> int:
        return len(self.node)


def is_day(t_s: float) -> bool:
    """Whether the day shift is on."""
    return DAY_SHIFT_H[0] <= local_hour(t_s) < DAY_SHIFT_H[1]


def truncated_lognormal(uniform: Floats, ln_median: float, ln_sd: float, highest: float) -> Floats:
    """Values of a lognormal law cut at `highest`, from uniform numbers (inverse of its distribution
    function).

    Examples:
        >>> round(float(truncated_lognormal(np.array([0.5]), 3.44, 0.94, 300.0)[0]), 1)  # IMO day case, 31.187 uncut
        30.9
    """
    from scipy.special import ndtr, ndtri

    share = ndtr((np.log(highest) - ln_median) / ln_sd)
    result: Floats = np.exp(ln_median + ln_sd * ndtri(np.clip(uniform, 1e-12, 1.0) * share))
    return result


def walking_speeds(reduced: Flags, uniform: Floats) -> Floats:
    """Free walking speeds from uniform numbers. Shapes: [N], [N] -> [N]."""
    from scipy.special import ndtr, ndtri

    edge = float(ndtr(2.5))
    normal = ndtri((1.0 - edge) + uniform * (2.0 * edge - 1.0))
    low, high = REDUCED_SPEED_M_S
    result: Floats = np.where(
        reduced, low + uniform * (high - low), WALKING_MEAN_M_S + WALKING_SD_M_S * normal
    )
    return result


def draw_people(
    xy_m: Floats,
    node: Ints,
    rng: np.random.Generator,
    *,
    indoors: Flags | None = None,
    air_changes_1_h: Floats | None = None,
    reduced: Flags | None = None,
    public: Flags | None = None,
    control_room: Flags | None = None,
    place: Ints | None = None,
    enterprise: Ints | None = None,
    places: tuple[str, ...] = ("",),
    enterprises: tuple[str, ...] = ("",),
) -> People:
    """People at given places with speeds and delays drawn from the distributions above. Shapes: xy_m [N, 2],
    others [N]."""
    count = len(node)
    no = np.zeros(count, dtype=bool)
    inside = no if indoors is None else indoors
    slow = no if reduced is None else reduced
    speed = walking_speeds(slow, rng.random(count))
    uniform = rng.random(count)
    delay = np.where(
        no if public is None else public,
        truncated_lognormal(uniform, *PUBLIC_DELAY),
        truncated_lognormal(uniform, *STAFF_DELAY),
    )
    if control_room is not None:
        delay = np.where(control_room, CONTROL_ROOM_FACTOR * delay, delay)
    rate = np.full(count, OPEN_AIR_CHANGES_1_H) if air_changes_1_h is None else air_changes_1_h
    zeros = np.zeros(count, dtype=np.int64)
    return People(
        node=np.asarray(node, dtype=np.int64),
        xy_m=np.asarray(xy_m, dtype=np.float64).reshape(count, 2),
        indoors=inside.copy(),
        air_changes_1_h=np.where(inside, rate, 0.0),
        delay_s=delay,
        speed_m_s=speed,
        mobility_reduced=slow.copy(),
        place=zeros if place is None else place,
        enterprise=zeros if enterprise is None else enterprise,
        places=places,
        enterprises=enterprises,
        state=np.zeros(count, dtype=np.uint8),
        toxic_load=np.zeros(count),
    )


def _inside(
    geometry: shapely.Geometry, count: int, rng: np.random.Generator, solids: shapely.STRtree | None = None
) -> Floats:
    """Points spread evenly over an area, outside solid things where there is room. Shapes: -> [count, 2]."""
    west, south, east, north = geometry.bounds
    shapely.prepare(geometry)
    found = np.empty((0, 2))
    for attempt in range(100):
        if len(found) >= count:
            break
        batch = rng.random((2 * (count - len(found)) + 8, 2)) * (east - west, north - south) + (west, south)
        batch = batch[shapely.contains_xy(geometry, batch)]
        if solids is not None and attempt < 50:
            hit, _ = solids.query(shapely.points(batch), predicate="intersects")
            batch = np.delete(batch, hit, axis=0)
        found = np.concatenate([found, batch])
    if len(found) < count:  # a sliver: its own point will do
        point = geometry.representative_point()
        found = np.concatenate([found, np.tile((point.x, point.y), (count - len(found), 1))])
    return found[:count]


def _solids(park: Park) -> shapely.STRtree:
    """Footprints nobody in the open stands in: buildings and tanks."""
    tanks = [
        tank.geometry.buffer(tank.diameter_m / 2) if tank.geometry.geom_type == "Point" else tank.geometry
        for tank in park.tanks
    ]
    return shapely.STRtree([building.geometry for building in park.buildings] + tanks)


def _share(total: int, weights: Floats) -> Ints:
    """Whole numbers that add to `total`, in proportion to weights (largest remainders, ties to the first)."""
    exact = total * weights / weights.sum()
    whole: Ints = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


@dataclass(frozen=True, slots=True)
class _Group:
    """People who share a place."""

    asset: Building | Population | Receptor
    count: int
    indoors: bool
    reduced_fraction: float = 0.0

    @property
    def control_room(self) -> bool:
        return isinstance(self.asset, Building) and (
            self.asset.control_room or self.asset.kind == "control_room"
        )

    @property
    def air_changes_1_h(self) -> float:
        return self.asset.air_changes_1_h if isinstance(self.asset, Building) else OPEN_AIR_CHANGES_1_H


def from_park(
    park: Park, network: Network, t_s: float, rng: np.random.Generator, *, receptors: bool = False
) -> People:
    """Everybody in the park at a time, by shift.

    The people of a population area are its day or night figure; those indoors are shared over the buildings
    in it in proportion to their occupants (to their floor area where none is given). Occupants of buildings
    outside all population areas are added. So nobody is counted twice. `receptors` adds the people of
    villages, schools and hospitals, all indoors. People of an enterprise are trained, others are public.
    """
    day = is_day(t_s)
    areas = [area.geometry for area in park.population]
    spots = np.array([building.xy_m for building in park.buildings]).reshape(-1, 2)
    owner = np.full(len(park.buildings), -1)
    for index in range(len(areas) - 1, -1, -1):  # the first area that holds a building owns it
        owner[shapely.contains_xy(areas[index], spots)] = index
    groups: list[_Group] = []
    for index, area in enumerate(park.population):
        groups += _area_groups(area, [park.buildings[k] for k in np.flatnonzero(owner == index)], day)
    for k in np.flatnonzero(owner < 0):
        building = park.buildings[k]
        groups.append(_Group(building, building.occupants_day if day else building.occupants_night, True))
    if receptors:
        groups += [_Group(place, place.people, True) for place in park.receptors]
    groups = [group for group in groups if group.count > 0]
    counts = np.array([group.count for group in groups], dtype=np.int64)
    solids = _solids(park)
    spread = [_inside(g.asset.geometry, g.count, rng, None if g.indoors else solids) for g in groups]
    xy_m = np.concatenate([np.empty((0, 2)), *spread])
    places = tuple(dict.fromkeys(group.asset.id for group in groups)) or ("",)
    enterprises = tuple(dict.fromkeys(group.asset.enterprise for group in groups)) or ("",)
    reduced_fraction = np.repeat([group.reduced_fraction for group in groups], counts)
    return draw_people(
        xy_m,
        _home_nodes(groups, counts, xy_m, network),
        rng,
        indoors=np.repeat(np.array([group.indoors for group in groups], dtype=bool), counts),
        air_changes_1_h=np.repeat(np.array([group.air_changes_1_h for group in groups], dtype=float), counts),
        reduced=rng.random(len(xy_m)) < reduced_fraction,
        public=np.repeat(np.array([not group.asset.enterprise for group in groups], dtype=bool), counts),
        control_room=np.repeat(np.array([group.control_room for group in groups], dtype=bool), counts),
        place=np.repeat([places.index(group.asset.id) for group in groups], counts).astype(np.int64),
        enterprise=np.repeat([enterprises.index(group.asset.enterprise) for group in groups], counts).astype(
            np.int64
        ),
        places=places,
        enterprises=enterprises,
    )


def _area_groups(area: Population, buildings: list[Building], day: bool) -> list[_Group]:
    people = area.people_day if day else area.people_night
    inside = round(people * (area.indoors_fraction_day if day else area.indoors_fraction_night))
    slow = area.mobility_reduced_fraction
    groups = [_Group(area, people - inside, False, slow)]
    if not buildings:
        return [*groups, _Group(area, inside, True, slow)]
    weights = np.array([b.occupants_day if day else b.occupants_night for b in buildings], dtype=np.float64)
    if weights.sum() == 0:
        weights = np.array([b.geometry.area * (b.floors or 1) for b in buildings])
    shares = _share(inside, weights).tolist()
    return groups + [_Group(b, share, True, slow) for b, share in zip(buildings, shares, strict=True)]


def _home_nodes(groups: list[_Group], counts: Ints, xy_m: Floats, network: Network) -> Ints:
    """A building's people start at its node, people in the open at the nearest one. Shapes: -> [N]."""
    fixed = np.array(
        [
            network.place_node.get(group.asset.id, -1) if isinstance(group.asset, Building) else -1
            for group in groups
        ],
        dtype=np.int64,
    )
    node = np.repeat(fixed, counts)
    free = node < 0
    if free.any():
        node[free] = network.nearest_node(xy_m[free])
    return node
