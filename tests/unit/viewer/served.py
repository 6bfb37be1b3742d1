# SPDX-License-Identifier: Apache-2.0
"""A viewer that is really served, a live world that a test writes, and a stand-in for the runner."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthetic_run import make_run

from twin.events import ReadingBatch, WorldStarted
from twin.park import Park
from twin.store import ReadingRow, Store
from viewer.server import serve


@contextmanager
def running(park: Path, **more: Any) -> Iterator[str]:
    """The server in a thread; its address."""
    told: dict[str, Any] = {}
    ready, stop = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            serve(park, port=0, stop=stop, ready=lambda said: (told.update(said), ready.set()), **more)
        except BaseException as error:
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(60), "the server did not start"
        if failed:
            raise failed[0]
        yield told["url"]
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"
    if failed:
        raise failed[0]


def _serve_apart(park: Path, told: Any, more: dict[str, Any]) -> None:
    serve(park, port=0, ready=lambda said: told.put(said["url"]), **more)


@contextmanager
def running_apart(park: Path, **more: Any) -> Iterator[str]:
    """The server in a process of its own, as it is used: what the test itself computes does not count as the server's work."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=_serve_apart, args=(park, told, more))
    process.start()
    try:
        yield told.get(timeout=90)
    finally:
        process.terminate()
        process.join(20)
        told.close()
        told.join_thread()
    assert process.exitcode == 0


class LiveWorld:
    """A store that a test writes as ingest would."""

    def __init__(self, folder: Path, park: Park) -> None:
        self.store = Store.open(folder, writer="ingest")
        self.park = park
        self.row = 0
        self.begin_s = time.time()
        self.store.append_events([WorldStarted(t_s=self.begin_s, world="live", park_id=park.id)])
        self.gas = [sensor for sensor in park.sensors if sensor.kind == "gas"]

    def reading(self, sensor: str, value: float) -> None:
        now = time.time()
        self.row += 1
        row = ReadingRow(
            row=self.row,
            seq=self.row,
            item=0,
            sensor=sensor,
            unit="ppm",
            t_s=now,
            received_s=now,
            value=value,
        )
        with self.store.transaction():
            self.store.add_readings([row])
            self.store.append_events(
                [ReadingBatch(t_s=now, first_row=self.row, last_row=self.row, sha256="0" * 64)]
            )


def answer_requests(
    world: LiveWorld, park: Park, folder: Path, stop: threading.Event, seen: list[dict[str, Any]]
) -> None:
    """Stands in for the runner: takes requests, reports progress, leaves a synthetic run."""
    store = Store.open(world.store.folder)
    while not stop.is_set():
        request = store.take_request("run", "test")
        if request is None:
            time.sleep(0.05)
            continue
        seen.append(request.payload)
        store.update_request(request.id, progress=0.4, message="simulation")
        if request.payload["study"]["release"]["hole_diameter"] > 0.5:
            store.update_request(
                request.id, status="failed", message="field release.hole_diameter: is too large.\nmore"
            )
            continue
        out = make_run(folder / f"run{request.id}", park)
        store.update_request(
            request.id, status="done", progress=1.0, result={"run": str(out), "timeline_sha256": "0"}
        )
    store.close()
