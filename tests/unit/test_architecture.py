# SPDX-License-Identifier: Apache-2.0
"""Who may import whom, how long a module may be, what it may not be called, and how fast the command line answers."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("twin", "geodata", "live_sync", "agents", "scenarios", "viewer")
MAY_IMPORT = {
    "twin": set(),
    "geodata": {"twin"},
    "live_sync": {"twin", "geodata"},
    "agents": {"twin", "geodata"},
    "scenarios": {"twin", "geodata", "agents"},
    "viewer": {"twin", "geodata", "live_sync", "agents", "scenarios"},
}
FORBIDDEN_NAMES = {"util", "utils", "common", "helper", "helpers", "base", "manager", "managers", "misc"}
LONGEST = 500
HEAVY = (
    "numba",
    "zarr",
    "rasterio",
    "vtkmodules",
    "pyvista",
    "trame",
    "duckdb",
    "scipy",
    "mesa",
    "simpy",
    "networkx",
)


def _modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))] + [
        ROOT / "parktwin.py"
    ]


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_packages_import_only_what_the_table_allows() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in _imports(path) & {*PACKAGES, "parktwin"}
        if name != package and name not in MAY_IMPORT[package]
    ]
    assert wrong == []


def test_only_one_module_knows_mesa_and_only_one_knows_numba() -> None:
    mesa = [path.relative_to(ROOT).as_posix() for path in _modules() if "mesa" in _imports(path)]
    numba = [path.relative_to(ROOT).as_posix() for path in _modules() if "numba" in _imports(path)]
    assert mesa == ["agents/mesa_adapter.py"]
    assert numba == ["twin/kernel.py"]


def test_no_module_is_too_long_or_says_nothing() -> None:
    too_long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in _modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert too_long == {}
    assert [str(path) for path in _modules() if path.stem in FORBIDDEN_NAMES] == []


def test_every_module_says_licence_and_why_it_exists() -> None:
    silent = []
    for path in _modules():
        text = path.read_text(encoding="utf-8")
        if not text.startswith("# SPDX-License-Identifier: Apache-2.0"):
            silent.append(f"{path.relative_to(ROOT)}: no licence line")
        elif len(text.splitlines()) > 3 and ast.get_docstring(ast.parse(text)) is None:
            silent.append(f"{path.relative_to(ROOT)}: no docstring")
    assert silent == []


def test_nothing_names_a_registry_or_a_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    files = [
        ROOT / name for name in tracked if name.endswith((".txt", ".json", ".toml", ".py", ".md", ".lock"))
    ]
    bad = re.compile(r"pypi\.org|files\.pythonhosted|registry\.npmjs|index-url|/root/\.pyenv")
    assert [
        path.name
        for path in files
        if path.exists() and path != Path(__file__) and bad.search(path.read_text("utf-8"))
    ] == []


def test_command_line_imports_nothing_heavy() -> None:
    code = f"import sys, parktwin; print([name for name in {HEAVY!r} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_imports_nothing_heavy(package: str) -> None:
    code = f"import sys, {package}; print([name for name in {HEAVY!r} if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


def test_help_answers_within_its_import_budget() -> None:
    code = "import time; t = time.process_time(); import parktwin; print(time.process_time() - t)"
    best = min(
        float(
            subprocess.run(
                [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(3)
    )
    assert best < 0.5
