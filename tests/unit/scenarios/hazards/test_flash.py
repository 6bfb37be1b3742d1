# SPDX-License-Identifier: Apache-2.0
"""Flash fraction, drops and rain-out against published values and a direct integration of a falling drop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.hazards.flash import (
    flash,
    flash_fraction,
    mean_drop_m,
    rain_out_fraction,
    settling_velocity_m_s,
    wet_bulb,
)
from twin.substances import substance

ATM = 101325.0


@pytest.mark.parametrize(
    ("name", "temperature_K", "fraction", "tolerance"),
    [
        ("chlorine", 293.15, 0.18, 0.01),  # HSE CRR 403/2002 and Lees: about 0.18 at 20 degC
        ("ammonia", 293.15, 0.19, 0.02),  # from h_l of NIST WebBook: (536.0 - 298.9 wt.) / 1370 = 0.18-0.19
        ("propane", 293.15, 0.37, 0.02),  # NIST WebBook: (252.1 - 99.9) / 425.6 = 0.358
        ("benzene", 293.15, 0.0, 0.0),
    ],
)
def test_flash_fraction(name: str, temperature_K: float, fraction: float, tolerance: float) -> None:
    assert flash_fraction(substance(name), temperature_K, ATM) == pytest.approx(
        fraction, abs=tolerance + 1e-12
    )


def test_settling_velocity_of_water_drops() -> None:
    """Gunn, Kinzer 1949: 0.1, 1 and 2 mm drops fall at 0.27, 4.03 and 6.49 m/s."""
    fall = settling_velocity_m_s(np.array([1e-4, 1e-3, 2e-3]), 998.0, 1.204)
    assert fall == pytest.approx([0.27, 4.03, 6.49], rel=0.1)


def test_mean_drop_follows_weber() -> None:
    assert mean_drop_m(0.02, 30.0, 1.2) == pytest.approx(12 * 0.02 / (1.2 * 900))
    assert mean_drop_m(0.02, 60.0, 1.2) == pytest.approx(0.25 * mean_drop_m(0.02, 30.0, 1.2))


def test_wet_bulb_balances_heat_and_mass() -> None:
    """Benzene drops in dry air at 20 degC are near 0 degC (psychrometric: some 20 K below); chlorine well below boiling."""
    temperature, transfer = wet_bulb(substance("benzene"), 293.15, ATM)
    assert 278.0 < temperature < 284.0 and transfer > 0
    cold, _ = wet_bulb(substance("chlorine"), 293.15, ATM)
    assert 190.0 < cold < substance("chlorine").boiling_point_K - 10


def test_rain_out_equals_a_drop_by_drop_integration() -> None:
    """The same physics stepped in time for each size class."""
    item, jet, height, air = substance("ammonia"), 35.0, 1.5, 293.15
    drop_K, transfer = wet_bulb(item, air, ATM)
    density = item.liquid_density_kg_m3(drop_K)
    air_density = ATM * 0.028965 / (8.314462618 * air)
    tension = item.surface_tension_N_m(max(drop_K, item.correlations["surface_tension_N_m"].min_K))
    scale = mean_drop_m(tension, jet, air_density) * math.gamma(0.5)
    shrink = 8 * 0.026 / (1006.0 * density) * math.log1p(transfer)
    first = scale * np.sqrt(-np.log(1 - (np.arange(40) + 0.5) / 40))
    square, z, landed, dt = first**2, np.full(40, height), np.zeros(40), 5e-3
    for _ in range(4000):
        falling = (z > 0) & (square > 1e-12)
        z[falling] -= settling_velocity_m_s(np.sqrt(square[falling]), density, air_density) * dt
        square[falling] -= shrink * dt
        now = falling & (z <= 0)
        landed[now] = (np.maximum(square[now], 0.0) / first[now] ** 2) ** 1.5
        if not falling.any():
            break
    assert rain_out_fraction(item, jet, height, air, ATM) == pytest.approx(float(np.mean(landed)), abs=0.01)


@given(
    name=st.sampled_from(["chlorine", "ammonia", "benzene", "propane", "methanol", "sulfur_dioxide"]),
    jet=st.floats(1.0, 80.0),
    height=st.floats(0.0, 20.0),
    air=st.floats(255.0, 313.0),
)
@settings(max_examples=25, deadline=None)
def test_rain_out_is_a_fraction_that_falls_with_height_and_speed(
    name: str, jet: float, height: float, air: float
) -> None:
    item = substance(name)
    here = rain_out_fraction(item, jet, height, air, ATM)
    assert 0.0 <= here <= 1.0
    assert rain_out_fraction(item, jet, height + 2.0, air, ATM) <= here + 1e-9
    assert rain_out_fraction(item, 1.5 * jet, height, air, ATM) <= here + 1e-9


def test_parts_add_up() -> None:
    parts = flash(substance("chlorine"), 293.15, 29.0, 1.0, 293.15, ATM)
    assert (
        parts.flash_fraction + (1 - parts.flash_fraction) >= parts.airborne_fraction >= parts.flash_fraction
    )
    assert parts.airborne_fraction + parts.rain_out_fraction == pytest.approx(1.0)
