# SPDX-License-Identifier: Apache-2.0
"""The runner as the viewer uses it: a process of its own that takes requests from the inbox of a store."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scenarios.run_folder import read_run
from twin.store import Request, Store

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def park(parktwin, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "park"
    assert parktwin("demo", folder, "--size", "tiny").returncode == 0
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def runner(store: Store) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "parktwin.py"), "_runner", str(store.folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and "runner" in process.stdout.readline()
    yield process
    process.terminate()
    process.wait(20)
    process.stdout.close()


def _payload(park: Path, out: Path, **changes: dict) -> dict:
    import tomllib

    tables = tomllib.loads((park / "studies" / "chlorine_leak.toml").read_text(encoding="utf-8"))
    tables["study"] |= {"duration_s": 300}
    for table, content in changes.items():
        tables[table] = tables.get(table, {}) | content
    return {"park": str(park), "study": tables, "out": str(out)}


def _until(store: Store, request: int, good: Callable[[Request], bool], within_s: float = 120.0) -> Request:
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        found = store.request(request)
        assert found is not None
        if good(found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"request stays {found}")


def _finished(request: Request) -> bool:
    return request.finished


def test_request_becomes_a_run_with_progress(store: Store, runner, park: Path, tmp_path: Path) -> None:
    request = store.post_request("run", _payload(park, tmp_path / "run"), by="planner")
    seen = set()
    done = _until(store, request, lambda found: seen.add(round(found.progress, 3)) or found.finished)
    assert done.status == "done", done.message
    assert done.result == {
        "run": str(tmp_path / "run"),
        "timeline_sha256": read_run(tmp_path / "run")["timeline_sha256"],
    }
    assert len(seen) > 3 and sorted(seen)[-1] == 1.0


def test_mistake_comes_back_as_a_sentence(store: Store, runner, park: Path, tmp_path: Path) -> None:
    request = store.post_request("run", _payload(park, tmp_path / "run", release={"tank": "T-none"}))
    failed = _until(store, request, _finished)
    assert failed.status == "failed" and "no tank 'T-none'" in failed.message
    rubbish = _until(store, store.post_request("run", {"study": 3}), _finished)
    assert rubbish.status == "failed" and "Traceback" not in rubbish.message
    assert not (tmp_path / "run").exists()


def test_cancelled_run_stops_and_leaves_nothing(store: Store, runner, park: Path, tmp_path: Path) -> None:
    request = store.post_request("run", _payload(park, tmp_path / "run", study={"duration_s": 21600}))
    _until(store, request, lambda found: found.progress > 0.05)
    store.update_request(request, status="cancelled")
    after = _until(store, store.post_request("run", _payload(park, tmp_path / "next")), _finished)
    assert after.status == "done"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["next", "store"]


def _worker_of(runner: subprocess.Popen[str]) -> int:
    found = subprocess.run(
        ["pgrep", "-P", str(runner.pid), "-f", "spawn_main"], capture_output=True, text=True
    ).stdout
    return int(found.split()[0])


def test_killed_worker_is_replaced_and_its_run_repeated(
    store: Store, runner, park: Path, tmp_path: Path
) -> None:
    request = store.post_request("run", _payload(park, tmp_path / "run", study={"duration_s": 3600}))
    _until(store, request, lambda found: found.progress > 0.1)
    os.kill(_worker_of(runner), signal.SIGKILL)
    assert _until(store, request, _finished).status == "done"


def test_killed_runner_leaves_its_request_for_the_next(
    store: Store, runner, park: Path, tmp_path: Path
) -> None:
    request = store.post_request("run", _payload(park, tmp_path / "run", study={"duration_s": 7200}))
    _until(store, request, lambda found: found.progress > 0.1)
    worker = _worker_of(runner)
    runner.kill()
    os.kill(worker, signal.SIGKILL)
    runner.wait()
    again = subprocess.Popen([sys.executable, str(ROOT / "parktwin.py"), "_runner", str(store.folder)])
    try:
        assert _until(store, request, _finished).status == "done"
    finally:
        again.terminate()
        again.wait(20)


@pytest.mark.slow
def test_memory_of_the_worker_is_flat_over_50_runs(store: Store, runner, park: Path, tmp_path: Path) -> None:
    sizes = []
    for number in range(50):
        payload = _payload(park, tmp_path / f"run{number}", study={"duration_s": 120, "seed": number})
        assert _until(store, store.post_request("run", payload), _finished).status == "done"
        status = Path(f"/proc/{_worker_of(runner)}/status").read_text()
        sizes.append(int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]))
    assert max(sizes[40:]) < 1.10 * sizes[9], sizes
