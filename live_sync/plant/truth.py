# SPDX-License-Identifier: Apache-2.0
"""What the detectors of the simulated plant really see: the concentration of a finished run at their places.

The run's first time is the plant's start; outside the run's time the air is clean. A detector sees only its own substance,
in its own unit. The twin that receives the readings never gets the run: truth and twin stay apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from live_sync.plant.air import GivenWeather
from twin.assets import Sensor
from twin.errors import InputProblems, problem
from twin.fields import FieldStore, GriddedField
from twin.frame import ParkFrame
from twin.substances import Substance, substance
from twin.units import ppm_from_kg_m3, to_si

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Concentrations at sensors, read once, so that sending never waits for a disk."""

    t_s: Floats
    """Plant time [t]."""
    value: Floats
    """[t, S] in each sensor's unit, what the air adds to clean air."""
    row_of: dict[str, int]
    """Sensor id -> column of `value`."""
    weather: GivenWeather | None
    substance: str
    """CAS number."""

    @classmethod
    def open(cls, run: Path, sensors: Sequence[Sensor], frame: ParkFrame, start_s: float) -> Truth:
        """What the sensors see of a run that begins at `start_s`.

        Raises: InputProblems when the folder is no run or holds no concentration.
        """
        store = FieldStore.open(run / "fields")
        if "concentration" not in store.fields():
            raise problem("holds no field 'concentration'", "Name a run of a leak.", file=str(run))
        field = GriddedField(store, "concentration")
        released = substance(field.info.substance)
        weather = _weather_of(run, frame, start_s)
        temperature_K = weather.temperature_K if weather else 293.15
        pressure_Pa = weather.pressure_Pa if weather else 101325.0
        seen = [
            sensor for sensor in sensors if sensor.quantity == "concentration" and _sees(sensor, released)
        ]
        places = np.array([[*sensor.xy_m, sensor.height_m] for sensor in seen]).reshape(-1, 3)
        factor = np.array([in_unit(released, sensor.unit, temperature_K, pressure_Pa) for sensor in seen])
        value = np.array([field.at(places, float(t_s)) * factor for t_s in field.t_s]).reshape(-1, len(seen))
        return cls(
            t_s=field.t_s - field.t_s[0] + start_s,
            value=value,
            row_of={sensor.id: row for row, sensor in enumerate(seen)},
            weather=weather,
            substance=released.cas,
        )

    def at(self, ids: Sequence[str], t_s: float) -> Floats:
        """What each sensor sees above clean air, in its unit. Shapes: -> [S]."""
        seen = np.zeros(len(ids))
        if not len(self.t_s) or t_s < self.t_s[0] or t_s > self.t_s[-1]:
            return seen
        right = min(int(np.searchsorted(self.t_s, t_s, side="right")), len(self.t_s) - 1)
        left = max(right - 1, 0)
        gap = self.t_s[right] - self.t_s[left]
        part = (t_s - self.t_s[left]) / gap if gap > 0 else 0.0
        both = (1.0 - part) * self.value[left] + part * self.value[right]
        for place, sensor_id in enumerate(ids):
            row = self.row_of.get(sensor_id)
            if row is not None:
                seen[place] = both[row]
        return seen


def _sees(sensor: Sensor, released: Substance) -> bool:
    if not sensor.substance:
        return False
    try:
        return substance(sensor.substance).cas == released.cas
    except InputProblems:
        return False  # a substance the table does not know is not the one that was released


def in_unit(gas: Substance, unit: str, temperature_K: float, pressure_Pa: float) -> float:
    """What 1 kg/m3 of a gas is in a sensor's unit.

    Raises: InputProblems for a unit that is no concentration, and for %LEL of a gas that does not burn.

    Examples:
        >>> from twin.substances import substance
        >>> round(in_unit(substance("chlorine"), "mg/m3", 298.15, 101325.0))
        1000000
    """
    ppm = ppm_from_kg_m3(1.0, gas.molar_mass_kg_mol, temperature_K, pressure_Pa)
    if unit == "%LEL":
        if not gas.lfl_fraction:
            raise problem(
                f"{gas.name_en} has no lower flammable limit",
                "Give its detectors the unit ppm.",
                field="unit",
            )
        return ppm * 1e-6 / gas.lfl_fraction * 100.0
    one, si_unit = to_si(1.0, unit, field="unit")
    if si_unit == "fraction":
        return ppm * 1e-6 / one
    if si_unit == "kg/m3":
        return 1.0 / one
    raise problem(f"'{unit}' is no unit of a concentration", "Use ppm, mg/m3 or %LEL.", field="unit")


def _weather_of(run: Path, frame: ParkFrame, start_s: float) -> GivenWeather | None:
    """The run's weather, if its run.json tells it."""
    try:
        about = json.loads((run / "run.json").read_text(encoding="utf-8"))
        tables = about["study"]["weather"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return GivenWeather.from_tables(tables, frame, start_s) if isinstance(tables, dict) else None
