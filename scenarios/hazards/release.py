# SPDX-License-Identifier: Apache-2.0
"""Mass flow through a hole: liquid, gas, and liquid that flashes in a pipe.

Liquid through a hole in a wall (no pipe behind it) stays liquid to the opening even when it is superheated outside; it is
treated as metastable (Bernoulli). With a pipe of L < 0.1 m flashing begins inside, from 0.1 m on it is in equilibrium:
interpolation of Fauske. Holes are sharp and round; friction in long pipes is not modelled.
"""

from __future__ import annotations

import math

from twin.substances import Substance
from twin.units import GAS_CONSTANT_J_MOL_K, GRAVITY_M_S2

LIQUID_COEFFICIENT = 0.65
"""HJ 169-2018 F.1: round hole, Reynolds number above 100."""
GAS_COEFFICIENT = 1.0
"""HJ 169-2018 F.2: round hole."""
EQUILIBRIUM_LENGTH_M = 0.1


def hole_area_m2(diameter_m: float) -> float:
    """Area of a round hole."""
    return math.pi * diameter_m**2 / 4


def liquid_velocity_m_s(density_kg_m3: float, overpressure_Pa: float, head_m: float = 0.0) -> float:
    """Speed of a liquid jet, without losses. References: Bernoulli; HJ 169-2018 F.1; CCPS 1999 eq. 2.1."""
    return math.sqrt(max(2 * overpressure_Pa / density_kg_m3 + 2 * GRAVITY_M_S2 * head_m, 0.0))


def liquid_flow_kg_s(
    area_m2: float,
    density_kg_m3: float,
    overpressure_Pa: float,
    head_m: float = 0.0,
    coefficient: float = LIQUID_COEFFICIENT,
) -> float:
    """Mass flow of a liquid through a hole; 0 when pressure and head push the other way.

    References: HJ 169-2018 F.1 (Cd 0.65 round); TNO Yellow Book 3rd ed. eq. 2.194.

    Examples:
        >>> round(liquid_flow_kg_s(3.14159e-4 / 4, 490.0, 19610.0, 0.0, 0.63), 4)  # 10 mm hole, CCPS 1999 p. 40
        0.2169
    """
    return coefficient * area_m2 * density_kg_m3 * liquid_velocity_m_s(density_kg_m3, overpressure_Pa, head_m)


def critical_pressure_ratio(gamma: float) -> float:
    """Outside over inside pressure below which a gas leaves at the speed of sound."""
    return float((2 / (gamma + 1)) ** (gamma / (gamma - 1)))


def gas_flow_kg_s(
    area_m2: float,
    pressure_Pa: float,
    temperature_K: float,
    outside_Pa: float,
    gamma: float,
    molar_mass_kg_mol: float,
    compressibility: float = 1.0,
    coefficient: float = GAS_COEFFICIENT,
) -> float:
    """Mass flow of a gas through a hole, choked or subsonic.

    References: HJ 169-2018 F.2-F.5; TNO Yellow Book 3rd ed. eq. 2.22-2.25 (density with Z).
    """
    if pressure_Pa <= outside_Pa:
        return 0.0
    ratio = max(outside_Pa / pressure_Pa, critical_pressure_ratio(gamma))
    density_kg_m3 = pressure_Pa * molar_mass_kg_mol / (compressibility * GAS_CONSTANT_J_MOL_K * temperature_K)
    energy = 2 * gamma / (gamma - 1) * (ratio ** (2 / gamma) - ratio ** ((gamma + 1) / gamma))
    return coefficient * area_m2 * math.sqrt(pressure_Pa * density_kg_m3 * energy)


def flashing_flow_kg_s(
    area_m2: float,
    substance: Substance,
    temperature_K: float,
    overpressure_Pa: float,
    head_m: float,
    pipe_length_m: float,
    coefficient: float = LIQUID_COEFFICIENT,
) -> float:
    """Mass flow of a saturated or subcooled liquid through a hole with a short pipe behind it.

    Length 0 gives the metastable liquid of `liquid_flow_kg_s`, 0.1 m and more the homogeneous equilibrium rate; what the
    liquid is pushed above its vapour pressure (subcooling, head) adds as Bernoulli flow.

    References: Fauske 1985, Plant/Operations Progress 4, 132; Fauske, Epstein 1988, J. Loss Prev. 1, 75;
    CCPS 1999 eq. 2.1.43-2.1.46.
    """
    density_kg_m3 = substance.liquid_density_kg_m3(temperature_K)
    plain_kg_s = liquid_flow_kg_s(area_m2, density_kg_m3, overpressure_Pa, head_m, coefficient)
    fraction = min(max(pipe_length_m / EQUILIBRIUM_LENGTH_M, 0.0), 1.0)
    if fraction == 0.0 or plain_kg_s == 0.0:
        return plain_kg_s
    pressure_Pa = substance.vapour_pressure_Pa(temperature_K)
    vapour_kg_m3 = substance.gas_density_kg_m3(
        temperature_K, pressure_Pa, substance.compressibility(temperature_K, pressure_Pa)
    )
    expansion_m3_kg = 1 / vapour_kg_m3 - 1 / density_kg_m3
    heat_J_kg = substance.heat_of_vaporisation_J_kg(temperature_K)
    equilibrium_kg_m2_s = heat_J_kg / (
        expansion_m3_kg * math.sqrt(temperature_K * substance.liquid_cp_J_kg_K(temperature_K))
    )
    plain_kg_m2_s = plain_kg_s / area_m2
    flux_kg_m2_s = 1 / math.sqrt(1 / plain_kg_m2_s**2 + fraction / equilibrium_kg_m2_s**2)
    return area_m2 * flux_kg_m2_s
