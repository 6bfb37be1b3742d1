# SPDX-License-Identifier: Apache-2.0
"""The process that answers requests for runs: takes them from the inbox, computes them in its own pool, reports progress.

A worker that dies is replaced and its run tried once more; a run that fails says why in one sentence; a cancelled run leaves
nothing behind. The runner never touches the timeline of the live world.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from twin.errors import ParkTwinError, problem
from twin.stopping import StopWish
from twin.store import Request, Store

KIND = "run"
POLL_S = 0.1
REPORT_EVERY_S = 0.25


def run_request(store_folder: Path, request_id: int, payload: dict[str, Any]) -> None:
    """Compute one request and report in the store; what a worker process does."""
    from scenarios.engine import Cancelled, simulate
    from scenarios.study_file import study_from_tables

    with Store.open(store_folder, create=False) as store:
        last_report_s = 0.0

        def progress(share: float, message: str) -> None:
            nonlocal last_report_s
            now_s = time.monotonic()
            if now_s - last_report_s >= REPORT_EVERY_S:
                last_report_s = now_s
                store.update_request(request_id, progress=share, message=message)
                request = store.request(request_id)
                if request is None or request.status == "cancelled":
                    raise Cancelled

        try:
            park, tables, out = (payload.get(key) for key in ("park", "study", "out"))
            if not isinstance(park, str) or not isinstance(tables, dict) or not isinstance(out, str):
                raise problem(
                    "a run request needs park, study and out", "Post it from the viewer or the API."
                )
            tables = {**tables, "study": {**tables.get("study", {}), "park": park}}
            study = study_from_tables(tables, name=Path(out).name, relative_to=Path.cwd())
            about = simulate(study, Path(out), progress=progress, parent=str(payload.get("parent", "")))
            store.update_request(
                request_id,
                status="done",
                progress=1.0,
                message="",
                result={"run": out, "timeline_sha256": about["timeline_sha256"]},
            )
        except Cancelled:
            store.update_request(request_id, status="cancelled")
        except ParkTwinError as error:
            store.update_request(request_id, status="failed", message=str(error))
        except Exception as error:  # the page must hear of it; the traceback goes to the log
            store.update_request(
                request_id, status="failed", message=f"internal fault: {type(error).__name__}: {error}"
            )
            raise
        finally:
            release_memory()


def release_memory() -> None:
    """Give a finished run's memory back to the system: its world is full of cycles, its arrays come from many small blocks."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def start_worker() -> None:
    """First thing a worker does: one thread per kernel, and load what every run needs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)  # the live world goes first when cores are short
    from scenarios import engine

    engine.warm_up()


def new_pool(workers: int) -> ProcessPoolExecutor:
    """A pool of worker processes that share nothing."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max_workers=workers, mp_context=context, initializer=start_worker)


class Runner:
    """Keeps a pool busy with the inbox of one store."""

    def __init__(self, store_folder: Path, workers: int) -> None:
        self._folder = store_folder
        self._workers = workers
        self._pool = new_pool(workers)
        self._running: dict[Future[None], Request] = {}
        self._tried: dict[int, int] = {}
        self._name = f"runner-{os.getpid()}"

    def warm(self) -> None:
        """Start the workers now instead of at the first request."""
        for _ in range(self._workers):
            self._pool.submit(os.getpid)

    def step(self, store: Store) -> None:
        """Collect what finished, start what waits."""
        for future in [future for future in self._running if future.done()]:
            request = self._running.pop(future)
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                self._mend(store, [request, *self._running.values()])
                return
        while len(self._running) < self._workers:
            request_taken = store.take_request(KIND, self._name)
            if request_taken is None:
                return
            self._start(request_taken)

    def _start(self, request: Request) -> None:
        self._tried[request.id] = self._tried.get(request.id, 0) + 1
        future = self._pool.submit(run_request, self._folder, request.id, request.payload)
        self._running[future] = request

    def _mend(self, store: Store, lost: list[Request]) -> None:
        """A worker died: a new pool; each lost run once more, then it has failed."""
        self._running.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = new_pool(self._workers)
        for request in lost:
            now = store.request(request.id)
            if now is None or now.finished:
                continue
            if self._tried[request.id] >= 2:
                store.update_request(request.id, status="failed", message="the worker process died twice")
            else:
                self._start(request)

    def close(self) -> None:
        """End the workers."""
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


def main(
    store_folder: Path, *, workers: int = 1, ready: Callable[[dict[str, Any]], None] | None = None
) -> None:
    """Answer run requests of a store until SIGTERM."""
    stop = StopWish()
    runner = Runner(store_folder, workers)
    try:
        with Store.open(store_folder, create=False) as store:
            store.requeue_requests(KIND)
            if ready:
                ready({"runner": os.getpid()})
            runner.warm()
            while not stop.wait(POLL_S):
                runner.step(store)
    finally:
        runner.close()
