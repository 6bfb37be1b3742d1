# SPDX-License-Identifier: Apache-2.0
"""The part of a page that looks closer: flying, alarms, sensors, picked things, and asking where a number comes from."""

from __future__ import annotations

import time
from typing import Any

from viewer import details_view, run_view
from viewer.asking_page import AskingPage
from viewer.i18n import text

FLY_M = 700.0


class LookingPage(AskingPage):
    """A page on which things can be looked at; `viewer.app.Page` adds time and language."""

    _sensor: str
    """The chosen sensor, whose trend is shown."""
    _picked: tuple[str, str]
    """Layer and id of what the details panel shows."""
    _trend_at: float

    def _again(self) -> None:
        raise NotImplementedError

    def fly_to_view(self, view: str) -> None:
        self.stage.channel.camera(view)

    def _fly_to(self, x_m: float, y_m: float, distance_m: float = FLY_M) -> None:
        self.stage.channel.camera(
            {"target": [x_m, y_m], "distance_m": distance_m, "elevation_deg": 38.0, "seconds": 1.4}
        )

    def go_to_alarm(self, alarm: str) -> None:
        alarms = self.run.frame.state.alarms if self.run and self.run.frame else None
        if alarms is None and self.hub.feed is not None:
            alarms = self.hub.feed.state.alarms
        found = alarms.by_id.get(alarm) if alarms is not None else None
        if found is None:
            return
        raised = found.raised
        facts = self.live.facts if self.live else {}
        place = (
            (raised.x_m, raised.y_m)
            if raised.x_m is not None and raised.y_m is not None
            else details_view.place_of(self.park, raised.source, facts)
        )
        if place is not None:
            self._fly_to(*place)
        self.stage.channel.select([raised.source])
        self.choose_sensor(raised.source, False)

    def choose_sensor(self, sensor: str, fly: bool = False) -> None:
        facts = self._facts(sensor)
        if facts is None:
            self._push_details("", sensor)
            return
        self._sensor = sensor
        self.state.sensor = sensor
        self._trend_at = float("-inf")
        self._push_details("sensors", sensor)
        if fly and facts.x_m is not None and facts.y_m is not None:
            self._fly_to(facts.x_m, facts.y_m, 450.0)
            self.stage.channel.select([sensor])
        self._again()

    def _facts(self, sensor: str) -> Any:
        if self.live is not None:
            return self.live.facts.get(sensor)
        from viewer.sensor_view import sensor_facts

        return sensor_facts(self.park, {}).get(sensor)

    async def _push_trend(self) -> None:
        curve: dict[str, Any] = {}
        if self.run is not None:
            facts = self._facts(self._sensor)
            curve = await self.run.trend_of(self.language, facts) if facts is not None else {}
        elif self.live is not None:
            curve = await self.live.trend_of(self.language, self._sensor)
        with self.state:
            self.state.trend = curve
            if self._picked == ("sensors", self._sensor):
                self._push_details(*self._picked)

    def on_pick(self, event: Any) -> None:
        """Something in the scene was clicked."""
        if not isinstance(event, dict):
            return
        layer, thing = str(event.get("layer") or ""), str(event.get("id") or "")
        if not thing:
            return
        self.stage.channel.select([thing])
        if layer == "sensors":
            self.choose_sensor(thing)
        else:
            self._push_details(layer, thing)

    def _push_details(self, layer: str, thing: str) -> None:
        language = self.language
        details: dict[str, Any] = {}
        if layer == "sensors" and self.run is not None:
            details = self._simulated_details(thing)
        elif layer == "sensors" and self.live is not None:
            details = self.live.details_of(language, thing)
        elif layer == "people" and self.run is not None:
            details = run_view.person_details(language, self.run.frame, thing)
        details = details or details_view.asset_details(language, self.park, thing)
        self._picked = (layer, thing) if details else ("", "")
        self.state.details = details

    def _simulated_details(self, sensor: str) -> dict[str, Any]:
        """A sensor while a run is shown: what the run says at its place, never the live reading."""
        facts = self._facts(sensor)
        if facts is None:
            return {}
        curve = self.state.trend if self._sensor == sensor else {}
        return details_view.sensor_details(
            self.language, self.park, facts, str(curve.get("now", "–")), str(curve.get("age", "–"))
        )

    def close_details(self) -> None:
        self._picked = ("", "")
        self.state.details = {}
        self.stage.channel.select([])

    def ask(self, key: str) -> None:
        """Open the window that says where a number comes from."""
        language, zone = self.language, self.park.frame.zone
        if self.run is not None and self.run.frame is not None:
            answer = run_view.asked(language, self.run.reader, self.run.frame, key, zone)
            if key == "caveats":
                answer = {
                    **answer,
                    "title": text(language, "ask.caveats"),
                    "value": "",
                    "rows": answer["rows"][2:],
                }
        elif self.live is not None:
            answer = self.live.asked(language, self.state.numbers, key)
        else:
            from viewer import live_view

            answer = live_view.asked(language, self.park, self.state.numbers, key, float("-inf"), time.time())
        self.state.ask = answer
        self.state.ask_open = bool(answer)
