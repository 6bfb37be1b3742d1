# SPDX-License-Identifier: Apache-2.0
"""What `parktwin bench` prints: a stated figure, what was measured, and beside it a peer measured in the same run.

CPU seconds are what counts, because machines are noisy; the least of several repeats is the steadiest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One line of the bench."""

    name: str
    value: float
    unit: str
    figure: str
    passed: bool
    cpu_s: float | None = None
    peer: str = ""
    """What it is compared with."""
    ratio: float | None = None
    """Peer's CPU seconds over ours."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def cpu_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Least CPU time of this process over some repeats, after one run that is not counted."""
    work()
    best = float("inf")
    for _ in range(repeats):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best
