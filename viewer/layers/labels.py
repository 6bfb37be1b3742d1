# SPDX-License-Identifier: Apache-2.0
"""Texts in the scene. The browser draws them as HTML over the picture and hides those that would overlap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.assets import Asset
from twin.park import Park
from viewer.layers.message import SceneLayer

Style = Literal[
    "place", "enterprise", "shelter", "station", "gate", "receptor", "unit", "alarm", "source", "crew"
]

_WORDS = {
    "zh": {
        "muster": "集合点",
        "toxic_refuge": "避难所",
        "hospital": "医院",
        "gate": "门",
        "school": "学校",
        "village": "村庄",
        "water_intake": "取水口",
        "fire_station": "消防站",
        "control_room": "中控室",
    },
    "en": {
        "muster": "Assembly point",
        "toxic_refuge": "Refuge",
        "hospital": "Hospital",
        "gate": "Gate",
        "school": "School",
        "village": "Village",
        "water_intake": "Water intake",
        "fire_station": "Fire station",
        "control_room": "Control room",
    },
}
_PRIORITY: dict[str, int] = {
    "alarm": 100,
    "source": 95,
    "crew": 90,
    "station": 60,
    "shelter": 55,
    "receptor": 40,
    "enterprise": 35,
    "gate": 25,
    "unit": 15,
    "place": 10,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One text at a place; `height_m` above ground."""

    id: str
    text: str
    x_m: float
    y_m: float
    height_m: float = 20.0
    style: Style = "place"
    far_m: float = 0.0
    """Hidden when the camera is farther away; 0 = never."""


def name_in(name: str, language: str) -> str:
    """The part of a bilingual name ('zh \u00b7 en') in a language; other names as they are.

    Examples:
        >>> name_in("\u6d88\u9632\u7ad9 \u00b7 Fire station", "en")
        'Fire station'
    """
    parts = name.split(" \u00b7 ", 1)
    return parts[0] if len(parts) == 1 or language == "zh" else parts[1]


def labels_layer(labels: Iterable[Label], *, layer_id: str = "labels") -> SceneLayer:
    """Labels as a layer; where they collide, the more urgent style wins."""
    rows = list(labels)
    return SceneLayer(
        id=layer_id,
        kind="labels",
        ids=tuple(label.id for label in rows),
        drape=True,
        data={
            "positions": np.array([(r.x_m, r.y_m, r.height_m) for r in rows], dtype=np.float32).reshape(
                -1, 3
            ),
            "texts": [label.text for label in rows],
            "styles": [label.style for label in rows],
            "priorities": [_PRIORITY[label.style] for label in rows],
            "far": [float(label.far_m) for label in rows],
        },
    )


def label_layer(park: Park, language: str = "zh", *, layer_id: str = "labels") -> SceneLayer:
    """The park's own names: enterprises, stations, shelters, gates, process units, places outside."""
    words = _WORDS.get(language, _WORDS["en"])
    rows: list[Label] = []

    def add(asset: Asset, style: Style, kind: str, height_m: float, far_m: float) -> None:
        text = name_in(asset.name, language) or f"{words.get(kind, kind)} {asset.id}".strip()
        x_m, y_m = asset.xy_m
        rows.append(
            Label(id=asset.id, text=text, x_m=x_m, y_m=y_m, height_m=height_m, style=style, far_m=far_m)
        )

    for enterprise in park.enterprises:
        add(enterprise, "enterprise", "", 40.0, 6500.0)
    for shelter in park.shelters:
        add(shelter, "shelter", shelter.kind, 14.0, 6000.0 if shelter.kind == "hospital" else 1500.0)
    for building in park.buildings:
        if building.kind == "fire_station":
            add(building, "station", "fire_station", building.height_m + 10.0, 6000.0)
        elif building.control_room or building.kind == "control_room":
            add(building, "unit", "control_room", building.height_m + 6.0, 900.0)
    for gate in park.gates:
        add(gate, "gate", "gate", 9.0, 700.0)
    for unit in park.units:
        add(unit, "unit", "", unit.height_m + 6.0, 380.0)
    for receptor in park.receptors:
        add(receptor, "receptor", receptor.kind, 30.0, 9000.0)
    return labels_layer(rows, layer_id=layer_id)
