# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from scenarios.cloud_grid import CloudGrid
from twin.fields import FieldInfo, Grid

GRID = Grid(x0_m=0.0, y0_m=0.0, cell_m=10.0, nx=4, ny=3)
INFO = FieldInfo(
    name="concentration", quantity="concentration", unit="kg/m3", averaging_time_s=60, height_m=1.5, model="t"
)
SHAPE = (3, 4)


def _cloud(n: float | None = 2.0) -> CloudGrid:
    return CloudGrid(GRID, INFO, t_s=100.0, ppm_per_kg_m3=1000.0, toxic_n=n)


def test_load_of_a_ramp_is_exact_for_any_tick() -> None:
    # C(t) = 10 ppm * t/600 s: integral of C^2 over 10 min = 100 * 10/3 ppm^2 min
    for ticks in (2, 120):
        cloud = _cloud()
        for k in range(1, ticks + 1):
            cloud.push(100.0 + 600.0 * k / ticks, np.full(SHAPE, 0.01 * k / ticks))
        assert cloud.toxic_load == pytest.approx(np.full(SHAPE, 1000.0 / 3), rel=1e-9)


def test_ten_minute_mean_of_a_steady_cloud_and_after_it() -> None:
    cloud = _cloud()
    for k in range(1, 241):
        cloud.push(100.0 + 5.0 * k, np.full(SHAPE, 0.002))
    assert cloud.mean_ppm == pytest.approx(np.full(SHAPE, 2.0), rel=1e-5)
    for k in range(241, 361):
        cloud.push(100.0 + 5.0 * k, np.zeros(SHAPE))
    assert cloud.mean_ppm.max() < 0.01
    assert cloud.worst_mean_ppm == pytest.approx(np.full(SHAPE, 2.0), rel=1e-5)


def test_between_ticks_it_is_linear() -> None:
    cloud = _cloud()
    cloud.push(105.0, np.full(SHAPE, 1.0))
    point = np.array([[15.0, 10.0, 1.5]])
    assert [float(cloud.at(point, t)[0]) for t in (100.0, 102.5, 105.0)] == pytest.approx([0.0, 0.5, 1.0])
    assert cloud.at(np.array([[500.0, 0.0, 1.5]]), 105.0).tolist() == [0.0]


def test_no_probit_no_load() -> None:
    cloud = _cloud(None)
    cloud.push(105.0, np.full(SHAPE, 1.0))
    assert cloud.toxic_load.max() == 0.0
