# SPDX-License-Identifier: Apache-2.0
"""`parktwin validate agents`: dose, routes, clearance and walking against reference figures.

The folder has the layout of reference/agents. Files that are absent are skipped and listed; others are
compared as they are. Walking tests of IMO, RiMEA and NIST that need bodies and walls cannot be stated for a
queue model and are listed as skipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.clearance import quickest_clearance
from agents.exposure import IndoorAir, fire_gas_rate, hypoxia_rate, toxic_load_step
from agents.guidance import next_edges
from agents.queue_flow import ARRIVED, QueueFlow
from agents.timed_search import TimedGraph, time_expanded_routes
from agents.validate_walking import bare_network, response_times, tables, walking
from twin.errors import problem
from twin.validation import Report

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def validate(data: Path) -> Report:
    """Every comparison that the files in `data` allow.

    Raises: InputProblems when `data` is no folder, or a file in it does not have the expected layout.
    """
    if not Path(data).is_dir():
        raise problem(f"{data} is no folder", "Name a folder laid out like reference/agents.", file=str(data))
    report = Report("agents")
    steps: Mapping[str, Callable[[Report, Path], None]] = {
        "hazard_route_cases.json": _routes,
        "toxic_load_cases.json": _toxic_loads,
        "fed_cases.json": _fire_gases,
        "quickest_evacuation_cases.json": _clearances,
        "imo_response_time.json": response_times,
        "fundamental_diagram_formulae.csv": tables,
        "juelich_unidirectional_summary.csv": tables,
        "fdsevac_reported_results.csv": tables,
        "verification_tests.json": walking,
    }
    for name, step in steps.items():
        path = Path(data) / name
        if not path.is_file():
            report.skipped.append(name)
            continue
        try:
            step(report, path)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise problem(
                f"{name} is not laid out as expected ({type(error).__name__}: {error})",
                "Compare it with the file of that name in the reference data.",
                file=name,
            ) from None
    return report


def _cases(path: Path) -> list[dict[str, Any]]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, list):
        raise ValueError("it is no list of cases")
    return found


# --- routes --------------------------------------------------------------------------------------------------------
ROUTE_STEP_S = 5
"""Time step of the reference routes, stated in the file's semantics."""


