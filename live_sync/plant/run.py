# SPDX-License-Identifier: Apache-2.0
"""Runs a whole simulated plant: every HJ 212 device of a park, each with its own connection, in one event loop.

Devices sample every few seconds of plant time, send real-time data every `interval_s` (each at its own second of it) and
means every minute. Plant time runs `speed` times as fast as the clock; time-outs of the exchange are real time.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from live_sync.plant.air import Air
from live_sync.plant.link import Link, LinkCounts, LinkSettings
from live_sync.plant.minute import IntervalMeans
from live_sync.plant.noise import stream
from live_sync.plant.packet import Device, Packer, devices_of
from live_sync.plant.signal import DeviceSignals
from live_sync.plant.truth import Truth
from twin.errors import problem
from twin.park import Park

SAMPLE_S = 5.0
"""Longest time between two samples of a device."""
LAST_ANSWERS_S = 2.0
"""How long a stopping plant waits for answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """What one device did."""

    made: int
    sent: int
    acknowledged: int
    refused: int
    resent: int
    dropped: int
    unanswered: int
    connects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantReport:
    """What the plant did. Every frame that was made is acknowledged, refused, dropped or unanswered."""

    devices: Mapping[str, DeviceReport]
    duration_s: float
    """Plant time."""

    def _sum(self, name: str) -> int:
        return sum(int(getattr(device, name)) for device in self.devices.values())

    @property
    def made(self) -> int:
        return self._sum("made")

    @property
    def sent(self) -> int:
        """Frames sent at least once."""
        return self._sum("sent")

    @property
    def acknowledged(self) -> int:
        return self._sum("acknowledged")

    @property
    def refused(self) -> int:
        return self._sum("refused")

    @property
    def resent(self) -> int:
        """Times a frame was sent again."""
        return self._sum("resent")

    @property
    def dropped(self) -> int:
        return self._sum("dropped")

    @property
    def unanswered(self) -> int:
        return self._sum("unanswered")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantClock:
    """Plant time, from a start on, at a speed."""

    start_s: float
    speed: float
    zero_s: float
    """The loop's clock at the start."""

    @property
    def now_s(self) -> float:
        return self.start_s + (asyncio.get_running_loop().time() - self.zero_s) * self.speed

    async def until(self, t_s: float) -> None:
        """Wait for a plant time; always lets others run."""
        await asyncio.sleep(max((t_s - self.now_s) / self.speed, 0.0))


def run_plant(
    park: Park,
    host: str,
    port: int,
    *,
    truth: Path | None = None,
    speed: float = 1.0,
    seed: int = 1,
    interval_s: float = 10.0,
    stop: threading.Event | None = None,
    minute_s: float = 60.0,
    duration_s: float | None = None,
    start_s: float | None = None,
    glitches_1_h: float = 0.0,
    settings: LinkSettings | None = None,
) -> PlantReport:
    """Run the plant until `stop` is set, `duration_s` of plant time is over, or the process is asked to end (SIGINT or
    SIGTERM, when called in the main thread); blocks. See `run_plant_async`."""
    stop = stop or threading.Event()

    async def until_told() -> PlantReport:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return await run_plant_async(
            park,
            host,
            port,
            truth=truth,
            speed=speed,
            seed=seed,
            interval_s=interval_s,
            stop=stop,
            minute_s=minute_s,
            duration_s=duration_s,
            start_s=start_s,
            glitches_1_h=glitches_1_h,
            settings=settings,
        )

    return asyncio.run(until_told())


