# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

from twin.errors import InputProblems
from twin.events import AnyEvent, Note, ReleaseEnded, WorldEnded, WorldStarted, decode, encode
from twin.timeline import Timeline, read_timeline


def _events() -> list[AnyEvent]:
    return [
        WorldStarted(t_s=1.0, world="run", park_id="p", seed=3),
        Note(t_s=1.5, kind="milestone", text_key="event.x", values={"b": 1, "a": 2.5}),
        ReleaseEnded(t_s=2.0, cause=0, release="r", reason="empty", released_kg=1.25),
        WorldEnded(t_s=2.0),
    ]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "timeline.jsonl")
    for number, event in enumerate(_events()):
        assert timeline.append(event) == number
    timeline.close()
    assert list(read_timeline(tmp_path / "timeline.jsonl")) == _events()


def test_hash_is_of_the_file_and_of_every_number(tmp_path: Path) -> None:
    import hashlib

    one, other = Timeline(tmp_path / "a"), Timeline()
    for event in _events():
        one.append(event)
        other.append(event)
    one.close()
    assert one.sha256 == other.sha256 == hashlib.sha256((tmp_path / "a").read_bytes()).hexdigest()
    changed = Timeline()
    for event in [*_events()[:-1], WorldEnded(t_s=2.0000001)]:
        changed.append(event)
    assert changed.sha256 != one.sha256


def test_time_never_runs_back() -> None:
    timeline = Timeline()
    timeline.append(WorldEnded(t_s=5.0))
    with pytest.raises(ValueError, match="before"):
        timeline.append(WorldEnded(t_s=4.0))


def test_only_plain_finite_numbers() -> None:
    with pytest.raises(ValueError, match="finite"):
        WorldEnded(t_s=float("nan"))
    with pytest.raises(TypeError, match="numpy"):
        WorldEnded(t_s=np.float64(3.0))
    with pytest.raises(ValueError, match="finite"):
        Note(t_s=0.0, kind="note" if False else "milestone", text_key="k", values={"x": float("inf")})


def test_key_order_of_values_does_not_matter() -> None:
    first = Note(t_s=0.0, kind="milestone", text_key="k", values={"a": 1, "b": 2})
    second = Note(t_s=0.0, kind="milestone", text_key="k", values={"b": 2, "a": 1})
    assert encode(first) == encode(second)
    assert decode(encode(first)) == first


def test_half_a_line_is_left_out_and_rubbish_is_named(tmp_path: Path) -> None:
    path = tmp_path / "timeline.jsonl"
    path.write_bytes(encode(_events()[0]) + b"\n" + encode(_events()[1])[:20])
    assert list(read_timeline(path)) == _events()[:1]
    path.write_bytes(b'{"type":"no such event"}\n')
    with pytest.raises(InputProblems, match="line 1"):
        list(read_timeline(path))
    with pytest.raises(InputProblems, match="cannot be read"):
        list(read_timeline(tmp_path / "absent"))
