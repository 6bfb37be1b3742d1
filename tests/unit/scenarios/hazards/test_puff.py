# SPDX-License-Identifier: Apache-2.0
"""Puffs against the closed plume, a direct sum, mass on the grid, the mixing lid, calm air and turning wind."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.hazards.growth import Briggs, Growth, Similarity
from scenarios.hazards.puff import PuffCloud
from scenarios.hazards.puff_kernel import at_points, merge_neighbours, on_grid, vertical_factor
from scenarios.hazards.stability import SurfaceLayer, obukhov_length_m
from twin.fields import Grid
from twin.weather import WindSeries


def layer(stability: str = "D", lid_m: float = 800.0, roughness_m: float = 0.1) -> SurfaceLayer:
    return SurfaceLayer(
        stability=stability,
        roughness_m=roughness_m,
        wind_height_m=10.0,
        mixing_height_m=lid_m,
        obukhov_m=obukhov_length_m(stability, roughness_m),
    )


def wind(u: float, v: float = 0.0) -> WindSeries:
    return WindSeries(np.zeros(1), np.array([u]), np.array([v]))


def similarity(stability: str = "D", averaging_s: float = 600.0) -> Similarity:
    return Similarity(layer=layer(stability), averaging_time_s=averaging_s)


def blow(cloud: PuffCloud, duration_s: float, rate: float = 1.0, until_s: float | None = None) -> None:
    for step in range(round(duration_s / cloud.step_s)):
        t = step * cloud.step_s
        mass = rate * cloud.step_s if until_s is None or t < until_s else 0.0
        cloud.advance(t, cloud.step_s, mass, (0.0, 0.0, 1.0), 0.5)


class Level(SurfaceLayer):
    """A surface layer whose wind is the same at every height, for comparison with the closed plume."""

    def speed_ratio(self, height_m: np.ndarray) -> np.ndarray:
        return np.ones_like(height_m)


def test_steady_puffs_are_the_gaussian_plume() -> None:
    """Wind the same at all heights, Briggs' curves: c = Q / (2 pi u sy sz) (two images), 2 % from 100 m on.

    The plume neglects spread along the wind and a puff's spread while it passes; the puffs do not.
    """
    base = layer("D", lid_m=0.0)
    still = Level(**{name: getattr(base, name) for name in base.__slots__})
    curve = Briggs(stability="D", terrain="rural", averaging_time_s=600.0)
    cloud = PuffCloud(still, curve, wind(3.0))
    blow(cloud, 1200.0)
    x = np.array([100.0, 200.0, 500.0, 1000.0, 2000.0])
    virtual = 0.5 / 0.08
    sy, sz = curve.sigma_y_m(x + virtual), curve.sigma_z_m(x + 0.5 / 0.06)
    expected = (
        1 / (2 * math.pi * 3 * sy * sz) * (np.exp(-(0.5**2) / 2 / sz**2) + np.exp(-(2.5**2) / 2 / sz**2))
    )
    found = cloud.at(np.column_stack([x, np.zeros(5), np.full(5, 1.5)]))
    assert found == pytest.approx(expected, rel=0.02)
    side = cloud.at(np.array([[1000.0, sy[3], 1.5]]))[0]
    assert side / found[3] == pytest.approx(math.exp(-0.5), rel=0.03)


def test_grid_and_points_equal_the_direct_sum() -> None:
    rng = np.random.default_rng(3)
    n = 37
    table = np.array(
        [
            rng.uniform(0, 300, n),
            rng.uniform(0, 200, n),
            rng.uniform(0, 10, n),
            rng.uniform(12, 60, n),
            rng.uniform(2, 40, n),
            rng.uniform(0.1, 3, n),
        ]
    )
    grid = Grid(x0_m=-50.0, y0_m=-40.0, cell_m=10.0, nx=43, ny=31)
    z = 1.5
    yy, xx = np.meshgrid(grid.y_m, grid.x_m, indexing="ij")
    direct = np.zeros(xx.shape)
    for x, y, h, sy, sz, m in table.T:
        flat = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * sy**2))
        up = np.exp(-((z - h) ** 2) / (2 * sz**2)) + np.exp(-((z + h) ** 2) / (2 * sz**2))
        direct += m / ((2 * math.pi) ** 1.5 * sy**2 * sz) * flat * up
    found = on_grid(*table, z, 0.0, grid.x0_m, grid.y0_m, grid.cell_m, grid.nx, grid.ny)
    assert found == pytest.approx(direct, abs=2e-5 * direct.max())
    points = np.column_stack([xx.ravel(), yy.ravel(), np.full(xx.size, z)])
    assert at_points(*table, points, 0.0) == pytest.approx(direct.ravel(), abs=1e-5 * direct.max())


@pytest.mark.parametrize("sigma", [0.05, 1.0, 4.0, 5.0, 30.0, 100.0])
def test_the_grid_holds_the_whole_mass_of_a_puff(sigma: float) -> None:
    """Vertically integrated by 1 / V(z): sum of cells times area, from far below to far above a cell's width."""
    grid = Grid(x0_m=-1000.0, y0_m=-1000.0, cell_m=5.0, nx=401, ny=401)
    table = [np.array([v]) for v in (1.3, -2.1, 1.0, sigma, 2.0, 7.0)]
    values = on_grid(*table, 1.0, 0.0, grid.x0_m, grid.y0_m, grid.cell_m, grid.nx, grid.ny)
    mass = values.sum() * 25.0 / vertical_factor(1.0, 1.0, 2.0, 0.0)
    assert mass == pytest.approx(7.0, rel=1e-5)


