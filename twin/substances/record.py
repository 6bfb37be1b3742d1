# SPDX-License-Identifier: Apache-2.0
"""One substance: identity, properties as functions of temperature, toxic and flammable limits, thresholds of the standards.

What the table does not know is None or absent; asking a model for it raises `InputProblems` with what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from twin.errors import OutOfRange, problem
from twin.substances.correlation import Correlation
from twin.units import ATMOSPHERE_PA, GAS_CONSTANT_J_MOL_K, kg_m3_from_ppm

AEGL_MINUTES = (10, 30, 60, 240, 480)
"""Exposure times at which AEGL values are given."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Substance:
    """A pure substance."""

    id: str
    cas: str
    name_zh: str
    name_en: str
    aliases: tuple[str, ...]
    molar_mass_kg_mol: float
    boiling_point_K: float
    """At 101325 Pa."""
    critical_temperature_K: float
    critical_pressure_Pa: float
    correlations: Mapping[str, Correlation]
    idlh_ppm: float | None = None
    erpg_ppm: Mapping[int, float] = field(default_factory=dict)
    """ERPG level 1-3 -> ppm for 60 minutes."""
    aegl_ppm: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    """AEGL level 1-3 -> {exposure in minutes: ppm}; a level or time without a recommended value is absent."""
    lfl_fraction: float | None = None
    ufl_fraction: float | None = None
    gb18218_threshold_kg: float | None = None
    gb18218_beta: float | None = None
    hj169_threshold_kg: float | None = None
    hj169_endpoint_kg_m3: Mapping[int, float] = field(default_factory=dict)
    """Toxic endpoint 1 and 2 of HJ 169-2018 annex H."""
    probit_a: float | None = None
    probit_b: float | None = None
    probit_n: float | None = None
    probit_unit: Literal["", "mg/m3", "ppm"] = ""
    """Unit of C in Y = a + b ln(C^n t), t in minutes."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Column of the table -> where its value comes from."""

    def _at(self, name: str, temperature_K: float) -> float:
        correlation = self.correlations.get(name)
        if correlation is None:
            raise problem(
                f"{name} of {self.name_en} is not known",
                "Choose another substance, or add its constants with their source to correlations.csv.",
                field="substance",
            )
        try:
            return correlation.at(temperature_K)
        except OutOfRange as error:
            raise OutOfRange(f"{self.name_en}: {error}") from None

    def vapour_pressure_Pa(self, temperature_K: float) -> float:
        """Saturation pressure. Raises: OutOfRange above the critical and below the triple point."""
        return self._at("vapour_pressure_Pa", temperature_K)

    def liquid_density_kg_m3(self, temperature_K: float) -> float:
        """Density of the saturated liquid."""
        return self._at("liquid_density_mol_m3", temperature_K) * self.molar_mass_kg_mol

    def heat_of_vaporisation_J_kg(self, temperature_K: float) -> float:
        return self._at("heat_of_vaporisation_J_mol", temperature_K) / self.molar_mass_kg_mol

    def liquid_cp_J_kg_K(self, temperature_K: float) -> float:
        return self._at("liquid_cp_J_kmol_K", temperature_K) / (1000.0 * self.molar_mass_kg_mol)

    def gas_cp_J_kg_K(self, temperature_K: float) -> float:
        """Heat capacity of the ideal gas at constant pressure."""
        return self._at("gas_cp_J_mol_K", temperature_K) / self.molar_mass_kg_mol

    def surface_tension_N_m(self, temperature_K: float) -> float:
        """Surface tension of the liquid against its vapour."""
        return self._at("surface_tension_N_m", temperature_K)

    def gamma(self, temperature_K: float) -> float:
        """Ratio of the ideal gas's heat capacities cp/cv."""
        cp_J_mol_K = self._at("gas_cp_J_mol_K", temperature_K)
        return cp_J_mol_K / (cp_J_mol_K - GAS_CONSTANT_J_MOL_K)

    def gas_density_kg_m3(
        self, temperature_K: float, pressure_Pa: float, compressibility: float = 1.0
    ) -> float:
        """Density of the gas.

        Examples:
            >>> from twin.substances import substance
            >>> round(substance("ammonia").gas_density_kg_m3(298.15, 101325.0), 3)
            0.696
        """
        return pressure_Pa * self.molar_mass_kg_mol / (compressibility * GAS_CONSTANT_J_MOL_K * temperature_K)

    def saturation_temperature_K(self, pressure_Pa: float) -> float:
        """Temperature at which the vapour pressure is the given pressure.

        Raises: OutOfRange for a pressure the vapour pressure equation does not reach.
        """
        correlation = self.correlations["vapour_pressure_Pa"]
        low_K, high_K = correlation.min_K, correlation.max_K
        if not correlation.value(low_K) <= pressure_Pa <= correlation.value(high_K):
            raise OutOfRange(f"{self.name_en} has no boiling point at {pressure_Pa:.0f} Pa")
        for _ in range(60):
            middle_K = 0.5 * (low_K + high_K)
            if correlation.value(middle_K) < pressure_Pa:
                low_K = middle_K
            else:
                high_K = middle_K
        return 0.5 * (low_K + high_K)

    @property
    def coldest_liquid_K(self) -> float:
        """Lowest temperature at which every property of the liquid is known; about the melting point."""
        names = (
            "vapour_pressure_Pa",
            "liquid_density_mol_m3",
            "heat_of_vaporisation_J_mol",
            "liquid_cp_J_kmol_K",
        )
        return max(self.correlations[name].min_K for name in names)

    @property
    def acentric_factor(self) -> float:
        """Pitzer's factor, from the vapour pressure at 0.7 of the critical temperature (its definition)."""
        at_07_Pa = self.vapour_pressure_Pa(0.7 * self.critical_temperature_K)
        return -math.log10(at_07_Pa / self.critical_pressure_Pa) - 1.0

    def compressibility(self, temperature_K: float, pressure_Pa: float) -> float:
        """Z of the gas by the Peng-Robinson equation (largest root).

        Valid for: gases and vapours up to about 50 MPa; a few per cent near the critical point.
        References: Peng, Robinson 1976, Ind. Eng. Chem. Fundam. 15, 59.
        """
        omega = self.acentric_factor
        reduced_t = temperature_K / self.critical_temperature_K
        kappa = 0.37464 + omega * (1.54226 - 0.26992 * omega)
        alpha = (1 + kappa * (1 - math.sqrt(reduced_t))) ** 2
        reduced_p = pressure_Pa / self.critical_pressure_Pa
        a = 0.45724 * alpha * reduced_p / reduced_t**2
        b = 0.07780 * reduced_p / reduced_t
        z = 1.0 + b
        for _ in range(100):
            value = z**3 - (1 - b) * z**2 + (a - 3 * b**2 - 2 * b) * z - (a * b - b**2 - b**3)
            slope = 3 * z**2 - 2 * (1 - b) * z + (a - 3 * b**2 - 2 * b)
            step = value / slope if slope else 0.0
            z -= step
            if abs(step) < 1e-12:
                break
        if not b < z < 10.0:
            raise OutOfRange(f"{self.name_en}: no gas root at {temperature_K:.1f} K, {pressure_Pa:.0f} Pa")
        return z

    def aegl_kg_m3(
        self, level: int, minutes: int, temperature_K: float = 298.15, pressure_Pa: float = ATMOSPHERE_PA
    ) -> float:
        """An AEGL value as mass concentration.

        Raises: InputProblems when there is none for that level and time.
        """
        try:
            limit_ppm = self.aegl_ppm[level][minutes]
        except KeyError:
            known = (
                ", ".join(f"AEGL-{k}: {sorted(v)} min" for k, v in sorted(self.aegl_ppm.items())) or "none"
            )
            raise problem(
                f"{self.name_en} has no AEGL-{level} for {minutes} min in the table",
                f"Known: {known}.",
                field="substance",
            ) from None
        return kg_m3_from_ppm(limit_ppm, self.molar_mass_kg_mol, temperature_K, pressure_Pa)

    def toxic_probit_ppm(self, temperature_K: float = 298.15) -> tuple[float, float, float]:
        """Coefficients a, b, n of the probit of death Y = a + b ln(C^n t), C in ppm and t in minutes.

        Coefficients published for mg/m3 are converted: a_ppm = a + b n ln(k), k = mg/m3 of one ppm.

        Raises: InputProblems when no toxic probit of the substance is known.
        """
        if self.probit_a is None or self.probit_b is None or self.probit_n is None:
            raise problem(
                f"no toxic probit of {self.name_en} is known",
                "Use AEGL zones for it, or add a, b, n with their source to substances.csv.",
                field="substance",
            )
        a = self.probit_a
        if self.probit_unit == "mg/m3":
            mg_m3_per_ppm = 1e6 * kg_m3_from_ppm(1.0, self.molar_mass_kg_mol, temperature_K)
            a += self.probit_b * self.probit_n * math.log(mg_m3_per_ppm)
        return a, self.probit_b, self.probit_n
