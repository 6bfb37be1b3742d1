# SPDX-License-Identifier: Apache-2.0
"""Raw layers -> records of the park: values checked, ids unique, geometries of the right kind and valid, in metres.

Coordinates are rounded to the millimetre, so that a park that was written and read again is the same park on every machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import shapely

from geodata.check_codes import coded
from geodata.crs import to_frame
from geodata.geojson import Feature
from geodata.placement import PlacedLayer
from geodata.schema import check_record
from twin.assets import LAYERS, Asset
from twin.errors import Problem
from twin.frame import ParkFrame

ID_PATTERN = re.compile(r"[A-Za-z0-9_-]+")
_DECIMALS = 3


@dataclass(slots=True)
class Records:
    """Records of all layers so far, and every id that was declared (also of records that could not be used)."""

    frame: ParkFrame
    layers: dict[str, tuple[Asset, ...]] = field(default_factory=dict)
    place_of: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Id -> (layer, file) where it was first used."""
    problems: list[Problem] = field(default_factory=list)

    def ids(self, *layers: str) -> frozenset[str]:
        """Every id that the layers declare."""
        return frozenset(name for name, (layer, _) in self.place_of.items() if layer in layers)


def declare_ids(records: Records, name: str, file: str, features: list[Feature]) -> list[str]:
    """Labels of a layer's features (their id, or '#3' for the third), noting each id's first use."""
    labels: list[str] = []
    for number, feature in enumerate(features, start=1):
        key = feature.properties.get("id")
        if not isinstance(key, str) or not key:
            labels.append(f"#{number}")
            continue
        labels.append(key)
        where = {"file": file, "layer": name, "id": key, "field": "id"}
        if not ID_PATTERN.fullmatch(key):
            records.problems.append(coded("V07", f"id '{key}' has other characters", **where))
        if key in records.place_of:
            first = records.place_of[key][0]
            records.problems.append(coded("R01", f"id '{key}' was used before in layer {first}", **where))
        else:
            records.place_of[key] = (name, file)
    return labels


def add_layer(records: Records, name: str, placed: PlacedLayer, labels: list[str]) -> None:
    """Check a placed layer and add its records to the park."""
    kind, file = LAYERS[name], placed.raw.file
    metres = to_frame(placed.lonlat_deg, crs="", coordinate_system="cgcs2000", frame=records.frame)
    geometries = placed.geometries.copy()
    present = np.array([geometry is not None for geometry in geometries], dtype=bool)
    if present.any():
        geometries[present] = shapely.set_coordinates(geometries[present], metres.round(_DECIMALS) + 0.0)
    valid = shapely.is_valid(geometries)
    assets: list[Asset] = []
    for feature, label, geometry, good in zip(placed.raw.features, labels, geometries, valid, strict=True):
        where = {"file": file, "layer": name, "id": label}
        values, problems = check_record(name, feature.properties, **where)
        records.problems += problems
        fault = feature.fault
        if fault is None and geometry.geom_type not in kind.geometries:
            expected = " or ".join(kind.geometries)
            records.problems.append(coded("G03", f"it is a {geometry.geom_type}", expected=expected, **where))
            continue
        if fault is None and not good:
            reason = str(shapely.is_valid_reason(geometry)).split("[")[0].lower()
            fault = ("G01", f"the geometry is not valid: {reason}")
        if fault is not None:
            records.problems.append(coded(fault[0], fault[1], **where))
            continue
        assets.append(kind.record(geometry=geometry, **{**values, "id": label}))
    records.layers[name] = tuple(assets)
