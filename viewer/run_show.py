# SPDX-License-Identifier: Apache-2.0
"""A run on one page: its time, its tracks on the stage, its numbers in the panels.

Frames are made in worker threads; the event loop only hands over bytes. People move at five key frames a second, the plume once
a second, the numbers twice a second; nothing is sent while time stands still.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import numpy as np

from twin.events import ReleaseStarted, WindObserved
from twin.park import Park
from viewer import live_view, run_view
from viewer.i18n import text
from viewer.layers.labels import Label
from viewer.layers.sensors import SensorShown, sensor_sites
from viewer.page_time import PageTime
from viewer.playback import Cursor, Floats, RunFrame, RunReader
from viewer.sensor_view import TREND_W, SensorFacts, alarm_levels, trend
from viewer.stage import Stage, plume_message
from viewer.wording import amount, asset_name, averaging, clock, date, elapsed, half, substance_name

KEY_FRAME_S = 0.2
PLUME_S = 1.0
NUMBERS_S = 0.5


class RunShow:
    """One opened run of a page."""

    def __init__(self, reader: RunReader, park: Park, stage: Stage, speed: float) -> None:
        self.reader = reader
        self.park = park
        self.stage = stage
        self.time = PageTime(reader.start_s, reader.end_s, reader.start_s, playing=False, speed=speed)
        self.frame: RunFrame | None = None
        self.factor = run_view.ppm_per_kg_m3(reader)
        self.thresholds = run_view.plume_thresholds(reader, self.factor)
        source = next((event for event in reader.events if isinstance(event, ReleaseStarted)), None)
        self.source = source
        self.source_m = (source.x_m, source.y_m) if source else None
        self._cursor = Cursor(reader)
        self._plume_at = (float("-inf"), float("nan"))
        self._numbers_at = float("-inf")
        self._shown_s = float("nan")
        self._alarm_key: tuple[Any, ...] = ()
        self._sites = sensor_sites(park)
        self._histories: dict[str, tuple[Floats, Floats]] = {}

    async def show(self, state: Any, language: str, *, force: bool = False) -> None:
        """Bring page and stage to the page's time."""
        t_s = self.time.t_s
        if t_s == self._shown_s and not force:
            return
        now = time.monotonic()
        jumped = not abs(t_s - self._shown_s) <= 1.5 * self.time.speed * KEY_FRAME_S + 1e-6
        plume_due = force or jumped or (now - self._plume_at[0] >= PLUME_S and t_s != self._plume_at[1])
        frame, cloud = await asyncio.to_thread(self._make, t_s, plume_due)
        self.frame = frame
        self._shown_s = t_s
        self.stage.people(frame.people, t_s)
        routes = {
            name: crew.route for name, crew in frame.state.responders.crews.items() if crew.route is not None
        }
        self.stage.crews(frame.crews, routes, t_s)
        if plume_due:
            self.stage.plume(cloud)
            self._plume_at = (now, t_s)
        with state:
            state.tl_at = round(t_s - self.time.begin_s, 2)
            state.tl_text = elapsed(t_s - self.time.begin_s)
            state.playing = self.time.playing
            zone = self.park.frame.zone
            state.clock = {"date": date(t_s, zone), "time": clock(t_s, zone)}
            if force or jumped or not self.time.playing or now - self._numbers_at >= NUMBERS_S:
                self._numbers_at = now
                self._push_numbers(state, language, frame)

    def _make(self, t_s: float, with_plume: bool) -> tuple[RunFrame, dict[str, Any] | None]:
        frame = self._cursor.frame(t_s)
        cloud = plume_message(frame.plume, self.thresholds, self.source_m) if with_plume else None
        return frame, cloud

    def _push_numbers(self, state: Any, language: str, frame: RunFrame) -> None:
        state.numbers = run_view.numbers(language, self.reader, frame)
        state.legend = run_view.legend_rows(language, self.reader, frame)
        state.weather = self._weather(language, frame)
        key = (language, len(frame.state.alarms.by_id), tuple(alarm_levels(frame.state).items()))
        if key != self._alarm_key:
            self._alarm_key = key
            rows = live_view.alarm_rows(language, self.park, frame.state, frame.t_s, self.time.begin_s)
            state.alarms = rows
            state.alarm_count = live_view.standing_count(rows)
            self._push_sensors(frame)
        self.stage.run_labels(self._labels(language, frame))

    def _push_sensors(self, frame: RunFrame) -> None:
        """Detectors as the run has them, not as the live park does; all else is not part of the run."""
        levels = alarm_levels(frame.state)
        states = {
            sensor.id: SensorShown(state=levels.get(sensor.id, "normal"))  # type: ignore[arg-type]
            for sensor in self.park.sensors
            if sensor.kind == "gas"
        }
        self.stage.sensors(self._sites, states, ())

    def _weather(self, language: str, frame: RunFrame) -> dict[str, Any]:
        """The run's wind: what its timeline says, else what its study says."""
        winds = frame.state.hazards.wind
        observed = max(winds.values(), key=lambda event: event.t_s) if winds else self._study_wind()
        if observed is None:
            return {}
        self.stage.wind(observed)
        return {
            **live_view.weather(language, observed, frame.t_s),
            "wind_title": text(language, "title.run_wind"),
        }

    def _study_wind(self) -> WindObserved | None:
        """The steady wind that run.json states."""
        given = self.reader.info.get("weather")
        given = given if isinstance(given, dict) else {}
        speed, from_deg = given.get("wind_speed_m_s"), given.get("wind_from_deg")
        if not isinstance(speed, int | float) or not isinstance(from_deg, int | float):
            return None
        temperature_K = given.get("temperature_K")
        return WindObserved(
            t_s=self.reader.start_s,
            mast="",
            speed_m_s=float(speed),
            from_deg=float(from_deg),
            averaging_s=600.0,
            temperature_K=float(temperature_K) if isinstance(temperature_K, int | float) else None,
            stability=str(given.get("stability", "")),
        )

    def _labels(self, language: str, frame: RunFrame) -> list[Label]:
        labels = []
        for name, release in sorted(frame.state.hazards.releases.items()):
            at = release.started
            name_text = asset_name(language, self.park, at.source)
            if release.ended is None:
                rate = release.now.airborne_kg_s if release.now else at.rate_kg_s
                words = text(language, "label.leaks", {"source": name_text, "rate": amount(rate, 2)})
            else:
                words = text(language, "label.stopped", {"source": name_text})
            labels.append(
                Label(id=f"source-{name}", text=words, x_m=at.x_m, y_m=at.y_m, height_m=26.0, style="source")
            )
        for crew in frame.crews:
            labels.append(
                Label(
                    id=f"crew-{crew.crew}",
                    text=asset_name(language, self.park, crew.crew),
                    x_m=crew.xy_m[0],
                    y_m=crew.xy_m[1],
                    height_m=12.0,
                    style="crew",
                )
            )
        return labels

    def push_bar(self, state: Any, language: str) -> None:
        """Things of the page that change only with the run or the language."""
        reader = self.reader
        state.run_title = half(language, reader.title)
        state.exercise = reader.exercise
        state.tl_begin = reader.start_s
        state.tl_span = max(reader.end_s - reader.start_s, 1.0)
        state.tl_at_end = True
        state.speed = self.time.speed
        state.ticks = run_view.ticks(
            language, self.park, reader.events, reader.start_s, reader.end_s, self.park.frame.zone
        )
        state.legend_title = run_view.legend_title(language, reader)
        state.caveats = run_view.caveats(language, reader)
        state.sensor_count = ""
        self._alarm_key = ()

    async def trend_of(self, language: str, facts: SensorFacts) -> dict[str, Any]:
        """What the run says about a sensor's place: the field there over the whole run, in ppm."""
        info = self.reader.field_info()
        if (
            info is None
            or facts.x_m is None
            or facts.y_m is None
            or self.factor is None
            or facts.kind != "gas"
        ):
            return {}
        if facts.id not in self._histories:
            place = (facts.x_m, facts.y_m)
            self._histories[facts.id] = await asyncio.to_thread(self.reader.history, place)
        t_s, values = self._histories[facts.id]
        if substance_name("en", facts.substance) != substance_name("en", info.substance):
            # the limits of a detector for another gas mean nothing here
            facts = replace(facts, alarm_1=None, alarm_2=None)
        span_s = max(self.time.end_s - self.time.begin_s, 1.0)
        curve = trend(
            facts, t_s, values * self.factor, self.time.begin_s, self.time.end_s, self.park.frame.zone
        )
        now = float(np.interp(self.time.t_s, t_s, values)) * self.factor if len(t_s) else 0.0
        return {
            **curve,
            "cursor": round((self.time.t_s - self.time.begin_s) / span_s * TREND_W, 1),
            "unit": "ppm",
            "title": text(
                language,
                "trend.simulated",
                {"name": half(language, facts.name), "substance": substance_name(language, info.substance)},
            ),
            "now": f"{amount(now)} ppm",
            "mean": averaging(language, info.averaging_time_s),
            "age": elapsed(self.time.t_s - self.time.begin_s),
            "tone": "info",
        }
