# SPDX-License-Identifier: Apache-2.0
"""The only door to numba: typed kernels, compiled once, cached safely.

numba's own cache does not notice an edited callee in another module. So the cache folder's name is a hash of the source of
every kernel module and of all our modules those import, of numba's version, of the CPU and of the bounds-check switch.
Kernels that write with a fixed order give the same result for any number of workers; `parallel` is not offered.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

_PACKAGES = ("twin", "geodata", "live_sync", "agents", "scenarios")
_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\s+([\w ,()*]+)|import\s+([\w.]+))", re.MULTILINE)
_ROOT = Path(__file__).resolve().parent.parent

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel_sources(root: Path = _ROOT) -> list[Path]:
    """Files whose text decides what a kernel computes: kernel modules and, transitively, what they import of ours."""
    modules: dict[str, Path] = {}
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            dotted = ".".join(path.relative_to(root).with_suffix("").parts)
            modules[dotted.removesuffix(".__init__")] = path
    texts = {name: path.read_text(encoding="utf-8") for name, path in modules.items()}
    waiting = [name for name, text in texts.items() if "twin.kernel" in text]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for match in _IMPORT.finditer(texts[name]):
            origin = match[1] or match[3]
            names = [part.strip(" ()") for part in (match[2] or "").split(",")]
            candidates = [origin, *(f"{origin}.{part.split(' as ')[0]}" for part in names if part)]
            waiting += [candidate for candidate in candidates if candidate in modules]
    return sorted(modules[name] for name in reached)


def cache_key(root: Path = _ROOT) -> str:
    """Name of the cache folder: changes whenever a compiled kernel could be stale."""
    import llvmlite
    import numba

    digest = hashlib.sha256()
    for path in kernel_sources(root):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    cpu = os.environ.get("NUMBA_CPU_NAME", "") or _cpu_name()
    bounds = os.environ.get("NUMBA_BOUNDSCHECK", "0")
    digest.update(f"{numba.__version__}|{llvmlite.__version__}|{platform.machine()}|{cpu}|{bounds}".encode())
    return digest.hexdigest()[:20]


def _cpu_name() -> str:
    import llvmlite.binding

    return f"{llvmlite.binding.get_host_cpu_name()}|{llvmlite.binding.get_host_cpu_features().flatten()}"


def cache_folder() -> Path:
    """Where compiled kernels are kept: $PARKTWIN_CACHE or the user's cache folder."""
    base = os.environ.get("PARKTWIN_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "parktwin"
    )
    return Path(base) / "kernels" / cache_key()


_ready = False


def _prepare() -> None:
    global _ready
    if _ready:
        return
    import numba

    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        numba.config.CACHE_DIR = str(folder)
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
    except OSError:
        import tempfile

        numba.config.CACHE_DIR = tempfile.mkdtemp(prefix="parktwin-kernels-")
    _ready = True


def kernel(function: Function | None = None, *, fastmath: bool = False) -> Any:
    """Decorator: compile a function of numbers and arrays to machine code, no object mode.

    Importing a module that uses it imports numba, so heavy modules are imported inside the commands that need them.
    """

    def compile_it(target: Function) -> Any:
        import numba

        _prepare()
        return numba.njit(cache=True, fastmath=fastmath, error_model="numpy", nogil=True)(target)

    return compile_it if function is None else compile_it(function)
