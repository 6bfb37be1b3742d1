# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import timedelta

import pytest

from geodata.manifest import zone_of


@pytest.mark.parametrize(
    ("text", "hours"),
    [("+08:00", 8), ("UTC+8", 8), ("-03:30", -3.5), ("UTC", 0), ("Asia/Shanghai", 8), ("+0530", 5.5)],
)
def test_zones(text: str, hours: float) -> None:
    zone, problems = zone_of(text)
    assert problems == []
    assert zone.utcoffset(None) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "Beijing", "Europe/Berlin", "+25:00", "../etc/passwd", "8"])
def test_zones_that_are_refused(text: str) -> None:
    _, problems = zone_of(text)
    assert [item.code for item in problems] == ["V15"]
