# SPDX-License-Identifier: Apache-2.0
"""What of a park stands in the wind's way, as shapes with heights: solid things and open structures.

Buildings and tanks are solid. Process units and pipe racks let part of the wind through: their open fraction, seen from the
side, becomes an area facing the wind per volume.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.assets import Tank
from twin.park import Park

_NEARLY_SOLID = 0.05
"""An open structure with a smaller open fraction is a wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """A thing in the wind's way, seen from above."""

    shape: shapely.Geometry
    top_m: float
    """Above ground."""
    base_m: float = 0.0
    """Underside above ground."""
    porosity: float = 0.0
    """Open fraction seen from the side; 0 = solid."""
    drag_area_density_1_m: float = 0.0
    """Area that faces the wind per volume of an open structure."""


_CORNERS = 48
_TURN = 2 * np.pi * np.arange(_CORNERS) / _CORNERS
_CIRCLE = np.column_stack([np.cos(_TURN), np.sin(_TURN)]) * np.sqrt(
    np.pi / (_CORNERS / 2 * np.sin(2 * np.pi / _CORNERS))
)
"""A 48-gon with the area of the unit circle."""


def tank_outline(tank: Tank) -> shapely.Geometry:
    """Plan of a tank. A point becomes a 48-gon of the circle's exact area; a bullet lies along the x axis unless drawn."""
    if tank.geometry.geom_type != "Point":
        return tank.geometry
    x_m, y_m = tank.geometry.x, tank.geometry.y
    if tank.kind == "bullet" and tank.length_m:
        half_length, half_width = tank.length_m / 2, tank.diameter_m / 2
        return shapely.box(x_m - half_length, y_m - half_width, x_m + half_length, y_m + half_width)
    return shapely.Polygon(_CIRCLE * (tank.diameter_m / 2) + (x_m, y_m))


def tank_top_m(tank: Tank) -> float:
    """Top of a tank above ground: spheres and lying bullets are as high as their diameter."""
    return tank.base_m + (tank.diameter_m if tank.kind in ("sphere", "bullet") else tank.height_m)


def facing_area_density_1_m(open_fraction: float, depth_m: float) -> float:
    """Area facing the wind per volume of a structure through which a fraction of sight lines of a length passes freely.

    Randomly placed members let exp(-a s) of the lines of length s pass.
    References: Nilson (1971), A theoretical analysis of the frequency of gaps in plant stands, Agric. Meteorol. 8 (Poisson model;
        citation from memory, the exponential follows from placing members at random).

    Examples:
        >>> round(facing_area_density_1_m(0.8, 4.0), 4)
        0.0558
    """
    return float(-np.log(max(open_fraction, _NEARLY_SOLID)) / depth_m)


def solids_of(park: Park) -> list[Solid]:
    """Buildings, tanks, and process units without openings."""
    solids = [Solid(shape=building.geometry, top_m=building.height_m) for building in park.buildings]
    solids += [
        Solid(shape=tank_outline(tank), top_m=tank_top_m(tank), base_m=tank.base_m) for tank in park.tanks
    ]
    solids += [
        Solid(shape=unit.geometry, top_m=unit.height_m)
        for unit in park.units
        if unit.porosity < _NEARLY_SOLID
    ]
    return solids


def open_structures_of(park: Park) -> list[Solid]:
    """Process units (seen through their mean chord, pi A / P by Cauchy's formula) and pipe racks (through their width)."""
    structures = [
        Solid(
            shape=unit.geometry,
            top_m=unit.height_m,
            porosity=unit.porosity,
            drag_area_density_1_m=facing_area_density_1_m(
                unit.porosity, np.pi * unit.geometry.area / unit.geometry.length
            ),
        )
        for unit in park.units
        if unit.porosity >= _NEARLY_SOLID
    ]
    structures += [
        Solid(
            shape=rack.geometry.buffer(rack.width_m / 2, cap_style="flat"),
            top_m=rack.height_m,
            base_m=rack.clearance_m,
            porosity=rack.porosity,
            drag_area_density_1_m=facing_area_density_1_m(rack.porosity, rack.width_m),
        )
        for rack in park.racks
    ]
    return structures
