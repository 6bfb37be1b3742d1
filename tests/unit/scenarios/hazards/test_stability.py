# SPDX-License-Identifier: Apache-2.0
"""Stability classes, surface layer and growth laws against tables and worked values."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scenarios.hazards.stability import (
    SurfaceLayer,
    averaging_factor,
    obukhov_length_m,
    pasquill_class,
    richardson_number,
)
from twin.errors import InputProblems
from twin.weather import Weather


def layer(stability: str = "D", roughness_m: float = 0.1, obukhov_m: float | None = None) -> SurfaceLayer:
    return SurfaceLayer(
        stability=stability,
        roughness_m=roughness_m,
        wind_height_m=10.0,
        mixing_height_m=800.0,
        obukhov_m=obukhov_length_m(stability, roughness_m) if obukhov_m is None else obukhov_m,
    )


@pytest.mark.parametrize(
    ("speed", "sun", "cloud", "expected"),
    [
        (1.0, 65.0, 0.0, "A"),
        (2.0, 45.0, 0.0, "B"),
        (3.0, 25.0, 0.0, "C"),
        (5.0, 65.0, 0.0, "C"),
        (8.0, 65.0, 0.0, "C"),
        (8.0, 45.0, 0.0, "D"),
        (3.0, 45.0, 1.0, "D"),
        (2.0, -5.0, 0.0, "F"),
        (2.0, -5.0, 0.6, "E"),
        (4.0, -5.0, 0.0, "E"),
        (6.5, -5.0, 0.0, "D"),
    ],
)
def test_turner_classes(speed: float, sun: float, cloud: float, expected: str) -> None:
    """Cells of Turner's table (1964): wind against net radiation index."""
    assert pasquill_class(speed, sun, cloud) == expected


def test_obukhov_length_of_the_reference(reference: Callable[[str], Path]) -> None:
    with reference("dispersion/worked_examples.csv").open(encoding="utf-8") as stream:
        rows = {row["id"]: float(row["expected"]) for row in csv.DictReader(stream)}
    for name, stability in (("moA", "A"), ("moC", "C"), ("moE", "E")):
        assert obukhov_length_m(stability, 1.2) == pytest.approx(rows[name], rel=1e-3)
    assert math.isinf(obukhov_length_m("D", 0.1))


def test_friction_velocity_as_aermet_finds_it(reference: Callable[[str], Path]) -> None:
    """Same wind, roughness and Obukhov length as in AERMOD's surface file: u* within 5 %."""
    with reference("dispersion/aermod_met.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            given = layer("D", float(row["z0_m"]), float(row["obukhov_length_m"]))
            found = given.friction_velocity_m_s(np.array([float(row["wind_speed_m_s"])]))[0]
            assert found == pytest.approx(float(row["friction_velocity_m_s"]), rel=0.05), row["met_case"]


def test_neutral_profile_is_logarithmic() -> None:
    ratio = layer("D", 0.1).speed_ratio(np.array([10.0, 2.0, 50.0]))
    assert ratio == pytest.approx([1.0, math.log(20) / math.log(100), math.log(500) / math.log(100)])


def test_stable_air_slows_the_wind_near_the_ground() -> None:
    heights = np.array([1.5])
    speeds = [layer(stability).speed_ratio(heights)[0] for stability in "ADF"]
    assert speeds == sorted(speeds, reverse=True)


def test_richardson_of_the_reference(reference: Callable[[str], Path]) -> None:
    with reference("fire_qra/vectors/hj169_richardson.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["type"] == "continuous"]
    assert len(rows) == 2
    for row in rows:
        found = richardson_number(
            float(row["Q_kg_s_or_Qt_kg"]),
            float(row["rho_rel"]),
            float(row["rho_air"]),
            float(row["Drel_m"]),
            float(row["Ur_m_s"]),
        )
        assert found == pytest.approx(float(row["Ri"]), rel=2e-4)  # worked with g = 9.81


def test_averaging_time() -> None:
    assert averaging_factor(600.0, 600.0) == 1.0
    assert averaging_factor(60.0, 600.0) == pytest.approx(0.631, abs=1e-3)
    assert averaging_factor(1.0, 600.0) == pytest.approx(0.5, abs=1e-3)


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputProblems, match="Pasquill class"):
        SurfaceLayer.of(Weather(stability="G"), 0.1)
    with pytest.raises(InputProblems, match="roughness is 12"):
        SurfaceLayer.of(Weather(), 12.0)
    with pytest.raises(InputProblems, match="cloud fraction"):
        pasquill_class(2.0, 10.0, 7.0)
