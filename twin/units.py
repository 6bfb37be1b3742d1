# SPDX-License-Identifier: Apache-2.0
"""Conversions, used only at the doors: inside, everything is SI.

`quantity("25 mm", "m")` reads what people write; `ppm_from_kg_m3` and its inverse need the molar mass and the
air's temperature and pressure, because a volume fraction is not a mass concentration.
"""

from __future__ import annotations

import re

from twin.errors import did_you_mean, problem

GAS_CONSTANT_J_MOL_K = 8.314462618
"""Molar gas constant, CODATA 2018."""
GRAVITY_M_S2 = 9.80665
ATMOSPHERE_PA = 101325.0
ZERO_CELSIUS_K = 273.15

# unit -> (dimension, factor to SI, offset to SI)
_UNITS: dict[str, tuple[str, float, float]] = {
    "m": ("m", 1.0, 0.0),
    "mm": ("m", 1e-3, 0.0),
    "cm": ("m", 1e-2, 0.0),
    "km": ("m", 1e3, 0.0),
    "in": ("m", 0.0254, 0.0),
    "m2": ("m2", 1.0, 0.0),
    "m3": ("m3", 1.0, 0.0),
    "L": ("m3", 1e-3, 0.0),
    "s": ("s", 1.0, 0.0),
    "min": ("s", 60.0, 0.0),
    "h": ("s", 3600.0, 0.0),
    "d": ("s", 86400.0, 0.0),
    "kg": ("kg", 1.0, 0.0),
    "g": ("kg", 1e-3, 0.0),
    "t": ("kg", 1e3, 0.0),
    "kg/s": ("kg/s", 1.0, 0.0),
    "g/s": ("kg/s", 1e-3, 0.0),
    "kg/h": ("kg/s", 1 / 3600, 0.0),
    "t/h": ("kg/s", 1 / 3.6, 0.0),
    "m/s": ("m/s", 1.0, 0.0),
    "km/h": ("m/s", 1 / 3.6, 0.0),
    "kn": ("m/s", 1852 / 3600, 0.0),
    "K": ("K", 1.0, 0.0),
    "degC": ("K", 1.0, ZERO_CELSIUS_K),
    "Pa": ("Pa", 1.0, 0.0),
    "hPa": ("Pa", 1e2, 0.0),
    "kPa": ("Pa", 1e3, 0.0),
    "MPa": ("Pa", 1e6, 0.0),
    "bar": ("Pa", 1e5, 0.0),
    "atm": ("Pa", ATMOSPHERE_PA, 0.0),
    "kg/m3": ("kg/m3", 1.0, 0.0),
    "g/m3": ("kg/m3", 1e-3, 0.0),
    "mg/m3": ("kg/m3", 1e-6, 0.0),
    "ug/m3": ("kg/m3", 1e-9, 0.0),
    "W/m2": ("W/m2", 1.0, 0.0),
    "kW/m2": ("W/m2", 1e3, 0.0),
    "deg": ("deg", 1.0, 0.0),
    "fraction": ("fraction", 1.0, 0.0),
    "%": ("fraction", 1e-2, 0.0),
    "ppm": ("fraction", 1e-6, 0.0),
    "ppb": ("fraction", 1e-9, 0.0),
    "%LEL": ("%LEL", 1.0, 0.0),
}
_ALIASES = {
    "°C": "degC",
    "℃": "degC",
    "C": "degC",
    "µg/m3": "ug/m3",
    "mg/m³": "mg/m3",
    "m³": "m3",
    "°": "deg",
    "l": "L",
}
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*$")


def known_units() -> tuple[str, ...]:
    """Every unit that may be written."""
    return tuple(_UNITS)


def to_si(value: float, unit: str, *, field: str = "") -> tuple[float, str]:
    """Value in SI and the name of its SI unit.

    Raises: InputProblems for a unit that is not known.
    """
    name = _ALIASES.get(unit, unit)
    if name not in _UNITS:
        raise problem(f"unit '{unit}' is not known", did_you_mean(unit, list(_UNITS)), field=field)
    si_unit, factor, offset = _UNITS[name]
    return value * factor + offset, si_unit


def quantity(text: str | float | int, si_unit: str, *, field: str = "") -> float:
    """Number in `si_unit` that `text` means; a bare number already is in `si_unit`.

    Raises: InputProblems when the text is no number, or its unit has another dimension.

    Examples:
        >>> quantity("25 mm", "m")
        0.025
        >>> round(quantity("20 degC", "K"), 2)
        293.15
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    match = _NUMBER.match(str(text))
    if match is None:
        raise problem(f"'{text}' is not a number with a unit", f"Write it like '3 {si_unit}'.", field=field)
    number, unit = float(match[1]), match[2] or si_unit
    value, found = to_si(number, unit, field=field)
    if found != si_unit:
        raise problem(f"'{text}' is in {found}", f"Give it in {si_unit} or a multiple of it.", field=field)
    return value


def ppm_from_kg_m3(
    concentration_kg_m3: float,
    molar_mass_kg_mol: float,
    temperature_K: float = 298.15,
    pressure_Pa: float = ATMOSPHERE_PA,
) -> float:
    """Volume fraction in parts per million of a gas at the given mass concentration (arrays welcome).

    Examples:
        >>> round(ppm_from_kg_m3(58e-6, 0.070906), 1)
        20.0
    """
    return concentration_kg_m3 * (
        1e6 * GAS_CONSTANT_J_MOL_K * temperature_K / (pressure_Pa * molar_mass_kg_mol)
    )


def kg_m3_from_ppm(
    fraction_ppm: float,
    molar_mass_kg_mol: float,
    temperature_K: float = 298.15,
    pressure_Pa: float = ATMOSPHERE_PA,
) -> float:
    """Mass concentration of a gas whose volume fraction is given in parts per million (arrays welcome)."""
    return fraction_ppm * (pressure_Pa * molar_mass_kg_mol / (1e6 * GAS_CONSTANT_J_MOL_K * temperature_K))
