# SPDX-License-Identifier: Apache-2.0
"""The state of a world: the fold of its timeline. One file per noun, each with its events and its reducers."""

from twin.state.twin_state import TwinState

__all__ = ["TwinState"]
