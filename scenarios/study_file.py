# SPDX-License-Identifier: Apache-2.0
"""Reading a study: every mistake in it is reported at once.

Numbers may carry units ("25 mm"). A misspelt key, a wrong unit, a value out of range and a half row of a wind series each
give one problem that names the key, what was found, what was expected and the nearest known name.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scenarios.study import KEYS, SERIES_KEYS, TABLES, Key, Study
from twin.clock import parse_time
from twin.errors import InputProblems, Problem, did_you_mean
from twin.errors import problem as problem_error
from twin.units import quantity
from twin.weather import Weather

Tables = Mapping[str, Any]
WindRow = tuple[float, float, float]


class _Findings:
    """Problems of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, field: str, what: str, remedy: str, expected: str = "") -> None:
        self.problems.append(
            Problem(file=self.file, field=field, what=what, remedy=remedy, expected=expected)
        )

    def add_all(self, field: str, error: InputProblems) -> None:
        for inner in error.problems:
            self.add(field, inner.what, inner.remedy, inner.expected)

    def raise_if_any(self) -> None:
        if self.problems:
            raise InputProblems(self.problems)


def read_study(path: Path, overrides: Iterable[str] = ()) -> Study:
    """The study of a TOML file, with 'table.key=value' overrides.

    Raises: InputProblems with everything that is wrong in it.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise problem_error(
            f"cannot be read: {error.strerror}", "Name a study file (.toml).", file=str(path)
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise problem_error(f"is not TOML: {error}", "Mend the line it names.", file=str(path)) from None
    _override(tables, overrides)
    return study_from_tables(tables, name=path.stem, relative_to=path.parent, file=str(path))


def _override(tables: dict[str, Any], overrides: Iterable[str]) -> None:
    findings = _Findings("")
    table_of = {key.name: key.table for key in KEYS}
    for text in overrides:
        name, equals, value = text.partition("=")
        table, _, key = name.strip().rpartition(".")
        table = table or table_of.get(key, "")
        if not equals or not table:
            remedy = did_you_mean(key, list(table_of))
            findings.add("--set", f"'{text}' names no key of a study", remedy, "TABLE.KEY=VALUE")
            continue
        try:
            parsed = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            parsed = value.strip()
        tables.setdefault(table, {})[key] = parsed
    findings.raise_if_any()


def study_from_tables(tables: Tables, *, name: str, relative_to: Path, file: str = "") -> Study:
    """The study that tables like those of the file describe; relative park paths start at `relative_to`.

    Raises: InputProblems with everything that is wrong in them.
    """
    findings = _Findings(file)
    for table, content in tables.items():
        if table == "schema":
            continue
        if table not in TABLES:
            findings.add(table, f"[{table}] is no table of a study", did_you_mean(table, TABLES))
        elif not isinstance(content, Mapping):
            findings.add(table, "is not a table", f"Write [{table}].")
        else:
            known = [key.name for key in KEYS if key.table == table] + ["series"] * (table == "weather")
            for extra in content:
                if extra not in known:
                    findings.add(f"{table}.{extra}", "is no key of a study", did_you_mean(extra, known))
    values = {f"{key.table}.{key.name}": _value(key, _table(tables, key.table), findings) for key in KEYS}
    rows = _series(_table(tables, "weather").get("series", []), findings)
    findings.raise_if_any()
    return _build(values, rows, tables, name, relative_to)


def _table(tables: Tables, name: str) -> Tables:
    content = tables.get(name, {})
    return content if isinstance(content, Mapping) else {}


def _value(key: Key, given: Tables, findings: _Findings) -> Any:
    field = f"{key.table}.{key.name}"
    if key.name not in given and key.required:
        findings.add(field, "is missing", f"Write it under [{key.table}]: {key.says}.")
        return None
    raw = given.get(key.name, key.default)
    if raw is None:
        return None
    try:
        value = _convert(key, raw)
    except InputProblems as error:
        findings.add_all(field, error)
        return None
    if isinstance(value, float | int) and not isinstance(value, bool):
        low = -math.inf if key.low is None else key.low
        high = math.inf if key.high is None else key.high
        if not (math.isfinite(value) and low <= value <= high):
            findings.add(
                field,
                f"{raw} is out of range",
                "Check the value and its unit.",
                f"{low:g} to {high:g} {key.kind}",
            )
            return None
    return value


def _convert(key: Key, raw: Any) -> Any:
    expected = ""
    if key.kind == "text":
        expected = "" if isinstance(raw, str) else "a text in quotes"
    elif key.kind == "flag":
        expected = "" if isinstance(raw, bool) else "true or false"
    elif key.kind == "integer":
        expected = "" if isinstance(raw, int) and not isinstance(raw, bool) else "a whole number"
    elif key.kind == "time":
        return parse_time(raw if isinstance(raw, str) else str(raw))
    elif "|" in key.kind:
        expected = "" if raw == "" or raw in key.kind.split("|") else key.kind.replace("|", ", ")
    elif isinstance(raw, bool) or not isinstance(raw, int | float | str):
        expected = f"a number in {key.kind}"
    else:
        return quantity(raw, key.kind)
    if expected:
        raise InputProblems(
            [Problem(what=f"{raw!r} does not fit", expected=expected, remedy="Change the value.")]
        )
    return raw


def _series(rows: Any, findings: _Findings) -> tuple[WindRow, ...]:
    if not isinstance(rows, list):
        findings.add("weather.series", "is not a list of tables", "Write [[weather.series]].")
        return ()
    result: list[WindRow] = []
    for number, row in enumerate(rows, 1):
        field = f"weather.series #{number}"
        if not isinstance(row, Mapping) or set(row) != set(SERIES_KEYS):
            findings.add(field, f"has {sorted(row)}", "Mend the row.", ", ".join(SERIES_KEYS))
            continue
        try:
            t_s, speed, angle = (
                quantity(row[name], unit) for name, unit in zip(SERIES_KEYS, ("s", "m/s", "deg"), strict=True)
            )
        except InputProblems as error:
            findings.add_all(field, error)
            continue
        if not (0 <= speed <= 40 and 0 <= angle <= 360 and (not result or t_s > result[-1][0])):
            expected = "times ascending, speed 0 to 40 m/s, direction 0 to 360 deg"
            findings.add(field, f"({t_s:g}, {speed:g}, {angle:g}) does not fit", "Mend the row.", expected)
            continue
        result.append((t_s, speed, angle))
    return tuple(result)


def _build(v: Tables, rows: tuple[WindRow, ...], tables: Tables, name: str, relative_to: Path) -> Study:
    weather = Weather(
        wind_speed_m_s=rows[0][1] if rows else v["weather.wind_speed"],
        wind_from_deg=rows[0][2] if rows else v["weather.wind_from_deg"],
        stability=v["weather.stability"] or "D",
        temperature_K=v["weather.temperature"],
        relative_humidity_fraction=v["weather.relative_humidity"],
        pressure_Pa=v["weather.pressure"],
        cloud_fraction=v["weather.cloud_fraction"],
        roughness_m=v["weather.roughness"],
    )
    return Study(
        name=name,
        title=v["study.title"] or name,
        park_folder=(relative_to / v["study.park"]).resolve(),
        start_s=v["study.start"],
        duration_s=v["study.duration_s"],
        seed=v["study.seed"],
        exercise=v["study.exercise"],
        tank=v["release.tank"],
        hole_diameter_m=v["release.hole_diameter"],
        hole_height_m=v["release.hole_height"],
        isolation_s=v["release.isolation_s"],
        averaging_time_s=v["release.averaging_time_s"],
        weather=weather,
        stability_given=bool(v["weather.stability"]),
        wind_rows=rows,
        warn_after_s=v["people.warn_after_s"],
        decide_s=v["people.decide_s"],
        evacuate=v["people.evacuate"],
        warn_radius_m=v["people.warn_radius"],
        respond="response" in tables,
        resource=v["response.resource"],
        dispatch_after_s=v["response.dispatch_after_s"],
        work_s=v["response.work_s"],
        cell_m=v["output.cell"],
        frame_s=v["output.frame_s"],
        margin_m=v["output.margin"],
        tables=tables,
    )
