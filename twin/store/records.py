# SPDX-License-Identifier: Apache-2.0
"""What goes into the store and what comes out: frames, readings, last values, accounts and requests.

A frame is whatever arrived on a link, kept as raw bytes under a sequence number. A reading is one number of one frame,
keyed (seq, item). Quality is a set of marks beside the raw value; a mark never hides or changes the value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

FrameClass = Literal["reading", "command", "duplicate", "refused", "unknown"]
FRAME_CLASSES: tuple[FrameClass, ...] = ("reading", "command", "duplicate", "refused", "unknown")
"""Every frame received ends in exactly one of these."""

RequestStatus = Literal["waiting", "running", "done", "failed", "cancelled"]
FINAL_STATUSES: tuple[RequestStatus, ...] = ("done", "failed", "cancelled")
"""A request in one of these never changes again."""

VALUE_STATISTICS: tuple[str, ...] = ("Rtd", "Avg", "Data")
"""Statistics that state the sensor's value; minima, maxima and totals of an interval do not."""


class Mark(IntFlag):
    """What is to be known about a value before it is used; 0 = nothing against it."""

    GOOD = 0
    BELOW_RANGE = 1
    OVER_RANGE = 2
    """At or above the end of the measuring range: the true value is at least this (censored)."""
    STALE = 4
    """No newer reading came when one was due."""
    FUTURE = 8
    """The device's clock is ahead of ours."""
    LATE = 16
    """An older reading than one that is stored already; never moves the last value back."""
    FLAGGED = 32
    """The device itself marks it (fault, calibration, maintenance ...); the letter is in `flag`."""
    EMPTY = 64
    """The device sent no number."""
    CLOCK = 128
    """The device sent no usable time; the time of arrival stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRow:
    """One frame for the journal."""

    seq: int
    received_s: float
    link: str
    device: str
    frame_class: FrameClass
    reason: str = ""
    raw: bytes = b""
    digest: int | None = None
    """Finds equal frames again; None = a frame that cannot be a duplicate."""
    of_seq: int | None = None
    """The frame this one repeats."""


class ReadingRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One number of one frame, in the sensor's registered unit. A struct, because millions of them are made."""

    row: int
    seq: int
    item: int
    sensor: str
    unit: str
    t_s: float
    """Device time; of an interval mean its start."""
    received_s: float
    value: float
    """NaN = the device sent no number."""
    quality: int = 0
    """Marks (`Mark`)."""
    flag: str = ""
    statistic: str = "Rtd"
    averaging_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingColumns:
    """Readings as columns, in row order. Shapes: every column [N]."""

    row: NDArray[np.int64]
    seq: NDArray[np.int64]
    item: NDArray[np.int64]
    sensor: Sequence[str]
    unit: Sequence[str]
    t_s: NDArray[np.float64]
    received_s: NDArray[np.float64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint16]
    flag: Sequence[str]
    statistic: Sequence[str]
    averaging_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def sha256(self) -> str:
        """Digest of these rows; equals the one in the `ReadingBatch` event when all its rows are here."""
        return readings_sha256(
            self.row, self.sensor, self.unit, self.t_s, self.value, self.quality, self.flag, self.statistic
        )


def readings_sha256(
    row: Sequence[int] | NDArray[np.int64],
    sensor: Sequence[str],
    unit: Sequence[str],
    t_s: Sequence[float] | NDArray[np.float64],
    value: Sequence[float] | NDArray[np.float64],
    quality: Sequence[int] | NDArray[np.uint16],
    flag: Sequence[str],
    statistic: Sequence[str],
) -> str:
    """Digest of rows of readings: little-endian columns, texts joined by NUL, one canonical NaN."""
    values = np.array(value, dtype="<f8")
    values[np.isnan(values)] = np.nan
    digest = hashlib.sha256()
    digest.update(np.asarray(row, dtype="<i8").tobytes())
    digest.update(np.asarray(t_s, dtype="<f8").tobytes())
    digest.update(values.tobytes())
    digest.update(np.asarray(quality, dtype="<u2").tobytes())
    for texts in (sensor, unit, flag, statistic):
        digest.update("\0".join(texts).encode())
        digest.update(b"\n")
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastValue:
    """The newest reading of a sensor by device time."""

    sensor: str
    unit: str
    row: int
    t_s: float
    received_s: float
    value: float
    quality: Mark
    flag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """How many frames came and what became of them."""

    received: int = 0
    reading: int = 0
    command: int = 0
    duplicate: int = 0
    refused: int = 0
    unknown: int = 0
    bytes: int = 0
    devices: Mapping[str, Accounting] = field(default_factory=dict)
    """The same per device; '' = frames that name none."""

    @property
    def complete(self) -> bool:
        """Whether every frame received ended in exactly one class."""
        classed = self.reading + self.command + self.duplicate + self.refused + self.unknown
        return classed == self.received and all(device.complete for device in self.devices.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something one process asks of another through the inbox."""

    id: int
    revision: int
    """Grows with every change of any request."""
    kind: str
    payload: dict[str, Any]
    by: str
    status: RequestStatus
    worker: str
    progress: float
    message: str
    result: dict[str, Any] | None
    created_s: float
    updated_s: float

    @property
    def finished(self) -> bool:
        return self.status in FINAL_STATUSES
