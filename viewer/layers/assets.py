# SPDX-License-Identifier: Apache-2.0
"""All the static things of a park as layers, in drawing order. Layer ids are what the interface's layer list shows."""

from __future__ import annotations

from twin.park import Park
from viewer.layers.buildings import building_layer
from viewer.layers.message import SceneLayer
from viewer.layers.piping import pipeline_layer, rack_layer
from viewer.layers.scenery import (
    boundary_layer,
    fence_layer,
    gate_layer,
    hydrant_layer,
    lamp_layer,
    receptor_layer,
    road_layer,
    shelter_layer,
    tree_layer,
    water_layer,
)
from viewer.layers.structures import unit_layer
from viewer.layers.tanks import bund_layer, tank_layer
from viewer.layers.terrain import Ground, Surface

ASSET_LAYERS = (
    "water", "roads", "boundary", "bunds", "tanks", "buildings", "units", "racks", "pipelines",
    "fences", "gates", "hydrants", "shelters", "receptors", "trees", "lamps",
)  # fmt: skip


def asset_layers(park: Park, terrain: Ground | None = None) -> list[SceneLayer]:
    """Layers of everything that stands in the park; a kind the park has none of gives an empty layer."""
    surface = Surface.of(park, terrain)
    return [
        water_layer(park, surface),
        road_layer(park),
        boundary_layer(park),
        bund_layer(park, surface),
        tank_layer(park, surface),
        building_layer(park, surface),
        unit_layer(park, surface),
        rack_layer(park, surface),
        pipeline_layer(park, surface),
        fence_layer(park, surface),
        gate_layer(park, surface),
        hydrant_layer(park, surface),
        shelter_layer(park, surface),
        receptor_layer(park, surface),
        tree_layer(park, surface),
        lamp_layer(park, surface),
    ]
