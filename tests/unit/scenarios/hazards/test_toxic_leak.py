# SPDX-License-Identifier: Apache-2.0
"""A leak from the tank to the field: phases, isolation, mass, refusals, caveats, determinism, the twelve substances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point

from scenarios.hazards.toxic_leak import ToxicLeak
from scenarios.hazards.zones import reach
from twin.assets import Tank
from twin.errors import InputProblems
from twin.fields import Grid
from twin.frame import ParkFrame
from twin.substances import substance
from twin.weather import Weather, WindSeries

FRAME = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000))
BULLET = {
    "kind": "bullet",
    "diameter_m": 2.6,
    "height_m": 2.6,
    "length_m": 10.0,
    "base_m": 1.0,
    "pressure_Pa": 6.8e5,
}
GRID = Grid.covering((-400.0, -400.0, 1600.0, 400.0), 10.0)


def leak(
    name: str = "chlorine",
    *,
    wind: float = 2.0,
    stability: str = "D",
    tank: dict[str, Any] | None = None,
    **rest: Any,
) -> ToxicLeak:
    weather = Weather(wind_speed_m_s=wind, stability=stability)
    a_tank = Tank(id="T-A03", geometry=Point(10.0, 20.0), substance=name, **{**BULLET, **(tank or {})})
    given: dict[str, Any] = {
        "hole_diameter_m": 0.025,
        "weather": weather,
        "wind": WindSeries.steady(FRAME, weather),
    }
    return ToxicLeak(a_tank, substance(name), start_s=1000.0, **{**given, **rest})


def test_chlorine_until_isolation() -> None:
    item = leak(isolation_s=300.0, bund_area_m2=100.0)
    first = item.state
    assert first.phase == "two_phase" and first.rate_kg_s > 5 and first.released_kg == 0
    item.advance(1150.0)
    running = item.state
    assert running.ended is None
    assert running.released_kg == pytest.approx(150 * first.rate_kg_s, rel=0.02)
    assert running.pressure_Pa < 6.8e5 and running.level_fraction < 0.8
    item.advance(1600.0)
    closed = item.state
    assert closed.ended == "isolated" and closed.rate_kg_s == 0.0
    assert closed.released_kg == pytest.approx(300 * first.rate_kg_s, rel=0.02)
    assert closed.airborne_kg_s > 0, "the pool still boils"
    assert closed.released_kg == pytest.approx(closed.airborne_kg + closed.rained_out_kg, rel=1e-9)
    assert item.cloud.mass_kg == pytest.approx(closed.airborne_kg, rel=1e-9)


def test_isolation_from_outside_and_in_the_past() -> None:
    item, late, past = leak(), leak(), leak()
    for one in (item, late, past):
        one.advance(1101.0)
    item.isolate(1110.0)
    late.advance(1110.0)
    late.isolate(1110.0)
    past.isolate(1000.0)
    for one in (item, late, past):
        one.advance(1300.0)
    assert item.state.ended == late.state.ended == past.state.ended == "isolated"
    assert item.state.released_kg == pytest.approx(late.state.released_kg, rel=1e-6)
    assert past.state.released_kg < item.state.released_kg
    item.isolate(1301.0)
    item.advance(1310.0)
    assert item.state.ended == "isolated"


def test_concentration_is_downwind_and_zones_nest() -> None:
    item = leak()
    assert not item.concentration(GRID).any()
    item.advance(1600.0)
    values = item.concentration(GRID)
    assert values.shape == (GRID.ny, GRID.nx) and values.min() >= 0 and np.isfinite(values).all()
    downwind = item.at(np.array([[300.0, 20.0, 1.5], [-300.0, 20.0, 1.5]]), 1600.0)
    assert downwind[0] > 1e-5 and downwind[1] == 0.0
    reaches = [reach(GRID, values, item.substance.aegl_kg_m3(level, 60), (10.0, 20.0)) for level in (3, 2)]
    assert 0 < reaches[0][0] < reaches[1][0] and reaches[0][1] < reaches[1][1]
    assert GRID.sample(values, np.array([[305.0, 25.0]]))[0] == pytest.approx(
        item.at(np.array([[305.0, 25.0, 1.5]]), 1600.0)[0], rel=0.05
    )


def test_it_is_a_hazard_field() -> None:
    item = leak()
    info = item.info
    assert info.unit == "kg/m3" and info.averaging_time_s == 60.0 and info.substance == "chlorine"
    assert item.at(np.zeros((3, 3)), 999.0).tolist() == [0.0, 0.0, 0.0]
    assert item.at(np.zeros((0, 3)), 1000.0).shape == (0,)


def test_same_inputs_give_the_same_bytes() -> None:
    results = []
    for _ in range(2):
        item = leak("ammonia", tank={"kind": "sphere", "diameter_m": 10.0, "pressure_Pa": 8.6e5})
        item.advance(1333.0)
        results.append(item.concentration(GRID).tobytes())
    assert results[0] == results[1]


def test_dense_calm_and_obstacle_caveats() -> None:
    item = leak(wind=0.3, stability="F")
    item.advance(1030.0)
    assert f"dense_gas?ri={item.richardson:.3g}" in item.caveats
    assert "calm_wind" in item.caveats and "no_obstacles" in item.caveats
    light = leak("hydrogen", wind=5.0, tank={"pressure_Pa": 1e6})
    light.advance(1030.0)
    assert light.richardson == 0.0 and not any("dense" in caveat for caveat in light.caveats)


def test_calm_gives_a_round_zone() -> None:
    item = leak(wind=0.0, stability="F", isolation_s=300.0)
    item.advance(1900.0)
    grid = Grid.covering((-390.0, -380.0, 410.0, 420.0), 10.0)
    values = item.concentration(grid)
    assert np.isfinite(values).all() and values.max() > 0
    assert values == pytest.approx(values[::-1], rel=1e-4, abs=1e-9)
    assert values == pytest.approx(values.T, rel=1e-4, abs=1e-9)


def test_everything_wrong_is_listed_at_once() -> None:
    with pytest.raises(InputProblems) as caught:
        leak(hole_diameter_m=-0.1, hole_height_m=0.5, isolation_s=-1.0, averaging_time_s=0.0)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["hole_diameter", "hole_height", "isolation", "averaging_time"]
    assert "1 to 3.6 m, where T-A03 has a wall" in str(caught.value)


def test_impossible_contents_are_a_problem_with_the_tank() -> None:
    with pytest.raises(InputProblems, match=r"layer tanks id T-A03.*benzene.*278\.68 K"):
        leak("benzene", tank={"temperature_K": 250.0})


@pytest.mark.parametrize(
    ("name", "tank", "phase"),
    [
        ("chlorine", {}, "two_phase"),
        ("ammonia", {"pressure_Pa": 8.6e5}, "two_phase"),
        ("hydrogen_sulfide", {"pressure_Pa": 1.8e6}, "two_phase"),
        ("sulfur_dioxide", {"pressure_Pa": 3.4e5}, "two_phase"),
        ("carbon_monoxide", {"pressure_Pa": 5e6}, "gas"),
        ("hydrogen_chloride", {"pressure_Pa": 4.3e6}, "two_phase"),
        ("propane", {"pressure_Pa": 8.4e5}, "two_phase"),
        (
            "methane",
            {"kind": "cryogenic", "temperature_K": 111.5, "pressure_Pa": 1.05e5, "height_m": 8.0},
            "liquid",
        ),
        ("methane", {"pressure_Pa": 2e7}, "gas"),
        ("benzene", {"kind": "fixed_roof", "height_m": 8.0, "pressure_Pa": 101325.0}, "liquid"),
        ("methanol", {"kind": "floating_roof", "height_m": 8.0, "pressure_Pa": 101325.0}, "liquid"),
        ("ethylene_oxide", {"pressure_Pa": 2.5e5}, "two_phase"),
        (
            "ammonia",
            {"kind": "cryogenic", "temperature_K": 239.8, "pressure_Pa": 1.05e5, "height_m": 8.0},
            "liquid",
        ),
        ("hydrogen", {"pressure_Pa": 2e7}, "gas"),
    ],
)
def test_every_substance_leaks(name: str, tank: dict[str, Any], phase: str) -> None:
    item = leak(name, tank=tank, isolation_s=120.0, bund_area_m2=50.0)
    assert item.state.phase == phase or (phase == "liquid" and item.state.flash_fraction < 0.01)
    item.advance(1240.0)
    state = item.state
    assert state.released_kg > 0 and state.airborne_kg > 0
    assert state.released_kg == pytest.approx(state.airborne_kg + state.rained_out_kg, rel=1e-9)
    assert 0 <= state.rain_out_fraction <= 1 and 0 <= state.flash_fraction <= 1
    assert np.isfinite(item.concentration(GRID)).all()


def test_a_hole_in_the_vapour_space_lets_gas_out() -> None:
    item = leak(hole_height_m=3.55)
    assert item.state.phase == "gas"
    below = leak(hole_height_m=1.0)
    assert below.state.rate_kg_s > 5 * item.state.rate_kg_s


def test_a_pipe_behind_the_hole_lets_less_through() -> None:
    assert leak(pipe_length_m=0.2).state.rate_kg_s < 0.7 * leak().state.rate_kg_s


def test_the_other_sigma_sets() -> None:
    results = {}
    for name in ("similarity", "briggs_rural", "briggs_urban"):
        item = leak(dispersion=name)
        item.advance(1400.0)
        results[name] = float(item.at(np.array([[300.0, 20.0, 1.5]]), 1400.0)[0])
        assert name.replace("_", " ") in item.info.model
    assert results["briggs_urban"] < results["similarity"] < 3 * results["briggs_rural"]
