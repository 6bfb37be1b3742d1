# SPDX-License-Identifier: Apache-2.0
"""`parktwin bench live_sync`: frames read, frames acknowledged, last values of 10,000 points.

Each beside what a straightforward program does with the same bytes on the same machine: the check code bit by bit as the
standard writes it, strings split, one transaction per frame, the last value asked of the history.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from live_sync.adapters.hj212.crc import crc_bitwise
from live_sync.adapters.hj212.frame import build_segment, device_time_text, encode_frame, parse_segment
from live_sync.adapters.hj212.framer import Framer
from live_sync.adapters.hj212.session import Minutes, arrival_of
from live_sync.coordinator import Coordinator
from live_sync.journal import Journal
from live_sync.reading import Arrival, LinkNews
from live_sync.registry import Channel, Registry
from twin.benchmark import Measured, cpu_seconds
from twin.store import ReadingRow, Store
from twin.store.last_values import LastValues
from twin.store.schema import FILE_NAME

FACTORS = ("a21022", "a21004", "a34004", "a34002", "a21026", "a05024", "a01001", "a01007")
DEVICES = 50
INTERVAL_S = 30.0
CHUNK = 65536
POINTS = 10_000
HISTORY = 10


def frames_of_backlog(count: int, now_s: float) -> list[bytes]:
    """What loggers send after an outage: real-time frames of eight items, about 381 bytes, oldest first."""
    rng = random.Random(1)
    frames = []
    rounds = -(-count // DEVICES)
    for number in range(count):
        turn, device = divmod(number, DEVICES)
        items = ";".join(f"{code}-Rtd={rng.uniform(10.0, 19.0):.4f},{code}-Flag=N" for code in FACTORS)
        t_s = now_s - (rounds - turn) * INTERVAL_S
        segment = build_segment(
            qn=device_time_text(now_s + number / 1000.0, milliseconds=True),
            st="22",
            cn="2011",
            pw="123456",
            mn=name_of(device),
            flag=5,
            cp=f"DataTime={device_time_text(t_s)};{items}",
        )
        frames.append(encode_frame(segment))
    return frames


def name_of(device: int) -> str:
    """MN of a logger."""
    return f"BE5C4{device:019d}"


def registry() -> Registry:
    """Every factor of every logger is a sensor."""
    return Registry(
        Channel(
            sensor=f"S{device}-{code}",
            unit="ppm",
            kind="gas",
            quantity="concentration",
            device=name_of(device),
            factor=code,
            range_min=0.0,
            range_max=100.0,
            alarm_1=50.0,
        )
        for device in range(DEVICES)
        for code in FACTORS
    )


def read(stream: bytes) -> int:
    """Cut, verify and parse a stream as it comes from a socket; how many items were found."""
    framer = Framer()
    items = 0
    for start in range(0, len(stream), CHUNK):
        for cut in framer.feed(stream[start : start + CHUNK]):
            if cut.segment is not None:
                items += len(parse_segment(cut.segment, cut.warnings).items)
    return items


def naive_frame(raw: bytes) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Header and items of one frame, the plain way; raises ValueError when the check code is wrong."""
    segment, code = raw[6:-6], raw[-6:-2]
    if crc_bitwise(segment) != int(code, 16):
        raise ValueError("check code")
    head, content = segment.decode().split("CP=&&", 1)
    values = dict(pair.split("=", 1) for pair in head.split(";") if pair)
    items: dict[str, dict[str, str]] = {}
    for group in content[:-2].split(";"):
        for pair in group.split(","):
            name, value = pair.split("=", 1)
            if "-" in name:
                factor, attribute = name.split("-", 1)
                items.setdefault(factor, {})[attribute] = value
    return values, items


def naive_stream(stream: bytes) -> int:
    """The same items found by splitting at the line ends."""
    return sum(len(naive_frame(line + b"\r\n")[1]) for line in stream.split(b"\r\n") if line)


async def acknowledged(folder: Path, frames: Sequence[bytes]) -> float:
    """CPU seconds from bytes to the last acknowledgement, each after its durable commit.

    Raises: RuntimeError when a frame is not stored as a reading.
    """
    loop, answered, all_answered = asyncio.get_running_loop(), 0, asyncio.Event()

    def answer() -> None:
        nonlocal answered
        answered += 1
        if answered == len(frames):
            all_answered.set()

    with Store.open(folder, writer="ingest") as store:
        journal = Journal(Coordinator(registry(), store, time.time()), store, loop)
        journal.on_failure = all_answered.set
        framer, minutes, stream = Framer(), Minutes(), b"".join(frames)
        begun = time.process_time()
        journal.start()
        for start in range(0, len(stream), CHUNK):
            news: list[Arrival | LinkNews] = []
            for cut in framer.feed(stream[start : start + CHUNK]):
                arrival, wanted = arrival_of(cut, "hj212:bench", time.time(), minutes)
                arrival.answer = answer if wanted is not None else None
                news.append(arrival)
            journal.submit(news)
            await journal.room()
        await all_answered.wait()
        spent = time.process_time() - begun
        await journal.close()
        stored = store.accounting().reading
    if journal.failure is not None:
        raise journal.failure
    if stored != len(frames):
        raise RuntimeError(f"{stored} of {len(frames)} frames were stored as readings")
    return spent


