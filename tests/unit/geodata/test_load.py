# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geodata.load import load_enterprises, load_park, lonlat_bounds, read_park
from twin.assets import LAYERS
from twin.errors import InputProblems
from twin.park import Park

Edit = Callable[[Path, str, Callable[[list[dict[str, Any]]], object]], None]


def test_the_park_comes_back_whole(small_park: Park, park_folder: Path) -> None:
    park = load_park(park_folder)
    for name in LAYERS:
        assert park.layer(name) == small_park.layer(name), name
    assert (park.id, park.name, park.frame, park.language) == (
        small_park.id,
        small_park.name,
        small_park.frame,
        small_park.language,
    )
    assert park.attributions == ("(c) somebody",)
    assert park.folder == park_folder
    assert park.dem == park_folder / "dem.tif"


def test_enterprise_files(park_folder: Path) -> None:
    enterprises = load_enterprises(park_folder)
    assert set(enterprises) == {"E01", "E02"}
    assert enterprises["E01"].people.day == 50
    assert [item.at for item in enterprises["E01"].inventories] == ["T1", "T2"]
    (park_folder / "enterprises/E03.toml").write_text("id = 3", encoding="utf-8")
    with pytest.raises(InputProblems):
        load_enterprises(park_folder)


def test_the_hash_is_of_the_content_only(park_folder: Path, edit_layer: Edit) -> None:
    first = load_park(park_folder).sha256
    path = park_folder / "layers/tanks.geojson"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    os.utime(path, (0, 0))
    (park_folder / "studies").mkdir(exist_ok=True)
    (park_folder / "studies/a.toml").write_text("x = 1", encoding="utf-8")
    (park_folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert load_park(park_folder).sha256 == first
    edit_layer(park_folder, "tanks", lambda features: features[0]["properties"].update(fill_fraction=0.5))
    assert load_park(park_folder).sha256 != first


def test_layers_in_any_declared_system_give_the_same_park(park_folder: Path, edit_layer: Edit) -> None:
    import numpy as np
    import shapely

    from geodata import gcj02
    from geodata.write import degrees_of

    park = load_park(park_folder)
    metres = shapely.get_coordinates([tank.geometry for tank in park.tanks[:2]]) + park.frame.origin_m
    degrees = shapely.get_coordinates(degrees_of([tank.geometry for tank in park.tanks[:2]], park.frame))
    variants = {
        'crs = "EPSG:4549"': metres,
        'crs = "EPSG:4528"': metres + [40e6, 0.0],  # the same zone, with prefix
        'coordinate_system = "gcj02"': gcj02.gcj02_from_wgs84(degrees),
        'crs = "EPSG:4326"\ncoordinate_system = "bd09"': gcj02.bd09_from_wgs84(degrees),
    }
    manifest = (park_folder / "park.toml").read_text(encoding="utf-8")
    line = 'file = "layers/tanks.geojson"\ncoordinate_system = "cgcs2000"'
    edit_layer(park_folder, "tanks", lambda features: features.pop())
    for declaration, points in variants.items():
        (park_folder / "park.toml").write_text(
            manifest.replace(line, f'file = "layers/tanks.geojson"\n{declaration}'), encoding="utf-8"
        )

        def place(features: list[dict[str, Any]], points: Any = points) -> None:
            for feature, point in zip(features, points.tolist(), strict=True):
                feature["geometry"]["coordinates"] = point

        edit_layer(park_folder, "tanks", place)
        found = [tank.geometry for tank in read_park(park_folder).park.tanks]  # type: ignore[union-attr]
        assert np.abs(shapely.get_coordinates(found) + park.frame.origin_m - metres).max() < 0.0011, (
            declaration
        )


def test_unknown_layers_are_kept_for_drawing(park_folder: Path) -> None:
    path = park_folder / "park.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("[layers.green]", "[layers.flowerbeds]"), encoding="utf-8"
    )
    park = load_park(park_folder)
    assert park.green == ()
    assert list(read_park(park_folder).drawings) == ["flowerbeds"]


def test_a_frame_that_is_missing_is_proposed(park_folder: Path) -> None:
    path = park_folder / "park.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('crs = "EPSG:4549"\norigin_m = [557000, 3531000]\n', ""), encoding="utf-8")
    with pytest.raises(InputProblems) as caught:
        load_park(park_folder)
    (item,) = caught.value.problems
    assert item.code == "C01"
    assert 'crs = "EPSG:4549" origin_m = [557000, 3531000]' in item.remedy


def test_bounds_in_degrees(small_park: Park) -> None:
    west, south, east, north = lonlat_bounds(small_park)
    assert 120.60 < west < east < 120.62
    assert 31.90 < south < north < 31.91
    assert (east - west) * 94_500 == pytest.approx(800, rel=0.01)  # 111320 cos 31.9
