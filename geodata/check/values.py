# SPDX-License-Identifier: Apache-2.0
"""Values that are allowed but cannot be meant: kilometres or millimetres for metres, MPa for Pa, degrees Celsius for kelvin.

The limits are wide: nothing that stands in a chemical park lies outside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from geodata.check.inspection import Inspection
from geodata.check_codes import coded
from geodata.credit_code import credit_code_fault
from twin.assets import Tank

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


def value_problems(inspection: Inspection) -> None:
    """Unit smells, volumes that contradict dimensions, credit codes."""
    for layer, limits in _LENGTHS_M.items():
        for asset in inspection.park.layer(layer):
            for field, (low, high) in limits.items():
                _length(inspection, layer, asset.id, field, getattr(asset, field), low, high)
    for layer in ("tanks", "units", "pipelines", "hydrants", "water_sources"):
        for asset in inspection.park.layer(layer):
            pressure = getattr(asset, "pressure_Pa")  # noqa: B009
            if 0.0 < pressure < _LOWEST_PA:
                what = f"pressure_Pa is {pressure:g} Pa"
                inspection.report("V09", layer, asset.id, what, field="pressure_Pa")
    for layer in ("tanks", "units"):
        for asset in inspection.park.layer(layer):
            temperature = getattr(asset, "temperature_K")  # noqa: B009
            cryogenic = getattr(asset, "kind", "") == "cryogenic" and temperature > 4.0
            if 0.0 < temperature < _LOWEST_K and not cryogenic:
                what = f"temperature_K is {temperature:g} K"
                remedy = f"Write kelvin: {temperature:g} degC is {temperature + 273.15:g}."
                inspection.report("V10", layer, asset.id, what, remedy=remedy, field="temperature_K")
    for tank in inspection.sound("tanks"):
        _volume(inspection, tank)
    for site in inspection.park.enterprises:
        _credit_code(inspection, site.id, site.credit_code)
    for file, enterprise in inspection.reading.enterprises.items():
        fault = credit_code_fault(enterprise.credit_code) if enterprise.credit_code else None
        if fault:
            what = f"credit_code '{enterprise.credit_code}': {fault}"
            inspection.problems.append(coded("V14", what, file=file, id=enterprise.id, field="credit_code"))


def _length(
    inspection: Inspection,
    layer: str,
    asset_id: str,
    field: str,
    value: float | None,
    low: float,
    high: float,
) -> None:
    if value is None or (layer, asset_id) in inspection.suspects:
        return
    if value < low:
        remedy = f"Write metres: {value:g} km is {value * 1000:g} m."
        inspection.report("V08", layer, asset_id, f"{field} is {value:g} m", remedy=remedy, field=field)
    elif value > high:
        remedy = f"Write metres: {value:g} mm is {value / 1000:g} m."
        inspection.report("V12", layer, asset_id, f"{field} is {value:g} m", remedy=remedy, field=field)


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


def _volume(inspection: Inspection, tank: Tank) -> None:
    if tank.volume_m3 is None:
        return
    shell = shell_volume_m3(tank)
    low, high = _VOLUME_FRACTION
    if tank.volume_m3 < low * shell or tank.volume_m3 > high * shell:
        what = f"volume_m3 is {tank.volume_m3:g}, but its shell holds {shell:.0f} m3"
        inspection.report("V13", "tanks", tank.id, what, field="volume_m3")


def _credit_code(inspection: Inspection, enterprise_id: str, code: str) -> None:
    fault = credit_code_fault(code) if code else None
    if fault:
        what = f"credit_code '{code}': {fault}"
        found = coded(
            "V14",
            what,
            file=inspection.reading.files.get("enterprises", ""),
            layer="enterprises",
            id=enterprise_id,
            field="credit_code",
        )
        inspection.problems.append(found)
