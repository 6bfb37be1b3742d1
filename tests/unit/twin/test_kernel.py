# SPDX-License-Identifier: Apache-2.0
"""An edited constant must change the result, wherever it stands: numba's own cache misses edits in other modules."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from twin.kernel import cache_key, kernel_sources

ROOT = Path(__file__).resolve().parents[3]


def _tree(root: Path, constant: str) -> None:
    for package in ("twin", "agents"):
        (root / package).mkdir(parents=True, exist_ok=True)
        (root / package / "__init__.py").write_text("")
    for name in ("kernel.py", "errors.py"):
        (root / "twin" / name).write_text((ROOT / "twin" / name).read_text())
    (root / "twin" / "numbers_of.py").write_text(f"FACTOR = {constant}\n")
    (root / "twin" / "callee.py").write_text(
        "from twin.kernel import kernel\nfrom twin.numbers_of import FACTOR\n\n\n"
        "@kernel\ndef scaled(x):\n    return x * FACTOR\n"
    )
    (root / "agents" / "caller.py").write_text(
        "from twin.kernel import kernel\nfrom twin.callee import scaled\n\n\n"
        "@kernel\ndef total(n):\n    s = 0.0\n    for i in range(n):\n        s += scaled(1.0)\n    return s\n"
    )


def _run(root: Path, cache: Path) -> float:
    out = subprocess.run(
        [sys.executable, "-c", "from agents.caller import total; print(total(10))"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PARKTWIN_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(out.stdout)


def test_key_changes_with_a_constant_two_modules_away(tmp_path: Path) -> None:
    _tree(tmp_path, "2.0")
    before = cache_key(tmp_path)
    assert [path.name for path in kernel_sources(tmp_path)] != []
    assert "numbers_of.py" in [path.name for path in kernel_sources(tmp_path)]
    _tree(tmp_path, "3.0")
    assert cache_key(tmp_path) != before


@pytest.mark.slow
def test_no_stale_result_after_an_edit(tmp_path: Path) -> None:
    tree, cache = tmp_path / "tree", tmp_path / "cache"
    _tree(tree, "2.0")
    assert _run(tree, cache) == 20.0
    assert _run(tree, cache) == 20.0
    _tree(tree, "3.0")
    assert _run(tree, cache) == 30.0
