# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyproj.network
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import gcj02
from geodata.crs import (
    accepted_crs,
    china_frame_crs,
    convergence_deg,
    declared_crs,
    frame_at,
    frame_crs,
    frame_of,
    from_frame,
    to_frame,
    to_lonlat,
)
from twin.errors import InputProblems

PLACE = np.array([[120.61, 31.91]])


def code_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(InputProblems) as caught:
        call()
    (item,) = caught.value.problems
    return item.code, item.remedy


def test_three_points_of_the_gauss_krueger_table() -> None:
    # reference/geodata/cgcs2000_gauss_kruger_points.csv
    for lon, lat, epsg, east, north, turn in (
        (121.30482, 38.175411, 4549, 614334.3870, 4227773.0533, 0.806559),
        (117.168469, 22.672936, 4548, 517313.2188, 2508327.7562, 0.064940),
        (112.581436, 49.424321, 4547, 397087.3427, 5477785.7479, -1.077561),
    ):
        assert china_frame_crs(lon) == f"EPSG:{epsg}"
        frame = frame_of(f"EPSG:{epsg}", origin_m=(int(east), int(north)))
        for system in ("cgcs2000", "wgs84"):
            xy = to_frame(np.array([[lon, lat]]), crs="", coordinate_system=system, frame=frame)
            assert np.abs(xy + frame.origin_m - [[east, north]]).max() < 1e-3
        assert convergence_deg(f"EPSG:{epsg}", lon, lat) == pytest.approx(turn, abs=1e-5)


