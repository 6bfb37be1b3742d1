# SPDX-License-Identifier: Apache-2.0
"""Where the processes of a live world meet: journal, readings, events and requests in one SQLite file."""

from twin.store.records import (
    Accounting,
    FrameRow,
    LastValue,
    Mark,
    ReadingColumns,
    ReadingRow,
    Request,
)
from twin.store.store import Store

__all__ = ["Accounting", "FrameRow", "LastValue", "Mark", "ReadingColumns", "ReadingRow", "Request", "Store"]
