# SPDX-License-Identifier: Apache-2.0
"""The feed shows what the store holds, in order, whole, and goes on when the store does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer.live_feed as live_feed
from twin.events import (
    AlarmCleared,
    AlarmRaised,
    Event,
    Note,
    ReadingBatch,
    SensorSeen,
    WindObserved,
    WorldStarted,
)
from twin.store import LastValue, Mark, ReadingRow, Store
from viewer.live_feed import LiveFeed

T0 = 1_773_800_000.0


class World:
    """Writes readings and events as ingest does: rows first, then the event that names them."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(folder, writer="ingest")
        self.row = 0

    def batch(self, t_s: float, values: dict[str, float], quality: Mark = Mark.GOOD) -> ReadingBatch:
        first = self.row + 1
        rows = []
        for item, (sensor, value) in enumerate(values.items()):
            self.row += 1
            rows.append(
                ReadingRow(
                    row=self.row,
                    seq=self.row,
                    item=item,
                    sensor=sensor,
                    unit="ppm",
                    t_s=t_s,
                    received_s=t_s + 0.5,
                    value=value,
                    quality=quality,
                )
            )
        event = ReadingBatch(t_s=t_s, first_row=first, last_row=self.row, sha256="0" * 64)
        with self.store.transaction():
            self.store.add_readings(rows)
            self.store.append_events([event])
        return event

    def tell(self, *events: Event) -> None:
        self.store.append_events(list(events))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "store")
    world.tell(WorldStarted(t_s=T0, world="live", park_id="p"))
    yield world
    world.store.close()


def follow(feed: LiveFeed, times: int = 1) -> None:
    async def polls() -> None:
        for _ in range(times):
            await feed.poll()

    asyncio.run(polls())


def value(feed: LiveFeed, sensor: str) -> float:
    return float(feed.state.sensors.value[feed.state.sensors.row[sensor]])


def test_new_readings_and_events_arrive_once(world: World) -> None:
    feed = LiveFeed(world.store)
    world.batch(T0 + 1, {"D1": 0.1, "D2": 0.2})
    follow(feed)
    assert value(feed, "D1") == 0.1 and feed.state.sensors.readings == 2
    before = feed.revisions.sensors
    follow(feed)
    assert feed.revisions.sensors == before, "nothing new is nothing to show"
    world.batch(T0 + 2, {"D1": 0.3})
    world.tell(
        AlarmRaised(t_s=T0 + 2, alarm="a", level="yellow", rule="alarm_1", source="D1", value=0.3, unit="ppm")
    )
    follow(feed)
    assert value(feed, "D1") == 0.3 and feed.state.sensors.readings == 3
    assert [alarm.raised.alarm for alarm in feed.state.alarms.standing()] == ["a"]
    world.tell(AlarmCleared(t_s=T0 + 3, alarm="a"))
    follow(feed)
    assert feed.state.alarms.standing() == [] and feed.revisions.alarms == 2


def test_a_page_is_woken_by_news_only(world: World) -> None:
    feed = LiveFeed(world.store)
    follow(feed)

    async def run() -> None:
        signal = asyncio.Event()
        feed.subscribe(signal)
        await feed.poll()
        assert not signal.is_set()
        world.batch(T0 + 5, {"D1": 1.0})
        await feed.poll()
        assert signal.is_set()
        feed.unsubscribe(signal)
        signal.clear()
        world.batch(T0 + 6, {"D1": 2.0})
        await feed.poll()
        assert not signal.is_set()

    asyncio.run(run())


def test_a_backlog_larger_than_one_read_arrives_whole_and_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "BATCH_ROWS", 7)
    for k in range(10):
        world.batch(T0 + 1 + k, {f"D{n}": float(10 * k + n) for n in range(4)})
        world.tell(Note(t_s=T0 + 1 + k, kind="milestone", text_key="event.park_changed"))
    feed = LiveFeed(world.store)
    follow(feed, 30)
    assert feed.state.sensors.readings == 40 and len(feed.milestones) == 10
    assert [value(feed, f"D{n}") for n in range(4)] == [90.0, 91.0, 92.0, 93.0]
    assert feed.state.seq == 21


def test_one_batch_larger_than_one_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "BATCH_ROWS", 5)
    world.batch(T0 + 1, {f"D{n}": float(n) for n in range(23)})
    feed = LiveFeed(world.store)
    follow(feed, 3)
    assert feed.state.sensors.readings == 23 and value(feed, "D22") == 22.0


