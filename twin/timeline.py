# SPDX-License-Identifier: Apache-2.0
"""An append-only sequence of events in time order, with the hash that proves it.

On disk: one canonical JSON line per event. Its sha256 covers the arrays too, because batch events carry their digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from twin.errors import problem
from twin.events import AnyEvent, Event, decode, encode


class Timeline:
    """The one writer of a world's events.

    Raises: ValueError when an event lies before its predecessor.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._digest = hashlib.sha256()
        self._file: BinaryIO | None = path.open("xb") if path else None
        self.events: list[Event] = []
        self.last_t_s = float("-inf")

    def append(self, event: Event) -> int:
        """Add an event; returns its sequence number (from 0)."""
        if event.t_s < self.last_t_s:
            raise ValueError(f"{type(event).__name__} at {event.t_s} s lies before {self.last_t_s} s")
        line = encode(event) + b"\n"
        self._digest.update(line)
        if self._file:
            self._file.write(line)
        self.events.append(event)
        self.last_t_s = event.t_s
        return len(self.events) - 1

    @property
    def sha256(self) -> str:
        """Hash of everything appended so far."""
        return self._digest.hexdigest()

    def flush(self) -> None:
        """Make what was appended visible to other processes."""
        if self._file:
            self._file.flush()

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def read_timeline(path: Path) -> Iterator[AnyEvent]:
    """Events of a timeline file, in order; a half-written last line is left out.

    Raises: InputProblems when the file is missing or a line in it is no event.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise problem(
            f"cannot be read: {error.strerror}", "Name the folder of a finished run.", file=str(path)
        ) from None
    with file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield decode(line)
            except ValueError as error:
                raise problem(
                    f"line {number} is no event: {error}",
                    "The run is damaged or newer than this program.",
                    file=str(path),
                ) from None
