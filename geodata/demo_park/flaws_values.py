# SPDX-License-Identifier: Apache-2.0
"""Faults of files, declarations, values, references and sensors, one function per check code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geodata.crs import from_frame
from geodata.demo_park.draft import Spot
from geodata.demo_park.flawed import FlawedPark
from geodata.demo_park.stock import CHLORINE

Fits = Callable[[Any], bool]


def _degrees(flawed: FlawedPark) -> list[Spot]:
    """A small square in the middle of the park, longitude and latitude."""
    west, south, east, north = flawed.park.bounds_m
    x, y = (west + east) / 2, (south + north) / 2
    corners = from_frame([(x, y), (x + 40, y), (x + 40, y + 40), (x, y + 40)], flawed.park.frame)  # type: ignore[arg-type]
    return [(round(float(a), 9), round(float(b), 9)) for a, b in corners]


def _files(flawed: FlawedPark) -> None:
    layers = flawed.manifest["layers"]
    layers["survey_f04"] = {"file": "layers/survey_f04.geojson", "coordinate_system": "cgcs2000"}
    flawed.plant("F07", "survey_f04")
    flawed.plant("F04", "survey_f04")
    layers["survey_f05"] = {"file": "layers/survey_f05.geojson", "coordinate_system": "cgcs2000"}
    flawed.files["layers/survey_f05.geojson"] = '{"type":"FeatureCollection","features":[\n'
    flawed.plant("F07", "survey_f05")
    flawed.plant("F05", "survey_f05")
    flawed.files["layers/survey_f06.geojson"] = '{"type":"FeatureCollection","features":[]}\n'
    flawed.plant("F06", "survey_f06")
    flawed.files["enterprises/E00.toml"] = 'id = "E00\n'
    flawed.plant("F09", "", file="enterprises/E00.toml")
    layers["survey_f10"] = {"file": "../survey_f10.geojson", "coordinate_system": "cgcs2000"}
    flawed.plant("F10", "survey_f10", file="park.toml")


def _declarations(flawed: FlawedPark) -> None:
    spots = _degrees(flawed)
    flawed.drawing("C02", spots, crs="EPSG:99999")
    flawed.drawing("C03", spots, crs="EPSG:4214")
    flawed.drawing("C04", spots, crs="EPSG:4610")
    flawed.drawing("C05", spots)
    flawed.drawing("C06", spots, crs="GCJ-02")
    flawed.drawing("C08", [(y, x) for x, y in spots], coordinate_system="cgcs2000")
    flawed.drawing("C09", [(x - 3.0, y) for x, y in spots], coordinate_system="cgcs2000")
    flawed.drawing("C10", [(x * 1e4, y * 1e5) for x, y in spots], coordinate_system="cgcs2000")
    flawed.drawing("C11", spots, crs="EPSG:5332", coordinate_system="")
    flawed.drawing("C12", spots, crs="EPSG:4549", coordinate_system="gcj02")
    flawed.drawing("C15", spots, crs="local", control_points=[[0.0, 0.0, *spots[0]], [40.0, 0.0, *spots[1]]])
    flawed.manifest["frame"]["origin_m"] = [1000, 1000]
    flawed.plant("C13", "", file="park.toml")
    flawed.manifest["park"]["timezone"] = "Europe/Berlin"
    flawed.plant("V15", "", file="park.toml")


def _shifted_layer(flawed: FlawedPark) -> None:
    """All fences as a web map shows them (GCJ-02), declared as true longitudes and latitudes."""
    import dataclasses

    import shapely

    from geodata.crs import to_frame
    from geodata.gcj02 import gcj02_from_wgs84

    frame = flawed.park.frame
    for row, fence in enumerate(flawed.layers["fences"]):
        shifted = gcj02_from_wgs84(from_frame(shapely.get_coordinates(fence.geometry), frame))
        spots = to_frame(shifted, crs="", coordinate_system="cgcs2000", frame=frame)
        geometry = shapely.LineString(spots)
        flawed.layers["fences"][row] = dataclasses.replace(fence, geometry=geometry)
    flawed.plant("C07", "fences")


def _values(flawed: FlawedPark) -> None:
    def tank(fits: Fits) -> str:
        return str(flawed.pick("tanks", fits).id)

    def upright(t: Any) -> bool:
        return bool(t.kind in ("fixed_roof", "floating_roof", "bullet"))

    building = flawed.pick("buildings")
    flawed.edit("V01", "buildings", building.id, {"height_m": None})
    flawed.edit("V02", "tanks", tank(upright), {"height_m": "12 m"})
    flawed.edit("V03", "buildings", flawed.pick("buildings").id, {"air_changes_1_h": -1.0})
    flawed.edit("V04", "tanks", tank(upright), {"kind": "ball"})
    flawed.edit("V05", "roads", flawed.pick("roads").id, {"max_heigth_m": 4.5})
    flawed.edit("V06", "buildings", flawed.pick("buildings").id, {"insured_by": "nobody"})
    hydrant = flawed.pick("hydrants")
    flawed.edits[("hydrants", hydrant.id)] = {"id": f"{hydrant.id} A"}
    flawed.plant("V07", "hydrants", f"{hydrant.id} A")
    flawed.edit("V08", "buildings", flawed.pick("buildings").id, {"height_m": 0.012})
    flawed.edit("V09", "tanks", tank(upright), {"pressure_Pa": 0.1})
    flawed.edit("V10", "tanks", tank(upright), {"temperature_K": 20.0})
    flawed.edit("V11", "tanks", tank(upright), {"fill_fraction": 80.0})
    flawed.edit("V12", "roads", flawed.pick("roads", lambda r: r.kind == "service").id, {"width_m": 6000.0})
    thirteen = flawed.pick("tanks", upright)
    flawed.edit("V13", "tanks", thirteen.id, {"volume_m3": round(thirteen.volume_m3 * 3, 1)})
    site = flawed.pick("enterprises")
    flawed.edit("V14", "enterprises", site.id, {"credit_code": "91320600MA00000000"})


def _references(flawed: FlawedPark) -> None:
    flawed.copy("hydrants", "HY-R01", 4.0, 0.0, lambda _: True)
    flawed.layers["hydrants"].append(flawed.layers["hydrants"][-1])
    flawed.plant("R01", "hydrants", "HY-R01")
    flawed.edit("R02", "units", flawed.pick("units").id, {"enterprise": "E999"})
    flawed.edit("R03", "pipelines", flawed.pick("pipelines").id, {"substance": "chlorin"})
    flawed.edit("R04", "tanks", flawed.pick("tanks", lambda t: t.kind == "bullet").id, {"bund": "B99"})
    sensor = flawed.pick("sensors", lambda s: bool(s.tank))
    flawed.edit("R05", "sensors", sensor.id, {"tank": "T99"})
    flawed.files["enterprises/E998.toml"] = 'id = "E998"\nname = "nobody"\n'
    flawed.plant("R06", "", "", file="enterprises/E998.toml")
    site = flawed.layers["enterprises"][-1]
    flawed.files[f"enterprises/{site.id}.toml"] = (
        f'id = "{site.id}"\nname = "{site.name}"\n\n[[inventories]]\nsubstance = "{CHLORINE.cas}"\nat = "T99"\n'
    )
    flawed.plant("R07", "", site.id, file=f"enterprises/{site.id}.toml")
    flawed.edit("R08", "pipelines", flawed.pick("pipelines").id, {"substance": "64-17-5"})


def _sensors(flawed: FlawedPark) -> None:
    def gas() -> Any:
        return flawed.pick("sensors", lambda s: s.kind == "gas" and s.enterprise)

    flawed.edit("S01", "sensors", gas().id, {"hj212_factor": None})
    one = gas()
    other = flawed.pick("sensors", lambda s: s.kind == "gas" and s.substance == one.substance)
    flawed.edit("S02", "sensors", other.id, {"hj212_mn": one.hj212_mn, "hj212_factor": one.hj212_factor})
    third = gas()
    flawed.edit("S03", "sensors", third.id, {"alarm_2": third.alarm_1 / 2})
    fourth = gas()
    flawed.edit("S04", "sensors", fourth.id, {"alarm_2": fourth.range_max * 2})
    flawed.edit("S05", "sensors", gas().id, {"range_max": 0.0})
    flawed.edit("S06", "sensors", gas().id, {"unit": "bar"})
    flawed.edit("S07", "sensors", gas().id, {"substance": None})
    flawed.edit("S08", "sensors", gas().id, {"hj212_mn": None, "hj212_factor": None})
    flawed.edit("S09", "sensors", gas().id, {"hj212_mn": "D0E1-00320600-0001-01-000099"})
    flawed.edit("S10", "sensors", gas().id, {"alarm_1": None, "alarm_2": None})


VALUE_FLAWS: tuple[Callable[[FlawedPark], None], ...] = (
    _files,
    _declarations,
    _shifted_layer,
    _values,
    _references,
    _sensors,
)
