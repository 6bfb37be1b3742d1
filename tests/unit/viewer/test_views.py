# SPDX-License-Identifier: Apache-2.0
"""What the panels are given: sensors, alarms, numbers, legend, ticks, details."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import PPM, START_S

from twin.clock import DEVICE_ZONE
from twin.events import AlarmCleared, AlarmRaised, LinkChanged, Note, SensorSeen, WindObserved
from twin.park import Park
from twin.state import TwinState
from twin.store import Mark
from viewer import details_view, live_view, run_view
from viewer.live_feed import SensorPicture
from viewer.playback import Cursor, RunReader
from viewer.sensor_view import (
    SensorFacts,
    alarm_levels,
    reading_text,
    seen_sites,
    sensor_facts,
    sensor_rows,
    shown,
    trend,
)

NOW = 1000.0
FACTS = SensorFacts(
    id="D1", name="d", kind="gas", quantity="concentration", unit="ppm", alarm_1=1.0, alarm_2=2.0
)


def picture(values: list[float], marks: list[int], ages: list[float]) -> SensorPicture:
    t_s = NOW - np.array(ages)
    return SensorPicture(NOW, np.array(values), t_s, t_s, np.array(marks, dtype=np.uint16))


def test_sensor_states_come_from_alarms_marks_and_age() -> None:
    ids = ["ok", "alarm", "flagged", "empty", "old", "marked", "never"]
    values = [1.0, 5.0, 1.0, np.nan, 1.0, 1.0, np.nan]
    marks = [0, 0, int(Mark.FLAGGED), int(Mark.EMPTY), 0, int(Mark.STALE), 0]
    ages = [1.0, 1.0, 1.0, 1.0, 500.0, 1.0, np.inf]
    states = shown(ids, picture(values, marks, ages), {"alarm": "orange", "gone": "red"}, NOW)
    assert {name: (how.state, how.stale) for name, how in states.items()} == {
        "ok": ("normal", False),
        "alarm": ("orange", False),
        "flagged": ("fault", False),
        "empty": ("fault", False),
        "old": ("normal", True),
        "marked": ("normal", True),
        "never": ("unknown", True),
        "gone": ("red", True),
    }


def test_a_censored_reading_is_never_written_as_a_value() -> None:
    assert reading_text(FACTS, 20.0, int(Mark.OVER_RANGE)) == "≥ 20 ppm"
    assert reading_text(FACTS, 0.1, int(Mark.BELOW_RANGE)) == "≤ 0.1 ppm"
    assert reading_text(FACTS, 0.5, 0) == "0.5 ppm"


def test_sensor_list_is_worst_first_and_searched(tiny_park: Park) -> None:
    state = TwinState()
    facts = sensor_facts(tiny_park, {})
    names = list(facts)[:3]
    state.sensors.rows(names)
    shot = picture([0.1, 0.2, 0.3], [0, 0, 0], [1.0, 2.0, 3.0])
    states = shown(names, shot, {names[2]: "red"}, NOW)
    rows = sensor_rows("en", facts, state, shot, states, NOW)
    assert rows[0]["id"] == names[2] and rows[0]["value"].startswith("0.3") and rows[0]["age"] == "3 s"
    assert rows[-1]["value"] == "–"
    assert {row["id"] for row in sensor_rows("en", facts, state, shot, states, NOW, "chlorine")} == {
        name for name, fact in facts.items() if fact.substance == "7782-50-5" or "hlorine" in fact.name
    }
    assert sensor_rows("zh", facts, state, shot, states, NOW, "nothing like this") == []


def test_sensors_that_registered_themselves_join(tiny_park: Park) -> None:
    seen = {
        "X": SensorSeen(
            t_s=0, sensor="X", name="stream", kind="gas", quantity="c", unit="ppb", x_m=5.0, y_m=6.0
        ),
        "Y": SensorSeen(t_s=0, sensor="Y", name="", kind="gas", quantity="c", unit="ppb"),
    }
    facts = sensor_facts(tiny_park, seen)
    assert facts["X"].unit == "ppb" and facts["Y"].name == "Y"
    assert [site.ids for site in seen_sites(tiny_park, seen)] == [("X",)], (
        "only who says where it stands is drawn"
    )


def test_trend_scales_to_data_and_reachable_limits() -> None:
    t_s = np.array([0.0, 50.0, 100.0])
    curve = trend(FACTS, t_s, np.array([0.0, 0.5, 1.5]), 0.0, 100.0, DEVICE_ZONE)
    assert curve["path"].startswith("M0.0,90.0L150.0,") and curve["top"] == "2"
    assert [limit["text"] for limit in curve["limits"]] == ["1", "2"] and curve["limits"][1]["y"] == 4.0
    quiet = trend(FACTS, t_s, np.array([0.01, 0.02, 0.01]), 0.0, 100.0, DEVICE_ZONE)
    assert quiet["limits"] == [] and quiet["top"] == "0.02", "a far limit must not flatten the curve"
    empty = trend(FACTS, t_s, np.full(3, np.nan), 0.0, 100.0, DEVICE_ZONE)
    assert empty["path"] == "" and empty["area"] == ""
    many = trend(FACTS, np.linspace(0, 100, 5000), np.ones(5000), 0.0, 100.0, DEVICE_ZONE)
    assert many["path"].count("L") == 399


def test_alarms_at_a_time(tiny_park: Park) -> None:
    state = TwinState()
    sensor = tiny_park.sensors[0].id
    for seq, event in enumerate(
        (
            AlarmRaised(
                t_s=10,
                alarm="a",
                level="yellow",
                rule="alarm_1",
                source=sensor,
                value=1.0,
                unit="ppm",
                limit=0.5,
            ),
            AlarmRaised(
                t_s=20,
                alarm="b",
                level="red",
                rule="over_range",
                source=sensor,
                value=9.0,
                unit="ppm",
                limit=0.5,
            ),
            AlarmCleared(t_s=30, alarm="b"),
        )
    ):
        state.apply(seq, event)
    assert [row["id"] for row in live_view.alarm_rows("en", tiny_park, state, 25)] == ["b", "a"]
    late = live_view.alarm_rows("en", tiny_park, state, 40)
    assert [(row["id"], row["over"]) for row in late] == [("a", False), ("b", True)]
    assert live_view.alarm_rows("en", tiny_park, state, 15)[0]["id"] == "a"
    assert live_view.standing_count(late) == 1
    assert alarm_levels(state, 25) == {sensor: "red"} and alarm_levels(state) == {sensor: "yellow"}
    assert live_view.alarm_rows("zh", tiny_park, state, 15, start_s=5.0)[0]["time"] == "T+00:05"


def test_links_weather_and_live_numbers(tiny_park: Park) -> None:
    state = TwinState()
    device = tiny_park.sensors[0].hj212_mn
    state.apply(0, LinkChanged(t_s=0, link=f"hj212:{device}", state="up"))
    links = live_view.links("en", tiny_park, state)
    devices = len({sensor.hj212_mn for sensor in tiny_park.sensors})
    assert links["text"] == f"HJ 212 · 1/{devices}" and links["bad"]
    state.apply(1, LinkChanged(t_s=0, link="hj212", state="up"))
    assert live_view.links("en", tiny_park, state)["text"] == f"HJ 212 · 1/{devices}", (
        "an adapter is no device"
    )
    wind = WindObserved(
        t_s=0, mast="M", speed_m_s=3.2, from_deg=250.0, averaging_s=600.0, temperature_K=297.75
    )
    shown_weather = live_view.weather("en", wind, 30.0)
    assert shown_weather["wind"] == "W 3.2 m/s" and shown_weather["arrow"] == 70
    assert shown_weather["temperature"] == "24.6 °C" and "30 s" in shown_weather["wind_title"]
    assert live_view.weather("en", None, 0.0) == {}
    day = live_view.people_by_shift(tiny_park, START_S)
    night = live_view.people_by_shift(tiny_park, START_S + 14 * 3600)
    assert day == sum(area.people_day for area in tiny_park.population)
    assert night == sum(area.people_night for area in tiny_park.population)


@pytest.fixture(scope="module")
def reader(run_folder: Path) -> RunReader:
    return RunReader(run_folder)


def test_numbers_of_a_run_can_be_asked(reader: RunReader) -> None:
    frame = Cursor(reader).frame(START_S + 400.0)
    rows = {row["key"]: row for row in run_view.numbers("en", reader, frame)}
    assert rows["people"]["value"] == "100" and rows["safe"]["value"] == "100"
    assert rows["released"]["value"] == "2000" and rows["aegl3"]["value"] == "1"
    for key in rows:
        answer = run_view.asked("en", reader, frame, key, DEVICE_ZONE)
        assert answer["title"] and answer["caveats"] == ["Only for tests."]
        assert answer["rows"][0]["v"] != f"number.{key}.means"
    said = {row["k"]: row["v"] for row in run_view.asked("en", reader, frame, "aegl3", DEVICE_ZONE)["rows"]}
    assert (
        said["Averaging time"] == "60 s mean"
        and said["Threshold"] == "50 ppm"
        and said["Model"] == "test puff"
    )


def test_legend_names_thresholds_with_averaging_time(reader: RunReader) -> None:
    rows = run_view.legend_rows("en", reader, Cursor(reader).frame(START_S + 200.0))
    assert [(row["name"], row["limit"], row["mean"]) for row in rows] == [
        ("AEGL-3", "50 ppm", "10 min mean"),
        ("AEGL-2", "2.8 ppm", "10 min mean"),
        ("AEGL-1", "0.5 ppm", "10 min mean"),
    ]
    assert rows[0]["reach"] == "to 260 m" and len({row["colour"] for row in rows}) == 3
    assert "Chlorine" in run_view.legend_title("en", reader) or "chlorine" in run_view.legend_title(
        "en", reader
    )


def test_thresholds_in_the_units_of_the_field(reader: RunReader, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = run_view.plume_thresholds(reader, run_view.ppm_per_kg_m3(reader))
    assert levels[0][:2] == ("AEGL-3", pytest.approx(50.0 / PPM))
    assert run_view.plume_thresholds(reader, None) == [], "without the factor ppm cannot be turned"
    loads = tuple(replace(zone, unit="ppm2.75 min") for zone in reader.zones())
    monkeypatch.setattr(RunReader, "zones", lambda _: loads)
    assert run_view.plume_thresholds(reader, PPM) == [], "a load is no concentration"


def test_ppm_without_the_runs_word_is_the_ideal_gas(
    reader: RunReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = {key: value for key, value in reader.info.items() if key != "substance"}
    monkeypatch.setattr(reader, "info", info)
    # chlorine 70.9 g/mol at 20 degC, 1 atm: 24.055 L/mol / 0.0709 kg/mol = 0.3393 m3/kg
    assert run_view.ppm_per_kg_m3(reader) == pytest.approx(3.393e5, rel=1e-3)


def test_ticks_do_not_overlap_and_name_each_kind_once(reader: RunReader, tiny_park: Park) -> None:
    marks = run_view.ticks("en", tiny_park, reader.events, reader.start_s, reader.end_s, DEVICE_ZONE)
    texts = [mark["text"] for mark in marks if mark["text"]]
    assert texts == ["Leak", "Alarm", "Evacuate", "Dispatch", "Arrival", "Leak ends"]
    assert [mark["at"] for mark in marks] == sorted(mark["at"] for mark in marks)
    crowded = [Note(t_s=float(k), kind="milestone", text_key=f"event.thing_{k}") for k in range(5)]
    rows = [mark["row"] for mark in run_view.ticks("en", tiny_park, crowded, 0.0, 1000.0, DEVICE_ZONE)]
    assert rows == [0, 1, 2, 2, 2]
    assert run_view.ticks("en", tiny_park, crowded, 100.0, 1000.0, DEVICE_ZONE) == []


def test_details_of_things(tiny_park: Park) -> None:
    tank = tiny_park.tanks[0]
    details = details_view.asset_details("en", tiny_park, tank.id)
    said = {row["k"]: row["v"] for row in details["rows"]}
    assert details["can_leak"] and said["Pressure (abs.)"] == "680 kPa" and said["Temperature"] == "20 °C"
    assert said["Kind"] == "bullet" and "hlorine" in said["Substance"]
    assert details_view.asset_details("en", tiny_park, "nothing") == {}
    for name in details_view.FIELDS:
        for asset in tiny_park.layer(name)[:1]:
            both = [details_view.asset_details(language, tiny_park, asset.id) for language in ("zh", "en")]
            assert len(both[0]["rows"]) == len(both[1]["rows"]) >= 1
    items = details_view.tank_items("en", tiny_park)
    assert {item["value"] for item in items} == {tank.id for tank in tiny_park.tanks}


def test_details_of_a_person(reader: RunReader) -> None:
    frame = Cursor(reader).frame(START_S + 100.0)
    details = run_view.person_details("en", frame, "person-11")
    assert [row["v"] for row in details["rows"]] == ["on the way", "1000 ppmⁿ·min"]
    assert (
        run_view.person_details("en", frame, "person-101") == {}
        and run_view.person_details("en", None, "person-1") == {}
    )
