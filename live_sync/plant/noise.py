# SPDX-License-Identifier: Apache-2.0
"""Random wandering of what is measured: Ornstein-Uhlenbeck processes of unit variance, reproducible from a seed.

Between two times dt apart the process keeps exp(-dt / tau) of its value and gets fresh noise for the rest, exactly, so that
the step does not change its statistics.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def stream(seed: int, name: str) -> np.random.Generator:
    """Random numbers that belong to a name: another device more or less does not change those of the others."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return np.random.default_rng(np.random.SeedSequence([seed, key]))


class Wander:
    """One wandering number on a lattice of times, extended as it is asked for; linear between the lattice's points."""

    def __init__(self, rng: np.random.Generator, start_s: float, tau_s: float, step_s: float) -> None:
        self.rng, self.start_s, self.step_s = rng, start_s, step_s
        self._keep = math.exp(-step_s / tau_s)
        self._fresh = math.sqrt(1.0 - self._keep**2)
        self._first = 0
        self._values = [float(rng.normal())]

    def at(self, t_s: float) -> float:
        """Value at a time; times more than 1024 steps before the latest are answered with the oldest that is kept."""
        place = max((t_s - self.start_s) / self.step_s, 0.0)
        low = int(place)
        while self._first + len(self._values) < low + 2:
            self._values.append(self._keep * self._values[-1] + self._fresh * float(self.rng.normal()))
        if len(self._values) > 4096:
            drop = len(self._values) - 1024
            del self._values[:drop]
            self._first += drop
        index = max(low - self._first, 0)
        part = place - low if low >= self._first else 0.0
        return (1.0 - part) * self._values[index] + part * self._values[index + 1]


class Wanders:
    """Many wandering numbers that are stepped together. Shapes: tau_s [S] -> value [S]."""

    def __init__(self, rng: np.random.Generator, tau_s: Floats) -> None:
        self.rng, self.tau_s = rng, tau_s
        self.value: Floats = rng.normal(size=len(tau_s))

    def step(self, dt_s: float) -> Floats:
        """Values a time later."""
        keep = np.exp(-dt_s / self.tau_s)
        self.value = keep * self.value + np.sqrt(1.0 - keep**2) * self.rng.normal(size=len(keep))
        return self.value
