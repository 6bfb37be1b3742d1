# SPDX-License-Identifier: Apache-2.0
"""All checks of a park folder, in the order that lets one fault be one problem: files and values, places, roads, sensors, ground."""

from __future__ import annotations

from pathlib import Path

from geodata.check.access import access_problems
from geodata.check.geometry import geometry_problems
from geodata.check.inspection import Inspection
from geodata.check.sensors import sensor_problems
from geodata.check.terrain import terrain_problems
from geodata.check_codes import GROUPS
from geodata.load import read_park
from twin.errors import Problem

_ORDER = {letter: place for place, letter in enumerate(GROUPS)}


def check_park(folder: Path) -> list[Problem]:
    """Every problem of a park folder, each with its code; warnings are flagged. Ordered by code, then by place."""
    reading = read_park(Path(folder))
    problems = list(reading.problems)
    if reading.park is not None:
        inspection = Inspection(reading, reading.park)
        for check in (geometry_problems, access_problems, sensor_problems, terrain_problems):
            check(inspection)
        problems += inspection.problems
    return sorted(
        problems,
        key=lambda item: (
            _ORDER.get(item.code[:1], 99),
            item.code,
            item.file,
            item.layer,
            item.id,
            item.field,
        ),
    )
