# SPDX-License-Identifier: Apache-2.0
"""From arrivals to a transaction: classes, marks, last values, alarms, wind, silence."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_sync.coordinator import OTHERS, STRANGERS, Batch, Coordinator
from live_sync.quality import value_marks
from live_sync.reading import Arrival, LinkNews, Measurement
from live_sync.registry import Channel, Registry
from twin.events import (
    AlarmAcknowledged,
    AlarmChanged,
    AlarmCleared,
    AlarmRaised,
    Event,
    LinkChanged,
    ReadingBatch,
    SensorSeen,
    WindObserved,
)
from twin.store import Mark, Store

T0 = 1_800_000_000.0
GAS = Channel(
    sensor="G1", unit="ppm", kind="gas", quantity="concentration", substance="7782-50-5", device="A", factor="a21022",
    x_m=1.0, y_m=2.0, range_min=0.0, range_max=20.0, alarm_1=1.0, alarm_2=3.0,
)  # fmt: skip
SPEED = Channel(
    sensor="WS", unit="m/s", kind="met", quantity="wind_speed", device="M", factor="ws", x_m=5.0, y_m=5.0
)
FROM = Channel(
    sensor="WD", unit="deg", kind="met", quantity="wind_from", device="M", factor="wd", x_m=5.0, y_m=5.0,
    range_min=0.0, range_max=360.0,
)  # fmt: skip
AIR = Channel(
    sensor="TA",
    unit="degC",
    kind="met",
    quantity="air_temperature",
    device="M",
    factor="ta",
    x_m=5.0,
    y_m=5.0,
)


class World:
    """A coordinator with its store, driven by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open()

    def open(self, now_s: float = T0) -> None:
        self.store = Store.open(self.folder, writer="ingest")
        self.coordinator = Coordinator(Registry([GAS, SPEED, FROM, AIR]), self.store, now_s)

    def write(self, batch: Batch) -> list[Event]:
        batch.write(self.store)
        return batch.events

    def feed(self, *arrivals: Arrival | LinkNews, now_s: float) -> list[Event]:
        return self.write(self.coordinator.process(arrivals, now_s))

    def gas(self, value: float, t_s: float, *, now_s: float | None = None, **more: str) -> list[Event]:
        """One gas reading of device time t_s; what else happened because of it."""
        now_s = t_s if now_s is None else now_s
        arrival = frame({"a21022": value}, t_s, received_s=now_s, **more)
        return [
            event
            for event in self.feed(arrival, now_s=now_s)
            if not isinstance(event, ReadingBatch | LinkChanged)
        ]


_count = 0