async def run_plant_async(
    park: Park,
    host: str,
    port: int,
    *,
    truth: Path | None = None,
    speed: float = 1.0,
    seed: int = 1,
    interval_s: float = 10.0,
    stop: threading.Event | None = None,
    minute_s: float = 60.0,
    duration_s: float | None = None,
    start_s: float | None = None,
    glitches_1_h: float = 0.0,
    settings: LinkSettings | None = None,
) -> PlantReport:
    """Send what the park's HJ 212 sensors would measure.

    `truth` is a run folder whose concentrations the detectors see from the start on; `start_s` is plant time at the start
    (now, unless given); `glitches_1_h` faults per sensor and hour (spikes, stuck values, failures).

    Raises: InputProblems when no sensor has an HJ 212 address, a number is out of range or the truth is no run.
    """
    for name, number in (("speed", speed), ("interval_s", interval_s), ("minute_s", minute_s)):
        if not number > 0:
            raise problem(f"{name} is {number}", "Give a number above 0.", field=name)
    devices = devices_of(park.sensors)
    if not devices:
        raise problem(
            "no sensor has an HJ 212 address",
            "Write hj212_mn and hj212_factor for the sensors.",
            layer="sensors",
            field="hj212_mn",
        )
    begin_s = time.time() if start_s is None else start_s
    seen = None if truth is None else Truth.open(truth, park.sensors, park.frame, begin_s)
    air = Air(park.frame, begin_s, seed, given=seen.weather if seen else None)
    tanks = {tank.id: tank for tank in park.tanks}
    clock = PlantClock(start_s=begin_s, speed=speed, zero_s=asyncio.get_running_loop().time())
    chosen = settings or LinkSettings()
    links: dict[str, Link] = {}
    linking: list[asyncio.Task[None]] = []
    measuring: list[asyncio.Task[None]] = []
    for device in devices:
        rng = stream(seed, device.mn)
        link = Link(device.mn, host, port, chosen, random.Random(int(rng.integers(2**32))))
        links[device.mn] = link
        offset_s = float(rng.integers(max(int(interval_s), 1)))
        signals = DeviceSignals(
            device.sensors, tanks, air, park.frame, rng, truth=seen, glitches_1_h=glitches_1_h
        )
        linking.append(asyncio.create_task(link.run()))
        measuring.append(
            asyncio.create_task(
                _measure(device, signals, link, clock, interval_s, minute_s, offset_s, duration_s)
            )
        )
    try:
        await _until_stopped(measuring, linking, stop)
    finally:
        for task in measuring:
            task.cancel()
        await asyncio.gather(*measuring, return_exceptions=True)
        with contextlib.suppress(asyncio.CancelledError):
            await _last_answers(list(links.values()))
        for task in linking:
            task.cancel()
        await asyncio.gather(*linking, return_exceptions=True)
    return PlantReport(
        devices={mn: _report(link.counts, link.unsent) for mn, link in links.items()},
        duration_s=clock.now_s - begin_s,
    )


async def _measure(
    device: Device,
    signals: DeviceSignals,
    link: Link,
    clock: PlantClock,
    interval_s: float,
    minute_s: float,
    offset_s: float,
    duration_s: float | None,
) -> None:
    """Sample, send, and again."""
    every = max(round(interval_s / SAMPLE_S), 1)
    sample_s = interval_s / every
    packer = Packer(device)
    means = IntervalMeans(device.sensors, minute_s, sample_s)
    count = 0
    while True:
        t_s = clock.start_s + offset_s + count * sample_s
        if duration_s is not None and t_s >= clock.start_s + duration_s:
            return
        await clock.until(t_s)
        readings = signals.sample(t_s)
        if count % every == 0:
            link.put(packer.realtime(t_s, readings, clock.now_s))
        closed = means.add(t_s, readings)
        if closed is not None:
            link.put(packer.minutes(*closed, clock.now_s))
        count += 1


async def _until_stopped(
    measuring: list[asyncio.Task[None]], linking: list[asyncio.Task[None]], stop: threading.Event | None
) -> None:
    """Until all devices are done, something failed (raises what it raised), or `stop` is set."""
    while stop is None or not stop.is_set():
        await asyncio.wait(measuring, timeout=0.25)
        for task in [*measuring, *linking]:
            if task.done():
                task.result()
        if all(task.done() for task in measuring):
            return


async def _last_answers(links: list[Link]) -> None:
    """A short wait for the answers to what was just sent."""
    end_s = asyncio.get_running_loop().time() + LAST_ANSWERS_S
    while any(link.unsent for link in links) and asyncio.get_running_loop().time() < end_s:
        await asyncio.sleep(0.02)


def _report(counts: LinkCounts, unanswered: int) -> DeviceReport:
    return DeviceReport(
        made=counts.made,
        sent=counts.sent,
        acknowledged=counts.acknowledged,
        refused=counts.refused,
        resent=counts.resent,
        dropped=counts.dropped,
        unanswered=unanswered,
        connects=counts.connects,
    )
