# SPDX-License-Identifier: Apache-2.0
"""The shifted coordinates of Chinese web maps: WGS 84 <-> GCJ-02 <-> BD-09, vectorised.

GCJ-02 adds a smooth offset of 20-700 m to longitude and latitude (public knowledge since 2013: a polynomial plus sines of the
distance from 105 E, 35 N, scaled by the radii of curvature of the Krasovsky ellipsoid). BD-09 turns and shifts GCJ-02 again.
Both are inverted by fixed point: x <- x - (f(x) - y), whose error shrinks about 200-fold per step.
Not a datum: nothing here changes heights, and CGCS2000 is taken as WGS 84 (see `geodata.crs`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_AXIS_M = 6378245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid."""
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD09_RATE = np.pi * 3000.0 / 180.0
_STEPS = 5

CHINA_BOUNDS_DEG = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north outside which the offset is zero."""


def in_china(lonlat_deg: Points) -> NDArray[np.bool_]:
    """Whether each point lies in the box in which web maps shift coordinates. Shapes: [N, 2] -> [N]."""
    west, south, east, north = CHINA_BOUNDS_DEG
    longitude, latitude = lonlat_deg[..., 0], lonlat_deg[..., 1]
    inside: NDArray[np.bool_] = (
        (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    )
    return inside


def _offset_deg(lonlat_deg: Points) -> Points:
    """What GCJ-02 adds at WGS 84 points; zero outside China."""
    x, y = lonlat_deg[..., 0] - 105.0, lonlat_deg[..., 1] - 35.0
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += (ripple + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * (2.0 / 3.0)
    north_m += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * (2.0 / 3.0)
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += (ripple + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * (2.0 / 3.0)
    east_m += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * (2.0 / 3.0)
    latitude = np.radians(lonlat_deg[..., 1])
    bend = 1.0 - _ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / bend**1.5
    parallel_m = _AXIS_M / np.sqrt(bend) * np.cos(latitude)
    offset = np.degrees(np.stack([east_m / parallel_m, north_m / meridian_m], axis=-1))
    return np.where(in_china(lonlat_deg)[..., None], offset, 0.0)


def gcj02_from_wgs84(lonlat_deg: Points) -> Points:
    """Longitude and latitude as a Chinese web map draws them. Shapes: [N, 2] -> [N, 2], degrees.

    Valid for: mainland China; elsewhere the point is returned unchanged.

    Examples:
        >>> gcj02_from_wgs84(np.array([[118.725714, 32.2498556]])).round(6).tolist()
        [[118.730943, 32.247774]]
    """
    points = np.asarray(lonlat_deg, dtype=np.float64)
    return points + _offset_deg(points)


def wgs84_from_gcj02(lonlat_deg: Points) -> Points:
    """True longitude and latitude of GCJ-02 points, to 1e-6 m. Shapes: [N, 2] -> [N, 2], degrees."""
    target = np.asarray(lonlat_deg, dtype=np.float64)
    points = target
    for _ in range(_STEPS):
        points = target - _offset_deg(points)
    return points


def bd09_from_gcj02(lonlat_deg: Points) -> Points:
    """BD-09 longitude and latitude of GCJ-02 points. Shapes: [N, 2] -> [N, 2], degrees."""
    points = np.asarray(lonlat_deg, dtype=np.float64)
    x, y = points[..., 0], points[..., 1]
    radius = np.hypot(x, y) + 2e-5 * np.sin(_BD09_RATE * y)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(_BD09_RATE * x)
    return np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=-1)


def gcj02_from_bd09(lonlat_deg: Points) -> Points:
    """GCJ-02 longitude and latitude of BD-09 points, iterated (the usual closed form is 0.1-1 m off)."""
    target = np.asarray(lonlat_deg, dtype=np.float64)
    points: Points = target - np.array([0.0065, 0.006])
    for _ in range(_STEPS):
        points = points - (bd09_from_gcj02(points) - target)
    return points


def wgs84_from_bd09(lonlat_deg: Points) -> Points:
    """True longitude and latitude of BD-09 points. Shapes: [N, 2] -> [N, 2], degrees."""
    return wgs84_from_gcj02(gcj02_from_bd09(lonlat_deg))


def bd09_from_wgs84(lonlat_deg: Points) -> Points:
    """BD-09 longitude and latitude of true points. Shapes: [N, 2] -> [N, 2], degrees."""
    return bd09_from_gcj02(gcj02_from_wgs84(lonlat_deg))
