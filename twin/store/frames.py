# SPDX-License-Identifier: Apache-2.0
"""The journal's tables: frames as they came, and the accounts of what became of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from twin.store.records import FRAME_CLASSES, Accounting, FrameClass, FrameRow

_COUNTS = ("received", *FRAME_CLASSES, "bytes")


def add(connection: sqlite3.Connection, frames: Iterable[FrameRow]) -> None:
    connection.executemany(
        "INSERT INTO frames (seq, received_s, link, device, class, reason, of_seq, digest, raw)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (f.seq, f.received_s, f.link, f.device, f.frame_class, f.reason, f.of_seq, f.digest, f.raw)
            for f in frames
        ],
    )


def since(
    connection: sqlite3.Connection, seq: int, limit: int, frame_class: FrameClass | None, device: str | None
) -> list[FrameRow]:
    query = (
        "SELECT seq, received_s, link, device, class, reason, raw, digest, of_seq FROM frames WHERE seq > ?"
    )
    values: list[object] = [seq]
    for name, value in (("class", frame_class), ("device", device)):
        if value is not None:
            query += f" AND {name} = ?"
            values.append(value)
    return [
        FrameRow(
            seq=row[0],
            received_s=row[1],
            link=row[2],
            device=row[3],
            frame_class=row[4],
            reason=row[5],
            raw=row[6],
            digest=row[7],
            of_seq=row[8],
        )
        for row in connection.execute(f"{query} ORDER BY seq LIMIT ?", [*values, limit]).fetchall()
    ]


def with_digest(connection: sqlite3.Connection, digests: Iterable[int]) -> dict[int, list[tuple[int, bytes]]]:
    wanted = sorted(set(digests))
    found: dict[int, list[tuple[int, bytes]]] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        marks = ", ".join("?" * len(part))
        query = f"SELECT digest, seq, raw FROM frames WHERE digest IN ({marks}) AND digest IS NOT NULL"
        for digest, seq, raw in connection.execute(query, part).fetchall():
            found.setdefault(digest, []).append((seq, raw))
    return found


def account(connection: sqlite3.Connection, changes: Mapping[tuple[str, str], Mapping[str, int]]) -> None:
    connection.executemany(
        f"INSERT INTO accounting (link, device, {', '.join(_COUNTS)}) VALUES (?, ?{', ?' * len(_COUNTS)})"
        " ON CONFLICT (link, device) DO UPDATE SET "
        + ", ".join(f"{name} = {name} + excluded.{name}" for name in _COUNTS),
        [
            (link, device, *(counts.get(name, 0) for name in _COUNTS))
            for (link, device), counts in changes.items()
        ],
    )


def accounting(connection: sqlite3.Connection, link: str | None) -> Accounting:
    sums = ", ".join(f"sum({name})" for name in _COUNTS)
    where, values = ("", ()) if link is None else ("WHERE link = ?", (link,))
    query = f"SELECT device, {sums} FROM accounting {where} GROUP BY device ORDER BY device"
    rows = connection.execute(query, values).fetchall()
    devices = {row[0]: Accounting(**dict(zip(_COUNTS, row[1:], strict=True))) for row in rows}
    total = {name: sum(getattr(device, name) for device in devices.values()) for name in _COUNTS}
    return Accounting(**total, devices=devices)
