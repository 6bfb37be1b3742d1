# SPDX-License-Identifier: Apache-2.0
"""How values are written for people: times in the park's zone, durations, amounts with sensible digits, event texts.

Everything takes the page's language; nothing here knows the page.
"""

from __future__ import annotations

import math
from datetime import datetime, timezone
from functools import lru_cache

from twin.caveat import parts as caveat_parts
from twin.errors import InputProblems
from twin.events import AlarmRaised, Event, Note
from twin.park import Park
from viewer.i18n import catalogue, text

_POINTS = {
    "zh": ("北", "东北", "东", "东南", "南", "西南", "西", "西北"),
    "en": ("N", "NE", "E", "SE", "S", "SW", "W", "NW"),
}


def amount(value: float | None, digits: int = 3) -> str:
    """A number to three significant digits, without a needless exponent; a dash when there is none.

    Examples:
        >>> amount(1234.4), amount(0.01234), amount(20.0), amount(None)
        ('1234', '0.0123', '20', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6 or size < 1e-4:
        return f"{value:.{digits - 1}e}"
    decimals = max(digits - 1 - math.floor(math.log10(size)), 0)
    written = f"{value:.{decimals}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def clock(t_s: float, zone: timezone) -> str:
    """Time of day, hh:mm:ss."""
    return datetime.fromtimestamp(t_s, zone).strftime("%H:%M:%S")


def date(t_s: float, zone: timezone) -> str:
    return datetime.fromtimestamp(t_s, zone).strftime("%Y-%m-%d")


def elapsed(seconds: float) -> str:
    """Time since a beginning, as T+mm:ss or T+h:mm:ss.

    Examples:
        >>> elapsed(260), elapsed(3725), elapsed(-5)
        ('T+04:20', 'T+1:02:05', 'T−00:05')
    """
    sign = "−" if seconds < 0 else "+"
    total = int(abs(seconds))
    hours, rest = divmod(total, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return (
        f"T{sign}{hours}:{minutes:02d}:{seconds_left:02d}"
        if hours
        else f"T{sign}{minutes:02d}:{seconds_left:02d}"
    )


def age(language: str, seconds: float) -> str:
    """How old something is, in the largest fitting unit; a dash for never."""
    if not math.isfinite(seconds):
        return "–"
    seconds = max(seconds, 0.0)
    for limit, key, size in ((120.0, "seconds", 1.0), (7200.0, "minutes", 60.0), (172800.0, "hours", 3600.0)):
        if seconds < limit:
            return text(language, f"unit.{key}", {"value": int(seconds / size)})
    return text(language, "unit.days", {"value": int(seconds / 86400.0)})


def averaging(language: str, seconds: float) -> str:
    """An averaging time in words: 'instantaneous', '60 s mean', '10 min mean'."""
    if seconds <= 0:
        return text(language, "averaging.none")
    if seconds < 120:
        return text(language, "averaging.seconds", {"value": amount(seconds)})
    return text(language, "averaging.minutes", {"value": amount(seconds / 60.0)})


def compass(language: str, from_deg: float) -> str:
    """Where the wind comes from, in words of eight points."""
    points = _POINTS.get(language, _POINTS["en"])
    return points[int((from_deg % 360.0) / 45.0 + 0.5) % 8]


def wind(language: str, speed_m_s: float, from_deg: float) -> str:
    """e.g. 'SW 3.2 m/s', or 'calm'."""
    if speed_m_s < 0.3:
        return text(language, "wind.calm")
    return f"{compass(language, from_deg)} {speed_m_s:.1f} m/s"


@lru_cache(maxsize=256)
def substance_name(language: str, key: str) -> str:
    """Name of a substance in the page's language; its key when the table does not have it."""
    if not key:
        return ""
    from twin.substances import substance

    try:
        record = substance(key)
    except InputProblems:
        return key
    name = getattr(record, f"name_{language}", "") or getattr(record, "name", "")
    return str(name) or key


def half(language: str, name: str) -> str:
    """The page's half of a name written as 'Chinese · English'; any other name as it is.

    Examples:
        >>> half("en", "液氯储罐01 · Chlorine tank 01"), half("zh", "T-01 · east"), half("zh", "北门")
        ('Chlorine tank 01', 'T-01 · east', '北门')
    """
    left, dot, right = name.partition(" · ")
    if not dot or not any(ord(letter) > 0x2E80 for letter in left) or not right[:1].isascii():
        return name
    return left if language == "zh" else right


def asset_name(language: str, park: Park, asset_id: str) -> str:
    """What people call a thing of the park: its name, or its id."""
    try:
        return half(language, park.find(asset_id)[1].name) or asset_id
    except InputProblems:
        return asset_id


def alarm_text(language: str, park: Park, alarm: AlarmRaised, value: float | None) -> str:
    """One line for the alarm list."""
    values: dict[str, object] = {
        "source": asset_name(language, park, alarm.source),
        "value": amount(value),
        "unit": alarm.unit,
        "limit": amount(alarm.limit),
        "rule": alarm.rule,
    }
    for name, given in alarm.values.items():
        values.setdefault(name, given)
    return text(language, alarm.text_key, values)


def note_text(language: str, park: Park | None, note: Note) -> str:
    """Text of a milestone, caveat or problem; numbers to sensible digits, ids as names, substances in the language."""
    values: dict[str, object] = {}
    for name, given in note.values.items():
        if isinstance(given, float):
            values[name] = amount(given)
        elif name == "substance":
            values[name] = substance_name(language, str(given))
        elif isinstance(given, str) and f"word.{given}" in catalogue(language):
            values[name] = text(language, f"word.{given}")
        elif isinstance(given, str):
            values[name] = half(language, asset_name(language, park, given) if park is not None else given)
        else:
            values[name] = given
    return text(language, note.text_key, values)


def caveat_text(language: str, stored: str) -> str:
    """A stored caveat in words; one whose key the catalogue lacks is shown as it is, never hidden."""
    key, values = caveat_parts(stored)
    if f"caveat.{key}" not in catalogue(language):
        return stored
    return text(language, f"caveat.{key}", values)


def event_text(language: str, event: Event) -> str:
    """Short name of a kind of event for the timeline bar; '' for kinds that get no tick."""
    key = f"tick.{event.__struct_config__.tag}"
    return text(language, key) if key in catalogue(language) else ""
