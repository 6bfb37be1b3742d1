# SPDX-License-Identifier: Apache-2.0
"""The command line as a user has it: a process of its own, its words, its exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def parktwin() -> Command:
    """Run `parktwin ARGUMENTS` and return what it said."""

    def run(
        *arguments: object, cwd: Path | None = None, timeout: float = 180.0
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "parktwin.py"), *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run


@pytest.fixture(scope="session")
def demo_park(parktwin: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A medium demo park; nobody writes into it."""
    folder = tmp_path_factory.mktemp("demo") / "park"
    assert parktwin("demo", folder).returncode == 0
    return folder
