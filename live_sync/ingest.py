# SPDX-License-Identifier: Apache-2.0
"""The ingest process: adapters, quality, alarms, coordinator and journal, until it is told to stop.

It is the only writer of a live world's timeline. Killed at any moment it loses nothing it acknowledged; started again on the
same store it continues: last values, standing alarms, duplicates, sequence numbers.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live_sync.adapters.hj212.server import MOST_CONNECTIONS, Hj212Server
from live_sync.adapters.replay.player import Player
from live_sync.adapters.replay.stream import open_stream
from live_sync.coordinator import Coordinator
from live_sync.journal import ACKNOWLEDGE, Journal
from live_sync.registry import Registry
from twin.errors import problem
from twin.events import Event, LinkChanged, Note, WorldStarted
from twin.park import Park
from twin.store import Store

Ready = Callable[[dict[str, Any]], None]


def main(
    park_folder: Path,
    store_folder: Path,
    *,
    hj212: tuple[str, int] | None,
    replay: Path | None,
    speed: float,
    ready: Ready | None = None,
) -> None:
    """Keep the live world of a park folder in a store until SIGTERM.

    Raises: InputProblems when the park, the store, the address or the recorded stream cannot be used.
    """
    from geodata.load import load_park

    serve(load_park(park_folder), store_folder, hj212=hj212, replay=replay, speed=speed, ready=ready)


def serve(
    park: Park,
    store_folder: Path,
    *,
    hj212: tuple[str, int] | None = None,
    replay: Path | None = None,
    speed: float = 1.0,
    ready: Ready | None = None,
    stop: threading.Event | None = None,
) -> None:
    """`main` for a park that is loaded already; `stop` ends it where signals cannot (a thread).

    Raises: InputProblems as `main`.
    """
    asyncio.run(_serve(park, store_folder, hj212, replay, speed, ready, stop))


async def _serve(
    park: Park,
    store_folder: Path,
    address: tuple[str, int] | None,
    replay: Path | None,
    speed: float,
    ready: Ready | None,
    stop: threading.Event | None,
) -> None:
    told: dict[str, Any] = {"pid": os.getpid(), "store": str(store_folder)}
    # everything that can be refused is tried before the first byte is written
    stream = None if replay is None else open_stream(replay, park)
    server = None
    if address is not None:
        server = Hj212Server()
        told["hj212_host"], told["hj212_port"] = address[0], await server.bind(*address)
        _allow_many_connections()
    try:
        with Store.open(store_folder, writer="ingest") as store:
            coordinator = Coordinator(Registry.of_park(park), store, time.time())
            _write(coordinator, store, park, _opening(park, store, coordinator.later(time.time()), told))
            journal = Journal(coordinator, store, asyncio.get_running_loop())
            player = None if stream is None else Player(stream, coordinator, journal, speed=speed)
            await _live(journal, server, player, stop, lambda: None if ready is None else ready(told))
            if server is not None:
                now_s = coordinator.later(time.time())
                gone = LinkChanged(t_s=now_s, link="hj212", state="down", detail="stopped")
                _write(coordinator, store, park, [gone])
    finally:
        if server is not None:
            server.close()


async def _live(
    journal: Journal,
    server: Hj212Server | None,
    player: Player | None,
    stop: threading.Event | None,
    tell: Callable[[], None],
) -> None:
    """Run the adapters until a signal, `stop` or a failure; then commit what was taken and answer it."""
    ended = asyncio.Event()
    journal.on_failure = ended.set
    journal.start()
    _on_signals(ended)
    tasks = []
    if server is not None:
        await server.serve(journal)
    if player is not None:
        tasks.append(asyncio.create_task(player.run()))
        tasks[0].add_done_callback(
            lambda task: ended.set() if not task.cancelled() and task.exception() else None
        )
    if stop is not None:
        tasks.append(asyncio.create_task(_watch(stop, ended)))
    tell()
    await ended.wait()
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    if server is not None:
        await server.stop_accepting()
    await journal.close()
    if server is not None:
        server.close()
        # lets the transports write their last answers
        await asyncio.sleep(0.05)
    failures = [journal.failure, *(outcome for outcome in outcomes if isinstance(outcome, Exception))]
    for failure in failures:
        if failure is not None:
            raise failure


def _opening(park: Park, store: Store, now_s: float, told: dict[str, Any]) -> list[Event]:
    """First events of a new world or of a continued one, and of its adapters.

    Raises: InputProblems when the store belongs to another park.
    """
    begun = store.meta("park_id")
    if begun is not None and begun != park.id:
        raise problem(
            f"this store belongs to the park '{begun}'",
            "Choose another folder with --store.",
            expected=f"a store of '{park.id}'",
            file=str(store.folder),
        )
    events: list[Event] = []
    if begun is None:
        events.append(
            WorldStarted(t_s=now_s, world="live", park_id=park.id, park_sha256=park.sha256, title=park.name)
        )
    else:
        events.append(Note(t_s=now_s, kind="milestone", text_key="event.ingest_restarted"))
        if store.meta("park_sha256") != park.sha256:
            events.append(Note(t_s=now_s, kind="milestone", text_key="event.park_changed"))
    if "hj212_port" in told:
        where = f"{told['hj212_host']}:{told['hj212_port']}"
        events.append(LinkChanged(t_s=now_s, link="hj212", state="up", detail=where))
    return events


def _write(coordinator: Coordinator, store: Store, park: Park, events: list[Event]) -> None:
    """Write events outside the journal's thread: before it runs and after it ended."""
    with store.transaction():
        coordinator.note(events).write(store)
        store.set_meta("park_id", park.id)
        store.set_meta("park_sha256", park.sha256)
        store.requeue_requests(ACKNOWLEDGE)


def _on_signals(ended: asyncio.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, ended.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(ended.set))


def _allow_many_connections() -> None:
    """Raise this process's limit of open files to what the system allows: each device is one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 256
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _watch(stop: threading.Event, ended: asyncio.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(0.05)
    ended.set()
