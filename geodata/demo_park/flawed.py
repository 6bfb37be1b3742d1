# SPDX-License-Identifier: Apache-2.0
"""A park folder into which faults are planted, and the list of what was planted.

Every fault takes its own records, so that faults do not hide or cause each other; the checker must find exactly the list.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geodata.demo_park.draft import Spot
from geodata.toml_text import toml_text
from geodata.write import layer_text, manifest_text
from twin.assets import LAYERS, Asset
from twin.park import Park

Planted = tuple[str, str, str, str]
"""Check code, file, layer, id."""


@dataclass(slots=True)
class FlawedPark:
    """Layers, manifest and files of a park while faults are planted."""

    layers: dict[str, list[Any]]
    manifest: dict[str, Any]
    park: Park
    files: dict[str, bytes | str] = field(default_factory=dict)
    edits: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """(layer, id) -> fields of the file's record that are set, or deleted when None."""
    used: set[str] = field(default_factory=set)
    planted: list[Planted] = field(default_factory=list)

    @classmethod
    def of(cls, park: Park, maker: str, licence: str) -> FlawedPark:
        """A park without faults."""
        return cls(
            layers={name: list(park.layer(name)) for name in LAYERS},
            manifest=tomllib.loads(manifest_text(park, maker=maker, licence=licence)),
            park=park,
        )

    def plant(self, code: str, layer: str, asset_id: str = "", *, file: str | None = None) -> None:
        """Note a fault that the checker must find."""
        self.planted.append((code, f"layers/{layer}.geojson" if file is None else file, layer, asset_id))

    def pick(self, layer: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """A record that no fault has used yet; LookupError when there is none."""
        for asset in self.layers[layer]:
            if asset.id not in self.used and fits(asset):
                self.used.add(asset.id)
                return asset
        raise LookupError(layer)

    def edit(self, code: str, layer: str, asset_id: str, values: Mapping[str, Any]) -> None:
        """Set fields of a record as they stand in the file (None deletes one): that is the fault."""
        self.edits.setdefault((layer, asset_id), {}).update(values)
        self.plant(code, layer, asset_id)

    def put(self, layer: str, asset: Asset) -> None:
        """Add a record, or replace the one of the same id."""
        assets = self.layers[layer]
        self.used.add(asset.id)
        for row, other in enumerate(assets):
            if other.id == asset.id:
                assets[row] = asset
                return
        assets.append(asset)

    def copy(
        self, layer: str, new_id: str, east_m: float, north_m: float, fits: Callable[[Any], bool], **more: Any
    ) -> Any:
        """Add a copy of a record, moved, under a new id."""
        from shapely.affinity import translate

        model = self.pick(layer, fits)
        twin = dataclasses.replace(
            model, id=new_id, geometry=translate(model.geometry, east_m, north_m), **more
        )
        self.put(layer, twin)
        return model

    def drawing(self, code: str, spots: list[Spot], **table: Any) -> None:
        """Add a layer that is only drawn, with a declaration that has a fault; F07 says that it is only drawn."""
        name = f"survey_{code.lower()}"
        rings = [[*spots, spots[0]]]
        feature = {
            "type": "Feature",
            "properties": {"id": "A1"},
            "geometry": {"type": "Polygon", "coordinates": rings},
        }
        document = {"type": "FeatureCollection", "name": name, "features": [feature]}
        self.files[f"layers/{name}.geojson"] = json.dumps(document) + "\n"
        self.manifest["layers"][name] = {"file": f"layers/{name}.geojson", **table}
        self.plant("F07", name)
        self.plant(code, name)

    def text_files(self) -> dict[str, bytes | str]:
        """Contents of every file that differs from the park without faults."""
        layers: dict[str, Any] = {name: tuple(assets) for name, assets in self.layers.items()}
        flawed = dataclasses.replace(self.park, **layers)
        files: dict[str, bytes | str] = {"park.toml": toml_text(self.manifest)}
        for name in LAYERS:
            if self.layers[name]:
                files[f"layers/{name}.geojson"] = self._edited(name, layer_text(flawed, name))
        return files | self.files

    def _edited(self, layer: str, text: str) -> str:
        """Layer text with the edits of its records; one feature is one line."""
        wanted = {asset_id: values for (name, asset_id), values in self.edits.items() if name == layer}
        if not wanted:
            return text
        lines = text.split("\n")
        for row, line in enumerate(lines):
            if not line.startswith('{"type":"Feature",'):
                continue
            feature = json.loads(line.rstrip(","))
            values = wanted.get(feature["properties"]["id"])
            if values is None:
                continue
            for key, value in values.items():
                feature["properties"].pop(key, None)
                if value is not None:
                    feature["properties"][key] = value
            comma = "," if line.endswith(",") else ""
            lines[row] = json.dumps(feature, ensure_ascii=False, separators=(",", ":")) + comma
        return "\n".join(lines)
