# SPDX-License-Identifier: Apache-2.0
"""The live world as the pages see it: one shared background task per process follows the store.

Every quarter of a second a worker thread reads what is new (events, readings, requests); the event loop folds it into one
`TwinState` that all pages read and none may change. Each kind of change has a revision number, so that a page sends only what
changed. Pictures of the sensor table are kept every few seconds: a page can look back without asking the store.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.events import (
    AlarmAcknowledged,
    AlarmChanged,
    AlarmCleared,
    AlarmRaised,
    AnyEvent,
    LinkChanged,
    Note,
    ReadingBatch,
    SensorSeen,
    WindObserved,
    WorldStarted,
)
from twin.state import TwinState

Floats = NDArray[np.float64]

POLL_S = 0.25
PICTURE_S = 5.0
"""World time between two pictures of the sensor table."""
PICTURES = 1500
"""Kept pictures: two hours of live world."""
BATCH_ROWS = 50_000
_ALARM_EVENTS = (AlarmRaised, AlarmChanged, AlarmCleared, AlarmAcknowledged)


@dataclass(frozen=True, slots=True)
class SensorPicture:
    """Last value of every sensor as it was at `t_s`; rows are those of `TwinState.sensors`."""

    t_s: float
    value: Floats
    value_t_s: Floats
    received_s: Floats
    quality: NDArray[np.uint16]


@dataclass(slots=True)
class _Rows:
    """Readings of one batch, cut out of what the store returned."""

    sensor: Sequence[str]
    t_s: Floats
    received_s: Floats
    value: Floats
    quality: NDArray[Any]


@dataclass(slots=True)
class Revisions:
    """How often each kind of thing changed; pages compare with what they have shown."""

    sensors: int = 0
    registry: int = 0
    alarms: int = 0
    wind: int = 0
    links: int = 0
    milestones: int = 0
    requests: int = 0


@dataclass(slots=True)
class _News:
    events: list[tuple[int, AnyEvent]] = field(default_factory=list)
    readings: Any = None
    until_row: int = 0
    start: list[Any] = field(default_factory=list)
    """Last values of the readings that are too old to be read one by one."""
    requests: list[Any] = field(default_factory=list)


class LiveFeed:
    """Follows a `twin.store.Store`; `state`, `requests` and `revisions` are read by the pages."""

    def __init__(self, store: Any, *, poll_s: float = POLL_S) -> None:
        self.store = store
        self.state = TwinState()
        self.requests: dict[int, Any] = {}
        self.revisions = Revisions()
        self.winds: list[WindObserved] = []
        self.milestones: list[Note] = []
        self.problem = ""
        """Why the store could not be read just now; empty while all is well."""
        self.first_t_s: float | None = None
        self.last_arrival_s = float("-inf")
        self._pictures: list[SensorPicture] = []
        self._poll_s = poll_s
        self._read_seq = 0
        self._read_row = 0
        self._pending: deque[tuple[int, AnyEvent]] = deque()
        self._request_revision = 0
        self._waiting: set[asyncio.Event] = set()
        self.ready = asyncio.Event()

    # --- pages -------------------------------------------------------------------------------------------------
    def subscribe(self, signal: asyncio.Event) -> None:
        """Set a page's event whenever something changed; the page clears it."""
        self._waiting.add(signal)

    def unsubscribe(self, signal: asyncio.Event) -> None:
        self._waiting.discard(signal)

    @property
    def now_s(self) -> float:
        """Now in this world: the clock on the wall, or the newest event of a stream that was recorded in another time."""
        wall_s = time.time()
        newest_s = self.state.t_s
        if not np.isfinite(newest_s) or abs(wall_s - newest_s) < 900.0:
            return wall_s
        return newest_s

    def picture_at(self, t_s: float) -> SensorPicture | None:
        """The sensor table as it was at a past time; None before the first picture."""
        times = [picture.t_s for picture in self._pictures]
        index = bisect_right(times, t_s) - 1
        return self._pictures[index] if index >= 0 else None

    def picture_now(self) -> SensorPicture:
        """The sensor table of this moment."""
        table = self.state.sensors
        return SensorPicture(self.state.t_s, table.value, table.t_s, table.received_s, table.quality)

    def wind_at(self, t_s: float) -> WindObserved | None:
        """Newest wind at or before a time."""
        index = bisect_right([wind.t_s for wind in self.winds], t_s) - 1
        return self.winds[index] if index >= 0 else None

    # --- the task ----------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Follow the store until cancelled. A store that cannot be read for a while is not an end."""
        while True:
            try:
                more = await self.poll()
                self.problem = ""
            except asyncio.CancelledError:
                raise
            except Exception as error:
                # a locked or half-created database is a passing state; the pages show it instead of dying
                self.problem = f"{type(error).__name__}: {error}"
                more = False
                self._wake()
            self.ready.set()
            await asyncio.sleep(0 if more else self._poll_s)

    async def poll(self) -> bool:
        """Read and fold what is new once; True when there is more waiting."""
        news = await asyncio.to_thread(self._read)
        if self._fold(news):
            self._wake()
        return bool(self._pending)

    def _wake(self) -> None:
        for signal in self._waiting:
            signal.set()

    def _read(self) -> _News:
        news = _News(events=self.store.events_since(self._read_seq))
        batches = [e for _, e in (*self._pending, *news.events) if isinstance(e, ReadingBatch)]
        if self._read_row == 0 and len(batches) > 1:
            # an old store: readings before the time that can be looked back to count only by their last values
            begin_s = batches[-1].t_s - PICTURES * PICTURE_S
            old = [batch for batch in batches if batch.t_s < begin_s]
            if old:
                news.start = list(self.store.last_values().values())
                self._read_row = old[-1].last_row
                batches = batches[len(old) :]
        if batches:
            size = 0
            for batch in batches:
                size += batch.last_row - batch.first_row + 1
                if size > BATCH_ROWS and news.until_row:
                    break
                news.until_row = batch.last_row
            news.readings = self.store.readings_since(
                self._read_row, limit=max(size, BATCH_ROWS), until_row=news.until_row
            )
        news.requests = self.store.requests_since(self._request_revision)
        return news

    def _fold(self, news: _News) -> bool:
        """Apply what can be applied, in order; batches whose rows were not read yet wait for the next poll."""
        if news.events:
            self._read_seq = news.events[-1][0]
            self._pending.extend(news.events)
        rows = np.asarray(news.readings.row) if news.readings is not None else np.zeros(0, dtype=np.int64)
        applied = 0
        while self._pending:
            seq, event = self._pending[0]
            if isinstance(event, ReadingBatch):
                if event.last_row > max(news.until_row, self._read_row):
                    break
                self._apply_batch(seq, event, rows, news)
            else:
                self._apply(seq, event)
            self._pending.popleft()
            applied += 1
        for request in news.requests:
            self.requests[request.id] = request
            self._request_revision = max(self._request_revision, request.revision)
            self.revisions.requests += 1
        return bool(applied or news.requests)

    def _apply_batch(self, seq: int, event: ReadingBatch, rows: NDArray[Any], news: _News) -> None:
        table = self.state.sensors
        known = len(table.ids)
        begin, end = np.searchsorted(rows, [event.first_row, event.last_row + 1])
        if news.start:
            last = news.start
            news.start = []
            self.state.apply(
                seq,
                event,
                _Rows(
                    sensor=[value.sensor for value in last],
                    t_s=np.array([value.t_s for value in last]),
                    received_s=np.array([value.received_s for value in last]),
                    value=np.array([value.value for value in last]),
                    quality=np.array([int(value.quality) for value in last], dtype=np.uint16),
                ),
            )
        elif begin == end:
            self.state.apply(seq, event)
        else:
            columns = news.readings
            part = _Rows(
                sensor=list(columns.sensor[begin:end]),
                t_s=columns.t_s[begin:end],
                received_s=columns.received_s[begin:end],
                value=columns.value[begin:end],
                quality=columns.quality[begin:end],
            )
            self.state.apply(seq, event, part)
            self.last_arrival_s = max(self.last_arrival_s, float(part.received_s.max()))
        self._read_row = max(self._read_row, event.last_row)
        self.revisions.sensors += 1
        self.revisions.registry += len(table.ids) != known
        self._keep_picture()

    def _apply(self, seq: int, event: AnyEvent) -> None:
        revisions = self.revisions
        if self.first_t_s is None:
            self.first_t_s = event.t_s
        if isinstance(event, _ALARM_EVENTS):
            revisions.alarms += 1
        elif isinstance(event, WindObserved):
            revisions.wind += 1
            self.winds.append(event)
            del self.winds[:-5000]
        elif isinstance(event, LinkChanged):
            revisions.links += 1
        elif isinstance(event, SensorSeen):
            revisions.registry += 1
        elif isinstance(event, Note):
            self.milestones.append(event)
            revisions.milestones += 1
        elif isinstance(event, WorldStarted):
            revisions.milestones += 1
        self.state.apply(seq, event)

    def _keep_picture(self) -> None:
        t_s = self.state.t_s
        if self._pictures and t_s - self._pictures[-1].t_s < PICTURE_S:
            return
        table = self.state.sensors
        self._pictures.append(
            SensorPicture(
                t_s, table.value.copy(), table.t_s.copy(), table.received_s.copy(), table.quality.copy()
            )
        )
        del self._pictures[:-PICTURES]
