# SPDX-License-Identifier: Apache-2.0
"""Mass is conserved along the whole chain, whatever the tank, the hole and the weather."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from scenarios.hazards.puff_kernel import vertical_factor
from scenarios.hazards.toxic_leak import ToxicLeak
from twin.assets import Tank
from twin.fields import Grid
from twin.frame import ParkFrame
from twin.substances import substance
from twin.weather import Weather, WindSeries

FRAME = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000))

TANKS: list[tuple[str, dict[str, Any]]] = [
    ("chlorine", {"kind": "bullet", "length_m": 4.0}),
    ("ammonia", {"kind": "sphere"}),
    ("propane", {"kind": "bullet", "length_m": 3.0}),
    ("benzene", {"kind": "fixed_roof"}),
    ("hydrogen", {"kind": "sphere", "pressure_Pa": 5e6}),
    ("sulfur_dioxide", {"kind": "sphere", "pressure_Pa": 6e5}),
]


@given(
    choice=st.sampled_from(TANKS),
    diameter=st.floats(1.0, 3.0),
    fill=st.floats(0.05, 0.95),
    hole=st.floats(0.005, 0.15),
    part=st.floats(0.0, 1.0),
    isolation=st.none() | st.floats(0.0, 300.0),
    speed=st.sampled_from([0.0, 0.3, 0.9, 2.0, 6.0]),
    stability=st.sampled_from("ABCDEF"),
    air_K=st.floats(258.0, 312.0),
    bund=st.none() | st.floats(5.0, 200.0),
    steps=st.lists(st.floats(0.3, 90.0), min_size=1, max_size=5),
)
@settings(max_examples=30, deadline=None)
def test_released_is_airborne_plus_pool_plus_nothing(
    choice: tuple[str, dict[str, Any]],
    diameter: float,
    fill: float,
    hole: float,
    part: float,
    isolation: float | None,
    speed: float,
    stability: str,
    air_K: float,
    bund: float | None,
    steps: list[float],
) -> None:
    name, given_tank = choice
    tank = Tank(
        id="T",
        geometry=Point(0, 0),
        substance=name,
        fill_fraction=fill,
        **{"diameter_m": diameter, "height_m": 3.0, **given_tank},
    )
    weather = Weather(wind_speed_m_s=speed, stability=stability, temperature_K=air_K)
    height = part * (3.0 if tank.kind == "fixed_roof" else diameter)
    leak = ToxicLeak(
        tank,
        substance(name),
        hole_diameter_m=hole,
        hole_height_m=height,
        weather=weather,
        wind=WindSeries.steady(FRAME, weather),
        start_s=0.0,
        isolation_s=isolation,
        bund_area_m2=bund,
    )
    before = leak.vessel.mass_kg
    time_s = released = 0.0
    for step in steps:
        time_s += step
        leak.advance(time_s)
        state = leak.state
        assert state.released_kg >= released - 1e-12
        released = state.released_kg
        assert state.rained_out_kg >= 0 and 0 <= state.level_fraction <= 1.0
        scale = max(released, 1e-12)
        assert abs(state.released_kg - state.airborne_kg - state.rained_out_kg) <= 1e-9 * scale
        assert abs(before - leak.vessel.mass_kg - released) <= 1e-9 * before
        assert abs(leak.cloud.mass_kg - state.airborne_kg) <= 1e-3 * scale
    assert np.isfinite(leak.cloud.puffs).all()


@given(
    speed=st.sampled_from([0.0, 1.0, 4.0]),
    stability=st.sampled_from("BDF"),
    duration=st.floats(20.0, 200.0),
)
@settings(max_examples=9, deadline=None)
def test_the_grid_holds_what_is_in_the_air(speed: float, stability: str, duration: float) -> None:
    """Integral of the gridded concentration over all heights = airborne mass, 0.1 %."""
    weather = Weather(wind_speed_m_s=speed, stability=stability)
    tank = Tank(
        id="T",
        geometry=Point(0, 0),
        substance="chlorine",
        kind="bullet",
        diameter_m=2.0,
        height_m=2.0,
        length_m=5.0,
        pressure_Pa=6.8e5,
    )
    leak = ToxicLeak(
        tank,
        substance("chlorine"),
        hole_diameter_m=0.02,
        weather=weather,
        wind=WindSeries.steady(FRAME, weather),
        start_s=0.0,
    )
    leak.advance(duration)
    grid = Grid.covering((-1500.0, -1500.0, 1500.0, 1500.0), 10.0)
    x, y, height, sigma_y, sigma_z, mass = leak.cloud.puffs
    # every puff at a level of its own vertical density: V(z) of puff i known, so weight by 1 / V_i at z = 1.5 m
    factors = [
        vertical_factor(1.5, float(h), float(s), weather.mixing_height_m)
        for h, s in zip(height, sigma_z, strict=True)
    ]
    leak.cloud._table = np.array([x, y, height, sigma_y, sigma_z, mass / np.array(factors)])
    total = leak.concentration(grid, 1.5).sum() * grid.cell_m**2
    assert abs(total - leak.state.airborne_kg) <= 1e-3 * leak.state.airborne_kg
