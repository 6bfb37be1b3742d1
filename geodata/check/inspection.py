# SPDX-License-Identifier: Apache-2.0
"""What the checks share: the park as far as it could be read, and which of its records prove nothing.

A record whose values or place are already reported is left out of the comparisons, so that one fault is one problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.check_codes import coded
from geodata.load import ParkReading
from twin.assets import Asset
from twin.errors import Problem
from twin.park import Park


@dataclass(slots=True)
class Inspection:
    """A park under inspection and the problems found so far."""

    reading: ParkReading
    park: Park
    problems: list[Problem] = field(default_factory=list)
    suspects: set[tuple[str, str]] = field(default_factory=set)
    """(layer, id) of records that some value or place is wrong of."""

    def __post_init__(self) -> None:
        self.suspects |= {
            (item.layer, item.id) for item in self.reading.problems if item.id and not item.warning
        }

    def report(self, code: str, layer: str, asset_id: str, what: str, **more: str) -> None:
        """Note a problem of a record and leave the record out of further comparisons."""
        found = coded(code, what, file=self.reading.files.get(layer, ""), layer=layer, id=asset_id, **more)
        self.problems.append(found)
        if not found.warning:
            self.suspects.add((layer, asset_id))

    def placed(self, layer: str) -> bool:
        """Whether the layer's place on the map is known."""
        return layer not in self.reading.displaced

    def sound(self, layer: str) -> list[Any]:
        """Records of a layer that nothing is known against; none when the layer is misplaced."""
        if not self.placed(layer):
            return []
        return [asset for asset in self.park.layer(layer) if (layer, asset.id) not in self.suspects]


def shapes_of(assets: Sequence[Asset]) -> NDArray[np.object_]:
    """Geometries of records as an array that shapely works on at once."""
    shapes: NDArray[np.object_] = np.empty(len(assets), dtype=object)
    shapes[:] = [asset.geometry for asset in assets]
    return shapes


def one_shape(geometries: NDArray[np.object_]) -> BaseGeometry:
    """Union of geometries."""
    import shapely

    union: BaseGeometry = shapely.union_all(geometries)
    return union
