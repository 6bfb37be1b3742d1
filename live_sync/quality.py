# SPDX-License-Identifier: Apache-2.0
"""Marks of a reading: what is to be known before it is used. A mark never changes or hides the value.

A true release looks exactly like a spike, so nothing is filtered here: alarms and inversion read raw values with their marks.
A value at the end of the range is censored: the truth is at least that much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from live_sync.registry import Channel
from twin.store import Mark
from twin.store.last_values import LastValues

CLOCK_TOLERANCE_S = 120.0
"""A device clock further ahead than this is wrong."""
SILENT_INTERVALS = 10.0
SILENT_AT_LEAST_S = 120.0
SILENT_AT_MOST_S = 7200.0
FIRST_INTERVAL_S = 30.0
"""Reporting interval that is assumed until two readings tell it: the default of HJ 212 real-time data."""


# plain integers: combining members of an IntFlag costs a microsecond each, and this runs for every value
_GOOD, _BELOW, _OVER = int(Mark.GOOD), int(Mark.BELOW_RANGE), int(Mark.OVER_RANGE)
_FUTURE, _FLAGGED, _EMPTY, _CLOCK = int(Mark.FUTURE), int(Mark.FLAGGED), int(Mark.EMPTY), int(Mark.CLOCK)


def reading_time(t_s: float | None, received_s: float) -> tuple[float, int]:
    """Time a reading stands for: the device's, or the arrival's when the device has none or is ahead of our clock.

    The device's own text stays in the journal. Without this one wrong clock would freeze the last value for hours.
    """
    if t_s is None:
        return received_s, _CLOCK
    if t_s > received_s + CLOCK_TOLERANCE_S:
        return received_s, _FUTURE
    return t_s, _GOOD


def value_marks(channel: Channel, value: float, flag: str) -> int:
    """Marks that follow from the value, the channel's measuring range and the device's own flag."""
    marks = _GOOD
    if value != value:
        marks |= _EMPTY
    else:
        if channel.range_min is not None and value < channel.range_min:
            marks |= _BELOW
        if channel.range_max is not None and (
            value > channel.range_max or (value == channel.range_max and channel.kind == "gas")
        ):
            marks |= _OVER
    if flag and flag != "N":
        marks |= _FLAGGED
        if flag == "T":
            marks |= _OVER
    return marks


class StaleWatch:
    """Which sensors have fallen silent: nothing arrived for ten of their own intervals, at least two minutes.

    Judged by arrival, not by device time: a device with a wrong clock is alive. Sensors that never sent are not stale.
    """

    def __init__(self, last: LastValues, started_s: float) -> None:
        self._last = last
        self._started_s = started_s
        self._interval_s: list[float] = []
        """Per sensor of `last`: measured, or assumed (negative), 0 = nothing known."""

    def learn(self, sensor: str, t_s: float, newest_s: float, averaging_s: float) -> None:
        """Take the step from the newest reading so far to this one as a sample of the reporting interval."""
        index = self._last.number(sensor)
        if index >= len(self._interval_s):
            self._interval_s += [0.0] * (index + 1 - len(self._interval_s))
        step_s = t_s - newest_s
        if step_s <= 0.0 or step_s > SILENT_AT_MOST_S:
            if not self._interval_s[index]:
                self._interval_s[index] = -max(averaging_s, FIRST_INTERVAL_S)
            return
        old_s = self._interval_s[index]
        self._interval_s[index] = step_s if old_s <= 0.0 else 0.8 * old_s + 0.2 * step_s

    def silent(self, now_s: float) -> list[str]:
        """Sensors that are overdue now."""
        size = len(self._last)
        if not size:
            return []
        interval_s: NDArray[np.float64] = np.full(size, FIRST_INTERVAL_S)
        known = np.abs(np.array(self._interval_s[:size]))
        interval_s[: len(known)] = np.where(known > 0.0, known, FIRST_INTERVAL_S)
        patience_s = np.clip(SILENT_INTERVALS * interval_s, SILENT_AT_LEAST_S, SILENT_AT_MOST_S)
        heard = np.isfinite(self._last.received_s)
        age_s = now_s - np.maximum(self._last.received_s, self._started_s)
        return [self._last.ids[index] for index in np.flatnonzero(heard & (age_s > patience_s))]