def naive_store(folder: Path, frames: Sequence[bytes]) -> float:
    """CPU seconds of a program that parses plainly and commits each frame with its readings durably by itself."""
    connection = sqlite3.connect(folder / "naive.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE frames (seq INTEGER PRIMARY KEY, raw BLOB)")
    connection.execute("CREATE TABLE readings (seq INTEGER, sensor TEXT, t TEXT, value REAL, flag TEXT)")
    connection.execute("CREATE INDEX series ON readings (sensor, t)")
    begun = time.process_time()
    for seq, raw in enumerate(frames):
        values, items = naive_frame(raw)
        rows = [
            (seq, f"{values['MN']}-{code}", values["QN"], float(item["Rtd"]), item["Flag"])
            for code, item in items.items()
        ]
        connection.execute("BEGIN")
        connection.execute("INSERT INTO frames VALUES (?, ?)", (seq, raw))
        connection.executemany("INSERT INTO readings VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    spent = time.process_time() - begun
    connection.close()
    return spent


def readings_of(turn: int) -> list[ReadingRow]:
    """One reading of every point."""
    return [
        ReadingRow(
            row=turn * POINTS + point + 1,
            seq=turn * POINTS + point + 1,
            item=0,
            sensor=f"P{point:05d}",
            unit="ppm",
            t_s=1.8e9 + turn,
            received_s=1.8e9 + turn,
            value=float(turn),
        )
        for point in range(POINTS)
    ]


def bench() -> Iterator[Measured]:
    """The stated figures of this package: DESIGN section 10 and, for the store, the bars proposed with its measurements."""
    yield parsing()
    with tempfile.TemporaryDirectory() as folder:
        yield acknowledging(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        yield from last_value(Path(folder))


def parsing(count: int = 4000) -> Measured:
    frames = frames_of_backlog(count, 1.8e9)
    stream, few = b"".join(frames), b"".join(frames[: count // 10])
    if read(few) != naive_stream(few) or read(stream) != count * len(FACTORS):
        raise RuntimeError("the two parsers do not find the same items")
    spent = cpu_seconds(lambda: read(stream))
    naive = 10.0 * cpu_seconds(lambda: naive_stream(few), repeats=2)
    return Measured(
        name=f"HJ 212 frames of {len(stream) / count:.0f} bytes, {len(FACTORS)} items: cut, verified and parsed",
        value=count / spent,
        unit="frames/CPU s",
        figure=">= 40,000 per core",
        passed=count / spent >= 40_000.0,
        cpu_s=spent,
        peer="check code bit by bit and strings split, on a tenth of the frames",
        ratio=naive / spent,
    )


def acknowledging(folder: Path, count: int = 8000) -> Measured:
    frames = frames_of_backlog(count, time.time())
    spent = min(asyncio.run(acknowledged(folder / str(turn), frames)) for turn in range(2))
    few = frames[: count // 20]
    naive = naive_store(folder, few) * count / len(few)
    return Measured(
        name=f"HJ 212 frames acknowledged: parsed, marked, committed durably with {len(FACTORS)} readings each",
        value=count / spent,
        unit="frames/CPU s",
        figure=">= 8,000: an hour of 2,000 loggers in 30 s",
        passed=count / spent >= 8_000.0,
        cpu_s=spent,
        peer="plain parser and one durable SQLite transaction per frame, no marks nor alarms",
        ratio=naive / spent,
    )


def last_value(folder: Path) -> Iterator[Measured]:
    last, turns = LastValues(), [readings_of(turn) for turn in range(HISTORY)]
    fresh = iter(turns)
    folding = cpu_seconds(lambda: last.take(next(fresh)), repeats=HISTORY - 1)
    yield Measured(
        name=f"{POINTS:,} readings of as many points folded into the last values",
        value=1000.0 * folding,
        unit="CPU ms",
        figure="<= 100 CPU ms: 10,000 points/s in a tenth of a core",
        passed=folding <= 0.100,
        cpu_s=folding,
    )
    with Store.open(folder, writer="ingest") as store, closing(sqlite3.connect(folder / FILE_NAME)) as plain:
        for rows in turns:
            store.add_readings(rows)
        store.put_last_values(last.changed())
        newest = (
            "SELECT s.sensor, max(r.t_s), r.value FROM readings r JOIN sensors s ON s.number = r.sensor"
            " GROUP BY r.sensor"
        )
        if {row[0]: row[2] for row in plain.execute(newest)} != {
            name: value.value for name, value in store.last_values().items()
        }:
            raise RuntimeError("the last values are not those of the history")
        asking = cpu_seconds(store.last_values, repeats=5)
        history = cpu_seconds(lambda: plain.execute(newest).fetchall())
    yield Measured(
        name=f"last values of {POINTS:,} points asked of the store",
        value=1000.0 * asking,
        unit="CPU ms",
        figure="<= 10 CPU ms",
        passed=asking <= 0.010,
        cpu_s=asking,
        peer=f"newest per sensor out of a history of {HISTORY * POINTS:,} readings in SQLite",
        ratio=history / asking,
    )
