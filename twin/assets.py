# SPDX-License-Identifier: Apache-2.0
"""The things a park is made of: one frozen record per kind, and the table of layers that hold them.

These records are the schema of the park folder as well: geodata validates files against them with pydantic, so a field
is written down once. Geometries are shapely, in the park frame (metres). Units are in the field names (SI).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen
from shapely.geometry.base import BaseGeometry

Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Fraction = Annotated[float, Ge(0), Le(1)]
Count = Annotated[int, Ge(0)]
Text = Annotated[str, MinLen(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """What every record of every layer has."""

    id: Text
    """Unique in the park; letters, digits, '_' and '-'."""
    geometry: BaseGeometry
    name: str = ""
    enterprise: str = ""
    """Id of the enterprise it belongs to; empty = the park's own."""
    valid_from: str = ""
    source: str = ""

    @property
    def xy_m(self) -> tuple[float, float]:
        """A point that stands for it on the map."""
        point = self.geometry if self.geometry.geom_type == "Point" else self.geometry.representative_point()
        return float(point.x), float(point.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary(Asset):
    """The park's edge."""

    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise(Asset):
    """One company's site."""

    name: Text
    credit_code: str = ""
    risk_level: Literal["", "red", "orange", "yellow", "blue"] = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Building(Asset):
    height_m: Positive
    kind: Text
    """office, control_room, workshop, warehouse, utility, laboratory, canteen, fire_station, gatehouse ..."""
    floors: Count | None = None
    occupants_day: Count = 0
    occupants_night: Count = 0
    air_changes_1_h: NotNegative = 1.0
    fire_rating: str = ""
    control_room: bool = False
    blast_resistant: bool = False
    height_source: str = "surveyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tank(Asset):
    substance: Text
    """CAS number, or the id of a mixture."""
    kind: Literal["fixed_roof", "floating_roof", "sphere", "bullet", "cryogenic"]
    diameter_m: Positive
    height_m: Positive
    """Height of the shell; a bullet's length is `length_m`."""
    length_m: Positive | None = None
    base_m: NotNegative = 0.0
    """Underside above ground (spheres and bullets stand on legs)."""
    volume_m3: Positive | None = None
    fill_fraction: Fraction = 0.8
    pressure_Pa: Positive = 101325.0
    """Absolute pressure of the vapour space."""
    temperature_K: Positive = 293.15
    bund: str = ""
    hazard_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bund(Asset):
    wall_height_m: Positive
    drain_closed: bool = True
    floor_level_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUnit(Asset):
    height_m: Positive
    kind: Text
    porosity: Fraction = 0.7
    hazard_source: str = ""
    hazard_level: str = ""
    shutdown_s: NotNegative = 120.0
    inventory_kg: NotNegative = 0.0
    pressure_Pa: Positive = 101325.0
    temperature_K: Positive = 293.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Rack(Asset):
    """A pipe rack: a porous obstacle that vehicles pass under."""

    clearance_m: Positive
    height_m: Positive = 8.0
    width_m: Positive = 4.0
    porosity: Fraction = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Asset):
    substance: Text
    diameter_m: Positive
    clearance_m: NotNegative = 0.0
    pressure_Pa: Positive = 101325.0
    valves: Count = 0
    isolation_s: NotNegative = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Road(Asset):
    width_m: Positive
    oneway: bool = False
    max_height_m: Positive | None = None
    max_mass_kg: Positive | None = None
    speed_m_s: Positive = 8.333
    kind: str = "service"
    """arterial, collector, service, footpath."""
    surface: str = "asphalt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(Asset):
    width_m: Positive
    normally_open: bool = True
    direction: Literal["both", "in", "out"] = "both"
    controlled_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence(Asset):
    height_m: Positive = 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelter(Asset):
    capacity: Annotated[int, Gt(0)]
    kind: Literal["muster", "toxic_refuge", "hospital"]
    indoors: bool = False
    air_changes_1_h: NotNegative = 0.5
    supplies: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hydrant(Asset):
    flow_m3_s: Positive = 0.03
    pressure_Pa: Positive = 4e5
    volume_m3: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterSource(Asset):
    flow_m3_s: Positive = 0.1
    pressure_Pa: Positive = 101325.0
    volume_m3: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor(Asset):
    """One measured quantity of one device."""

    kind: Text
    """gas, met, tank, process."""
    quantity: Text
    """concentration, wind_speed, wind_from, air_temperature, relative_humidity, air_pressure, level, pressure ..."""
    unit: Text
    """Unit of what the device sends; SI inside."""
    substance: str = ""
    height_m: NotNegative = 1.5
    range_min: float | None = None
    range_max: float | None = None
    alarm_1: float | None = None
    """First alarm threshold in `unit`."""
    alarm_2: float | None = None
    """Second, higher alarm threshold in `unit`."""
    response_s: NotNegative = 0.0
    """Time constant of the detector (first order)."""
    tank: str = ""
    """Id of the tank it measures (level, pressure, temperature)."""
    hj212_mn: str = ""
    hj212_factor: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Asset):
    """People and vehicles that are sent."""

    kind: Text
    """fire_engine, gas_rescue, ambulance, foam_engine ..."""
    count: Count
    owner: str = ""
    vehicle_length_m: Positive = 9.0
    vehicle_height_m: Positive = 3.6
    speed_m_s: Positive = 11.1
    crew: Count = 6
    ready_s: NotNegative = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Population(Asset):
    """People who are somewhere in an area, by shift."""

    people_day: Count
    people_night: Count
    mobility_reduced_fraction: Fraction = 0.0
    indoors_fraction_day: Fraction = 0.5
    indoors_fraction_night: Fraction = 0.8
    schedule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receptor(Asset):
    """Sensitive place outside the park."""

    kind: Literal["school", "hospital", "village", "water_intake"]
    people: Count = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Water(Asset):
    depth_m: NotNegative = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Green(Asset):
    depth_m: NotNegative = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of a park: its records and the geometries they may have."""

    name: str
    record: type[Asset]
    geometries: tuple[str, ...]
    code: str = field(default="")


_AREA = ("Polygon", "MultiPolygon")
_LINE = ("LineString",)
_SPOT = ("Point",)

LAYERS: Mapping[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(name="boundary", record=Boundary, geometries=_AREA),
        Layer(name="enterprises", record=Enterprise, geometries=_AREA),
        Layer(name="buildings", record=Building, geometries=_AREA),
        Layer(name="tanks", record=Tank, geometries=_SPOT + _AREA),
        Layer(name="bunds", record=Bund, geometries=_AREA),
        Layer(name="units", record=ProcessUnit, geometries=_AREA),
        Layer(name="racks", record=Rack, geometries=_LINE),
        Layer(name="pipelines", record=Pipeline, geometries=_LINE),
        Layer(name="roads", record=Road, geometries=_LINE),
        Layer(name="gates", record=Gate, geometries=_SPOT),
        Layer(name="fences", record=Fence, geometries=_LINE),
        Layer(name="shelters", record=Shelter, geometries=_SPOT + _AREA),
        Layer(name="hydrants", record=Hydrant, geometries=_SPOT),
        Layer(name="water_sources", record=WaterSource, geometries=_SPOT),
        Layer(name="sensors", record=Sensor, geometries=_SPOT),
        Layer(name="resources", record=Resource, geometries=_SPOT),
        Layer(name="population", record=Population, geometries=_AREA),
        Layer(name="receptors", record=Receptor, geometries=_AREA),
        Layer(name="water", record=Water, geometries=_AREA),
        Layer(name="green", record=Green, geometries=_AREA),
    )
}
"""Every layer a park folder may have, by name."""
