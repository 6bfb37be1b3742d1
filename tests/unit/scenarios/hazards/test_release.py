# SPDX-License-Identifier: Apache-2.0
"""Flow through holes against textbook values and against the limits between regimes."""

from __future__ import annotations

import math

import pytest

from scenarios.hazards.release import (
    critical_pressure_ratio,
    flashing_flow_kg_s,
    gas_flow_kg_s,
    hole_area_m2,
    liquid_flow_kg_s,
)
from twin.substances import substance

AREA = hole_area_m2(0.025)


def test_liquid_orifice_of_ccps() -> None:
    """CCPS 1999 p. 40: 10 mm hole, 490 kg/m3, 19.61 kPa, Cd 0.63 -> 0.2169 kg/s."""
    rate = liquid_flow_kg_s(hole_area_m2(0.01), 490.0, 120935.0368 - 101325, 0.0, 0.63)
    assert rate == pytest.approx(0.21691154763598, rel=1e-6)


def test_head_adds_to_pressure_and_suction_stops_it() -> None:
    """10 m of water is 98.07 kPa."""
    by_head = liquid_flow_kg_s(AREA, 1000.0, 0.0, 10.0)
    by_pressure = liquid_flow_kg_s(AREA, 1000.0, 98066.5, 0.0)
    assert by_head == pytest.approx(by_pressure, rel=1e-12)
    assert liquid_flow_kg_s(AREA, 1000.0, -98066.5, 10.0) == pytest.approx(0.0, abs=1e-6)


def test_choked_air() -> None:
    """Fliegner: air leaves at 0.0404 p A / sqrt(T) kg/s when choked (gamma 1.4)."""
    rate = gas_flow_kg_s(AREA, 7e5, 293.15, 101325.0, 1.4, 0.028965)
    assert rate == pytest.approx(0.04042 * 7e5 * AREA / math.sqrt(293.15), rel=1e-3)


def test_gas_flow_is_continuous_where_choking_begins_and_zero_without_pressure() -> None:
    critical = critical_pressure_ratio(1.3)
    inside = 101325.0 / critical
    below = gas_flow_kg_s(AREA, inside * 0.999999, 300.0, 101325.0, 1.3, 0.017)
    above = gas_flow_kg_s(AREA, inside * 1.000001, 300.0, 101325.0, 1.3, 0.017)
    assert below == pytest.approx(above, rel=1e-5)
    assert gas_flow_kg_s(AREA, 101325.0, 300.0, 101325.0, 1.3, 0.017) == 0.0
    assert gas_flow_kg_s(AREA, 9e4, 300.0, 101325.0, 1.3, 0.017) == 0.0


@pytest.mark.parametrize("name", ["chlorine", "ammonia", "propane", "sulfur_dioxide"])
def test_flashing_flow_between_its_limits(name: str) -> None:
    """Without a pipe the metastable liquid; from 0.1 m on the equilibrium rate dp/dT sqrt(T / cp), which Clausius and
    Clapeyron give from the vapour pressure curve alone; in between it falls with length."""
    item = substance(name)
    t = 293.15
    over = item.vapour_pressure_Pa(t) - 101325.0
    flows = [
        flashing_flow_kg_s(AREA, item, t, over, 0.0, length, 1.0) for length in (0.0, 0.02, 0.05, 0.1, 1.0)
    ]
    plain = liquid_flow_kg_s(AREA, item.liquid_density_kg_m3(t), over, 0.0, 1.0)
    assert flows[0] == pytest.approx(plain)
    assert all(a > b for a, b in zip(flows[:4], flows[1:4], strict=False)) and flows[3] == flows[4]
    slope = (item.vapour_pressure_Pa(t + 0.1) - item.vapour_pressure_Pa(t - 0.1)) / 0.2
    equilibrium = AREA * slope * math.sqrt(t / item.liquid_cp_J_kg_K(t))
    expected = 1 / math.sqrt(1 / plain**2 + 1 / equilibrium**2)
    assert flows[4] == pytest.approx(expected, rel=0.04)
