# SPDX-License-Identifier: Apache-2.0
"""A turned rectangle of ground with its own coordinates (a along its width, b along its depth, metres).

Everything inside an enterprise is laid out in these straight coordinates and placed into the park frame by one
rotation, so circles stay circles and right angles stay right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from geodata.demo_park.draft import Spot, polygon


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in plot coordinates."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """Extent along a."""
        return self.east - self.west

    @property
    def depth(self) -> float:
        """Extent along b."""
        return self.north - self.south

    @property
    def centre(self) -> Spot:
        """Middle of the box."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2

    def inset(self, gap: float) -> Box:
        """The box made smaller by `gap` on every side."""
        return Box(self.west + gap, self.south + gap, self.east - gap, self.north - gap)


@dataclass(frozen=True, slots=True)
class Plot:
    """Where plot coordinates lie in the park frame."""

    x_m: float
    y_m: float
    angle_rad: float
    width_m: float
    depth_m: float

    def at(self, a: float, b: float) -> Spot:
        """Park coordinates of a place of the plot."""
        cosine, sine = math.cos(self.angle_rad), math.sin(self.angle_rad)
        return self.x_m + a * cosine - b * sine, self.y_m + a * sine + b * cosine

    def local(self, spot: Sequence[float]) -> Spot:
        """Plot coordinates of a place of the park; inverse of `at`."""
        cosine, sine = math.cos(self.angle_rad), math.sin(self.angle_rad)
        east, north = spot[0] - self.x_m, spot[1] - self.y_m
        return east * cosine + north * sine, -east * sine + north * cosine

    def path(self, places: Iterable[Sequence[float]]) -> list[Spot]:
        """Park coordinates of several places of the plot."""
        return [self.at(a, b) for a, b in places]

    def area(self, box: Box) -> Any:
        """Polygon of a box, counter-clockwise."""
        return polygon(
            self.path(
                ((box.west, box.south), (box.east, box.south), (box.east, box.north), (box.west, box.north))
            )
        )

    def disc(self, a: float, b: float, radius: float, corners: int = 12) -> Any:
        """Polygon of a round footprint."""
        turns = [2 * math.pi * k / corners for k in range(corners)]
        return polygon(self.path([(a + radius * math.cos(t), b + radius * math.sin(t)) for t in turns]))


def cross(p: Sequence[float], q: Sequence[float], r: Sequence[float], s: Sequence[float]) -> Spot:
    """Where the straight lines through p, q and through r, s meet."""
    ax, ay = q[0] - p[0], q[1] - p[1]
    bx, by = s[0] - r[0], s[1] - r[1]
    t = ((r[0] - p[0]) * by - (r[1] - p[1]) * bx) / (ax * by - ay * bx)
    return p[0] + t * ax, p[1] + t * ay


def inset_ring(corners: Sequence[Sequence[float]], gaps: Sequence[float]) -> list[Spot]:
    """A convex counter-clockwise ring with every side moved inwards by its own gap."""
    count = len(corners)
    sides: list[tuple[Spot, Spot]] = []
    for k in range(count):
        p, q = corners[k], corners[(k + 1) % count]
        length = math.hypot(q[0] - p[0], q[1] - p[1])
        nx, ny = -(q[1] - p[1]) / length * gaps[k], (q[0] - p[0]) / length * gaps[k]
        sides.append(((p[0] + nx, p[1] + ny), (q[0] + nx, q[1] + ny)))
    return [cross(*sides[k - 1], *sides[k]) for k in range(count)]


def plot_in(corners: Sequence[Sequence[float]], margin_m: float) -> Plot:
    """A rectangle inside a nearly rectangular quad (corners SW, SE, NE, NW), `margin_m` away from its sides."""
    south_west, south_east, north_east, north_west = corners
    along = math.atan2(
        (south_east[1] - south_west[1]) + (north_east[1] - north_west[1]),
        (south_east[0] - south_west[0]) + (north_east[0] - north_west[0]),
    )
    turned = Plot(south_west[0], south_west[1], along, 0.0, 0.0)
    (a_sw, b_sw), (a_se, b_se), (a_ne, b_ne), (a_nw, b_nw) = (turned.local(corner) for corner in corners)
    west, east = max(a_sw, a_nw) + margin_m, min(a_se, a_ne) - margin_m
    south, north = max(b_sw, b_se) + margin_m, min(b_nw, b_ne) - margin_m
    x_m, y_m = turned.at(west, south)
    return Plot(x_m, y_m, along, east - west, north - south)
