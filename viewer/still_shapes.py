# SPDX-License-Identifier: Apache-2.0
"""Unit solids for stills: the same primitives as the client's, with fewer corners, as plain triangles.

`expand` turns the instances of a layer part into one merged mesh, with the arithmetic of the client's vertex shader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Profile = Sequence[tuple[float, float, float]]
"""Radius, height, and height that goes with the diameter (domes) instead of the length."""
_DOME: Profile = ((0.5, 1.0, 0.0), (0.35, 1.0, 0.11), (0.0, 1.0, 0.16))
# primitive -> profile turned about z, or about x
_TURNED: Mapping[str, tuple[Profile, int, str]] = {
    "cylinder": (((0.5, -0.5, 0), (0.5, 0.5, 0), (0, 0.5, 0)), 12, "z"),
    "pipe": (((0.5, -0.5, 0), (0.5, 0.5, 0)), 5, "x"),
    "sphere": (tuple((0.5 * np.cos(a), 0.5 * np.sin(a), 0) for a in np.linspace(-np.pi / 2, np.pi / 2, 9)), 16, "z"),
    "bullet": (((0, -0.5, -0.25), (0.4, -0.5, -0.15), (0.5, -0.5, 0), (0.5, 0.5, 0), (0.4, 0.5, 0.15), (0, 0.5, 0.25)), 10, "x"),
    "vessel": (((0.5, 0, 0), (0.5, 1, 0), (0.35, 1, 0.18), (0, 1, 0.25)), 10, "z"),
    "stack": (((0.5, 0, 0), (0.36, 1, 0), (0.28, 1, 0)), 10, "z"),
    "ring": (((0.5, -0.5, 0), (0.5, 0.1, 0), (0.28, 0.1, 0)), 8, "z"),
    "tank_cone": (((0.5, 0, 0), (0.5, 1, 0), (0, 1, 0.085)), 24, "z"),
    "tank_dome": (((0.5, 0, 0), *_DOME), 24, "z"),
    "tank_floating": (((0.5, 0, 0), (0.5, 1, 0), (0.48, 1, 0), (0.48, 0.5, 0), (0, 0.5, 0)), 24, "z"),
    "tree_cone": (((0.5, 0.16, 0), (0, 1, 0)), 5, "z"),
    "tree_round": (((0.1, 0.26, 0), (0.5, 0.6, 0), (0, 1, 0)), 6, "z"),
    "lamp": (((0.08, 0, 0), (0.08, 8, 0)), 3, "z"),
}  # fmt: skip
_SAME = {"beam": "box", "drum": "bullet"}


@cache
def shape(name: str) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Vertices [V, 3], their parts that scale with the diameter [V, 3], triangles [F, 3]."""
    name = _SAME.get(name, name)
    if name == "box":
        corners = np.array([[x, y, z] for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)])
        quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
        vertices = corners[np.array(quads).ravel()]
        return vertices, np.zeros_like(vertices), _quads(np.arange(24).reshape(-1, 4))
    if name == "roof":
        eaves = [(-0.5, -0.5, 0), (0.5, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0), (-0.5, 0, 1), (0.5, 0, 1)]
        triangles = np.array([(0, 1, 5), (0, 5, 4), (2, 3, 4), (2, 4, 5), (1, 2, 5), (3, 0, 4)])
        vertices = np.array(eaves, dtype=np.float64)[triangles.ravel()]
        return vertices, np.zeros_like(vertices), np.arange(len(vertices)).reshape(-1, 3)
    if name not in _TURNED:
        raise ValueError(f"there is no still shape of {name}")
    profile, sides, axis = _TURNED[name]
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    radius, along, cap = (
        np.repeat(np.array([row[k] for row in profile], dtype=np.float64), sides + 1) for k in range(3)
    )
    turn = np.tile(angle, len(profile))
    around = (radius * np.cos(turn), radius * np.sin(turn))
    zero = np.zeros_like(cap)
    if axis == "z":
        vertices, caps = np.column_stack([*around, along]), np.column_stack([zero, zero, cap])
    else:
        vertices, caps = np.column_stack([along, *around]), np.column_stack([cap, zero, zero])
    start = (np.arange(len(profile) - 1)[:, None] * (sides + 1) + np.arange(sides)).ravel()
    return vertices, caps, _quads(np.column_stack([start, start + 1, start + sides + 2, start + sides + 1]))


def expand(data: Mapping[str, Any]) -> tuple[Floats, NDArray[np.int64], NDArray[np.uint8]]:
    """Vertices [V, 3], triangles [F, 3] and colours [V, 3] of all instances of a part."""
    vertices, caps, triangles = shape(str(data["primitive"]))
    size = np.asarray(data["scales"], dtype=np.float64)
    local = vertices[None] * size[:, None] + caps[None] * size[:, 1][:, None, None]
    yaw, pitch = np.asarray(data["turns"], dtype=np.float64).T
    x = local[..., 0] * np.cos(pitch)[:, None] - local[..., 2] * np.sin(pitch)[:, None]
    z = local[..., 0] * np.sin(pitch)[:, None] + local[..., 2] * np.cos(pitch)[:, None]
    y = local[..., 1]
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    world = (
        np.stack([x * cos - y * sin, x * sin + y * cos, z], axis=-1) + np.asarray(data["positions"])[:, None]
    )
    count = len(size)
    index = (triangles[None] + (np.arange(count) * len(vertices))[:, None, None]).reshape(-1, 3)
    return world.reshape(-1, 3), index, np.repeat(data["colours"][:, :3], len(vertices), axis=0)


def _quads(quads: NDArray[Any]) -> NDArray[np.int64]:
    result: NDArray[np.int64] = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int64)
    return result
