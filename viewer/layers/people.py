# SPDX-License-Identifier: Apache-2.0
"""People and vehicles: a layer that names them, and key frames packed to six bytes each.

Positions are int16 over the layer's box (a 10 km box resolves 0.15 m), headings uint8 of a full circle, states uint8.
The client interpolates between key frames in the vertex shader, headings by the shortest arc, and snaps over leaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.layers.message import Colour, SceneLayer

Box = tuple[float, float, float, float]
PEOPLE_STATES: tuple[tuple[str, Colour], ...] = (
    ("normal", (236, 244, 255)),
    ("reacting", (255, 168, 60)),
    ("moving", (86, 204, 242)),
    ("sheltering", (155, 138, 251)),
    ("safe", (61, 220, 132)),
    ("incapacitated", (255, 94, 58)),
    ("dead", (255, 43, 94)),
)
"""State names of agents.people.STATES, in their order, and the colour each is drawn in."""
CREW_STATES: tuple[tuple[str, Colour], ...] = (
    ("waiting", (190, 205, 220)),
    ("driving", (255, 72, 66)),
    ("working", (255, 176, 32)),
    ("done", (61, 220, 132)),
)


def movers_layer(
    ids: Sequence[str],
    box: Box,
    *,
    layer_id: str = "people",
    primitive: str = "person",
    states: Sequence[tuple[str, Colour]] = PEOPLE_STATES,
    size_m: float = 1.75,
    jump_m: float = 60.0,
    label: str = "",
) -> SceneLayer:
    """A track of moving things, all standing in the south-west corner until the first key frame.

    `box` is west, south, east, north of everywhere they may be; `primitive` is 'person', 'engine' (fire engine), 'van' or
    'ambulance'; `size_m` is a person's height or a vehicle's length; a step longer than `jump_m` is a leap and not animated.
    With a `label` each of up to 24 carries it, and its id when there are several.
    """
    west, south, east, north = box
    if not (east > west and north > south):
        raise ValueError(f"movers {layer_id}: the box {box} is empty")
    return SceneLayer(
        id=layer_id,
        kind="movers",
        ids=tuple(ids),
        drape=True,
        data={
            "primitive": primitive,
            "box": [float(side) for side in box],
            "states": [name for name, _ in states],
            "colours": np.array([colour for _, colour in states], dtype=np.uint8),
            "size_m": size_m,
            "jump_m": jump_m,
            "label": label,
        },
    )


def pack_movers(
    positions_m: NDArray[Any],
    headings_deg: NDArray[Any] | None,
    states: NDArray[Any] | None,
    box: Sequence[float],
) -> dict[str, Any]:
    """One key frame as bytes: xy int16 [N, 2] over the box, heading uint8 [N], state uint8 [N].

    Positions outside the box are put on its edge; without headings the client turns them the way they go.
    Shapes: positions_m [N, 2], headings_deg [N], states [N].
    """
    count = len(positions_m)
    low = np.array(box[:2], dtype=np.float64)
    span = np.array(box[2:], dtype=np.float64) - low
    part = np.clip((np.asarray(positions_m, dtype=np.float64) - low) / span, 0.0, 1.0)
    packed = (np.rint(part * 65535.0) - 32768.0).astype("<i2")
    heading = b""
    if headings_deg is not None:
        turn = np.asarray(headings_deg, dtype=np.float64) % 360.0 / 360.0
        heading = (np.rint(turn * 256.0).astype(np.int64) % 256).astype(np.uint8).tobytes()
    state = np.zeros(count, dtype=np.uint8) if states is None else np.asarray(states, dtype=np.uint8)
    return {"n": count, "xy": packed.tobytes(), "h": heading, "s": state.tobytes()}


def unpack_positions(frame: dict[str, Any], box: Sequence[float]) -> NDArray[np.float64]:
    """Positions of a packed key frame, as the client and the stills see them. Shapes: -> [N, 2] m."""
    part = (np.frombuffer(frame["xy"], dtype="<i2").astype(np.float64).reshape(-1, 2) + 32768.0) / 65535.0
    low = np.array(box[:2], dtype=np.float64)
    result: NDArray[np.float64] = low + part * (np.array(box[2:], dtype=np.float64) - low)
    return result
