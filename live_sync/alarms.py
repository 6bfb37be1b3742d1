# SPDX-License-Identifier: Apache-2.0
"""Alarms from raw values: raised at once and exactly once, lowered only after the value stayed below for a hold time.

One alarm per sensor and family (threshold, no data). Its level follows the highest rule the value meets; it rises at once, and
falls when the value stayed below limit - deadband for `hold_s` of device time. The rules are the table below.

References: levels and state words after ISA-18.2 / IEC 62682 (deadband, off-delay); the four colours are the national
warning levels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from live_sync.registry import Channel
from twin.events import LEVELS, AlarmChanged, AlarmCleared, AlarmRaised, Event, Level

NO_DATA = "no_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A limit of a channel and the level of the alarm that meeting it raises."""

    name: str
    limit: str
    """Attribute of the channel that is the limit."""
    level: Level
    deadband_fraction: float = 0.05
    """Part of the limit that a value must fall below it before it counts as below."""
    hold_s: float = 60.0
    text_key: str = "alarm.threshold"


RULES: tuple[Rule, ...] = (
    Rule(name="alarm_1", limit="alarm_1", level="yellow"),
    Rule(name="alarm_2", limit="alarm_2", level="orange"),
    Rule(name="over_range", limit="range_max", level="red", text_key="alarm.over_range"),
)
"""Lowest first. Over-range counts only for channels that have a threshold: a saturated gas detector, not a wind vane."""

HOLD_S = max(rule.hold_s for rule in RULES)


@dataclass(slots=True)
class _Standing:
    alarm: str
    level: Level
    below_since_s: float | None = None


