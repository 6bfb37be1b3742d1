# SPDX-License-Identifier: Apache-2.0
"""Readings and means as HJ 212-2017 frames: real-time data (CN 2011) and minute data (CN 2051), split where they are long.

Content longer than 950 bytes goes out in sub-packets (PNUM, PNO); each has its own QN, as Tables C.49 and C.50 of the
standard print it, and they share DataTime.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from live_sync.adapters.hj212.frame import build_segment, device_time_text, encode_frame
from live_sync.plant.minute import Mean
from live_sync.plant.signal import Reading
from twin.assets import Sensor

LONGEST_CONTENT = 950
"""Bytes that may stand between the && marks."""
_WANTS_ANSWER, _IS_PART, _VERSION_2017 = 1, 2, 4
_AIR, _PROCESS = "22", "51"
"""System codes ST: air quality monitoring; process of a source of air pollution (tanks, units)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A data logger: one MN, several factors."""

    mn: str
    sensors: tuple[Sensor, ...]

    @property
    def system(self) -> str:
        """Its ST."""
        return _AIR if all(sensor.kind in ("gas", "met") for sensor in self.sensors) else _PROCESS


def devices_of(sensors: Iterable[Sensor]) -> list[Device]:
    """The loggers that the registry names, by MN."""
    of: dict[str, list[Sensor]] = {}
    for sensor in sensors:
        if sensor.hj212_mn and sensor.hj212_factor:
            of.setdefault(sensor.hj212_mn, []).append(sensor)
    return [Device(mn=mn, sensors=tuple(of[mn])) for mn in sorted(of)]


@dataclass(frozen=True, slots=True)
class Packet:
    """A frame on its way: what is sent and the number by which its answer is known."""

    qn: str
    raw: bytes


class Packer:
    """Makes the frames of one device; its QN never repeat."""

    def __init__(self, device: Device, password: str = "123456") -> None:
        self.device, self.password = device, password
        self._last_ms = 0
        self._decimals = [decimals_of(sensor) for sensor in device.sensors]

    def realtime(self, t_s: float, readings: Sequence[Reading], now_s: float) -> list[Packet]:
        """Frames of CN 2011; DataTime is the time of the sample."""
        items = [
            f"{sensor.hj212_factor}-Rtd={reading.value:.{places}f},{sensor.hj212_factor}-Flag={reading.flag}"
            for sensor, reading, places in zip(self.device.sensors, readings, self._decimals, strict=True)
        ]
        return self._frames("2011", t_s, items, now_s)

    def minutes(self, start_s: float, means: Sequence[Mean], now_s: float) -> list[Packet]:
        """Frames of CN 2051; DataTime is the start of the interval."""
        items = []
        for sensor, mean, places in zip(self.device.sensors, means, self._decimals, strict=True):
            numbers = (
                ("Cou", mean.total),
                ("Min", mean.least),
                ("Avg", mean.average),
                ("Max", mean.greatest),
            )
            parts = [
                f"{sensor.hj212_factor}-{name}={value:.{places}f}"
                for name, value in numbers
                if value is not None
            ]
            items.append(",".join([*parts, f"{sensor.hj212_factor}-Flag={mean.flag}"]))
        return self._frames("2051", start_s, items, now_s)

    def _frames(self, command: str, t_s: float, items: Sequence[str], now_s: float) -> list[Packet]:
        contents = split_content(f"DataTime={device_time_text(t_s)}", items)
        split = len(contents) > 1
        packets = []
        for number, content in enumerate(contents, 1):
            qn = self._next_qn(now_s)
            segment = build_segment(
                qn=qn,
                st=self.device.system,
                cn=command,
                pw=self.password,
                mn=self.device.mn,
                flag=_VERSION_2017 | _WANTS_ANSWER | (_IS_PART if split else 0),
                pnum=len(contents) if split else None,
                pno=number if split else None,
                cp=content,
            )
            packets.append(Packet(qn, encode_frame(segment)))
        return packets

    def _next_qn(self, now_s: float) -> str:
        self._last_ms = max(int(now_s * 1000), self._last_ms + 1)
        return device_time_text(self._last_ms / 1000, milliseconds=True)


def split_content(head: str, items: Sequence[str], longest: int = LONGEST_CONTENT) -> list[str]:
    """Contents that each begin with `head`, hold whole items in order and are no longer than allowed.

    Examples:
        >>> split_content("T=1", ["a=1", "b=2", "c=3"], longest=11)
        ['T=1;a=1;b=2', 'T=1;c=3']
    """
    contents = [head]
    for item in items:
        longer = f"{contents[-1]};{item}"
        if len(longer.encode()) > longest and contents[-1] != head:
            contents.append(f"{head};{item}")
        else:
            contents[-1] = longer
    return contents


def decimals_of(sensor: Sensor) -> int:
    """Decimals that show four digits or so of the sensor's range (between 1 and 4; none for directions)."""
    if sensor.quantity == "wind_from":
        return 0
    largest = max(abs(sensor.range_max or 100.0), 1e-3)
    return min(max(3 - math.floor(math.log10(largest)), 1), 4)
