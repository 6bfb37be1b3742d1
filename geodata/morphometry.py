# SPDX-License-Identifier: Apache-2.0
"""How rough a built-up site is to the wind, from the shapes that stand on it, wind direction by wind direction.

Roughness length and displacement height follow from the plan area and the frontal area of the obstacles (Macdonald et al.
1998). Open structures count with their closed part. Bare surfaces have the roughness of their Davenport class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.frame import ParkFrame

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

SECTORS_FROM_DEG = tuple(30.0 * sector for sector in range(12))
"""Directions the wind comes from (true north, clockwise) at the middle of each sector."""

_ALPHA, _BETA, _DRAG, _KARMAN = 4.43, 1.0, 1.2, 0.4
"""Macdonald et al.'s constants for staggered arrays, the drag coefficient of a cube, von Karman's constant."""

SURFACE_ROUGHNESS_M = {
    "open": 0.03,
    "site": 0.005,
    "green": 0.10,
    "water": 0.0002,
    "road": 0.005,
    "bund": 0.005,
}
"""Davenport classes (WMO-No. 8, part I, chapter 5, annex on terrain classification): open 0.03, smooth 0.005, roughly open 0.10
and sea 0.0002 m."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Morphometry:
    """What the wind meets, per direction sector (`SECTORS_FROM_DEG`)."""

    plan_fraction: float
    """Plan area of obstacles over the area of the site."""
    frontal_fraction: Floats
    """Area seen along the wind over the area of the site [12]."""
    mean_height_m: float
    """Mean height of obstacles, weighted by plan area."""
    displacement_m: Floats
    roughness_m: Floats


def displacement_fraction(plan_fraction: float) -> float:
    """Displacement height over obstacle height.

    References: Macdonald, Griffiths, Hall (1998), Atmospheric Environment 32(11), eq. 23 (number from memory; the
        form agrees with the open roughness scheme of SUEWS).

    Examples:
        >>> displacement_fraction(0.0)
        0.0
        >>> round(displacement_fraction(0.25), 3)
        0.483
    """
    return 1.0 + math.exp(-plan_fraction * math.log(_ALPHA)) * (plan_fraction - 1.0)


def roughness_fraction(plan_fraction: float, frontal_fraction: float) -> float:
    """Roughness length over obstacle height; 0 when nothing faces the wind.

    Valid for: neutral air, arrays of similar heights, plan fraction up to about 0.6.
    References: Macdonald, Griffiths, Hall (1998), Atmospheric Environment 32(11), eq. 26 (number from memory; the
        form agrees with the open roughness scheme of SUEWS).

    Examples:
        >>> round(roughness_fraction(0.25, 0.10), 3)
        0.053
    """
    if frontal_fraction <= 0.0:
        return 0.0
    free = 1.0 - displacement_fraction(plan_fraction)
    drag = 0.5 * _BETA * _DRAG / _KARMAN**2 * free * frontal_fraction
    return free * math.exp(-(drag**-0.5)) if drag > 0.0 else 0.0


def frontal_widths(shapes: Shapes, frame: ParkFrame) -> Floats:
    """Width of each shape's shadow across the wind of each sector. Shapes: [N] -> [12, N], metres."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    starts = np.searchsorted(owner, np.arange(len(shapes)))
    widths = np.empty((len(SECTORS_FROM_DEG), len(shapes)))
    for sector, from_deg in enumerate(SECTORS_FROM_DEG):
        u, v = frame.wind_vector(from_deg, 1.0)
        across = xy @ np.array([-v, u])
        widths[sector] = np.maximum.reduceat(across, starts) - np.minimum.reduceat(across, starts)
    return widths


def measure(
    shapes: Shapes,
    height_m: Floats,
    closed_fraction: Floats,
    *,
    site_area_m2: float,
    surface_roughness_m: float,
    frame: ParkFrame,
) -> Morphometry:
    """Roughness and displacement of a site by sector, never smoother than its bare surface.

    Shapes: shapes, height_m, closed_fraction [N] (1 for solid obstacles, 1 - porosity for open structures).
    """
    sectors = len(SECTORS_FROM_DEG)
    if not len(shapes):
        return Morphometry(
            plan_fraction=0.0,
            frontal_fraction=np.zeros(sectors),
            mean_height_m=0.0,
            displacement_m=np.zeros(sectors),
            roughness_m=np.full(sectors, surface_roughness_m),
        )
    area = shapely.area(shapes) * closed_fraction
    plan = min(float(area.sum()) / site_area_m2, 1.0)
    mean_height = float((area * height_m).sum() / area.sum()) if area.sum() > 0 else 0.0
    frontal = (frontal_widths(shapes, frame) * (height_m * closed_fraction)).sum(axis=1) / site_area_m2
    roughness = np.array([mean_height * roughness_fraction(plan, float(facing)) for facing in frontal])
    return Morphometry(
        plan_fraction=plan,
        frontal_fraction=frontal,
        mean_height_m=mean_height,
        displacement_m=np.full(sectors, mean_height * displacement_fraction(plan)),
        roughness_m=np.maximum(roughness, surface_roughness_m),
    )
