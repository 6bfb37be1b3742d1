# SPDX-License-Identifier: Apache-2.0
"""The one metric frame of a park: a projected CRS minus a fixed integer origin.

x east, y north, z up, metres. Data is converted into it once, in geodata, and out once, on export.
True north and grid north differ by the meridian convergence; only `ParkFrame.wind_vector` and its inverse know it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timezone

from twin.clock import DEVICE_ZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkFrame:
    """Where the park's metres are on the Earth."""

    crs: str
    """Projected CRS, e.g. 'EPSG:4549' (CGCS2000 / 3-degree Gauss-Krueger, central meridian 120E)."""
    origin_m: tuple[int, int]
    """Easting and northing that are x = 0, y = 0."""
    convergence_deg: float = 0.0
    """Grid north measured clockwise from true north at the origin."""
    longitude_deg: float = 0.0
    latitude_deg: float = 0.0
    vertical_datum: str = "1985 national height"
    height_offset_m: float = 0.0
    zone: timezone = DEVICE_ZONE

    def wind_vector(self, wind_from_deg: float, speed_m_s: float) -> tuple[float, float]:
        """Wind components (u east, v north) in the park frame of a wind from a true-north direction.

        Examples:
            >>> frame = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000))
            >>> [round(part, 6) for part in frame.wind_vector(270.0, 3.0)]  # west wind blows east
            [3.0, 0.0]
        """
        angle = math.radians(wind_from_deg - self.convergence_deg)
        return -speed_m_s * math.sin(angle), -speed_m_s * math.cos(angle)

    def wind_from(self, u_m_s: float, v_m_s: float) -> tuple[float, float]:
        """True-north direction the wind comes from (0 <= deg < 360) and its speed; inverse of `wind_vector`."""
        direction = math.degrees(math.atan2(-u_m_s, -v_m_s)) + self.convergence_deg
        return direction % 360.0, math.hypot(u_m_s, v_m_s)
