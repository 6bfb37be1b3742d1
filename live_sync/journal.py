# SPDX-License-Identifier: Apache-2.0
"""Between the event loop and the store: a bounded queue and the one thread that commits it in groups.

An arrival's answer is sent only after the transaction that holds it is on disk. When the store is slow or stopped the queue
fills, adapters stop reading and devices feel it as TCP back-pressure: nothing is dropped and memory stays bounded.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from live_sync.coordinator import Batch, Coordinator
from live_sync.reading import Arrival, LinkNews
from twin.store import Store

GROUP = 1000
"""Arrivals in one transaction, at most."""
QUEUE = 8 * GROUP
QUEUE_BYTES = 32 << 20
PACE_S = 0.1
"""Least time between two commits, unless a group is full: an arrival waits at most this long for company."""
TICK_S = 0.5
RETRY_S = 1.0
LAST_TRIES = 5
"""Tries to commit while stopping; what is not committed was not acknowledged, so its sender keeps it."""
ACKNOWLEDGE = "acknowledge_alarm"


class Journal:
    """Takes arrivals in the event loop's thread, commits them in its own, answers in the loop's again."""

    def __init__(
        self,
        coordinator: Coordinator,
        store: Store,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._coordinator = coordinator
        self._store = store
        self._loop = loop
        self._clock = clock
        self._queue: deque[Arrival | LinkNews] = deque()
        self._bytes = 0
        self._filled = threading.Condition()
        self._stopping = False
        self._last_commit = 0.0
        self._room: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="journal")
        self.problem = ""
        """Why nothing can be committed just now; empty while all is well."""
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], None] | None = None
        self.committed = 0

    def start(self) -> None:
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether adapters must stop reading."""
        return len(self._queue) >= QUEUE or self._bytes >= QUEUE_BYTES

    def submit(self, news: Sequence[Arrival | LinkNews]) -> None:
        """Queue arrivals; look at `full` afterwards."""
        with self._filled:
            self._queue.extend(news)
            self._bytes += sum(len(item.raw) for item in news if isinstance(item, Arrival))
            self._filled.notify()

    def when_room(self, call: Callable[[], None]) -> None:
        """Call back once, in the loop, when the queue is half empty again."""
        self._room.append(call)

    async def room(self) -> None:
        """Wait until the queue takes more."""
        while self.full:
            waiter: asyncio.Future[None] = self._loop.create_future()
            self.when_room(lambda waiter=waiter: waiter.done() or waiter.set_result(None))  # type: ignore[misc]
            await waiter

    async def close(self) -> None:
        """Commit what is queued and end the thread."""
        with self._filled:
            self._stopping = True
            self._filled.notify()
        while self._thread.is_alive():
            await asyncio.sleep(0.01)
        # answers of the last commit were scheduled before the thread ended
        await asyncio.sleep(0)

    # --- the thread ----------------------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            next_tick = time.monotonic()
            while True:
                group = self._take(max(0.0, next_tick - time.monotonic()))
                if group:
                    self._last_commit = time.monotonic()
                    batch = self._coordinator.process(group, self._clock())
                    self._write(batch)
                    self._loop.call_soon_threadsafe(self._done, group)
                elif self._stopping:
                    return
                if time.monotonic() >= next_tick:
                    next_tick = time.monotonic() + TICK_S
                    self._tick()
        except BaseException as failure:
            self.failure = failure
            if self.on_failure is not None:
                self._loop.call_soon_threadsafe(self.on_failure)

    def _take(self, patience_s: float) -> list[Arrival | LinkNews]:
        with self._filled:
            if not self._queue and not self._stopping:
                self._filled.wait(patience_s)
            if self._queue and len(self._queue) < GROUP and not self._stopping:
                wait_s = self._last_commit + PACE_S - time.monotonic()
                if wait_s > 0.0:
                    self._filled.wait_for(lambda: len(self._queue) >= GROUP or self._stopping, wait_s)
            group = [self._queue.popleft() for _ in range(min(GROUP, len(self._queue)))]
            self._bytes -= sum(len(item.raw) for item in group if isinstance(item, Arrival))
        return group

    def _tick(self) -> None:
        requests = []
        try:
            while (request := self._store.take_request(ACKNOWLEDGE, "ingest")) is not None:
                requests.append(request)
        except sqlite3.Error as error:
            self._trouble(error)
        batch = self._coordinator.tick(self._clock(), requests)
        if not batch.empty:
            self._write(batch)

    def _write(self, batch: Batch) -> None:
        """Commit, again and again until it holds: what was taken from the queue is never dropped."""
        last_tries = 0
        while True:
            try:
                batch.write(self._store)
            except sqlite3.OperationalError as error:
                self._trouble(error)
                last_tries += self._stopping
                if last_tries > LAST_TRIES:
                    raise
                time.sleep(RETRY_S)
                continue
            self.problem = ""
            self.committed += len(batch.frames)
            return

    def _trouble(self, error: Exception) -> None:
        text = f"the store cannot be written: {error}"
        if text != self.problem:
            print(f"ingest: {text}; devices wait", file=sys.stderr, flush=True)
        self.problem = text

    def _done(self, group: Sequence[Arrival | LinkNews]) -> None:
        """In the loop: answer what is on disk now, and let adapters read on."""
        for item in group:
            if isinstance(item, Arrival) and item.answer is not None:
                item.answer()
        if self._room and len(self._queue) <= QUEUE // 2 and self._bytes <= QUEUE_BYTES // 2:
            waiting, self._room = self._room, []
            for call in waiting:
                call()
