# SPDX-License-Identifier: Apache-2.0
"""A tiny park and a run in it, made once for all tests of the viewer."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_run import make_run

from twin.park import Park


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from geodata.demo_park import write_demo

    return write_demo(tmp_path_factory.mktemp("park") / "tiny", size="tiny", seed=7)


@pytest.fixture(scope="session")
def tiny_park(tiny_folder: Path) -> Park:
    from geodata.load import load_park

    return load_park(tiny_folder)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, tiny_park: Park) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "leak", tiny_park)
