# SPDX-License-Identifier: Apache-2.0
"""Recorded streams: what is read from them and where their sensors stand."""

import gzip
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from shapely.geometry import Point, box

from live_sync.adapters.replay.layout import converter
from live_sync.adapters.replay.stream import open_stream
from twin.assets import Boundary, Sensor
from twin.errors import InputProblems
from twin.frame import ParkFrame
from twin.park import Park

PARK = Park(
    id="p",
    name="P",
    frame=ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000)),
    boundary=(Boundary(id="edge", name="edge", geometry=box(0, 0, 1000, 600)),),
    sensors=(
        Sensor(id="T1", geometry=Point(1, 2), kind="tank", quantity="temperature", unit="degC"),
        Sensor(id="WS", geometry=Point(100, 200), kind="met", quantity="wind_speed", unit="m/s"),
    ),
)


def test_raw_spectrometer_stream(reference: Callable[[str], Path]) -> None:
    stream = open_stream(reference("assimilation/chilbolton/stream_rel02.csv.gz"), PARK)
    rows = list(stream.rows())
    assert stream.rows_total == len(rows) == 5753 and not any(row.problem for row in rows)
    assert len({row.t_s for row in rows}) < len(rows), "times repeat"
    assert rows[-1].t_s is not None and rows[-1].t_s - stream.first_s == 2507.0
    assert rows[0].raw == b"2017-05-09 11:13:20,4,283.97,101448.76,-2.5762,1.4962,0.5903,1.7977,0.0161"
    assert {m.factor: m.value for m in rows[0].measurements} == {
        "ch4_ppm@4": 1.7977,
        "T_K": 283.97,
        "p_Pa": 101448.76,
        "wind_x_m_s": -2.5762,
        "wind_y_m_s": 1.4962,
        "wind_z_m_s": 0.5903,
    }
    assert len(stream.channels) == 7 + 5
    # beams keep their site's layout, moved to the park's centre: beam i lies between the instrument and reflector i
    one, six = stream.channels["ch4_ppm@1"], stream.channels["ch4_ppm@6"]
    assert one.unit == "ppm" and one.substance == "74-82-8" and one.height_m == 1.6
    assert (one.x_m - six.x_m, one.y_m - six.y_m) == pytest.approx(
        ((43.942 - 66.09) / 2, (69.066 - 42.033) / 2)
    )  # type: ignore[operator]
    assert math.dist((one.x_m, one.y_m), (500, 300)) < 60  # type: ignore[arg-type]


def test_long_stream_feeds_park_sensors_in_their_unit(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "time,sensor,value,unit,flag\n"
        "2026-01-01T00:00:00Z,T1,300.15,K,\n"
        "2026-01-01T00:00:01Z,new,7,bar,D\n"
        "2026-01-01T00:00:01Z,new,7,bar,D\n"
        "2026-01-01T00:00:02Z,T1,5,bar,\n"
        "nonsense,T1,5,K,\n"
        "2026-01-01T00:00:03Z,T1\n"
        "2026-01-01T00:00:04Z,T1,,K,B\n"
    )
    stream = open_stream(path, PARK)
    rows = list(stream.rows())
    assert len(rows) == 7 and list(stream.aliases) == ["T1"] and list(stream.channels) == ["new"]
    assert stream.channels["new"].unit == "bar" and stream.channels["new"].x_m is not None
    assert rows[0].measurements[0].value == pytest.approx(27.0)
    assert rows[1].measurements[0][2:4] == (7.0, "D")
    assert ["line" in row.problem for row in rows] == [False, False, False, True, True, True, False]
    assert "bar" in rows[3].problem and "no time" in rows[4].problem
    assert math.isnan(rows[6].measurements[0].value)


def test_times_without_zone_are_device_time_and_numbers_are_epoch(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(
        gzip.compress(b"\xef\xbb\xbftime,beam,value\n2026-01-01 08:00:00,1,2\n1767225601.5,1,3\n")
    )
    assert [row.t_s for row in open_stream(path, PARK).rows()] == [1767225600.0, 1767225601.5]


def test_a_stream_without_instruments_stands_around_the_mast(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "time,beam,ch4_ppm,T_K\n" + "".join(f"2026-01-01 08:00:00,{beam},2,290\n" for beam in range(5))
    )
    channels = open_stream(path, PARK).channels
    spots = {(round(c.x_m or 0, 3), round(c.y_m or 0, 3)) for c in channels.values() if c.kind == "gas"}
    assert len(spots) == 5 and all(
        math.dist(spot, (100, 200)) == pytest.approx(20, abs=0.01) for spot in spots
    )
    assert (channels["T_K"].x_m, channels["T_K"].y_m) == (100, 200)


def test_parquet_reads_like_csv(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "a.parquet"
    duckdb.sql(
        f"COPY (SELECT 1767225600.0 AS time, 'x,y' AS sensor, 2.5 AS value) TO '{path}' (FORMAT parquet)"
    )
    stream = open_stream(path, PARK)
    (row,) = stream.rows()
    assert list(stream.channels) == ["x,y"] and row.measurements[0].value == 2.5 and row.t_s == 1767225600.0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "cannot be read"),
        ("empty.csv", b"", "no column 'time'"),
        ("other.csv", b"a,b\n1,2\n", "no column 'time'"),
        ("half.csv", b"time,value\n1,2\n", "no column 'sensor' or 'beam'"),
        ("headonly.csv", b"time,sensor,value\n", "no row with a readable time"),
        ("broken.csv.gz", b"\x1f\x8b\x08\0broken", "cannot be read"),
        ("binary.csv", b"time,sensor,value\n\xff\xfe\xfd,1,2\n", "cannot be read"),
        ("broken.parquet", b"PAR1nothing", "cannot be read"),
    ],
)
def test_what_is_no_stream_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputProblems, match=message):
        open_stream(path, PARK)


def test_units_convert_only_within_their_dimension() -> None:
    assert converter("degC", "K")(20.0) == pytest.approx(293.15)
    assert converter("K", "degC")(293.15) == pytest.approx(20.0)
    assert converter("mg/m3", "ug/m3")(2.0) == pytest.approx(2000.0)
    for unit in ("bar", "furlong"):
        with pytest.raises(ValueError, match="cannot be turned"):
            converter(unit, "K")