def timed_graph_of(instance: Mapping[str, Any], *, wait: bool) -> TimedGraph:
    """The graph of a reference case: load of a move = conc[slot(t + travel / 2)]^n travel / 60; free waiting
    in shelters."""
    edges = instance["edges"]
    tail = np.array([edge["u"] for edge in edges], dtype=np.int64)
    order = np.argsort(tail, kind="stable")
    tail = tail[order]
    head = np.array([edge["v"] for edge in edges], dtype=np.int64)[order]
    travel_s = np.array([edge["travel_s"] for edge in edges], dtype=np.int64)[order]
    if (travel_s % ROUTE_STEP_S).any():
        raise ValueError(f"travel times are no multiples of {ROUTE_STEP_S} s")
    ppm = np.array(instance["conc_ppm"], dtype=np.float64)[:, order]
    horizon = int(instance["horizon_s"]) // ROUTE_STEP_S + 1
    passing_s = np.arange(horizon) * ROUTE_STEP_S + travel_s[:, None] / 2.0
    slot = np.minimum((passing_s // instance["slot_s"]).astype(np.int64), len(ppm) - 1)
    load = ppm[slot, np.arange(len(tail))[:, None]] ** instance["n"] * travel_s[:, None] / 60.0
    nodes = len(instance["nodes"])
    shelters = np.array(instance["shelters"] if wait else [], dtype=np.int64)
    wait_row = np.full(nodes, -1, dtype=np.int64)
    wait_row[shelters] = np.arange(len(shelters))
    return TimedGraph(
        tail=tail,
        head=head,
        indptr=np.searchsorted(tail, np.arange(nodes + 1)).astype(np.int64),
        steps=travel_s // ROUTE_STEP_S,
        load=load,
        wait_row=wait_row,
        wait_load=np.zeros((len(shelters), horizon)),
    )


def _walked_load(graph: TimedGraph, path: list[list[int]]) -> float:
    """Load of a path given as [time, node]; infinite when it makes a move that does not exist."""
    total = 0.0
    for (t0_s, node), (t1_s, following) in zip(path, path[1:], strict=False):
        k = t0_s // ROUTE_STEP_S
        steps = (t1_s - t0_s) // ROUTE_STEP_S
        if node == following and graph.wait_row[node] >= 0:
            total += float(graph.wait_load[graph.wait_row[node], k : k + steps].sum())
            continue
        out = np.arange(graph.indptr[node], graph.indptr[node + 1])
        edge = out[(graph.head[out] == following) & (graph.steps[out] == steps)]
        total += float(graph.load[edge, k].min()) if len(edge) else np.inf
    return total


def _routes(report: Report, path: Path) -> None:
    for number, case in enumerate(_cases(path), 1):
        instance = case["instance"]
        targets = np.array(instance["targets"], dtype=np.int64)
        for variant, answer in case["answer"].items():
            name = f"hazard route {number} {variant}"
            graph = timed_graph_of(instance, wait=variant == "wait")
            found = time_expanded_routes(
                graph, int(instance["source"]), int(instance["depart_s"]) // ROUTE_STEP_S
            )
            front = found.front(targets)
            ours = [(arrival.step * ROUTE_STEP_S, arrival.target) for arrival in front]
            theirs = [(int(arrive_s), int(target)) for arrive_s, _, target in answer["pareto"]]
            missed = len(set(theirs) ^ set(ours))
            report.add(name, "points of the Pareto front that differ", missed, "0", missed == 0)
            if not missed:
                error = max(
                    abs(arrival.load - load) / max(load, 1e-9)
                    for arrival, (_, load, _) in zip(front, answer["pareto"], strict=True)
                )
                report.add(name, "largest relative error of a load", error, "<= 1e-09", error <= 1e-9)
            worst = 0.0
            for arrival in front:
                nodes, steps, _ = found.path(arrival.target, arrival.step)
                walked = [[int(k) * ROUTE_STEP_S, int(node)] for k, node in zip(steps, nodes, strict=True)]
                worst = max(worst, abs(_walked_load(graph, walked) - arrival.load) / max(arrival.load, 1e-9))
            report.add(
                name, "largest relative error of a load walked again", worst, "<= 1e-09", worst <= 1e-9
            )
            for key, arrival in (("earliest_path", front[0]), ("least_load_path", front[-1])):
                if key in answer:
                    theirs_load = _walked_load(graph, answer[key])
                    error = abs(theirs_load - arrival.load) / max(arrival.load, 1e-9)
                    report.add(name, f"load of their {key} against ours", error, "<= 1e-09", error <= 1e-9)


# --- dose ------------------------------------------------------------------------------------------------------------
DOSE_STEP_S = 5.0


def profile_load(profile: str, params: Mapping[str, float], n: float) -> float:
    """Toxic load of a reference profile, in steps of 5 s (times in minutes, air changes per hour)."""
    top = params["C"]
    if profile == "const":
        return float(toxic_load_step(top, top, n, params["T"] * 60.0))
    if profile == "ramp":
        return float(toxic_load_step(0.0, top, n, params["T"] * 60.0))
    if profile == "gauss":
        spread_s = params["sig"] * 60.0
        count = int(np.ceil(8.0 * spread_s / DOSE_STEP_S))
        ppm = top * np.exp(-0.5 * (np.arange(-count, count + 1) * DOSE_STEP_S / spread_s) ** 2)
        return float(toxic_load_step(ppm[:-1], ppm[1:], n, DOSE_STEP_S).sum())
    if profile == "indoor":
        air = IndoorAir(np.zeros(1), np.array([params["ach"] / 3600.0]))
        during = int(params["T"] * 60.0 / DOSE_STEP_S)
        after = int(30.0 * 3600.0 / params["ach"] / DOSE_STEP_S)
        ppm = np.zeros(during + after + 1)
        for k in range(during + after):
            outside = top if k < during else 0.0
            ppm[k + 1] = air.step(outside, outside, DOSE_STEP_S)[0]
        return float(toxic_load_step(ppm[:-1], ppm[1:], n, DOSE_STEP_S).sum())
    raise ValueError(f"unknown profile '{profile}'")


def _toxic_loads(report: Report, path: Path) -> None:
    for case in _cases(path):
        params = {name: float(value) for name, value in case["params"].items()}
        ours = profile_load(case["profile"], params, float(case["n"]))
        error = abs(ours / float(case["toxic_load"]) - 1.0)
        # exact where the profile is made of straight lines; curved ones in 5 s steps
        limit = 1e-9 if case["profile"] in ("const", "ramp") else 1e-3
        name = f"toxic load {case['profile']} {', '.join(f'{k}={v:g}' for k, v in params.items())} n={case['n']:g}"
        report.add(name, "relative error", error, f"<= {limit:g}", error <= limit)


def _fire_gases(report: Report, path: Path) -> None:
    """The file's rates are per minute, but its hypoxia term is the one per second (1/60 of Purser's):
    compared as such."""
    for number, case in enumerate(_cases(path), 1):
        given = case["inputs"]
        rate = fire_gas_rate(
            co_ppm=given["co"],
            co2_percent=given["co2"],
            o2_percent=given["o2"],
            irritants_ppm=given.get("irr"),
        )
        lack = 1.0 / np.exp(8.13 - 0.54 * (20.9 - given["o2"]))
        as_filed = rate - hypoxia_rate(given["o2"]) + lack / 60.0
        error = abs(as_filed / case["fed_rate_per_min"] - 1.0)
        metric = "relative error of the rate, hypoxia term divided by 60 as in the file"
        report.add(f"fire gases {number}", metric, error, "<= 0.001", bool(error <= 1e-3))
        count = int(np.ceil(60.0 / as_filed))  # taken up second by second
        late = count - case["time_to_fed1_s"]
        report.add(
            f"fire gases {number}",
            "time to FED = 1 in 1 s steps, late by [s]",
            late,
            "0 <= late <= 1.5 s",
            0.0 <= late <= 1.5,
        )


# --- clearance -----------------------------------------------------------------------------------------------------
PERIOD_S = 10.0


def _clearances(report: Report, path: Path) -> None:
    for number, case in enumerate(_cases(path), 1):
        instance = case["instance"]
        arcs = instance["arcs"]
        tail, head, capacity, transit = (
            np.array([arc[key] for arc in arcs], dtype=np.int64) for key in ("u", "v", "cap", "transit")
        )
        people = np.zeros(instance["n_nodes"], dtype=np.int64)
        for source in instance["sources"]:
            people[source["node"]] += source["people"]
        sinks = np.array(instance["sinks"], dtype=np.int64)
        exact = int(case["clearance_periods"])
        name = f"quickest clearance {number}"
        ours = quickest_clearance(len(people), tail, head, capacity, transit, people, sinks)
        report.add(name, "periods, by maximum flow over time", ours, f"= {exact}", ours == exact)
        walked = _queue_periods(tail, head, capacity, transit, people, sinks)
        metric = "queue model, everybody to the nearest sink, over the exact minimum"
        report.add(name, metric, walked / exact, ">= 1 (nobody beats the bound)", walked >= exact - 1e-9)


def _queue_periods(tail: Ints, head: Ints, capacity: Ints, transit: Ints, people: Ints, sinks: Ints) -> float:
    """Periods the queue model needs when everybody walks to the nearest sink; links without crowding, nodes
    unlimited."""
    order = np.argsort(tail, kind="stable")
    length_m = (transit[order] * PERIOD_S).astype(np.float64)  # at 1 m/s
    network = bare_network(len(people), tail[order], head[order], length_m, np.full(len(tail), 1e6))
    starts = np.repeat(np.arange(len(people)), people)
    flow = QueueFlow(
        network,
        np.ones(len(starts)),
        flow_p_s=capacity[order] / PERIOD_S,
        storage=np.full(len(tail), 1e9),
    )
    flow.table, _ = next_edges(network, [sinks], length_m)
    everybody = np.arange(len(starts))
    flow.depart(everybody, starts, np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts)))
    while (flow.status != ARRIVED).any() and flow.t_s < 1e5:
        flow.advance(flow.t_s + 60.0)
    return float(np.ceil(flow.arrived_s.max() / PERIOD_S - 1e-9))
