# SPDX-License-Identifier: Apache-2.0
"""A run as the pages show it: counts that can be asked, the legend of its thresholds, ticks of the timeline bar.

Pure functions of a reader and a frame; each number carries what it means (unit, averaging time, model, caveats).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.events import (
    AlarmRaised,
    AnyEvent,
    CasualtiesCounted,
    Note,
    OrderIssued,
)
from twin.park import Park
from twin.units import kg_m3_from_ppm
from viewer.i18n import catalogue, text
from viewer.layers.message import Colour
from viewer.playback import RunFrame, RunReader, Zone
from viewer.wording import (
    alarm_text,
    amount,
    averaging,
    caveat_text,
    clock,
    event_text,
    note_text,
    substance_name,
)

ZONE_COLOURS: Mapping[str, Colour] = {
    "AEGL-1": (126, 231, 135),
    "AEGL-2": (255, 178, 62),
    "AEGL-3": (255, 56, 66),
}
_OTHER_COLOURS: tuple[Colour, ...] = ((255, 56, 66), (255, 128, 48), (255, 209, 82), (126, 231, 135))
_COLOURS = {
    "release_started": "var(--red)",
    "release_ended": "var(--green)",
    "isolation_done": "var(--green)",
    "first_alarm": "var(--yellow)",
    "order_evacuate": "var(--violet)",
    "order_shelter": "var(--violet)",
    "order_issued": "var(--violet)",
}
MOST_TICKS = 150


def zone_colour(zone: Zone, place: int) -> Colour:
    """Colour of a named threshold; known names keep theirs everywhere."""
    return ZONE_COLOURS.get(zone.name, _OTHER_COLOURS[min(place, len(_OTHER_COLOURS) - 1)])


def ppm_per_kg_m3(reader: RunReader) -> float | None:
    """Factor from kg/m3 to ppm by volume: what the run says, else the ideal gas at its temperature and pressure.

    ppm = 1e6 R T / (M p) per kg/m3.
    """
    released = reader.info.get("substance")
    given = released.get("ppm_per_kg_m3") if isinstance(released, dict) else None
    if isinstance(given, int | float) and given > 0:
        return float(given)
    info = reader.field_info()
    if info is None or not info.substance:
        return None
    from twin.errors import InputProblems
    from twin.substances import substance

    try:
        molar_mass = float(substance(info.substance).molar_mass_kg_mol)
    except InputProblems:
        return None
    weather = reader.info.get("weather")
    weather = weather if isinstance(weather, dict) else {}
    temperature_K = float(weather.get("temperature_K", 293.15))
    pressure_Pa = float(weather.get("pressure_Pa", 101325.0))
    return 1.0 / kg_m3_from_ppm(1.0, molar_mass, temperature_K, pressure_Pa)


def plume_thresholds(reader: RunReader, factor_ppm: float | None) -> list[tuple[str, float, Colour]]:
    """Named thresholds in the drawn field's unit; those in units that cannot be turned into it are left out."""
    info = reader.field_info(reader.plume_name)
    unit = info.unit if info is not None else "kg/m3"
    per_kg_m3 = {"kg/m3": 1.0, "g/m3": 1e3, "mg/m3": 1e6, "ppm": factor_ppm}
    result: list[tuple[str, float, Colour]] = []
    for place, zone in enumerate(reader.zones()):
        there, here = per_kg_m3.get(zone.unit), per_kg_m3.get(unit)
        if zone.unit == unit:
            value = zone.threshold
        elif there and here:
            value = zone.threshold / there * here
        else:
            continue
        if value > 0:
            result.append((zone.name, value, zone_colour(zone, place)))
    return result


def legend_rows(language: str, reader: RunReader, frame: RunFrame | None) -> list[dict[str, Any]]:
    """Named thresholds with value, unit, averaging time and their reach now, highest first."""
    rows = []
    for place, zone in enumerate(reader.zones()):
        red, green, blue = zone_colour(zone, place)
        now = frame.state.hazards.zones.get(zone.name) if frame else None
        rows.append(
            {
                "name": zone.name,
                "limit": f"{amount(zone.threshold)} {zone.unit}",
                "mean": averaging(language, zone.averaging_time_s),
                "reach": text(language, "legend.reach", {"value": amount(now.reach_m)}) if now else "",
                "colour": f"rgb({red},{green},{blue})",
            }
        )
    return rows


