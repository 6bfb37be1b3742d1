# SPDX-License-Identifier: Apache-2.0
"""The weather at the simulated plant: a day's course of wind, temperature and humidity, with turbulence on top.

Invented, not forecast: the mean wind is strongest in the afternoon and its direction wanders; when the detectors see a
finished run, the mean wind and the air's temperature are that run's instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from live_sync.plant.noise import Wander, stream
from twin.clock import local_hour
from twin.frame import ParkFrame
from twin.units import ZERO_CELSIUS_K, quantity
from twin.weather import WindSeries

TURBULENCE_INTENSITY = 0.25
"""Standard deviation of the wind over its mean: about 1 / ln(z / z0) at 10 m over roughness 0.2 m (logarithmic profile,
sigma_u = 2.5 friction velocities)."""
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AirState:
    """The air at the mast."""

    u_m_s: float
    v_m_s: float
    temperature_K: float
    relative_humidity_fraction: float
    pressure_Pa: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenWeather:
    """Mean weather that is known, as a function of time."""

    wind: WindSeries
    temperature_K: float = 293.15
    relative_humidity_fraction: float = 0.6
    pressure_Pa: float = 101325.0

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any], frame: ParkFrame, start_s: float) -> GivenWeather:
        """Weather of a study's [weather] table (with its series) that begins at `start_s`."""

        def number(table: Mapping[str, Any], key: str, unit: str, default: float) -> float:
            return quantity(table.get(key, default), unit, field=f"weather.{key}")

        rows: Sequence[Mapping[str, Any]] = tables.get("series") or [{"t_s": 0.0, **tables}]
        wind = WindSeries.from_directions(
            frame,
            np.array([start_s + number(row, "t_s", "s", 0.0) for row in rows]),
            np.array([number(row, "wind_from_deg", "deg", 270.0) for row in rows]),
            np.array([number(row, "wind_speed", "m/s", 2.0) for row in rows]),
        )
        return cls(
            wind=wind,
            temperature_K=number(tables, "temperature", "K", 293.15),
            relative_humidity_fraction=number(tables, "relative_humidity", "fraction", 0.6),
            pressure_Pa=number(tables, "pressure", "Pa", 101325.0),
        )


class Air:
    """The weather at any time from the start on; the same for the same seed."""

    def __init__(
        self,
        frame: ParkFrame,
        start_s: float,
        seed: int,
        *,
        given: GivenWeather | None = None,
        wind_from_deg: float = 135.0,
    ) -> None:
        self.frame, self.given, self.wind_from_deg = frame, given, wind_from_deg

        def wander(name: str, tau_s: float, step_s: float) -> Wander:
            return Wander(stream(seed, f"air {name}"), start_s, tau_s, step_s)

        self._speed = wander("speed", 7200.0, 60.0)
        self._turn = wander("direction", 10800.0, 60.0)
        self._gust_u = wander("gust u", 20.0, 5.0)
        self._gust_v = wander("gust v", 20.0, 5.0)
        self._warm = wander("temperature", 7200.0, 60.0)
        self._moist = wander("dew point", 21600.0, 300.0)
        self._press = wander("pressure", 172800.0, 600.0)

    def at(self, t_s: float) -> AirState:
        """The air at a time."""
        if self.given is None:
            u, v = self._mean_wind(t_s)
            temperature_K = self._temperature_K(t_s)
            dew_point_K = self._daily_mean_K(t_s) - 5.0 + 1.5 * self._moist.at(t_s)
            humidity = saturation_pressure_Pa(dew_point_K) / saturation_pressure_Pa(temperature_K)
            pressure_Pa = 101325.0 + 500.0 * self._press.at(t_s)
        else:
            u, v = self.given.wind.at(np.zeros((1, 3)), t_s)[0].tolist()
            temperature_K = self.given.temperature_K + 0.3 * self._warm.at(t_s)
            humidity = self.given.relative_humidity_fraction + 0.01 * self._moist.at(t_s)
            pressure_Pa = self.given.pressure_Pa + 20.0 * self._press.at(t_s)
        gust = max(TURBULENCE_INTENSITY * math.hypot(u, v), 0.1)
        return AirState(
            u_m_s=u + gust * self._gust_u.at(t_s),
            v_m_s=v + gust * self._gust_v.at(t_s),
            temperature_K=temperature_K,
            relative_humidity_fraction=min(max(humidity, 0.05), 1.0),
            pressure_Pa=pressure_Pa,
        )

    def _mean_wind(self, t_s: float) -> tuple[float, float]:
        """Strongest at 15 h, weakest at 3 h; the direction wanders about the prevailing one."""
        course = math.cos(2.0 * math.pi * (local_hour(t_s, zone=self.frame.zone) - 15.0) / 24.0)
        speed = max((2.8 + 1.0 * course) * (1.0 + 0.25 * self._speed.at(t_s)), 0.3)
        from_deg = self.wind_from_deg + 20.0 * course + 25.0 * self._turn.at(t_s)
        return self.frame.wind_vector(from_deg, speed)

    def _daily_mean_K(self, t_s: float) -> float:
        """16 degC with a yearly swing of 11 K, warmest in late July."""
        day = (t_s / _DAY_S) % 365.2425
        return ZERO_CELSIUS_K + 16.0 + 11.0 * math.cos(2.0 * math.pi * (day - 205.0) / 365.2425)

    def _temperature_K(self, t_s: float) -> float:
        course = math.cos(2.0 * math.pi * (local_hour(t_s, zone=self.frame.zone) - 15.0) / 24.0)
        return self._daily_mean_K(t_s) + 4.0 * course + 0.5 * self._warm.at(t_s)


def saturation_pressure_Pa(temperature_K: float) -> float:
    """Vapour pressure of water over liquid.

    Valid for: -45 to 60 degC.
    References: WMO-No. 8, Guide to Meteorological Instruments and Methods of Observation, annex 4.B.

    Examples:
        >>> round(saturation_pressure_Pa(273.15), 1)
        611.2
    """
    celsius = temperature_K - ZERO_CELSIUS_K
    return 611.2 * math.exp(17.62 * celsius / (243.12 + celsius))
