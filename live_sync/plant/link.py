# SPDX-License-Identifier: Apache-2.0
"""The connection of one device to the platform: sends, waits for answers, sends again, connects again, forgets nothing.

A frame stays until it is answered (9014, or 9011 with QnRtn=1) or refused (9011 with another QnRtn). Without an answer it is
sent again with the same QN, three times; then the connection is taken for dead and everything unanswered goes out again over
a new one, oldest first. Only a full backlog drops frames, the oldest, and counts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from dataclasses import dataclass, field

from live_sync.adapters.hj212.frame import Frame, build_segment, encode_frame, parse_segment
from live_sync.adapters.hj212.framer import Framer
from live_sync.plant.packet import Packet
from twin.errors import LinkDown

_DATA_ANSWER, _REQUEST_ANSWER, _READY, _REFUSE = "9014", "9011", "1", "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Times of the exchange, in seconds of the real clock."""

    answer_s: float = 10.0
    """Wait for an answer (HJ 212-2017: 10 s)."""
    resends: int = 3
    backoff_s: float = 1.0
    """First wait before connecting again; doubles."""
    backoff_most_s: float = 30.0
    window: int = 8
    """Frames that may be unanswered at a time."""
    backlog: int = 4000
    """Frames kept while there is no platform."""


@dataclass(slots=True)
class LinkCounts:
    """What happened on one link."""

    made: int = 0
    """Frames that were to be sent."""
    sent: int = 0
    """Frames that were sent at least once."""
    resent: int = 0
    acknowledged: int = 0
    refused: int = 0
    dropped: int = 0
    connects: int = 0


@dataclass(slots=True)
class _Open:
    """A frame that was sent and is not answered."""

    packet: Packet
    due_s: float
    tries: int = 1


@dataclass(slots=True)
class Link:
    """One device's way to the platform. Run `run()` as a task; hand packets to `put`."""

    mn: str
    host: str
    port: int
    settings: LinkSettings = field(default_factory=LinkSettings)
    jitter: random.Random = field(default_factory=random.Random)
    counts: LinkCounts = field(default_factory=LinkCounts)
    _waiting: deque[tuple[Packet, bool]] = field(default_factory=deque)
    """Packets and whether they were sent before."""
    _open: dict[str, _Open] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, packets: list[Packet]) -> None:
        """Take packets to be sent."""
        for packet in packets:
            self.counts.made += 1
            if len(self._waiting) >= self.settings.backlog:
                self._waiting.popleft()
                self.counts.dropped += 1
            self._waiting.append((packet, False))
        self._wake.set()

    @property
    def unsent(self) -> int:
        """Packets that nobody has answered."""
        return len(self._waiting) + len(self._open)

    async def run(self) -> None:
        """Connect and send until cancelled."""
        wait_s = self.settings.backoff_s
        while True:
            writer: asyncio.StreamWriter | None = None
            try:
                reader, writer = await asyncio.open_connection(self.host, self.port)
                self.counts.connects += 1
                answered = self.counts.acknowledged
                try:
                    await self._exchange(reader, writer)
                finally:
                    if self.counts.acknowledged > answered:
                        wait_s = self.settings.backoff_s
            except (OSError, LinkDown):
                pass
            finally:
                self._waiting.extendleft((one.packet, True) for one in reversed(self._open.values()))
                self._open.clear()
                if writer is not None:
                    writer.close()
                    with contextlib.suppress(OSError):  # a time-out is one
                        await asyncio.wait_for(writer.wait_closed(), 1.0)
            await asyncio.sleep(wait_s * self.jitter.uniform(0.75, 1.25))
            wait_s = min(2 * wait_s, self.settings.backoff_most_s)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listening = asyncio.create_task(self._listen(reader, writer))
        listening.add_done_callback(lambda _: self._wake.set())
        try:
            while True:
                self._wake.clear()
                await self._send_due(writer)
                if listening.done():
                    listening.result()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause_s()):
                        await self._wake.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _send_due(self, writer: asyncio.StreamWriter) -> None:
        """Send what waits, as far as the window allows, and again what nobody answered in time."""
        now_s = asyncio.get_running_loop().time()
        for one in self._open.values():
            if one.due_s <= now_s:
                if one.tries > self.settings.resends:
                    raise LinkDown(f"{self.mn}: no answer to {one.packet.qn}")
                writer.write(one.packet.raw)
                one.tries += 1
                one.due_s = now_s + self.settings.answer_s
                self.counts.resent += 1
        while self._waiting and len(self._open) < self.settings.window:
            packet, again = self._waiting.popleft()
            self._open[packet.qn] = _Open(packet, now_s + self.settings.answer_s)
            writer.write(packet.raw)
            if again:
                self.counts.resent += 1
            else:
                self.counts.sent += 1
        await writer.drain()

    def _pause_s(self) -> float | None:
        """Time until something has to be sent again; None = until something happens."""
        if not self._open:
            return None
        first_s = min(one.due_s for one in self._open.values())
        return max(first_s - asyncio.get_running_loop().time(), 0.0)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer = Framer()
        while data := await reader.read(65536):
            for cut in framer.feed(data):
                if cut.segment is not None:
                    self._hear(parse_segment(cut.segment), writer)
        raise LinkDown(f"{self.mn}: the platform closed the connection")

    def _hear(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        """An answer settles a frame; a request is refused, because this device cannot be commanded."""
        result = frame.fields.get("QnRtn")
        if frame.cn == _DATA_ANSWER or (frame.cn == _REQUEST_ANSWER and result is not None):
            if frame.qn is not None and self._open.pop(frame.qn, None) is not None:
                if frame.cn == _DATA_ANSWER or result == _READY:
                    self.counts.acknowledged += 1
                else:
                    self.counts.refused += 1
            self._wake.set()
        elif frame.need_ack and frame.cn not in ("9012", "9013"):
            answer = build_segment(qn=frame.qn, cn=_REQUEST_ANSWER, mn=self.mn, cp=f"QnRtn={_REFUSE}")
            writer.write(encode_frame(answer))
