# SPDX-License-Identifier: Apache-2.0
"""From arrivals to one transaction: class, readings with marks, last values, alarms, wind, events and accounts.

Knows no protocol and does no I/O but looking for equal frames: `process` and `tick` return a `Batch` that the journal writes
whole or not at all, so an alarm and its evidence are stored together or neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from live_sync.alarms import HOLD_S, AlarmBoard
from live_sync.quality import StaleWatch, reading_time, value_marks
from live_sync.reading import Arrival, LinkNews
from live_sync.registry import Channel, Registry
from live_sync.wind import WindMeans
from twin.events import AlarmAcknowledged, Event, LinkChanged, ReadingBatch, SensorSeen
from twin.store import FrameRow, LastValue, Mark, ReadingRow, Request, Store
from twin.store.last_values import LastValues
from twin.store.records import VALUE_STATISTICS, FrameClass, RequestStatus, readings_sha256

STRANGERS = 200
"""Unknown devices that get an account of their own; more share one, so that invented names cannot fill the store."""
OTHERS = "(others)"
_LATE = int(Mark.LATE)


@dataclass(slots=True)
class Batch:
    """What one transaction writes."""

    frames: list[FrameRow] = field(default_factory=list)
    readings: list[ReadingRow] = field(default_factory=list)
    last_values: Sequence[LastValue] = ()
    events: list[Event] = field(default_factory=list)
    accounts: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    requests: list[tuple[int, RequestStatus, str]] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.frames or self.events or self.last_values or self.requests)

    def write(self, store: Store) -> None:
        """Commit everything in one transaction."""
        with store.transaction():
            store.add_frames(self.frames)
            store.add_readings(self.readings)
            store.put_last_values(self.last_values)
            store.account(self.accounts)
            store.append_events(self.events)
            for request_id, status, message in self.requests:
                store.update_request(request_id, status=status, message=message)


class Coordinator:
    """The live world's one author; continues what the store holds."""

    def __init__(self, registry: Registry, store: Store, now_s: float) -> None:
        self.registry = registry
        self._store = store
        self._next_seq = store.next_seq()
        self._next_row = store.next_row()
        self._event_seq = store.last_event_seq()
        self._event_s = store.last_event_s()
        self.last = LastValues()
        self.last.restore(store.last_values().values())
        self.alarms = AlarmBoard()
        self.alarms.restore(store.open_alarms())
        self._stale = StaleWatch(self.last, now_s)
        self._wind = WindMeans(registry)
        self._links: dict[str, str] = {}
        self._link_of: dict[str, str] = {}
        self._strangers: set[str] = set()
        self._announce: list[Channel] = []
        seen = (event for _, event in store.events_of("sensor_seen"))
        self._seen = {event.sensor: event for event in seen if isinstance(event, SensorSeen)}

    def announce(self, channel: Channel) -> None:
        """Register a channel the park folder does not list; it is told with the next batch."""
        self.registry.add(channel)
        known = self._seen.get(channel.sensor)
        if known is None or channel.seen(known.t_s) != known:
            self._announce.append(channel)

    # --- arrivals ------------------------------------------------------------------------------------------------
    def process(self, news: Sequence[Arrival | LinkNews], now_s: float) -> Batch:
        """Everything that follows from these arrivals, in their order."""
        now_s = self.later(now_s)
        batch = Batch(events=self._announced(now_s))
        repeated = self._repeated(news)
        fresh: dict[bytes, int] = {}
        rows: list[tuple[ReadingRow, Channel]] = []
        for item in news:
            if isinstance(item, LinkNews):
                batch.events += self._link(item.link, item.state, item.detail, now_s, device=item.device)
                continue
            rows += self._arrival(item, batch, repeated, fresh, now_s)
        self.last.settle()
        if rows:
            batch.readings = [row for row, _ in rows]
            batch.events.append(_reading_batch(batch.readings, now_s))
            cause = self._event_seq + len(batch.events)
            for row, channel in rows:
                batch.events += self._effects(row, channel, now_s, cause)
        return self._finish(batch)

    def _arrival(
        self,
        arrival: Arrival,
        batch: Batch,
        repeated: dict[bytes, int],
        fresh: dict[bytes, int],
        now_s: float,
    ) -> list[tuple[ReadingRow, Channel]]:
        seq = self._next_seq
        self._next_seq += 1
        known = self.registry.knows(arrival.device)
        of_seq = None
        frame_class: FrameClass = arrival.intent
        if arrival.intent != "refused":
            if arrival.key is not None:
                of_seq = repeated.get(arrival.key) or fresh.get(arrival.key)
                fresh.setdefault(arrival.key, seq)
            frame_class = "duplicate" if of_seq else arrival.intent if known else "unknown"
        adapter = arrival.link.partition(":")[0]
        device = arrival.device if known else self._stranger(arrival.device)
        account = batch.accounts.setdefault((adapter, device), {})
        for name, count in (("received", 1), (frame_class, 1), ("bytes", arrival.size)):
            account[name] = account.get(name, 0) + count
        if frame_class != "refused" and device != OTHERS:
            detail = arrival.link.partition(":")[2]
            batch.events += self._link(
                f"{adapter}:{device}",
                "up",
                detail if known else f"{detail} unknown device",
                now_s,
                device=device,
            )
        rows: list[tuple[ReadingRow, Channel]] = []
        reason = arrival.reason
        if frame_class == "reading":
            rows, strange = self._readings(arrival, seq)
            if strange:
                reason = "; ".join(filter(None, (reason, f"not registered: {', '.join(strange[:20])}")))
        batch.frames.append(
            FrameRow(
                seq=seq,
                received_s=arrival.received_s,
                link=arrival.link,
                device=device,
                frame_class=frame_class,
                reason=reason,
                # the first frame of these bytes keeps them; a repeat only names it
                raw=b"" if of_seq else arrival.raw,
                digest=None
                if of_seq or arrival.key is None or frame_class == "refused"
                else _digest(arrival.key),
                of_seq=of_seq,
            )
        )
        return rows

    def _readings(self, arrival: Arrival, seq: int) -> tuple[list[tuple[ReadingRow, Channel]], list[str]]:
        t_s, time_marks = reading_time(arrival.t_s, arrival.received_s)
        rows: list[tuple[ReadingRow, Channel]] = []
        strange: list[str] = []
        for measurement in arrival.measurements:
            channels = self.registry.channels(arrival.device, measurement.factor)
            if not channels and measurement.factor not in strange:
                strange.append(measurement.factor)
            for channel in channels:
                newest_s = self.last.newest_s(channel.sensor)
                marks = time_marks | value_marks(channel, measurement.value, measurement.flag)
                if t_s < newest_s:
                    marks |= _LATE
                row = ReadingRow(
                    row=self._next_row,
                    seq=seq,
                    item=len(rows),
                    sensor=channel.sensor,
                    unit=channel.unit,
                    t_s=t_s,
                    received_s=arrival.received_s,
                    value=measurement.value,
                    quality=marks,
                    flag=measurement.flag,
                    statistic=measurement.statistic,
                    averaging_s=measurement.averaging_s,
                )
                self._next_row += 1
                if measurement.statistic in VALUE_STATISTICS:
                    self._stale.learn(channel.sensor, t_s, newest_s, measurement.averaging_s)
                    self.last.offer(row)
                rows.append((row, channel))
        return rows, strange

    def _effects(self, row: ReadingRow, channel: Channel, now_s: float, cause: int) -> list[Event]:
        """Alarms and wind that follow from one reading."""
        events = self.alarms.heard(row.sensor, now_s=now_s, cause=cause)
        if row.statistic not in VALUE_STATISTICS:
            return events
        if row.quality & _LATE:
            # a slightly late high value still raises; a late low one lowers nothing
            over = any(row.value >= limit for _, limit in self.alarms.limits(channel))
            if not over or row.t_s < self.last.newest_s(row.sensor) - HOLD_S:
                return events
        if not self.alarms.calm(channel, row.value):
            events += self.alarms.value(
                channel, row.value, row.t_s, now_s=now_s, row=row.row, flag=row.flag, cause=cause
            )
        if self._wind.watches(row.sensor):
            wind = self._wind.take(channel, row.value, row.t_s, now_s)
            if wind is not None:
                events.append(wind)
        return events

    def _repeated(self, news: Iterable[Arrival | LinkNews]) -> dict[bytes, int]:
        """Which of the arrivals' keys are in the journal already, and where."""
        keys = {item.key for item in news if isinstance(item, Arrival) and item.key is not None}
        digests = {_digest(key): key for key in keys}
        found: dict[bytes, int] = {}
        for digest, frames in self._store.frames_with_digest(digests).items():
            for seq, raw in frames:
                # the key is the frame without its CR LF; equal digests alone prove nothing
                if raw.startswith(digests[digest]) and len(raw) - len(digests[digest]) <= 2:
                    found[digests[digest]] = seq
        return found

    def _stranger(self, device: str) -> str:
        if device and device not in self._strangers:
            if len(self._strangers) >= STRANGERS:
                return OTHERS
            self._strangers.add(device)
        return device

    # --- links, silence, requests --------------------------------------------------------------------------------
    def _link(self, link: str, state: str, detail: str, now_s: float, *, device: str = "") -> list[Event]:
        before = self._links.get(link)
        if before == state or (before is None and state == "down"):
            return []
        self._links[link] = state
        if device:
            self._link_of[device] = link
        return [LinkChanged(t_s=now_s, link=link, state="down" if state == "down" else "up", detail=detail)]

    def tick(self, now_s: float, requests: Iterable[Request] = ()) -> Batch:
        """What follows from time passing and from operators' requests."""
        now_s = self.later(now_s)
        batch = Batch(events=self._announced(now_s))
        silent = self._stale.silent(now_s)
        for sensor in silent:
            channel = self.registry.by_sensor.get(sensor)
            if channel is None:
                continue
            index = self.last.index[sensor]
            events = self.alarms.silent(channel, now_s=now_s, last_s=float(self.last.received_s[index]))
            if events:
                batch.events += events
                self.last.mark(sensor, Mark.STALE)
        if batch.events:
            batch.events += self._silent_links(set(silent), now_s)
        for request in requests:
            event, message = self._acknowledge(request, now_s)
            batch.requests.append((request.id, "done" if event else "failed", message))
            if event:
                batch.events.append(event)
        return self._finish(batch)

    def _silent_links(self, silent: set[str], now_s: float) -> list[Event]:
        events: list[Event] = []
        for device, link in self._link_of.items():
            heard = [sensor for sensor in self.registry.sensors_of(device) if sensor in self.last.index]
            if heard and self._links.get(link) == "up" and silent.issuperset(heard):
                self._links[link] = "silent"
                events.append(
                    LinkChanged(t_s=now_s, link=link, state="silent", detail=f"{len(heard)} sensors")
                )
        return events

    def _acknowledge(self, request: Request, now_s: float) -> tuple[Event | None, str]:
        alarm = str(request.payload.get("alarm", ""))
        by = str(request.payload.get("by") or request.by)
        if alarm not in self.alarms.standing:
            return None, f"no alarm '{alarm}' stands"
        return AlarmAcknowledged(t_s=now_s, alarm=alarm, by=by), ""

    def note(self, events: Iterable[Event]) -> Batch:
        """A batch of ready-made events (the world's start, an adapter's link)."""
        return self._finish(Batch(events=list(events)))

    # --- bookkeeping ---------------------------------------------------------------------------------------------
    def _announced(self, now_s: float) -> list[Event]:
        events: list[Event] = [channel.seen(now_s) for channel in self._announce]
        self._announce.clear()
        return events

    def later(self, now_s: float) -> float:
        """Event time: now, but never before the newest event (clocks are set back sometimes)."""
        self._event_s = max(self._event_s, now_s)
        return self._event_s

    def _finish(self, batch: Batch) -> Batch:
        batch.last_values = self.last.changed()
        self._event_seq += len(batch.events)
        return batch


def _reading_batch(rows: Sequence[ReadingRow], now_s: float) -> ReadingBatch:
    return ReadingBatch(
        t_s=now_s,
        first_row=rows[0].row,
        last_row=rows[-1].row,
        sha256=readings_sha256(
            [row.row for row in rows],
            [row.sensor for row in rows],
            [row.unit for row in rows],
            [row.t_s for row in rows],
            [row.value for row in rows],
            [row.quality for row in rows],
            [row.flag for row in rows],
            [row.statistic for row in rows],
        ),
    )


def _digest(key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big", signed=True)
