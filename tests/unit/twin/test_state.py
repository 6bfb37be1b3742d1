# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass

import numpy as np
import pytest

from twin import events
from twin.events import (
    AlarmChanged,
    AlarmCleared,
    AlarmRaised,
    CrewDispatched,
    ReadingBatch,
    RouteAssigned,
    SensorSeen,
)
from twin.state import TwinState
from twin.state.twin_state import _REDUCERS


@dataclass
class Rows:
    sensor: list[str]
    t_s: np.ndarray
    received_s: np.ndarray
    value: np.ndarray
    quality: np.ndarray


def _rows(*rows: tuple[str, float, float]) -> Rows:
    t_s = np.array([row[1] for row in rows])
    return Rows(
        [row[0] for row in rows],
        t_s,
        t_s + 1,
        np.array([row[2] for row in rows]),
        np.zeros(len(rows), np.uint16),
    )


def _batch(t_s: float) -> ReadingBatch:
    return ReadingBatch(t_s=t_s, first_row=0, last_row=0, sha256="")


def test_every_event_has_a_reducer() -> None:
    missing = [event.__name__ for event in events.AnyEvent.__args__ if event not in _REDUCERS]
    assert missing == []


def test_late_readings_do_not_move_a_value_back() -> None:
    state = TwinState()
    state.apply(0, _batch(10.0), _rows(("a", 10.0, 1.0), ("b", 10.0, 5.0)))
    state.apply(1, _batch(12.0), _rows(("a", 4.0, 9.0), ("b", 11.0, 6.0)))
    table = state.sensors
    assert dict(zip(table.ids, table.value.tolist(), strict=True)) == {"a": 1.0, "b": 6.0}
    assert table.age_s(20.0).tolist() == [10.0, 9.0]
    assert table.readings == 4


def test_of_equal_times_the_later_row_wins() -> None:
    state = TwinState()
    state.apply(0, _batch(1.0), _rows(("a", 1.0, 1.0), ("a", 1.0, 2.0), ("a", 0.5, 3.0)))
    assert state.sensors.value.tolist() == [2.0]


def test_table_grows_beyond_its_first_size() -> None:
    state = TwinState()
    names = [f"s{i}" for i in range(1000)]
    state.apply(0, _batch(1.0), _rows(*((name, 1.0, float(i)) for i, name in enumerate(names))))
    assert state.sensors.value[999] == 999.0 and len(state.sensors.value) == 1000


def test_registered_sensor_has_never_been_read() -> None:
    state = TwinState()
    state.apply(
        0, SensorSeen(t_s=0.0, sensor="x", name="x", kind="gas", quantity="concentration", unit="ppm")
    )
    assert np.isnan(state.sensors.value[0]) and state.sensors.age_s(5.0)[0] == np.inf


def test_alarms_stand_until_cleared_highest_first() -> None:
    state = TwinState()
    for seq, (name, level) in enumerate((("a", "yellow"), ("b", "orange"))):
        state.apply(seq, AlarmRaised(t_s=float(seq), alarm=name, level=level, rule="threshold", source=name))
    assert [alarm.raised.alarm for alarm in state.alarms.standing()] == ["b", "a"]
    state.apply(2, AlarmChanged(t_s=3.0, alarm="a", level="red"))
    assert [alarm.raised.alarm for alarm in state.alarms.standing()] == ["a", "b"]
    state.apply(3, AlarmCleared(t_s=4.0, alarm="a"))
    assert [alarm.raised.alarm for alarm in state.alarms.standing()] == ["b"]


def test_crew_is_on_its_route() -> None:
    state = TwinState()
    state.apply(0, CrewDispatched(t_s=0.0, crew="c", kind="gas_rescue", people=4, destination="T"))
    assert state.responders.crews["c"].position_m(0.0) is None
    state.apply(
        1,
        RouteAssigned(
            t_s=0.0,
            crew="c",
            kind="fastest",
            points_m=((0.0, 0.0), (100.0, 0.0), (100.0, 50.0)),
            times_s=(10.0, 20.0, 25.0),
            toxic_load=0.0,
            toxic_load_unit="ppm^n min",
            length_m=150.0,
        ),
    )
    crew = state.responders.crews["c"]
    assert [crew.position_m(t) for t in (0.0, 15.0, 22.5, 99.0)] == [(0, 0), (50, 0), (100, 25), (100, 50)]


def test_snapshot_is_independent_and_order_is_enforced() -> None:
    state = TwinState()
    state.apply(0, _batch(1.0), _rows(("a", 1.0, 1.0)))
    kept = state.snapshot()
    state.apply(1, _batch(2.0), _rows(("a", 2.0, 2.0)))
    assert kept.sensors.value.tolist() == [1.0] and kept.seq == 0
    with pytest.raises(ValueError, match="already"):
        state.apply(1, _batch(2.0))
