# SPDX-License-Identifier: Apache-2.0
"""Time is UTC seconds since the epoch (`t_s`) in every world; text forms exist only at the doors.

Device clocks without a zone are UTC+8 (the rule of HJ 212), users' texts without a zone are refused.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from twin.errors import problem

DEVICE_ZONE = timezone(timedelta(hours=8))
"""Zone of device clocks that name none: China Standard Time."""


def parse_time(text: str, *, field: str = "time") -> float:
    """UTC seconds since the epoch of an ISO 8601 text with a zone.

    Raises: InputProblems when the text is no time or names no zone.

    Examples:
        >>> parse_time("2026-03-18T08:00:00+08:00") == parse_time("2026-03-18T00:00:00Z")
        True
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise problem(
            f"'{text}' is not a time", "Write it like 2026-03-18T10:24:20+08:00.", field=field
        ) from None
    if moment.tzinfo is None:
        raise problem(f"'{text}' names no time zone", f"Write {text}+08:00 for Beijing time.", field=field)
    return moment.timestamp()


def format_time(t_s: float, *, zone: timezone = UTC) -> str:
    """ISO 8601 text of `t_s` in `zone`, to the millisecond where there are any."""
    moment = datetime.fromtimestamp(t_s, zone)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def local_hour(t_s: float, *, zone: timezone = DEVICE_ZONE) -> float:
    """Hour of day, 0 <= h < 24, in `zone`: which shift is on, how high the sun stands."""
    moment = datetime.fromtimestamp(t_s, zone)
    return moment.hour + moment.minute / 60 + moment.second / 3600
