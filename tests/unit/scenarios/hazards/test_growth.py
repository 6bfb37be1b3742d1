# SPDX-License-Identifier: Apache-2.0
"""Growth of puffs against tables and by step refinement."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.hazards.growth import Briggs, Growth, Similarity, calm_share
from scenarios.hazards.stability import SurfaceLayer, averaging_factor, obukhov_length_m


def layer(stability: str = "D", roughness_m: float = 0.1, obukhov_m: float | None = None) -> SurfaceLayer:
    return SurfaceLayer(
        stability=stability,
        roughness_m=roughness_m,
        wind_height_m=10.0,
        mixing_height_m=800.0,
        obukhov_m=obukhov_length_m(stability, roughness_m) if obukhov_m is None else obukhov_m,
    )


@pytest.mark.parametrize(
    ("stability", "terrain", "x", "sigma_y", "sigma_z"),
    [
        ("D", "rural", 1000.0, 80 / math.sqrt(1.1), 60 / math.sqrt(2.5)),
        ("F", "rural", 1000.0, 40 / math.sqrt(1.1), 16 / 1.3),
        ("A", "urban", 1000.0, 320 / math.sqrt(1.4), 240 * math.sqrt(2)),
        ("E", "urban", 500.0, 55 / math.sqrt(1.2), 40 / math.sqrt(1.75)),
    ],
)
def test_briggs_table(stability: str, terrain: str, x: float, sigma_y: float, sigma_z: float) -> None:
    """By hand from Hanna, Briggs, Hosker 1982, table 4.5."""
    curve = Briggs(stability=stability, terrain=terrain, averaging_time_s=600.0)  # type: ignore[arg-type]
    assert curve.sigma_y_m(np.array([x]))[0] == pytest.approx(sigma_y)
    assert curve.sigma_z_m(np.array([x]))[0] == pytest.approx(sigma_z)


def growths() -> list[Growth]:
    return [
        Similarity(layer=layer("D"), averaging_time_s=600.0),
        Similarity(layer=layer("F"), averaging_time_s=600.0),
        Similarity(layer=layer("B"), averaging_time_s=60.0),
        Briggs(stability="C", terrain="rural", averaging_time_s=600.0),
        Briggs(stability="A", terrain="urban", averaging_time_s=600.0),
    ]


@pytest.mark.parametrize("growth", growths(), ids=lambda growth: f"{growth}"[:40])
@pytest.mark.parametrize("speed", [0.0, 0.7, 3.0, 12.0])
def test_growth_is_steady_and_independent_of_the_step(growth: Growth, speed: float) -> None:
    """100 s in steps of 5 s and of 0.5 s agree; spreads never shrink."""
    one = np.ones(1)
    ends = []
    for step in (5.0, 0.5):
        y, z = 1.0 * one, 1.0 * one
        for _ in range(round(100 / step)):
            new_y, new_z = growth.grow(y, z, 1.0 * one, speed * one, speed * one, step * one)
            assert new_y[0] >= y[0] and new_z[0] >= z[0]
            y, z = new_y, new_z
        ends.append((y[0], z[0]))
    assert ends[0] == pytest.approx(ends[1], rel=0.02)


def test_briggs_puff_follows_the_curve() -> None:
    """Puffs of a steady wind have the spread of the curve at the way they went, step by step."""
    curve = Briggs(stability="D", terrain="rural", averaging_time_s=600.0)
    one = np.ones(1)
    y, z = curve.sigma_y_m(10 * one), curve.sigma_z_m(10 * one)
    for _ in range(99):
        y, z = curve.grow(y, z, one, 2 * one, 2 * one, 5 * one)
    assert y[0] == pytest.approx(curve.sigma_y_m(1000 * one)[0], rel=2e-3)
    assert z[0] == pytest.approx(curve.sigma_z_m(1000 * one)[0], rel=2e-3)


def test_measured_sigma_v_rules() -> None:
    growth = Similarity(layer=layer("D"), averaging_time_s=600.0, sigma_v_m_s=1.0)
    y, _ = growth.grow(*(np.full(1, v) for v in (1e-9, 1.0, 1.0, 3.0, 3.0, 10.0)))
    assert y[0] == pytest.approx(10.0 / (1 + 0.9 * math.sqrt(0.01)), rel=1e-3)


def test_rougher_ground_spreads_faster_and_calm_still_spreads() -> None:
    def spread(roughness_m: float, speed: float) -> tuple[float, float]:
        growth = Similarity(layer=layer("D", roughness_m), averaging_time_s=600.0)
        y, z = growth.grow(*(np.full(1, v) for v in (1.0, 1.0, 1.0, speed, speed, 60.0)))
        return float(y[0]), float(z[0])

    assert spread(0.5, 5.0) > spread(0.01, 5.0)
    y, z = spread(0.1, 0.0)
    assert y > 1.0 + 0.3 * 60 * averaging_factor(600.0, 3600.0) and z > 1.0
    assert calm_share(np.array([0.0, 0.5, 1.0, 1.5, 9.0])) == pytest.approx([1.0, 1.0, 0.5, 0.0, 0.0])
