# SPDX-License-Identifier: Apache-2.0
"""Toxic load, indoor air, probit, guideline levels, fire gases: against closed forms and numerical integrals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from agents.exposure import (
    IndoorAir,
    aegl_at,
    fire_gas_rate,
    hypoxia_rate,
    lethal_load,
    probit_probability,
    smoke_speed_factor,
    toxic_load_step,
)
from twin.errors import OutOfRange

ppm = st.floats(0.0, 1e5)


@settings(deadline=None)  # the first call compiles
@given(c0=ppm, c1=ppm, n=st.floats(0.5, 4.0))
def test_the_load_of_a_step_is_the_integral_of_a_straight_line(c0: float, c1: float, n: float) -> None:
    exact, _ = quad(lambda s: (c0 + s * (c1 - c0)) ** n, 0.0, 1.0, epsrel=1e-11, limit=200)
    ours = float(toxic_load_step(c0, c1, n, 60.0))
    assert ours == pytest.approx(exact, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("ratio", [1e-9, 1e-4, 0.0199, 0.0201, 0.3])
def test_series_and_quotient_join_without_a_step(ratio: float) -> None:
    low, high = 100.0 * (1 - ratio), 100.0 * (1 + ratio)
    exact, _ = quad(lambda s: (low + s * (high - low)) ** 2.75, 0.0, 1.0, epsabs=0.0, epsrel=1e-13)
    assert float(toxic_load_step(low, high, 2.75, 60.0)) == pytest.approx(exact, rel=1e-11)


def test_a_step_cut_in_two_has_the_same_load() -> None:
    whole = float(toxic_load_step(10.0, 70.0, 2.0, 120.0))
    halves = float(toxic_load_step(10.0, 40.0, 2.0, 60.0) + toxic_load_step(40.0, 70.0, 2.0, 60.0))
    assert whole == pytest.approx(halves, rel=1e-13)


def test_negative_concentrations_count_as_zero_and_shapes_broadcast() -> None:
    loads = toxic_load_step(np.array([[-5.0], [10.0]]), np.array([-1.0, 10.0]), 1.0, 60.0)
    assert loads.tolist() == [[0.0, 5.0], [5.0, 10.0]]


def test_indoor_air_solves_its_equation_for_a_ramp_outside() -> None:
    rate, slope = 2.0 / 3600, 0.4
    truth = solve_ivp(lambda t, c: rate * (slope * t - c), (0.0, 900.0), [7.0], rtol=1e-10, atol=1e-12)
    air = IndoorAir(np.array([7.0]), np.array([rate]))
    for k in range(3):
        air.step(slope * 300.0 * k, slope * 300.0 * (k + 1), 300.0)
    assert air.concentration[0] == pytest.approx(truth.y[0, -1], rel=1e-7)


def test_one_indoor_step_equals_many_small_ones() -> None:
    big = IndoorAir(np.array([1.0]), np.array([1e-3]))
    small = IndoorAir(np.array([1.0]), np.array([1e-3]))
    big.step(0.0, 60.0, 600.0)
    for k in range(60_000):
        small.step(k * 1e-3, (k + 1) * 1e-3, 0.01)
    assert big.concentration[0] == pytest.approx(small.concentration[0], rel=1e-8)


def test_without_air_change_nothing_comes_in() -> None:
    assert IndoorAir(np.array([3.0]), np.zeros(1)).step(100.0, 100.0, 3600.0)[0] == 3.0


def test_probit_five_is_one_half_and_the_inverse_agrees() -> None:
    a, b = -8.29, 0.92
    half = math.exp((5.0 - a) / b)
    assert float(probit_probability(half, a, b)) == pytest.approx(0.5)
    assert float(probit_probability(0.0, a, b)) == 0.0
    shares = np.array([0.01, 0.3, 0.99])
    assert probit_probability(lethal_load(shares, a, b), a, b) == pytest.approx(shares)


def test_probit_six_is_one_standard_deviation() -> None:
    assert float(probit_probability(math.e, 5.0, 1.0)) == pytest.approx(0.841344746, abs=1e-9)


def test_aegl_between_and_beyond_the_table() -> None:
    table = {10: 4.0, 30: 4.0, 60: 1.0, 240: 0.5, 480: 0.5}
    assert aegl_at(table, [10.0, 60.0, 480.0]) == pytest.approx([4.0, 1.0, 0.5])
    assert float(aegl_at(table, 1.0)) == 4.0, "not extrapolated upwards"
    assert float(aegl_at(table, math.sqrt(30 * 60))) == pytest.approx(2.0), "log-log in between"
    assert float(aegl_at(table, 960.0)) == pytest.approx(0.25), "C t constant beyond"
    with pytest.raises(OutOfRange):
        aegl_at({}, 10.0)


def test_purser_carbon_monoxide_and_lack_of_oxygen() -> None:
    # 5 g/m3-like fire gas: 35,000 ppm min of CO is Purser's incapacitating dose at light work (about 30 % COHb)
    alone = fire_gas_rate(co_ppm=1000.0)
    assert 1.0 / alone == pytest.approx(27.1, abs=0.1), "2.764e-5 * 1000^1.036 * exp(2.0004) / 7.1, by hand"
    assert hypoxia_rate(10.0) == pytest.approx(1.0 / math.exp(8.13 - 0.54 * 10.9))
    assert hypoxia_rate(20.0) == 0.0
    assert fire_gas_rate(co_ppm=1000.0, co2_percent=5.0) / alone == pytest.approx(math.exp(0.1903 * 5.0))
    assert fire_gas_rate(no2_ppm=1900.0) == pytest.approx((1900 / 1500 + 1.0) * math.exp(2.0004) / 7.1)
    with pytest.raises(OutOfRange, match="phosgene"):
        fire_gas_rate(irritants_ppm={"phosgene": 1.0})


def test_smoke_slows_down_to_a_tenth() -> None:
    assert smoke_speed_factor([0.0, 1.0, 50.0]) == pytest.approx([1.0, 0.649 / 0.706, 0.1])
