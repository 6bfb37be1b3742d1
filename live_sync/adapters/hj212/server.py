# SPDX-License-Identifier: Apache-2.0
"""The TCP server devices connect to: reads, cuts, queues for the journal, answers after the commit.

One receive buffer is shared by all connections and a connection holds at most one frame's limit, so thousands of idle or
hostile peers cost little. When the journal is full, or a peer does not read its answers, its socket is no longer read.
"""

from __future__ import annotations

import asyncio
import errno
import time
from collections import Counter
from collections.abc import Callable

from live_sync.adapters.hj212.frame import Decipher
from live_sync.adapters.hj212.framer import DEFAULT_LIMIT, Cut, Framer
from live_sync.adapters.hj212.session import Minutes, arrival_of
from live_sync.journal import Journal
from live_sync.reading import Arrival, LinkNews
from twin.errors import InputProblems, problem

ADAPTER = "hj212"
LULL_S = 0.5
"""After this silence a frame that lacks only its CR LF is taken, and a run of rubbish is closed."""
PATIENCE_S = 30.0
"""After this silence an unfinished frame is refused."""
MOST_CONNECTIONS = 8192
_CHUNK = 65536
_DEVICES_TOLD = 64
"""Devices of one connection (a gateway) whose going down is told."""


class Hj212Server:
    """All connections of the HJ 212 adapter."""

    def __init__(
        self,
        *,
        limit: int = DEFAULT_LIMIT,
        decipher: Decipher | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.limit = limit
        self.decipher = decipher
        self.clock = clock
        self.minutes = Minutes()
        self.warnings: Counter[str] = Counter()
        """Deviations from the standard that were tolerated, by name."""
        self.connections: set[_Connection] = set()
        self.newest: dict[str, _Connection] = {}
        """The connection each device spoke on last."""
        self.buffer = memoryview(bytearray(_CHUNK))
        self.journal: Journal | None = None
        self._server: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None

    async def bind(self, host: str, port: int) -> int:
        """Claim the address; the port really used (0 = any free one). Serving begins with `serve`.

        Raises: InputProblems when the address is taken or not this machine's.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: _Connection(self), host, port, start_serving=False, backlog=512
            )
        except (OSError, OverflowError, UnicodeError) as error:
            raise _cannot_listen(host, port, error) from None
        return int(self._server.sockets[0].getsockname()[1])

    async def serve(self, journal: Journal) -> None:
        """Accept connections; frames go to the journal."""
        assert self._server is not None, "bind first"
        self.journal = journal
        await self._server.start_serving()
        self._watch = asyncio.create_task(self._look_after())

    async def stop_accepting(self) -> None:
        """No new connections, and read no more from those there are."""
        if self._server is not None:
            self._server.close()
        if self._watch is not None:
            self._watch.cancel()
        for connection in self.connections:
            connection.pause("stopping")

    def close(self) -> None:
        """Free the address and end all connections; answers already written are still sent."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.close()

    async def _look_after(self) -> None:
        """Close what has waited long enough on connections that fell silent."""
        while True:
            await asyncio.sleep(LULL_S / 2)
            now = time.monotonic()
            for connection in list(self.connections):
                connection.look_after(now)


class _Connection(asyncio.BufferedProtocol):
    """One device's (or gateway's) connection."""

    def __init__(self, server: Hj212Server) -> None:
        self._server = server
        self._framer = Framer(server.limit, server.decipher)
        self._transport: asyncio.Transport | None = None
        self._link = ADAPTER
        self._devices: set[str] = set()
        self._pauses: set[str] = set()
        self._answers: list[bytes] = []
        self._heard = 0.0
        self._closed = False

    # --- asyncio's calls -----------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._server.connections) >= MOST_CONNECTIONS:
            transport.abort()
            return
        peer = transport.get_extra_info("peername") or ("?", 0)
        self._link = f"{ADAPTER}:{peer[0]}:{peer[1]}"
        self._server.connections.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._server.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._heard = time.monotonic()
        self._take(self._framer.feed(self._server.buffer[:nbytes]))

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        self._server.connections.discard(self)
        self._take(self._framer.finish())
        # a device that came back on another connection is not down
        gone = [name for name in sorted(self._devices) if self._server.newest.get(name) is self]
        for name in gone:
            del self._server.newest[name]
        journal = self._server.journal
        if journal is not None:
            peer = self._link.partition(":")[2]
            journal.submit([LinkNews(f"{ADAPTER}:{name}", name, "down", f"{peer} left") for name in gone])

    def pause_writing(self) -> None:
        self.pause("peer")

    def resume_writing(self) -> None:
        self.resume("peer")

    # --- flow ----------------------------------------------------------------------------------------------------
    def pause(self, why: str) -> None:
        """Read no more for this reason; all reasons must pass before reading goes on."""
        if self._transport is not None and not self._closed and not self._pauses:
            self._transport.pause_reading()
        self._pauses.add(why)

    def resume(self, why: str) -> None:
        self._pauses.discard(why)
        if self._transport is not None and not self._closed and not self._pauses:
            self._transport.resume_reading()

    def look_after(self, now: float) -> None:
        if not self._framer.pending or self._pauses:
            return
        silence_s = now - self._heard
        if silence_s > PATIENCE_S:
            self._take(self._framer.finish())
        elif silence_s > LULL_S:
            self._take(self._framer.lull())

    def close(self) -> None:
        if self._transport is not None:
            self._flush()
            self._transport.close()

    def _take(self, cuts: list[Cut]) -> None:
        journal = self._server.journal
        if not cuts or journal is None:
            return
        received_s = self._server.clock()
        arrivals: list[Arrival | LinkNews] = []
        for cut in cuts:
            arrival, answer = arrival_of(cut, self._link, received_s, self._server.minutes)
            if answer is not None:
                arrival.answer = _Answer(self, answer)
            if arrival.intent != "refused":
                if arrival.device and (arrival.device in self._devices or len(self._devices) < _DEVICES_TOLD):
                    self._devices.add(arrival.device)
                    self._server.newest[arrival.device] = self
                if arrival.reason:
                    self._server.warnings.update(
                        "cn_unknown" if note.startswith("CN ") else note
                        for note in arrival.reason.split(", ")
                    )
            arrivals.append(arrival)
        journal.submit(arrivals)
        if journal.full and not self._closed:
            self.pause("journal")
            journal.when_room(lambda: self.resume("journal"))

    def send(self, answer: bytes) -> None:
        """Answers of one commit leave in one write."""
        if not self._answers:
            asyncio.get_running_loop().call_soon(self._flush)
        self._answers.append(answer)

    def _flush(self) -> None:
        if self._transport is not None and not self._closed and self._answers:
            self._transport.write(b"".join(self._answers))
        self._answers.clear()


class _Answer:
    """An acknowledgement that waits for the commit of what it acknowledges."""

    __slots__ = ("_answer", "_connection")

    def __init__(self, connection: _Connection, answer: bytes) -> None:
        self._connection = connection
        self._answer = answer

    def __call__(self) -> None:
        self._connection.send(self._answer)


def _cannot_listen(host: str, port: int, error: Exception) -> InputProblems:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        what, remedy = (
            "the port is taken by another program",
            "Stop it, or choose another port with --hj212 HOST:PORT.",
        )
    elif number in (errno.EACCES, errno.EPERM):
        what, remedy = "this port may not be opened", "Choose a port above 1023."
    else:
        what, remedy = f"cannot listen here: {error}", "Give an address of this machine, e.g. 127.0.0.1:9001."
    return problem(what, remedy, field=f"--hj212 {host}:{port}")
