# SPDX-License-Identifier: Apache-2.0
"""Sensors as the pages show them: the state of each, the list, and the trend of one.

A state is the level of its standing alarm, or what its marks say; stale data is hollow, never hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.assets import Sensor
from twin.events import LEVELS, SensorSeen
from twin.park import Park
from twin.state import TwinState
from twin.store.records import Mark
from viewer.layers.sensors import SensorShown, SensorSite
from viewer.live_feed import SensorPicture
from viewer.wording import age, amount, clock, half, substance_name

Floats = NDArray[np.float64]

STALE_AFTER_S = 120.0
"""Older than this is shown as stale even when nobody marked it."""
LISTED = 60
_ORDER = {
    state: rank
    for rank, state in enumerate(("red", "orange", "yellow", "blue", "fault", "normal", "unknown"))
}
TREND_W, TREND_H = 300.0, 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFacts:
    """What is known of a sensor, from the park folder or from the sensor itself."""

    id: str
    name: str
    kind: str
    quantity: str
    unit: str
    substance: str = ""
    x_m: float | None = None
    y_m: float | None = None
    height_m: float = 1.5
    range_min: float | None = None
    range_max: float | None = None
    alarm_1: float | None = None
    alarm_2: float | None = None
    device: str = ""


def sensor_facts(park: Park, seen: Mapping[str, SensorSeen]) -> dict[str, SensorFacts]:
    """All sensors by id: the park's, then those that registered themselves."""
    known = {sensor.id: _of_asset(sensor) for sensor in park.sensors}
    for event in seen.values():
        if event.sensor not in known:
            known[event.sensor] = SensorFacts(
                id=event.sensor,
                name=event.name or event.sensor,
                kind=event.kind,
                quantity=event.quantity,
                unit=event.unit,
                substance=event.substance,
                x_m=event.x_m,
                y_m=event.y_m,
                height_m=event.height_m,
                range_min=event.range_min,
                range_max=event.range_max,
                device=event.device,
            )
    return known


def _of_asset(sensor: Sensor) -> SensorFacts:
    x_m, y_m = sensor.xy_m
    return SensorFacts(
        id=sensor.id,
        name=sensor.name or sensor.id,
        kind=sensor.kind,
        quantity=sensor.quantity,
        unit=sensor.unit,
        substance=sensor.substance,
        x_m=x_m,
        y_m=y_m,
        height_m=sensor.height_m,
        range_min=sensor.range_min,
        range_max=sensor.range_max,
        alarm_1=sensor.alarm_1,
        alarm_2=sensor.alarm_2,
        device=sensor.hj212_mn or sensor.topic,
    )


def seen_sites(park: Park, seen: Mapping[str, SensorSeen]) -> tuple[SensorSite, ...]:
    """Places of sensors that the park folder does not list and that said where they are."""
    listed = {sensor.id for sensor in park.sensors}
    return tuple(
        SensorSite(ids=(e.sensor,), kind=e.kind, x_m=e.x_m, y_m=e.y_m, stem_m=max(e.height_m, 2.0) + 7.0)
        for e in seen.values()
        if e.sensor not in listed and e.x_m is not None and e.y_m is not None
    )


def alarm_levels(state: TwinState, t_s: float | None = None) -> dict[str, str]:
    """Highest level of the alarms of each source that stand (stood at `t_s`)."""
    levels: dict[str, str] = {}
    for alarm in state.alarms.by_id.values():
        stands = alarm.standing if t_s is None else _stood(alarm, t_s)
        if stands:
            source = alarm.raised.source
            known = levels.get(source)
            if known is None or LEVELS.index(alarm.level) > LEVELS.index(known):
                levels[source] = alarm.level
    return levels


def _stood(alarm: Any, t_s: float) -> bool:
    return bool(alarm.raised.t_s <= t_s and (alarm.cleared_s is None or alarm.cleared_s > t_s))


def shown(
    ids: Sequence[str], picture: SensorPicture, levels: Mapping[str, str], now_s: float
) -> dict[str, SensorShown]:
    """How each sensor stands: `ids` are the rows of the picture."""
    result: dict[str, SensorShown] = {}
    for row in range(min(len(ids), len(picture.value))):
        name = ids[row]
        mark = int(picture.quality[row])
        value = float(picture.value[row])
        never = not math.isfinite(float(picture.received_s[row]))
        stale = bool(mark & Mark.STALE) or now_s - float(picture.received_s[row]) > STALE_AFTER_S
        state: Any = levels.get(name)
        if state is None:
            if never:
                state = "unknown"
            elif mark & (Mark.EMPTY | Mark.FLAGGED) or not math.isfinite(value):
                state = "fault"
            else:
                state = "normal"
        result[name] = SensorShown(state=state, stale=stale or never)
    for name, level in levels.items():
        result.setdefault(name, SensorShown(state=level, stale=True))  # type: ignore[arg-type]
    return result


