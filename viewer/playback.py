# SPDX-License-Identifier: Apache-2.0
"""A finished run, at any time, in any direction.

`RunReader` opens a run folder once and is shared read-only by all pages; each page has its own `Cursor` (the folded state at
its own time). Arrays are read chunk by chunk and kept in a small cache; every method here may block and is called from
a worker thread, never on the event loop.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import problem
from twin.events import AnyEvent, WorldStarted, ZoneChanged
from twin.fields import FieldInfo, FieldStore, Grid
from twin.people_frames import FRAMES_PER_CHUNK, PeopleAt, PeopleStore
from twin.state import TwinState
from twin.timeline import read_timeline

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

SNAPSHOT_EVERY = 400
"""Events between two stored states; a seek backwards folds at most this many."""
CACHED_CHUNKS = 24
MAX_SPEED_M_S = 25.0
"""Anything faster between two frames is a jump (into a building, out of the park): it is not interpolated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody at one time. Rows are the same person in every frame."""

    xy_m: Singles
    state: NDArray[np.uint8]
    toxic_load: Singles
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plume:
    """A field on its grid at one time; `index` is the frame at or before it, `part` how far towards the next."""

    index: int
    part: float
    grid: Grid
    values: Singles


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewPosition:
    crew: str
    kind: str
    xy_m: tuple[float, float]
    arrived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFrame:
    """What a run looks like at `t_s`."""

    t_s: float
    state: TwinState
    people: People | None
    plume: Plume | None
    crews: tuple[CrewPosition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A named threshold of the run's hazard."""

    name: str
    threshold: float
    unit: str
    averaging_time_s: float


@dataclass(slots=True)
class _Chunks:
    """The last chunks that were read, shared by all pages."""

    size: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    held: OrderedDict[tuple[str, int], Any] = field(default_factory=OrderedDict)

    def get(self, key: tuple[str, int], read: Callable[[], Any]) -> Any:
        with self.lock:
            if key in self.held:
                self.held.move_to_end(key)
                return self.held[key]
        values = read()
        with self.lock:
            self.held[key] = values
            while len(self.held) > self.size:
                self.held.popitem(last=False)
        return values


