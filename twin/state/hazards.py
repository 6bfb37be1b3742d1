# SPDX-License-Identifier: Apache-2.0
"""Releases that run or ran, the newest frame of each field, the reach of each named zone, and the wind."""

from __future__ import annotations

import msgspec

from twin.events import (
    FieldFrame,
    IsolationDone,
    ReleaseChanged,
    ReleaseEnded,
    ReleaseStarted,
    WindObserved,
    ZoneChanged,
)


class Release(msgspec.Struct, kw_only=True):
    """One leak."""

    started: ReleaseStarted
    now: ReleaseChanged | None = None
    ended: ReleaseEnded | None = None


class HazardState(msgspec.Struct, kw_only=True):
    """What threatens, as far as the timeline has told."""

    releases: dict[str, Release] = {}
    frames: dict[str, FieldFrame] = {}
    """Newest frame of each field, by field name."""
    zones: dict[str, ZoneChanged] = {}
    isolated: list[IsolationDone] = []
    wind: dict[str, WindObserved] = {}
    """Newest mean wind by mast."""

    def on_started(self, event: ReleaseStarted) -> None:
        self.releases[event.release] = Release(started=event)

    def on_changed(self, event: ReleaseChanged) -> None:
        self.releases[event.release].now = event

    def on_ended(self, event: ReleaseEnded) -> None:
        self.releases[event.release].ended = event

    def on_frame(self, event: FieldFrame) -> None:
        self.frames[event.field] = event

    def on_zone(self, event: ZoneChanged) -> None:
        self.zones[event.zone] = event

    def on_isolated(self, event: IsolationDone) -> None:
        self.isolated.append(event)

    def on_wind(self, event: WindObserved) -> None:
        self.wind[event.mast] = event


REDUCERS = {
    ReleaseStarted: HazardState.on_started,
    ReleaseChanged: HazardState.on_changed,
    ReleaseEnded: HazardState.on_ended,
    FieldFrame: HazardState.on_frame,
    ZoneChanged: HazardState.on_zone,
    IsolationDone: HazardState.on_isolated,
    WindObserved: HazardState.on_wind,
}
