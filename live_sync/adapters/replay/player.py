# SPDX-License-Identifier: Apache-2.0
"""Plays a recorded stream into the live world, through the same coordinator as live data.

The stream's first row is now; later rows keep their spacing divided by the speed, so data age stays true at any speed. The
times of the recording are in the journal, where each row is kept as it stands in the file.
"""

from __future__ import annotations

import asyncio
import time

from live_sync.adapters.replay.stream import Row, Stream
from live_sync.coordinator import Coordinator
from live_sync.journal import Journal
from live_sync.reading import Arrival, LinkNews
from live_sync.registry import Channel
from twin.errors import problem

ADAPTER = "replay"
_GROUP = 500
_NAP_S = 0.05


class Player:
    """One stream on its way into the live world."""

    def __init__(
        self, stream: Stream, coordinator: Coordinator, journal: Journal, *, speed: float = 1.0
    ) -> None:
        if not speed > 0:
            raise problem(
                f"a replay cannot run at {speed} times real time", "Give a speed above 0.", field="--speed"
            )
        self._stream = stream
        self._journal = journal
        self._speed = speed
        self.sent = 0
        for channel in stream.channels.values():
            coordinator.announce(channel)
        for label, sensor in stream.aliases.items():
            if sensor.id not in coordinator.registry.by_sensor:
                coordinator.registry.add(Channel.of_sensor(sensor))
            coordinator.registry.alias(stream.name, label, sensor.id)

    async def run(self) -> None:
        """Send every row when it is due; ends with the file."""
        link = f"{ADAPTER}:{self._stream.path.name}"
        begin_s = time.time()
        group: list[Arrival | LinkNews] = []
        for row in self._stream.rows():
            due_s = begin_s + ((row.t_s or self._stream.first_s) - self._stream.first_s) / self._speed
            while due_s > time.time():
                await self._send(group)
                await asyncio.sleep(min(max(due_s - time.time(), 0.0), _NAP_S))
            group.append(self._arrival(row, link, due_s))
            if len(group) >= _GROUP:
                await self._send(group)
        await self._send(group)
        device = self._stream.name
        self._journal.submit(
            [LinkNews(f"{ADAPTER}:{device}", device, "down", f"stream ended, {self.sent} rows")]
        )

    async def _send(self, group: list[Arrival | LinkNews]) -> None:
        if group:
            self._journal.submit(group)
            self.sent += len(group)
            group.clear()
            await self._journal.room()
            await asyncio.sleep(0)

    def _arrival(self, row: Row, link: str, due_s: float) -> Arrival:
        return Arrival(
            link=link,
            device=self._stream.name,
            received_s=time.time(),
            raw=row.raw,
            size=len(row.raw),
            intent="refused" if row.problem else "reading",
            reason=row.problem,
            t_s=None if row.t_s is None else due_s,
            measurements=row.measurements,
        )
