# SPDX-License-Identifier: Apache-2.0
"""What all pages of one process share, read-only: the park and its static layers, the live feed, opened runs, the watchdog.

Pages never talk to each other; each has its own language, time and camera.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from twin.park import Park
from viewer.live_feed import LiveFeed
from viewer.playback import RunReader

if TYPE_CHECKING:
    from viewer.layers.terrain import Ground

LOG = logging.getLogger("parktwin.viewer")
Purpose = Literal["park", "live", "run", "store"]
"""What this process shows: a park alone, a live world, one run, or the recorded world of a store."""
OPEN_RUNS = 4
WATCH_S = 0.05


class Watchdog:
    """How long the event loop was kept from its work: the excess of short sleeps over what was asked.

    On a busy machine the loop also waits for a processor. What this process did itself meanwhile bounds its own part:
    `worst_own_s` counts the smaller of the delay and the processor time that all its threads (they share one lock) used in it.
    """

    def __init__(self) -> None:
        self.worst_s = self.worst_own_s = 0.0
        self._recent: list[tuple[float, float]] = []

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            begin, used = time.perf_counter(), time.process_time()
            await asyncio.sleep(WATCH_S)
            self.note(time.perf_counter() - begin - WATCH_S, time.process_time() - used)

    def note(self, late_s: float, used_s: float) -> None:
        now = time.monotonic()
        own_s = min(late_s, used_s)
        self.worst_s = max(self.worst_s, late_s)
        self.worst_own_s = max(self.worst_own_s, own_s)
        if own_s > 0.15:
            LOG.info("the event loop was held up for %.0f ms", 1000 * own_s)
        if late_s > 0.02:
            self._recent.append((now, late_s))
        self._recent = [entry for entry in self._recent if now - entry[0] < 60.0]

    @property
    def recent_s(self) -> float:
        """Worst delay of the last minute."""
        now = time.monotonic()
        return max((late for when, late in self._recent if now - when < 60.0), default=0.0)

    def reset(self) -> None:
        """Forget the worst delay so far (start-up is over)."""
        self.worst_s = self.worst_own_s = 0.0
        self._recent = []


class Hub:
    """One per process."""

    def __init__(
        self,
        park: Park,
        *,
        purpose: Purpose,
        terrain: Ground | None = None,
        feed: LiveFeed | None = None,
        run: RunReader | None = None,
        runs_folder: Path | None = None,
        speed: float = 5.0,
    ) -> None:
        self.park = park
        self.purpose: Purpose = purpose
        self.terrain = terrain
        self.feed = feed
        self.first_run = run
        self.runs_folder = runs_folder
        self.speed = speed
        self.watchdog = Watchdog()
        self.skeleton: dict[str, Any] | None = None
        """trame's own state of a page (template, scripts, styles), written once by the first page."""
        self.pages = 0
        self.pages_ever = 0
        self.started_s = time.time()
        self._runs: OrderedDict[str, RunReader] = OrderedDict()
        self._opening = asyncio.Lock()

    @property
    def can_ask(self) -> bool:
        """Whether there is an inbox that a runner reads."""
        return self.purpose == "live" and self.feed is not None and self.park.folder is not None

    def static_messages(self, language: str) -> tuple[Mapping[str, Any], ...]:
        """Messages of the layers that never change; made once per language. Slow the first time: call before serving."""
        from viewer.layers.pack import static_pack

        return static_pack(self.park, self.terrain, language).messages

    async def open_run(self, folder: Path) -> RunReader:
        """The run of a folder, opened once for all pages.

        Raises: InputProblems when it is none.
        """
        key = str(folder)
        async with self._opening:
            if key not in self._runs:
                self._runs[key] = await asyncio.to_thread(RunReader, folder)
            self._runs.move_to_end(key)
            while len(self._runs) > OPEN_RUNS:
                self._runs.popitem(last=False)
            return self._runs[key]

    def health(self) -> dict[str, Any]:
        """How this process does, for /api/health."""
        feed = self.feed
        return {
            "status": "ok" if feed is None or not feed.problem else "degraded",
            "purpose": self.purpose,
            "park": self.park.id,
            "uptime_s": round(time.time() - self.started_s, 1),
            "pages": self.pages,
            "pages_ever": self.pages_ever,
            "loop_lag_ms": {
                "worst": round(1000 * self.watchdog.worst_s, 1),
                "worst_own": round(1000 * self.watchdog.worst_own_s, 1),
                "last_minute": round(1000 * self.watchdog.recent_s, 1),
            },
            "store_problem": feed.problem if feed else "",
            "readings": feed.state.sensors.readings if feed else 0,
            "seq": feed.state.seq if feed else -1,
        }
