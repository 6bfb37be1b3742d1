# SPDX-License-Identifier: Apache-2.0
"""The fold of a timeline: `apply` is the only way anything changes.

Each noun's module names the events it reduces; this class only finds the reducer. Snapshots make seeking cheap: restore the
last one before a time, apply the events after it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from twin.events import AnyEvent, Event
from twin.state import alarms, hazards, people, responders, sensors, world

_NOUNS: Any = (
    ("world", world.REDUCERS),
    ("sensors", sensors.REDUCERS),
    ("alarms", alarms.REDUCERS),
    ("hazards", hazards.REDUCERS),
    ("people", people.REDUCERS),
    ("responders", responders.REDUCERS),
)
_REDUCERS: dict[type[Event], tuple[str, Callable[..., None]]] = {
    event: (noun, reducer) for noun, reducers in _NOUNS for event, reducer in reducers.items()
}


class TwinState:
    """Everything that is true in a world after `seq` events."""

    def __init__(self) -> None:
        self.seq = -1
        self.t_s = float("-inf")
        self.world = world.WorldState()
        self.sensors = sensors.SensorTable()
        self.alarms = alarms.AlarmList()
        self.hazards = hazards.HazardState()
        self.people = people.PeopleState()
        self.responders = responders.ResponderState()

    def apply(self, seq: int, event: AnyEvent, rows: sensors.ReadingRows | None = None) -> None:
        """Fold one event in. `rows` are the readings a `ReadingBatch` names.

        Raises: ValueError when `seq` was applied before.
        """
        if seq <= self.seq:
            raise ValueError(f"event {seq} was applied already; the state is at {self.seq}")
        noun, reducer = _REDUCERS[type(event)]
        if rows is None:
            reducer(getattr(self, noun), event)
        else:
            reducer(getattr(self, noun), event, rows)
        self.seq = seq
        self.t_s = max(self.t_s, event.t_s)

    def snapshot(self) -> TwinState:
        """An independent copy."""
        return copy.deepcopy(self)
