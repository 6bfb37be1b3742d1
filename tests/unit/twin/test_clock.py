# SPDX-License-Identifier: Apache-2.0
import pytest

from twin.clock import DEVICE_ZONE, format_time, local_hour, parse_time
from twin.errors import InputProblems


def test_zone_is_honoured_and_round_trips() -> None:
    t_s = parse_time("2026-03-18T08:00:00+08:00")
    assert t_s == parse_time("2026-03-18T00:00:00Z") == 1773792000.0
    assert format_time(t_s, zone=DEVICE_ZONE) == "2026-03-18T08:00:00+08:00"
    assert local_hour(t_s + 1800) == 8.5


@pytest.mark.parametrize("text", ["2026-03-18T08:00:00", "yesterday", ""])
def test_time_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(InputProblems, match=r"\+08:00"):
        parse_time(text)