class RunReader:
    """One run folder: run.json, timeline.jsonl, fields/ and people/.

    Raises: InputProblems when the folder is no finished run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info = _run_info(folder)
        self.events: list[AnyEvent] = list(read_timeline(folder / "timeline.jsonl"))
        if not self.events:
            raise problem("its timeline is empty", "Name the folder of a finished run.", file=str(folder))
        self._times = [event.t_s for event in self.events]
        self.start_s, self.end_s = self._times[0], self._times[-1]
        started = self.events[0]
        world = started if isinstance(started, WorldStarted) else None
        self.title = (world.title if world else "") or str(self.info.get("title") or folder.name)
        self.exercise = bool(world.exercise if world else self.info.get("exercise", False))
        self._snapshots: list[TwinState] = self._fold()
        self._chunks = _Chunks(CACHED_CHUNKS)
        self._fields = FieldStore.open(folder / "fields") if (folder / "fields").is_dir() else None
        self.field_times_s = self._fields.t_s if self._fields else np.zeros(0)
        self.grid = self._fields.grid if self._fields else None
        self.field_names = tuple(self._fields.fields()) if self._fields else ()
        self._people = PeopleStore.open(folder / "people") if (folder / "people").is_dir() else None
        self.people_times_s: Floats = self._people.t_s if self._people is not None else np.zeros(0)
        self.states: tuple[str, ...] = self._people.states if self._people is not None else ()

    def _fold(self) -> list[TwinState]:
        """States after 0, SNAPSHOT_EVERY, 2 SNAPSHOT_EVERY ... events."""
        state = TwinState()
        snapshots = []
        for seq, event in enumerate(self.events):
            if seq % SNAPSHOT_EVERY == 0:
                snapshots.append(state.snapshot())
            state.apply(seq, event)
        return snapshots

    @property
    def people_count(self) -> int:
        return self._people.people if self._people is not None else 0

    def field_info(self, name: str = "concentration") -> FieldInfo | None:
        """What a field's numbers mean; None when the run has no such field."""
        if self._fields is None or name not in self.field_names:
            return None
        return self._fields.info(name)

    @property
    def plume_name(self) -> str:
        """The field that is drawn: the one the run's zones are compared with, so that averaging times agree."""
        named = {event.field for event in self.events if isinstance(event, ZoneChanged)}
        found = sorted(named & set(self.field_names))
        return found[0] if found else "concentration"

    def zones(self) -> tuple[Zone, ...]:
        """The named thresholds of the run, highest first."""
        named: dict[str, ZoneChanged] = {}
        for event in self.events:
            if isinstance(event, ZoneChanged):
                named.setdefault(event.zone, event)
        found = [
            Zone(name=z.zone, threshold=z.threshold, unit=z.unit, averaging_time_s=z.averaging_time_s)
            for z in named.values()
        ]
        return tuple(sorted(found, key=lambda zone: -zone.threshold))

    def count_before(self, t_s: float) -> int:
        """How many events have happened by `t_s`."""
        return bisect_right(self._times, t_s)

    def state_at(self, count: int, start: TwinState | None = None) -> TwinState:
        """State after the first `count` events; goes on from `start` when that is earlier."""
        if start is None or start.seq >= count:
            start = self._snapshots[max(count - 1, 0) // SNAPSHOT_EVERY].snapshot()
        elif count - start.seq - 1 > SNAPSHOT_EVERY:
            snapshot = self._snapshots[(count - 1) // SNAPSHOT_EVERY]
            start = snapshot.snapshot() if snapshot.seq > start.seq else start
        for seq in range(start.seq + 1, count):
            start.apply(seq, self.events[seq])
        return start

    def people_at(self, t_s: float) -> People | None:
        """Everybody at `t_s`: positions linear between frames (jumps are not), states of the earlier frame."""
        if self._people is None or not len(self.people_times_s):
            return None
        left, part = _between(self.people_times_s, t_s)
        now = self._people_frame(left)
        xy = now.xy_m
        if part > 0.0:
            step = self._people_frame(left + 1).xy_m - xy
            limit = MAX_SPEED_M_S * float(self.people_times_s[left + 1] - self.people_times_s[left])
            step[np.hypot(step[:, 0], step[:, 1]) > limit] = 0.0
            xy = xy + np.float32(part) * step
        return People(
            xy_m=xy,
            state=now.state,
            toxic_load=now.toxic_load,
            states=self.states,
        )

    def _people_frame(self, index: int) -> PeopleAt:
        """A frame of the people arrays; the chunk it lies in is read once."""
        people = self._people
        assert people is not None
        chunk, row = divmod(index, FRAMES_PER_CHUNK)
        begin = chunk * FRAMES_PER_CHUNK
        end = min(begin + FRAMES_PER_CHUNK, len(self.people_times_s))
        frames: list[PeopleAt] = self._chunks.get(("people", chunk), lambda: people.read_many(begin, end))
        return frames[row]

    def plume_at(self, t_s: float, name: str = "concentration") -> Plume | None:
        """A field at `t_s`, linear between its frames; None outside its time or when the run has none."""
        if (
            self._fields is None
            or self.grid is None
            or name not in self.field_names
            or not len(self.field_times_s)
        ):
            return None
        if t_s < self.field_times_s[0]:
            return None
        fields = self._fields
        left, part = _between(self.field_times_s, t_s)
        values = self._chunks.get((name, left), lambda: fields.read(name, left))
        if part > 0.0:
            after = self._chunks.get((name, left + 1), lambda: fields.read(name, left + 1))
            values = values + np.float32(part) * (after - values)
        return Plume(index=left, part=part, grid=self.grid, values=values)

    def history(self, xy_m: tuple[float, float], name: str = "concentration") -> tuple[Floats, Floats]:
        """Times and values of a field at a point over the whole run (reads every frame once)."""
        if self._fields is None or self.grid is None or name not in self.field_names:
            return np.zeros(0), np.zeros(0)
        point = np.array([xy_m], dtype=np.float64)
        values = [
            float(self.grid.sample(self._fields.read(name, index), point)[0])
            for index in range(len(self.field_times_s))
        ]
        return self.field_times_s, np.array(values)


class Cursor:
    """One page's place in a run: the folded state at its own time."""

    def __init__(self, reader: RunReader) -> None:
        self.reader = reader
        self._plume_name = reader.plume_name
        self._state: TwinState | None = None

    def frame(self, t_s: float) -> RunFrame:
        """Everything at `t_s`; cheap when time goes forward, one snapshot away when it goes back. May block on disk."""
        reader = self.reader
        self._state = state = reader.state_at(reader.count_before(t_s), self._state)
        crews = []
        for name, crew in sorted(state.responders.crews.items()):
            position = crew.position_m(t_s)
            if position is not None:
                crews.append(
                    CrewPosition(
                        crew=name, kind=crew.dispatched.kind, xy_m=position, arrived=crew.arrived is not None
                    )
                )
        return RunFrame(
            t_s=t_s,
            state=state,
            people=reader.people_at(t_s),
            plume=reader.plume_at(t_s, self._plume_name),
            crews=tuple(crews),
        )


def _between(times_s: Floats, t_s: float) -> tuple[int, float]:
    """Index at or before a time, and how far towards the next (0 at or beyond the ends)."""
    left = int(np.searchsorted(times_s, t_s, side="right")) - 1
    if left < 0:
        return 0, 0.0
    if left >= len(times_s) - 1:
        return len(times_s) - 1, 0.0
    return left, float((t_s - times_s[left]) / (times_s[left + 1] - times_s[left]))


def _run_info(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise problem(
            "is no run folder: it has no run.json",
            "Name a folder that `parktwin run` wrote.",
            file=str(folder),
        ) from None
    except (OSError, ValueError) as error:
        raise problem(
            f"cannot be read: {error}", "The run is damaged; run the study again.", file=str(path)
        ) from None
    if not isinstance(info, dict):
        raise problem("holds no run description", "The run is damaged; run the study again.", file=str(path))
    return info
