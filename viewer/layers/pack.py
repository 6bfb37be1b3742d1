# SPDX-License-Identifier: Apache-2.0
"""Everything of a park that never changes, as messages, made once per process and shared by all sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin.park import Park
from viewer.layers.assets import asset_layers
from viewer.layers.labels import label_layer
from viewer.layers.message import SceneLayer
from viewer.layers.terrain import Ground, ground_layer


@dataclass(frozen=True, slots=True)
class StaticPack:
    """The static layers of a park and their messages."""

    layers: tuple[SceneLayer, ...]
    messages: tuple[Mapping[str, Any], ...]

    @property
    def nbytes(self) -> int:
        return sum(layer.nbytes for layer in self.layers)


_made: dict[tuple[int, int, str], tuple[Park, Ground | None, StaticPack]] = {}


def static_pack(park: Park, terrain: Ground | None = None, language: str = "zh") -> StaticPack:
    """Ground, assets and labels of a park, first ones drawn first; `SceneChannel.show_all(pack.messages)` shows them."""
    key = (id(park), id(terrain), language)
    if key not in _made:
        same = next((entry[2] for place, entry in _made.items() if place[:2] == key[:2]), None)
        solid = same.layers[:-1] if same else (ground_layer(park, terrain), *asset_layers(park, terrain))
        layers = (*solid, label_layer(park, language))
        messages = tuple(same.messages[:-1]) if same else tuple(layer.to_message() for layer in solid)
        # park and terrain are kept, so that their id() cannot come to mean something else
        _made[key] = (park, terrain, StaticPack(layers, (*messages, layers[-1].to_message())))
    return _made[key][2]
