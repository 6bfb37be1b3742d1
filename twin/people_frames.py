# SPDX-License-Identifier: Apache-2.0
"""Where people were, how they were and what they had breathed, for every frame of a run.

A Zarr group with xy_m [T, N, 2], state [T, N] and toxic_load [T, N]; the order of people never changes within a run.
Positions of people are protected data: they stay in the run folder and are never part of a timeline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import problem

if TYPE_CHECKING:
    import zarr

FRAMES_PER_CHUNK = 12


@dataclass(frozen=True, slots=True)
class PeopleAt:
    """All people at one time. Shapes: xy_m [N, 2], state [N], toxic_load [N]."""

    xy_m: NDArray[np.float32]
    state: NDArray[np.uint8]
    toxic_load: NDArray[np.float32]

    @property
    def sha256(self) -> str:
        """Hash of the little-endian bytes of the three arrays."""
        digest = hashlib.sha256()
        for array, kind in ((self.xy_m, "<f4"), (self.state, "u1"), (self.toxic_load, "<f4")):
            digest.update(np.ascontiguousarray(array, dtype=kind).tobytes())
        return digest.hexdigest()


class PeopleStore:
    """People arrays of one run; frames are written in order."""

    def __init__(self, group: zarr.Group) -> None:
        self._group: Any = group
        self._waiting: list[PeopleAt] = []
        self._written = 0

    @classmethod
    def create(
        cls, folder: Path, t_s: NDArray[np.float64], people: int, states: Sequence[str], load_unit: str
    ) -> PeopleStore:
        """A new, empty store for len(t_s) frames of `people` people."""
        import zarr
        import zarr.codecs

        group: Any = zarr.open_group(str(folder), mode="w-", zarr_format=3)
        group.attrs.update({"states": list(states), "toxic_load_unit": load_unit, "people": people})
        time = group.create_array("time", shape=t_s.shape, dtype="f8", dimension_names=["time"])
        time[:] = t_s
        time.attrs.update({"units": "seconds since 1970-01-01 00:00:00", "calendar": "standard"})
        frames = len(t_s)
        for name, shape, dtype, axes, unit in (
            ("xy_m", (frames, people, 2), "f4", ["time", "person", "axis"], "m"),
            ("state", (frames, people), "u1", ["time", "person"], "1"),
            ("toxic_load", (frames, people), "f4", ["time", "person"], load_unit),
        ):
            array = group.create_array(
                name,
                shape=shape,
                chunks=(min(FRAMES_PER_CHUNK, max(frames, 1)), *[max(size, 1) for size in shape[1:]]),
                dtype=dtype,
                compressors=zarr.codecs.ZstdCodec(level=1),
                dimension_names=axes,
            )
            array.attrs["units"] = unit
        return cls(group)

    @classmethod
    def open(cls, folder: Path) -> PeopleStore:
        """The store of a finished run.

        Raises: InputProblems when there is none.
        """
        import zarr

        try:
            group = zarr.open_group(str(folder), mode="r")
            for name in ("time", "xy_m", "state", "toxic_load"):
                group[name]
            return cls(group)
        except (OSError, ValueError, KeyError) as error:
            raise problem(
                f"holds no people arrays ({type(error).__name__})",
                "Name a whole run folder.",
                file=str(folder),
            ) from None

    @property
    def t_s(self) -> NDArray[np.float64]:
        return np.asarray(self._group["time"][:])

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the state numbers."""
        return tuple(self._group.attrs["states"])

    @property
    def people(self) -> int:
        """How many people there are."""
        return int(self._group["state"].shape[1])

    def append(self, frame: PeopleAt) -> str:
        """Add the next frame; returns its hash. It is on disk after the chunk is full, or after `flush`."""
        self._waiting.append(frame)
        if len(self._waiting) == FRAMES_PER_CHUNK:
            self.flush()
        return frame.sha256

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        until = self._written + len(self._waiting)
        for name in ("xy_m", "state", "toxic_load"):
            self._group[name][self._written : until] = np.stack(
                [getattr(frame, name) for frame in self._waiting]
            )
        self._written = until
        self._waiting.clear()

    def read(self, index: int) -> PeopleAt:
        """Frame `index`."""
        return self.read_many(index, index + 1)[0]

    def read_many(self, first: int, end: int) -> list[PeopleAt]:
        """Frames first..end-1, one read per array."""
        xy_m, state, load = (
            np.asarray(self._group[name][first:end]) for name in ("xy_m", "state", "toxic_load")
        )
        return [PeopleAt(xy_m[i], state[i], load[i]) for i in range(len(state))]
