# SPDX-License-Identifier: Apache-2.0
"""Sensors as markers: one per place, coloured and shaped by its worst state, hollow when the data is old.

Shape repeats what colour says, for readers who cannot tell the colours apart. Several sensors at one spot (a mast, a tank's
level and pressure) share a marker, whose id is that of the first of them; `sensor_sites` says who sits where.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from twin.park import Park
from viewer.layers.message import Colour, SceneLayer

State = Literal["unknown", "normal", "blue", "yellow", "orange", "red", "fault"]
# worst last
LOOKS: dict[str, tuple[Colour, int, int]] = {
    "unknown": ((128, 150, 172), 0, 0),
    "normal": ((54, 214, 160), 0, 0),
    "fault": ((178, 132, 255), 4, 0),
    "blue": ((72, 168, 255), 0, 0),
    "yellow": ((255, 214, 61), 1, 0),
    "orange": ((255, 148, 38), 2, 1),
    "red": ((255, 59, 72), 3, 2),
}
"""State -> colour, shape (0 disc, 1 diamond, 2 triangle, 3 hexagon, 4 cross), strength of the pulse."""
HOLLOW = 128
"""Added to the shape of a marker whose data is stale."""
_SIZES = {"gas": 1.0, "met": 1.15, "tank": 0.62, "process": 0.7}


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorShown:
    """How one sensor stands now."""

    state: State = "normal"
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSite:
    """A place with one or more sensors."""

    ids: tuple[str, ...]
    kind: str
    x_m: float
    y_m: float
    stem_m: float
    """Height of the marker above ground."""


def sensor_sites(park: Park, seen: Iterable[SensorSite] = ()) -> tuple[SensorSite, ...]:
    """Places with sensors, in the order of the park's sensors; `seen` adds sensors the park folder does not list."""
    tanks = {tank.id: tank for tank in park.tanks}
    places: dict[tuple[int, int], list[tuple[str, str, float, float, float]]] = {}
    for sensor in park.sensors:
        x_m, y_m = sensor.xy_m
        stem_m = max(sensor.height_m, 2.0) + 7.0
        tank = tanks.get(sensor.tank)
        if tank is not None:
            x_m, y_m = tank.xy_m
            stem_m = tank.base_m + tank.height_m + 4.0
        places.setdefault((round(x_m), round(y_m)), []).append((sensor.id, sensor.kind, x_m, y_m, stem_m))
    rank = {kind: place for place, kind in enumerate(("tank", "process", "gas", "met"))}
    sites = []
    for group in places.values():
        top = max(group, key=lambda row: rank.get(row[1], 1))
        sites.append(
            SensorSite(
                ids=tuple(row[0] for row in group),
                kind=top[1],
                x_m=top[2],
                y_m=top[3],
                stem_m=max(row[4] for row in group),
            )
        )
    return (*sites, *seen)


def sensor_layer(
    park: Park,
    values: Mapping[str, SensorShown],
    *,
    seen: Iterable[SensorSite] = (),
    layer_id: str = "sensors",
) -> SceneLayer:
    """Markers of all sensors; one without a value is 'unknown' and hollow."""
    sites = sensor_sites(park, seen)
    return SceneLayer(
        id=layer_id,
        kind="markers",
        ids=tuple(site.ids[0] for site in sites),
        drape=True,
        data={
            "positions": np.array([(site.x_m, site.y_m, 0.0) for site in sites], dtype=np.float32).reshape(
                -1, 3
            ),
            "stems": np.array([site.stem_m for site in sites], dtype=np.float32),
            "sizes": [_SIZES.get(site.kind, 0.8) for site in sites],
            **sensor_looks(sites, values),
        },
    )


def sensor_looks(sites: Iterable[SensorSite], values: Mapping[str, SensorShown]) -> dict[str, Any]:
    """The arrays that change with the readings, for `SceneChannel.update("sensors", **sensor_looks(...))`."""
    order = {state: place for place, state in enumerate(LOOKS)}
    unknown = SensorShown(state="unknown", stale=True)
    colours, shapes, pulses = [], [], []
    for site in sites:
        worst = max((values.get(name, unknown) for name in site.ids), key=lambda shown: order[shown.state])
        colour, shape, pulse = LOOKS[worst.state]
        colours.append((*colour, 255))
        shapes.append(shape + (HOLLOW if worst.stale else 0))
        pulses.append(0 if worst.stale else pulse)
    return {
        "colours": np.array(colours, dtype=np.uint8).reshape(-1, 4),
        "shapes": np.array(shapes, dtype=np.uint8),
        "pulses": np.array(pulses, dtype=np.uint8),
    }
