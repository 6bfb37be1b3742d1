# SPDX-License-Identifier: Apache-2.0
"""`parktwin bench`: real lines with a figure each, and an exit code that says whether all were reached."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from typing import Any

import pytest
from typer.testing import CliRunner

import parktwin as command_line
from twin.benchmark import Measured

pytestmark = pytest.mark.e2e

FIELDS = {"name", "value", "unit", "figure", "passed", "cpu_s", "peer", "ratio"}


def assert_well_formed(line: dict[str, Any]) -> None:
    assert set(line) == FIELDS
    assert line["name"] and line["unit"] and line["figure"]
    assert isinstance(line["passed"], bool)
    assert math.isfinite(line["value"]) and line["value"] >= 0.0
    assert line["cpu_s"] is None or 0.0 < line["cpu_s"] < 120.0
    assert bool(line["peer"]) == (line["ratio"] is not None), line["name"]
    assert line["ratio"] is None or 0.0 < line["ratio"] < 1e6


@pytest.mark.parametrize(
    ("topic", "lines"), [("geodata", 1), ("live_sync", 1), ("agents", 1), ("dispersion", 2), ("viewer", 2)]
)
def test_first_lines_of_every_topic_are_well_formed(topic: str, lines: int) -> None:
    found = [line.as_dict() for line in islice(import_module(command_line.BENCHES[topic]).bench(), lines)]
    assert len(found) == lines
    for line in found:
        assert_well_formed(line)
        json.dumps(line, allow_nan=False)


def test_puffs_of_the_bench_are_the_sum_the_equation_says() -> None:
    """Kernel, sum of exponentials and matrix product agree, so their times are those of one task."""
    from scenarios import bench

    puffs = bench.plume_of_puffs(12)
    exact = bench.plain_sum(puffs)
    assert abs(bench.matrix_product(puffs) - exact).max() < 1e-12 * exact.max()
    assert abs(bench.ours(puffs) - exact).max() < 1e-5 * exact.max()


def test_naive_parser_of_the_bench_refuses_a_wrong_check_code() -> None:
    from live_sync import bench

    raw = bench.frames_of_backlog(1, 1.8e9)[0]
    values, items = bench.naive_frame(raw)
    assert 370 <= len(raw) <= 395 and len(items) == 8 and values["MN"] == bench.name_of(0)
    with pytest.raises(ValueError, match="check code"):
        bench.naive_frame(raw.replace(b"Flag=N", b"Flag=D", 1))


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 3)])
def test_a_figure_that_is_missed_is_said(monkeypatch: pytest.MonkeyPatch, passed: bool, code: int) -> None:
    def bench() -> Iterator[Measured]:
        yield Measured(name="first", value=1.0, unit="s", figure="<= 2 s", passed=True, peer="x", ratio=2.0)
        yield Measured(name="second", value=3.0, unit="s", figure="<= 2 s", passed=passed)

    import geodata.bench

    monkeypatch.setattr(geodata.bench, "bench", bench)
    shown = CliRunner().invoke(command_line.app, ["bench", "geodata"])
    assert shown.exit_code == code
    assert ("FELL SHORT second" in shown.stdout) == (not passed) and "2x x" in shown.stdout
    told = CliRunner().invoke(command_line.app, ["bench", "geodata", "--json"])
    assert told.exit_code == code
    assert [json.loads(text)["passed"] for text in told.stdout.splitlines()] == [True, passed]


def test_an_unknown_topic_is_refused(parktwin) -> None:
    result = parktwin("bench", "weather")
    assert result.returncode == 2 and "live_sync" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.slow
def test_whole_bench(parktwin) -> None:
    result = parktwin("bench", "--json", timeout=600.0)
    lines = [json.loads(text) for text in result.stdout.splitlines()]
    for line in lines:
        assert_well_formed(line)
    assert len({line["name"] for line in lines}) == len(lines) >= 20
    assert result.returncode == (0 if all(line["passed"] for line in lines) else 3), result.stderr
    timelines = [line for line in lines if line["name"].startswith("timelines of two runs")]
    assert [line["value"] for line in timelines] == [1.0]
