# SPDX-License-Identifier: Apache-2.0
"""Verification tests of walking (IMO MSC.1/Circ.1533, RiMEA, NIST TN 1822) that a queue model on links can
state.

Each test is a small network on which `QueueFlow` runs as it does in a park. Tests about bodies, walls and
rooms are left to a microscopic model and listed as skipped.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.exposure import smoke_speed_factor
from agents.guidance import next_edges
from agents.people import (
    PUBLIC_DELAY,
    STAFF_DELAY,
    WALKING_MEAN_M_S,
    truncated_lognormal,
    walking_speeds,
)
from agents.queue_flow import ARRIVED, FLOW_P_M_S, QueueFlow, speed_fraction
from geodata.network import Network
from twin.validation import Report

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def bare_network(
    nodes: int, tail: Ints, head: Ints, length_m: Floats, width_m: Floats, xy_m: Floats | None = None
) -> Network:
    """A network of nothing but nodes and links, for tests. Shapes: tail (ascending), head, length_m, width_m
    [E]."""
    edges = len(tail)
    where = np.zeros((nodes, 2)) if xy_m is None else xy_m
    numbers = {pair: k for k, pair in enumerate(zip(tail.tolist(), head.tolist(), strict=True))}
    pairs = zip(tail.tolist(), head.tolist(), strict=True)
    return Network(
        node_ids=tuple(f"n{k}" for k in range(nodes)),
        xy_m=where,
        tail=tail,
        head=head,
        indptr=np.searchsorted(tail, np.arange(nodes + 1)).astype(np.int64),
        length_m=np.asarray(length_m, dtype=np.float64),
        width_m=np.asarray(width_m, dtype=np.float64),
        speed_m_s=np.full(edges, 1.34),
        max_height_m=np.full(edges, np.inf),
        max_mass_kg=np.full(edges, np.inf),
        reverse=np.array([numbers.get((v, u), -1) for u, v in pairs], dtype=np.int64),
        way_ids=("",) * edges,
        kinds=("service",) * edges,
        line_xy_m=np.stack([where[tail], where[head]], axis=1).reshape(-1, 2),
        line_indptr=2 * np.arange(edges + 1, dtype=np.int64),
        routable=np.ones(nodes, dtype=bool),
    )


def walk(
    network: Network, start: Ints, exits: list[Ints], speed_m_s: Floats, depart_s: Floats | None = None
) -> QueueFlow:
    """Everybody walks from their start node to the nearest exit, until the last has arrived. Shapes: start,
    speed [N]."""
    flow = QueueFlow(network, speed_m_s)
    flow.table, _ = next_edges(network, [np.concatenate(exits)], network.length_m)
    none = np.zeros(len(start))
    flow.depart(np.arange(len(start)), start, none.astype(np.int64), none if depart_s is None else depart_s)
    while (flow.status != ARRIVED).any() and flow.t_s < 36_000.0:
        flow.advance(flow.t_s + 10.0)
    return flow


def corridor_time(length_m: float, speed_m_s: float) -> float:
    """Time one person needs along a 2 m wide corridor."""
    network = chain([length_m], [2.0])
    return float(
        walk(network, np.zeros(1, dtype=np.int64), [np.array([1])], np.array([speed_m_s])).arrived_s[0]
    )


def chain(lengths_m: list[float], widths_m: list[float]) -> Network:
    """Links in a row."""
    count = len(lengths_m)
    x_m = np.concatenate(([0.0], np.cumsum(lengths_m)))
    xy_m = np.column_stack([x_m, np.zeros(count + 1)])
    tail = np.arange(count)
    return bare_network(count + 1, tail, tail + 1, np.array(lengths_m), np.array(widths_m), xy_m)


def door_flow(people: int, width_m: float, bottleneck_m: float = 0.5) -> tuple[float, Floats]:
    """Mean flow [p/s] out of a room of 8 m x 5 m through an exit, and the times of passing it."""
    network = chain([4.0, bottleneck_m], [5.0, width_m])
    start = np.zeros(people, dtype=np.int64)
    times = np.sort(walk(network, start, [np.array([2])], np.full(people, WALKING_MEAN_M_S)).arrived_s)
    return (people - 1) / float(times[-1] - times[0]), times


def room_time(doors: int) -> float:
    """Time in which 1000 people leave a room of 30 m x 20 m (IMO test 9): four parts, each with a 1 m door
    unless closed."""
    corners = np.array([[7.5, 5.0], [22.5, 5.0], [22.5, 15.0], [7.5, 15.0]])
    outside = corners + np.array([[0.0, -5.5], [0.0, -5.5], [0.0, 5.5], [0.0, 5.5]])
    ring = [(k, (k + 1) % 4) for k in range(4)]
    pairs = sorted([*ring, *((b, a) for a, b in ring), *((k, 4 + k) for k in range(doors))])
    tail, head = np.array(pairs, dtype=np.int64).T
    xy_m = np.concatenate([corners, outside])
    length_m = np.hypot(*(xy_m[head] - xy_m[tail]).T)
    network = bare_network(8, tail, head, length_m, np.where(head >= 4, 1.0, 10.0), xy_m)
    start = np.repeat(np.arange(4), 250)
    exits = [4 + np.arange(doors)]
    return float(walk(network, start, exits, np.full(1000, WALKING_MEAN_M_S)).arrived_s.max())


def starts_late(low_s: float, high_s: float) -> float:
    """Largest difference between a person's response time and the moment they set off (IMO test 5)."""
    network = chain([4.0, 0.5], [5.0, 1.0])
    depart_s = np.linspace(low_s, high_s, 10)
    start = np.zeros(10, dtype=np.int64)
    speed = np.full(10, WALKING_MEAN_M_S)
    arrived_s = walk(network, start, [np.array([2])], speed, depart_s).arrived_s
    walked_s = 4.5 / WALKING_MEAN_M_S
    return float(np.abs(arrived_s - walked_s - depart_s).max())


def _close(report: Report, name: str, metric: str, value: float, wanted: float, tolerance: float) -> None:
    passed = abs(value - wanted) <= tolerance
    report.add(name, metric, value, f"{wanted:g} +/- {tolerance:g}", bool(passed))


def _within(report: Report, name: str, metric: str, value: float, low: float, high: float) -> None:
    report.add(name, metric, value, f"{low:g} .. {high:g}", bool(low <= value <= high))


def _free_walk(report: Report, name: str, expected: Mapping[str, Any]) -> None:
    if "time_s" in expected:
        wanted = expected["time_s"]
        _close(
            report,
            name,
            "time of 40 m at 1 m/s [s]",
            corridor_time(40.0, 1.0),
            wanted,
            wanted * expected["rel_tol"],
        )
    elif "speed" in expected:
        _close(
            report,
            name,
            "speed over 40 m [m/s]",
            40.0 / corridor_time(40.0, 1.0),
            expected["speed"],
            expected["tol"],
        )
    else:
        _within(
            report,
            name,
            "time of 40 m at 1.33 m/s [s]",
            corridor_time(40.0, 1.33),
            expected["lo_s"],
            expected["hi_s"],
        )


def _door(report: Report, name: str, expected: Mapping[str, Any]) -> None:
    flow, _ = door_flow(100, 1.0)
    low = expected.get("flow_min_sanity_p_s", 0.0)
    high = expected["flow_max_p_s"] if "flow_max_p_s" in expected else expected["max"]
    _within(report, name, "flow through a 1 m door [p/s]", flow, low, high)


def _responses(report: Report, name: str, expected: Mapping[str, Any]) -> None:
    late = starts_late(expected["lo_s"], expected["hi_s"])
    limit = expected["start_tol_s"]
    report.add(name, "start differs from response time by [s]", late, f"<= {limit:g}", late <= limit)


def _exits(report: Report, name: str, expected: Mapping[str, Any]) -> None:
    ratio = room_time(2) / room_time(4)
    _within(
        report,
        name,
        "time with 2 exits over time with 4",
        ratio,
        expected["ratio_min"],
        expected["ratio_max"],
    )


def _bottleneck(report: Report, name: str, expected: Mapping[str, Any]) -> None:
    flows = [door_flow(150, width, 5.0)[0] for width in expected["widths"]]
    least = float(np.diff(flows).min())
    report.add(name, "least gain of flow with width [p/s]", least, "> 0", least > 0.0)


def _speed_groups(report: Report, name: str, expected: Mapping[str, Any]) -> None:
    even = (np.arange(50) + 0.5) / 50
    slow = walking_speeds(np.ones(50, dtype=bool), even)
    for group in expected["groups"]:
        if group["age"] == "limited mobility":
            outside = int(((slow < group["lo"]) | (slow > group["hi"])).sum())
            report.add(name, f"speeds of {group['age']} outside the range", outside, "0", outside == 0)


