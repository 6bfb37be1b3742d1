# SPDX-License-Identifier: Apache-2.0
"""Who is told what, and when: the order end of the chain.

The order falls at the study's `warn_after_s`, or `decide_s` after the first detector alarm. It goes to everybody, or to the
people within a radius of the source.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scenarios.study import Study


class WarningOrder:
    """The one protective order of a study."""

    def __init__(self, study: Study, source_xy_m: tuple[float, float]) -> None:
        self.kind = "evacuate" if study.evacuate else "shelter"
        self.given_s: float | None = None
        self._study = study
        self._source = source_xy_m
        self._first_alarm_s = math.inf

    def alarm_seen(self, t_s: float) -> None:
        """A detector is in alarm."""
        self._first_alarm_s = min(self._first_alarm_s, t_s)

    def due(self, t_s: float) -> bool:
        """Whether the order is to be given now; true once."""
        study = self._study
        if self.given_s is not None:
            return False
        if study.warn_after_s is not None:
            moment = study.start_s + study.warn_after_s
        else:
            moment = self._first_alarm_s + study.decide_s
        if t_s < moment:
            return False
        self.given_s = t_s
        return True

    @property
    def target(self) -> str:
        """What the order names."""
        radius = self._study.warn_radius_m
        return "park" if radius is None else f"{radius:.0f} m"

    def audience(self, xy_m: NDArray[np.float64]) -> NDArray[np.intp]:
        """Rows of the people it reaches. Shapes: xy_m [N, 2] -> [M]."""
        if self._study.warn_radius_m is None:
            return np.arange(len(xy_m))
        distance = np.hypot(xy_m[:, 0] - self._source[0], xy_m[:, 1] - self._source[1])
        return np.flatnonzero(distance <= self._study.warn_radius_m)
