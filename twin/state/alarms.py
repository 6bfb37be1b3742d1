# SPDX-License-Identifier: Apache-2.0
"""Alarms that stand, those that are over, and who has seen them."""

from __future__ import annotations

import msgspec

from twin.events import LEVELS, AlarmAcknowledged, AlarmChanged, AlarmCleared, AlarmRaised, Level


class Alarm(msgspec.Struct, kw_only=True):
    """One alarm from beginning to end."""

    raised: AlarmRaised
    level: Level
    value: float | None
    cleared_s: float | None = None
    acknowledged_by: str = ""
    acknowledged_s: float | None = None

    @property
    def standing(self) -> bool:
        return self.cleared_s is None


class AlarmList(msgspec.Struct, kw_only=True):
    """All alarms by their id."""

    by_id: dict[str, Alarm] = {}

    def standing(self) -> list[Alarm]:
        """Alarms that are not over: highest level first, then the newest."""
        alarms = [alarm for alarm in self.by_id.values() if alarm.standing]
        return sorted(
            alarms, key=lambda alarm: (-LEVELS.index(alarm.level), -alarm.raised.t_s, alarm.raised.alarm)
        )

    def on_raised(self, event: AlarmRaised) -> None:
        self.by_id[event.alarm] = Alarm(raised=event, level=event.level, value=event.value)

    def on_changed(self, event: AlarmChanged) -> None:
        if alarm := self.by_id.get(event.alarm):
            alarm.level, alarm.value = event.level, event.value

    def on_cleared(self, event: AlarmCleared) -> None:
        if alarm := self.by_id.get(event.alarm):
            alarm.cleared_s, alarm.value = event.t_s, event.value

    def on_acknowledged(self, event: AlarmAcknowledged) -> None:
        if alarm := self.by_id.get(event.alarm):
            alarm.acknowledged_by, alarm.acknowledged_s = event.by, event.t_s


REDUCERS = {
    AlarmRaised: AlarmList.on_raised,
    AlarmChanged: AlarmList.on_changed,
    AlarmCleared: AlarmList.on_cleared,
    AlarmAcknowledged: AlarmList.on_acknowledged,
}
