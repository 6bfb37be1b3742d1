# SPDX-License-Identifier: Apache-2.0
"""The readings of one device: reality, the detector's lag, noise and drift, faults now and then, and the measuring range.

A reading above the range is sent as the range's end with flag T: 'at least this much'.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from live_sync.plant.air import Air, AirState
from live_sync.plant.noise import Wanders
from live_sync.plant.truth import Truth
from twin.assets import Sensor, Tank
from twin.frame import ParkFrame
from twin.units import to_si

Floats = NDArray[np.float64]

_NOISE_TAU_S, _DRIFT_TAU_S = 20.0, 6 * 3600.0
_MET = ("wind_speed", "wind_from", "air_temperature", "relative_humidity", "air_pressure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """How a sensor behaves in quiet times, in its own unit."""

    base: float
    noise: float
    """Standard deviation of the fast noise."""
    drift: float
    """Standard deviation of the slow drift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a device sends of one sensor."""

    value: float
    flag: str


def from_si(value: float, unit: str) -> float:
    """A value in SI, in a sensor's unit.

    Examples:
        >>> round(from_si(293.15, "degC"), 6)
        20.0
    """
    zero, one = to_si(0.0, unit)[0], to_si(1.0, unit)[0]
    return (value - zero) / (one - zero)


def character_of(sensor: Sensor, tank: Tank | None) -> Character:
    """Noise and drift of a sensor: a fraction of its range, small enough that quiet times raise no alarm."""
    low = sensor.range_min if sensor.range_min is not None else 0.0
    span = (sensor.range_max if sensor.range_max is not None else low + 100.0) - low
    noise, drift = 0.002 * span, 0.004 * span
    if sensor.quantity == "concentration":
        base, noise, drift = low + 0.004 * span, 0.001 * span, 0.001 * span
    elif sensor.quantity in _MET:
        return Character(
            base=0.0, noise=0.0 if sensor.quantity.startswith("wind") else 0.0005 * span, drift=0.0
        )
    elif tank is not None and sensor.quantity == "level":
        full = tank.height_m if to_si(1.0, sensor.unit)[1] == "m" else 1.0
        base, noise, drift = from_si(tank.fill_fraction * full, sensor.unit), 0.0005 * span, 0.03 * span
        if sensor.alarm_1 is not None:  # nobody runs a tank at its alarm
            base = min(base, sensor.alarm_1 - 0.03 * span)
    elif tank is not None and sensor.quantity == "pressure":
        base, noise, drift = from_si(tank.pressure_Pa, sensor.unit), 0.001 * span, 0.01 * span
    elif tank is not None and sensor.quantity == "temperature":
        base, noise, drift = from_si(tank.temperature_K, sensor.unit), 0.001 * span, 0.01 * span
    else:
        base = low + 0.4 * span
    quiet = [abs(alarm - base) for alarm in (sensor.alarm_1, sensor.alarm_2) if alarm is not None]
    most = min(quiet, default=math.inf) / 12.0
    return Character(base=base, noise=min(noise, most), drift=min(drift, most))


class DeviceSignals:
    """The sensors of one device, sampled at times in ascending order."""

    def __init__(
        self,
        sensors: Sequence[Sensor],
        tanks: Mapping[str, Tank],
        air: Air,
        frame: ParkFrame,
        rng: np.random.Generator,
        *,
        truth: Truth | None = None,
        glitches_1_h: float = 0.0,
    ) -> None:
        self.sensors, self.air, self.frame, self.rng, self.truth = tuple(sensors), air, frame, rng, truth
        self.ids = [sensor.id for sensor in sensors]
        self.glitches_1_h = glitches_1_h
        characters = [character_of(sensor, tanks.get(sensor.tank)) for sensor in sensors]
        self.base = np.array([character.base for character in characters])
        self._noise_sd = np.array([character.noise for character in characters])
        self._drift_sd = np.array([character.drift for character in characters])
        self._lag_s = np.array([sensor.response_s for sensor in sensors])
        self._low = np.array(
            [-np.inf if sensor.range_min is None else sensor.range_min for sensor in sensors]
        )
        self._high = np.array(
            [np.inf if sensor.range_max is None else sensor.range_max for sensor in sensors]
        )
        self._met = [place for place, sensor in enumerate(sensors) if sensor.quantity in _MET]
        self._turning = np.array([sensor.quantity == "wind_from" for sensor in sensors])
        count = len(self.sensors)
        self._noise = Wanders(rng, np.full(count, _NOISE_TAU_S))
        self._drift = Wanders(rng, np.full(count, _DRIFT_TAU_S))
        self._last_s = math.nan
        self._seen = np.zeros(count)
        self._shown = np.zeros(count)
        self._trouble: dict[int, tuple[str, float, float]] = {}

    def sample(self, t_s: float) -> list[Reading]:
        """What the device reads at a time, in the order of its sensors."""
        seen = self._reality(t_s)
        first = math.isnan(self._last_s)
        dt_s = 0.0 if first else max(t_s - self._last_s, 0.0)
        self._shown = seen.copy() if first else lagged(self._shown, self._seen, seen, self._lag_s, dt_s)
        self._shown[self._turning] = seen[self._turning]
        self._seen, self._last_s = seen, t_s
        wandering = self._drift_sd * np.clip(self._drift.step(dt_s), -2.5, 2.5)
        wandering += self._noise_sd * np.clip(self._noise.step(dt_s), -3.5, 3.5)
        value = self._shown + wandering
        over = value > self._high
        value = np.clip(value, self._low, self._high)
        readings = [
            Reading(value=number, flag="T" if beyond else "N")
            for number, beyond in zip(value.tolist(), over.tolist(), strict=True)
        ]
        return self._with_trouble(readings, t_s, dt_s) if self.glitches_1_h > 0 else readings

    def _reality(self, t_s: float) -> Floats:
        """What is there to be measured, in the sensors' units [S]."""
        seen = self.base.copy()
        if self.truth is not None:
            seen += self.truth.at(self.ids, t_s)
        if self._met:
            air = self.air.at(t_s)
            for place in self._met:
                seen[place] = from_si(
                    _met_value(self.sensors[place].quantity, air, self.frame), self.sensors[place].unit
                )
        return seen

    def _with_trouble(self, readings: list[Reading], t_s: float, dt_s: float) -> list[Reading]:
        """Spikes for one sample, values that stick for 5 minutes, instruments that fail for 10."""
        starting = self.rng.random(len(readings)) < self.glitches_1_h * dt_s / 3600.0
        for place in np.flatnonzero(starting).tolist():
            kind = ("spike", "stuck", "fault")[int(self.rng.integers(3))]
            lasts_s = {"spike": 0.0, "stuck": 300.0, "fault": 600.0}[kind]
            self._trouble.setdefault(place, (kind, t_s + lasts_s, readings[place].value))
        for place, (kind, end_s, held) in list(self._trouble.items()):
            low, high = self._low[place], self._high[place]
            if kind == "spike":
                top = 0.8 * high + 0.2 * low if math.isfinite(high - low) else 10.0 * readings[place].value
                readings[place] = Reading(value=float(top), flag="N")
            elif kind == "stuck":
                readings[place] = Reading(value=held, flag="N")
            else:
                readings[place] = Reading(value=float(low) if math.isfinite(low) else 0.0, flag="D")
            if t_s >= end_s:
                del self._trouble[place]
        return readings


def lagged(shown: Floats, before: Floats, now: Floats, lag_s: Floats, dt_s: float) -> Floats:
    """What first-order detectors show after dt, when the input went straight from `before` to `now` (exact for that).

    dy/dt = (x - y) / tau with x = before + s t: y = x - s tau + (y0 - before + s tau) exp(-dt / tau). Shapes: all [S].
    """
    if dt_s <= 0.0:
        return shown
    tau = np.maximum(lag_s, 1e-9)
    behind = (now - before) / dt_s * tau
    result: Floats = now - behind + (shown - before + behind) * np.exp(-dt_s / tau)
    return result


def _met_value(quantity: str, air: AirState, frame: ParkFrame) -> float:
    """What a weather sensor measures, in SI (directions in degrees from true north)."""
    if quantity == "wind_speed":
        return math.hypot(air.u_m_s, air.v_m_s)
    if quantity == "wind_from":
        return frame.wind_from(air.u_m_s, air.v_m_s)[0]
    if quantity == "air_temperature":
        return air.temperature_K
    if quantity == "relative_humidity":
        return air.relative_humidity_fraction
    return air.pressure_Pa
