# SPDX-License-Identifier: Apache-2.0
"""What an adapter hands to the coordinator: one arrival with the numbers found in it.

An adapter only reads its protocol. Which sensor a number belongs to, what it is worth and whether it was here before is decided
by the coordinator, the same for every protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class Measurement(NamedTuple):
    """One number as a device sent it."""

    factor: str
    """The device's name for the quantity, e.g. a21022."""
    statistic: str
    """Rtd, Avg, Min ..."""
    value: float
    """NaN = the device sent no number."""
    flag: str = ""
    averaging_s: float = 0.0


Intent = Literal["reading", "command", "refused"]


@dataclass(slots=True, kw_only=True)
class Arrival:
    """One frame as it came on a link, or one run of bytes that is no frame."""

    link: str
    """Adapter and peer, e.g. 'hj212:10.0.0.7:50211'; accounts are kept by what stands before the first ':'."""
    device: str
    """The device's own name; '' = it named none."""
    received_s: float
    raw: bytes
    size: int
    """Bytes on the wire; of a long refusal `raw` holds only the first."""
    intent: Intent
    reason: str = ""
    key: bytes | None = None
    """The bytes that make an arrival equal to another; None = it cannot be a duplicate."""
    t_s: float | None = None
    """Device time; None = it sent no usable one."""
    measurements: list[Measurement] = field(default_factory=list)
    answer: Callable[[], None] | None = None
    """Sends the acknowledgement; called after the durable commit, in the event loop's thread."""


class LinkNews(NamedTuple):
    """A connection of a device opened or ended."""

    link: str
    device: str
    state: Literal["up", "down"]
    detail: str = ""
