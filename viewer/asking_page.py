# SPDX-License-Identifier: Apache-2.0
"""The part of a page that asks 'what if': the form for a tank, the queue of runs, opening the answer.

Inputs become a study (`viewer.whatif`), the study a request in the store's inbox; the queue follows the requests' revisions. A run
that this page asked for opens by itself when it is done.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from trame.app import TrameApp

from twin.errors import InputProblems
from twin.park import Park
from viewer import whatif
from viewer.hub import Hub
from viewer.i18n import text
from viewer.live_show import LiveShow
from viewer.playback import RunReader
from viewer.run_show import RunShow
from viewer.stage import Stage

ACKNOWLEDGE = "acknowledge_alarm"
LOG = logging.getLogger("parktwin.viewer")


class AskingPage(TrameApp):  # type: ignore[misc]
    """A page with the what-if form; `viewer.app.Page` adds everything else."""

    hub: Hub
    park: Park
    stage: Stage
    live: LiveShow | None
    run: RunShow | None

    _requests_seen: int
    """Revision of the requests that the page's queue shows."""
    _awaited: int | None
    """Request this page posted and waits for."""

    @property
    def language(self) -> str:
        return str(self.state.lang)

    def _banner(self, words: str) -> None:
        raise NotImplementedError

    def _push_details(self, layer: str, thing: str) -> None:
        raise NotImplementedError

    def _show_run(self, reader: RunReader, *, play: bool) -> None:
        raise NotImplementedError

    def choose_tank(self, tank: str | None) -> None:
        known = {item.id: item for item in self.park.tanks}
        if tank not in known:
            return
        self.state.wi_tank = tank
        self.state.wi_open = True
        self.state.wi_error = ""
        self.stage.channel.select([tank])
        self._push_details("tanks", tank)
        self._follow_wind()

    def follow_mast(self, live: bool) -> None:
        self.state.wi_wind_live = bool(live)
        self._follow_wind()

    def _form(self) -> whatif.WhatIf:
        state = self.state
        return whatif.WhatIf(
            tank=str(state.wi_tank or ""),
            hole_mm=state.wi_hole_mm,
            wind_live=bool(state.wi_wind_live),
            wind_speed=state.wi_wind_speed,
            wind_from_deg=state.wi_wind_from_deg,
            stability=str(state.wi_stability or ""),
            duration_min=state.wi_duration_min,
            isolation_min=state.wi_isolation_min,
            warn_min=state.wi_warn_min,
            order=str(state.wi_order),
            shift=str(state.wi_shift),
            exercise=bool(state.wi_exercise),
        )

    def _wind_now(self) -> Any:
        winds = self.hub.feed.state.hazards.wind if self.hub.feed is not None else {}
        return max(winds.values(), key=lambda event: event.t_s) if winds else None

    def _follow_wind(self) -> None:
        observed = self._wind_now()
        if not self.state.wi_wind_live or observed is None:
            return
        form = whatif.with_live_wind(self._form(), observed)
        with self.state:
            self.state.wi_wind_speed = form.wind_speed
            self.state.wi_wind_from_deg = form.wind_from_deg
            if form.stability:
                self.state.wi_stability = form.stability

    async def start_whatif(self) -> None:
        """Check the form and hand it to the runner."""
        feed, folder, runs = self.hub.feed, self.park.folder, self.hub.runs_folder
        if feed is None or folder is None or runs is None or self.state.wi_busy:
            return
        state, language = self.state, self.language
        observed = self._wind_now()
        form = whatif.with_live_wind(self._form(), observed)
        try:
            title = whatif.title_of(language, self.park.tank(form.tank), form) if form.tank else ""
            tables = whatif.study_tables(
                form,
                title=title,
                now_s=feed.now_s,
                zone=self.park.frame.zone,
                temperature_K=observed.temperature_K if observed is not None else None,
            )
        except InputProblems as error:
            state.wi_error = whatif.problem_text(language, error)
            return
        state.wi_error, state.wi_busy = "", True
        state.flush()
        request = whatif.payload(folder, tables, whatif.run_folder(runs, form.tank))
        try:
            self._awaited = await asyncio.to_thread(
                feed.store.post_request, "run", request, f"page:{self.server.name[:8]}"
            )
            state.wi_open = False
        except Exception:
            LOG.exception("a what-if could not be posted")
            state.wi_error = text(language, "problem.store")
        finally:
            state.wi_busy = False

    async def acknowledge(self, alarm: str) -> None:
        """Ask ingest, the one writer of the live timeline, to note that somebody has seen an alarm."""
        if self.hub.feed is not None and self.hub.can_ask:
            asked = {"alarm": str(alarm), "by": f"page:{self.server.name[:8]}"}
            await asyncio.to_thread(self.hub.feed.store.post_request, ACKNOWLEDGE, asked, asked["by"])

    async def cancel_run(self, request: int) -> None:
        if self.hub.feed is not None:
            await asyncio.to_thread(self.hub.feed.store.update_request, int(request), status="cancelled")

    def _push_requests(self, force: bool) -> None:
        feed = self.hub.feed
        if feed is None or (feed.revisions.requests == self._requests_seen and not force):
            return
        self._requests_seen = feed.revisions.requests
        opened = str(self.run.reader.folder) if self.run else ""
        with self.state:
            self.state.runs = whatif.run_rows(self.language, feed.requests.values(), opened)
        awaited = feed.requests.get(self._awaited) if self._awaited is not None else None
        if awaited is not None and awaited.finished:
            self._awaited = None
            folder = str((awaited.result or {}).get("run", ""))
            if awaited.status == "done" and folder:
                asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self.open_run(folder)))
            elif awaited.status == "failed":
                with self.state:
                    self.state.wi_error = str(awaited.message).strip().split("\n")[0]
                    self.state.wi_open = True

    async def open_run(self, folder: str) -> None:
        """Show a finished run on this page."""
        try:
            reader = await self.hub.open_run(Path(folder))
        except InputProblems as error:
            self._banner(str(error.problems[0]))
            return
        with self.state:
            self._show_run(reader, play=True)
