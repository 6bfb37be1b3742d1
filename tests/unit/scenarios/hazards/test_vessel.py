# SPDX-License-Identifier: Apache-2.0
"""Leaking vessels against closed solutions: draining, blowdown, boiling dry; and the geometry of tanks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point

from scenarios.hazards.release import hole_area_m2
from scenarios.hazards.vessel import Shape, Vessel
from twin.assets import Tank
from twin.errors import InputProblems
from twin.substances import substance

ATM = 101325.0


def tank(kind: str, **values: Any) -> Tank:
    given: dict[str, Any] = {"diameter_m": 4.0, "height_m": 6.0, **values}
    return Tank(id="T1", geometry=Point(0, 0), substance="x", kind=kind, **given)  # type: ignore[arg-type]


def vessel(a_tank: Tank, name: str, *, hole: float = 0.05, at: float = 0.0) -> Vessel:
    return Vessel(a_tank, substance(name), hole_diameter_m=hole, hole_above_bottom_m=at, outside_Pa=ATM)


@pytest.mark.parametrize(
    ("shape", "volume_m3"),
    [
        (Shape(kind="standing", diameter_m=4.0, length_m=6.0), math.pi * 4 * 6),
        (Shape(kind="lying", diameter_m=2.0, length_m=10.0), math.pi * 10),
        (Shape(kind="sphere", diameter_m=2.0, length_m=2.0), 4 / 3 * math.pi),
    ],
)
def test_shapes(shape: Shape, volume_m3: float) -> None:
    assert shape.volume_m3 == pytest.approx(volume_m3)
    assert shape.below_m3(0.5 * shape.height_m) == pytest.approx(0.5 * volume_m3)
    for part in (0.0, 0.03, 0.4, 0.77, 1.0):
        level = part * shape.height_m
        assert shape.level_m(shape.below_m3(level)) == pytest.approx(level, abs=1e-6)


def test_quarter_full_lying_cylinder() -> None:
    """Level of R/2: segment area R^2 (pi/3 - sqrt(3)/4)."""
    shape = Shape(kind="lying", diameter_m=2.0, length_m=3.0)
    assert shape.below_m3(0.5) == pytest.approx(3 * (math.pi / 3 - math.sqrt(3) / 4))


def test_stated_volume_scales_the_body_and_a_bullet_needs_a_length() -> None:
    assert Shape.of(tank("sphere", volume_m3=30.0)).volume_m3 == pytest.approx(30.0)
    with pytest.raises(InputProblems, match="bullet has no length"):
        Shape.of(tank("bullet"))


def test_draining_time_of_an_atmospheric_tank() -> None:
    """Torricelli: t = A_tank / (Cd A) (sqrt(2 h1 / g) - sqrt(2 h2 / g)) from 4.8 m to 2.0 m above the hole."""
    v = vessel(tank("fixed_roof"), "benzene")
    area = hole_area_m2(0.05)
    expected = math.pi * 4 / (0.65 * area) * (math.sqrt(2 * 4.8 / 9.80665) - math.sqrt(2 * 2.0 / 9.80665))
    v.discharge(expected)
    assert v.level_m == pytest.approx(2.0, abs=0.002)
    assert v.regime == "liquid" and v.pressure_Pa == ATM


def test_an_atmospheric_tank_ends_at_its_hole() -> None:
    v = vessel(tank("fixed_roof", diameter_m=1.0, height_m=2.0), "benzene", at=0.5)
    v.discharge(5000.0)
    assert v.ended == "equalised"
    assert v.level_m == pytest.approx(0.5, abs=0.01)
    bottom = vessel(tank("fixed_roof", diameter_m=1.0, height_m=2.0), "benzene", at=0.0)
    bottom.discharge(5000.0)
    assert bottom.ended == "empty"


def test_gas_blowdown_at_constant_temperature() -> None:
    """Choked ideal gas: m = m0 exp(-t / tau). Hydrogen at 1 MPa (Z = 1.006) until 0.3 MPa; 0.5 % for Z."""
    v = vessel(tank("sphere", pressure_Pa=1e6), "hydrogen", hole=0.02)
    start = v.mass_kg
    tau = start / v.flow()[0]
    time_s = tau * math.log(1e6 / 3e5)
    v.discharge(time_s)
    assert v.mass_kg == pytest.approx(0.3 * start, rel=0.005)
    assert v.pressure_Pa == pytest.approx(3e5, rel=0.005)


def test_gas_runs_out_to_the_outside_pressure() -> None:
    v = vessel(tank("sphere", pressure_Pa=5e5, diameter_m=1.0), "methane", hole=0.05)
    v.discharge(600.0)
    assert v.ended == "equalised"
    assert v.pressure_Pa == pytest.approx(ATM, rel=0.003)


def test_boiling_off_through_the_vapour_space_cools_as_rayleigh_says() -> None:
    """All that leaves has boiled off the rest: m cp dT = Hv dm (vapour's own change small). Propane, hole at the top."""
    item = substance("propane")
    v = vessel(tank("sphere", pressure_Pa=8.4e5, fill_fraction=0.9), "propane", hole=0.05, at=3.99)
    liquid, temperature = v.liquid_kg, v.temperature_K
    v.discharge(900.0)
    assert v.temperature_K < temperature - 3
    mass = liquid
    steps = 4000
    evaporated = (liquid - v.liquid_kg) / steps
    for _ in range(steps):
        heat = item.heat_of_vaporisation_J_kg(temperature)
        temperature -= heat * evaporated / ((mass - evaporated / 2) * item.liquid_cp_J_kg_K(temperature))
        mass -= evaporated
    assert v.temperature_K == pytest.approx(temperature, abs=0.03 * (293.15 - temperature))


def test_liquid_leak_keeps_the_vessel_saturated_and_full() -> None:
    """Masses and temperature obey volume = m_l / rho_l + m_v / rho_v all along, though only mass is stepped exactly."""
    v = vessel(tank("bullet", length_m=8.0, pressure_Pa=6.8e5), "chlorine")
    item = v.substance
    last = v.pressure_Pa
    for _ in range(30):
        v.discharge(60.0)
        if v.ended or v.liquid_kg <= 0:
            break
        volume = v.liquid_kg / item.liquid_density_kg_m3(v.temperature_K)
        volume += v.vapour_kg / v._vapour_density(v.temperature_K)
        assert volume == pytest.approx(v.shape.volume_m3, rel=1e-3)
        assert v.pressure_Pa <= last
        last = v.pressure_Pa


def test_liquefied_gas_leaves_as_liquid_then_as_vapour_until_it_is_cold() -> None:
    """Hole at half height: liquid down to it, then vapour, and the rest stays at its boiling point."""
    v = vessel(tank("bullet", diameter_m=1.5, length_m=3.0, pressure_Pa=8.6e5), "ammonia", at=0.75, hole=0.05)
    phases = []
    for _ in range(600):
        phases.append(v.discharge(60.0).phase)
        if v.ended:
            break
    assert phases[0] == "liquid" and phases[-1] == "gas"
    assert phases == sorted(phases, reverse=True)
    assert v.ended == "equalised"
    assert v.temperature_K == pytest.approx(v.substance.boiling_point_K, abs=0.5)
    assert v.level_m < 0.75 and v.liquid_kg > 0


def test_a_padded_tank_loses_its_pad_and_a_wrong_pressure_is_told() -> None:
    padded = vessel(tank("sphere", pressure_Pa=8e5), "benzene")
    assert padded.pressure_Pa == pytest.approx(8e5, rel=0.01)
    padded.discharge(120.0)
    assert ATM < padded.pressure_Pa < 7e5
    padded.discharge(3000.0)
    assert padded.ended == "empty" and padded.mass_kg < 0.01 * padded.initial_kg
    wrong = vessel(tank("sphere", pressure_Pa=ATM), "chlorine")
    assert wrong.caveats and wrong.caveats[0].startswith("pressure_below_vapour?")
    assert wrong.pressure_Pa == pytest.approx(6.8e5, rel=0.01)


def test_smaller_steps_change_nothing() -> None:
    """Second order in time: 60 s at once and in twelve calls agree to 1e-5."""
    a = vessel(tank("sphere", pressure_Pa=8.4e5), "propane")
    b = vessel(tank("sphere", pressure_Pa=8.4e5), "propane")
    a.discharge(60.0)
    for _ in range(200):
        b.discharge(0.3)
    assert np.isclose(a.mass_kg, b.mass_kg, rtol=1e-5) and np.isclose(
        a.temperature_K, b.temperature_K, rtol=1e-6
    )
