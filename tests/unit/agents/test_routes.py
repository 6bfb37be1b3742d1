# SPDX-License-Identifier: Apache-2.0
"""Named routes over a real network: loads against an independent integral, the vehicle's limits, joining."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from agents.edge_loads import edge_loads, midpoints, wait_loads
from agents.routes import plan
from geodata.network import Network
from twin.errors import InputProblems, NotConverged

PPM = 3.45e5


def _ends(lanes: Network) -> tuple[int, int]:
    return lanes.place("engine"), lanes.place("T1")


def test_without_gas_all_routes_are_the_fastest(lanes: Network) -> None:
    start, end = _ends(lanes)
    routes = plan(lanes, start, end, 1000.0, None, 2.0, PPM)
    assert {route.arrival_s for route in routes.values()} == {routes["fastest"].arrival_s}
    route = routes["fastest"]
    assert route.load == 0.0
    assert route.times_s[0] == 1000.0
    assert (route.points_m[0] == lanes.xy_m[start]).all() and (route.points_m[-1] == lanes.xy_m[end]).all()
    from agents.guidance import next_edges

    travel_s = np.maximum(np.ceil(lanes.length_m / lanes.speed_m_s / 2.0 - 1e-9), 1) * 2.0
    _, away = next_edges(lanes, [np.array([end])], travel_s)
    assert route.arrival_s - 1000.0 == pytest.approx(away[0, start])


def test_gas_on_the_way_splits_the_routes_and_the_loads_are_real(lanes: Network, blob: type) -> None:
    start, end = _ends(lanes)
    cloud = blob(x_m=450.0, y_m=0.0, peak_kg_m3=1e-3, spread_m=50.0)
    routes = plan(lanes, start, end, 0.0, cloud, 2.75, PPM, horizon_s=900.0)
    fast, low, middle = (routes[kind] for kind in ("fastest", "lowest_dose", "balanced"))
    assert fast.arrival_s < low.arrival_s and fast.load > 100 * low.load
    assert fast.arrival_s <= middle.arrival_s <= low.arrival_s
    assert fast.load >= middle.load >= low.load
    for route in routes.values():
        assert route.load_from(0.0, cloud, 2.75, PPM) == pytest.approx(route.load, rel=0.08, abs=1.0)
        assert (np.diff(route.times_s) >= 0).all()
        assert route.node_loads[-1] == route.load


def test_the_load_of_an_edge_is_the_integral_along_it(lanes: Network, blob: type) -> None:
    cloud = blob(x_m=300.0, y_m=120.0, spread_m=80.0, peak_kg_m3=3e-4, drift_m_s=0.8, from_s=0.0)
    travel_s = lanes.length_m / 5.0
    load = edge_loads(lanes, travel_s, 50.0, cloud, 2.0, PPM, step_s=10.0, count=12)
    checked = 0
    for edge in range(0, lanes.edge_count, 5):
        line = lanes.edge_line(edge)
        if len(line) != 2 or load[edge, 4] < 0.02 * load[:, 4].max():
            continue

        def rate(s: float, line: np.ndarray = line, edge: int = edge) -> float:
            here = line[0] + s * (line[1] - line[0])
            at_s = 50.0 + 40.0 + s * travel_s[edge]
            return float((cloud.at(np.array([[*here, 1.5]]), at_s)[0] * PPM) ** 2)

        exact = quad(rate, 0.0, 1.0)[0] * travel_s[edge] / 60.0
        assert load[edge, 4] == pytest.approx(exact, rel=0.06)
        checked += 1
    assert checked >= 5


def test_midpoints_lie_evenly_on_their_edges(lanes: Network) -> None:
    points, share, start = midpoints(lanes, 25.0)
    assert len(points) == len(share) == start[-1]
    for edge in (0, lanes.edge_count // 2):
        mine = slice(start[edge], start[edge + 1])
        assert lanes.length_m[edge] / len(share[mine]) <= 25.0
        line = lanes.edge_line(edge)
        assert points[mine] == pytest.approx(line[0] + share[mine][:, None] * (line[-1] - line[0]), abs=0.02)


def test_waiting_takes_up_what_is_there(blob: type) -> None:
    cloud = blob(peak_kg_m3=1e-4)
    load = wait_loads(np.array([[220.0, 100.0]]), 0.0, cloud, 1.0, PPM, step_s=30.0, count=3)
    assert load == pytest.approx(np.full((1, 3), 34.5 * 0.5))


def test_the_crew_waits_out_a_cloud_when_dose_is_what_counts(lanes: Network, blob: type) -> None:
    start, end = _ends(lanes)
    cloud = blob(spread_m=80.0, peak_kg_m3=1e-3, to_s=300.0)  # over the target for five minutes
    routes = plan(lanes, start, end, 0.0, cloud, 1.0, PPM, horizon_s=1200.0)
    low, fast = routes["lowest_dose"], routes["fastest"]
    assert low.load < 0.1 * fast.load
    assert low.arrival_s > 300.0 > fast.arrival_s
    assert (low.nodes[:3] == start).all(), "waits at the depot"
    still = plan(lanes, start, end, 0.0, cloud, 1.0, PPM, horizon_s=1200.0, may_wait=False)
    assert (np.diff(still["lowest_dose"].nodes) != 0).all(), "no waiting, no node twice in a row"


def test_a_high_vehicle_goes_round_low_crossings(lanes: Network) -> None:
    start, end = _ends(lanes)
    low = plan(lanes, start, end, 0.0, None, 1.0, PPM, max_height_m=2.5)["fastest"]
    high = plan(lanes, start, end, 0.0, None, 1.0, PPM, max_height_m=3.6)["fastest"]

    def lowest(route):  # type: ignore[no-untyped-def]
        limits = []
        for u, v in zip(route.nodes, route.nodes[1:], strict=False):
            out = np.arange(lanes.indptr[u], lanes.indptr[u + 1])
            limits.append(lanes.max_height_m[out[lanes.head[out] == v]].max())
        return min(limits)

    assert lowest(high) >= 3.6
    assert high.length_m >= low.length_m
    with pytest.raises(NotConverged, match="3.6 m high"):
        sealed = np.arange(lanes.edge_count)
        plan(lanes, start, end, 0.0, None, 1.0, PPM, max_height_m=3.6, closed=sealed)


def test_a_vehicles_own_top_speed_counts(lanes: Network) -> None:
    start, end = _ends(lanes)
    slow = plan(lanes, start, end, 0.0, None, 1.0, PPM, top_speed_m_s=2.0, kinds=("fastest",))["fastest"]
    assert slow.length_m / (slow.arrival_s - slow.times_s[0]) == pytest.approx(2.0, rel=0.1)


def test_routes_can_be_cut_and_joined(lanes: Network, blob: type) -> None:
    start, end = _ends(lanes)
    cloud = blob(x_m=450.0, y_m=0.0, peak_kg_m3=1e-4)
    whole = plan(lanes, start, end, 0.0, cloud, 1.0, PPM, kinds=("fastest",), may_wait=False)["fastest"]
    k = 3
    first = whole.until(k)
    assert first.nodes[-1] == whole.nodes[k]
    at_s = float(whole.node_times_s[k])
    rest = plan(lanes, int(whole.nodes[k]), end, at_s, cloud, 1.0, PPM, kinds=("fastest",), may_wait=False)
    joined = first.then(rest["fastest"])
    assert joined.arrival_s == pytest.approx(whole.arrival_s)
    assert joined.length_m == pytest.approx(whole.length_m)
    assert joined.load == pytest.approx(whole.load, rel=0.02)
    for t_s in np.linspace(0.0, whole.arrival_s, 7):
        assert joined.at(t_s) == pytest.approx(whole.at(t_s))


def test_an_unknown_kind_is_named(lanes: Network) -> None:
    with pytest.raises(InputProblems, match="fastest"):
        plan(lanes, 0, 1, 0.0, None, 1.0, PPM, kinds=("fastst",))  # type: ignore[arg-type]
