# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.validate import validate
from twin.errors import InputProblems


def test_reference_data(reference: Callable[[str], Path]) -> None:
    report = validate(reference("geodata"))
    failed = [case for case in report.cases if not case.passed]
    assert failed == []
    assert report.skipped == []
    assert len(report.cases) > 60
    json.dumps(report.as_dict())


def test_absent_files_are_listed(tmp_path: Path) -> None:
    report = validate(tmp_path)
    assert "answers.json" in report.skipped
    assert "gcj02_bd09_points.csv" in report.skipped
    assert all(case.case.startswith(("refusal", "WGS")) for case in report.cases)
    with pytest.raises(InputProblems):
        validate(tmp_path / "nowhere")


def test_wrong_figures_fail(reference: Callable[[str], Path], tmp_path: Path) -> None:
    for name in ("gcj02_bd09_points.csv", "cgcs2000_gauss_kruger_points.csv", "dem_big_butte_utm12_31m.tif"):
        shutil.copyfile(reference(f"geodata/{name}"), tmp_path / name)
    text = (tmp_path / "gcj02_bd09_points.csv").read_text()
    (tmp_path / "gcj02_bd09_points.csv").write_text(text.replace("118.725714,", "118.725715,", 1))  # 9 cm
    text = (tmp_path / "cgcs2000_gauss_kruger_points.csv").read_text()
    (tmp_path / "cgcs2000_gauss_kruger_points.csv").write_text(text.replace("614334.3870", "614334.3890", 1))
    answers = {
        "dem_big_butte_utm12_31m.tif": {
            "shape": [270, 245],
            "min_m": 1527.0,
            "max_m": 2301.0,
            "mean_m": 1646.8,
        }
    }
    (tmp_path / "answers.json").write_text(json.dumps(answers | {"absent.tif": {"shape": [1, 1]}}))
    report = validate(tmp_path)
    assert not report.passed
    failed = {(case.case, case.metric) for case in report.cases if not case.passed}
    assert ("dem_big_butte_utm12_31m.tif", "mean_m") in failed
    assert ("CGCS2000 Gauss-Krueger 3-degree, by central meridian", "largest error") in failed
    assert ("GCJ-02 against prcoords", "largest error") in failed
    assert ("dem_big_butte_utm12_31m.tif", "min_m") not in failed
    assert "absent.tif" in report.skipped


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gcj02_bd09_points.csv", "a,b\n1,2\n"),
        ("gcj02_bd09_points.csv", ""),
        ("cgcs2000_gauss_kruger_points.csv", "lon_deg,lat_deg\nx,y\n"),
        ("answers.json", "{"),
        ("answers.json", "[1]"),
    ],
)
def test_files_of_another_layout_are_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputProblems, match=name):
        validate(tmp_path)
