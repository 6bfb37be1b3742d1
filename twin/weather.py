# SPDX-License-Identifier: Apache-2.0
"""Weather as the models need it, and the wind that carries a cloud.

A `Wind` answers `at(points_m, t_s)` with (u, v) in the park frame, so a constant wind, a mast's history and a gridded field
are the same thing to a puff. Directions are where the wind comes from, clockwise from true north.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twin.frame import ParkFrame

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """The state of the air near the ground."""

    wind_speed_m_s: float = 2.0
    """10-minute vector mean at `wind_height_m`; 0 is calm and allowed."""
    wind_from_deg: float = 270.0
    wind_height_m: float = 10.0
    stability: str = "D"
    """Pasquill class A-F."""
    temperature_K: float = 293.15
    relative_humidity_fraction: float = 0.6
    pressure_Pa: float = 101325.0
    cloud_fraction: float = 0.5
    mixing_height_m: float = 800.0
    roughness_m: float = 0.3
    sigma_v_m_s: float | None = None
    """Measured standard deviation of the cross-wind component; None = from stability, with a floor in calm."""


class Wind(Protocol):
    """Whatever can say where the air moves."""

    def at(self, points_m: Floats, t_s: float) -> Floats:
        """Wind at points.

        Shapes: points_m [N, 3] -> [N, 2] (u east, v north, m/s).
        """
        ...


@dataclass(frozen=True, slots=True)
class WindSeries:
    """Wind of one place (a mast, a study) as a function of time, the same everywhere; linear in its components."""

    t_s: Floats
    u_m_s: Floats
    v_m_s: Floats

    @classmethod
    def steady(cls, frame: ParkFrame, weather: Weather) -> WindSeries:
        """A wind that does not change."""
        u_m_s, v_m_s = frame.wind_vector(weather.wind_from_deg, weather.wind_speed_m_s)
        return cls(np.zeros(1), np.array([u_m_s]), np.array([v_m_s]))

    @classmethod
    def from_directions(
        cls, frame: ParkFrame, t_s: Floats, wind_from_deg: Floats, speed_m_s: Floats
    ) -> WindSeries:
        """A wind given by direction and speed at times in ascending order."""
        parts = [frame.wind_vector(float(d), float(s)) for d, s in zip(wind_from_deg, speed_m_s, strict=True)]
        u_m_s, v_m_s = np.array(parts, dtype=np.float64).reshape(-1, 2).T
        return cls(np.asarray(t_s, dtype=np.float64), u_m_s.copy(), v_m_s.copy())

    def at(self, points_m: Floats, t_s: float) -> Floats:
        """Wind at points: the same at all of them. Shapes: points_m [N, 3] -> [N, 2]."""
        u_m_s = np.interp(t_s, self.t_s, self.u_m_s)
        v_m_s = np.interp(t_s, self.t_s, self.v_m_s)
        return np.broadcast_to(np.array([u_m_s, v_m_s]), (len(points_m), 2))