def test_whole_gauss_krueger_table(reference: Callable[[str], Path]) -> None:
    with reference("geodata/cgcs2000_gauss_kruger_points.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    for row in rows:
        lonlat = np.array([[float(row["lon_deg"]), float(row["lat_deg"])]])
        for code, east, north in (
            ("epsg_3deg_cm", "easting_m", "northing_m"),
            ("epsg_3deg_zone", "easting_with_zone_prefix_m", "northing_m"),
            ("epsg_6deg_cm", "easting_6deg_m", "northing_6deg_m"),
        ):
            metres = np.array([[float(row[east]), float(row[north])]])
            frame = frame_of(f"EPSG:{row[code]}", origin_m=(int(metres[0, 0]), int(metres[0, 1])))
            found = to_frame(lonlat, crs="EPSG:4490", coordinate_system="", frame=frame) + frame.origin_m
            assert np.abs(found - metres).max() < 1e-3
            back = to_lonlat(metres, crs=f"EPSG:{row[code]}", coordinate_system="")
            assert np.abs(back - lonlat).max() < 1e-8


def test_the_network_is_off() -> None:
    assert not pyproj.network.is_network_enabled()


@pytest.mark.parametrize(
    ("crs", "code"),
    [
        ("EPSG:4214", "C03"),
        ("EPSG:2437", "C03"),
        ("EPSG:21460", "C03"),
        ("EPSG:4610", "C04"),
        ("EPSG:2349", "C04"),
        ("EPSG:2385", "C04"),
        ("", "C05"),
        ("  ", "C05"),
        ("GCJ-02", "C06"),
        ("BD09", "C06"),
        ("火星坐标系", "C06"),
        ("EPSG:999999", "C02"),
        ("my grid", "C02"),
        ("EPSG:4555", "C11"),
        ("EPSG:5737", "C11"),
        ("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass", "C11"),
    ],
)
def test_refusals_say_what_to_write(crs: str, code: str) -> None:
    found, remedy = code_of(lambda: accepted_crs(crs))
    assert found == code
    assert "park.toml" in remedy
    assert "Write " in remedy or "write " in remedy


def test_wgs84_and_cgcs2000_are_one() -> None:
    frame = frame_at(120.6, 31.9)
    given_as = [
        ("EPSG:4490", ""),
        ("", "cgcs2000"),
        ("", "wgs84"),
        ("EPSG:4326", "wgs84"),
        ("EPSG:4490", "wgs84"),
    ]
    metres = [to_frame(PLACE, crs=crs, coordinate_system=system, frame=frame) for crs, system in given_as]
    for xy in metres[1:]:
        assert np.array_equal(xy, metres[0])
    utm = frame_of("EPSG:32651", lonlat_deg=(120.6, 31.9))
    assert (
        np.abs(
            from_frame(to_frame(PLACE, crs="", coordinate_system="cgcs2000", frame=utm), utm) - PLACE
        ).max()
        < 1e-9
    )


def test_bare_wgs84_does_not_say_whether_it_is_shifted() -> None:
    code, remedy = code_of(lambda: to_lonlat(PLACE, crs="EPSG:4326", coordinate_system=""))
    assert code == "C05"
    assert "gcj02" in remedy


def test_gcj02_is_decoded() -> None:
    frame = frame_at(120.6, 31.9)
    shifted = gcj02.gcj02_from_wgs84(PLACE)
    true = to_frame(PLACE, crs="", coordinate_system="wgs84", frame=frame)
    for crs in ("", "EPSG:4326"):
        assert np.abs(to_frame(shifted, crs=crs, coordinate_system="gcj02", frame=frame) - true).max() < 1e-4
    baidu = gcj02.bd09_from_wgs84(PLACE)
    assert np.abs(to_frame(baidu, crs="", coordinate_system="bd09", frame=frame) - true).max() < 1e-4
    wrong = to_frame(shifted, crs="", coordinate_system="wgs84", frame=frame)
    assert np.abs(wrong - true).max() > 300


def test_contradictions_are_refused() -> None:
    assert code_of(lambda: declared_crs("EPSG:4549", "gcj02"))[0] == "C12"
    assert code_of(lambda: declared_crs("EPSG:26914", "wgs84"))[0] == "C12"
    code, remedy = code_of(lambda: declared_crs("", "gcj2"))
    assert code == "C05"
    assert "did you mean 'gcj02'?" in remedy


def test_numbers_that_are_not_degrees() -> None:
    metres = np.array([[557000.0, 3531000.0]])
    assert code_of(lambda: to_lonlat(metres, crs="", coordinate_system="cgcs2000"))[0] == "C10"
    assert (
        code_of(lambda: to_lonlat(np.array([[np.nan, 30.0]]), crs="", coordinate_system="wgs84"))[0] == "C10"
    )
    assert to_lonlat(metres, crs="EPSG:4549", coordinate_system="")[0] == pytest.approx(
        [120.6, 31.9], abs=0.01
    )


def test_frames_must_be_projected_in_metres() -> None:
    for crs in ("EPSG:4490", "EPSG:3857", "EPSG:2229"):
        assert code_of(lambda crs=crs: frame_crs(crs))[0] == "C01"
    assert code_of(lambda: frame_crs("EPSG:2437"))[0] == "C03"
    assert frame_crs("EPSG:25832").name.startswith("ETRS89")


def test_frames_by_place() -> None:
    frame = frame_at(120.6, 31.9)
    assert (frame.crs, frame.origin_m) == ("EPSG:4549", (557000, 3531000))
    assert frame.convergence_deg == pytest.approx(0.3184, abs=1e-3)
    assert frame_at(9.7, 50.9).crs == "EPSG:32632"
    assert frame_at(-70.0, -33.0).crs == "EPSG:32719"
    assert code_of(lambda: frame_at(31.9, 120.6))[0] == "C10"
    assert code_of(lambda: frame_at(float("nan"), 30.0))[0] == "C10"


def test_another_datum_meets_in_wgs84() -> None:
    frame = frame_of("EPSG:25832", lonlat_deg=(9.7, 50.9))
    point = np.array([[9.71, 50.91]])
    xy = to_frame(point, crs="EPSG:4326", coordinate_system="wgs84", frame=frame)
    assert np.abs(from_frame(xy, frame) - point).max() < 1e-9


@settings(max_examples=100, deadline=None)
@given(st.floats(74.0, 134.0), st.floats(18.0, 53.0), st.floats(-8000, 8000), st.floats(-8000, 8000))
def test_frame_there_and_back_within_a_tenth_of_a_millimetre(
    lon: float, lat: float, x: float, y: float
) -> None:
    frame = frame_at(lon, lat)
    point = np.array([[x, y]])
    lonlat = from_frame(point, frame)
    back = to_frame(np.round(lonlat, 9), crs="", coordinate_system="cgcs2000", frame=frame)
    assert np.abs(back - point).max() < 1.2e-4
    assert (
        np.abs(from_frame(np.zeros((1, 2)), frame)[0] - [frame.longitude_deg, frame.latitude_deg]).max()
        < 1e-12
    )


def test_grid_north_is_turned_by_the_convergence() -> None:
    """A point due north of another lies to the left of grid north, east of the central meridian."""
    frame = frame_at(121.4, 31.9)
    south, north = to_frame(
        np.array([[121.4, 31.9], [121.4, 31.91]]), crs="", coordinate_system="cgcs2000", frame=frame
    )
    bearing = np.degrees(np.arctan2(north[0] - south[0], north[1] - south[1]))
    assert bearing == pytest.approx(-frame.convergence_deg, abs=0.01)
    assert frame.convergence_deg > 0.5
