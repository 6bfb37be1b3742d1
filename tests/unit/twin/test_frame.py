# SPDX-License-Identifier: Apache-2.0
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.frame import ParkFrame


@given(st.floats(0, 359.999), st.floats(0.01, 60), st.floats(-3, 3))
def test_wind_vector_and_its_inverse(wind_from: float, speed: float, convergence: float) -> None:
    frame = ParkFrame(crs="EPSG:4549", origin_m=(0, 0), convergence_deg=convergence)
    back, back_speed = frame.wind_from(*frame.wind_vector(wind_from, speed))
    assert math.cos(math.radians(back - wind_from)) == pytest.approx(1.0, abs=1e-12)
    assert back_speed == pytest.approx(speed)


def test_convergence_turns_the_wind() -> None:
    # east of the central meridian grid north lies clockwise of true north: a true north wind blows
    # to grid south and slightly to grid west ... of the grid, i.e. towards the south-south-east-less side
    frame = ParkFrame(crs="EPSG:4549", origin_m=(0, 0), convergence_deg=0.8)
    u_m_s, v_m_s = frame.wind_vector(0.0, 10.0)
    assert v_m_s == pytest.approx(-10 * math.cos(math.radians(0.8)))
    assert u_m_s == pytest.approx(10 * math.sin(math.radians(0.8)))
