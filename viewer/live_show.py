# SPDX-License-Identifier: Apache-2.0
"""The live world on one page: now, or a look back into its last hours. Also plays the recorded world of a store.

Everything is read from the shared feed; what was sent before is not sent again.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from twin.events import AnyEvent
from twin.park import Park
from viewer import live_view
from viewer.details_view import sensor_details
from viewer.i18n import text
from viewer.layers.sensors import SensorShown, sensor_sites
from viewer.live_feed import LiveFeed
from viewer.page_time import PageTime
from viewer.run_view import ticks
from viewer.sensor_view import (
    SensorFacts,
    alarm_levels,
    reading_text,
    seen_sites,
    sensor_facts,
    sensor_rows,
    shown,
    trend,
)
from viewer.stage import Stage
from viewer.wording import age, amount, averaging, clock, date, half

WINDOW_S = 3600.0
"""Length of the bar of a live page."""
TREND_S = 1800.0
TREND_LEAST_S = 180.0
_STATE_TONES = {
    "red": "bad",
    "orange": "warn",
    "yellow": "warn",
    "blue": "info",
    "fault": "stale",
    "unknown": "stale",
}


class LiveShow:
    """The live (or recorded) world of a page."""

    def __init__(self, feed: LiveFeed, park: Park, stage: Stage, *, recorded: bool, speed: float) -> None:
        self.feed = feed
        self.park = park
        self.stage = stage
        self.recorded = recorded
        self.facts: dict[str, SensorFacts] = sensor_facts(park, {})
        self.now = not recorded
        """The page follows now; False while it looks back."""
        self.states: dict[str, SensorShown] = {}
        self.alarms: list[dict[str, Any]] = []
        begin_s, end_s = self._bar()
        self.time = PageTime(begin_s, end_s, begin_s if recorded else end_s, speed=speed)
        self._seen: tuple[Any, ...] = ()
        self._bar_seen: tuple[Any, ...] = ()
        self._registry = -1
        self._sites: Any = ()
        self._extra: Any = ()

    def _bar(self) -> tuple[float, float]:
        feed = self.feed
        if self.recorded:
            begin_s = feed.first_t_s if feed.first_t_s is not None else 0.0
            return begin_s, max(feed.state.t_s, begin_s + 1.0) if math.isfinite(
                feed.state.t_s
            ) else begin_s + 1.0
        end_s = (math.floor(feed.now_s / 60.0) + 1) * 60.0
        return end_s - WINDOW_S, end_s

    @property
    def t_s(self) -> float:
        """The time that is shown."""
        return self.feed.now_s if self.now else self.time.t_s

    def seek(self, t_s: float) -> None:
        """Look back; beyond now is now."""
        self.now = not self.recorded and t_s >= self.feed.now_s - 2.0
        self.time.seek(t_s)
        self.time.playing = self.time.playing and not self.now

    def go_live(self) -> None:
        if not self.recorded:
            self.now, self.time.playing = True, False

    def advance(self, wall_s: float) -> bool:
        """Play the look back; it ends in now."""
        moved = not self.now and self.time.advance(wall_s)
        if not self.now and not self.recorded and self.time.t_s >= self.feed.now_s - 1.0:
            self.go_live()
        return moved

    def show(self, state: Any, language: str, *, search: str, with_list: bool, force: bool = False) -> None:
        """Bring page and stage to the page's time."""
        feed, revisions = self.feed, self.feed.revisions
        t_s = self.t_s
        self.time.begin_s, self.time.end_s = self._bar()
        if self._registry != revisions.registry or force:
            self._registry = revisions.registry
            seen = feed.state.sensors.seen
            self.facts = sensor_facts(self.park, seen)
            self._extra = seen_sites(self.park, seen)
            self._sites = sensor_sites(self.park, self._extra)
        picture = feed.picture_now() if self.now else feed.picture_at(t_s)
        levels = alarm_levels(feed.state, None if self.now else t_s)
        moment_s = feed.now_s if self.now else t_s
        self.states = (
            shown(feed.state.sensors.ids, picture, levels, self._fresh_at(moment_s)) if picture else {}
        )
        self.stage.sensors(self._sites, self.states, self._extra)
        observed = self._wind()
        self.stage.wind(observed)
        self.alarms = live_view.alarm_rows(language, self.park, feed.state, t_s)
        zone = self.park.frame.zone
        with state:
            state.clock = {"date": date(t_s, zone), "time": clock(t_s, zone)}
            state.weather = live_view.weather(language, observed, t_s)
            state.links = live_view.links(language, self.park, feed.state)
            state.alarms = self.alarms
            state.alarm_count = live_view.standing_count(self.alarms)
            state.numbers = live_view.numbers(language, self.park, self._all_states(), self.alarms, t_s)
            fresh = sum(not how.stale for how in self.states.values())
            state.sensor_count = f"{fresh}/{len(self.facts)}" if self.facts else ""
            if with_list and picture is not None:
                state.sensor_rows = sensor_rows(
                    language, self.facts, feed.state, picture, self.states, self._fresh_at(moment_s), search
                )
            elif with_list:
                state.sensor_rows = []
            self._push_bar(state, language)

    def _all_states(self) -> dict[str, SensorShown]:
        unknown = SensorShown(state="unknown", stale=True)
        return {name: self.states.get(name, unknown) for name in self.facts}

    def _fresh_at(self, t_s: float) -> float:
        """The clock that ages of arrival are measured by: the wall's in a live world whatever the stream's own time is."""
        if self.recorded or not self.now:
            newest = self.feed.picture_at(t_s)
            if newest is None or not len(newest.received_s):
                return t_s
            arrived = newest.received_s[newest.received_s > -math.inf]
            lag = newest.t_s - float(arrived.max()) if len(arrived) else 0.0
            return t_s - lag
        import time

        return time.time()

    def _wind(self) -> Any:
        if not self.now:
            return self.feed.wind_at(self.t_s)
        winds = self.feed.state.hazards.wind
        return max(winds.values(), key=lambda event: event.t_s) if winds else None

    def _push_bar(self, state: Any, language: str) -> None:
        time = self.time
        state.tl_begin = time.begin_s
        state.tl_span = max(time.end_s - time.begin_s, 1.0)
        state.tl_at = round(self.t_s - time.begin_s, 1)
        state.tl_at_end = self.now or self.recorded
        state.playing = time.playing
        state.speed = time.speed
        offset_s = self.t_s - self.feed.now_s
        state.tl_text = (
            text(language, "time.now")
            if self.now
            else clock(self.t_s, self.park.frame.zone)
            if self.recorded
            else text(language, "time.ago", {"age": age(language, -offset_s)})
        )
        key = (language, time.begin_s, time.end_s, len(self.feed.milestones), self.feed.revisions.alarms)
        if key != self._bar_seen:
            self._bar_seen = key
            raised = [alarm.raised for alarm in self.feed.state.alarms.by_id.values()]
            events: list[AnyEvent] = sorted([*self.feed.milestones, *raised], key=lambda event: event.t_s)
            state.ticks = ticks(language, self.park, events, time.begin_s, time.end_s, self.park.frame.zone)

    def asked(self, language: str, rows: list[dict[str, Any]], key: str) -> dict[str, Any]:
        feed = self.feed
        return live_view.asked(language, self.park, rows, key, feed.state.t_s, feed.now_s)

    def details_of(self, language: str, sensor: str) -> dict[str, Any]:
        """Rows of a sensor that was picked."""
        facts = self.facts.get(sensor)
        if facts is None:
            return {}
        reading, old = self._reading(language, facts)
        return sensor_details(language, self.park, facts, reading, old)

    def _reading(self, language: str, facts: SensorFacts) -> tuple[str, str]:
        picture = self.feed.picture_now() if self.now else self.feed.picture_at(self.t_s)
        row = self.feed.state.sensors.row.get(facts.id)
        if picture is None or row is None or row >= len(picture.value):
            return "–", "–"
        moment_s = self._fresh_at(self.feed.now_s if self.now else self.t_s)
        return (
            reading_text(facts, float(picture.value[row]), int(picture.quality[row])),
            age(language, moment_s - float(picture.received_s[row])),
        )

    async def trend_of(self, language: str, sensor: str) -> dict[str, Any]:
        """The last half hour of a sensor, asked from the store in a worker thread."""
        facts = self.facts.get(sensor)
        if facts is None:
            return {}
        end_s = self.t_s
        # a stream recorded at another time ends where its own clock stands
        row = self.feed.state.sensors.row.get(sensor)
        if self.now and row is not None:
            last_s = float(self.feed.state.sensors.t_s[row])
            if math.isfinite(last_s) and abs(last_s - end_s) > TREND_S:
                end_s = last_s
        begin_s = end_s - TREND_S
        columns = await asyncio.to_thread(self.feed.store.series, sensor, begin_s, end_s)
        if len(columns):
            # a young series fills the picture instead of its right edge
            begin_s = max(begin_s, min(float(columns.t_s[0]), end_s - TREND_LEAST_S))
        curve = trend(facts, columns.t_s, columns.value, begin_s, end_s, self.park.frame.zone)
        reading, old = self._reading(language, facts)
        how = self.states.get(sensor)
        mean_s = float(columns.averaging_s[-1]) if len(columns) else 0.0
        return {
            **curve,
            "title": half(language, facts.name),
            "now": reading,
            "age": text(language, "trend.age", {"age": old}),
            "mean": averaging(language, mean_s),
            "tone": _STATE_TONES.get(how.state, "info") if how else "stale",
            "count": amount(float(len(columns))),
        }
