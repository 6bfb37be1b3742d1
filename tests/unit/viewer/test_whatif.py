# SPDX-License-Identifier: Apache-2.0
"""The form becomes a study that the runner accepts; what cannot be a number is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scenarios.study import Study
from scenarios.study_file import study_from_tables
from twin.clock import DEVICE_ZONE, parse_time
from twin.errors import InputProblems
from twin.events import WindObserved
from twin.park import Park
from viewer.whatif import (
    WhatIf,
    payload,
    problem_text,
    run_folder,
    run_rows,
    start_of,
    study_tables,
    title_of,
    with_live_wind,
)

NOW_S = parse_time("2026-03-18T14:25:36+08:00")


def tables(form: WhatIf, temperature_K: float | None = None) -> dict[str, Any]:
    return study_tables(form, title="t", now_s=NOW_S, zone=DEVICE_ZONE, temperature_K=temperature_K)


def read(form_tables: dict[str, Any], park: Path) -> Study:
    """As the runner reads a request: the park comes from the request."""
    given = {**form_tables, "study": {**form_tables["study"], "park": str(park)}}
    return study_from_tables(given, name="whatif", relative_to=park)


def test_the_form_is_a_study_the_runner_reads(tiny_park: Park, tiny_folder: Path) -> None:
    form = WhatIf(
        tank=tiny_park.tanks[0].id,
        hole_mm="12.5",
        wind_live=False,
        wind_speed="3.5",
        wind_from_deg=360,
        stability="E",
        duration_min=20,
        isolation_min=5,
        warn_min=2,
        order="shelter",
        shift="night",
        exercise=True,
    )
    study = read(tables(form, 281.15), tiny_folder)
    assert study.hole_diameter_m == pytest.approx(0.0125)
    assert (study.duration_s, study.isolation_s, study.warn_after_s) == (1200.0, 300.0, 120.0)
    assert study.weather.wind_speed_m_s == 3.5 and study.weather.wind_from_deg == 0.0
    assert study.stability_given and study.weather.stability == "E"
    assert study.weather.temperature_K == 281.15
    assert not study.evacuate and study.exercise
    assert datetime.fromtimestamp(study.start_s, DEVICE_ZONE).hour == 22


def test_no_isolation_and_weather_that_is_left_to_the_study(tiny_park: Park, tiny_folder: Path) -> None:
    form = WhatIf(tank=tiny_park.tanks[0].id, isolation_min="", stability="")
    study = read(tables(form), tiny_folder)
    assert study.isolation_s is None and not study.stability_given and study.start_s == NOW_S


def test_every_bad_field_is_named_at_once() -> None:
    form = WhatIf(tank="", hole_mm="big", wind_speed=-1, duration_min=None, warn_min="3")
    with pytest.raises(InputProblems) as caught:
        tables(form)
    assert {problem.field for problem in caught.value.problems} == {
        "tank",
        "hole_mm",
        "wind_speed",
        "duration_min",
    }
    for language, words in (("zh", "储罐"), ("en", "tank")):
        assert words in problem_text(language, caught.value)


@pytest.mark.parametrize("value", ["nan", "inf", "1e9", "", None, [], "0.4"])
def test_holes_that_are_none(value: Any) -> None:
    with pytest.raises(InputProblems) as caught:
        tables(WhatIf(tank="T", hole_mm=value))
    assert [problem.field for problem in caught.value.problems] == ["hole_mm"]


def test_live_wind_is_taken_only_when_followed() -> None:
    seen = WindObserved(t_s=0.0, mast="M", speed_m_s=4.26, from_deg=123.4, averaging_s=600.0, stability="C")
    own = WhatIf(tank="T", wind_live=False, wind_speed=9.0, wind_from_deg=10.0)
    assert with_live_wind(own, seen) == own
    assert with_live_wind(replace(own, wind_live=True), None).wind_speed == 9.0
    live = with_live_wind(replace(own, wind_live=True), seen)
    assert (live.wind_speed, live.wind_from_deg, live.stability) == (4.3, 123, "C")


def test_shifts() -> None:
    assert start_of("now", NOW_S + 0.7, DEVICE_ZONE) == NOW_S
    day = datetime.fromtimestamp(start_of("day", NOW_S, DEVICE_ZONE), DEVICE_ZONE)
    assert (day.date().isoformat(), day.hour, day.minute, day.second) == ("2026-03-18", 10, 0, 0)


def test_run_folders_never_collide_and_have_no_odd_letters(tmp_path: Path) -> None:
    first = run_folder(tmp_path, "T/1 罐", NOW_S)
    first.mkdir()
    second = run_folder(tmp_path, "T/1 罐", NOW_S)
    assert first != second and first.parent == second.parent == tmp_path


def test_titles_and_payload(tiny_park: Park, tiny_folder: Path) -> None:
    tank = tiny_park.tanks[0]
    assert "Chlorine" in title_of("en", tank, WhatIf(hole_mm=20)) and "20 mm" in title_of(
        "zh", tank, WhatIf(hole_mm=20)
    )
    asked = payload(tiny_folder, {"study": {}}, tiny_folder / "out")
    assert asked == {"park": str(tiny_folder), "study": {"study": {}}, "out": str(tiny_folder / "out")}


def request(number: int, status: str, **more: Any) -> Any:
    base = {
        "id": number,
        "kind": "run",
        "status": status,
        "payload": {"study": {"study": {"title": f"run {number}"}}},
    }
    return SimpleNamespace(**{"progress": 0.0, "message": "", "result": None, **base, **more})


def test_queue_rows() -> None:
    rows = run_rows(
        "en",
        [
            request(1, "done", progress=1.0, result={"run": "/r/1"}),
            request(2, "failed", message="[S1] hole_diameter: is -1 m\nsecond line"),
            request(3, "running", progress=0.426),
            SimpleNamespace(id=4, kind="stop"),
        ],
        "/r/1",
    )
    assert [row["id"] for row in rows] == [3, 2, 1]
    running, failed, done = rows
    assert running["percent"] == 43 and running["can_cancel"] and not running["can_open"]
    assert failed["message"] == "[S1] hole_diameter: is -1 m" and not failed["can_cancel"]
    assert done["can_open"] and done["open"] and done["status_text"] == "done"
