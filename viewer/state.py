# SPDX-License-Identifier: Apache-2.0
"""Everything a page shows or asks, by name: the one table of trame state keys with their first values.

Panels use these names only; a key that is not here does not exist (a test checks the templates). Keys marked `page_only` never
leave the browser.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """One state key."""

    name: str
    first: Any
    says: str
    page_only: bool = False


KEYS: tuple[Key, ...] = (
    Key("lang", "zh", "language of this page"),
    Key("t", {}, "texts of the language"),
    Key("mode", "park", "park, live, whatif or replay"),
    Key("exercise", False, "everything shown is an exercise"),
    Key("park_name", "", "name of the park"),
    Key("run_title", "", "title of the run that is shown"),
    Key("clock", {"date": "", "time": ""}, "time of the world that is shown"),
    Key("weather", {}, "wind text and arrow, temperature, stability, age"),
    Key("links", {"text": "", "bad": False}, "devices that are up"),
    Key("banner", "", "a problem everybody must see"),
    Key("attribution", "", "credits that must be shown with the map"),
    Key("numbers", [], "counts, each can be asked"),
    Key("ask", {}, "the number that was asked"),
    Key("ask_open", False, "its window is open"),
    Key("layers", [], "layers with their switches"),
    Key("alarms", [], "alarm rows"),
    Key("alarm_count", 0, "standing alarms"),
    Key("list_tab", "alarms", "alarms or sensors"),
    Key("sensor_rows", [], "sensor rows"),
    Key("sensor_count", "", "fresh / all sensors"),
    Key("sensor_search", "", "what the sensor list is searched for"),
    Key("sensor", "", "chosen sensor"),
    Key("trend", {}, "curve of the chosen sensor"),
    Key("details", {}, "the thing that was picked"),
    Key("can_ask", False, "a runner can be asked what if"),
    Key("tanks", [], "tanks to choose from"),
    Key("wi_tank", "", "what if: tank"),
    Key("wi_hole_mm", 20, "what if: hole diameter, mm"),
    Key("wi_wind_live", True, "what if: wind follows the mast"),
    Key("wi_wind_speed", 2.0, "what if: wind speed, m/s"),
    Key("wi_wind_from_deg", 270, "what if: wind from, deg"),
    Key("wi_stability", "", "what if: Pasquill class, '' = from wind and sun"),
    Key("wi_duration_min", 30, "what if: simulated time, min"),
    Key("wi_isolation_min", 10, "what if: valve closes after, min"),
    Key("wi_warn_min", 3, "what if: people are warned after, min"),
    Key("wi_order", "evacuate", "what if: evacuate or shelter"),
    Key("wi_shift", "now", "what if: now, day or night"),
    Key("wi_exercise", False, "what if: marked as exercise"),
    Key("wi_open", False, "the form is open"),
    Key("wi_error", "", "why the form was refused"),
    Key("wi_busy", False, "a request is being posted"),
    Key("runs", [], "run queue, newest first"),
    Key("tl_begin", 0.0, "first time of the bar"),
    Key("tl_span", 1.0, "length of the bar, s"),
    Key("tl_at", 0.0, "shown time after the first, s"),
    Key("tl_text", "", "T+mm:ss, or 'live'"),
    Key("tl_at_end", True, "a live page shows now"),
    Key("ticks", [], "event marks of the bar"),
    Key("playing", False, "time runs"),
    Key("speed", 5, "world seconds per second"),
    Key("legend", [], "named thresholds"),
    Key("legend_title", "", "what the colours mean"),
    Key("caveats", [], "limits of the models shown"),
    Key("insets", [52, 330, 108, 304], "pixels of the scene covered by panels"),
    Key("sheet", "none", "card on the bottom sheet of a small screen", True),
    Key("drag", None, "time under the pointer while the bar is dragged", True),
)
SPEEDS = (1, 2, 5, 10, 30, 60)


def first_state() -> dict[str, Any]:
    """First values of all keys, fresh copies."""
    return {key.name: copy.deepcopy(key.first) for key in KEYS}


def page_only() -> tuple[str, ...]:
    """Keys that never leave the browser."""
    return tuple(key.name for key in KEYS if key.page_only)
