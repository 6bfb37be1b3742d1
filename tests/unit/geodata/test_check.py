# SPDX-License-Identifier: Apache-2.0
"""Every check code, planted alone into a sound park: the checker finds that code and nothing else."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodata import gcj02
from geodata.check import CODES, WARNINGS, check_park
from geodata.check_codes import ALONE, GROUPS
from geodata.load import load_park, read_park
from twin.errors import InputProblems

Spoil = Callable[[Path], object]


def _layer(folder: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "layers" / f"{name}.geojson").read_text(encoding="utf-8"))
    return document


def _save(folder: Path, name: str, document: dict[str, Any]) -> None:
    (folder / "layers" / f"{name}.geojson").write_text(json.dumps(document), encoding="utf-8")


def _set(layer: str, asset_id: str, **values: Any) -> Spoil:
    """Set properties of one record (None = remove)."""

    def spoil(folder: Path) -> None:
        document = _layer(folder, layer)
        (feature,) = [item for item in document["features"] if item["properties"]["id"] == asset_id]
        for name, value in values.items():
            feature["properties"].pop(name, None)
            if value is not None:
                feature["properties"][name] = value
        _save(folder, layer, document)

    return spoil


def _geometry(layer: str, asset_id: str, change: Callable[[Any], Any]) -> Spoil:
    """Change one record's geometry in the file."""

    def spoil(folder: Path) -> None:
        document = _layer(folder, layer)
        (feature,) = [item for item in document["features"] if item["properties"]["id"] == asset_id]
        feature["geometry"] = change(feature["geometry"])
        _save(folder, layer, document)

    return spoil


def _copy(layer: str, asset_id: str, new_id: str, east_deg: float = 0.0, **values: Any) -> Spoil:
    """Add a copy of a record, moved east."""

    def spoil(folder: Path) -> None:
        document = _layer(folder, layer)
        (feature,) = [item for item in document["features"] if item["properties"]["id"] == asset_id]
        copy = json.loads(json.dumps(feature))
        copy["properties"] |= {"id": new_id, **values}
        copy["geometry"] = _moved(copy["geometry"], east_deg, 0.0)
        document["features"].append(copy)
        _save(folder, layer, document)

    return spoil


def _moved(geometry: dict[str, Any], east_deg: float, north_deg: float) -> dict[str, Any]:
    def move(values: Any) -> Any:
        if isinstance(values[0], int | float):
            return [values[0] + east_deg, values[1] + north_deg]
        return [move(value) for value in values]

    return {"type": geometry["type"], "coordinates": move(geometry["coordinates"])}


def _every(layer: str, change: Callable[[np.ndarray], np.ndarray]) -> Spoil:
    """Change all coordinates of a layer; `change` maps [N, 2] to [N, 2]."""

    def spoil(folder: Path) -> None:
        document = _layer(folder, layer)

        def turn(values: Any) -> Any:
            if isinstance(values[0], int | float):
                return change(np.array([values], dtype=np.float64))[0].tolist()
            return [turn(value) for value in values]

        for feature in document["features"]:
            feature["geometry"]["coordinates"] = turn(feature["geometry"]["coordinates"])
        _save(folder, layer, document)

    return spoil


def _manifest(old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "park.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def _declared(layer: str, line: str) -> Spoil:
    return _manifest(
        f'file = "layers/{layer}.geojson"\ncoordinate_system = "cgcs2000"',
        f'file = "layers/{layer}.geojson"\n{line}',
    )


def _write(name: str, text: str) -> Spoil:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def _both(*spoils: Spoil) -> Spoil:
    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


def _no_roads(folder: Path) -> None:
    (folder / "layers/roads.geojson").unlink()
    _manifest('[layers.roads]\nfile = "layers/roads.geojson"\ncoordinate_system = "cgcs2000"\n', "")(folder)


def _dem(**changes: Any) -> Spoil:
    """Replace dem.tif; resolved by the test through the `raster` fixture."""

    def spoil(folder: Path) -> None:
        raise AssertionError("replaced in the test")

    spoil.dem = changes  # type: ignore[attr-defined]
    return spoil


def _fill(value: float, rows: slice = slice(None), columns: slice = slice(None)) -> Callable[[Any], None]:
    def edit(values: Any) -> None:
        values[rows, columns] = value

    return edit


def _bow_tie(geometry: dict[str, Any]) -> dict[str, Any]:
    ring = geometry["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    return geometry


_HUNDRED_M_DEG = 0.00105

FLAWS: dict[str, Spoil] = {
    "F01": lambda folder: (folder / "park.toml").unlink(),
    "F02": _manifest("schema = 1", "schema = "),
    "F03": _manifest("schema = 1", "schema = 7"),
    "F04": lambda folder: (folder / "layers/green.geojson").unlink(),
    "F05": _write("layers/green.geojson", '{"type": "FeatureCollection", "features": ['),
    "F06": lambda folder: (folder / "layers/zones.geojson").write_bytes(
        (folder / "layers/green.geojson").read_bytes()
    ),
    "F07": _manifest("[layers.green]", "[layers.flowerbeds]"),
    "F08": _both(
        _manifest(
            '[layers.boundary]\nfile = "layers/boundary.geojson"\ncoordinate_system = "cgcs2000"\n', ""
        ),
        lambda folder: (folder / "layers/boundary.geojson").unlink(),
    ),
    "F09": _write("enterprises/E02.toml", "id = "),
    "F10": _manifest("layers/green.geojson", "../green.geojson"),
    "C01": _manifest('crs = "EPSG:4549"', 'crs = "EPSG:4490"'),
    "C02": _declared("green", 'crs = "EPSG:999999"'),
    "C03": _declared("green", 'crs = "EPSG:4214"'),
    "C04": _declared("green", 'crs = "EPSG:4610"'),
    "C05": _declared("green", ""),
    "C06": _declared("green", 'crs = "GCJ-02"'),
    "C07": _every("roads", gcj02.gcj02_from_wgs84),
    "C08": _every("hydrants", lambda points: points[:, ::-1]),
    "C09": _every("hydrants", lambda points: points + [1.0, 0.0]),
    "C10": _every("green", lambda points: points * 1000.0),
    "C11": _declared("green", 'crs = "EPSG:4555"'),
    "C12": _declared("green", 'crs = "EPSG:4549"\ncoordinate_system = "gcj02"'),
    "C13": _manifest("origin_m = [557000, 3531000]", "origin_m = [557000, 3831000]"),
    "C14": _manifest('crs = "EPSG:4549"\norigin_m = [557000', 'crs = "EPSG:4548"\norigin_m = [841000'),
    "C15": _declared(
        "green", 'crs = "local"\ncontrol_points = [[0.0, 0.0, 120.6, 31.9], [100.0, 0.0, 120.7, 31.9]]'
    ),
    "V01": _set("hydrants", "H1", id=None),
    "V02": _set("tanks", "T1", height_m="twelve"),
    "V03": _set("tanks", "T1", height_m=-12.0),
    "V04": _set("tanks", "T1", kind="spherical_cow"),
    "V05": _set("tanks", "T1", fill_fraction=None, fill_fracton=0.5),
    "V06": _set("tanks", "T1", OBJECTID=17),
    "V07": _set("hydrants", "H1", id="H 1!"),
    "V08": _set("buildings", "BD1", height_m=0.012),
    "V09": _set("tanks", "T3", pressure_Pa=0.6),
    "V10": _set("tanks", "T1", temperature_K=20.0),
    "V11": _set("tanks", "T1", fill_fraction=80),
    "V12": _set("tanks", "T1", diameter_m=16000.0),
    "V13": _set("tanks", "T1", volume_m3=20000.0),
    "V14": _set("enterprises", "E01", credit_code="91350100M000100Y4Z"),
    "V15": _manifest('timezone = "+08:00"', 'timezone = "America/New_York"'),
    "G01": _geometry("buildings", "BD1", _bow_tie),
    "G02": _geometry("hydrants", "H1", lambda geometry: None),
    "G03": _geometry(
        "hydrants",
        "H1",
        lambda geometry: {"type": "LineString", "coordinates": [[120.6, 31.9], [120.601, 31.9]]},
    ),
    "G04": _copy("buildings", "BD1", "BD9", 0.0001),
    "G05": _copy("tanks", "T1", "T9", 0.00002),
    "G06": _geometry("tanks", "T2", lambda geometry: _moved(geometry, 0.0005, 0.0)),
    "G07": _set("bunds", "D1", wall_height_m=0.3),
    "G08": _geometry("hydrants", "H2", lambda geometry: _moved(geometry, -_HUNDRED_M_DEG / 2, 0.0)),
    "G09": _set("tanks", "T3", diameter_m=2.0, height_m=2.0),
    "G10": _both(
        _geometry("buildings", "BD1", lambda geometry: _moved(geometry, 0.0, -0.0003)),
        _set("buildings", "BD1", enterprise=None),
    ),
    "G11": _geometry("enterprises", "E02", lambda geometry: _moved(geometry, -0.0003, 0.0)),
    "G12": _set("buildings", "BD2", enterprise="E01"),
    "R01": _set("hydrants", "H1", id="H2"),
    "R02": _set("hydrants", "H1", enterprise="E99"),
    "R03": _set("pipelines", "P1", substance="unobtainium"),
    "R04": _set("tanks", "T1", bund="D9"),
    "R05": _set("sensors", "S1", tank="T99"),
    "R06": _write("enterprises/E09.toml", 'id = "E09"\nname = "nobody"\n'),
    "R07": _write(
        "enterprises/E02.toml",
        'id = "E02"\nname = "x"\n[[inventories]]\nsubstance = "7782-50-5"\nat = "T77"\n',
    ),
    "R08": _set("pipelines", "P1", substance="7732-18-5"),
    "N01": _copy("roads", "R3", "R9", 0.002, kind="service", width_m=6.0),
    "N02": _geometry("gates", "G1", lambda geometry: _moved(geometry, 0.001, 0.0004)),
    "N03": _geometry("shelters", "A1", lambda geometry: _moved(geometry, -0.0019, 0.0015)),
    "N04": _geometry("hydrants", "H1", lambda geometry: _moved(geometry, 0.0015, 0.0)),
    "N05": _geometry("resources", "X1", lambda geometry: _moved(geometry, 0.002, 0.0)),
    "N06": _set("roads", "R3", kind="service", width_m=6.0, oneway=True),
    "N07": _geometry("roads", "R1", lambda geometry: geometry),
    "N08": _set("roads", "R2", width_m=3.0),
    "N09": _set("racks", "K1", clearance_m=3.0),
    "N10": _geometry("roads", "R2", lambda geometry: _moved(geometry, 0.0, 0.000009)),
    "N11": _copy("roads", "R2", "R9"),
    "N12": _no_roads,
    "T01": _write("dem.tif", "not a raster"),
    "T02": _dem(crs=None),
    "T03": _dem(edit=_fill(-9999.0)),
    "T04": _dem(nodata=None, edit=_fill(-9999.0, slice(40, 44), slice(40, 44))),
    "T05": _dem(bounds_m=(-100.0, -100.0, 500.0, 700.0)),
    "T06": _dem(cells_m=(5.0, 10.0)),
    "T07": _dem(unit="foot"),
    "T08": _dem(crs="EPSG:2437"),
    "T09": _dem(edit=_fill(-9999.0, slice(60, 80), slice(80, 100))),
    "S01": _set("sensors", "S1", hj212_factor=None),
    "S02": _set("sensors", "S1", hj212_factor="a01002"),
    "S03": _set("sensors", "S1", alarm_1=5.0),
    "S04": _set("sensors", "S1", alarm_2=30.0),
    "S05": _set("sensors", "S1", range_min=20.0, range_max=20.0),
    "S06": _set("sensors", "S1", unit="m/s"),
    "S07": _set("sensors", "S1", substance=None),
    "S08": _set("sensors", "S1", hj212_mn=None, hj212_factor=None),
    "S09": _set("sensors", "S1", hj212_mn="no device!"),
    "S10": _set("sensors", "S1", alarm_1=None, alarm_2=None),
}


def _short_road(folder: Path) -> None:
    """A road of 4 mm."""
    document = _layer(folder, "roads")
    copy = json.loads(json.dumps(document["features"][0]))
    copy["properties"]["id"] = "R9"
    x, y = copy["geometry"]["coordinates"][0]
    copy["geometry"]["coordinates"] = [[x, y], [x, y + 3e-8]]
    document["features"].append(copy)
    _save(folder, "roads", document)


def _lonely_site(folder: Path) -> None:
    """The western road is taken away: E01 keeps none within 60 m."""
    document = _layer(folder, "roads")
    document["features"] = [item for item in document["features"] if item["properties"]["id"] == "R1"]
    ring = document["features"][0]["geometry"]["coordinates"]
    document["features"][0]["geometry"]["coordinates"] = ring[1:3]
    _save(folder, "roads", document)
    for layer in ("gates", "hydrants"):
        path = folder / "layers" / f"{layer}.geojson"
        path.write_text('{"type":"FeatureCollection","features":[]}', encoding="utf-8")


FLAWS["N11"] = _short_road
FLAWS["N07"] = _lonely_site


def test_a_sound_park_has_no_problem(park_folder: Path) -> None:
    assert check_park(park_folder) == []


def test_every_code_has_a_flaw_here() -> None:
    assert set(FLAWS) == set(CODES)
    assert {code[0] for code in CODES} == set(GROUPS)
    assert set(CODES) > WARNINGS
    assert set(CODES) > ALONE


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_flaw_is_found_and_nothing_else(code: str, park_folder: Path, raster: Callable[..., None]) -> None:
    spoil = FLAWS[code]
    if hasattr(spoil, "dem"):
        park = load_park(park_folder)
        (park_folder / "dem.tif").unlink()
        raster(park_folder / "dem.tif", park, **spoil.dem)
    else:
        spoil(park_folder)
    problems = check_park(park_folder)
    assert {item.code for item in problems} == {code}, "\n".join(map(str, problems))
    for item in problems:
        assert item.file
        assert item.remedy
        assert item.warning == (code in WARNINGS)


def test_one_fault_of_a_record_is_one_problem(park_folder: Path) -> None:
    for code in ("G05", "V09", "G08", "S03", "V08"):
        FLAWS[code](park_folder)
    assert sorted(item.code for item in check_park(park_folder)) == ["G05", "G08", "S03", "V08", "V09"]


def test_errors_stop_the_loader_but_warnings_do_not(park_folder: Path) -> None:
    FLAWS["V06"](park_folder)
    assert load_park(park_folder).id == "small"
    FLAWS["V03"](park_folder)
    FLAWS["R04"](park_folder)
    with pytest.raises(InputProblems) as caught:
        load_park(park_folder)
    assert {item.code for item in caught.value.problems} == {"V03", "R04"}


def test_a_displaced_layer_is_checked_where_it_belongs(park_folder: Path) -> None:
    FLAWS["C07"](park_folder)
    reading = read_park(park_folder)
    assert reading.park is not None
    west, south, _, _ = reading.park.roads[0].geometry.bounds
    assert abs(west - 20) < 0.02
    assert abs(south - 20) < 0.02
    assert reading.displaced == {"roads"}


def test_a_shifted_boundary_is_blamed_not_the_layers(park_folder: Path) -> None:
    _every("boundary", gcj02.gcj02_from_wgs84)(park_folder)
    problems = check_park(park_folder)
    assert [(item.code, item.layer) for item in problems] == [("C07", "boundary")]


def test_bd09_is_told_from_gcj02(park_folder: Path) -> None:
    _every("tanks", gcj02.bd09_from_wgs84)(park_folder)
    _every("roads", gcj02.bd09_from_wgs84)(park_folder)
    problems = check_park(park_folder)
    assert [(item.code, item.layer) for item in problems] == [("C07", "roads"), ("C07", "tanks")]
    assert all('"bd09"' in item.remedy for item in problems)


@pytest.mark.parametrize("layer", ["boundary", "roads", "tanks"])
def test_a_forgotten_vertex_is_named_and_costs_nothing(layer: str, park_folder: Path) -> None:
    document = _layer(park_folder, layer)
    coordinates = document["features"][0]["geometry"]["coordinates"]
    if layer == "boundary":
        coordinates[0][2] = [0, 0]
    elif layer == "roads":
        coordinates[1] = [0, 0]
    else:
        document["features"][0]["geometry"]["coordinates"] = [0, 0]
    _save(park_folder, layer, document)
    asset_id = document["features"][0]["properties"]["id"]
    problems = [item for item in check_park(park_folder) if item.code == "C09"]
    assert [(item.layer, item.id) for item in problems] == [(layer, asset_id)]


def test_one_record_that_is_not_in_degrees_is_named(park_folder: Path) -> None:
    document = _layer(park_folder, "hydrants")
    document["features"][1]["geometry"]["coordinates"] = [557410.0, 3531200.0]
    _save(park_folder, "hydrants", document)
    assert [(item.code, item.id) for item in check_park(park_folder)] == [("C10", "H2")]


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    (item,) = check_park(tmp_path / "nowhere")
    assert item.code == "F01"


def test_a_raw_park_toml_cannot_crash_the_checker(park_folder: Path) -> None:
    for text in (
        "",
        "schema = 1",
        "schema = 1\npark = 3\nlayers = []\nframe = 'x'",
        "schema = 1\n[layers]\ntanks = 3",
    ):
        (park_folder / "park.toml").write_text(text, encoding="utf-8")
        assert check_park(park_folder)


def test_a_broken_database_is_one_problem(park_folder: Path) -> None:
    (park_folder / "park.gpkg").write_bytes(b"SQLite format 3\0" + bytes(200))
    assert [item.code for item in check_park(park_folder)] == ["F05"]
    (park_folder / "park.gpkg").unlink()
    sqlite3.connect(park_folder / "park.gpkg").close()
    assert [item.code for item in check_park(park_folder)] == ["F05"]


def test_checking_is_quick(park_folder: Path) -> None:
    """2,000 tanks more must not cost more than some 0.2 ms each in any check."""
    document = _layer(park_folder, "hydrants")
    first = document["features"][0]
    for number in range(2000):
        copy = json.loads(json.dumps(first))
        copy["properties"]["id"] = f"HX{number}"
        document["features"].append(copy)
    check_park(park_folder)
    start = time.process_time()
    check_park(park_folder)
    little = time.process_time() - start
    _save(park_folder, "hydrants", document)
    start = time.process_time()
    assert check_park(park_folder) == []
    assert time.process_time() - start - little < 0.4 + 2 * little
