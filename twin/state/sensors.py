# SPDX-License-Identifier: Apache-2.0
"""Last value of every sensor, in arrays; late readings never move a value back.

A reading is kept with its device time, its time of arrival and its quality mark. What counts as stale is the reader's
question (`age_s`), because it depends on now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.events import LinkChanged, ReadingBatch, SensorSeen

_GROWTH = 256


class ReadingRows(Protocol):
    """Columns of readings, as the store returns them."""

    sensor: Sequence[str]
    t_s: NDArray[np.float64]
    received_s: NDArray[np.float64]
    value: NDArray[np.float64]
    quality: NDArray[Any]


class SensorTable:
    """Last reading of each sensor; row i belongs to `ids[i]`."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.row: dict[str, int] = {}
        self.seen: dict[str, SensorSeen] = {}
        """Sensors that registered themselves, beyond those of the park folder."""
        self.links: dict[str, LinkChanged] = {}
        self.readings = 0
        self._t_s = np.full(_GROWTH, -np.inf)
        self._received_s = np.full(_GROWTH, -np.inf)
        self._value = np.full(_GROWTH, np.nan)
        self._quality = np.zeros(_GROWTH, dtype=np.uint16)

    @property
    def t_s(self) -> NDArray[np.float64]:
        """Device time of the last reading, -inf = never."""
        return self._t_s[: len(self.ids)]

    @property
    def received_s(self) -> NDArray[np.float64]:
        return self._received_s[: len(self.ids)]

    @property
    def value(self) -> NDArray[np.float64]:
        """Last value in the sensor's own unit, NaN = never."""
        return self._value[: len(self.ids)]

    @property
    def quality(self) -> NDArray[np.uint16]:
        return self._quality[: len(self.ids)]

    def age_s(self, now_s: float) -> NDArray[np.float64]:
        """Seconds since each sensor's last reading; inf = never."""
        return now_s - self.t_s

    def rows(self, sensors: Sequence[str]) -> NDArray[np.intp]:
        """Row of each sensor; new ones get one."""
        return np.fromiter((self._row_of(sensor) for sensor in sensors), dtype=np.intp, count=len(sensors))

    def _row_of(self, sensor: str) -> int:
        row = self.row.get(sensor)
        if row is None:
            row = self.row[sensor] = len(self.ids)
            self.ids.append(sensor)
            if row >= len(self._value):
                for name, empty in (
                    ("_t_s", -np.inf),
                    ("_received_s", -np.inf),
                    ("_value", np.nan),
                    ("_quality", 0),
                ):
                    old = getattr(self, name)
                    setattr(self, name, np.concatenate([old, np.full(len(old), empty, dtype=old.dtype)]))
        return row

    def take(self, rows: ReadingRows) -> None:
        """Fold readings in; of equal device times the later row wins."""
        if not len(rows.sensor):
            return
        index = self.rows(rows.sensor)
        order = np.lexsort((np.arange(len(index)), rows.t_s, index))
        last = order[np.append(index[order][1:] != index[order][:-1], True)]
        newer = last[rows.t_s[last] >= self._t_s[index[last]]]
        where = index[newer]
        self._t_s[where] = rows.t_s[newer]
        self._received_s[where] = rows.received_s[newer]
        self._value[where] = rows.value[newer]
        self._quality[where] = np.asarray(rows.quality)[newer]
        self.readings += len(index)

    def on_seen(self, event: SensorSeen) -> None:
        self.seen[event.sensor] = event
        self._row_of(event.sensor)

    def on_batch(self, event: ReadingBatch, rows: ReadingRows | None = None) -> None:
        if rows is not None:
            self.take(rows)

    def on_link(self, event: LinkChanged) -> None:
        self.links[event.link] = event


REDUCERS = {
    SensorSeen: SensorTable.on_seen,
    ReadingBatch: SensorTable.on_batch,
    LinkChanged: SensorTable.on_link,
}
