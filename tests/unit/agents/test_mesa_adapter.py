# SPDX-License-Identifier: Apache-2.0
"""Worlds come and go; Mesa must not remember them."""

from __future__ import annotations

import gc
import tracemalloc

import mesa
import numpy as np

from agents.mesa_adapter import ParkAgent, ParkModel


def _world() -> None:
    with ParkModel(np.random.default_rng(1)) as model:
        model.ballast = np.zeros(20_000)
        for _ in range(5):
            ParkAgent(model)
        assert len(model.agents) == 5


def test_memory_is_flat_over_two_hundred_worlds() -> None:
    for _ in range(10):
        _world()
    gc.collect()
    known = len(mesa.Agent._ids)
    tracemalloc.start()
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(200):
        _world()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(mesa.Agent._ids) == known
    assert after - before < 200_000, "one leaked world alone holds 160 kB"


def test_released_twice_does_no_harm() -> None:
    model = ParkModel(np.random.default_rng(1))
    ParkAgent(model)
    model.release()
    model.release()
    assert len(model.agents) == 0
