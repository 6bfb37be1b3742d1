# SPDX-License-Identifier: Apache-2.0
"""The store's file: its tables, how it is opened, and what to say when it cannot be.

SQLite in WAL mode: one writer at a time, readers never wait. The timeline's writer (ingest) commits with
synchronous=FULL, so that what it acknowledges survives a power cut; others with NORMAL.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import IO

from twin.errors import InputProblems, problem

FILE_NAME = "store.sqlite"
SCHEMA_VERSION = 1
APPLICATION_ID = 0x50547731
"""Marks a SQLite file as ours ('PTw1')."""
BUSY_TIMEOUT_S = 15.0

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE frames (
    seq INTEGER PRIMARY KEY, received_s REAL NOT NULL, link TEXT NOT NULL, device TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('reading', 'command', 'duplicate', 'refused', 'unknown')),
    reason TEXT NOT NULL, of_seq INTEGER, digest INTEGER, raw BLOB NOT NULL);
CREATE INDEX frames_digest ON frames (digest) WHERE digest IS NOT NULL;
CREATE TABLE accounting (
    link TEXT NOT NULL, device TEXT NOT NULL, received INTEGER NOT NULL, reading INTEGER NOT NULL,
    command INTEGER NOT NULL, duplicate INTEGER NOT NULL, refused INTEGER NOT NULL, unknown INTEGER NOT NULL,
    bytes INTEGER NOT NULL, PRIMARY KEY (link, device)) WITHOUT ROWID;
CREATE TABLE sensors (
    number INTEGER PRIMARY KEY, sensor TEXT NOT NULL, unit TEXT NOT NULL, UNIQUE (sensor, unit));
CREATE TABLE readings (
    row INTEGER PRIMARY KEY, seq INTEGER NOT NULL, item INTEGER NOT NULL, sensor INTEGER NOT NULL,
    t_s REAL NOT NULL, received_s REAL NOT NULL, value REAL, quality INTEGER NOT NULL, flag TEXT NOT NULL,
    statistic TEXT NOT NULL, averaging_s REAL NOT NULL, UNIQUE (seq, item));
CREATE INDEX readings_series ON readings (sensor, t_s);
CREATE TABLE last_values (
    sensor TEXT PRIMARY KEY, unit TEXT NOT NULL, row INTEGER NOT NULL, t_s REAL NOT NULL, received_s REAL NOT NULL,
    value REAL, quality INTEGER NOT NULL, flag TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (seq INTEGER PRIMARY KEY, t_s REAL NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX events_type ON events (type, seq) WHERE type <> 'reading_batch';
CREATE TABLE alarms (
    alarm TEXT PRIMARY KEY, source TEXT NOT NULL, rule TEXT NOT NULL, level TEXT NOT NULL, raised_s REAL NOT NULL,
    cleared_s REAL, acknowledged_by TEXT, evidence_row INTEGER) WITHOUT ROWID;
CREATE INDEX alarms_open ON alarms (alarm) WHERE cleared_s IS NULL;
CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, revision INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
    by TEXT NOT NULL, status TEXT NOT NULL, worker TEXT NOT NULL, progress REAL NOT NULL, message TEXT NOT NULL,
    result TEXT, created_s REAL NOT NULL, updated_s REAL NOT NULL);
CREATE UNIQUE INDEX requests_revision ON requests (revision);
CREATE INDEX requests_waiting ON requests (kind, id) WHERE status = 'waiting';
"""


def connect(folder: Path, *, create: bool, durable: bool) -> sqlite3.Connection:
    """Connection to the store file of `folder`, its tables made when it is new.

    Raises: InputProblems when the folder cannot be written or the file is not a store of this version.
    """
    path = folder / FILE_NAME
    if create:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise problem(
                f"the store folder cannot be made: {error.strerror}",
                "Name a folder you may write to (--store DIR).",
                file=str(folder),
            ) from None
    elif not path.is_file():
        raise problem("there is no store here", "Name the folder of a live world's store.", file=str(path))
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
        )
    except sqlite3.Error as error:
        raise _unusable(path, error) from None
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        connection.execute("BEGIN IMMEDIATE")
        _check_or_make(connection, path)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from None
    except InputProblems:
        connection.close()
        raise
    return connection


def _check_or_make(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == 0 and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in TABLES.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
    elif application != APPLICATION_ID:
        raise problem(
            "this SQLite file belongs to another program",
            "Choose another folder for the store.",
            file=str(path),
        )
    elif version != SCHEMA_VERSION:
        raise problem(
            f"the store has schema version {version}",
            "Open it with the program that wrote it, or choose a new folder.",
            expected=f"version {SCHEMA_VERSION}",
            file=str(path),
        )


def _unusable(path: Path, error: sqlite3.Error) -> InputProblems:
    if "not a database" in str(error):
        return problem("this file is not a store", "Choose another folder for the store.", file=str(path))
    if "locked" in str(error):
        return problem(
            "the store is in use and does not answer", "Stop the program that holds it.", file=str(path)
        )
    return problem(
        f"the store cannot be opened for writing: {error}",
        "Name a folder you may write to, on a disk with room.",
        file=str(path),
    )


def lock_writer(folder: Path) -> IO[str]:
    """Claim the folder for the one process that writes its timeline; freed when the file closes or the process dies.

    Raises: InputProblems when another process has it.
    """
    path = folder / "writer.lock"
    try:
        file = path.open("a+")
    except OSError as error:
        raise problem(
            f"cannot be written: {error.strerror}", "Name a folder you may write to.", file=str(path)
        ) from None
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # no flock on this system: SQLite still keeps the file whole
        return file
    except OSError:
        file.close()
        raise problem(
            "another process is already writing this live world",
            "Stop it first, or name another folder with --store.",
            file=str(folder / FILE_NAME),
        ) from None
    return file
