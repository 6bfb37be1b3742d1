# SPDX-License-Identifier: Apache-2.0
"""Where the people arrays stand and what the exposure has come to; positions are in the run's arrays."""

from __future__ import annotations

import msgspec

from twin.events import CasualtiesCounted, PeopleFrame


class PeopleState(msgspec.Struct, kw_only=True):
    """Newest people frame and casualty count."""

    frame: PeopleFrame | None = None
    casualties: CasualtiesCounted | None = None

    @property
    def counts(self) -> dict[str, int]:
        """People by state name."""
        return self.frame.counts if self.frame else {}

    def on_frame(self, event: PeopleFrame) -> None:
        self.frame = event

    def on_casualties(self, event: CasualtiesCounted) -> None:
        self.casualties = event


REDUCERS = {PeopleFrame: PeopleState.on_frame, CasualtiesCounted: PeopleState.on_casualties}
