# SPDX-License-Identifier: Apache-2.0
"""The inbox: what one process asks of another, and how far that is.

A request waits, is taken by exactly one worker, reports progress and ends done, failed or cancelled; then it never changes
again. Every change gives it a new revision, so a reader asks only for what changed since it last looked.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from twin.store.records import FINAL_STATUSES, Request, RequestStatus

_COLUMNS = "id, revision, kind, payload, by, status, worker, progress, message, result, created_s, updated_s"
_NEXT = "(SELECT coalesce(max(revision), 0) + 1 FROM requests)"
_FINAL = ", ".join(f"'{status}'" for status in FINAL_STATUSES)


def post(connection: sqlite3.Connection, kind: str, payload: dict[str, Any], by: str) -> int:
    """Add a waiting request; its id."""
    now = time.time()
    cursor = connection.execute(
        f"INSERT INTO requests (revision, kind, payload, by, status, worker, progress, message, created_s, updated_s)"
        f" VALUES ({_NEXT}, ?, ?, ?, 'waiting', '', 0.0, '', ?, ?)",
        (kind, json.dumps(payload, sort_keys=True, ensure_ascii=False, allow_nan=False), by, now, now),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def waiting(connection: sqlite3.Connection, kinds: Sequence[str]) -> bool:
    """Whether any request of these kinds waits; takes no lock."""
    marks = ", ".join("?" * len(kinds))
    query = f"SELECT 1 FROM requests WHERE status = 'waiting' AND kind IN ({marks}) LIMIT 1"
    return connection.execute(query, tuple(kinds)).fetchone() is not None


def take(connection: sqlite3.Connection, kinds: Sequence[str], worker: str) -> Request | None:
    """The oldest waiting request of these kinds, now running for `worker`; call inside a transaction."""
    marks = ", ".join("?" * len(kinds))
    row = connection.execute(
        f"UPDATE requests SET status = 'running', worker = ?, revision = {_NEXT}, updated_s = ? WHERE id ="
        f" (SELECT id FROM requests WHERE status = 'waiting' AND kind IN ({marks}) ORDER BY id LIMIT 1)"
        f" RETURNING {_COLUMNS}",
        (worker, time.time(), *kinds),
    ).fetchone()
    return _request(row) if row else None


def update(
    connection: sqlite3.Connection,
    request_id: int,
    *,
    status: RequestStatus | None,
    progress: float | None,
    message: str | None,
    result: dict[str, Any] | None,
) -> None:
    """Change what is given; a finished request stays as it is."""
    connection.execute(
        f"UPDATE requests SET revision = {_NEXT}, updated_s = ?, status = coalesce(?, status),"
        f" progress = coalesce(?, progress), message = coalesce(?, message), result = coalesce(?, result)"
        f" WHERE id = ? AND status NOT IN ({_FINAL})",
        (
            time.time(),
            status,
            progress,
            message,
            None
            if result is None
            else json.dumps(result, sort_keys=True, ensure_ascii=False, allow_nan=False),
            request_id,
        ),
    )


def requeue(connection: sqlite3.Connection, kinds: Sequence[str]) -> int:
    """Put running requests of these kinds back to waiting, when their worker is known to be dead; how many."""
    marks = ", ".join("?" * len(kinds))
    query = f"SELECT id FROM requests WHERE status = 'running' AND kind IN ({marks}) ORDER BY id"
    ids = [row[0] for row in connection.execute(query, tuple(kinds))]
    for request_id in ids:
        connection.execute(
            f"UPDATE requests SET status = 'waiting', worker = '', progress = 0.0, revision = {_NEXT}, updated_s = ?"
            " WHERE id = ?",
            (time.time(), request_id),
        )
    return len(ids)


def find(connection: sqlite3.Connection, request_id: int) -> Request | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM requests WHERE id = ?", (request_id,)).fetchone()
    return _request(row) if row else None


def since(connection: sqlite3.Connection, revision: int) -> list[Request]:
    """Requests changed after `revision`, oldest change first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM requests WHERE revision > ? ORDER BY revision", (revision,)
    ).fetchall()
    return [_request(row) for row in rows]


def _request(row: tuple[Any, ...]) -> Request:
    return Request(
        id=row[0],
        revision=row[1],
        kind=row[2],
        payload=json.loads(row[3]),
        by=row[4],
        status=row[5],
        worker=row[6],
        progress=row[7],
        message=row[8],
        result=None if row[9] is None else json.loads(row[9]),
        created_s=row[10],
        updated_s=row[11],
    )
