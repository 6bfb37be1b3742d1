# SPDX-License-Identifier: Apache-2.0
"""The store of a live world: one SQLite file where ingest, runner and viewer meet.

Ingest is the one writer of frames, readings and events; any process posts requests and reads. Transactions are short and
no read stays open, so that readers never stop the write-ahead log from being folded back.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from twin.events import (
    AlarmAcknowledged,
    AlarmChanged,
    AlarmCleared,
    AlarmRaised,
    AnyEvent,
    Event,
    decode,
    encode,
)
from twin.store import frames, inbox, readings, schema
from twin.store.records import (
    Accounting,
    FrameClass,
    FrameRow,
    LastValue,
    ReadingColumns,
    ReadingRow,
    Request,
    RequestStatus,
)


class Store:
    """Journal, readings, events and requests of one live world.

    Sequence numbers of frames, readings (`row`), events and revisions begin at 1; the `..._since(n)` methods give what has a
    number greater than n, so 0 gives everything.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: IO[str] | None) -> None:
        self.folder = folder
        self._connection = connection
        self._lock = threading.RLock()
        self._writer_lock = lock
        self._numbers = readings.SensorNumbers()

    @classmethod
    def open(cls, folder: Path | str, *, create: bool = True, writer: str = "") -> Store:
        """The store in `folder`. `writer="ingest"` claims the timeline and commits durably; others read and request.

        Raises: InputProblems when it cannot be opened, is another program's file, or has a writer already.
        """
        folder = Path(folder)
        connection = schema.connect(folder, create=create, durable=writer == "ingest")
        lock = None
        if writer == "ingest":
            try:
                lock = schema.lock_writer(folder)
            except Exception:
                connection.close()
                raise
        return cls(folder, connection, lock)

    def close(self) -> None:
        with self._lock:
            self._connection.close()
            if self._writer_lock is not None:
                self._writer_lock.close()
                self._writer_lock = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; may be nested, the outermost commits."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._numbers.forget()
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._numbers.forget()
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    # --- meta ----------------------------------------------------------------------------------------------------
    def meta(self, key: str) -> str | None:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def set_meta(self, key: str, value: str) -> None:
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # --- journal of frames ---------------------------------------------------------------------------------------
    def next_seq(self) -> int:
        return int(self._rows("SELECT coalesce(max(seq), 0) + 1 FROM frames")[0][0])

    def add_frames(self, rows: Iterable[FrameRow]) -> None:
        with self.transaction() as connection:
            frames.add(connection, rows)

    def frames(
        self,
        seq: int = 0,
        *,
        limit: int = 10_000,
        frame_class: FrameClass | None = None,
        device: str | None = None,
    ) -> list[FrameRow]:
        """Journalled frames after `seq`."""
        with self._lock:
            return frames.since(self._connection, seq, limit, frame_class, device)

    def frames_with_digest(self, digests: Iterable[int]) -> dict[int, list[tuple[int, bytes]]]:
        """Sequence number and bytes of the journalled frames with these digests."""
        with self._lock:
            return frames.with_digest(self._connection, digests)

    def account(self, changes: Mapping[tuple[str, str], Mapping[str, int]]) -> None:
        """Add to the accounts of (link, device): received, each class, bytes."""
        with self.transaction() as connection:
            frames.account(connection, changes)

    def accounting(self, link: str | None = None) -> Accounting:
        """What came and what became of it, in all and per device; of one adapter if `link` is given."""
        with self._lock:
            return frames.accounting(self._connection, link)

    # --- readings ------------------------------------------------------------------------------------------------
    def next_row(self) -> int:
        return int(self._rows("SELECT coalesce(max(row), 0) + 1 FROM readings")[0][0])

    def add_readings(self, rows: Iterable[ReadingRow]) -> None:
        with self.transaction() as connection:
            readings.add(connection, self._numbers, rows)

    def readings_since(
        self,
        row: int = 0,
        limit: int = 100_000,
        *,
        until_row: int | None = None,
        every_statistic: bool = False,
    ) -> ReadingColumns:
        """Readings after `row` (up to and with `until_row`), in row order; by default only those that state a value."""
        with self._lock:
            return readings.since(self._connection, row, limit, until_row, every_statistic)

    def series(
        self, sensor: str, t0_s: float, t1_s: float, *, every_statistic: bool = False, limit: int = 1_000_000
    ) -> ReadingColumns:
        """Readings of one sensor with t0_s <= device time <= t1_s, in time order."""
        with self._lock:
            return readings.series(self._connection, sensor, t0_s, t1_s, limit, every_statistic)

    def put_last_values(self, values: Iterable[LastValue]) -> None:
        with self.transaction() as connection:
            readings.put_last_values(connection, values)

    def last_values(self) -> dict[str, LastValue]:
        """The newest reading of every sensor."""
        with self._lock:
            return readings.last_values(self._connection)

    # --- the timeline --------------------------------------------------------------------------------------------
    def last_event_s(self) -> float:
        """Time of the newest event; -inf = none yet."""
        rows = self._rows("SELECT t_s FROM events ORDER BY seq DESC LIMIT 1")
        return float(rows[0][0]) if rows else -np.inf

    def last_event_seq(self) -> int:
        """Sequence number of the newest event; 0 = none yet."""
        return int(self._rows("SELECT coalesce(max(seq), 0) FROM events")[0][0])

    def append_events(self, events: Sequence[Event]) -> list[int]:
        """Add events to the timeline, all or none; their sequence numbers. Alarm events keep the alarm table up to date.

        Raises: ValueError when an event lies before its predecessor.
        """
        with self.transaction() as connection:
            last_s, seq = self.last_event_s(), self.last_event_seq()
            for event in events:
                if event.t_s < last_s:
                    raise ValueError(f"{type(event).__name__} at {event.t_s} s lies before {last_s} s")
                last_s = event.t_s
                seq += 1
                tag = str(type(event).__struct_config__.tag)
                connection.execute(
                    "INSERT INTO events VALUES (?, ?, ?, ?)", (seq, event.t_s, tag, encode(event))
                )
                _keep_alarm(connection, event)
            return list(range(seq - len(events) + 1, seq + 1))

    def events_since(self, seq: int = 0, limit: int = 1_000_000) -> list[tuple[int, AnyEvent]]:
        """Events after `seq` with their sequence numbers, in order."""
        rows = self._rows("SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
        return [(row[0], decode(row[1])) for row in rows]

    def events_of(self, tag: str) -> list[tuple[int, AnyEvent]]:
        """All events of one type (its tag), except 'reading_batch', of which there are too many."""
        query = "SELECT seq, body FROM events WHERE type = ? AND type <> 'reading_batch' ORDER BY seq"
        return [(row[0], decode(row[1])) for row in self._rows(query, (tag,))]

    def open_alarms(self) -> list[tuple[str, str, str, str, float]]:
        """Alarms that are not cleared: alarm, source, rule, level, time raised."""
        query = "SELECT alarm, source, rule, level, raised_s FROM alarms WHERE cleared_s IS NULL ORDER BY raised_s, alarm"
        return [(row[0], row[1], row[2], row[3], row[4]) for row in self._rows(query)]

    # --- the inbox -----------------------------------------------------------------------------------------------
    def post_request(self, kind: str, payload: dict[str, Any], by: str = "") -> int:
        """Ask something of another process; the request's id."""
        with self.transaction() as connection:
            return inbox.post(connection, kind, payload, by)

    def take_request(self, kinds: str | Sequence[str], worker: str) -> Request | None:
        """The oldest waiting request of these kinds, now this worker's alone; None when none waits."""
        kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        with self._lock:
            if not inbox.waiting(self._connection, kinds):
                return None
            with self.transaction() as connection:
                return inbox.take(connection, kinds, worker)

    def update_request(
        self,
        request_id: int,
        *,
        status: RequestStatus | None = None,
        progress: float | None = None,
        message: str | None = None,
        result: dict[str, Any] | None = None,
    ) -> None:
        """Report on a request; what is None stays. A finished request never changes."""
        with self.transaction() as connection:
            inbox.update(
                connection, request_id, status=status, progress=progress, message=message, result=result
            )

    def requeue_requests(self, kinds: str | Sequence[str]) -> int:
        """At a worker's start: put back what its dead predecessor had taken; how many."""
        kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        with self.transaction() as connection:
            return inbox.requeue(connection, kinds)

    def request(self, request_id: int) -> Request | None:
        with self._lock:
            return inbox.find(self._connection, request_id)

    def requests_since(self, revision: int = 0) -> list[Request]:
        """Requests changed after `revision`, oldest change first."""
        with self._lock:
            return inbox.since(self._connection, revision)


def _keep_alarm(connection: sqlite3.Connection, event: Event) -> None:
    if isinstance(event, AlarmRaised):
        row = event.values.get("row")
        connection.execute(
            "INSERT INTO alarms VALUES (?, ?, ?, ?, ?, NULL, NULL, ?)",
            (
                event.alarm,
                event.source,
                event.rule,
                event.level,
                event.t_s,
                row if isinstance(row, int) else None,
            ),
        )
    elif isinstance(event, AlarmChanged):
        connection.execute("UPDATE alarms SET level = ? WHERE alarm = ?", (event.level, event.alarm))
    elif isinstance(event, AlarmCleared):
        connection.execute("UPDATE alarms SET cleared_s = ? WHERE alarm = ?", (event.t_s, event.alarm))
    elif isinstance(event, AlarmAcknowledged):
        connection.execute("UPDATE alarms SET acknowledged_by = ? WHERE alarm = ?", (event.by, event.alarm))
