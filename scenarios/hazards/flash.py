# SPDX-License-Identifier: Apache-2.0
"""What a liquid becomes when it leaves: vapour by flashing, drops that stay in the air, drops that fall into a pool.

Flash fraction: heat of the superheated liquid over its heat of vaporisation at the outside pressure. Drops: aerodynamic
break-up gives a mean size, a size distribution, and each size falls from the height of the hole while it evaporates at its
wet-bulb temperature; what reaches the ground is rain-out. A jet aimed at the ground or at a wall rains out more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin.substances import Substance
from twin.units import GAS_CONSTANT_J_MOL_K, GRAVITY_M_S2

Floats = NDArray[np.float64]
CRITICAL_WEBER = 12.0
_AIR_MOLAR_MASS = 0.028965
_AIR_CP_J_KG_K = 1006.0
_AIR_CONDUCTIVITY_W_M_K = 0.026
_AIR_VISCOSITY_PA_S = 1.81e-5
_SIZES = 40
_LEAST_M, _LARGEST_M = 5e-6, 0.01


def air_density_kg_m3(temperature_K: float, pressure_Pa: float) -> float:
    """Density of dry air."""
    return pressure_Pa * _AIR_MOLAR_MASS / (GAS_CONSTANT_J_MOL_K * temperature_K)


def flash_fraction(substance: Substance, temperature_K: float, outside_Pa: float) -> float:
    """Part of a liquid that is vapour as soon as it has come to the outside pressure, 0..1.

    x = integral of cp dT from the boiling point to the storage temperature, over the heat of vaporisation there.

    References: HJ 169-2018 F.8; CCPS 1999 eq. 2.1.74; here with cp(T) integrated.

    Examples:
        >>> from twin.substances import substance
        >>> round(flash_fraction(substance("chlorine"), 293.15, 101325.0), 3)
        0.18
    """
    boiling_K = substance.saturation_temperature_K(outside_Pa)
    if temperature_K <= boiling_K:
        return 0.0
    nodes = np.linspace(boiling_K, temperature_K, 9)
    cp = np.array([substance.liquid_cp_J_kg_K(float(node)) for node in nodes])
    weights = np.array([1, 4, 2, 4, 2, 4, 2, 4, 1]) / 3 * (nodes[1] - nodes[0])
    return min(float(weights @ cp) / substance.heat_of_vaporisation_J_kg(boiling_K), 1.0)


def mean_drop_m(surface_tension_N_m: float, jet_m_s: float, air_kg_m3: float) -> float:
    """Sauter mean diameter after aerodynamic break-up: We_c sigma / (rho_a u^2).

    References: TNO Yellow Book 3rd ed. section 2.5.3.7; critical Weber number 12: Pilch, Erdman 1987,
    Int. J. Multiphase Flow 13, 741. Shattering by boiling inside the jet would make drops smaller still.
    """
    speed = max(jet_m_s, 1e-3)
    return min(max(CRITICAL_WEBER * surface_tension_N_m / (air_kg_m3 * speed**2), _LEAST_M), _LARGEST_M)


def settling_velocity_m_s(diameter_m: Floats, liquid_kg_m3: float, air_kg_m3: float) -> Floats:
    """Speed at which drops fall. Shapes: [D] -> [D]. References: drag of Schiller, Naumann 1933."""
    velocity = (liquid_kg_m3 - air_kg_m3) * GRAVITY_M_S2 * diameter_m**2 / (18 * _AIR_VISCOSITY_PA_S)
    for _ in range(60):
        reynolds = air_kg_m3 * velocity * diameter_m / _AIR_VISCOSITY_PA_S
        drag = np.where(reynolds < 1000, 24 / reynolds * (1 + 0.15 * reynolds**0.687), 0.44)
        target = np.sqrt(4 * GRAVITY_M_S2 * diameter_m * liquid_kg_m3 / (3 * drag * air_kg_m3))
        velocity = 0.5 * (velocity + target)
    result: Floats = velocity
    return result


def wet_bulb(substance: Substance, air_K: float, outside_Pa: float) -> tuple[float, float]:
    """Temperature an evaporating drop takes in dry air, and its transfer number B (Lewis number 1).

    Not below the melting point: a drop that would freeze stays at it.

    B = cp_a (T_a - T) / Hv(T) = Y_s(T) / (1 - Y_s(T)). References: Spalding 1953; Law 1982, Prog. Energy Combust. Sci. 8, 171.
    """
    low_K = substance.coldest_liquid_K
    high_K = max(min(air_K, substance.saturation_temperature_K(outside_Pa)), low_K)
    for _ in range(60):
        middle_K = 0.5 * (low_K + high_K)
        mole = min(substance.vapour_pressure_Pa(middle_K) / outside_Pa, 1.0)
        mass = mole * substance.molar_mass_kg_mol
        mass /= mass + (1 - mole) * _AIR_MOLAR_MASS
        heat = _AIR_CP_J_KG_K * (air_K - middle_K) / substance.heat_of_vaporisation_J_kg(middle_K)
        if mass < heat * (1 - mass):
            low_K = middle_K
        else:
            high_K = middle_K
    temperature_K = 0.5 * (low_K + high_K)
    heat_J_kg = substance.heat_of_vaporisation_J_kg(temperature_K)
    return temperature_K, max(_AIR_CP_J_KG_K * (air_K - temperature_K) / heat_J_kg, 1e-9)


def rain_out_fraction(
    substance: Substance, jet_m_s: float, height_m: float, air_K: float, outside_Pa: float
) -> float:
    """Part of the liquid drops of a level jet that reaches the ground, 0..1.

    Drop sizes: Rosin-Rammler with exponent 2 about the Sauter mean, in classes of equal mass. Each class loses
    d^2 = d0^2 - K t while it falls `height_m` in still air; K = 8 k / (cp rho_l) ln(1 + B).

    Valid for: free level jets; upward turbulence and cold air inside the cloud are not modelled.
    """
    sizes_m, fall_m, sigma_N_m = _falls(substance, air_K, outside_Pa)
    scale_m = mean_drop_m(sigma_N_m, jet_m_s, air_density_kg_m3(air_K, outside_Pa)) * math.gamma(0.5)
    part = (np.arange(_SIZES) + 0.5) / _SIZES
    drops_m = np.minimum(scale_m * np.sqrt(-np.log(1 - part)), _LARGEST_M)
    left_m = np.interp(drops_m, sizes_m, fall_m) - height_m
    landed_m = np.interp(np.maximum(left_m, 0.0), fall_m, sizes_m)
    return float(np.mean((landed_m / drops_m) ** 3))


@lru_cache(maxsize=64)
def _falls(substance: Substance, air_K: float, outside_Pa: float) -> tuple[Floats, Floats, float]:
    """How far drops fall until they have evaporated, over their size; and their surface tension. Shapes: [D], [D]."""
    drop_K, transfer = wet_bulb(substance, air_K, outside_Pa)
    liquid_kg_m3 = substance.liquid_density_kg_m3(drop_K)
    tension = substance.correlations["surface_tension_N_m"]
    sigma_N_m = tension.value(min(max(drop_K, tension.min_K), tension.max_K))
    shrink_m2_s = 8 * _AIR_CONDUCTIVITY_W_M_K / (_AIR_CP_J_KG_K * liquid_kg_m3) * math.log1p(transfer)
    sizes_m = np.concatenate([[0.0], np.geomspace(1e-7, _LARGEST_M, 400)])
    air_kg_m3 = air_density_kg_m3(air_K, outside_Pa)
    speed = np.concatenate([[0.0], settling_velocity_m_s(sizes_m[1:], liquid_kg_m3, air_kg_m3)])
    slope = speed * 2 * sizes_m / shrink_m2_s
    fall_m = np.concatenate([[0.0], np.cumsum(0.5 * (slope[1:] + slope[:-1]) * np.diff(sizes_m))])
    return sizes_m, fall_m, sigma_N_m


@dataclass(frozen=True, slots=True, kw_only=True)
class Flashed:
    """Where a kilogram that leaves the vessel goes."""

    flash_fraction: float
    rain_out_fraction: float
    """Of all that leaves: part that falls to the ground."""

    @property
    def airborne_fraction(self) -> float:
        return 1.0 - self.rain_out_fraction


def flash(
    substance: Substance,
    temperature_K: float,
    jet_m_s: float,
    height_m: float,
    air_K: float,
    outside_Pa: float,
) -> Flashed:
    """Vapour, drops and rain-out of a liquid jet at a storage temperature."""
    vapour = flash_fraction(substance, temperature_K, outside_Pa)
    rain = (1 - vapour) * rain_out_fraction(substance, jet_m_s, height_m, air_K, outside_Pa)
    return Flashed(flash_fraction=vapour, rain_out_fraction=rain)
