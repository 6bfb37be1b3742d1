# SPDX-License-Identifier: Apache-2.0
"""`parktwin bench dispersion`: puffs on a grid, and the demo park's chlorine study whole, twice with one result.

The grid is compared with the plain sum of exponentials and with one matrix product of separable factors, which is the best
numpy can do; the product also says how exact the grid is.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.hazards.puff_kernel import on_grid
from twin.benchmark import Measured, cpu_seconds

Floats = NDArray[np.float64]

PUFFS = 1000
CELLS = 512
CELL_M = 5.0
HEIGHT_M = 1.5
_SAMPLE = 50


def plume_of_puffs(count: int = PUFFS) -> Floats:
    """Puffs of a plume that meanders across the whole grid and widens from 5 m to about 200 m.

    Shapes: [6, P] x, y, height, sigma_y, sigma_z, mass.
    """
    part = np.linspace(0.0, 1.0, count)
    extent_m = CELLS * CELL_M
    return np.stack(
        [
            extent_m * (0.02 + 0.96 * part),
            extent_m * (0.5 + 0.15 * part * np.sin(9.0 * part)),
            np.full(count, 2.0),
            5.0 + 200.0 * part**0.9,
            3.0 + 80.0 * part**0.8,
            np.full(count, 5.0),
        ]
    )


def ours(puffs: Floats) -> Floats:
    result: Floats = on_grid(*puffs, HEIGHT_M, 0.0, 0.0, 0.0, CELL_M, CELLS, CELLS)
    return result


def _vertical(height_m: Floats | float, sigma_m: Floats | float) -> Any:
    """Vertical density at the receptors' height with the image in the ground, 1/m."""
    images = np.exp(-0.5 * ((HEIGHT_M - height_m) / sigma_m) ** 2) + np.exp(
        -0.5 * ((HEIGHT_M + height_m) / sigma_m) ** 2
    )
    return images / (math.sqrt(2.0 * math.pi) * sigma_m)


def plain_sum(puffs: Floats) -> Floats:
    """One exponential per puff and cell, as the equation is written."""
    x, y = np.meshgrid(np.arange(CELLS) * CELL_M, np.arange(CELLS) * CELL_M)
    total = np.zeros((CELLS, CELLS))
    for x_m, y_m, height_m, sigma_y_m, sigma_z_m, mass_kg in puffs.T.tolist():
        square = ((x - x_m) ** 2 + (y - y_m) ** 2) / (2.0 * sigma_y_m**2)
        weight = mass_kg * _vertical(height_m, sigma_z_m) / (2.0 * math.pi * sigma_y_m**2)
        total += weight * np.exp(-square)
    return total


def matrix_product(puffs: Floats) -> Floats:
    """The same sum as one product of factors along x and y."""
    x_m, y_m, height_m, sigma_y_m, sigma_z_m, mass_kg = puffs
    axis = np.arange(CELLS) * CELL_M
    along = np.exp(-0.5 * ((axis[None, :] - x_m[:, None]) / sigma_y_m[:, None]) ** 2)
    across = np.exp(-0.5 * ((axis[None, :] - y_m[:, None]) / sigma_y_m[:, None]) ** 2)
    weight = mass_kg * _vertical(height_m, sigma_z_m) / (2.0 * math.pi * sigma_y_m**2)
    result: Floats = (across * weight[:, None]).T @ along
    return result


def bench() -> Iterator[Measured]:
    """The stated figures of this package's kernels and of the first whole study."""
    yield from puffs_on_a_grid()
    with tempfile.TemporaryDirectory() as folder:
        yield from whole_study(Path(folder))


def puffs_on_a_grid() -> Iterator[Measured]:
    puffs = plume_of_puffs()
    spent = cpu_seconds(lambda: ours(puffs), repeats=40)
    few = np.ascontiguousarray(puffs[:, :: PUFFS // _SAMPLE])
    plain = cpu_seconds(lambda: plain_sum(few), repeats=1) * PUFFS / _SAMPLE
    yield Measured(
        name=f"{PUFFS:,} puffs on {CELLS} x {CELLS}",
        value=1000.0 * spent,
        unit="CPU ms",
        figure="<= 10 CPU ms",
        passed=spent <= 0.010,
        cpu_s=spent,
        peer=f"numpy, one exponential per puff and cell, on {_SAMPLE} of the puffs",
        ratio=plain / spent,
    )
    exact = matrix_product(puffs)
    product = cpu_seconds(lambda: matrix_product(puffs))
    error = float(np.abs(ours(puffs) - exact).max() / exact.max())
    yield Measured(
        name=f"{PUFFS:,} puffs on {CELLS} x {CELLS}: largest error over the peak",
        value=error,
        unit="1",
        figure="<= 1e-5",
        passed=error <= 1e-5,
        cpu_s=spent,
        peer="numpy, one matrix product of separable factors",
        ratio=product / spent,
    )


def whole_study(folder: Path, size: str = "medium", *overrides: str) -> Iterator[Measured]:
    """The chlorine study of the demo park, twice; the first run also loads and compiles what it needs."""
    from geodata.demo_park import write_demo
    from scenarios.engine import simulate
    from scenarios.study_file import read_study

    park = write_demo(folder / "park", size=size)
    study = read_study(park / "studies" / "chlorine_leak.toml", overrides)
    hashes, spent, people = [], math.inf, 0
    for turn in range(2):
        begun = time.process_time()
        about = simulate(study, folder / f"run-{turn}")
        spent = min(spent, time.process_time() - begun)
        hashes.append(about["timeline_sha256"])
        people = about["people"]
    yield Measured(
        name=f"chlorine study of the {size} demo park, {study.duration_s:.0f} s, {people:,} people",
        value=spent,
        unit="CPU s",
        figure="<= 20 CPU s: demo, check and run together take <= 30 s",
        passed=spent <= 20.0,
        cpu_s=spent,
    )
    yield Measured(
        name="timelines of two runs of one study and seed",
        value=float(len(set(hashes))),
        unit="different sha256",
        figure="1",
        passed=len(set(hashes)) == 1,
    )
