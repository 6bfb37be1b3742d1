# SPDX-License-Identifier: Apache-2.0
"""A process's wish to end, set by SIGTERM or SIGINT and asked for in a loop.

The handler does nothing but set a plain flag. A lock in it (threading.Event has one) locks up for ever when a second signal
comes while the first is handled, as when a terminal and make both pass on an interrupt.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType

STEP_S = 0.05
PARENT = "PARKTWIN_PARENT"
"""Environment variable with the process id of the supervisor that a process belongs to."""


class StopWish:
    """Whether this process was asked to end; make it in the main thread."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Sleep, but no longer than until the wish; whether there is one."""
        until_s = time.monotonic() + seconds
        while not self.asked and (left_s := until_s - time.monotonic()) > 0:
            time.sleep(min(STEP_S, left_s))
        return self.asked


def end_with_parent() -> None:
    """In a process that a supervisor started: ask it to end when the supervisor is gone, so that no port stays taken."""
    parent = os.environ.get(PARENT, "")
    if not parent.isdigit():
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="watches its parent").start()
