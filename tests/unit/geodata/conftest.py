# SPDX-License-Identifier: Apache-2.0
"""A small sound park, as a `Park` and as a folder that tests may spoil."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely.geometry import LineString, Point, box

from geodata.crs import frame_at
from geodata.write import write_park
from twin.assets import (
    Boundary,
    Building,
    Bund,
    Enterprise,
    Fence,
    Gate,
    Green,
    Hydrant,
    Pipeline,
    Population,
    ProcessUnit,
    Rack,
    Receptor,
    Resource,
    Road,
    Sensor,
    Shelter,
    Tank,
    Water,
    WaterSource,
)
from twin.park import Park

CHLORINE, BENZENE = "7782-50-5", "71-43-2"


def make_park() -> Park:
    """800 m x 600 m, two enterprises, every layer in use, nothing wrong."""
    ring = [(20, 20), (780, 20), (780, 580), (20, 580), (20, 20)]
    return Park(
        id="small",
        name="小园区",
        frame=frame_at(120.6, 31.9),
        attributions=("(c) somebody",),
        boundary=(Boundary(id="B0", name="small", geometry=box(0, 0, 800, 600)),),
        enterprises=(
            Enterprise(id="E01", name="甲化工", geometry=box(30, 30, 390, 570), risk_level="red"),
            Enterprise(id="E02", name="乙化工", geometry=box(410, 30, 770, 570)),
        ),
        buildings=(
            Building(id="BD1", enterprise="E01", geometry=box(40, 40, 80, 60), height_m=8.0, kind="office"),
            Building(
                id="BD2", enterprise="E02", geometry=box(700, 40, 740, 60), height_m=6.5, kind="warehouse"
            ),
        ),
        tanks=(
            _tank("T1", 120, 120, "fixed_roof", BENZENE, "D1"),
            _tank("T2", 150, 120, "floating_roof", BENZENE, "D1"),
            Tank(
                id="T3",
                enterprise="E02",
                geometry=box(500, 100, 512, 103),
                substance=CHLORINE,
                kind="bullet",
                diameter_m=3.0,
                height_m=3.0,
                length_m=12.0,
                pressure_Pa=7e5,
            ),
        ),
        bunds=(Bund(id="D1", enterprise="E01", geometry=box(100, 100, 175, 140), wall_height_m=1.2),),
        units=(
            ProcessUnit(
                id="U1", enterprise="E01", geometry=box(200, 200, 240, 240), height_m=20.0, kind="reactor"
            ),
        ),
        racks=(Rack(id="K1", geometry=LineString([(60, 300), (700, 300)]), clearance_m=5.5),),
        pipelines=(
            Pipeline(
                id="P1", geometry=LineString([(130, 150), (220, 195)]), substance=BENZENE, diameter_m=0.15
            ),
        ),
        roads=(
            Road(id="R1", geometry=LineString(ring), width_m=7.0, kind="arterial"),
            Road(id="R2", geometry=LineString([(400, 20), (400, 300), (400, 580)]), width_m=6.0),
            Road(id="R3", geometry=LineString([(400, 300), (300, 320)]), width_m=2.0, kind="footpath"),
        ),
        gates=(Gate(id="G1", geometry=Point(400, 15), width_m=8.0),),
        fences=(Fence(id="F1", geometry=LineString([(30, 30), (390, 30)])),),
        shelters=(Shelter(id="A1", geometry=Point(760, 40), capacity=300, kind="muster"),),
        hydrants=(Hydrant(id="H1", geometry=Point(410, 200)), Hydrant(id="H2", geometry=Point(30, 400))),
        water_sources=(WaterSource(id="W1", geometry=Point(700, 500)),),
        sensors=(_sensor("S1", "a01001"), _sensor("S2", "a01002")),
        resources=(Resource(id="X1", geometry=Point(770, 300), kind="fire_engine", count=2),),
        population=(
            Population(
                id="PP1", enterprise="E01", geometry=box(40, 40, 300, 300), people_day=50, people_night=9
            ),
        ),
        receptors=(Receptor(id="V1", geometry=box(1500, 0, 1600, 100), kind="village", people=800),),
        water=(Water(id="Q1", geometry=box(600, 400, 650, 450)),),
        green=(Green(id="Z1", geometry=box(660, 400, 690, 450)),),
    )


def _tank(name: str, x: float, y: float, kind: Any, substance: str, bund: str) -> Tank:
    return Tank(
        id=name,
        enterprise="E01",
        geometry=Point(x, y),
        substance=substance,
        kind=kind,
        diameter_m=16.0,
        height_m=12.0,
        volume_m3=2000.0,
        bund=bund,
    )


def _sensor(name: str, factor: str) -> Sensor:
    return Sensor(
        id=name,
        geometry=Point(505, 95),
        kind="gas",
        quantity="concentration",
        unit="ppm",
        substance=CHLORINE,
        range_min=0.0,
        range_max=20.0,
        alarm_1=1.0,
        alarm_2=3.0,
        hj212_mn="0123456789ABCDEF01234567",
        hj212_factor=factor,
    )


def write_raster(path: Path, park: Park, **changes: Any) -> None:
    """A plain elevation model of the park at 5 m, 100 m wider than the boundary; `changes` spoil it."""
    import rasterio
    from rasterio.transform import Affine

    west, south, east, north = changes.pop("bounds_m", (-100.0, -100.0, 900.0, 700.0))
    cells = changes.pop("cells_m", (5.0, 5.0))
    unit = changes.pop("unit", "")
    edit: Callable[[Any], None] = changes.pop("edit", lambda values: None)
    nx, ny = round((east - west) / cells[0]), round((north - south) / cells[1])
    values = np.full((ny, nx), 12.0, dtype=np.float32)
    edit(values)
    options: dict[str, Any] = {
        "driver": "GTiff",
        "width": nx,
        "height": ny,
        "count": 1,
        "dtype": "float32",
        "crs": park.frame.crs,
        "nodata": -9999.0,
        "transform": Affine(
            cells[0], 0, west + park.frame.origin_m[0], 0, -cells[1], north + park.frame.origin_m[1]
        ),
    }
    options.update(changes)
    with rasterio.open(path, "w", **options) as target:
        target.write(values, 1)
        if unit:
            target.units = (unit,)


@pytest.fixture
def small_park() -> Park:
    return make_park()


@pytest.fixture(scope="session")
def _pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "park"
    park = make_park()
    write_park(park, folder, maker="test", licence="CC0")
    write_raster(folder / "dem.tif", park)
    return folder


@pytest.fixture
def park_folder(_pristine: Path, tmp_path: Path) -> Path:
    """A fresh copy of the sound park's folder."""
    import shutil

    return Path(shutil.copytree(_pristine, tmp_path / "park"))


@pytest.fixture
def edit_layer() -> Callable[[Path, str, Callable[[list[dict[str, Any]]], object]], None]:
    """Change the features of one layer's file in place."""

    def edit(folder: Path, layer: str, change: Callable[[list[dict[str, Any]]], object]) -> None:
        path = folder / "layers" / f"{layer}.geojson"
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document["features"])
        path.write_text(json.dumps(document), encoding="utf-8")

    return edit


@pytest.fixture
def raster() -> Callable[..., None]:
    """Writes an elevation raster for a park (see `write_raster`)."""
    return write_raster