class AlarmBoard:
    """The standing alarms of a world and the events that change them."""

    def __init__(self, rules: tuple[Rule, ...] = RULES) -> None:
        self.rules = rules
        self._threshold: dict[str, _Standing] = {}
        self._no_data: dict[str, str] = {}
        self._limits: dict[str, tuple[tuple[Rule, float], ...]] = {}
        self._lowest: dict[str, float] = {}

    def restore(self, alarms: Iterable[tuple[str, str, str, str, float]]) -> None:
        """Take over the alarms a store holds as not cleared (alarm, source, rule, level, time raised)."""
        for alarm, source, rule, level, _ in alarms:
            if rule == NO_DATA:
                self._no_data[source] = alarm
            else:
                self._threshold[source] = _Standing(alarm, _level(level))

    @property
    def standing(self) -> dict[str, str]:
        """Source of every standing alarm, by alarm."""
        by_alarm = {standing.alarm: source for source, standing in self._threshold.items()}
        return by_alarm | {alarm: source for source, alarm in self._no_data.items()}

    def limits(self, channel: Channel) -> tuple[tuple[Rule, float], ...]:
        """The rules that apply to a channel with their limits, lowest level first."""
        limits = self._limits.get(channel.sensor)
        if limits is None:
            limits = self._limits[channel.sensor] = _limits(channel, self.rules)
        return limits

    def calm(self, channel: Channel, value: float) -> bool:
        """Whether a value can change nothing: no alarm stands and no limit is met."""
        lowest = self._lowest.get(channel.sensor)
        if lowest is None:
            limits = (limit for _, limit in self.limits(channel))
            lowest = self._lowest[channel.sensor] = min(limits, default=math.inf)
        return not value >= lowest and channel.sensor not in self._threshold

    def value(
        self,
        channel: Channel,
        value: float,
        t_s: float,
        *,
        now_s: float,
        row: int,
        flag: str,
        cause: int | None,
    ) -> list[Event]:
        """Events that a raw value of device time `t_s` leads to; `now_s` is the time of the events."""
        if value != value:
            return []
        limits = self.limits(channel)
        standing = self._threshold.get(channel.sensor)
        if not limits and standing is None:
            return []
        met = [(rule, limit) for rule, limit in limits if value >= limit]
        if met and (standing is None or _rank(met[-1][0].level) > _rank(standing.level)):
            rule, limit = met[-1]
            if standing is not None:
                standing.level, standing.below_since_s = rule.level, None
                return [
                    AlarmChanged(t_s=now_s, alarm=standing.alarm, level=rule.level, value=value, cause=cause)
                ]
            alarm = f"{channel.sensor}-{row}"
            self._threshold[channel.sensor] = _Standing(alarm, rule.level)
            return [_raised(alarm, channel, rule, limit, value, now_s=now_s, row=row, flag=flag, cause=cause)]
        if standing is None:
            return []
        held: list[Level] = [
            rule.level for rule, limit in limits if value >= limit - rule.deadband_fraction * abs(limit)
        ]
        if held and _rank(held[-1]) >= _rank(standing.level):
            standing.below_since_s = None
            return []
        if standing.below_since_s is None or t_s < standing.below_since_s:
            standing.below_since_s = t_s
        hold_s = next((rule.hold_s for rule, _ in limits if rule.level == standing.level), HOLD_S)
        if t_s - standing.below_since_s < hold_s:
            return []
        if held:
            standing.level, standing.below_since_s = held[-1], None
            return [AlarmChanged(t_s=now_s, alarm=standing.alarm, level=held[-1], value=value, cause=cause)]
        del self._threshold[channel.sensor]
        return [AlarmCleared(t_s=now_s, alarm=standing.alarm, value=value, cause=cause)]

    def silent(self, channel: Channel, *, now_s: float, last_s: float) -> list[Event]:
        """A sensor fell silent; its last reading arrived at `last_s`."""
        if channel.sensor in self._no_data:
            return []
        alarm = f"{channel.sensor}-silent-{int(now_s * 1000)}"
        self._no_data[channel.sensor] = alarm
        return [
            AlarmRaised(
                t_s=now_s,
                alarm=alarm,
                level="blue",
                rule=NO_DATA,
                source=channel.sensor,
                x_m=channel.x_m,
                y_m=channel.y_m,
                text_key="alarm.no_data",
                values={"silent_s": round(now_s - last_s, 1)},
            )
        ]

    def heard(self, sensor: str, *, now_s: float, cause: int | None) -> list[Event]:
        """A sensor sent something: its no-data alarm, if it stands, is over."""
        alarm = self._no_data.pop(sensor, None) if self._no_data else None
        return [] if alarm is None else [AlarmCleared(t_s=now_s, alarm=alarm, cause=cause)]


def _limits(channel: Channel, rules: tuple[Rule, ...]) -> tuple[tuple[Rule, float], ...]:
    thresholds = [limit for limit in (channel.alarm_1, channel.alarm_2) if limit is not None]
    found = []
    for rule in rules:
        limit = getattr(channel, rule.limit)
        if limit is None or not thresholds:
            continue
        if rule.limit == "range_max" and limit <= max(thresholds):
            continue
        found.append((rule, float(limit)))
    return tuple(found)


def _raised(
    alarm: str,
    channel: Channel,
    rule: Rule,
    limit: float,
    value: float,
    *,
    now_s: float,
    row: int,
    flag: str,
    cause: int | None,
) -> AlarmRaised:
    values: dict[str, str | float | int] = {"row": row}
    if flag and flag != "N":
        values["flag"] = flag
    if channel.substance:
        values["substance"] = channel.substance
    return AlarmRaised(
        t_s=now_s,
        alarm=alarm,
        level=rule.level,
        rule=rule.name,
        source=channel.sensor,
        value=value,
        unit=channel.unit,
        limit=limit,
        x_m=channel.x_m,
        y_m=channel.y_m,
        text_key=rule.text_key,
        values=values,
        cause=cause,
    )


def _rank(level: Level) -> int:
    return LEVELS.index(level)


def _level(text: str) -> Level:
    return next(level for level in LEVELS if level == text)
