# SPDX-License-Identifier: Apache-2.0
"""What people take up indoors and out, who notices, who falls, and what is expected on average."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.breathing import CLOSED_AIR_CHANGES_1_H, Breathing, Toxicity
from agents.exposure import lethal_load, probit_probability
from twin.fields import FieldInfo

INFO = FieldInfo(
    name="c", quantity="concentration", unit="kg/m3", averaging_time_s=1.0, height_m=1.5, model="test"
)
AEGL = {1: {10: 0.5, 60: 0.5}, 2: {10: 2.8, 60: 2.0}, 3: {10: 50.0, 60: 20.0}}
CHLORINE = Toxicity(n=2.0, probit=(-8.29, 0.92), aegl_ppm=AEGL)


class Everywhere:
    """The same concentration everywhere, a function of time."""

    info = INFO

    def __init__(self, ppm_at) -> None:  # type: ignore[no-untyped-def]
        self.ppm_at = ppm_at

    def at(self, points_m: np.ndarray, t_s: float) -> np.ndarray:
        return np.full(len(points_m), self.ppm_at(t_s))


def _people(
    toxicity: Toxicity, share: list[float], room: list[int], rooms: int = 1, changes: float = 2.0
) -> Breathing:
    count = len(share)
    return Breathing(
        toxicity,
        np.zeros(count),
        np.array(share),
        np.array(room),
        np.zeros((rooms, 2)),
        np.full(rooms, changes),
    )


def _breathe(air: Breathing, field: Everywhere | None, seconds: float, dt_s: float = 1.0) -> None:
    for k in range(round(seconds / dt_s)):
        everybody = np.ones(len(air.room), dtype=bool)
        air.step(np.zeros((len(air.room), 2)), everybody, k * dt_s, dt_s, field, 1.0)


def test_outdoors_the_load_is_the_integral_and_indoors_the_box_model() -> None:
    air = _people(CHLORINE, [0.5, 0.5], [-1, 0])
    _breathe(air, Everywhere(lambda t: 100.0), 1800.0)
    # the first tick rises from clean air: C^2 / 3 instead of C^2
    assert air.toxic_load[0] == pytest.approx(1e4 * (30 - 2 / 180), rel=1e-9)
    a, t = 2.0 / 3600, 1800.0
    x = math.exp(-a * t)
    box = 1e4 * (t - 2 * (1 - x) / a + (1 - x * x) / (2 * a)) / 60
    assert air.toxic_load[1] == pytest.approx(box, rel=2e-3)


def test_shut_windows_let_in_less() -> None:
    open_air, shut = (_people(CHLORINE, [0.5], [0]) for _ in range(2))
    shut.close(np.array([0]))
    for air in (open_air, shut):
        _breathe(air, Everywhere(lambda t: 100.0), 600.0)
    assert shut.air.air_changes_1_s[0] == CLOSED_AIR_CHANGES_1_H / 3600
    assert shut.breathed_ppm[0] < 0.3 * open_air.breathed_ppm[0]


def test_a_mask_divides_what_is_breathed() -> None:
    air = _people(CHLORINE, [0.5, 0.5], [-1, -1])
    air.protection[1] = 50.0
    _breathe(air, Everywhere(lambda t: 100.0), 60.0)
    assert air.toxic_load[0] / air.toxic_load[1] == pytest.approx(2500.0)


def test_people_notice_at_aegl_1_or_what_is_given_or_never() -> None:
    assert CHLORINE.noticed_ppm == 0.5
    assert Toxicity(aegl_ppm={2: {10: 1.0}}).noticed_ppm == math.inf
    assert Toxicity(aegl_ppm=AEGL, notice_ppm=3.0).noticed_ppm == 3.0
    air = _people(CHLORINE, [0.5], [-1])
    _breathe(air, Everywhere(lambda t: 0.4), 10.0)
    assert not air.noticing[0]
    _breathe(air, Everywhere(lambda t: 0.6), 10.0)
    assert air.noticing[0] and air.exposed[0]


@pytest.mark.parametrize(
    ("ppm", "minutes", "above_2", "above_3"),
    [
        (2.5, 30, True, False),
        (2.5, 9, False, False),
        (2.9, 11, True, False),
        (55.0, 11, True, True),
        (1.9, 50, False, False),
    ],
)
def test_guideline_levels_by_the_duration_of_exposure(
    ppm: float, minutes: int, above_2: bool, above_3: bool
) -> None:
    air = _people(CHLORINE, [0.5], [-1])
    _breathe(air, Everywhere(lambda t: ppm), 60.0 * minutes, 10.0)
    # 2.5 ppm: above the 30-minute level (about 2.24 between 2.8 and 2.0), below the 10-minute one
    assert (bool(air.above(2)[0]), bool(air.above(3)[0])) == (above_2, above_3)


def test_whoever_was_above_a_level_stays_counted() -> None:
    air = _people(CHLORINE, [0.5], [-1])
    _breathe(air, Everywhere(lambda t: 10.0 if t < 900 else 0.0), 7200.0, 10.0)
    assert air.above(2)[0]


def test_falling_is_by_the_persons_own_share_and_grows_with_the_load() -> None:
    shares = np.linspace(0.001, 0.999, 999)
    fallen = []
    for ppm in (100.0, 300.0, 1000.0, 3000.0):
        air = _people(CHLORINE, shares.tolist(), [-1] * 999)
        _breathe(air, Everywhere(lambda t, ppm=ppm: ppm), 600.0, 10.0)
        p = float(probit_probability(air.toxic_load[0], -8.29, 0.92))
        assert air.fallen.sum() == pytest.approx(999 * p, abs=1.01)
        fallen.append(air.fallen)
    assert all((more >= less).all() for less, more in zip(fallen, fallen[1:], strict=False))


def test_expected_deaths_have_the_mean_of_the_deaths() -> None:
    """Over many draws, with people who stop taking up gas once they have fallen."""
    rng = np.random.default_rng(2)
    half = float(lethal_load(0.5, -8.29, 0.92))
    loads = half * np.exp(rng.normal(-1.0, 1.5, 400))
    counted, expected = [], []
    for _ in range(200):
        air = _people(CHLORINE, rng.random(400).tolist(), [-1] * 400)
        air.toxic_load[:] = np.minimum(loads, air.lethal_load)
        counted.append(int(air.fallen.sum()))
        expected.append(air.expected_deaths)
    error = np.std(counted) / np.sqrt(200)
    assert np.mean(expected) == pytest.approx(np.mean(counted), abs=4 * error)
    plain = probit_probability(loads, -8.29, 0.92).sum()
    assert np.mean(expected) == pytest.approx(plain, rel=0.05)


def test_without_a_probit_nobody_dies_and_the_dead_do_not_breathe() -> None:
    air = _people(Toxicity(n=1.0), [0.5], [-1])
    _breathe(air, Everywhere(lambda t: 1e6), 600.0, 10.0)
    assert not air.fallen[0] and air.expected_deaths == 0.0
    still = _people(CHLORINE, [0.5], [-1])
    still.step(np.zeros((1, 2)), np.zeros(1, dtype=bool), 0.0, 10.0, Everywhere(lambda t: 100.0), 1.0)
    assert still.toxic_load[0] == 0.0


def test_the_room_keeps_its_gas_when_there_is_no_field_any_more() -> None:
    air = _people(CHLORINE, [0.5], [0])
    _breathe(air, Everywhere(lambda t: 100.0), 600.0)
    before = air.breathed_ppm[0]
    _breathe(air, None, 10.0)
    assert 0.98 * before < air.breathed_ppm[0] < before
