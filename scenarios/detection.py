# SPDX-License-Identifier: Apache-2.0
"""Which detectors of the park notice the cloud, and when: the sensor end of a simulated run.

Each gas detector for the released substance follows the true concentration with its own first-order lag and is cut off at
its range. Its two limits raise alarms as in the live world: first limit yellow, second orange, off the scale red.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from twin.assets import Sensor
from twin.events import LEVELS, AlarmChanged, AlarmRaised, Event, Level
from twin.fields import HazardField
from twin.park import Park
from twin.substances import Substance

Floats = NDArray[np.float64]


def reading_per_kg_m3(sensor: Sensor, substance: Substance, ppm_per_kg_m3: float) -> float:
    """Factor from kg/m3 to the sensor's unit; 0 when the unit cannot show this substance."""
    if sensor.unit == "ppm":
        return ppm_per_kg_m3
    if sensor.unit == "ppb":
        return ppm_per_kg_m3 * 1e3
    if sensor.unit == "%LEL":
        lfl = substance.lfl_fraction
        return ppm_per_kg_m3 / (lfl * 1e6) * 100 if lfl else 0.0
    return {"mg/m3": 1e6, "ug/m3": 1e9, "g/m3": 1e3, "kg/m3": 1.0}.get(sensor.unit, 0.0)


class Detectors:
    """All gas detectors of a park that can see one substance."""

    def __init__(self, park: Park, substance: Substance, ppm_per_kg_m3: float) -> None:
        names = {substance.cas, substance.id, substance.name_en, substance.name_zh, *substance.aliases}
        self.sensors = [
            sensor
            for sensor in park.sensors
            if sensor.kind == "gas"
            and sensor.substance in names
            and reading_per_kg_m3(sensor, substance, ppm_per_kg_m3) > 0
        ]
        self.points_m = np.array(
            [(*sensor.xy_m, sensor.height_m) for sensor in self.sensors], dtype=np.float64
        ).reshape(-1, 3)
        self._factor = np.array([reading_per_kg_m3(s, substance, ppm_per_kg_m3) for s in self.sensors])
        self._shown = np.zeros(len(self.sensors))
        self._level: list[Level | None] = [None] * len(self.sensors)

    def step(
        self, t_s: float, dt_s: float, field: HazardField, emit: Callable[[Event], int], exercise: bool
    ) -> int:
        """Follow the cloud for one tick and raise what has to be raised; returns how many detectors are in alarm."""
        if not self.sensors:
            return 0
        true = field.at(self.points_m, t_s) * self._factor
        for row, sensor in enumerate(self.sensors):
            share = 1.0 if sensor.response_s <= 0 else 1 - math.exp(-dt_s / sensor.response_s)
            self._shown[row] += share * (true[row] - self._shown[row])
            level, limit = _level(sensor, float(self._shown[row]))
            known = self._level[row]
            if level is None or (known is not None and LEVELS.index(level) <= LEVELS.index(known)):
                continue
            value = float(
                min(self._shown[row], sensor.range_max if sensor.range_max is not None else math.inf)
            )
            alarm = f"{sensor.id}"
            if known is None:
                x_m, y_m = sensor.xy_m
                emit(
                    AlarmRaised(
                        t_s=t_s,
                        alarm=alarm,
                        level=level,
                        rule="threshold",
                        source=sensor.id,
                        value=round(value, 4),
                        unit=sensor.unit,
                        limit=limit,
                        x_m=x_m,
                        y_m=y_m,
                        exercise=exercise,
                    )
                )
            else:
                emit(AlarmChanged(t_s=t_s, alarm=alarm, level=level, value=round(value, 4)))
            self._level[row] = level
        return sum(level is not None for level in self._level)


def _level(sensor: Sensor, value: float) -> tuple[Level | None, float | None]:
    if sensor.range_max is not None and value >= sensor.range_max:
        return "red", sensor.range_max
    if sensor.alarm_2 is not None and value >= sensor.alarm_2:
        return "orange", sensor.alarm_2
    if sensor.alarm_1 is not None and value >= sensor.alarm_1:
        return "yellow", sensor.alarm_1
    return None, None
