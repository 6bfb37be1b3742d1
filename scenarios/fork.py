# SPDX-License-Identifier: Apache-2.0
"""'What if, from now': a study that takes its wind and its start from a live world at a moment.

The live timeline is folded up to the moment; the newest mean wind of the mast becomes the study's weather. Keys given with
--set win. The run remembers its parent as 'store@seq'.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from twin.clock import format_time, parse_time
from twin.errors import problem
from twin.state import TwinState
from twin.store import Store


def fork_overrides(fork: str, overrides: Sequence[str]) -> tuple[list[str], str]:
    """Overrides that put the state of STORE@TIME into a study, followed by the user's own; and the parent's name.

    Raises: InputProblems when the store or the time is none, or no wind had been observed by then.
    """
    place, at, moment = fork.rpartition("@")
    if not at:
        raise problem(
            f"--fork {fork} names no time",
            "Write STORE@2026-03-18T10:24:20+08:00 or STORE@now.",
            field="--fork",
        )
    with Store.open(Path(place), create=False) as store:
        events = store.events_since(0)
    until_s = events[-1][1].t_s if moment == "now" and events else parse_time(moment, field="--fork")
    state = TwinState()
    for seq, event in events:
        if event.t_s > until_s:
            break
        state.apply(seq, event)
    winds = sorted(state.hazards.wind.values(), key=lambda wind: wind.t_s)
    if not winds:
        raise problem(
            f"no wind had been observed in {place} by {moment}", "Choose a later time.", field="--fork"
        )
    wind = winds[-1]
    taken = [
        f"study.start='{format_time(float(int(until_s)))}'",
        f"weather.wind_speed={wind.speed_m_s!r}",
        f"weather.wind_from_deg={wind.from_deg % 360.0!r}",
    ]
    if wind.temperature_K is not None:
        taken.append(f"weather.temperature={wind.temperature_K!r}")
    return [*taken, *overrides], f"{Path(place).name}@{state.seq}"
