# SPDX-License-Identifier: Apache-2.0
"""Dose, routes, clearance and walking against the reference figures, and the validator itself.

Tolerances are stated beside the figures in `agents.validate`: exact where the model is exact (routes, loads of straight profiles,
quickest flow), 0.1 % for curved dose profiles in 5 s steps, the standards' own bounds for walking.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agents import queue_flow, timed_search
from agents.validate import profile_load, timed_graph_of, validate
from agents.validate_walking import corridor_time, door_flow, room_time
from twin.errors import InputProblems

Reference = Callable[[str], Path]


def test_every_reference_case_reaches_its_figure(reference: Reference) -> None:
    report = validate(reference("agents"))
    failed = [
        f"{case.case}: {case.metric} = {case.value}, {case.figure}"
        for case in report.cases
        if not case.passed
    ]
    assert not failed
    assert len(report.cases) >= 50
    names = {case.case for case in report.cases}
    for variant in ("no_wait", "wait"):
        assert {f"hazard route 1 {variant}", f"hazard route 2 {variant}"} <= names
    json.dumps(report.as_dict())


def test_the_pareto_fronts_point_by_point(reference: Reference) -> None:
    cases = json.loads(reference("agents/hazard_route_cases.json").read_text())
    seen = 0
    for case in cases:
        for variant, answer in case["answer"].items():
            graph = timed_graph_of(case["instance"], wait=variant == "wait")
            found = timed_search.time_expanded_routes(graph, case["instance"]["source"], 0)
            front = found.front(timed_search.np.array(case["instance"]["targets"]))
            assert [[a.step * 5, a.target] for a in front] == [[p[0], p[2]] for p in answer["pareto"]]
            assert [a.load for a in front] == pytest.approx([p[1] for p in answer["pareto"]], rel=1e-12)
            least = min(
                timed_search.least_load_to(graph, target)[0][case["instance"]["source"], 0]
                for target in case["instance"]["targets"]
            )
            assert least == pytest.approx(answer["pareto"][-1][1], rel=1e-12)
            seen += 1
    assert seen == 4


def test_absent_files_are_listed_and_the_rest_is_compared(reference: Reference, tmp_path: Path) -> None:
    shutil.copy(reference("agents/toxic_load_cases.json"), tmp_path)
    report = validate(tmp_path)
    assert report.passed
    assert "hazard_route_cases.json" in report.skipped
    assert {case.case.split()[0] for case in report.cases} == {"toxic"}


def test_a_wrong_answer_fails(reference: Reference, tmp_path: Path) -> None:
    cases = json.loads(reference("agents/hazard_route_cases.json").read_text())
    cases[0]["answer"]["wait"]["pareto"][3][1] *= 1.001
    cases[1]["answer"]["no_wait"]["pareto"].pop(2)
    (tmp_path / "hazard_route_cases.json").write_text(json.dumps(cases))
    failed = {case.case for case in validate(tmp_path).cases if not case.passed}
    assert failed == {"hazard route 1 wait", "hazard route 2 no_wait"}


@pytest.mark.parametrize(
    "text", ["{}", "[{}]", "not json", '[{"profile": "saw", "params": {}, "n": 1, "toxic_load": 1}]']
)
def test_a_file_of_another_layout_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "toxic_load_cases.json").write_text(text)
    with pytest.raises(InputProblems, match=r"toxic_load_cases\.json"):
        validate(tmp_path)
    with pytest.raises(InputProblems, match="no folder"):
        validate(tmp_path / "absent")


def test_dose_profiles_by_hand() -> None:
    assert profile_load("const", {"C": 100.0, "T": 10.0}, 2.0) == pytest.approx(1e5)
    assert profile_load("ramp", {"C": 200.0, "T": 15.0}, 2.0) == pytest.approx(200.0**2 * 15 / 3)
    # everything that came in leaves again: the load for n = 1 is that of the open air
    assert profile_load("indoor", {"C": 50.0, "T": 20.0, "ach": 1.0}, 1.0) == pytest.approx(1000.0, rel=1e-6)


def test_walking_figures_of_the_standards() -> None:
    assert corridor_time(40.0, 1.0) == pytest.approx(40.0)  # IMO test 1
    flow, _ = door_flow(100, 1.0)
    assert 0.8 <= flow <= 1.33  # IMO test 4
    assert 1.6 <= room_time(2) / room_time(4) <= 2.4  # IMO test 9
    widths = [door_flow(150, width, 5.0)[0] for width in (0.8, 1.0, 1.2)]
    assert widths == sorted(set(widths))  # RiMEA test 12


def test_a_broken_model_would_be_seen(reference: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors that let twice as many through break IMO test 4."""
    monkeypatch.setattr(queue_flow, "FLOW_P_M_S", 2.6)
    report = validate(reference("agents"))
    assert {"IMO-4", "NIST-5.2"} <= {case.case for case in report.cases if not case.passed}
