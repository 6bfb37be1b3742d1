# SPDX-License-Identifier: Apache-2.0
"""How values are written."""

from __future__ import annotations

import doctest
import math

import pytest

import viewer.wording as wording
from twin.events import AlarmRaised, Note
from twin.park import Park
from viewer.wording import age, alarm_text, amount, averaging, compass, note_text, substance_name, wind


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(wording).failed == 0


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.000012, "1.20e-05"),
        (12345678.0, "1.23e+07"),
        (0.5, "0.5"),
        (99.96, "100"),
        (-3.14159, "-3.14"),
        (math.nan, "–"),
    ],
)
def test_amounts(value: float, written: str) -> None:
    assert amount(value) == written


def test_ages_take_the_largest_fitting_unit() -> None:
    assert [age("en", s) for s in (5, 119, 130, 7300, 2e5, math.inf, -3)] == [
        "5 s",
        "119 s",
        "2 min",
        "2 h",
        "2 d",
        "–",
        "0 s",
    ]


def test_wind_points_where_it_comes_from() -> None:
    assert [compass("en", d) for d in (0, 45, 95, 181, 337.6, 359)] == ["N", "NE", "E", "S", "N", "N"]
    assert wind("en", 0.1, 90) == "calm" and wind("zh", 3.0, 225) == "西南 3.0 m/s"
    assert averaging("en", 0) == "instantaneous" and averaging("en", 600) == "10 min mean"


def test_names_of_substances_in_both_languages() -> None:
    assert substance_name("en", "7782-50-5").lower() == "chlorine" and "氯" in substance_name(
        "zh", "7782-50-5"
    )
    assert substance_name("en", "no such thing") == "no such thing"


def test_alarm_and_note_texts(tiny_park: Park) -> None:
    sensor = tiny_park.sensors[0]
    alarm = AlarmRaised(
        t_s=0.0, alarm="a", level="red", rule="alarm_2", source=sensor.id, value=3.25, unit="ppm", limit=0.68
    )
    for language in ("zh", "en"):
        words = alarm_text(language, tiny_park, alarm, 3.25)
        assert "3.25 ppm" in words and "0.68" in words and " · " not in words
    note = Note(t_s=0.0, kind="milestone", text_key="event.release_ended", values={"reason": "isolated"})
    assert note_text("en", tiny_park, note) == "The leak ends (isolated)"
    assert "已隔断" in note_text("zh", tiny_park, note)
