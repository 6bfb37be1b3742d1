# SPDX-License-Identifier: Apache-2.0
"""The HJ 212 server by itself: back-pressure, silence, line by line answers, addresses that cannot be used."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence

import pytest

from live_sync.adapters.hj212 import server as module
from live_sync.adapters.hj212.frame import build_segment, encode_frame
from live_sync.adapters.hj212.server import Hj212Server
from live_sync.reading import Arrival, LinkNews
from twin.errors import InputProblems


def frame(number: int) -> bytes:
    cp = f"DataTime=20260318100000;a21022-Rtd={number}"
    return encode_frame(build_segment(qn=f"{number:017d}", st="22", cn="2011", mn="A1", flag=5, cp=cp))


class Shelf:
    """A journal that keeps arrivals and can be full."""

    def __init__(self, room_for: int = 1_000_000) -> None:
        self.room_for = room_for
        self.news: list[Arrival | LinkNews] = []
        self.waiting: list[Callable[[], None]] = []

    @property
    def full(self) -> bool:
        return len(self.arrivals) >= self.room_for

    @property
    def arrivals(self) -> list[Arrival]:
        return [item for item in self.news if isinstance(item, Arrival)]

    def submit(self, news: Sequence[Arrival | LinkNews]) -> None:
        self.news += news

    def when_room(self, call: Callable[[], None]) -> None:
        self.waiting.append(call)

    def make_room(self, room_for: int) -> None:
        self.room_for = room_for
        waiting, self.waiting = self.waiting, []
        for call in waiting:
            call()


async def serving(shelf: Shelf) -> tuple[Hj212Server, int]:
    server = Hj212Server()
    port = await server.bind("127.0.0.1", 0)
    await server.serve(shelf)  # type: ignore[arg-type]
    return server, port


async def ended(server: Hj212Server, *writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
    await server.stop_accepting()
    server.close()
    await asyncio.sleep(0.05)


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_full_journal_stops_the_reading_and_room_lets_it_go_on() -> None:
    async def run() -> None:
        shelf = Shelf(room_for=100)
        server, port = await serving(shelf)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        total = 20_000
        writer.write(b"".join(frame(number) for number in range(total)))
        await until(lambda: shelf.full)
        await asyncio.sleep(0.3)
        held = len(shelf.arrivals)
        # one receive buffer may be cut into frames after the journal is full, no more
        assert 100 <= held <= 100 + 65536 // len(frame(0)) + 1
        assert not writer.is_closing()
        shelf.make_room(1_000_000)
        await until(lambda: len(shelf.arrivals) == total)
        assert [arrival.measurements[0].value for arrival in shelf.arrivals] == list(range(total))
        await ended(server, writer)

    asyncio.run(run())


def test_answers_leave_only_when_the_journal_says_so() -> None:
    async def run() -> None:
        shelf = Shelf()
        server, port = await serving(shelf)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(1) + frame(2))
        await until(lambda: len(shelf.arrivals) == 2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        for arrival in shelf.arrivals:
            assert arrival.answer is not None
            arrival.answer()
        got = await reader.readuntil(b"\r\n") + await reader.readuntil(b"\r\n")
        assert [got.count(b"%017d" % number) for number in (1, 2)] == [1, 1] and got.count(b"CN=9014") == 2
        await ended(server, writer)

    asyncio.run(run())


def test_an_unfinished_frame_is_given_up_after_a_long_silence_and_the_connection_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LULL_S", 0.05)
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)

    async def run() -> None:
        shelf = Shelf()
        server, port = await serving(shelf)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(1)[:40])
        await asyncio.sleep(0.15)
        assert shelf.arrivals == [], "not yet: slow links pause within a frame"
        await until(lambda: len(shelf.arrivals) == 1)
        writer.write(frame(2))
        await until(lambda: len(shelf.arrivals) == 2)
        assert [arrival.intent for arrival in shelf.arrivals] == ["refused", "reading"]
        await ended(server, writer)

    asyncio.run(run())


def test_many_idle_and_babbling_peers_do_not_hold_up_a_device() -> None:
    async def run() -> None:
        shelf = Shelf()
        server, port = await serving(shelf)
        peers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(150)]
        for _, babbler in peers[:50]:
            babbler.write(b"##0900" + b"z" * 3000)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        begin = asyncio.get_running_loop().time()
        writer.write(frame(7))
        await until(lambda: any(arrival.intent == "reading" for arrival in shelf.arrivals))
        assert asyncio.get_running_loop().time() - begin < 5.0
        assert len(server.connections) == 151
        await ended(server, writer, *(peer for _, peer in peers))
        await until(lambda: not server.connections)

    asyncio.run(run())


def test_a_device_that_moves_to_a_new_connection_is_not_down() -> None:
    async def run() -> None:
        shelf = Shelf()
        server, port = await serving(shelf)
        kept, first = await asyncio.open_connection("127.0.0.1", port)
        first.write(frame(1))
        await until(lambda: len(shelf.arrivals) == 1)
        kept_too, second = await asyncio.open_connection("127.0.0.1", port)
        second.write(frame(2))
        await until(lambda: len(shelf.arrivals) == 2)
        first.close()
        await until(lambda: len(server.connections) == 1)
        assert not [item for item in shelf.news if isinstance(item, LinkNews)]
        second.close()
        await until(lambda: [item for item in shelf.news if isinstance(item, LinkNews)])
        (gone,) = [item for item in shelf.news if isinstance(item, LinkNews)]
        assert (gone.device, gone.state) == ("A1", "down")
        assert kept is not kept_too, "asyncio ends a connection whose reader is forgotten"
        await ended(server)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("host", "port"), [("203.0.113.7", 9001), ("no such host", 9001), ("127.0.0.1", 99999)]
)
def test_an_address_that_cannot_be_used_is_one_sentence(host: str, port: int) -> None:
    with pytest.raises(InputProblems, match="--hj212"):
        asyncio.run(Hj212Server().bind(host, port))


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputProblems, match=f"127.0.0.1:{port}: the port is taken"):
            asyncio.run(Hj212Server().bind("127.0.0.1", port))