def test_a_lid_mixes_the_air_below_it() -> None:
    """Far downwind the concentration is the same at all heights below the lid: 1 / lid."""
    heights = [0.0, 1.5, 50.0, 120.0, 199.0]
    mixed = [vertical_factor(z, 5.0, 390.0, 200.0) for z in heights]
    assert mixed == pytest.approx([1 / 200.0] * 5, rel=1e-3)
    assert vertical_factor(3.0, 5.0, 500.0, 200.0) == 1 / 200.0
    assert vertical_factor(1.5, 1.0, 20.0, 200.0) == pytest.approx(
        vertical_factor(1.5, 1.0, 20.0, 0.0), rel=1e-9
    )


def test_vertical_factor_holds_one() -> None:
    z = np.linspace(0, 200, 4001)
    for sigma in (3.0, 60.0, 150.0, 399.0):
        column = np.array([vertical_factor(float(v), 8.0, sigma, 200.0) for v in z])
        assert np.trapezoid(column, z) == pytest.approx(1.0, rel=2e-3)


def test_merging_keeps_mass_and_shape() -> None:
    """With and without merging: mass exactly, concentration within 3 % of the peak; far fewer puffs."""
    points = np.array([[x, y, 1.5] for x in (100.0, 300.0, 1000.0) for y in (0.0, 20.0, 60.0)])
    merged, whole = (PuffCloud(layer(), similarity(), wind(3.0)) for _ in range(2))
    whole._merge = lambda spacing, ratio: None  # type: ignore[method-assign]
    whole.most_puffs = 10**9
    blow(merged, 900.0)
    blow(whole, 900.0)
    assert merged.mass_kg == pytest.approx(900.0, rel=1e-12)
    assert whole.mass_kg == pytest.approx(900.0, rel=1e-12)
    assert merged.count < 0.2 * whole.count
    a, b = merged.at(points), whole.at(points)
    for start in (0, 3, 6):
        assert a[start : start + 3] == pytest.approx(b[start : start + 3], abs=0.03 * b[start])


def test_the_number_of_puffs_stays_bounded() -> None:
    cloud = PuffCloud(layer(), similarity(), wind(2.0), most_puffs=60)
    blow(cloud, 7200.0)
    assert cloud.count <= 60
    assert cloud.mass_kg == pytest.approx(7200.0, rel=1e-12)


def test_merge_kernel_conserves_mass_and_centre() -> None:
    table = np.array(
        [[0.0, 1.0, 50.0], [0.0, 2.0, 0.0], [1.0] * 3, [10.0, 10.5, 10.0], [5.0, 5.2, 5.0], [2.0, 1.0, 4.0]]
    )
    before = table.copy()
    kept = merge_neighbours(table, 0.75, 0.1)
    assert kept == 2
    assert table[5, :2].tolist() == [3.0, 4.0]
    assert table[0, 0] == pytest.approx((before[0, 0] * 2 + before[0, 1]) / 3)


@pytest.mark.parametrize(
    "growth",
    [similarity("D"), similarity("F"), Briggs(stability="F", terrain="rural", averaging_time_s=600.0)],
)
def test_calm_is_round_and_finite(growth: Growth) -> None:
    cloud = PuffCloud(layer("F"), growth, wind(0.0))
    blow(cloud, 600.0)
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    for radius in (1.0, 10.0, 60.0):
        ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), np.full(12, 1.5)])
        values = cloud.at(ring)
        assert np.isfinite(values).all() and values.min() > 0
        assert np.ptp(values) < 1e-9 * values.max()
    far = cloud.at(np.array([[1.0, 0, 1.5], [10.0, 0, 1.5], [60.0, 0, 1.5]]))
    assert far[0] > far[1] > far[2]


@pytest.mark.parametrize("speed", [0.2, 0.5, 0.8, 1.0])
def test_light_wind_runs(speed: float) -> None:
    cloud = PuffCloud(layer("E"), similarity("E", 60.0), wind(speed))
    blow(cloud, 900.0)
    values = cloud.at(np.array([[50.0, 0, 1.5], [-5.0, 0.0, 1.5]]))
    assert np.isfinite(values).all() and values[0] > 0


def test_wind_turns_the_picture() -> None:
    """A wind from another direction gives the same plume, turned."""
    east, north = (PuffCloud(layer(), similarity(), w) for w in (wind(3.0), wind(0.0, 3.0)))
    blow(east, 600.0)
    blow(north, 600.0)
    a = east.at(np.array([[300.0, 25.0, 1.5]]))[0]
    b = north.at(np.array([[-25.0, 300.0, 1.5]]))[0]
    assert a == pytest.approx(b, rel=1e-9)


def test_a_turning_wind_carries_old_gas_on_and_new_gas_elsewhere() -> None:
    turning = WindSeries(np.array([0.0, 300.0, 301.0]), np.array([3.0, 3.0, 0.0]), np.array([0.0, 0.0, 3.0]))
    cloud = PuffCloud(layer(), similarity(), turning)
    blow(cloud, 600.0)
    puffs = cloud.puffs
    young = puffs[:, -5:]
    assert abs(young[0]).max() < 1.0 and young[1].max() > 0.0
    old = puffs[:, :5]
    assert old[0].min() > 200.0 and old[1].min() > 200.0


def test_averaging_time_narrows_the_plume() -> None:
    short, long = (PuffCloud(layer(), similarity(averaging_s=s), wind(3.0)) for s in (18.75, 3600.0))
    blow(short, 600.0)
    blow(long, 600.0)
    axis = np.array([[300.0, 0.0, 1.5]])
    assert short.at(axis)[0] > 1.5 * long.at(axis)[0]
