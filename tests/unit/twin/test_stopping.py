# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WAITS = "from twin.stopping import StopWish\nstop = StopWish()\nprint('up', flush=True)\nwhile not stop.wait(0.2): pass\n"
FOLLOWS = (
    "import os, subprocess, sys, time\n"
    "child = 'from twin.stopping import end_with_parent; import time; end_with_parent(); time.sleep(60)'\n"
    "p = subprocess.Popen([sys.executable, '-c', child], env={**os.environ, 'PARKTWIN_PARENT': str(os.getpid())})\n"
    "print(p.pid, flush=True)\n"
    "time.sleep(60)\n"
)


def _start(code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)


def test_many_signals_at_once_end_it() -> None:
    with _start(WAITS) as process:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        for _ in range(200):
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_child_ends_when_its_supervisor_is_killed() -> None:
    with _start(FOLLOWS) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
        process.wait()
    for _ in range(100):
        status = Path(f"/proc/{child}/stat")
        if not status.exists() or status.read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    raise AssertionError("the child lives on")
