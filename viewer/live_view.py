# SPDX-License-Identifier: Apache-2.0
"""The live park as the pages show it: counts, weather, devices, alarms. Pure functions of the shared state and a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from twin.clock import local_hour
from twin.events import LEVELS, WindObserved
from twin.park import Park
from twin.state import TwinState
from viewer.i18n import text
from viewer.layers.sensors import SensorShown
from viewer.wording import age, alarm_text, averaging, clock, elapsed, wind

ALARMS_LISTED = 40
_DAY_SHIFT = (8.0, 20.0)


def weather(language: str, observed: WindObserved | None, now_s: float) -> dict[str, Any]:
    """Wind, temperature and stability for the title bar; empty without a mast."""
    if observed is None:
        return {}
    return {
        "wind": wind(language, observed.speed_m_s, observed.from_deg),
        # the icon points up at 0 deg; the arrow flies with the wind
        "arrow": round((observed.from_deg + 180.0) % 360.0),
        "wind_title": text(
            language,
            "title.wind",
            {
                "mast": observed.mast,
                "deg": round(observed.from_deg),
                "mean": averaging(language, observed.averaging_s),
                "age": age(language, now_s - observed.t_s),
            },
        ),
        "temperature": f"{observed.temperature_K - 273.15:.1f} °C"
        if observed.temperature_K is not None
        else "",
        "stability": observed.stability,
    }


def links(language: str, park: Park, state: TwinState) -> dict[str, Any]:
    """Devices that are up, of those that are known."""
    known = {sensor.hj212_mn for sensor in park.sensors if sensor.hj212_mn}
    seen = state.sensors.links
    # a device's link is called 'adapter:device'
    devices = (
        [link for name, link in seen.items() if name.partition(":")[2] in known]
        if known
        else list(seen.values())
    )
    total = max(len(known), len(devices))
    if not total:
        return {"text": "", "bad": False, "title": ""}
    up = sum(link.state == "up" for link in devices)
    return {
        "text": f"HJ 212 · {up}/{total}" if known else f"{up}/{total}",
        "bad": up < total,
        "title": text(language, "title.links", {"up": up, "total": total}),
    }


def alarm_rows(
    language: str, park: Park, state: TwinState, t_s: float, start_s: float | None = None
) -> list[dict[str, Any]]:
    """Alarms known at `t_s`: standing ones first, highest level first, newest first. `start_s` writes times as T+."""
    rows: list[dict[str, Any]] = []
    for alarm in state.alarms.by_id.values():
        raised = alarm.raised
        if raised.t_s > t_s:
            continue
        over = alarm.cleared_s is not None and alarm.cleared_s <= t_s
        seen = alarm.acknowledged_by and (alarm.acknowledged_s or 0.0) <= t_s
        note = text(language, "alarm.over") if over else text(language, "alarm.seen") if seen else ""
        rows.append(
            {
                "id": raised.alarm,
                "level": alarm.level,
                "level_text": text(language, f"level.{alarm.level}"),
                "time": clock(raised.t_s, park.frame.zone)
                if start_s is None
                else elapsed(raised.t_s - start_s),
                "text": alarm_text(language, park, raised, alarm.value),
                "source": raised.source,
                "note": note,
                "over": over,
                "_order": (over, -LEVELS.index(alarm.level), -raised.t_s),
            }
        )
    rows.sort(key=lambda row: row["_order"])
    return [{name: value for name, value in row.items() if name != "_order"} for row in rows[:ALARMS_LISTED]]


def standing_count(rows: list[dict[str, Any]]) -> int:
    return sum(not row["over"] for row in rows)


def people_by_shift(park: Park, now_s: float) -> int:
    """How many people the park's own areas hold now, by shift."""
    begin, end = _DAY_SHIFT
    day = begin <= local_hour(now_s, zone=park.frame.zone) < end
    return sum(area.people_day if day else area.people_night for area in park.population)


def numbers(
    language: str, park: Park, shown: Mapping[str, SensorShown], alarms: list[dict[str, Any]], now_s: float
) -> list[dict[str, Any]]:
    """Counts of the live park (or of a park without sensors)."""
    rows = [
        _number(language, "shift_people", str(people_by_shift(park, now_s)), "plain"),
        _number(language, "tanks", str(len(park.tanks)), "plain"),
        _number(language, "enterprises", str(len(park.enterprises)), "plain"),
    ]
    if shown:
        fresh = sum(not how.stale for how in shown.values())
        faults = sum(how.state == "fault" for how in shown.values())
        standing = standing_count(alarms)
        rows = [
            rows[0],
            _number(language, "standing", str(standing), "bad" if standing else "good"),
            _number(language, "fresh", f"{fresh}/{len(shown)}", "good" if fresh == len(shown) else "warn"),
            *rows[1:],
            _number(language, "faults", str(faults), "warn" if faults else "plain"),
        ]
    return rows


def _number(language: str, key: str, value: str, tone: str) -> dict[str, Any]:
    return {"key": key, "label": text(language, f"number.{key}"), "value": value, "unit": "", "tone": tone}


def asked(
    language: str, park: Park, rows: list[dict[str, Any]], key: str, newest_s: float, now_s: float
) -> dict[str, Any]:
    """What stands behind a number of the live park."""
    number = next((row for row in rows if row["key"] == key), None)
    if number is None:
        return {}
    lines = [{"k": text(language, "ask.means"), "v": text(language, f"number.{key}.means")}]
    if math.isfinite(newest_s):
        lines.append({"k": text(language, "ask.age"), "v": age(language, now_s - newest_s)})
        lines.append({"k": text(language, "ask.newest"), "v": clock(newest_s, park.frame.zone)})
    return {"title": number["label"], "value": number["value"], "rows": lines, "caveats": []}