def legend_title(language: str, reader: RunReader) -> str:
    """What the colours of the plume mean: substance, quantity, height, averaging time."""
    info = reader.field_info(reader.plume_name)
    if info is None:
        return ""
    words = text(
        language,
        "legend.title",
        {
            "substance": substance_name(language, info.substance),
            "height": amount(info.height_m),
            "mean": averaging(language, info.averaging_time_s),
        },
    )
    return words[:1].upper() + words[1:]


def ticks(
    language: str, park: Park, events: Sequence[AnyEvent], begin_s: float, end_s: float, zone: Any
) -> list[dict[str, Any]]:
    """Event marks of the timeline bar: the first of each kind with its name, later alarms bare.

    Names that would collide go to the second row, or are left out.
    """
    span_s = max(end_s - begin_s, 1.0)
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for event in events:
        label, full = _named(language, park, event)
        if not label or not begin_s <= event.t_s <= end_s:
            continue
        again = label in seen
        if again and (not isinstance(event, AlarmRaised) or len(rows) >= MOST_TICKS):
            continue
        seen.add(label)
        rows.append(
            {
                "t": event.t_s,
                "at": round((event.t_s - begin_s) / span_s * 100.0, 3),
                "text": "" if again else label,
                "full": f"{clock(event.t_s, zone)} {full}",
                "colour": f"var(--{event.level})"
                if isinstance(event, AlarmRaised)
                else _COLOURS.get(label_key(event), "var(--cyan)"),
            }
        )
    return _placed(rows)


def _named(language: str, park: Park, event: AnyEvent) -> tuple[str, str]:
    """Short name of an event for the bar and the sentence of its tool tip; '' for events that get no mark."""
    if isinstance(event, Note):
        if event.kind != "milestone":
            return "", ""
        key = f"tick.{event.text_key}"
        full = note_text(language, park, event)
        return (text(language, key) if key in catalogue(language) else full), full
    if isinstance(event, OrderIssued):
        name = text(language, f"order.{event.kind}")
        return name, name
    if isinstance(event, AlarmRaised):
        return event_text(language, event), alarm_text(language, park, event, event.value)
    name = event_text(language, event)
    return name, name


def label_key(event: AnyEvent) -> str:
    """The kind of an event or milestone without its namespace."""
    return (
        event.text_key.rsplit(".", 1)[-1]
        if isinstance(event, Note)
        else str(type(event).__struct_config__.tag)
    )


