# SPDX-License-Identifier: Apache-2.0
"""Mean wind of each mast from its readings: the ten-minute vector mean, or what there is of it.

A mast is a wind speed and a wind direction sensor at one place (a thermometer there counts to it). Speed and direction of one
time are one sample; u = -s sin d, v = -s cos d are averaged, so 350 and 10 degrees make north and not south.

References: WMO-No. 8, Volume I, chapter 5 (wind: ten-minute means, vector quantities).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from live_sync.registry import Channel, Registry
from twin.errors import InputProblems
from twin.events import WindObserved
from twin.units import to_si

AVERAGING_S = 600.0
EVERY_S = 10.0
_QUANTITIES = ("wind_speed", "wind_from", "air_temperature")


@dataclass(slots=True)
class _Mast:
    name: str
    sensors: dict[str, Channel] = field(default_factory=dict)
    waiting: dict[str, tuple[float, float]] = field(default_factory=dict)
    samples: deque[tuple[float, float, float]] = field(default_factory=deque)
    """(t_s, u, v), true north."""
    temperature_K: float | None = None
    told_s: float = -math.inf
    interval_s: float = 0.0


class WindMeans:
    """The masts of a registry and the wind they have seen."""

    def __init__(self, registry: Registry) -> None:
        self._mast_of: dict[str, _Mast] = {}
        places: dict[tuple[float, float], _Mast] = {}
        for channel in registry.by_sensor.values():
            if channel.quantity not in _QUANTITIES or channel.x_m is None or channel.y_m is None:
                continue
            place = (round(channel.x_m), round(channel.y_m))
            mast = places.setdefault(place, _Mast(channel.sensor))
            mast.sensors.setdefault(channel.quantity, channel)
        for mast in places.values():
            speed = mast.sensors.get("wind_speed")
            if speed is None or "wind_from" not in mast.sensors:
                continue
            mast.name = speed.sensor
            self._mast_of.update({channel.sensor: mast for channel in mast.sensors.values()})

    def watches(self, sensor: str) -> bool:
        return sensor in self._mast_of

    def take(self, channel: Channel, value: float, t_s: float, now_s: float) -> WindObserved | None:
        """Fold a reading in; an event when ten seconds of data time have passed since the mast's last."""
        mast = self._mast_of.get(channel.sensor)
        if mast is None or value != value:
            return None
        try:
            value_si, _ = to_si(value, channel.unit)
        except InputProblems:
            return None
        if channel.quantity == "air_temperature":
            mast.temperature_K = value_si
            return None
        mast.waiting[channel.quantity] = (t_s, value_si)
        if len(mast.waiting) < 2 or mast.waiting["wind_speed"][0] != mast.waiting["wind_from"][0]:
            return None
        speed_m_s, from_deg = mast.waiting["wind_speed"][1], mast.waiting["wind_from"][1]
        mast.waiting.clear()
        if mast.samples and t_s <= mast.samples[-1][0]:
            return None
        angle = math.radians(from_deg)
        if mast.samples:
            mast.interval_s = t_s - mast.samples[-1][0]
        mast.samples.append((t_s, -speed_m_s * math.sin(angle), -speed_m_s * math.cos(angle)))
        while mast.samples[0][0] <= t_s - AVERAGING_S:
            mast.samples.popleft()
        if t_s - mast.told_s < EVERY_S:
            return None
        mast.told_s = t_s
        return self._mean(mast, now_s)

    def _mean(self, mast: _Mast, now_s: float) -> WindObserved:
        count = len(mast.samples)
        u_m_s = math.fsum(sample[1] for sample in mast.samples) / count
        v_m_s = math.fsum(sample[2] for sample in mast.samples) / count
        span_s = mast.samples[-1][0] - mast.samples[0][0] + mast.interval_s
        return WindObserved(
            t_s=now_s,
            mast=mast.name,
            speed_m_s=math.hypot(u_m_s, v_m_s),
            from_deg=math.degrees(math.atan2(-u_m_s, -v_m_s)) % 360.0,
            averaging_s=min(span_s, AVERAGING_S),
            temperature_K=mast.temperature_K,
        )
