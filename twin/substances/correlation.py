# SPDX-License-Identifier: Apache-2.0
"""Property equations with constants and a valid range.

One `Correlation` is one line of `correlations.csv`. It never extrapolates: outside its range it raises `OutOfRange`, because
a vapour pressure ten kelvin above the critical point looks like a number but means nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.errors import OutOfRange
from twin.units import GAS_CONSTANT_J_MOL_K

EQUATIONS = (
    "dippr100",
    "dippr101",
    "dippr105",
    "dippr106",
    "dippr114",
    "poling",
    "polynomial_critical",
    "power_sum",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A property of one substance as a function of temperature, in the unit its name ends in.

    References: Perry's Chemical Engineers' Handbook 8th ed., equations of tables 2-8 (101), 2-32 (105), 2-150 (106),
    2-153 (100, 114); Poling, Prausnitz, O'Connell 2001 appendix A (ideal gas); Mulero et al. 2012 (power sum).
    """

    property: str
    equation: str
    constants: tuple[float, ...]
    critical_K: float
    """Critical temperature that belongs to the constants; 0 where the equation needs none."""
    min_K: float
    max_K: float
    source: str

    def at(self, temperature_K: float) -> float:
        """Value at a temperature.

        Raises: OutOfRange outside the range the constants were made for.
        """
        if not self.min_K - 1e-9 <= temperature_K <= self.max_K + 1e-9:
            raise OutOfRange(
                f"{self.property} is known from {self.min_K:g} K to {self.max_K:g} K, asked at {temperature_K:.2f} K"
            )
        return self.value(temperature_K)

    def value(self, temperature_K: float) -> float:
        """Value without the range check."""
        c = self.constants
        t = temperature_K
        if self.equation == "dippr101":
            return math.exp(c[0] + c[1] / t + c[2] * math.log(t) + c[3] * t ** c[4])
        if self.equation == "dippr105":
            return float(c[0] / c[1] ** (1 + (1 - min(t / c[2], 1.0)) ** c[3]))
        reduced = t / self.critical_K if self.critical_K else 0.0
        tau = max(1.0 - reduced, 0.0)
        if self.equation == "dippr106":
            exponent = c[1] + reduced * (c[2] + reduced * c[3])
            return float(c[0] * tau**exponent)
        if self.equation == "dippr114":
            a, b, c_, d = c[:4]
            series = (
                2 * a * c_ * tau
                + a * d * tau**2
                + c_**2 * tau**3 / 3
                + c_ * d * tau**4 / 2
                + d**2 * tau**5 / 5
            )
            return float(a**2 / tau + b - series)
        if self.equation == "dippr100":
            return float(sum(constant * t**power for power, constant in enumerate(c)))
        if self.equation == "poling":
            return float(GAS_CONSTANT_J_MOL_K * sum(constant * t**power for power, constant in enumerate(c)))
        if self.equation == "polynomial_critical":
            return c[0] + c[1] * t + c[2] * t * t + c[3] / tau
        return float(sum(c[k] * tau ** c[k + 1] for k in range(0, len(c) - 1, 2)))
