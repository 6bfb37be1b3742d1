# SPDX-License-Identifier: Apache-2.0
"""A small park drawn by hand, its networks, and a cloud with a closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from geodata.network import Network
from geodata.roads import drive_network
from geodata.walking import walk_network
from twin.assets import (
    Boundary,
    Building,
    Gate,
    Population,
    Rack,
    Receptor,
    Resource,
    Road,
    Shelter,
    Tank,
)
from twin.fields import FieldInfo
from twin.frame import ParkFrame
from twin.park import Park


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A Gaussian cloud that appears, drifts east and disappears."""

    x_m: float = 220.0
    y_m: float = 100.0
    spread_m: float = 60.0
    peak_kg_m3: float = 1e-3
    from_s: float = -np.inf
    to_s: float = np.inf
    drift_m_s: float = 0.0

    info = FieldInfo(
        name="concentration",
        quantity="concentration",
        unit="kg/m3",
        averaging_time_s=60.0,
        height_m=1.5,
        model="a Gaussian, for tests",
    )

    def at(self, points_m: NDArray[np.float64], t_s: float) -> NDArray[np.float64]:
        if not self.from_s <= t_s <= self.to_s:
            return np.zeros(len(points_m))
        moved_m = self.drift_m_s * (t_s - max(self.from_s, 0.0)) if self.drift_m_s else 0.0
        square = (points_m[:, 0] - self.x_m - moved_m) ** 2 + (points_m[:, 1] - self.y_m) ** 2
        result: NDArray[np.float64] = self.peak_kg_m3 * np.exp(-square / (2 * self.spread_m**2))
        return result


def make_park(*, people: int = 300, capacity: int = 1000) -> Park:
    """600 m x 400 m: three streets and five avenues, two muster points, a refuge, two buildings and an area of people."""
    roads = [
        Road(
            id=f"street{k}",
            geometry=shapely.LineString([(x, y) for x in (0, 150, 300, 450, 600)]),
            width_m=6.0,
        )
        for k, y in enumerate((0, 200, 400))
    ]
    roads += [
        Road(id=f"avenue{k}", geometry=shapely.LineString([(x, 0), (x, 200), (x, 400)]), width_m=6.0)
        for k, x in enumerate((0, 150, 300, 450, 600))
    ]
    return Park(
        id="small",
        name="small",
        frame=ParkFrame(crs="EPSG:4549", origin_m=(0, 0)),
        boundary=(Boundary(id="edge", name="edge", geometry=shapely.box(-50, -50, 700, 500)),),
        roads=tuple(roads),
        buildings=(
            Building(
                id="office",
                geometry=shapely.box(20, 20, 60, 50),
                height_m=10.0,
                kind="office",
                occupants_day=60,
                occupants_night=5,
                enterprise="E1",
            ),
            Building(
                id="control",
                geometry=shapely.box(320, 220, 350, 240),
                height_m=6.0,
                kind="control_room",
                control_room=True,
                occupants_day=10,
                occupants_night=10,
                air_changes_1_h=0.3,
                enterprise="E1",
            ),
        ),
        tanks=(
            Tank(
                id="T1",
                geometry=shapely.Point(220, 100),
                substance="7782-50-5",
                kind="sphere",
                diameter_m=12.0,
                height_m=12.0,
            ),
        ),
        racks=(Rack(id="rack", geometry=shapely.LineString([(280, 100), (320, 100)]), clearance_m=3.0),),
        population=(
            Population(
                id="area",
                geometry=shapely.box(160, 10, 290, 190),
                people_day=people,
                people_night=people // 10,
                indoors_fraction_day=0.0,
                indoors_fraction_night=0.0,
                mobility_reduced_fraction=0.1,
                enterprise="E1",
            ),
        ),
        shelters=(
            Shelter(id="east", geometry=shapely.Point(605, 395), capacity=capacity, kind="muster"),
            Shelter(id="west", geometry=shapely.Point(-5, 395), capacity=1000, kind="muster"),
            Shelter(
                id="refuge",
                geometry=shapely.Point(300, 390),
                capacity=30,
                kind="toxic_refuge",
                indoors=True,
                air_changes_1_h=0.2,
            ),
        ),
        gates=(Gate(id="gate", geometry=shapely.Point(0, 0), width_m=6.0),),
        resources=(
            Resource(id="engine", geometry=shapely.Point(590, 10), kind="fire_engine", count=1, crew=5),
        ),
        receptors=(
            Receptor(id="village", geometry=shapely.box(900, 0, 1000, 100), kind="village", people=40),
        ),
    )


@pytest.fixture(scope="session")
def blob() -> type[Blob]:
    """The cloud's class, to be made as a test needs it."""
    return Blob


@pytest.fixture(scope="session")
def draw_park() -> Callable[..., Park]:
    """Makes the small park with other numbers."""
    return make_park


@pytest.fixture(scope="session")
def park() -> Park:
    return make_park()


@pytest.fixture(scope="session")
def paths(park: Park) -> Network:
    """Where people walk."""
    return walk_network(park)


@pytest.fixture(scope="session")
def lanes(park: Park) -> Network:
    """Where vehicles drive."""
    return drive_network(park)
