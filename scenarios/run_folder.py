# SPDX-License-Identifier: Apache-2.0
"""The folder a run leaves behind: timeline.jsonl, fields/, people/ and run.json.

It is written beside its final place and renamed when complete, so a run folder is whole or it is not there.
run.json says what was asked, of which inputs (hashes), with which versions, and the hash of the timeline.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any

from twin.errors import problem
from twin.timeline import Timeline

_VERSIONS = ("parktwin", "numpy", "scipy", "numba", "simpy", "mesa", "zarr", "shapely", "pyproj")


class RunWriter:
    """Writes one run folder; use as a context manager. Leaves nothing behind when the run does not finish.

    Raises: InputProblems when the place is taken or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.exists():
            raise problem("exists already", "Choose another --out or remove it.", file=str(folder))
        self.place = folder.parent / f".{folder.name}.{os.getpid()}.partial"
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.place, ignore_errors=True)
            self.place.mkdir()
            self.timeline = Timeline(self.place / "timeline.jsonl")
        except OSError as error:
            raise problem(
                f"cannot be written: {error.strerror}",
                "Choose a folder you may write to with --out.",
                file=str(folder),
            ) from None
        self._finished = False

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.timeline.close()
        if not self._finished:
            shutil.rmtree(self.place, ignore_errors=True)

    def finish(self, about: dict[str, Any]) -> dict[str, Any]:
        """Write run.json and move the folder to its place; returns what run.json holds."""
        self.timeline.close()
        content = {
            "schema": 1,
            **about,
            "timeline_sha256": self.timeline.sha256,
            "events": len(self.timeline.events),
            "versions": versions(),
        }
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
        (self.place / "run.json").write_text(text, encoding="utf-8")
        try:
            self.place.rename(self.folder)
        except OSError as error:
            raise problem(
                f"cannot be put in place: {error.strerror}", "Choose another --out.", file=str(self.folder)
            ) from None
        self._finished = True
        return content


def versions() -> dict[str, str]:
    """Versions of everything that could change a result."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in _VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def free_folder(parent: Path, name: str) -> Path:
    """First of name-001, name-002 ... that does not exist."""
    number = 1
    while (folder := parent / f"{name}-{number:03d}").exists():
        number += 1
    return folder


def read_run(folder: Path) -> dict[str, Any]:
    """What run.json holds.

    Raises: InputProblems when the folder is no run.
    """
    try:
        content: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise problem(
            "is no run folder (no readable run.json)", "Name a folder made by parktwin run.", file=str(folder)
        ) from None
    return content
