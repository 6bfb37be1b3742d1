# SPDX-License-Identifier: Apache-2.0
"""The park while it is being made: layers that grow, and the random streams of the steps.

Coordinates are rounded to a millimetre when a shape is made, so that what is in memory is what the folder holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from twin.assets import Asset
from twin.frame import ParkFrame

Spot = tuple[float, float]
Generator = np.random.Generator

STEPS = (
    "grid",
    "lots",
    "sites",
    "tanks",
    "plants",
    "buildings",
    "racks",
    "hydrants",
    "sensors",
    "people",
    "surroundings",
    "terrain",
    "names",
)
"""Order of the child streams of a seed. New steps are appended, never inserted."""


def streams(seed: int) -> dict[str, Generator]:
    """One independent random stream per step of the generator."""
    children = np.random.SeedSequence(seed).spawn(len(STEPS))
    return {name: np.random.default_rng(child) for name, child in zip(STEPS, children, strict=True)}


def rounded(spot: Sequence[float]) -> Spot:
    """The same place to the millimetre."""
    return round(float(spot[0]), 3), round(float(spot[1]), 3)


def point(spot: Sequence[float]) -> Any:
    """Point geometry to the millimetre."""
    return shapely.points(rounded(spot))


def line(spots: Iterable[Sequence[float]]) -> Any:
    """Line geometry to the millimetre, without repeated vertices."""
    kept: list[Spot] = []
    for spot in spots:
        place = rounded(spot)
        if not kept or kept[-1] != place:
            kept.append(place)
    return shapely.linestrings(kept)


def polygon(spots: Iterable[Sequence[float]]) -> Any:
    """Polygon geometry to the millimetre."""
    return shapely.polygons([rounded(spot) for spot in spots])


@dataclass(slots=True)
class Draft:
    """Layers of a park under construction."""

    frame: ParkFrame
    layers: dict[str, list[Any]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, layer: str, asset: Asset) -> None:
        """Append a record to a layer."""
        self.layers.setdefault(layer, []).append(asset)

    def serial(self, prefix: str, digits: int = 2) -> str:
        """The next free id that begins with `prefix`."""
        number = self.counts.get(prefix, 0) + 1
        self.counts[prefix] = number
        return f"{prefix}{number:0{digits}d}"

    def of(self, layer: str, enterprise: str) -> list[Any]:
        """Records of a layer that belong to an enterprise."""
        return [asset for asset in self.layers.get(layer, []) if asset.enterprise == enterprise]