def _placed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each tick a row (0, 1) or leave its text out (2), by rough text widths in per cent of a 900 px bar."""
    ends = [-1e9, -1e9]
    for tick in rows:
        if not tick["text"]:
            tick["row"], tick["side"] = 2, ""
            continue
        width = 100.0 * sum(12.0 if ord(c) > 0x2E80 else 6.6 for c in tick["text"]) / 900.0
        side = "left" if tick["at"] < width / 2 else "right" if tick["at"] > 100 - width / 2 else ""
        begin = tick["at"] - (0 if side == "left" else width if side == "right" else width / 2)
        row = next((place for place in (0, 1) if begin > ends[place] + 0.6), 2)
        if row < 2:
            ends[row] = begin + width
        tick["row"], tick["side"] = row, side
    return rows


def numbers(language: str, reader: RunReader, frame: RunFrame) -> list[dict[str, Any]]:
    """The counts of a run at one time; each can be asked."""
    counts = frame.state.people.counts
    total = sum(counts.values()) or reader.people_count
    casualties: CasualtiesCounted | None = frame.state.people.casualties
    safe = counts.get("safe", 0)
    inside = counts.get("sheltering", 0)
    releases = frame.state.hazards.releases.values()
    released_kg = sum(
        (r.ended.released_kg if r.ended else r.now.released_kg if r.now else 0.0) for r in releases
    )
    rate_kg_s = sum(r.now.airborne_kg_s for r in releases if r.now and not r.ended)
    hurt = casualties.above_aegl3 if casualties else 0
    rows = [
        _number(language, "people", f"{total}", "", "plain"),
        _number(language, "safe", f"{100.0 * safe / total:.0f}" if total else "–", "%", "good"),
        _number(language, "sheltering", f"{inside}", "", "info"),
        _number(language, "aegl2", f"{casualties.above_aegl2}" if casualties else "0", "", "warn"),
        _number(language, "aegl3", f"{hurt}", "", "bad" if hurt else "plain"),
        _number(
            language,
            "deaths",
            amount(casualties.expected_deaths, 2) if casualties else "0",
            "",
            "bad" if casualties and casualties.expected_deaths >= 0.05 else "plain",
        ),
        _number(language, "rate", amount(rate_kg_s), "kg/s", "warn" if rate_kg_s > 0 else "plain"),
        _number(language, "released", amount(released_kg), "kg", "plain"),
        _number(language, "alarms", f"{len(frame.state.alarms.standing())}", "", "warn"),
    ]
    return rows


def _number(language: str, key: str, value: str, unit: str, tone: str) -> dict[str, Any]:
    return {"key": key, "label": text(language, f"number.{key}"), "value": value, "unit": unit, "tone": tone}


def asked(language: str, reader: RunReader, frame: RunFrame, key: str, zone: Any) -> dict[str, Any]:
    """What stands behind a number: definition, unit, averaging time, time it holds for, model, caveats."""
    number = next((row for row in numbers(language, reader, frame) if row["key"] == key), None)
    info = reader.field_info()
    rows = [
        {"k": text(language, "ask.means"), "v": text(language, f"number.{key}.means")},
        {"k": text(language, "ask.holds"), "v": clock(frame.t_s, zone)},
    ]
    if key in ("aegl2", "aegl3", "deaths") and info is not None:
        rows.append({"k": text(language, "ask.averaging"), "v": averaging(language, info.averaging_time_s)})
        for threshold in reader.zones():
            if key.replace("aegl", "AEGL-") == threshold.name:
                rows.append(
                    {
                        "k": text(language, "ask.threshold"),
                        "v": f"{amount(threshold.threshold)} {threshold.unit}",
                    }
                )
    if info is not None:
        rows.append({"k": text(language, "ask.model"), "v": info.model})
    seed = reader.info.get("seed")
    if seed is not None:
        rows.append({"k": text(language, "ask.seed"), "v": str(seed)})
    sha = str(reader.info.get("timeline_sha256", ""))
    if sha:
        rows.append({"k": text(language, "ask.proof"), "v": sha[:16]})
    title = number["label"] if number else key
    value = f"{number['value']} {number['unit']}".strip() if number else ""
    return {"title": title, "value": value, "rows": rows, "caveats": caveats(language, reader)}


def caveats(language: str, reader: RunReader) -> list[str]:
    """Every caveat of the run's models, once, as they stood at its end."""
    found: dict[str, None] = {}
    info = reader.field_info()
    given = reader.info.get("caveats")
    for caveat in (*(info.caveats if info else ()), *(given if isinstance(given, list) else ())):
        found[caveat_text(language, str(caveat))] = None
    return list(found)


def person_details(language: str, frame: RunFrame | None, person: str) -> dict[str, Any]:
    """State and load of one simulated person; empty when there is none of that id."""
    row = person.rsplit("-", 1)[-1]
    if (
        frame is None
        or frame.people is None
        or not row.isdigit()
        or not 1 <= int(row) <= len(frame.people.state)
    ):
        return {}
    index = int(row) - 1
    people = frame.people
    code = int(people.state[index])
    name = people.states[code] if code < len(people.states) else str(code)
    return {
        "id": person,
        "layer": "people",
        "title": text(language, "person.title", {"number": row}),
        "kind": text(language, "thing.people"),
        "rows": [
            {"k": text(language, "person.state"), "v": text(language, f"people.{name}")},
            {"k": text(language, "person.load"), "v": f"{amount(float(people.toxic_load[index]))} ppmⁿ·min"},
        ],
        "can_leak": False,
    }
