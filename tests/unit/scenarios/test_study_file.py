# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from scenarios.study import KEYS
from scenarios.study_file import read_study, study_from_tables
from twin.clock import parse_time
from twin.errors import InputProblems

GOOD = """
schema = 1
[study]
title = "Chlorine leak"
park = ".."
start = "2026-03-18T10:00:00+08:00"
duration_s = 1800
seed = 4
exercise = true
[release]
tank = "T-1"
hole_diameter = "25 mm"
isolation_s = "10 min"
[weather]
wind_speed = "9 km/h"
wind_from_deg = 90
stability = "D"
temperature = "20 degC"
[people]
warn_after_s = 120
[response]
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "studies" / "leak.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_units_are_read_and_the_park_is_relative_to_the_file(tmp_path: Path) -> None:
    study = read_study(_write(tmp_path, GOOD))
    assert study.park_folder == tmp_path.resolve()
    assert study.hole_diameter_m == 0.025 and study.isolation_s == 600.0
    assert study.weather.wind_speed_m_s == 2.5 and study.weather.temperature_K == pytest.approx(293.15)
    assert study.start_s == parse_time("2026-03-18T02:00:00Z")
    assert study.respond and study.exercise and study.seed == 4 and study.name == "leak"


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('hole_diameter = "25 mm"', 'hole_diameter = "-3 mm"\nhole_diamter = "1 mm"')
    text = text.replace("seed = 4", "seed = 1.5").replace("wind_from_deg = 90", 'wind_from_deg = "90 m"')
    text = text.replace("[people]", "[persons]\n[people]").replace('stability = "D"', 'stability = "G"')
    with pytest.raises(InputProblems) as caught:
        read_study(_write(tmp_path, text))
    said = {problem.field: str(problem) for problem in caught.value.problems}
    assert set(said) == {
        "release.hole_diameter",
        "release.hole_diamter",
        "study.seed",
        "weather.wind_from_deg",
        "persons",
        "weather.stability",
    }
    assert "did you mean 'hole_diameter'?" in said["release.hole_diamter"]
    assert all("leak.toml" in text for text in said.values())


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('tank = "T-1"', "", "release.tank"),
        ('start = "2026-03-18T10:00:00+08:00"', 'start = "2026-03-18T10:00:00"', "study.start"),
        ("duration_s = 1800", "duration_s = nan", "study.duration_s"),
        ("duration_s = 1800", "duration_s = true", "study.duration_s"),
        ("[people]", "people = 3\n[x]", "weather.people"),
        ("exercise = true", 'exercise = "yes"', "study.exercise"),
    ],
)
def test_one_mistake_one_field(tmp_path: Path, old: str, new: str, field: str) -> None:
    with pytest.raises(InputProblems) as caught:
        read_study(_write(tmp_path, GOOD.replace(old, new)))
    assert field in {problem.field for problem in caught.value.problems}


def test_overrides_win_and_need_no_table(tmp_path: Path) -> None:
    study = read_study(_write(tmp_path, GOOD), ["release.hole_diameter=50 mm", "seed=9", "evacuate=false"])
    assert (study.hole_diameter_m, study.seed, study.evacuate) == (0.05, 9, False)
    with pytest.raises(InputProblems, match="did you mean 'seed'"):
        read_study(_write(tmp_path, GOOD), ["sed=9"])
    with pytest.raises(InputProblems, match="TABLE.KEY=VALUE"):
        read_study(_write(tmp_path, GOOD), ["seed"])


def test_wind_series(tmp_path: Path) -> None:
    rows = "[[weather.series]]\nt_s = 0\nwind_speed = 2\nwind_from_deg = 10\n"
    rows += '[[weather.series]]\nt_s = "10 min"\nwind_speed = "3 m/s"\nwind_from_deg = 350\n'
    study = read_study(_write(tmp_path, GOOD + rows))
    assert study.wind_rows == ((0.0, 2.0, 10.0), (600.0, 3.0, 350.0))
    with pytest.raises(InputProblems, match="series #2"):
        read_study(_write(tmp_path, GOOD + rows.replace('"10 min"', "0")))


@pytest.mark.parametrize("text", ["[study", "\x00", "study = 1"])
def test_rubbish_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputProblems, match="leak.toml"):
        read_study(_write(tmp_path, text))


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="cannot be read"):
        read_study(tmp_path / "no.toml")


def test_smallest_study_gets_every_default() -> None:
    tables = {"study": {"park": "/p"}, "release": {"tank": "T", "hole_diameter": 0.01}}
    study = study_from_tables(tables, name="x", relative_to=Path("/"))
    assert study.duration_s == 1800.0 and not study.respond and study.warn_after_s is None
    assert {key.table for key in KEYS} == {"study", "release", "weather", "people", "response", "output"}
