# SPDX-License-Identifier: Apache-2.0
"""Means over an interval, as a data logger makes them for CN 2051: mean, least, greatest, total, and one flag.

A mean counts as normal when at least three quarters of its samples are (the rule for gas in HJ 212-2017); an interval with
fewer than three quarters of its samples is not sent at all. Directions are averaged on the circle.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from live_sync.plant.signal import Reading
from twin.assets import Sensor

MEASURED = frozenset("NT")
"""Flags of values that are measurements."""
_ENOUGH = 0.75
_PER_SECOND = {"m3/s": 1.0, "L/s": 1.0, "kg/s": 1.0, "m3/h": 1 / 3600, "L/h": 1 / 3600, "kg/h": 1 / 3600}
"""Flow units that have a total (Cou), and seconds' worth of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """One sensor over one interval; None where nothing was measured."""

    average: float | None
    least: float | None
    greatest: float | None
    total: float | None
    """Amount that flowed; only for flows."""
    flag: str


class IntervalMeans:
    """Collects the samples of one device and closes an interval when the first sample of a later one comes."""

    def __init__(self, sensors: Sequence[Sensor], interval_s: float, sample_s: float) -> None:
        self.sensors, self.interval_s = tuple(sensors), interval_s
        self._expected = interval_s / sample_s
        self._start_s = math.nan
        self._rows: list[Sequence[Reading]] = []

    def add(self, t_s: float, readings: Sequence[Reading]) -> tuple[float, list[Mean]] | None:
        """Take a sample; gives start and means of the interval that it closes, if that had enough samples."""
        start_s = math.floor(t_s / self.interval_s) * self.interval_s
        closed = None
        if start_s != self._start_s:
            if len(self._rows) >= _ENOUGH * self._expected:
                closed = (self._start_s, self._means())
            self._start_s, self._rows = start_s, []
        self._rows.append(readings)
        return closed

    def _means(self) -> list[Mean]:
        return [self._mean(place) for place in range(len(self.sensors))]

    def _mean(self, place: int) -> Mean:
        readings = [row[place] for row in self._rows]
        values = [reading.value for reading in readings if reading.flag in MEASURED]
        flags = Counter(reading.flag for reading in readings)
        normal = flags["N"] >= _ENOUGH * len(readings)
        flag = "N" if normal else next(name for name, _ in flags.most_common() if name != "N")
        if not values:
            return Mean(average=None, least=None, greatest=None, total=None, flag=flag)
        per_second = _PER_SECOND.get(self.sensors[place].unit)
        average = (
            circular_mean_deg(values) if self.sensors[place].unit == "deg" else sum(values) / len(values)
        )
        return Mean(
            average=average,
            least=min(values),
            greatest=max(values),
            total=None if per_second is None else average * self.interval_s * per_second,
            flag=flag,
        )


def circular_mean_deg(values: Sequence[float]) -> float:
    """Direction of the mean of unit vectors, 0 <= deg < 360.

    Examples:
        >>> round(circular_mean_deg([350.0, 20.0]), 6)
        5.0
    """
    east = sum(math.sin(math.radians(value)) for value in values)
    north = sum(math.cos(math.radians(value)) for value in values)
    return math.degrees(math.atan2(east, north)) % 360.0
