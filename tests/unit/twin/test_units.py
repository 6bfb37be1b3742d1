# SPDX-License-Identifier: Apache-2.0
import pytest

from twin.errors import InputProblems
from twin.units import kg_m3_from_ppm, known_units, ppm_from_kg_m3, quantity, to_si


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("25 mm", "m", 0.025),
        ("25mm", "m", 0.025),
        ("0.8 MPa", "Pa", 8e5),
        ("20 degC", "K", 293.15),
        ("20 ℃", "K", 293.15),
        ("36 km/h", "m/s", 10.0),
        ("5 %", "fraction", 0.05),
        ("1e3 ppm", "fraction", 1e-3),
        (3, "s", 3.0),
        ("3", "s", 3.0),
    ],
)
def test_quantity_reads_what_people_write(text: str, unit: str, value: float) -> None:
    assert quantity(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit"), [("25 mm", "s"), ("many", "m"), ("3 furlong", "m"), ("", "m"), (True, "m")]
)
def test_quantity_refuses_with_the_field(text: str, unit: str) -> None:
    with pytest.raises(InputProblems) as caught:
        quantity(text, unit, field="hole")
    assert caught.value.problems[0].field == "hole"


def test_near_unit_is_suggested() -> None:
    with pytest.raises(InputProblems, match="did you mean 'kPa'"):
        to_si(1.0, "kpa")


def test_every_unit_converts() -> None:
    for unit in known_units():
        value, si_unit = to_si(1.0, unit)
        assert value > 0 and si_unit


def test_ppm_and_mass_concentration_are_inverse() -> None:
    there = kg_m3_from_ppm(20.0, 0.070906, 283.0, 9.9e4)
    assert ppm_from_kg_m3(there, 0.070906, 283.0, 9.9e4) == pytest.approx(20.0, rel=1e-12)


def test_chlorine_20_ppm_is_58_mg_m3() -> None:
    # HJ 169-2018 table H.1 gives 58 mg/m3 for chlorine, the 60-min AEGL-3 of 20 ppm at 25 degC
    assert kg_m3_from_ppm(20.0, 0.070906) * 1e6 == pytest.approx(58.0, rel=0.005)
