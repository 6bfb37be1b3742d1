# SPDX-License-Identifier: Apache-2.0
"""'What if it leaks': a form for one tank becomes a study, the study becomes a request, its progress comes back.

The form holds what people say (millimetres, minutes); `study_tables` writes the same tables as a study file. The runner checks
them as it checks files, so there is one set of rules; here only what cannot be a number is refused.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from twin.assets import Tank
from twin.clock import format_time
from twin.errors import InputProblems, Problem
from twin.events import WindObserved
from viewer.i18n import text
from viewer.wording import half, substance_name

STABILITIES = ("", "A", "B", "C", "D", "E", "F")
DAY_HOUR, NIGHT_HOUR = 10, 22
LISTED_RUNS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The form as it stands; numbers are texts until they are checked, as people type them."""

    tank: str = ""
    hole_mm: Any = 20
    wind_live: bool = True
    wind_speed: Any = 2.0
    wind_from_deg: Any = 270.0
    stability: str = ""
    duration_min: Any = 30
    isolation_min: Any = 10
    warn_min: Any = 3
    order: str = "evacuate"
    """evacuate or shelter."""
    shift: str = "now"
    """now, day or night."""
    exercise: bool = False


def with_live_wind(form: WhatIf, wind: WindObserved | None) -> WhatIf:
    """The form with the mast's mean wind, when it is to follow the mast and the mast has one."""
    if not form.wind_live or wind is None:
        return form
    return replace(
        form,
        wind_speed=round(wind.speed_m_s, 1),
        wind_from_deg=round(wind.from_deg),
        stability=wind.stability if wind.stability in STABILITIES else "",
    )


def study_tables(
    form: WhatIf, *, title: str, now_s: float, zone: timezone, temperature_K: float | None
) -> dict[str, Any]:
    """The tables of a study file for a form.

    Raises: InputProblems that name every field that is no number.
    """
    problems: list[Problem] = []

    def number(field: str, low: float, high: float) -> float:
        value = getattr(form, field)
        try:
            result = float(value)
        except (TypeError, ValueError):
            result = math.nan
        if not low <= result <= high:
            problems.append(
                Problem(
                    what=f"{field} is {value!r}",
                    expected=f"{low:g} to {high:g}",
                    remedy="Correct the number.",
                    field=field,
                )
            )
        return result

    if not form.tank:
        problems.append(Problem(what="no tank is chosen", remedy="Click a tank in the park.", field="tank"))
    hole_mm = number("hole_mm", 0.5, 1000.0)
    speed = number("wind_speed", 0.0, 40.0)
    from_deg = number("wind_from_deg", 0.0, 360.0)
    duration_min = number("duration_min", 1.0, 360.0)
    warn_min = number("warn_min", 0.0, 360.0)
    isolation_min = None if form.isolation_min in (None, "") else number("isolation_min", 0.0, 360.0)
    if problems:
        raise InputProblems(problems)
    weather: dict[str, Any] = {"wind_speed": speed, "wind_from_deg": from_deg % 360.0}
    if form.stability:
        weather["stability"] = form.stability
    if temperature_K is not None:
        weather["temperature"] = round(temperature_K, 2)
    release: dict[str, Any] = {"tank": form.tank, "hole_diameter": round(hole_mm / 1000.0, 6)}
    if isolation_min is not None:
        release["isolation_s"] = isolation_min * 60.0
    study: dict[str, Any] = {
        "title": title,
        "start": format_time(start_of(form.shift, now_s, zone), zone=zone),
        "duration_s": duration_min * 60.0,
        "seed": 1,
        "exercise": bool(form.exercise),
    }
    return {
        "study": study,
        "release": release,
        "weather": weather,
        "people": {"warn_after_s": warn_min * 60.0, "evacuate": form.order != "shelter"},
        "response": {},
    }


def start_of(shift: str, now_s: float, zone: timezone) -> float:
    """Start of the run: now, or the same date at a fixed hour of the day or night shift, whole seconds."""
    if shift not in ("day", "night"):
        return float(math.floor(now_s))
    moment = datetime.fromtimestamp(now_s, zone).replace(minute=0, second=0, microsecond=0)
    hour = DAY_HOUR if shift == "day" else NIGHT_HOUR
    return (moment.replace(hour=hour) + timedelta(0)).timestamp()


def title_of(language: str, tank: Tank, form: WhatIf) -> str:
    """e.g. 'Chlorine tank 01 · chlorine · 20 mm'."""
    return f"{half(language, tank.name) or tank.id} · {substance_name(language, tank.substance)} · {form.hole_mm} mm"


def run_folder(parent: Path, tank: str, now_s: float | None = None) -> Path:
    """A folder for the run of a tank that does not exist yet."""
    moment = datetime.fromtimestamp(time.time() if now_s is None else now_s).strftime("%Y%m%d-%H%M%S")
    stem = re.sub(r"[^A-Za-z0-9_-]", "-", tank) or "run"
    folder, number = parent / f"whatif-{stem}-{moment}", 1
    while folder.exists():
        number += 1
        folder = parent / f"whatif-{stem}-{moment}-{number}"
    return folder


def payload(park_folder: Path, tables: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """What the runner is asked."""
    return {"park": str(park_folder), "study": dict(tables), "out": str(out)}


def problem_text(language: str, error: InputProblems) -> str:
    """The problems of a form in one sentence of the page's language."""
    parts = []
    for problem in error.problems:
        label = text(language, f"whatif.{problem.field}") if problem.field else ""
        if problem.field == "tank":
            parts.append(text(language, "whatif.no_tank"))
        else:
            parts.append(text(language, "whatif.bad_number", {"field": label, "expected": problem.expected}))
    return " ".join(parts)


def run_rows(language: str, requests: Iterable[Any], open_run: str) -> list[dict[str, Any]]:
    """The run queue, newest first."""
    rows = []
    for request in sorted(requests, key=lambda request: -request.id):
        if request.kind != "run":
            continue
        study = request.payload.get("study", {}).get("study", {})
        folder = str((request.result or {}).get("run", ""))
        # a failure may name several problems, one per line; the page shows the first sentence
        message = str(request.message or "").strip().split("\n")[0]
        rows.append(
            {
                "id": request.id,
                "title": half(language, str(study.get("title") or f"#{request.id}")),
                "status": request.status,
                "status_text": text(language, f"run.{request.status}"),
                "percent": round(100.0 * min(max(request.progress, 0.0), 1.0)),
                "message": message if request.status == "failed" else "",
                "folder": folder,
                "can_open": request.status == "done" and bool(folder),
                "can_cancel": request.status in ("waiting", "running"),
                "open": bool(folder) and folder == open_run,
            }
        )
        if len(rows) == LISTED_RUNS:
            break
    return rows
