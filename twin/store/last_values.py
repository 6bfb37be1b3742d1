# SPDX-License-Identifier: Apache-2.0
"""The newest reading of every sensor as numpy arrays: what a live view asks first.

Sensor i of the arrays is `ids[i]`. Newest means by device time; late data never moves a value back, and of two readings
with one device time the one that came later wins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.store.records import VALUE_STATISTICS, LastValue, Mark, ReadingRow

_FIRST_ROOM = 256


class LastValues:
    """Arrays of the last reading per sensor, in the process that writes or watches a store."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.units: list[str] = []
        self.flags: list[str] = []
        self.index: dict[str, int] = {}
        self._t_s = np.full(_FIRST_ROOM, -np.inf)
        self._received_s = np.full(_FIRST_ROOM, -np.inf)
        self._value = np.full(_FIRST_ROOM, np.nan)
        self._quality = np.zeros(_FIRST_ROOM, dtype=np.uint16)
        self._row = np.full(_FIRST_ROOM, -1, dtype=np.int64)
        self._newest_s: list[float] = []
        """Device times again as a list: reading one element of an array costs ten times as much."""
        self._taken: dict[int, ReadingRow] = {}
        self._dirty: set[int] = set()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def t_s(self) -> NDArray[np.float64]:
        """Device time, -inf = never. Shape [S]."""
        return self._t_s[: len(self.ids)]

    @property
    def received_s(self) -> NDArray[np.float64]:
        """Time of arrival, -inf = never. Shape [S]."""
        return self._received_s[: len(self.ids)]

    @property
    def value(self) -> NDArray[np.float64]:
        """Value in the sensor's registered unit, NaN = none. Shape [S]."""
        return self._value[: len(self.ids)]

    @property
    def quality(self) -> NDArray[np.uint16]:
        """Marks (`Mark`). Shape [S]."""
        return self._quality[: len(self.ids)]

    def number(self, sensor: str, unit: str = "") -> int:
        """Index of a sensor in the arrays; a new one is added."""
        index = self.index.get(sensor)
        if index is None:
            index = self.index[sensor] = len(self.ids)
            self.ids.append(sensor)
            self.units.append(unit)
            self.flags.append("")
            self._newest_s.append(-math.inf)
            if index >= len(self._value):
                for name, empty in (
                    ("_t_s", -np.inf),
                    ("_received_s", -np.inf),
                    ("_value", np.nan),
                    ("_quality", 0),
                    ("_row", -1),
                ):
                    old = getattr(self, name)
                    setattr(self, name, np.concatenate([old, np.full(len(old), empty, dtype=old.dtype)]))
        return index

    def newest_s(self, sensor: str) -> float:
        """Device time of the sensor's newest reading; -inf = never."""
        index = self.index.get(sensor)
        return -math.inf if index is None else self._newest_s[index]

    def take(self, rows: Iterable[ReadingRow]) -> None:
        """Fold readings in, in row order."""
        for row in rows:
            self.offer(row)
        self.settle()

    def offer(self, row: ReadingRow) -> None:
        """Fold one reading in; the arrays show it after `settle`."""
        if row.statistic not in VALUE_STATISTICS:
            return
        index = self.number(row.sensor, row.unit)
        if row.t_s >= self._newest_s[index]:
            self._newest_s[index] = row.t_s
            self._taken[index] = row

    def settle(self) -> None:
        """Bring the arrays up to date with what was offered."""
        if not self._taken:
            return
        where = np.fromiter(self._taken, dtype=np.intp, count=len(self._taken))
        rows = list(self._taken.values())
        self._t_s[where] = [row.t_s for row in rows]
        self._received_s[where] = [row.received_s for row in rows]
        self._value[where] = [row.value for row in rows]
        self._quality[where] = [row.quality for row in rows]
        self._row[where] = [row.row for row in rows]
        for index, row in self._taken.items():
            self.units[index] = row.unit
            self.flags[index] = row.flag
        self._dirty.update(self._taken)
        self._taken.clear()

    def mark(self, sensor: str, mark: Mark) -> None:
        """Add a mark to a sensor's last value (it went stale)."""
        index = self.index[sensor]
        self._quality[index] |= mark
        self._dirty.add(index)

    def restore(self, values: Iterable[LastValue]) -> None:
        """Take over what a store holds."""
        for last in values:
            index = self.number(last.sensor, last.unit)
            self._newest_s[index] = last.t_s
            self._t_s[index] = last.t_s
            self._received_s[index] = last.received_s
            self._value[index] = last.value
            self._quality[index] = last.quality
            self._row[index] = last.row
            self.flags[index] = last.flag

    def changed(self) -> Sequence[LastValue]:
        """Last values that changed since this was last asked."""
        self.settle()
        changed = [self.last(index) for index in sorted(self._dirty)]
        self._dirty.clear()
        return changed

    def last(self, index: int) -> LastValue:
        """The last value of one sensor."""
        return LastValue(
            sensor=self.ids[index],
            unit=self.units[index],
            row=int(self._row[index]),
            t_s=float(self._t_s[index]),
            received_s=float(self._received_s[index]),
            value=float(self._value[index]),
            quality=Mark(int(self._quality[index])),
            flag=self.flags[index],
        )