def reading_text(facts: SensorFacts, value: float, mark: int) -> str:
    """Value and unit; what is off the scale is written as 'at least' or 'at most', never as a value."""
    sign = "≥ " if mark & Mark.OVER_RANGE else "≤ " if mark & Mark.BELOW_RANGE else ""
    return f"{sign}{amount(value)} {facts.unit}".strip()


def sensor_rows(
    language: str,
    facts: Mapping[str, SensorFacts],
    state: TwinState,
    picture: SensorPicture,
    states: Mapping[str, SensorShown],
    now_s: float,
    search: str = "",
) -> list[dict[str, Any]]:
    """The list of sensors, worst first; those that match the search."""
    words = search.casefold().split()
    rows: list[dict[str, Any]] = []
    index = state.sensors.row
    for sensor in facts.values():
        hay = f"{sensor.id} {sensor.name} {sensor.kind} {sensor.quantity} {sensor.device}"
        if sensor.substance:
            hay += f" {substance_name('zh', sensor.substance)} {substance_name('en', sensor.substance)}"
        if words and not all(word in hay.casefold() for word in words):
            continue
        how = states.get(sensor.id, SensorShown(state="unknown", stale=True))
        row = index.get(sensor.id)
        known = row is not None and row < len(picture.value)
        value = float(picture.value[row]) if known else math.nan
        rows.append(
            {
                "id": sensor.id,
                "name": half(language, sensor.name),
                "state": how.state,
                "stale": how.stale,
                "value": reading_text(sensor, value, int(picture.quality[row])) if known else "–",
                "age": age(language, now_s - float(picture.received_s[row])) if known else "–",
            }
        )
    rows.sort(key=lambda row: (_ORDER.get(row["state"], 9), row["stale"], row["id"]))
    return rows[:LISTED]


def trend(
    facts: SensorFacts, t_s: Floats, values: Floats, begin_s: float, end_s: float, zone: Any
) -> dict[str, Any]:
    """A curve for the page: an SVG path in a 300 x 90 box, thresholds as heights, axis texts."""
    inside = (t_s >= begin_s) & (t_s <= end_s) & np.isfinite(values)
    x, y = t_s[inside], values[inside]
    limits = [
        (name, value) for name, value in (("1", facts.alarm_1), ("2", facts.alarm_2)) if value is not None
    ]
    if len(x):
        top = float(y.max())
        low = float(y.min())
    else:
        top = low = 0.0
    near = [value for _, value in limits if value <= max(top * 4.0, low + 1e-12)]
    top = max([top, *near])
    low = min(low, 0.0) if low >= 0 and low < 0.5 * top else low
    if top <= low:
        top = low + max(abs(low) * 0.1, 1.0)
    span_s = max(end_s - begin_s, 1.0)
    if len(x) > 400:
        keep = np.linspace(0, len(x) - 1, 400).astype(int)
        x, y = x[keep], y[keep]

    def height(value: float) -> float:
        return TREND_H - (value - low) / (top - low) * (TREND_H - 4.0)

    points = [f"{(a - begin_s) / span_s * TREND_W:.1f},{height(b):.1f}" for a, b in zip(x, y, strict=True)]
    path = f"M{points[0]}" + "".join(f"L{point}" for point in points[1:]) if points else ""
    last = f"{points[-1]} " if points else ""
    first_x = points[0].split(",")[0] if points else "0"
    last_x = points[-1].split(",")[0] if points else "0"
    return {
        "path": path,
        "area": f"{path}L{last_x},{TREND_H}L{first_x},{TREND_H}Z" if points else "",
        "end": [float(part) for part in last.split(",")] if points else [],
        "limits": [
            {"y": round(height(value), 1), "text": f"{amount(value)}", "name": name}
            for name, value in limits
            if low <= value <= top
        ],
        "top": amount(top),
        "low": amount(low),
        "begin": clock(begin_s, zone)[:5],
        "finish": clock(end_s, zone)[:5],
        "unit": facts.unit,
    }


def sites_of(sites: Iterable[SensorSite]) -> dict[str, tuple[str, ...]]:
    """All sensors at the place of a marker, by the id of the marker."""
    return {site.ids[0]: site.ids for site in sites}
