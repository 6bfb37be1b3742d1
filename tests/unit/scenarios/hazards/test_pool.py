# SPDX-License-Identifier: Apache-2.0
"""Pool: mass kept, boiling by the square root of time, evaporation in the range of published rates, area by the bund."""

from __future__ import annotations

import pytest

from scenarios.hazards.pool import LEAST_DEPTH_M, Pool
from twin.substances import substance

ATM = 101325.0


def test_mass_is_kept_and_never_negative() -> None:
    pool = Pool(substance("chlorine"), air_K=293.15, outside_Pa=ATM, bund_area_m2=10.0)
    pool.add(50.0)
    gone = sum(pool.evaporate(5.0, 2.0) for _ in range(2000))
    assert gone + pool.mass_kg == pytest.approx(50.0, abs=1e-9)
    assert pool.mass_kg >= 0.0 and gone > 49.0
    assert pool.evaporate(5.0, 2.0) >= 0.0


def test_boiling_falls_with_the_square_root_of_time() -> None:
    pool = Pool(substance("ammonia"), air_K=293.15, outside_Pa=ATM, bund_area_m2=10.0)
    pool.wetted_s = 100.0
    early = pool.flux_kg_m2_s(2.0)
    pool.wetted_s = 400.0
    assert pool.flux_kg_m2_s(2.0) == pytest.approx(0.5 * early)


def test_benzene_evaporates_as_measured_pools_do() -> None:
    """20 degC, 5 m/s, some metres wide: published pool rates are 1-4 g/m2/s (HJ 169 F.13 gives 2.0 for r = 5 m)."""
    pool = Pool(substance("benzene"), air_K=293.15, outside_Pa=ATM, bund_area_m2=80.0)
    pool.add(5000.0)
    assert not pool.boils
    assert 1e-3 < pool.flux_kg_m2_s(5.0) < 4e-3
    assert pool.flux_kg_m2_s(5.0) > pool.flux_kg_m2_s(2.0)


def test_area_is_depth_limited_then_bund_limited() -> None:
    item = substance("chlorine")
    free = Pool(item, air_K=293.15, outside_Pa=ATM, bund_area_m2=None)
    free.add(1000.0)
    assert free.area_m2 == pytest.approx(
        1000.0 / (item.liquid_density_kg_m3(free.temperature_K) * LEAST_DEPTH_M)
    )
    held = Pool(item, air_K=293.15, outside_Pa=ATM, bund_area_m2=20.0)
    held.add(1000.0)
    assert held.area_m2 == 20.0


def test_a_winter_below_the_melting_point_still_has_numbers() -> None:
    pool = Pool(substance("benzene"), air_K=263.15, outside_Pa=ATM, bund_area_m2=20.0)
    pool.add(100.0)
    assert pool.evaporate(60.0, 3.0) > 0.0