def test_pictures_of_the_past(world: World) -> None:
    feed = LiveFeed(world.store)
    for k in range(6):
        world.batch(T0 + 10.0 * k, {"D1": float(k)})
    follow(feed, 2)
    row = feed.state.sensors.row["D1"]
    assert feed.picture_at(T0 - 1) is None
    for t_s, expected in ((T0 + 0.5, 0.0), (T0 + 25.0, 2.0), (T0 + 999.0, 5.0)):
        picture = feed.picture_at(t_s)
        assert picture is not None and picture.value[row] == expected
    picture = feed.picture_at(T0 + 25.0)
    world.batch(T0 + 61, {"D1": 77.0})
    follow(feed)
    assert picture is not None and picture.value[row] == 2.0, "a picture never changes"


def test_the_store_of_yesterday_starts_with_its_last_values(world: World) -> None:
    old = T0 - 5 * 86400
    feed_world = World(world.store.folder.parent / "old")
    feed_world.tell(WorldStarted(t_s=old, world="live", park_id="p"))
    feed_world.batch(old + 1, {"D1": 1.0, "QUIET": 4.5})
    feed_world.batch(T0, {"D1": 2.0})
    feed_world.batch(T0 + 1, {"D1": 3.0})
    feed_world.store.put_last_values(
        [
            LastValue(
                sensor="QUIET",
                unit="ppm",
                row=2,
                t_s=old + 1,
                received_s=old + 1,
                value=4.5,
                quality=Mark.STALE,
            )
        ]
    )
    feed = LiveFeed(feed_world.store)
    follow(feed, 2)
    assert value(feed, "D1") == 3.0 and value(feed, "QUIET") == 4.5
    assert int(feed.state.sensors.quality[feed.state.sensors.row["QUIET"]]) & Mark.STALE
    feed_world.store.close()


def test_sensors_that_register_themselves_and_wind(world: World) -> None:
    feed = LiveFeed(world.store)
    world.tell(
        SensorSeen(t_s=T0 + 1, sensor="X1", name="stream", kind="gas", quantity="concentration", unit="ppb"),
        WindObserved(t_s=T0 + 2, mast="M", speed_m_s=2.0, from_deg=90.0, averaging_s=600.0),
        WindObserved(t_s=T0 + 60, mast="M", speed_m_s=4.0, from_deg=180.0, averaging_s=600.0),
    )
    follow(feed)
    assert "X1" in feed.state.sensors.seen and feed.revisions.registry == 1
    assert feed.wind_at(T0 + 30).speed_m_s == 2.0 and feed.wind_at(T0) is None  # type: ignore[union-attr]


def test_a_recorded_stream_keeps_its_own_clock(world: World) -> None:
    feed = LiveFeed(world.store)
    world.batch(T0 + 1, {"D1": 1.0})
    follow(feed)
    assert feed.now_s == T0 + 1, "a stream of another time is shown at its own time"


def test_requests_are_followed_by_revision(world: World) -> None:
    feed = LiveFeed(world.store)
    number = world.store.post_request("run", {"study": {}})
    follow(feed)
    assert feed.requests[number].status == "waiting"
    world.store.update_request(number, progress=0.5, message="half")
    follow(feed)
    assert feed.requests[number].progress == 0.5 and feed.revisions.requests == 2


def test_a_store_that_does_not_answer_is_a_state_not_an_end(world: World) -> None:
    class Moody:
        def __init__(self, store: Any) -> None:
            self.store, self.broken = store, True

        def __getattr__(self, name: str) -> Any:
            if self.broken:
                raise OSError("disk went away")
            return getattr(self.store, name)

    moody = Moody(world.store)
    feed = LiveFeed(moody, poll_s=0.01)
    world.batch(T0 + 1, {"D1": 9.0})

    async def run() -> None:
        task = asyncio.create_task(feed.run())
        await asyncio.wait_for(feed.ready.wait(), 5)
        assert "disk went away" in feed.problem
        moody.broken = False
        for _ in range(200):
            await asyncio.sleep(0.01)
            if not feed.problem and "D1" in feed.state.sensors.row:
                break
        assert feed.problem == "" and value(feed, "D1") == 9.0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def test_last_value_stays_when_a_late_reading_comes(world: World) -> None:
    feed = LiveFeed(world.store)
    world.batch(T0 + 50, {"D1": 5.0})
    world.tell(Note(t_s=T0 + 55, kind="milestone", text_key="event.park_changed"))
    first = world.row + 1
    world.row += 1
    late = ReadingRow(
        row=first,
        seq=first,
        item=0,
        sensor="D1",
        unit="ppm",
        t_s=T0 + 10,
        received_s=T0 + 56,
        value=1.0,
        quality=Mark.LATE,
    )
    world.store.add_readings([late])
    world.tell(ReadingBatch(t_s=T0 + 56, first_row=first, last_row=first, sha256="0" * 64))
    follow(feed)
    assert value(feed, "D1") == 5.0
    assert np.isfinite(feed.last_arrival_s) and feed.last_arrival_s == T0 + 56
