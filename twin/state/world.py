# SPDX-License-Identifier: Apache-2.0
"""Which world this is, and what has been noted in it."""

from __future__ import annotations

import msgspec

from twin.events import Note, OrderIssued, WorldEnded, WorldStarted


class Milestone(msgspec.Struct, kw_only=True, frozen=True):
    """Something that deserves a tick on the timeline bar."""

    t_s: float
    kind: str
    text_key: str
    values: dict[str, str | float | int] = {}


class WorldState(msgspec.Struct, kw_only=True):
    """Identity and milestones of the world."""

    kind: str = ""
    title: str = ""
    park_id: str = ""
    started_s: float | None = None
    ended_s: float | None = None
    seed: int | None = None
    exercise: bool = False
    milestones: list[Milestone] = []
    orders: list[OrderIssued] = []

    def on_started(self, event: WorldStarted) -> None:
        if self.started_s is None:
            self.kind, self.title, self.park_id = event.world, event.title, event.park_id
            self.started_s, self.seed, self.exercise = event.t_s, event.seed, event.exercise
        self.ended_s = None

    def on_ended(self, event: WorldEnded) -> None:
        self.ended_s = event.t_s

    def on_note(self, event: Note) -> None:
        self.milestones.append(
            Milestone(t_s=event.t_s, kind=event.kind, text_key=event.text_key, values=event.values)
        )

    def on_order(self, event: OrderIssued) -> None:
        self.orders.append(event)


REDUCERS = {
    WorldStarted: WorldState.on_started,
    WorldEnded: WorldState.on_ended,
    Note: WorldState.on_note,
    OrderIssued: WorldState.on_order,
}
