# SPDX-License-Identifier: Apache-2.0
"""The park: a frozen description of what stands where, in one metric frame.

Made by `geodata.load.load_park` from a folder, or by the demo generator. Nothing in it ever changes; what changes is in
`TwinState`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from twin.assets import LAYERS as LAYERS
from twin.assets import (
    Asset,
    Boundary,
    Building,
    Bund,
    Enterprise,
    Fence,
    Gate,
    Green,
    Hydrant,
    Pipeline,
    Population,
    ProcessUnit,
    Rack,
    Receptor,
    Resource,
    Road,
    Sensor,
    Shelter,
    Tank,
    Water,
    WaterSource,
)
from twin.errors import did_you_mean, problem
from twin.frame import ParkFrame


@dataclass(frozen=True, kw_only=True)
class Park:
    """Everything that stands in a park. Attribute names are the layer names of the park folder."""

    id: str
    name: str
    frame: ParkFrame
    language: str = "zh"
    folder: Path | None = None
    sha256: str = ""
    """Hash of the park folder's content; empty for a park that was never a folder."""
    surroundings_radius_m: float = 5000.0
    attributions: tuple[str, ...] = ()
    """Texts that must be shown where its layers are drawn."""
    boundary: tuple[Boundary, ...] = ()
    enterprises: tuple[Enterprise, ...] = ()
    buildings: tuple[Building, ...] = ()
    tanks: tuple[Tank, ...] = ()
    bunds: tuple[Bund, ...] = ()
    units: tuple[ProcessUnit, ...] = ()
    racks: tuple[Rack, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    roads: tuple[Road, ...] = ()
    gates: tuple[Gate, ...] = ()
    fences: tuple[Fence, ...] = ()
    shelters: tuple[Shelter, ...] = ()
    hydrants: tuple[Hydrant, ...] = ()
    water_sources: tuple[WaterSource, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    resources: tuple[Resource, ...] = ()
    population: tuple[Population, ...] = ()
    receptors: tuple[Receptor, ...] = ()
    water: tuple[Water, ...] = ()
    green: tuple[Green, ...] = ()
    dem: Path | None = field(default=None)
    """Elevation raster of the folder, if there is one."""

    def layer(self, name: str) -> tuple[Asset, ...]:
        """All records of one layer."""
        assets: tuple[Asset, ...] = getattr(self, name)
        return assets

    @cached_property
    def _by_id(self) -> dict[str, tuple[str, Asset]]:
        return {asset.id: (name, asset) for name in LAYERS for asset in self.layer(name)}

    def find(self, asset_id: str) -> tuple[str, Asset]:
        """Layer name and record of an id.

        Raises: InputProblems when the park has no such id; names the nearest.
        """
        try:
            return self._by_id[asset_id]
        except KeyError:
            raise problem(
                f"the park has nothing called '{asset_id}'", did_you_mean(asset_id, list(self._by_id))
            ) from None

    def tank(self, tank_id: str) -> Tank:
        """The tank of an id.

        Raises: InputProblems when there is no such tank; names the nearest.
        """
        for tank in self.tanks:
            if tank.id == tank_id:
                return tank
        raise problem(
            f"the park has no tank '{tank_id}'",
            did_you_mean(tank_id, [tank.id for tank in self.tanks]),
            field="tank",
        )

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the park's boundary (of everything, when there is no boundary)."""
        shapes = [asset.geometry for asset in self.boundary] or [
            asset.geometry for name in LAYERS for asset in self.layer(name)
        ]
        boxes = [shape.bounds for shape in shapes]
        return (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )
