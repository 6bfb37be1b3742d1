# SPDX-License-Identifier: Apache-2.0
import json
import socket
from pathlib import Path

import numpy as np
import pytest

from twin.fields import FieldStore
from twin.people_frames import PeopleStore
from twin.timeline import read_timeline

pytestmark = pytest.mark.e2e


def _said(result) -> str:
    assert "Traceback" not in result.stderr, result.stderr
    return result.stderr


@pytest.fixture(scope="module")
def chlorine(parktwin, demo_park: Path, tmp_path_factory) -> tuple[dict, Path]:
    out = tmp_path_factory.mktemp("runs") / "first"
    result = parktwin("run", demo_park / "studies" / "chlorine_leak.toml", "--out", out, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), out


def test_demo_is_clean_and_not_overwritten(parktwin, demo_park: Path) -> None:
    checked = parktwin("check", demo_park, "--json")
    assert checked.returncode == 0 and [p for p in json.loads(checked.stdout) if not p["warning"]] == []
    before = sorted(path.stat().st_mtime_ns for path in demo_park.rglob("*"))
    again = parktwin("demo", demo_park)
    assert again.returncode == 2 and "--force" in _said(again)
    assert sorted(path.stat().st_mtime_ns for path in demo_park.rglob("*")) == before


def test_flaws_are_all_listed(parktwin, tmp_path: Path) -> None:
    assert parktwin("demo", tmp_path / "p", "--size", "tiny", "--flaws").returncode == 0
    checked = parktwin("check", tmp_path / "p")
    assert checked.returncode == 2
    assert {line[1] for line in checked.stdout.splitlines() if line.startswith("[")} >= set("CGRVNTS")
    _said(checked)


def test_a_run_is_whole_and_proven(chlorine: tuple[dict, Path], demo_park: Path) -> None:
    about, out = chlorine
    assert json.loads((out / "run.json").read_text())["timeline_sha256"] == about["timeline_sha256"]
    events = list(read_timeline(out / "timeline.jsonl"))
    kinds = [type(event).__name__ for event in events]
    for kind in (
        "ReleaseStarted",
        "AlarmRaised",
        "OrderIssued",
        "CrewDispatched",
        "RouteAssigned",
        "ReleaseEnded",
    ):
        assert kind in kinds, kind
    assert kinds[0] == "WorldStarted" and kinds[-1] == "WorldEnded" and events[0].exercise
    fields, people = FieldStore.open(out / "fields"), PeopleStore.open(out / "people")
    frames = [event for event in events if type(event).__name__ == "FieldFrame"]
    for event in frames[:: len(frames) // 6]:
        import hashlib

        chunk = fields.read(event.field, event.index)
        assert hashlib.sha256(np.ascontiguousarray(chunk, dtype="<f4").tobytes()).hexdigest() == event.sha256
        assert float(chunk.max()) == event.maximum
    shown = [event for event in events if type(event).__name__ == "PeopleFrame"]
    assert people.read(shown[77].index).sha256 == shown[77].sha256
    assert sum(shown[-1].counts.values()) == about["people"] > 4000


def test_seed_and_workers_decide_nothing_they_should_not(
    parktwin, chlorine, demo_park: Path, tmp_path: Path
) -> None:
    about, _ = chlorine
    study = demo_park / "studies" / "chlorine_leak.toml"
    result = parktwin("run", study, study, "--workers", "2", "--json")
    assert result.returncode == 0, result.stderr
    both = json.loads(result.stdout)
    assert [run["timeline_sha256"] for run in both] == [about["timeline_sha256"]] * 2
    other = parktwin(
        "run", study, "--set", "seed=2", "--set", "duration_s=300", "--out", tmp_path / "o", "--json"
    )
    same = parktwin(
        "run", study, "--set", "seed=3", "--set", "duration_s=300", "--out", tmp_path / "s", "--json"
    )
    assert json.loads(other.stdout)["timeline_sha256"] != json.loads(same.stdout)["timeline_sha256"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("release.tank=E18-T99", "did you mean"),
        ("release.hole_diameter=-25 mm", "out of range"),
        ("release.hole_diamter=25 mm", "did you mean 'hole_diameter'"),
        ("release.hole_diameter=3 s", "is in s"),
        ("response.resource=nobody", "no resource"),
    ],
)
def test_bad_study_one_message_exit_2_nothing_left(
    parktwin, demo_park, tmp_path, change: str, says: str
) -> None:
    result = parktwin(
        "run", demo_park / "studies" / "chlorine_leak.toml", "--set", change, "--out", tmp_path / "r"
    )
    assert result.returncode == 2 and says in _said(result)
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written(parktwin, demo_park: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    study = demo_park / "studies" / "chlorine_leak.toml"
    for out in (tmp_path / "file" / "run", Path("/proc/parktwin-run"), tmp_path):
        result = parktwin("run", study, "--out", out)
        assert result.returncode == 2 and str(out) in _said(result)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    made = parktwin("demo", tmp_path / "file" / "park")
    assert made.returncode == 2 and _said(made)


@pytest.mark.parametrize("command", [("check",), ("run",), ("view",), ("replay",), ("live",)])
def test_absent_input_is_said(parktwin, tmp_path: Path, command: tuple[str]) -> None:
    result = parktwin(*command, tmp_path / "nothing")
    assert result.returncode == 2 and "nothing" in _said(result) + result.stdout


def test_taken_port_is_said_and_the_first_server_lives_on(parktwin, demo_park: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        page = parktwin(
            "live", demo_park, "--store", tmp_path / "s", "--port", port, "--hj212", "127.0.0.1:0"
        )
        assert page.returncode == 2 and str(port) in _said(page)
        devices = parktwin(
            "live", demo_park, "--store", tmp_path / "t", "--port", 0, "--hj212", f"127.0.0.1:{port}"
        )
        assert devices.returncode == 2 and str(port) in _said(devices)


def test_validate_says_what_it_compared(parktwin, reference) -> None:
    reference("agents")
    result = parktwin("validate", "agents", "--json")
    found = json.loads(result.stdout)
    assert found["topic"] == "agents" and found["overall"]["cases"] >= 5
    assert (result.returncode == 0) == found["overall"]["passed"]


def test_validate_of_nothing_is_refused(parktwin, tmp_path: Path) -> None:
    assert parktwin("validate", "geodata", "--data", tmp_path / "x").returncode == 2
    assert parktwin("validate", "fire_qra").returncode == 2
