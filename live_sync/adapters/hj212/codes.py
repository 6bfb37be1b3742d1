# SPDX-License-Identifier: Apache-2.0
"""Command codes (CN), data flags and statistics of HJ 212 as tables: what a frame is and how it is answered.

References: HJ 212-2017 section 6 and Tables 3-7, 9; HJ 212-2025 additions as quoted in public test code; CN 9021 is not in the
standard but field devices send it as log-in or heartbeat.
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["data", "notice", "answer", "request"]

_KINDS: dict[Kind, str] = {
    "data": "2011 2013 2021 2031 2041 2051 2052 2061 2062 2081 2111 1001 3019 3020",
    "notice": "1013 2012 2022 9015 9021",
    "answer": "9011 9012 9013 9014",
    "request": "1000 1002 1011 1012 1014 1061 1062 1063 1064 1072 3011 3012 3013 3014 3015 3016 3017 3018 3021 3022 3024",
}
COMMANDS: dict[str, Kind] = {code: kind for kind, codes in _KINDS.items() for code in codes.split()}
"""What each known CN is, seen from the platform that receives it."""

ANSWER_DATA = "9014"
ANSWER_NOTICE = "9013"

AVERAGING_S: dict[str, float] = {"2051": 600.0, "2061": 3600.0, "2031": 86400.0, "2111": 300.0}
"""Averaging time of the means a CN carries; 2051 has the standard's default of 10 min until two frames tell better."""
MINUTE_INTERVALS_S = tuple(60.0 * minutes for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30))
"""Intervals a device may be set to for CN 2051 (CN 1064)."""

STATISTICS = frozenset(
    (
        "Rtd",
        "Avg",
        "Min",
        "Max",
        "Cou",
        "ZsRtd",
        "ZsAvg",
        "ZsMin",
        "ZsMax",
        "Data",
        "DayData",
        "NightData",
        "RS",
        "RT",
    )
)
"""Attributes of an item that are numbers (Table 9)."""

FLAGS: dict[str, str] = {
    "N": "normal",
    "F": "stopped",
    "M": "maintenance",
    "S": "set by hand",
    "D": "fault",
    "C": "calibration",
    "T": "above the upper limit",
    "B": "no link between instrument and logger",
}
"""Data flags of Table 7."""
