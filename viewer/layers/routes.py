# SPDX-License-Identifier: Apache-2.0
"""Routes and other lines over the ground, and the arrow of the wind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer.layers.message import Colour, SceneLayer

EVACUATION: Colour = (33, 255, 178)
RESCUE: Colour = (255, 92, 72)
BOUNDARY: Colour = (64, 196, 255)


def route_layer(
    points_m: ArrayLike,
    *,
    layer_id: str = "route",
    colour: Colour = EVACUATION,
    width_px: float = 7.0,
    flow: bool = True,
    height_m: float = 1.2,
    name: str = "",
) -> SceneLayer:
    """One route as a thick glowing line along the ground; `flow` lets light run along it in its direction.

    Shapes: points_m [K, 2 or 3].
    """
    return lines_layer(
        {name or layer_id: points_m},
        layer_id=layer_id,
        colours={name or layer_id: colour},
        width_px=width_px,
        flow=flow,
        height_m=height_m,
    )


def lines_layer(
    lines_m: Mapping[str, ArrayLike],
    *,
    layer_id: str,
    colours: Mapping[str, Colour] | Colour = EVACUATION,
    width_px: float = 3.0,
    flow: bool = False,
    glow: float = 1.0,
    height_m: float = 1.0,
    step_m: float = 20.0,
) -> SceneLayer:
    """Several lines by id (they can be picked), each its own colour. Long segments are cut so that they follow the ground.

    Shapes: lines_m id -> [K, 2 or 3].
    """
    points: list[NDArray[np.float32]] = []
    tints: list[tuple[int, int, int, int]] = []
    for name, line in lines_m.items():
        points.append(_cut(np.asarray(line, dtype=np.float64), step_m, height_m))
        tint = colours[name] if isinstance(colours, Mapping) else colours
        tints.append((*tint, 255))
    lengths = [len(line) for line in points]
    data: dict[str, Any] = {
        "points": np.concatenate(points) if points else np.zeros((0, 3), dtype=np.float32),
        "starts": np.cumsum([0, *lengths], dtype=np.uint32),
        "colours": np.array(tints, dtype=np.uint8).reshape(-1, 4),
        "width_px": width_px,
        "flow": flow,
        "glow": glow,
    }
    return SceneLayer(id=layer_id, kind="lines", ids=tuple(lines_m), drape=True, data=data)


def wind_layer(
    position_m: Sequence[float], u_m_s: float, v_m_s: float, *, layer_id: str = "wind", height_m: float = 30.0
) -> SceneLayer:
    """An arrow above a mast that points where the wind blows to; `u_m_s`, `v_m_s` in the park frame."""
    return SceneLayer(
        id=layer_id,
        kind="arrow",
        drape=True,
        data={
            "position": [float(position_m[0]), float(position_m[1]), height_m],
            "u_m_s": float(u_m_s),
            "v_m_s": float(v_m_s),
            "colour": [112, 214, 255],
        },
    )


def _cut(line: NDArray[np.float64], step_m: float, height_m: float) -> NDArray[np.float32]:
    """The line with points added so that no segment is longer than step_m, at height_m above ground."""
    if len(line) < 2:
        raise ValueError("a line needs two points")
    xy = line[:, :2]
    keep = np.r_[True, np.hypot(*np.diff(xy, axis=0).T) > 1e-6]
    xy = xy[keep]
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
    pieces = np.maximum(np.ceil(np.diff(along) / step_m).astype(int), 1)
    stations = [np.linspace(along[k], along[k + 1], pieces[k], endpoint=False) for k in range(len(pieces))]
    at = np.concatenate([*stations, along[-1:]])
    result = np.column_stack(
        [np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1]), np.full(len(at), height_m)]
    )
    return result.astype(np.float32)
