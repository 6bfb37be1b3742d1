# SPDX-License-Identifier: Apache-2.0
"""A page's own time: where it stands on a bar, whether it runs and how fast. Wall time enters only through `advance`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class PageTime:
    """Time between `begin_s` and `end_s` (world seconds)."""

    begin_s: float
    end_s: float
    t_s: float
    playing: bool = False
    speed: float = 5.0

    def advance(self, wall_s: float) -> bool:
        """Let `wall_s` seconds of the clock on the wall pass; True when time moved. Stops at the end."""
        if not self.playing or wall_s <= 0:
            return False
        before = self.t_s
        self.t_s = min(self.t_s + wall_s * self.speed, self.end_s)
        if self.t_s >= self.end_s:
            self.playing = False
        return self.t_s != before

    def seek(self, t_s: float) -> None:
        """Go to a time; times off the bar go to its end."""
        self.t_s = min(max(t_s, self.begin_s), self.end_s)

    def toggle(self) -> None:
        """Play or pause; play at the end begins again."""
        if not self.playing and self.t_s >= self.end_s:
            self.t_s = self.begin_s
        self.playing = not self.playing

    @property
    def step_s(self) -> float:
        """One press of a step button: a hundredth of the bar, at least a second."""
        return max(round((self.end_s - self.begin_s) / 100.0), 1.0)
