# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, said so that the reader can mend it.

Every message names where (file, layer, id, field), what was found, what was expected and what to do.
`InputProblems` carries all problems at once; the command line prints them and exits with 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in what the user gave."""

    what: str
    """What was found, e.g. 'diameter is 0.012 m'."""
    remedy: str
    """What to do, e.g. 'write metres, not kilometres'."""
    expected: str = ""
    code: str = ""
    """Check code: a group letter (C G R V N T S F) and two digits."""
    file: str = ""
    layer: str = ""
    id: str = ""
    field: str = ""
    warning: bool = False

    def __str__(self) -> str:
        where = " ".join(
            part
            for part in (
                self.file,
                self.layer and f"layer {self.layer}",
                self.id and f"id {self.id}",
                self.field and f"field {self.field}",
            )
            if part
        )
        text = f"{where}: {self.what}" if where else self.what
        if self.code:
            text = f"[{self.code}] {text}"
        if self.expected:
            text += f" (expected {self.expected})"
        return f"{text}. {self.remedy}" if self.remedy else text


class ParkTwinError(Exception):
    """Anything parktwin reports on purpose."""


class InputProblems(ParkTwinError):
    """The user's input cannot be used; holds every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputProblems], tuple[tuple[Problem, ...]]]:
        return InputProblems, (self.problems,)


class OutOfRange(ParkTwinError):
    """A model was asked outside the range in which it means anything."""


class NotConverged(ParkTwinError):
    """An iteration did not reach its tolerance."""


class LinkDown(ParkTwinError):
    """A device, store or peer cannot be reached."""


def problem(what: str, remedy: str, **where: str) -> InputProblems:
    """An `InputProblems` with a single problem, for `raise problem(...)`."""
    return InputProblems([Problem(what=what, remedy=remedy, **where)])  # type: ignore[arg-type]


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A sentence that names the nearest known name, or lists what is known.

    Examples:
        >>> did_you_mean("hole_diamter", ["hole_diameter", "tank"])
        "did you mean 'hole_diameter'?"
    """
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    listed = ", ".join(sorted(known)[:12])
    more = ", ..." if len(known) > 12 else ""
    return f"known: {listed}{more}"
