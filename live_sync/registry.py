# SPDX-License-Identifier: Apache-2.0
"""Which sensor a device's factor is, and in which unit: from the park folder, never from the protocol's code table.

The code table of HJ 212 prints units that devices do not send (a34004 in ng/m3, sent in ug/m3), so the registered unit is
the only one. Sensors of a replayed stream register themselves and are announced with `SensorSeen`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twin.assets import Sensor
from twin.events import SensorSeen
from twin.park import Park


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One measured quantity of one device, as far as live data needs it."""

    sensor: str
    unit: str
    kind: str
    quantity: str
    name: str = ""
    substance: str = ""
    device: str = ""
    factor: str = ""
    x_m: float | None = None
    y_m: float | None = None
    height_m: float = 1.5
    range_min: float | None = None
    range_max: float | None = None
    alarm_1: float | None = None
    alarm_2: float | None = None

    @classmethod
    def of_sensor(cls, sensor: Sensor) -> Channel:
        """The channel of a park's sensor."""
        x_m, y_m = sensor.xy_m
        return cls(
            sensor=sensor.id,
            unit=sensor.unit,
            kind=sensor.kind,
            quantity=sensor.quantity,
            name=sensor.name,
            substance=sensor.substance,
            device=sensor.hj212_mn,
            factor=sensor.hj212_factor,
            x_m=x_m,
            y_m=y_m,
            height_m=sensor.height_m,
            range_min=sensor.range_min,
            range_max=sensor.range_max,
            alarm_1=sensor.alarm_1,
            alarm_2=sensor.alarm_2,
        )

    def seen(self, t_s: float) -> SensorSeen:
        """The event that announces a channel the park folder does not list."""
        return SensorSeen(
            t_s=t_s,
            sensor=self.sensor,
            name=self.name,
            kind=self.kind,
            quantity=self.quantity,
            unit=self.unit,
            substance=self.substance,
            x_m=self.x_m,
            y_m=self.y_m,
            height_m=self.height_m,
            range_min=self.range_min,
            range_max=self.range_max,
            device=self.device,
        )


class Registry:
    """Every channel that live data can belong to."""

    def __init__(self, channels: Iterable[Channel] = ()) -> None:
        self.by_sensor: dict[str, Channel] = {}
        self._by_factor: dict[tuple[str, str], tuple[Channel, ...]] = {}
        self._by_device: dict[str, list[str]] = {}
        self._streams: set[str] = set()
        for channel in channels:
            self.add(channel)

    @classmethod
    def of_park(cls, park: Park) -> Registry:
        return cls(Channel.of_sensor(sensor) for sensor in park.sensors)

    def add(self, channel: Channel) -> None:
        """Register a channel; one of the same sensor id is replaced."""
        old = self.by_sensor.get(channel.sensor)
        if old is not None:
            key = (old.device, old.factor)
            self._by_factor[key] = tuple(c for c in self._by_factor[key] if c.sensor != channel.sensor)
            self._by_device[old.device].remove(channel.sensor)
        self.by_sensor[channel.sensor] = channel
        key = (channel.device, channel.factor)
        self._by_factor[key] = (*self._by_factor.get(key, ()), channel)
        self._by_device.setdefault(channel.device, []).append(channel.sensor)

    def alias(self, device: str, factor: str, sensor: str) -> None:
        """Let a factor of another device (a replayed stream) feed a sensor that is registered already."""
        key = (device, factor)
        self._by_factor[key] = (*self._by_factor.get(key, ()), self.by_sensor[sensor])
        self._by_device.setdefault(device, [])
        self._streams.add(device)

    def knows(self, device: str) -> bool:
        """Whether anything this device sends can belong to a sensor."""
        return bool(device) and (bool(self._by_device.get(device)) or device in self._streams)

    def channels(self, device: str, factor: str) -> tuple[Channel, ...]:
        """The channels a factor of a device feeds: usually one."""
        return self._by_factor.get((device, factor), ())

    def sensors_of(self, device: str) -> tuple[str, ...]:
        """Ids of the sensors on a device."""
        return tuple(self._by_device.get(device, ()))

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(device for device, sensors in self._by_device.items() if device and sensors)
