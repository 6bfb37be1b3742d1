# SPDX-License-Identifier: Apache-2.0
"""Cuts a byte stream into HJ 212 frames, by the length field only, because encrypted content may hold any byte.

After rubbish, a truncated or an oversized frame it finds the next frame by itself; each run of unusable bytes comes out as
one refusal with its first bytes and its full size. Memory stays below the limit plus one chunk whatever is sent.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from live_sync.adapters.hj212.frame import Decipher, check

DEFAULT_LIMIT = 4096
_SHORTEST = 10
"""No data segment is shorter than 'CP=&&&&' with an ST or MN."""
_LONGEST_RUN = 1 << 24
_HEADER = re.compile(rb"##(\d{4})")
_FILLER = b"\r\n\0 "


class Cut(NamedTuple):
    """One frame or one refusal cut from the stream."""

    raw: bytes
    segment: bytes | None
    """Plain data segment, its check code verified; None = refused."""
    error: str
    """'' or header, length, crc."""
    size: int
    """Bytes on the wire; of a long refusal `raw` keeps only the first."""
    warnings: tuple[str, ...] = ()


class Framer:
    """The state of one connection's byte stream."""

    def __init__(self, limit: int = DEFAULT_LIMIT, decipher: Decipher | None = None) -> None:
        self.limit = limit
        self.decipher = decipher
        self._buffer = bytearray()
        self._run = bytearray()
        self._run_size = 0
        self._run_error = ""

    @property
    def pending(self) -> int:
        """Bytes that wait for more."""
        return len(self._buffer) + self._run_size

    def feed(self, data: bytes | bytearray | memoryview) -> list[Cut]:
        """Frames and refusals that are complete with these bytes."""
        self._buffer += data
        return self._cut(patient=True, final=False)

    def lull(self) -> list[Cut]:
        """After a short silence: a frame that lacks only its CR LF, and a run of rubbish, are complete."""
        return self._cut(patient=False, final=False)

    def finish(self) -> list[Cut]:
        """After a long silence or the end of the stream: whatever is left is refused."""
        return self._cut(patient=False, final=True)

    def _cut(self, *, patient: bool, final: bool) -> list[Cut]:
        cuts: list[Cut] = []
        buffer = self._buffer
        position = 0
        size = len(buffer)
        while position < size:
            if buffer[position] in _FILLER and not self._run_size:
                position += 1
                continue
            start = buffer.find(b"##", position)
            if start != position:
                # rubbish up to the next mark; a lone last '#' may be half of one
                end = start if start >= 0 else size - (buffer[-1] == 35 and not final)
                self._refuse(cuts, buffer[position:end], "header")
                position = end
                if start < 0:
                    break
                continue
            if size - start < 6 and not final:
                break
            match = _HEADER.match(buffer, start)
            length = int(match[1]) if match else 0
            if match is None or not _SHORTEST <= length <= self.limit:
                if match:
                    self._end_run(cuts)
                skip = 2 if match else 1
                self._refuse(cuts, buffer[start : start + skip], "length" if match else "header")
                position = start + skip
                continue
            end = start + 6 + length + 4
            if size < end:
                if not final and not self._holds_frame(start + 2, size):
                    break
                self._end_run(cuts)
                self._refuse(cuts, buffer[start : start + 2], "length")
                position = start + 2
                continue
            tail = bytes(buffer[end : end + 2])
            if len(tail) < 2 and patient and tail in (b"", b"\r", b"*"):
                break
            segment = check(bytes(buffer[start + 6 : end - 4]), bytes(buffer[end - 4 : end]), self.decipher)
            if segment is not None:
                self._end_run(cuts)
                whole = end + 2 if tail in (b"\r\n", b"**") else end
                noted = ("tail",) if tail != b"\r\n" else ()
                code = buffer[end - 4 : end]
                cuts.append(
                    Cut(
                        bytes(buffer[start:whole]),
                        segment,
                        "",
                        whole - start,
                        noted if code == code.upper() else (*noted, "crc_case"),
                    )
                )
                position = whole
                continue
            self._end_run(cuts)
            if tail in (b"\r\n", b"**") and not self._holds_frame(start + 2, end):
                cuts.append(Cut(bytes(buffer[start : end + 2]), None, "crc", end + 2 - start))
                position = end + 2
            else:
                self._refuse(cuts, buffer[start : start + 2], "length")
                position = start + 2
        del buffer[:position]
        if not patient or final:
            self._end_run(cuts)
        return cuts

    def _holds_frame(self, position: int, stop: int) -> bool:
        """Whether a complete valid frame begins inside what claims to be one frame: then the outer one was cut short."""
        buffer = self._buffer
        for match in _HEADER.finditer(buffer, position, stop):
            end = match.end() + int(match[1])
            if end + 4 <= len(buffer) and _SHORTEST <= int(match[1]) <= self.limit:
                segment = bytes(buffer[match.end() : end])
                if check(segment, bytes(buffer[end : end + 4]), self.decipher) is not None:
                    return True
        return False

    def _refuse(self, cuts: list[Cut], data: bytearray, error: str) -> None:
        """Add to the running refusal."""
        if not self._run_size:
            self._run_error = error
        self._run_size += len(data)
        self._run += data[: max(0, self.limit - len(self._run))]
        if self._run_size >= _LONGEST_RUN:
            self._end_run(cuts)

    def _end_run(self, cuts: list[Cut]) -> None:
        if self._run_size:
            cuts.append(Cut(bytes(self._run), None, self._run_error, self._run_size))
            self._run.clear()
            self._run_size = 0
