# SPDX-License-Identifier: Apache-2.0
import json
import os
from pathlib import Path

import pytest

from scenarios.run_folder import RunWriter, free_folder, read_run
from twin.errors import InputProblems
from twin.events import WorldStarted
from twin.timeline import read_timeline


def test_finished_run_is_whole(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "runs" / "a") as writer:
        writer.timeline.append(WorldStarted(t_s=0.0, world="run", park_id="p"))
        about = writer.finish({"title": "t", "park": "../.."})
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["a"]
    assert read_run(tmp_path / "runs" / "a") == json.loads(json.dumps(about))
    assert (
        about["timeline_sha256"] and len(list(read_timeline(tmp_path / "runs" / "a" / "timeline.jsonl"))) == 1
    )


def test_failed_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), RunWriter(tmp_path / "a") as writer:
        writer.timeline.append(WorldStarted(t_s=0.0, world="run", park_id="p"))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_taken_place_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(InputProblems, match="exists already"):
        RunWriter(tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []
    assert free_folder(tmp_path, "a").name == "a-001"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_place_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputProblems, match="cannot be written"):
        RunWriter(tmp_path / "a")


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputProblems, match="cannot be written"):
        RunWriter(tmp_path / "file" / "a")


def test_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputProblems, match="no run folder"):
        read_run(tmp_path)
