# SPDX-License-Identifier: Apache-2.0
"""How high the sun stands: what the stability of the air and the light of the scene follow.

Declination and equation of time by Spencer's Fourier series; good to about 0.03 degrees in declination and half a minute of time.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime


def sun_elevation_deg(t_s: float, latitude_deg: float, longitude_deg: float) -> float:
    """Elevation of the sun's centre above the horizon, without refraction; negative at night.

    References: Spencer 1971, Search 2(5), 172; Iqbal 1983, An Introduction to Solar Radiation, eqs. 1.3.1, 1.4.1, 1.5.1.

    Examples:
        >>> from twin.clock import parse_time
        >>> round(sun_elevation_deg(parse_time("2026-06-21T12:00:00Z"), 23.44, 0.0))  # overhead at noon
        90
    """
    moment = datetime.fromtimestamp(t_s, UTC)
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    angle = 2 * math.pi * (moment.timetuple().tm_yday - 1 + (hour - 12) / 24) / 365
    declination = (
        0.006918
        - 0.399912 * math.cos(angle)
        + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle)
        + 0.000907 * math.sin(2 * angle)
        - 0.002697 * math.cos(3 * angle)
        + 0.00148 * math.sin(3 * angle)
    )
    equation_min = 229.18 * (
        0.000075
        + 0.001868 * math.cos(angle)
        - 0.032077 * math.sin(angle)
        - 0.014615 * math.cos(2 * angle)
        - 0.04089 * math.sin(2 * angle)
    )
    hour_angle = math.radians(15 * (hour - 12) + longitude_deg + equation_min / 4)
    latitude = math.radians(latitude_deg)
    sine = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))