def frame(
    values: dict[str, float], t_s: float | None, *, device: str = "A", received_s: float | None = None, flag: str = "N",
    statistic: str = "Rtd", key: bytes | None = None,
) -> Arrival:  # fmt: skip
    global _count
    _count += 1
    raw = b"frame %d" % _count if key is None else key
    return Arrival(
        link="hj212:peer:1",
        device=device,
        received_s=received_s if received_s is not None else t_s if t_s is not None else T0,
        raw=raw + b"\r\n",
        size=len(raw) + 2,
        intent="reading",
        key=raw,
        t_s=t_s,
        measurements=[Measurement(factor, statistic, value, flag) for factor, value in values.items()],
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.store.close()


# --- classes and accounts --------------------------------------------------------------------------------------------
def test_every_arrival_ends_in_one_class_and_the_accounts_agree(world: World) -> None:
    command = frame({}, None, received_s=T0)
    command.intent = "command"
    refused = frame({}, None)
    refused.intent, refused.reason, refused.key = "refused", "the check code is wrong", None
    events = world.feed(
        frame({"a21022": 0.5}, T0, key=b"same"),
        frame({"a21022": 0.5}, T0, key=b"same"),
        frame({"a21022": 0.5}, T0, device="nobody"),
        command,
        refused,
        now_s=T0,
    )
    world.feed(frame({"a21022": 0.5}, T0, key=b"same"), now_s=T0 + 1)
    frames = world.store.frames()
    classes = [frame.frame_class for frame in frames]
    assert classes == ["reading", "duplicate", "unknown", "command", "refused", "duplicate"]
    assert [frame.of_seq for frame in frames] == [None, 1, None, None, None, 1]
    assert frames[1].raw == b"" and frames[0].raw == b"same\r\n" and frames[2].raw, (
        "a stranger's bytes are kept"
    )
    accounting = world.store.accounting()
    assert accounting.complete and accounting.received == 6 and accounting.duplicate == 2
    assert accounting.devices["nobody"].unknown == 1
    assert len(world.store.readings_since(0)) == 1
    links = [(event.link, event.state) for event in events if isinstance(event, LinkChanged)]
    assert links == [("hj212:A", "up"), ("hj212:nobody", "up")]


def test_equal_key_but_other_bytes_is_no_duplicate_and_a_restart_remembers(world: World) -> None:
    world.feed(frame({"a21022": 0.5}, T0, key=b"one"), frame({"a21022": 0.6}, T0, key=b"two"), now_s=T0)
    world.store.close()
    world.open()
    world.feed(frame({"a21022": 0.5}, T0, key=b"one"), now_s=T0 + 1)
    assert [frame.frame_class for frame in world.store.frames()] == ["reading", "reading", "duplicate"]
    assert world.store.frames()[-1].seq == 3


def test_invented_device_names_share_an_account(world: World) -> None:
    world.feed(*(frame({}, None, device=f"X{n}") for n in range(STRANGERS + 50)), now_s=T0)
    accounting = world.store.accounting()
    assert len(accounting.devices) == STRANGERS + 1
    assert accounting.devices[OTHERS].unknown == 50 and accounting.complete


def test_a_factor_nobody_registered_is_named_and_stores_nothing(world: World) -> None:
    world.feed(frame({"a99999": 1.0, "a21022": 0.2}, T0), now_s=T0)
    assert world.store.frames()[0].reason == "not registered: a99999"
    assert world.store.readings_since(0).sensor == ("G1",)


# --- readings --------------------------------------------------------------------------------------------------------
def test_readings_are_keyed_and_the_batch_proves_them(world: World) -> None:
    events = world.feed(frame({"ws": 3.0, "wd": 90.0, "ta": 20.0}, T0, device="M"), now_s=T0)
    batch = next(event for event in events if isinstance(event, ReadingBatch))
    rows = world.store.readings_since(batch.first_row - 1, until_row=batch.last_row, every_statistic=True)
    assert rows.seq.tolist() == [1, 1, 1] and rows.item.tolist() == [0, 1, 2]
    assert rows.sha256 == batch.sha256 and list(rows.unit) == ["m/s", "deg", "degC"]


def test_late_data_is_stored_and_marked_but_moves_nothing(world: World) -> None:
    world.gas(0.5, T0)
    world.gas(0.1, T0 - 3600, now_s=T0 + 1)
    assert world.store.last_values()["G1"].value == 0.5
    rows = world.store.readings_since(0)
    assert [Mark(int(mark)) for mark in rows.quality] == [Mark.GOOD, Mark.LATE] and len(rows) == 2


def test_a_clock_in_the_future_does_not_freeze_the_last_value(world: World) -> None:
    world.gas(0.5, T0 + 7200, now_s=T0)
    world.gas(0.6, T0 + 30, now_s=T0 + 30)
    last = world.store.last_values()["G1"]
    assert last.value == 0.6 and last.quality == Mark.GOOD
    assert Mark(int(world.store.readings_since(0).quality[0])) == Mark.FUTURE
    assert world.store.readings_since(0).t_s[0] == T0


def test_marks_of_values() -> None:
    assert value_marks(GAS, -0.1, "N") == Mark.BELOW_RANGE
    assert value_marks(GAS, 20.0, "N") == Mark.OVER_RANGE, "a gas detector at its end means at least"
    assert value_marks(FROM, 360.0, "N") == Mark.GOOD, "a wind vane at north is no overflow"
    assert value_marks(GAS, 1.0, "T") == Mark.FLAGGED | Mark.OVER_RANGE
    assert value_marks(GAS, math.nan, "B") == Mark.EMPTY | Mark.FLAGGED
    assert value_marks(SPEED, 1e6, "") == Mark.GOOD, "no range registered, no mark"


# --- alarms ----------------------------------------------------------------------------------------------------------
def test_an_alarm_is_raised_once_rises_at_once_and_falls_after_the_hold(world: World) -> None:
    assert world.gas(0.9, T0) == []
    (raised,) = world.gas(1.0, T0 + 10)
    assert isinstance(raised, AlarmRaised)
    assert (raised.level, raised.rule, raised.source, raised.limit) == ("yellow", "alarm_1", "G1", 1.0)
    assert raised.values["substance"] == "7782-50-5" and raised.unit == "ppm"
    assert world.gas(1.4, T0 + 20) == []
    (risen,) = world.gas(25.0, T0 + 30)
    assert isinstance(risen, AlarmChanged) and (risen.alarm, risen.level) == (raised.alarm, "red")
    assert world.gas(0.0, T0 + 40) == [] and world.gas(0.0, T0 + 99) == []
    assert world.gas(0.97, T0 + 99.5) == [], (
        "inside the deadband of alarm_1, still below red: the hold runs on"
    )
    (fallen,) = world.gas(0.97, T0 + 100)
    assert isinstance(fallen, AlarmChanged) and fallen.level == "yellow"
    assert (
        world.gas(0.5, T0 + 110) == [] and world.gas(0.98, T0 + 120) == [] and world.gas(0.5, T0 + 130) == []
    )
    assert world.gas(0.5, T0 + 185) == [], "0.98 was within the deadband and began the hold anew"
    (cleared,) = world.gas(0.5, T0 + 190)
    assert isinstance(cleared, AlarmCleared) and cleared.alarm == raised.alarm
    assert world.store.open_alarms() == []
    (again,) = world.gas(2.0, T0 + 200)
    assert isinstance(again, AlarmRaised) and again.alarm != raised.alarm


def test_an_alarm_names_the_batch_that_caused_it_and_its_evidence(world: World) -> None:
    world.gas(5.0, T0)
    numbered = world.store.events_since(0)
    seq, batch = next((seq, event) for seq, event in numbered if isinstance(event, ReadingBatch))
    raised = next(event for _, event in numbered if isinstance(event, AlarmRaised))
    assert raised.level == "orange" and raised.cause == seq
    assert batch.first_row <= int(raised.values["row"]) <= batch.last_row


def test_alarms_read_raw_values_whatever_their_marks(world: World) -> None:
    (raised,) = world.gas(2.0, T0, flag="C")
    assert isinstance(raised, AlarmRaised) and raised.values["flag"] == "C"


def test_a_standing_alarm_survives_a_restart_and_is_not_raised_again(world: World) -> None:
    (raised,) = world.gas(2.0, T0)
    world.store.close()
    world.open(T0 + 20)
    assert world.gas(2.1, T0 + 30) == []
    assert world.gas(0.0, T0 + 40) == []
    (cleared,) = world.gas(0.0, T0 + 101)
    assert (
        isinstance(raised, AlarmRaised)
        and isinstance(cleared, AlarmCleared)
        and cleared.alarm == raised.alarm
    )


def test_old_data_raises_nothing_but_slightly_late_data_does(world: World) -> None:
    world.gas(0.0, T0)
    assert world.gas(9.0, T0 - 3600, now_s=T0 + 1) == []
    (raised,) = world.gas(9.0, T0 - 20, now_s=T0 + 2)
    assert isinstance(raised, AlarmRaised)


def test_maxima_of_an_interval_are_stored_but_no_alarm(world: World) -> None:
    assert world.gas(9.0, T0, statistic="Max") == []
    assert len(world.store.readings_since(0, every_statistic=True)) == 1 and world.store.last_values() == {}


def test_channels_without_thresholds_never_alarm(world: World) -> None:
    events = world.feed(frame({"wd": 400.0}, T0, device="M"), now_s=T0)
    assert not any(isinstance(event, AlarmRaised) for event in events)


def test_acknowledging(world: World) -> None:
    (raised,) = world.gas(2.0, T0)
    assert isinstance(raised, AlarmRaised)
    good = world.store.post_request("acknowledge_alarm", {"alarm": raised.alarm, "by": "li"})
    bad = world.store.post_request("acknowledge_alarm", {"alarm": "no-such", "by": "li"})
    taken = [world.store.take_request("acknowledge_alarm", "ingest") for _ in (good, bad)]
    events = world.write(world.coordinator.tick(T0 + 1, [request for request in taken if request]))
    assert events == [AlarmAcknowledged(t_s=T0 + 1, alarm=raised.alarm, by="li")]
    ended = [world.store.request(number) for number in (good, bad)]
    assert [request.status for request in ended if request] == ["done", "failed"]


# --- silence ---------------------------------------------------------------------------------------------------------
def test_silence_is_an_alarm_of_its_own_raised_once_and_over_with_the_next_word(world: World) -> None:
    for step in range(4):
        world.gas(0.1, T0 + 5 * step)
    assert world.write(world.coordinator.tick(T0 + 134)) == []
    events = world.write(world.coordinator.tick(T0 + 136))
    raised = [event for event in events if isinstance(event, AlarmRaised)]
    assert [(event.level, event.rule, event.source) for event in raised] == [("blue", "no_data", "G1")]
    links = [event for event in events if isinstance(event, LinkChanged)]
    assert [(event.link, event.state) for event in links] == [("hj212:A", "silent")]
    assert world.store.last_values()["G1"].quality == Mark.STALE
    assert world.write(world.coordinator.tick(T0 + 300)) == []
    events = world.feed(frame({"a21022": 0.1}, T0 + 400), now_s=T0 + 400)
    assert [event.alarm for event in events if isinstance(event, AlarmCleared)] == [raised[0].alarm]
    assert [event.state for event in events if isinstance(event, LinkChanged)] == ["up"]
    assert world.store.last_values()["G1"].quality == Mark.GOOD and world.store.open_alarms() == []


def test_a_slow_sensor_is_given_ten_of_its_intervals(world: World) -> None:
    for step in range(5):
        world.gas(0.1, T0 + 60 * step)
    assert world.write(world.coordinator.tick(T0 + 240 + 590)) == []
    assert world.write(world.coordinator.tick(T0 + 240 + 610)) != []


def test_after_a_restart_devices_get_time_to_come_back(world: World) -> None:
    for step in range(4):
        world.gas(0.1, T0 + 5 * step)
    world.store.close()
    world.open(T0 + 5000)
    assert world.write(world.coordinator.tick(T0 + 5010)) == []
    assert any(isinstance(event, AlarmRaised) for event in world.write(world.coordinator.tick(T0 + 5400)))


def test_sensors_that_never_spoke_are_not_stale(world: World) -> None:
    assert world.write(world.coordinator.tick(T0 + 1e6)) == []


def test_a_connection_that_ends_is_told_once(world: World) -> None:
    world.gas(0.1, T0)
    gone = LinkNews("hj212:A", "A", "down", "left")
    stranger = LinkNews("hj212:Q", "Q", "down", "left")
    events = world.feed(gone, gone, stranger, now_s=T0 + 1)
    assert [(event.link, event.state) for event in events if isinstance(event, LinkChanged)] == [
        ("hj212:A", "down")
    ]


# --- wind and announced sensors --------------------------------------------------------------------------------------
def test_wind_is_a_vector_mean_every_ten_seconds(world: World) -> None:
    winds = []
    for step in range(21):
        values = {"ws": 4.0, "wd": 350.0 if step % 2 else 10.0, "ta": 20.0}
        events = world.feed(frame(values, T0 + step, device="M"), now_s=T0 + step)
        winds += [event for event in events if isinstance(event, WindObserved)]
    assert len(winds) == 3 and {wind.mast for wind in winds} == {"WS"}
    last = winds[-1]
    assert min(last.from_deg, 360 - last.from_deg) < 1.0, "350 and 10 degrees average to north"
    assert last.speed_m_s == pytest.approx(4.0 * math.cos(math.radians(10.0)), rel=1e-3)
    assert last.averaging_s == pytest.approx(21.0) and last.temperature_K == pytest.approx(293.15)


def test_wind_forgets_what_is_older_than_ten_minutes(world: World) -> None:
    for step in range(0, 1500, 10):
        from_deg = 90.0 if step < 800 else 180.0
        events = world.feed(frame({"ws": 2.0, "wd": from_deg}, T0 + step, device="M"), now_s=T0 + step)
    (wind,) = [event for event in events if isinstance(event, WindObserved)]
    assert (wind.from_deg, wind.speed_m_s, wind.averaging_s) == pytest.approx((180.0, 2.0, 600.0))


def test_an_announced_sensor_is_told_once_for_ever(world: World) -> None:
    new = Channel(sensor="S", unit="ppm", kind="gas", quantity="concentration", device="stream", factor="f")
    world.coordinator.announce(new)
    (seen,) = world.write(world.coordinator.tick(T0))
    assert isinstance(seen, SensorSeen) and seen.sensor == "S" and seen.device == "stream"
    world.store.close()
    world.open()
    world.coordinator.announce(new)
    assert world.write(world.coordinator.tick(T0 + 1)) == []


def test_event_time_never_runs_back(world: World) -> None:
    world.gas(2.0, T0 + 100)
    world.feed(frame({"a21022": 0.0}, T0 + 50), now_s=T0 + 50)
    times = [event.t_s for _, event in world.store.events_since(0)]
    assert times == sorted(times) and times[-1] == T0 + 100
