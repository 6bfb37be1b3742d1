# SPDX-License-Identifier: Apache-2.0
"""A scene layer as plain values: what Python builds, the browser draws and a still is rendered from.

`SceneLayer` holds numpy arrays; `to_message` turns them into bytes with a type tag, because the transport is msgpack and
bytes arrive in the browser as a Uint8Array. A layer may have parts (a tank layer is cylinders, spheres and legs); parts
share the ids of the layer they belong to, and `rows` says which id each vertex or instance belongs to.
No drawing is done here and nothing here knows trame or VTK.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal[
    "group", "ground", "mesh", "instances", "lines", "markers", "movers", "plume", "labels", "arrow"
]
Colour = tuple[int, int, int]
"""Red, green, blue, 0-255, as they appear on the screen."""

_CODES = {"float32": "f4", "float16": "f2", "uint32": "u4", "uint16": "u2", "uint8": "u1", "int16": "i2"}
# array name -> (type, columns) of each kind; columns 0 = a flat list of any length
_ARRAYS: dict[str, dict[str, tuple[str, int]]] = {
    "ground": {"z": ("float32", 0)},
    "mesh": {
        "positions": ("float32", 3),
        "indices": ("uint32", 3),
        "rows": ("uint32", 0),
        "colours": ("uint8", 4),
        "uv": ("float32", 2),
    },
    "instances": {
        "positions": ("float32", 3),
        "scales": ("float16", 3),
        "turns": ("float16", 2),
        "colours": ("uint8", 4),
        "rows": ("uint32", 0),
        "extra": ("float32", 0),
    },
    "lines": {
        "points": ("float32", 3),
        "starts": ("uint32", 0),
        "rows": ("uint32", 0),
        "colours": ("uint8", 4),
    },
    "markers": {
        "positions": ("float32", 3),
        "colours": ("uint8", 4),
        "shapes": ("uint8", 0),
        "stems": ("float32", 0),
        "pulses": ("uint8", 0),
    },
    "plume": {"log10": ("float16", 0)},
    "labels": {"positions": ("float32", 3)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneLayer:
    """One thing that can be shown, hidden and picked in the scene.

    Raises: ValueError when arrays do not fit together; that is a fault of the code that made the layer.
    """

    id: str
    kind: Kind
    data: Mapping[str, Any] = field(default_factory=dict)
    """Arrays and plain values; which ones depends on `kind` (see viewer/client/README.md)."""
    ids: tuple[str, ...] = ()
    """Id of the asset, sensor or person of each row; empty = the layer cannot be picked."""
    parts: tuple[SceneLayer, ...] = ()
    drape: bool = False
    """Heights are above ground and the client adds the ground's height."""
    visible: bool = True
    note: str = ""
    """What of this layer is drawn for looks only and not in the park's data."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"layer {self.id}: there is no kind '{self.kind}'")
        for name, (dtype, columns) in _ARRAYS.get(self.kind, {}).items():
            if name in self.data:
                _check(self.id, name, self.data[name], dtype, columns)
        rows = self.data.get("rows")
        if self.ids and rows is not None and len(rows) and int(rows.max()) >= len(self.ids):
            raise ValueError(f"layer {self.id}: rows reach {int(rows.max())}, there are {len(self.ids)} ids")
        indices: Any = self.data["indices"] if self.kind == "mesh" else ()
        if len(indices) and int(indices.max()) >= len(self.data["positions"]):
            raise ValueError(f"layer {self.id}: an index lies beyond the last position")
        if self.kind == "instances":
            counts = {len(self.data[name]) for name in _ARRAYS["instances"] if name in self.data}
            if len(counts) > 1:
                raise ValueError(f"layer {self.id}: instance arrays have lengths {sorted(counts)}")

    def walk(self) -> Iterator[SceneLayer]:
        """This layer and its parts, depth first."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def to_message(self) -> dict[str, Any]:
        """Plain dict of str, numbers, lists and bytes that msgpack can carry."""
        return {
            "id": self.id,
            "kind": self.kind,
            "data": {name: plain(value) for name, value in self.data.items()},
            "ids": list(self.ids),
            "parts": [part.to_message() for part in self.parts],
            "drape": self.drape,
            "visible": self.visible,
        }

    @property
    def nbytes(self) -> int:
        """Bytes of arrays and images in the layer and its parts."""
        total = 0
        for layer in self.walk():
            for value in layer.data.values():
                total += (
                    value.nbytes
                    if isinstance(value, np.ndarray)
                    else len(value)
                    if isinstance(value, bytes)
                    else 0
                )
            total += sum(map(len, layer.ids))
        return total


def plain(value: Any) -> Any:
    """A value as msgpack carries it: an array becomes {"$": type code, "b": little-endian bytes}."""
    if isinstance(value, np.ndarray):
        code = _CODES.get(value.dtype.name)
        if code is None:
            raise ValueError(f"arrays of {value.dtype} are not sent; use one of {', '.join(_CODES)}")
        return {"$": code, "b": np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).tobytes()}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def digest(message: Mapping[str, Any]) -> str:
    """Hash of a message, for telling whether a layer changed."""
    seen = hashlib.blake2b(digest_size=12)

    def feed(value: Any) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                seen.update(str(name).encode())
                feed(item)
        elif isinstance(value, list):
            seen.update(b"[%d" % len(value))
            for item in value:
                feed(item)
        else:
            seen.update(value if isinstance(value, bytes) else repr(value).encode())

    feed(message)
    return seen.hexdigest()


def rgba(colour: Colour, alpha: int = 255, count: int = 1) -> NDArray[np.uint8]:
    """One colour repeated, [count, 4] uint8."""
    return np.tile(np.array([*colour, alpha], dtype=np.uint8), (count, 1))


def _check(layer: str, name: str, value: Any, dtype: str, columns: int) -> None:
    if not isinstance(value, np.ndarray) or value.dtype.name != dtype:
        raise ValueError(
            f"layer {layer}: {name} must be a {dtype} array, not {getattr(value, 'dtype', type(value))}"
        )
    if columns and (value.ndim != 2 or value.shape[1] != columns):
        raise ValueError(f"layer {layer}: {name} must be [N, {columns}], not {list(value.shape)}")
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise ValueError(f"layer {layer}: {name} holds a number that is not finite")
