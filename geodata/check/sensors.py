# SPDX-License-Identifier: Apache-2.0
"""Whether sensors can be heard and believed: connection, measuring range, alarm thresholds, unit.

References:
    HJ 212-2017: device number MN of up to 24 characters, factor code per measured quantity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from geodata.check.inspection import Inspection
from twin.assets import Sensor
from twin.errors import InputProblems
from twin.units import to_si

_MN = re.compile(r"[0-9A-Za-z]{1,24}")
_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "concentration": ("fraction", "kg/m3", "%LEL"),
    "wind_speed": ("m/s",),
    "wind_from": ("deg",),
    "wind_direction": ("deg",),
    "air_temperature": ("K",),
    "temperature": ("K",),
    "relative_humidity": ("fraction",),
    "air_pressure": ("Pa",),
    "pressure": ("Pa",),
    "level": ("m", "fraction"),
}
"""Quantity -> SI units that it can be in; other quantities only need a known unit."""


def sensor_problems(inspection: Inspection) -> None:
    """Every sensor that cannot be connected or whose numbers contradict each other."""
    first: dict[tuple[str, str], str] = {}
    for sensor in inspection.park.sensors:
        if ("sensors", sensor.id) in inspection.suspects:
            continue
        _connection(inspection, sensor, first)
        _range(inspection, sensor)
        _unit(inspection, sensor)
        if sensor.quantity != "concentration":
            continue
        if not sensor.substance:
            inspection.report(
                "S07", "sensors", sensor.id, "it measures a concentration of nothing", field="substance"
            )
        if sensor.alarm_1 is None and sensor.alarm_2 is None:
            inspection.report(
                "S10", "sensors", sensor.id, "it has neither alarm_1 nor alarm_2", field="alarm_1"
            )


def _connection(inspection: Inspection, sensor: Sensor, first: dict[tuple[str, str], str]) -> None:
    number, factor = sensor.hj212_mn, sensor.hj212_factor
    if bool(number) != bool(factor):
        missing = "hj212_factor" if number else "hj212_mn"
        inspection.report("S01", "sensors", sensor.id, f"{missing} is missing", field=missing)
    elif not number and not sensor.topic:
        inspection.report("S08", "sensors", sensor.id, "it has neither an HJ 212 device nor a topic")
    if number and not _MN.fullmatch(number):
        inspection.report("S09", "sensors", sensor.id, f"hj212_mn is '{number}'", field="hj212_mn")
    if number and factor:
        other = first.setdefault((number, factor), sensor.id)
        if other != sensor.id:
            what = f"sensor {other} has device {number} and factor {factor} too"
            inspection.report("S02", "sensors", sensor.id, what, field="hj212_factor")


def _range(inspection: Inspection, sensor: Sensor) -> None:
    low, high = sensor.range_min, sensor.range_max
    if low is not None and high is not None and not low < high:
        what = f"range_min is {low:g}, range_max {high:g}"
        inspection.report("S05", "sensors", sensor.id, what, field="range_max")
        return
    if sensor.alarm_1 is not None and sensor.alarm_2 is not None and sensor.alarm_2 < sensor.alarm_1:
        what = f"alarm_1 is {sensor.alarm_1:g}, alarm_2 {sensor.alarm_2:g}"
        inspection.report("S03", "sensors", sensor.id, what, field="alarm_2")
        return
    for field in ("alarm_1", "alarm_2"):
        value = getattr(sensor, field)
        if value is None:
            continue
        if (low is not None and value < low) or (high is not None and value > high):
            expected = f"{'-inf' if low is None else f'{low:g}'} to {'inf' if high is None else f'{high:g}'} {sensor.unit}"
            inspection.report(
                "S04", "sensors", sensor.id, f"{field} is {value:g}", expected=expected, field=field
            )
            return


def _unit(inspection: Inspection, sensor: Sensor) -> None:
    try:
        _, dimension = to_si(1.0, sensor.unit)
    except InputProblems as error:
        what, remedy = error.problems[0].what, error.problems[0].remedy
        inspection.report("S06", "sensors", sensor.id, what, remedy=remedy, field="unit")
        return
    allowed = _DIMENSIONS.get(sensor.quantity)
    if allowed is not None and dimension not in allowed:
        what = f"{sensor.unit} is no unit of {sensor.quantity}"
        inspection.report("S06", "sensors", sensor.id, what, expected=" or ".join(allowed), field="unit")
