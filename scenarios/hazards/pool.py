# SPDX-License-Identifier: Apache-2.0
"""The pool that rain-out makes: it boils by the heat of the ground or evaporates in the wind, on the area of its bund.

A first, simple pool: one temperature, area at once. Spreading, cooling and sun belong to the full pool model.
"""

from __future__ import annotations

import math

from scenarios.hazards.flash import air_density_kg_m3
from twin.substances import Substance
from twin.units import GAS_CONSTANT_J_MOL_K

LEAST_DEPTH_M = 0.01
"""Depth at which a pool on rough ground stops spreading (TNO Yellow Book 3rd ed. table 3.2: 5-25 mm)."""
_GROUND_W_M_K, _GROUND_M2_S = 1.1, 1.29e-7
"""Concrete: HJ 169-2018 table F.2."""
_SCHMIDT_POWER = -2.0 / 3.0


class Pool:
    """Liquid on the ground. `add` pours, `evaporate` lets it go; mass is conserved exactly."""

    def __init__(
        self, substance: Substance, *, air_K: float, outside_Pa: float, bund_area_m2: float | None
    ) -> None:
        self.substance = substance
        self.mass_kg = 0.0
        self.wetted_s = 0.0
        self._air_K = air_K
        self._outside_Pa = outside_Pa
        self._bund_m2 = bund_area_m2
        boiling_K = substance.saturation_temperature_K(outside_Pa)
        self.boils = boiling_K < air_K
        self.temperature_K = max(min(boiling_K, air_K), substance.coldest_liquid_K)
        self._density_kg_m3 = substance.liquid_density_kg_m3(self.temperature_K)
        self._heat_J_kg = substance.heat_of_vaporisation_J_kg(self.temperature_K)
        self._largest_m2 = 0.0

    @property
    def area_m2(self) -> float:
        """Wetted area: what the deepest filling so far covers at the least depth, at most the bund."""
        spread_m2 = self.mass_kg / (self._density_kg_m3 * LEAST_DEPTH_M)
        self._largest_m2 = max(self._largest_m2, spread_m2)
        return min(self._largest_m2, self._bund_m2) if self._bund_m2 else self._largest_m2

    def add(self, mass_kg: float) -> None:
        """Pour a mass onto the ground."""
        self.mass_kg += mass_kg

    def flux_kg_m2_s(self, wind_m_s: float) -> float:
        """Evaporation per area now: by conduction from the ground where it boils, by mass transfer otherwise.

        References: HJ 169-2018 F.10 (conduction, lambda dT / sqrt(pi alpha t)); Mackay, Matsugu 1973, Can. J. Chem. Eng. 51,
        434: k = 0.00482 u^0.78 D^-0.11 Sc^-0.67 (SI).
        """
        if self.boils:
            time_s = max(self.wetted_s, 1.0)
            heat_W_m2 = (
                _GROUND_W_M_K
                * (self._air_K - self.temperature_K)
                / math.sqrt(math.pi * _GROUND_M2_S * time_s)
            )
            return heat_W_m2 / self._heat_J_kg
        width_m = max(math.sqrt(4 * self.area_m2 / math.pi), 0.1)
        air_m2_s = 1.81e-5 / air_density_kg_m3(self._air_K, self._outside_Pa)
        diffusion_m2_s = 2.4e-5 * math.sqrt(0.018 / self.substance.molar_mass_kg_mol)
        transfer_m_s = float(0.00482 * max(wind_m_s, 0.1) ** 0.78 * width_m**-0.11)
        transfer_m_s *= (air_m2_s / diffusion_m2_s) ** _SCHMIDT_POWER
        pressure_Pa = self.substance.vapour_pressure_Pa(self.temperature_K)
        drive = -math.log(max(1 - pressure_Pa / self._outside_Pa, 1e-3)) * self._outside_Pa
        return float(
            transfer_m_s * self.substance.molar_mass_kg_mol * drive / (GAS_CONSTANT_J_MOL_K * self._air_K)
        )

    def evaporate(self, dt_s: float, wind_m_s: float) -> float:
        """Mass that leaves the pool in a time; less lies there afterwards."""
        if self.mass_kg <= 0:
            return 0.0
        self.wetted_s += dt_s
        gone_kg = min(self.flux_kg_m2_s(wind_m_s) * self.area_m2 * dt_s, self.mass_kg)
        self.mass_kg -= gone_kg
        return gone_kg
