# SPDX-License-Identifier: Apache-2.0
"""Ground of a still: its height anywhere, and the colours the client's shader would give it, mixed once with numpy."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer.layers.message import SceneLayer

Floats = NDArray[np.float64]
LAND = (0.055, 0.125, 0.175)


class GroundHeights:
    """Height of the drawn ground; 0 without a ground layer."""

    def __init__(self, layer: SceneLayer | None) -> None:
        self._data = layer.data if layer else None

    def z(self, xy: Floats) -> Floats:
        if self._data is None:
            return np.zeros(len(xy))
        xs, ys = self._data["xs"].astype(np.float64), self._data["ys"].astype(np.float64)
        z = self._data["z"].astype(np.float64).reshape(len(ys), len(xs))
        i = np.clip(np.searchsorted(xs, xy[:, 0]) - 1, 0, len(xs) - 2)
        j = np.clip(np.searchsorted(ys, xy[:, 1]) - 1, 0, len(ys) - 2)
        a = np.clip((xy[:, 0] - xs[i]) / (xs[i + 1] - xs[i]), 0, 1)
        b = np.clip((xy[:, 1] - ys[j]) / (ys[j + 1] - ys[j]), 0, 1)
        low = z[j, i] * (1 - a) + z[j, i + 1] * a
        high = z[j + 1, i] * (1 - a) + z[j + 1, i + 1] * a
        result: Floats = low * (1 - b) + high * b
        return result

    def drape(self, points: NDArray[Any]) -> Floats:
        out = np.asarray(points, dtype=np.float64).copy()
        out[:, 2] += self.z(out[:, :2])
        return out


def _picture(data: bytes, most: int = 2048) -> Floats:
    image = Image.open(io.BytesIO(data))
    image.thumbnail((most, most), Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float64) / 255.0


def _mixed(base: Floats, over: tuple[float, float, float], share: Floats) -> Floats:
    result: Floats = base + (np.array(over) - base) * share[..., None]
    return result


def near_colours(data: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Colours of the near box, row 0 north. Shapes: -> [rows, columns, 3]."""
    classes = _picture(data["classes"])
    light = (
        np.asarray(
            Image.open(io.BytesIO(data["light"])).resize(classes.shape[1::-1], Image.Resampling.BILINEAR),
            dtype=np.float64,
        )
        / 255.0
    )
    ground = _mixed(
        np.full(classes.shape, LAND), (0.15, 0.23, 0.33), np.clip((light[..., 2] - 0.38) / 0.2, 0, 1)
    )
    for channel, colour in ((2, (0.20, 0.28, 0.37)), (1, (0.06, 0.22, 0.18)), (0, (0.24, 0.30, 0.37))):
        ground = _mixed(ground, colour, np.clip((classes[..., channel] - 0.3) / 0.4, 0, 1))
    ground *= (0.30 + 0.80 * light[..., 0])[..., None]
    ground += light[..., 1:2] * np.array([0.16, 0.11, 0.05])
    result: NDArray[np.uint8] = (np.clip(ground, 0, 1) * 255).astype(np.uint8)
    return result


def far_colours(data: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Colours of the far box, row 0 north. Shapes: -> [rows, columns, 3]."""
    around = _picture(data["around"])
    land = np.full(around.shape, LAND)
    for channel, colour in ((1, (0.05, 0.18, 0.16)), (0, (0.15, 0.22, 0.30)), (2, (0.04, 0.19, 0.33))):
        land = _mixed(land, colour, np.clip(around[..., channel] * 1.6 - 0.2, 0, 1))
    result: NDArray[np.uint8] = (np.clip(land, 0, 1) * 255).astype(np.uint8)
    return result