def _pre_evacuation(report: Report, name: str, expected: Mapping[str, Any]) -> None:
    from scipy.stats import kstest

    mu, sigma = expected["lognormal_mu_sigma"]
    drawn = truncated_lognormal(np.random.default_rng(1).random(1000), *PUBLIC_DELAY)
    p = float(kstest(np.log(drawn), "norm", args=(mu, sigma)).pvalue)
    report.add(name, "Kolmogorov-Smirnov p of the lognormal delays", p, "> 0.05", p > 0.05)


def _smoke(report: Report, name: str, expected: Mapping[str, Any]) -> None:
    factor = float(smoke_speed_factor(expected["K"]))
    time_s = corridor_time(100.0, expected["v0"] * factor)
    _close(report, name, "time of 100 m in smoke [s]", time_s, expected["time_s"], 0.01)


TESTS: Mapping[str, Callable[[Report, str, Mapping[str, Any]], None]] = {
    "IMO-1": _free_walk,
    "RiMEA-1": _free_walk,
    "NIST-2.1": _free_walk,
    "IMO-4": _door,
    "NIST-5.2": _door,
    "IMO-5": _responses,
    "RiMEA-5": _responses,
    "IMO-9": _exits,
    "RiMEA-9": _exits,
    "RiMEA-7": _speed_groups,
    "RiMEA-12d": _bottleneck,
    "NIST-1.1": _pre_evacuation,
    "NIST-2.5": _smoke,
}
ELSEWHERE = {
    "NIST-2.6": "fed_cases.json holds it",
    "RiMEA-4": "no steady density on an open link; fundamental_diagram_formulae.csv holds the law",
}


def walking(report: Report, path: Path) -> None:
    """verification_tests.json."""
    for test in json.loads(path.read_text(encoding="utf-8")):
        if test["id"] in TESTS:
            TESTS[test["id"]](report, test["id"], test["expected"])
        else:
            reason = ELSEWHERE.get(test["id"], "needs a microscopic model, or another distribution of speeds")
            report.skipped.append(f"{path.name}: {test['id']} ({reason})")


def response_times(report: Report, path: Path) -> None:
    """imo_response_time.json: the law the delays of trained people are drawn from."""
    law = json.loads(path.read_text(encoding="utf-8"))
    name = "IMO response times"
    ours = dict(zip(("mu", "sigma", "hi_s"), STAFF_DELAY, strict=True))
    for key, value in ours.items():
        _close(report, name, key, value, law[key], 1e-9)
    # the file's median belongs to the uncut law, whose half lies at norm / 2 of the cut one
    median_s = float(truncated_lognormal(np.array([law["norm"] / 2.0]), *STAFF_DELAY)[0])
    _close(report, name, "median of the uncut law [s]", median_s, law["median_s"], 0.01)


def tables(report: Report, path: Path) -> None:
    """Tables of speed and flow against density, and of another program's results."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if path.name.startswith("fundamental_diagram"):
        error = max(abs(1.34 * speed_fraction(float(row["rho"])) - float(row["v_weidmann"])) for row in rows)
        report.add("Weidmann", "largest difference of speed [m/s]", error, "<= 0.0001", error <= 1e-4)
    elif path.name.startswith("juelich"):
        measured = max(float(row["specific_flow"]) for row in rows)
        ratio = FLOW_P_M_S / measured
        report.add(
            "Juelich corridor",
            "greatest flow of the model over measured",
            ratio,
            "<= 1 (cautious)",
            ratio <= 1.0,
        )
    else:
        for row in rows:
            value = float(row["value"])
            ours = {
                ("IMO-4", "lambda=0.3"): lambda: door_flow(100, 1.0)[0],
                ("IMO-9", "4 exits lambda=0.3"): lambda: room_time(4),
                ("IMO-9", "2 exits lambda=0.3"): lambda: room_time(2),
            }.get((row["case"], row["variant"]))
            if ours is not None:
                ratio = ours() / value
                name = f"FDS+Evac {row['case']} {row['variant']}"
                _within(report, name, f"our {row['quantity']} over theirs", ratio, 0.8, 1.2)
