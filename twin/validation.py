# SPDX-License-Identifier: Apache-2.0
"""What `parktwin validate` prints: cases with a number, the figure it must reach, and whether it did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One comparison against reference data."""

    case: str
    metric: str
    value: float | int | str
    figure: str
    """What was asked, e.g. '<= 0.001 m'."""
    passed: bool


@dataclass(slots=True)
class Report:
    """All cases of one topic; `skipped` names reference files that were absent."""

    topic: str
    cases: list[Case] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def add(self, case: str, metric: str, value: float | int | str, figure: str, passed: bool) -> None:
        self.cases.append(Case(case=case, metric=metric, value=value, figure=figure, passed=passed))

    @property
    def passed(self) -> bool:
        return bool(self.cases) and all(case.passed for case in self.cases)

    def as_dict(self) -> dict[str, Any]:
        failed = sum(not case.passed for case in self.cases)
        return {
            "topic": self.topic,
            "cases": [asdict(case) for case in self.cases],
            "overall": {
                "cases": len(self.cases),
                "failed": failed,
                "skipped_files": self.skipped,
                "passed": self.passed,
            },
        }
