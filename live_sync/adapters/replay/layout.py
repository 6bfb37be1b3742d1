# SPDX-License-Identifier: Apache-2.0
"""What the columns of a recorded stream mean, and where its sensors stand in the park.

An open-path beam is drawn at its middle. A stream with an instruments.csv beside it (name, x_m, y_m, z_m in metres of its own
site) keeps its layout, moved to the centre of the park; one without stands on a small ring around the park's mast or centre.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twin.errors import InputProblems
from twin.park import Park
from twin.units import to_si

_RING_M = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a column measures."""

    quantity: str
    unit: str
    kind: str = "met"
    substance: str = ""
    per_beam: bool = False


QUANTITIES: dict[str, Quantity] = {
    "ch4_ppm": Quantity(quantity="concentration", unit="ppm", kind="gas", substance="74-82-8", per_beam=True),
    "T_K": Quantity(quantity="air_temperature", unit="K"),
    "p_Pa": Quantity(quantity="air_pressure", unit="Pa"),
    "wind_x_m_s": Quantity(quantity="wind_x", unit="m/s"),
    "wind_y_m_s": Quantity(quantity="wind_y", unit="m/s"),
    "wind_z_m_s": Quantity(quantity="wind_z", unit="m/s"),
    "wind_speed_m_s": Quantity(quantity="wind_speed", unit="m/s"),
    "wind_from_deg": Quantity(quantity="wind_from", unit="deg"),
}
"""Columns of a wide stream; others (errors, notes) stay in the journal only. Axes of an anemometer (wind_x ...) are its own."""


class Sites:
    """Places for the sensors of one stream."""

    def __init__(self, path: Path, park: Park) -> None:
        west, south, east, north = park.bounds_m
        self._centre = ((west + east) / 2, (south + north) / 2)
        masts = [sensor.xy_m for sensor in park.sensors if sensor.quantity == "wind_speed"]
        self._middle = masts[0] if masts else self._centre
        self._instruments = _instruments(path.with_name("instruments.csv"))
        self._ring = 0

    def place(self, label: str) -> tuple[float, float, float]:
        """x, y and height of a sensor or of the middle of a beam; '' = what belongs to the whole stream."""
        head = next((spot for name, spot in self._instruments.items() if "sensor" in name), None)
        if head is None:
            if not label:
                return (*self._middle, 2.0)
            angle = math.radians(45.0 * self._ring)
            radius_m = _RING_M * (1 + self._ring // 8)
            self._ring += 1
            return (
                self._middle[0] + radius_m * math.sin(angle),
                self._middle[1] + radius_m * math.cos(angle),
                1.5,
            )
        end = self._instruments.get(f"reflector_{label}", self._instruments.get(label, head))
        spots = list(self._instruments.values())
        shift = [self._centre[axis] - sum(spot[axis] for spot in spots) / len(spots) for axis in (0, 1)]
        return (
            (head[0] + end[0]) / 2 + shift[0],
            (head[1] + end[1]) / 2 + shift[1],
            (head[2] + end[2]) / 2,
        )


def _instruments(path: Path) -> dict[str, tuple[float, float, float]]:
    """Instruments of a stream's own site by name; none when there is no such file or it is another table."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {
                row["name"]: (float(row["x_m"]), float(row["y_m"]), float(row["z_m"]))
                for row in csv.DictReader(file)
            }
    except (OSError, KeyError, TypeError, ValueError):
        return {}


def converter(unit: str, registered: str) -> Callable[[float], float]:
    """Function from one unit to another of the same dimension.

    Raises: ValueError when they measure different things or one is unknown.
    """
    try:
        (zero, dimension), (one, _) = to_si(0.0, unit), to_si(1.0, unit)
        (zero_there, there), (one_there, _) = to_si(0.0, registered), to_si(1.0, registered)
    except InputProblems:
        raise ValueError(f"unit '{unit}' cannot be turned into '{registered}'") from None
    if dimension != there:
        raise ValueError(f"unit '{unit}' cannot be turned into '{registered}'")
    return lambda value: (zero + value * (one - zero) - zero_there) / (one_there - zero_there)
