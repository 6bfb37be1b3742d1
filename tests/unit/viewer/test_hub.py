# SPDX-License-Identifier: Apache-2.0
"""What pages share: runs opened once, a watchdog that notices a held-up loop."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from twin.park import Park
from viewer.hub import OPEN_RUNS, Hub, Watchdog


def test_watchdog_sees_a_blocked_loop() -> None:
    async def run() -> Watchdog:
        dog = Watchdog()
        task = asyncio.create_task(dog.run())
        await asyncio.sleep(0.2)
        assert dog.worst_own_s < 0.1
        begin = time.process_time()
        while time.process_time() - begin < 0.3:
            pass  # this is the fault that is to be noticed
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return dog

    dog = asyncio.run(run())
    assert 0.2 < dog.worst_own_s <= dog.worst_s and dog.recent_s == dog.worst_s
    dog.reset()
    assert dog.worst_s == dog.recent_s == 0.0


def test_waiting_for_a_processor_is_not_blocking() -> None:
    dog = Watchdog()
    dog.note(late_s=0.4, used_s=0.03)
    assert dog.worst_s == 0.4 and dog.worst_own_s == 0.03


def test_a_run_is_opened_once_and_old_ones_are_let_go(
    tiny_park: Park, run_folder: Path, tmp_path: Path
) -> None:
    copies = [tmp_path / f"run{k}" for k in range(OPEN_RUNS + 1)]
    for copy in copies:
        shutil.copytree(run_folder, copy)

    async def run() -> None:
        hub = Hub(tiny_park, purpose="live")
        one, two = await asyncio.gather(hub.open_run(copies[0]), hub.open_run(copies[0]))
        assert one is two
        for copy in copies[1:]:
            await hub.open_run(copy)
        assert await hub.open_run(copies[0]) is not one

    asyncio.run(run())


def test_health_of_a_park_alone(tiny_park: Park) -> None:
    hub = Hub(tiny_park, purpose="park")
    health = hub.health()
    assert health["status"] == "ok" and health["pages"] == 0 and not hub.can_ask
