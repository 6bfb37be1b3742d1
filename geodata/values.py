# SPDX-License-Identifier: Apache-2.0
"""Values that are allowed but cannot be meant: kilometres or millimetres for metres, MPa for Pa, degrees Celsius for kelvin.

The limits are wide: nothing that stands in a chemical park lies outside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from geodata.check_codes import coded
from geodata.credit_code import credit_code_fault
from geodata.records import Records
from geodata.tables import EnterpriseFile
from twin.assets import Asset, Enterprise, Tank
from twin.errors import Problem

_LENGTHS_M: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "buildings": {"height_m": (1.0, 300.0)},
    "tanks": {
        "diameter_m": (0.3, 120.0),
        "height_m": (0.3, 100.0),
        "length_m": (0.3, 120.0),
        "base_m": (0.0, 60.0),
    },
    "bunds": {"wall_height_m": (0.05, 10.0)},
    "units": {"height_m": (0.5, 250.0)},
    "racks": {"clearance_m": (0.3, 40.0), "height_m": (0.3, 60.0), "width_m": (0.2, 60.0)},
    "pipelines": {"diameter_m": (0.005, 3.0), "clearance_m": (0.0, 40.0)},
    "roads": {"width_m": (0.5, 80.0), "max_height_m": (1.0, 30.0)},
    "gates": {"width_m": (0.5, 60.0)},
    "fences": {"height_m": (0.3, 20.0)},
    "sensors": {"height_m": (0.0, 300.0)},
    "resources": {"vehicle_length_m": (1.0, 40.0), "vehicle_height_m": (0.8, 8.0)},
}
"""Layer -> field -> smallest and largest length there is."""
_LOWEST_PA = 5000.0
"""Nothing is kept or fed at less than 50 mbar absolute; 0.1-5 MPa, 1-50 bar and 100-5000 kPa all lie below."""
_LOWEST_K = 100.0
"""Below it only cryogenic tanks; -50 to 99 degC lie below."""
_VOLUME_FRACTION = (0.5, 1.25)
"""Nominal volume over the volume of the shell."""


def value_problems(
    records: Records, files: Mapping[str, str], enterprise_files: Mapping[str, EnterpriseFile]
) -> list[Problem]:
    """Unit smells, volumes that contradict dimensions, credit codes. `files` names each layer's file."""
    known = {(item.layer, item.id) for item in records.problems if not item.warning}
    problems = []
    for layer, assets in records.layers.items():
        for asset in assets:
            if (layer, asset.id) in known:
                continue
            for code, field, what, remedy in _smells(layer, asset):
                where = {"file": files[layer], "layer": layer, "id": asset.id, "field": field}
                problems.append(coded(code, what, remedy=remedy, **where))
    for file, enterprise in enterprise_files.items():
        fault = credit_code_fault(enterprise.credit_code) if enterprise.credit_code else None
        if fault:
            what = f"credit_code '{enterprise.credit_code}': {fault}"
            problems.append(coded("V14", what, file=file, id=enterprise.id, field="credit_code"))
    return problems


def _smells(layer: str, asset: Asset) -> list[tuple[str, str, str, str]]:
    """Code, field, what was found and remedy for each value of a record that cannot be meant."""
    found = _lengths(layer, asset)
    pressure = getattr(asset, "pressure_Pa", None)
    if pressure is not None and 0.0 < pressure < _LOWEST_PA:
        found.append(("V09", "pressure_Pa", f"pressure_Pa is {pressure:g} Pa", ""))
    temperature = getattr(asset, "temperature_K", None)
    if temperature is not None and 0.0 < temperature < _LOWEST_K:
        cryogenic = getattr(asset, "kind", "") == "cryogenic" and temperature > 4.0
        if not cryogenic:
            remedy = f"Write kelvin: {temperature:g} degC is {temperature + 273.15:g}."
            found.append(("V10", "temperature_K", f"temperature_K is {temperature:g} K", remedy))
    if isinstance(asset, Tank) and not found:
        found += _volume(asset)
    if isinstance(asset, Enterprise) and asset.credit_code:
        fault = credit_code_fault(asset.credit_code)
        if fault:
            found.append(("V14", "credit_code", f"credit_code '{asset.credit_code}': {fault}", ""))
    return found


def _lengths(layer: str, asset: Asset) -> list[tuple[str, str, str, str]]:
    found = []
    for field, (low, high) in _LENGTHS_M.get(layer, {}).items():
        value = getattr(asset, field)
        if value is None:
            continue
        if value < low:
            remedy = f"Write metres: {value:g} km is {value * 1000:g} m."
            found.append(("V08", field, f"{field} is {value:g} m", remedy))
        elif value > high:
            remedy = f"Write metres: {value:g} mm is {value / 1000:g} m."
            found.append(("V12", field, f"{field} is {value:g} m", remedy))
    return found


def shell_volume_m3(tank: Tank) -> float:
    """Volume inside a tank's shell.

    Cylinder pi d2 h / 4; sphere pi d3 / 6; bullet with hemispherical ends pi d2 (L - d / 3) / 4, L overall.
    """
    across = math.pi * tank.diameter_m**2 / 4.0
    if tank.kind == "sphere":
        return across * tank.diameter_m * 2.0 / 3.0
    if tank.kind == "bullet":
        length = tank.length_m or tank.height_m
        return across * max(length - tank.diameter_m / 3.0, tank.diameter_m * 2.0 / 3.0)
    return across * tank.height_m


def _volume(tank: Tank) -> list[tuple[str, str, str, str]]:
    if tank.volume_m3 is None:
        return []
    shell = shell_volume_m3(tank)
    low, high = _VOLUME_FRACTION
    if low * shell <= tank.volume_m3 <= high * shell:
        return []
    what = f"volume_m3 is {tank.volume_m3:g}, but its shell holds {shell:.0f} m3"
    return [("V13", "volume_m3", what, "")]
