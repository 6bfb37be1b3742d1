# SPDX-License-Identifier: Apache-2.0
"""`parktwin live`: starts ingest, runner, viewer (and the simulated plant) as processes of their own and keeps them alive.

They meet in the store only. A process that dies is started again on the same store; one that cannot start at all (a taken
port, a read-only folder) has said why, and everything ends with its exit code.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.errors import ParkTwinError, problem
from twin.stopping import PARENT, StopWish

Say = Callable[[str], None]
COMMAND = Path(__file__).resolve().parent.parent / "parktwin.py"
"""The command line: beside the packages in a checkout as in an installation."""
RESTART_DELAY_S = 1.0
READY_WITHIN_S = 180.0
PARK_FOLDER = "park_folder"
"""Key of the store's meta table: the park it was last opened with."""


class ChildFailed(ParkTwinError):
    """A process could not start; it has said why."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"{name} did not start (exit {code})")
        self.code = code


@dataclass(slots=True)
class _Child:
    """One process and how to start it again."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[str] | None = None
    ready: threading.Event = field(default_factory=threading.Event)
    told: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(COMMAND), *self.arguments],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, PARENT: str(os.getpid())},
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                self.told = json.loads(line)
                self.ready.set()

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until_s: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(until_s - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def tell_ready(told: dict[str, Any]) -> None:
    """What a child says on its standard output once it serves."""
    print(json.dumps(told), flush=True)


def run_live(
    park: Path,
    *,
    store: Path,
    host: str,
    port: int,
    hj212: tuple[str, int] | None,
    simulate: bool,
    replay: Path | None,
    speed: float,
    workers: int,
    say: Say,
) -> None:
    """Run a live park until it is interrupted.

    Raises: InputProblems for a park, store, port or file that cannot be used.
    """
    from geodata.load import load_park
    from twin.store import Store

    load_park(park)
    if replay is not None and not replay.is_file():
        raise problem("there is no such file", "Name a recorded stream (CSV or CSV.gz).", file=str(replay))
    with Store.open(store) as opened:
        opened.set_meta(PARK_FOLDER, str(park.resolve()))
    arguments = ["_ingest", str(park), str(store), "--speed", str(speed)]
    if hj212:
        arguments += ["--hj212", f"{hj212[0]}:{hj212[1]}"]
    if replay:
        arguments += ["--replay", str(replay)]
    ingest = _Child("ingest", arguments)
    runner = _Child("runner", ["_runner", str(store), "--workers", str(workers)])
    page = _Child(
        "viewer", ["_viewer", str(park), "--store", str(store), "--host", host, "--port", str(port)]
    )
    children = [ingest, runner, page]
    stop = StopWish()
    try:
        for child in children:
            child.start()
        _await_ready(children, stop)
        _keep_ports(ingest, page, hj212, host)
        if simulate and hj212 and not stop.asked:
            plant_to = f"{hj212[0]}:{ingest.told.get('hj212_port', hj212[1])}"
            plant = _Child(
                "plant", ["plant", str(park), "--to", plant_to, "--speed", str(speed if not replay else 1.0)]
            )
            plant.ready.set()
            plant.start()
            children.append(plant)
        if not stop.asked:
            say(f"parktwin live: open {page.told.get('url', f'http://{host}:{port}/')}")
            if hj212:
                say(
                    f"HJ 212 devices connect to {hj212[0]}:{ingest.told.get('hj212_port', hj212[1])}; Ctrl-C stops"
                )
        _keep_alive(children, stop, say)
    finally:
        _end(children)


def _keep_ports(ingest: _Child, page: _Child, hj212: tuple[str, int] | None, host: str) -> None:
    """A process that is started again takes the port it had, also where any free one had been asked for."""
    if hj212 and "hj212_port" in ingest.told:
        ingest.arguments[ingest.arguments.index("--hj212") + 1] = f"{hj212[0]}:{ingest.told['hj212_port']}"
    if "port" in page.told:
        page.arguments[page.arguments.index("--port") + 1] = str(page.told["port"])


def _await_ready(children: list[_Child], stop: StopWish) -> None:
    until_s = time.monotonic() + READY_WITHIN_S
    waiting = list(children)
    while waiting and not stop.asked:
        for child in waiting:
            assert child.process is not None
            code = child.process.poll()
            if code is not None and not child.ready.is_set():
                raise ChildFailed(child.name, code)
        waiting = [child for child in waiting if not child.ready.is_set()]
        if time.monotonic() > until_s:
            raise problem(f"{waiting[0].name} did not answer in {READY_WITHIN_S:.0f} s", "See the log above.")
        time.sleep(0.05)


def _keep_alive(children: list[_Child], stop: StopWish, say: Say) -> None:
    while not stop.wait(0.2):
        for child in children:
            assert child.process is not None
            if child.process.poll() is not None:
                say(f"{child.name} ended with {child.process.returncode}; starting it again")
                if stop.wait(RESTART_DELAY_S):
                    return
                child.start()


def _end(children: list[_Child]) -> None:
    for child in reversed(children):
        child.end()
    until_s = time.monotonic() + 10.0
    for child in children:
        child.wait(until_s)


def show(what: Path, *, host: str, port: int, speed: float, mode: str, say: Say) -> None:
    """Serve a park, a run in its park, or what a store has kept, until interrupted.

    Raises: InputProblems when `what` is none of them.
    """
    from viewer.server import serve

    def ready(told: dict[str, Any]) -> None:
        say(f"parktwin {mode}: open {told.get('url', f'http://{host}:{port}/')}")

    if (what / "run.json").is_file():
        from scenarios.run_folder import read_run

        park = Path(os.path.normpath(what / str(read_run(what)["park"])))
        serve(park, store=None, run=what, host=host, port=port, ready=ready, speed=speed)
    elif (what / "park.toml").is_file():
        serve(what, store=None, run=None, host=host, port=port, ready=ready)
    elif (what / "store.sqlite").is_file():
        from twin.store import Store

        with Store.open(what, create=False) as opened:
            folder = opened.meta(PARK_FOLDER)
        if folder is None:
            raise problem(
                "does not say which park it belongs to",
                "Open its park with `parktwin live` once.",
                file=str(what),
            )
        serve(Path(folder), store=what, host=host, port=port, ready=ready, speed=speed, recorded=True)
    else:
        raise problem(
            "is no park, run or store",
            "Name a folder with park.toml, run.json or store.sqlite.",
            file=str(what),
        )
