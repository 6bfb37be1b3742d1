# SPDX-License-Identifier: Apache-2.0
"""One readable file per study: what leaks, in which weather, who is warned and when, who is sent.

`KEYS` is the format: it drives reading, checking and defaults (`scenarios.study_file`). A study names its park by relative
path and states everything a run needs, so that the same file and seed give the same timeline, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.weather import Weather

DEFAULT_START = "2026-03-18T10:00:00+08:00"
"""Start of a study that names none: fixed, so that the same file always gives the same timeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the study file."""

    table: str
    name: str
    kind: str
    """An SI unit ('m', 's', 'K' ...), or 'text', 'time', 'integer', 'flag', or a choice 'a|b|c'."""
    default: Any = None
    required: bool = False
    low: float | None = None
    high: float | None = None
    says: str = ""


KEYS: tuple[Key, ...] = (
    Key(table="study", name="title", kind="text", default="", says="shown in the viewer and the report"),
    Key(table="study", name="park", kind="text", required=True, says="park folder, relative to this file"),
    Key(
        table="study",
        name="start",
        kind="time",
        default=DEFAULT_START,
        says="local time with zone; decides the shift",
    ),
    Key(
        table="study",
        name="duration_s",
        kind="s",
        default=1800.0,
        low=60.0,
        high=6 * 3600.0,
        says="simulated time",
    ),
    Key(
        table="study",
        name="seed",
        kind="integer",
        default=1,
        low=0,
        high=2**31 - 1,
        says="seed of all random draws",
    ),
    Key(table="study", name="exercise", kind="flag", default=False, says="marks every message as exercise"),
    Key(table="release", name="tank", kind="text", required=True, says="id of the tank that leaks"),
    Key(
        table="release",
        name="hole_diameter",
        kind="m",
        required=True,
        low=0.5e-3,
        high=1.0,
        says="equivalent diameter",
    ),
    Key(
        table="release",
        name="hole_height",
        kind="m",
        default=0.5,
        low=0.0,
        high=60.0,
        says="above the tank's floor",
    ),
    Key(
        table="release",
        name="isolation_s",
        kind="s",
        default=None,
        low=0.0,
        says="automatic valve closes; absent = never",
    ),
    Key(
        table="release",
        name="averaging_time_s",
        kind="s",
        default=60.0,
        low=1.0,
        high=3600.0,
        says="of concentrations",
    ),
    Key(
        table="weather",
        name="wind_speed",
        kind="m/s",
        default=2.0,
        low=0.0,
        high=40.0,
        says="10-min mean at 10 m; 0 = calm",
    ),
    Key(
        table="weather",
        name="wind_from_deg",
        kind="deg",
        default=270.0,
        low=0.0,
        high=360.0,
        says="clockwise from true N",
    ),
    Key(
        table="weather",
        name="stability",
        kind="A|B|C|D|E|F",
        default="",
        says="Pasquill class; absent = from wind and sun",
    ),
    Key(
        table="weather",
        name="temperature",
        kind="K",
        default=293.15,
        low=223.0,
        high=333.0,
        says="of the air",
    ),
    Key(table="weather", name="relative_humidity", kind="fraction", default=0.6, low=0.0, high=1.0),
    Key(table="weather", name="cloud_fraction", kind="fraction", default=0.5, low=0.0, high=1.0),
    Key(table="weather", name="pressure", kind="Pa", default=101325.0, low=5e4, high=1.1e5),
    Key(
        table="weather", name="roughness", kind="m", default=0.3, low=1e-4, high=3.0, says="roughness length"
    ),
    Key(
        table="people",
        name="warn_after_s",
        kind="s",
        default=None,
        low=0.0,
        says="after the leak; absent = on alarm",
    ),
    Key(
        table="people",
        name="decide_s",
        kind="s",
        default=120.0,
        low=0.0,
        says="from the first alarm to the order",
    ),
    Key(table="people", name="evacuate", kind="flag", default=True, says="false = shelter in place"),
    Key(
        table="people",
        name="warn_radius",
        kind="m",
        default=None,
        low=1.0,
        says="who is warned; absent = everybody",
    ),
    Key(
        table="response",
        name="resource",
        kind="text",
        default="",
        says="id of the crew that is sent; absent = nearest",
    ),
    Key(table="response", name="dispatch_after_s", kind="s", default=180.0, low=0.0, says="after the leak"),
    Key(
        table="response",
        name="work_s",
        kind="s",
        default=300.0,
        low=0.0,
        says="from arrival to the valve being closed",
    ),
    Key(
        table="output",
        name="cell",
        kind="m",
        default=15.0,
        low=2.0,
        high=200.0,
        says="cell of the stored fields",
    ),
    Key(
        table="output",
        name="frame_s",
        kind="s",
        default=20.0,
        low=5.0,
        high=600.0,
        says="time between stored fields",
    ),
    Key(
        table="output",
        name="margin",
        kind="m",
        default=500.0,
        low=0.0,
        high=20000.0,
        says="of the grid around the park and the cloud's way",
    ),
)
SERIES_KEYS = ("t_s", "wind_speed", "wind_from_deg")
TABLES = tuple(dict.fromkeys(key.table for key in KEYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A question put to the park: all values SI, checked for range."""

    name: str
    title: str
    park_folder: Path
    start_s: float
    duration_s: float
    seed: int
    exercise: bool
    tank: str
    hole_diameter_m: float
    hole_height_m: float
    isolation_s: float | None
    averaging_time_s: float
    weather: Weather
    stability_given: bool
    wind_rows: tuple[tuple[float, float, float], ...]
    """(seconds after start, speed m/s, from deg); empty = steady."""
    warn_after_s: float | None
    decide_s: float
    evacuate: bool
    warn_radius_m: float | None
    respond: bool
    resource: str
    dispatch_after_s: float
    work_s: float
    cell_m: float
    frame_s: float
    margin_m: float
    tables: Mapping[str, Any]
    """The file as it was read, with overrides; stored in run.json."""
