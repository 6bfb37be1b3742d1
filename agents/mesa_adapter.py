# SPDX-License-Identifier: Apache-2.0
"""The only module that imports Mesa: thinking agents (crews, commanders, guards: hundreds, never the crowd).

Mesa gives registration, sets of agents and their random stream; time is simpy's. Mesa 3.3.1 keeps every Model
that ever had an agent alive in `Agent._ids`, so a world ends with `ParkModel.release`, or memory grows with
every run.
"""

from __future__ import annotations

from types import TracebackType

import mesa
import numpy as np


class ParkModel(mesa.Model):  # type: ignore[misc]
    """The agents of one world. Use it as a context, or call `release` when the world ends."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng=rng)

    def release(self) -> None:
        """Forget all agents, and make Mesa forget this model."""
        self.remove_all_agents()
        mesa.Agent._ids.pop(self, None)

    def __enter__(self) -> ParkModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class ParkAgent(mesa.Agent):  # type: ignore[misc]
    """A thinking agent of a world; what it does is a simpy process."""

    def __init__(self, model: ParkModel) -> None:
        super().__init__(model)
