# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geodata.load import load_park
from geodata.write import write_park
from twin.assets import LAYERS
from twin.errors import InputProblems
from twin.park import Park


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_park_gives_the_same_bytes(small_park: Park, tmp_path: Path) -> None:
    write_park(small_park, tmp_path / "a", maker="me", licence="CC0")
    write_park(small_park, tmp_path / "b", maker="me", licence="CC0")
    write_park(load_park(tmp_path / "a"), tmp_path / "c", maker="me", licence="CC0")
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b") == fingerprint(tmp_path / "c")
    assert load_park(tmp_path / "a").sha256 == load_park(tmp_path / "c").sha256


def test_unrounded_coordinates_come_back_within_a_millimetre(small_park: Park, tmp_path: Path) -> None:
    import numpy as np
    import shapely

    moved = tuple(
        replace(tank, geometry=shapely.transform(tank.geometry, lambda xy: xy + np.pi * 10))
        for tank in small_park.tanks
    )
    write_park(replace(small_park, tanks=moved), tmp_path / "p")
    found = load_park(tmp_path / "p").tanks
    for one, other in zip(moved, found, strict=True):
        step = shapely.get_coordinates(one.geometry) - shapely.get_coordinates(other.geometry)
        assert np.abs(step).max() < 0.001


def test_further_files_and_the_elevation_model_are_kept(park_folder: Path, tmp_path: Path) -> None:
    park = load_park(park_folder)
    extra = {
        "studies/leak.toml": "x = 1\n",
        "enterprises/E02.toml": b'id = "E02"\nname = "own"\n',
        "landcover.tif": b"x",
    }
    write_park(park, tmp_path / "p", extra=extra)
    assert (tmp_path / "p/dem.tif").read_bytes() == (park_folder / "dem.tif").read_bytes()
    assert (tmp_path / "p/enterprises/E02.toml").read_text() == 'id = "E02"\nname = "own"\n'
    assert (tmp_path / "p/studies/leak.toml").read_text() == "x = 1\n"
    assert "T1" in (tmp_path / "p/enterprises/E01.toml").read_text(encoding="utf-8")


def test_an_empty_folder_may_exist_but_not_a_full_one(small_park: Park, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_park(small_park, tmp_path / "empty")
    before = fingerprint(tmp_path / "empty")
    with pytest.raises(InputProblems, match="not empty"):
        write_park(replace(small_park, name="other"), tmp_path / "empty")
    assert fingerprint(tmp_path / "empty") == before
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputProblems, match="is a file"):
        write_park(small_park, tmp_path / "file")
    with pytest.raises(InputProblems):
        write_park(small_park, tmp_path / "file" / "below")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_nothing_is_left_when_the_disk_refuses(
    small_park: Park, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    true_write = Path.write_bytes
    written: list[Path] = []

    def write_bytes(self: Path, data: Any) -> int:
        if len(written) >= 4:
            raise OSError(number, "no")
        written.append(self)
        return true_write(self, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(InputProblems) as caught:
        write_park(small_park, tmp_path / "p")
    monkeypatch.undo()
    assert len(written) == 4
    assert list(tmp_path.iterdir()) == []
    (item,) = caught.value.problems
    assert "cannot be written" in item.what
    assert "Nothing was written" in item.remedy


def test_a_programming_error_leaves_nothing_either(
    small_park: Park, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_bytes", lambda self, data: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_park(small_park, tmp_path / "p")
    assert list(tmp_path.iterdir()) == []


def test_further_files_stay_inside(small_park: Park, tmp_path: Path) -> None:
    for name in ("../x", "/etc/x"):
        with pytest.raises(InputProblems, match="leads out"):
            write_park(small_park, tmp_path / "p", extra={name: "x"})
    assert list(tmp_path.iterdir()) == []


def test_a_park_outside_china(small_park: Park, tmp_path: Path) -> None:
    from geodata.crs import frame_at

    write_park(replace(small_park, frame=frame_at(9.7, 50.9)), tmp_path / "p")
    park = load_park(tmp_path / "p")
    assert park.frame.crs == "EPSG:32632"
    for name in LAYERS:
        assert park.layer(name) == small_park.layer(name), name
    shutil.rmtree(tmp_path / "p")
