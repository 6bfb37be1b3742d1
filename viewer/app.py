# SPDX-License-Identifier: Apache-2.0
"""One page: its own language, time, layers and camera over what the hub shares.

Built anew for each connection. User reactions are short: they change what the page wants and wake its loop; the loop brings
page and scene there. `close` ends the loop before the socket goes away, so nothing is ever sent to a closed page.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import time
from typing import Any

from trame.decorators import change

from twin.errors import InputProblems
from viewer import details_view
from viewer.hub import Hub
from viewer.i18n import LANGUAGES, catalogue, text
from viewer.layout import build_layout
from viewer.live_show import LiveShow
from viewer.looking_page import LookingPage
from viewer.playback import RunReader
from viewer.run_show import KEY_FRAME_S, RunShow
from viewer.scene import SceneChannel
from viewer.stage import GROUPS, RUN_GROUPS, Stage
from viewer.state import first_state, page_only
from viewer.wording import clock, date, half

LOG = logging.getLogger("parktwin.viewer")
LIVE_S = 0.5
"""Shortest time between two updates of a live page."""
IDLE_S = 1.0
TREND_S = 2.0
RUN_FLY_M = 1000.0
BANNER_S = 8.0
ACTIONS = (
    "set_language",
    "toggle_layer",
    "fly_to_view",
    "play_pause",
    "scrub",
    "step",
    "set_speed",
    "back_to_live",
    "go_to_alarm",
    "acknowledge",
    "choose_sensor",
    "on_pick",
    "close_details",
    "ask",
    "choose_tank",
    "follow_mast",
    "start_whatif",
    "cancel_run",
    "open_run",
)
"""What the template calls, by these names on every page."""


class Page(LookingPage):
    """One connection's application."""

    def __init__(self, server: Any, hub: Hub) -> None:
        super().__init__(server)
        self.hub = hub
        self.park = hub.park
        self.state.update(first_state())
        self.stage = Stage(SceneChannel(self.server), self.park)
        self.live: LiveShow | None = None
        self.run: RunShow | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ticked = time.monotonic()
        self._live_at = self._trend_at = self._banner_ends = float("-inf")
        self._force = True
        self._sensor = ""
        self._picked: tuple[str, str] = ("", "")
        self._awaited: int | None = None
        self._requests_seen = -1
        self._first_values()
        for name in ACTIONS:
            self.ctrl.trigger(name)(getattr(self, name))
        if hub.skeleton is None:
            build_layout(self)
            hub.skeleton = {
                k: copy.deepcopy(v) for k, v in self.state.initial.items() if k.startswith("trame__")
            }
        else:
            # the template is the same for all pages; writing it again would hold up the others
            self.state.update(copy.deepcopy(hub.skeleton))
            self.state.trame__title = self.state.park_name

    def _first_values(self) -> None:
        language = self.park.language if self.park.language in LANGUAGES else LANGUAGES[0]
        state = self.state
        state.lang = language
        state.attribution = " · ".join(self.park.attributions)
        state.can_ask = self.hub.can_ask
        state.speed = self.hub.speed
        state.mode = {"park": "park", "live": "live"}.get(self.hub.purpose, "replay")
        state.client_only(*page_only())
        self._push_words()

    def _push_words(self) -> None:
        """Everything that is only words."""
        state = self.state
        state.t = dict(catalogue(self.language))
        state.park_name = state.trame__title = half(self.language, self.park.name)
        state.tanks = details_view.tank_items(self.language, self.park) if self.hub.can_ask else []
        self._push_layers()

    def _push_layers(self) -> None:
        hidden = set() if self.run else set(RUN_GROUPS)
        if self.hub.feed is None and self.run is None:
            hidden |= {"wind"}
        if not self.park.sensors and self.hub.feed is None:
            hidden |= {"sensors"}
        self.state.layers = [{"id": name, "on": self.stage.on[name]} for name in GROUPS if name not in hidden]

    # --- life ----------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Fill the scene and begin to follow; call on the event loop once the server is ready."""
        self.stage.channel.show_all(self.hub.static_messages(self.language))
        if self.hub.feed is not None:
            self.hub.feed.subscribe(self._wake)
        self._task = asyncio.create_task(self._life(), name=f"page {self.server.name}")

    async def close(self) -> None:
        """End the page's loop and let go of what it follows."""
        if self.hub.feed is not None:
            self.hub.feed.unsubscribe(self._wake)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        self._wake.set()

    async def _life(self) -> None:
        feed = self.hub.feed
        if feed is not None:
            await feed.ready.wait()
            self.live = LiveShow(
                feed, self.park, self.stage, recorded=self.hub.purpose == "store", speed=self.hub.speed
            )
        if self.hub.first_run is not None:
            self._show_run(self.hub.first_run, play=False)
        while True:
            try:
                await self._tick()
            except InputProblems as error:
                self._banner(str(error.problems[0]))
            except Exception:
                LOG.exception("a page could not be brought up to date")
                self._banner(text(self.language, "problem.page"))
            pause = KEY_FRAME_S if self._moving() else IDLE_S if self.live or self.state.banner else 30.0
            try:
                # not wait_for: before Python 3.12 it can swallow the cancellation that closes the page
                async with asyncio.timeout(pause):
                    await self._wake.wait()
                # news come in bursts: a page is brought up to date a few times a second at most
                await asyncio.sleep(0.05)
            except TimeoutError:
                pass
            self._wake.clear()

    def _moving(self) -> bool:
        if self.run is not None:
            return self.run.time.playing
        return self.live is not None and self.live.time.playing

    async def _tick(self) -> None:
        now = time.monotonic()
        passed, self._ticked = now - self._ticked, now
        force, self._force = self._force, False
        if self.run is not None:
            self.run.time.advance(min(passed, 1.0))
            await self.run.show(self.state, self.language, force=force)
        elif self.live is not None:
            self.live.advance(min(passed, 1.0))
            if force or now - self._live_at >= LIVE_S:
                self._live_at = now
                self.live.show(
                    self.state,
                    self.language,
                    search=str(self.state.sensor_search or ""),
                    with_list=self.state.list_tab == "sensors",
                    force=force,
                )
                self._follow_wind()
        elif force:
            self._push_park()
        if self.hub.feed is not None:
            self._push_requests(force)
            if self.hub.feed.problem:
                self._banner(text(self.language, "problem.store"))
        if self.state.banner and now > self._banner_ends:
            with self.state:
                self.state.banner = ""
        due = force or now - self._trend_at >= TREND_S
        if self._sensor and due and (self.run is None or force or self._moving()):
            self._trend_at = now
            await self._push_trend()

    def _banner(self, words: str) -> None:
        """Say what everybody must see; it goes when nothing repeats it for a while."""
        self._banner_ends = time.monotonic() + BANNER_S
        with self.state:
            self.state.banner = words

    def _push_park(self) -> None:
        from viewer import live_view

        now_s = time.time()
        with self.state:
            self.state.numbers = live_view.numbers(self.language, self.park, {}, [], now_s)
            zone = self.park.frame.zone
            self.state.clock = {"date": date(now_s, zone), "time": clock(now_s, zone)}

    # --- language, layers, camera --------------------------------------------------------------------------------
    def set_language(self, language: str) -> None:
        if language not in LANGUAGES or language == self.language:
            return
        self.state.lang = language
        self._push_words()
        self.stage.channel.show(self.hub.static_messages(language)[-1])
        if self.run is not None:
            self.run.push_bar(self.state, language)
        if self._picked[1]:
            self._push_details(*self._picked)
        self.state.ask_open = False
        self._requests_seen = -1
        self._again()

    def _again(self) -> None:
        """Everything of the page is to be made anew."""
        self._force = True
        self.wake()

    def toggle_layer(self, group: str) -> None:
        if group in GROUPS:
            self.stage.switch(group)
            self._push_layers()

    # --- time ----------------------------------------------------------------------------------------------------
    @property
    def _time(self) -> Any:
        return self.run.time if self.run is not None else self.live.time if self.live is not None else None

    def play_pause(self) -> None:
        if self.run is None and self.live is not None and self.live.now:
            self.live.seek(self.live.feed.now_s - 3.0)
            self.live.time.playing = False
        elif self._time is not None:
            self._time.toggle()
        self._ticked = time.monotonic()
        self._touch_time()

    def scrub(self, at_s: float) -> None:
        """Go to seconds after the beginning of the bar."""
        if self._time is None or not isinstance(at_s, int | float):
            return
        target = self._time.begin_s + float(at_s)
        if self.run is None and self.live is not None:
            self.live.seek(target)
            self._live_at = float("-inf")
        else:
            self._time.seek(target)
        self._touch_time()

    def step(self, direction: int) -> None:
        if self._time is None:
            return
        at = self.live.t_s if self.run is None and self.live is not None else self._time.t_s
        self._time.playing = False
        self.scrub(at + (1 if direction > 0 else -1) * self._time.step_s - self._time.begin_s)

    def set_speed(self, speed: float) -> None:
        if self._time is not None and isinstance(speed, int | float) and 0 < speed <= 1000:
            self._time.speed = float(speed)
            self.state.speed = speed

    def _touch_time(self) -> None:
        if self._time is not None:
            self.state.playing = self._time.playing
        self._live_at = float("-inf")
        self._mode()
        self.wake()

    def back_to_live(self) -> None:
        """Leave the run, or the look back."""
        if self.run is not None and self.live is not None:
            self.run = None
            self.stage.close_run()
            state = self.state
            state.run_title, state.exercise, state.legend, state.legend_title, state.caveats = (
                "",
                False,
                [],
                "",
                [],
            )
            self._push_layers()
            self._requests_seen = -1
        if self.live is not None:
            self.live.go_live()
        self._mode()
        self._again()

    def _mode(self) -> None:
        if self.run is not None:
            self.state.mode = "whatif" if self.hub.purpose == "live" else "replay"
        elif self.live is not None:
            self.state.mode = "live" if self.live.now else "replay"

    # --- lists -------------------------------------------------------------------------------------------------------
    @change("sensor_search", "list_tab")  # type: ignore[untyped-decorator]
    def _list_changed(self, **_: Any) -> None:
        self._live_at = float("-inf")
        self.wake()

    # --- runs ----------------------------------------------------------------------------------------------------
    def _show_run(self, reader: RunReader, *, play: bool) -> None:
        speed = max(self.hub.speed, 10.0) if play else self.hub.speed
        self.run = RunShow(reader, self.park, self.stage, speed)
        self.stage.open_run(reader)
        self.run.time.playing = play
        self._ticked = time.monotonic()
        self.run.push_bar(self.state, self.language)
        self._push_layers()
        self._mode()
        self._requests_seen = -1
        if self.run.source_m is not None:
            self._fly_to(*self.run.source_m, distance_m=RUN_FLY_M)
        self._again()
