# SPDX-License-Identifier: Apache-2.0
"""The tables of readings and of last values.

A reading's sensor is stored as a number that stands for (sensor id, unit): when a park registers another unit, old readings
keep theirs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from twin.store.records import VALUE_STATISTICS, LastValue, Mark, ReadingColumns, ReadingRow

_COLUMNS = "r.row, r.seq, r.item, s.sensor, s.unit, r.t_s, r.received_s, r.value, r.quality, r.flag, r.statistic, r.averaging_s"
_FROM = f"SELECT {_COLUMNS} FROM readings r JOIN sensors s ON s.number = r.sensor"
_STATED = f"AND r.statistic IN ({', '.join(repr(statistic) for statistic in VALUE_STATISTICS)})"


class SensorNumbers:
    """Numbers of (sensor, unit), remembered so that they are looked up once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], int] = {}

    def forget(self) -> None:
        """After a rollback: numbers may not have been kept."""
        self._known.clear()

    def of(self, connection: sqlite3.Connection, sensor: str, unit: str) -> int:
        number = self._known.get((sensor, unit))
        if number is None:
            connection.execute("INSERT OR IGNORE INTO sensors (sensor, unit) VALUES (?, ?)", (sensor, unit))
            query = "SELECT number FROM sensors WHERE sensor = ? AND unit = ?"
            number = int(connection.execute(query, (sensor, unit)).fetchone()[0])
            self._known[sensor, unit] = number
        return number


def add(connection: sqlite3.Connection, numbers: SensorNumbers, readings: Iterable[ReadingRow]) -> None:
    connection.executemany(
        "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                r.row,
                r.seq,
                r.item,
                numbers.of(connection, r.sensor, r.unit),
                r.t_s,
                r.received_s,
                None if r.value != r.value else r.value,
                r.quality,
                r.flag,
                r.statistic,
                r.averaging_s,
            )
            for r in readings
        ],
    )


def since(
    connection: sqlite3.Connection, row: int, limit: int, until_row: int | None, every_statistic: bool
) -> ReadingColumns:
    query, values = f"{_FROM} WHERE r.row > ?", [row]
    if until_row is not None:
        query += " AND r.row <= ?"
        values.append(until_row)
    if not every_statistic:
        query += f" {_STATED}"
    return _columns(connection.execute(f"{query} ORDER BY r.row LIMIT ?", [*values, limit]).fetchall())


def series(
    connection: sqlite3.Connection, sensor: str, t0_s: float, t1_s: float, limit: int, every_statistic: bool
) -> ReadingColumns:
    numbers = connection.execute("SELECT number FROM sensors WHERE sensor = ?", (sensor,)).fetchall()
    if not numbers:
        return _columns([])
    query = (
        f"{_FROM} WHERE r.sensor IN ({', '.join(str(number) for (number,) in numbers)}) AND r.t_s BETWEEN ? AND ?"
        f" {'' if every_statistic else _STATED} ORDER BY r.t_s, r.row LIMIT ?"
    )
    return _columns(connection.execute(query, (t0_s, t1_s, limit)).fetchall())


def put_last_values(connection: sqlite3.Connection, values: Iterable[LastValue]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO last_values VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                v.sensor,
                v.unit,
                v.row,
                v.t_s,
                v.received_s,
                None if v.value != v.value else v.value,
                int(v.quality),
                v.flag,
            )
            for v in values
        ],
    )


def last_values(connection: sqlite3.Connection) -> dict[str, LastValue]:
    query = "SELECT sensor, unit, row, t_s, received_s, value, quality, flag FROM last_values"
    return {
        row[0]: LastValue(
            sensor=row[0],
            unit=row[1],
            row=row[2],
            t_s=row[3],
            received_s=row[4],
            value=np.nan if row[5] is None else row[5],
            quality=Mark(row[6]),
            flag=row[7],
        )
        for row in connection.execute(query).fetchall()
    }


def _columns(rows: Sequence[tuple[Any, ...]]) -> ReadingColumns:
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) if rows else [()] * 12
    return ReadingColumns(
        row=np.array(columns[0], dtype=np.int64),
        seq=np.array(columns[1], dtype=np.int64),
        item=np.array(columns[2], dtype=np.int64),
        sensor=columns[3],
        unit=columns[4],
        t_s=np.array(columns[5], dtype=np.float64),
        received_s=np.array(columns[6], dtype=np.float64),
        value=np.array(columns[7], dtype=np.float64),
        quality=np.array(columns[8], dtype=np.uint16),
        flag=columns[9],
        statistic=columns[10],
        averaging_s=np.array(columns[11], dtype=np.float64),
    )
