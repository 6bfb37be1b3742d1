# SPDX-License-Identifier: Apache-2.0
"""A run at any time, in any direction."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import START_S

from twin.errors import InputProblems
from viewer.playback import SNAPSHOT_EVERY, Cursor, RunReader


@pytest.fixture(scope="module")
def reader(run_folder: Path) -> RunReader:
    return RunReader(run_folder)


def facts(cursor: Cursor, t_s: float) -> tuple[object, ...]:
    frame = cursor.frame(t_s)
    assert frame.people is not None
    releases = frame.state.hazards.releases
    return (
        frame.state.seq,
        dict(frame.state.people.counts),
        [(r.now.released_kg if r.now else None, r.ended is not None) for r in releases.values()],
        frame.people.xy_m[:3].tolist(),
        frame.crews,
        float(frame.plume.values.max()) if frame.plume else None,
    )


def test_people_walk_between_frames_and_leaps_are_not_walked(reader: RunReader) -> None:
    people = reader.people_at(START_S + 123.0)
    assert people is not None
    assert people.xy_m[0].tolist() == pytest.approx([100.0, 173.0], abs=1e-3)
    before_leap = reader.people_at(START_S + 299.0)
    after_leap = reader.people_at(START_S + 300.0)
    assert before_leap is not None and after_leap is not None
    assert before_leap.xy_m[-1, 0] == pytest.approx(199.0)
    assert after_leap.xy_m[-1, 0] == pytest.approx(5199.0)


def test_ends_hold_the_first_and_last_frame(reader: RunReader) -> None:
    first, last = reader.people_at(START_S - 100), reader.people_at(START_S + 1e5)
    assert first is not None and last is not None
    assert first.xy_m[0, 1] == 50.0
    assert last.xy_m[0, 1] == 650.0


def test_cloud_is_linear_between_its_frames(reader: RunReader) -> None:
    left, right, middle = (reader.plume_at(START_S + t) for t in (100.0, 120.0, 105.0))
    assert left is not None and right is not None and middle is not None
    assert np.allclose(middle.values, 0.75 * left.values + 0.25 * right.values, atol=1e-9)
    assert middle.index == left.index and middle.part == pytest.approx(0.25)
    assert reader.plume_at(START_S - 1.0) is None
    assert reader.plume_at(START_S + 100.0, "no such field") is None


def test_seeking_back_and_forth_gives_what_going_forward_gives(reader: RunReader) -> None:
    times = [START_S + t for t in (0, 50, 95, 150, 205, 400, 600)]
    forward = Cursor(reader)
    expected = {t: facts(forward, t) for t in times}
    jumping = Cursor(reader)
    for t in (times[6], times[1], times[4], times[0], times[5], times[2], times[6], times[3]):
        assert facts(jumping, t) == expected[t]


def test_snapshots_are_used_and_never_changed(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.playback.SNAPSHOT_EVERY", 10)
    reader = RunReader(run_folder)
    assert len(reader._snapshots) == -(-len(reader.events) // 10)
    one, two = Cursor(reader), Cursor(reader)
    expected = facts(one, START_S + 333.0)
    facts(two, START_S + 600.0)
    facts(two, START_S + 10.0)
    assert facts(two, START_S + 333.0) == expected
    assert [state.seq for state in reader._snapshots] == [10 * k - 1 for k in range(len(reader._snapshots))]
    assert SNAPSHOT_EVERY > 10


def test_crew_moves_along_its_route_from_its_dispatch_on(reader: RunReader) -> None:
    cursor = Cursor(reader)
    assert cursor.frame(START_S + 80).crews == ()
    waiting, half, there = (cursor.frame(START_S + t).crews[0] for t in (95, 150, 250))
    assert not waiting.arrived and not half.arrived and there.arrived
    assert np.allclose(half.xy_m, (np.array(waiting.xy_m) + np.array(there.xy_m)) / 2)


def test_history_at_a_point_is_the_field_there(reader: RunReader) -> None:
    plume = reader.plume_at(START_S + 200.0)
    assert plume is not None
    row, column = np.unravel_index(int(plume.values.argmax()), plume.values.shape)
    place = (float(plume.grid.x_m[column]), float(plume.grid.y_m[row]))
    t_s, values = reader.history(place)
    assert values[10] == pytest.approx(float(plume.values.max()), rel=1e-6)
    assert len(t_s) == 31 and values[0] < values[10]


def test_zones_and_meaning(reader: RunReader) -> None:
    assert [zone.name for zone in reader.zones()] == ["AEGL-3", "AEGL-2", "AEGL-1"]
    info = reader.field_info()
    assert info is not None and info.averaging_time_s == 60.0 and info.substance == "chlorine"
    assert reader.exercise and reader.people_count == 100


def test_what_is_no_run_is_refused_with_a_sentence(tmp_path: Path, run_folder: Path) -> None:
    with pytest.raises(InputProblems, match=r"no run\.json"):
        RunReader(tmp_path)
    damaged = tmp_path / "damaged"
    shutil.copytree(run_folder, damaged)
    (damaged / "timeline.jsonl").write_text('{"type":"nonsense"}\n', encoding="utf-8")
    with pytest.raises(InputProblems, match="line 1 is no event"):
        RunReader(damaged)
    (damaged / "timeline.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(InputProblems, match="empty"):
        RunReader(damaged)
    (damaged / "run.json").write_text(json.dumps([1]), encoding="utf-8")
    with pytest.raises(InputProblems, match="no run description"):
        RunReader(damaged)


def test_damaged_people_arrays_are_named(tmp_path: Path, run_folder: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(run_folder, damaged)
    shutil.rmtree(damaged / "people" / "state")
    with pytest.raises(InputProblems, match="people arrays"):
        RunReader(damaged)


def test_a_run_without_people_or_fields_plays(tmp_path: Path, run_folder: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("run.json", "timeline.jsonl"):
        shutil.copy(run_folder / name, bare / name)
    frame = Cursor(RunReader(bare)).frame(START_S + 100)
    assert frame.people is None and frame.plume is None and frame.state.seq > 0
