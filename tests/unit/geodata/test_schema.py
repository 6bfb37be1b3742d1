# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from geodata.schema import check_record, read_table, record_shape, unit_of
from geodata.tables import EnterpriseFile, Manifest
from twin.assets import LAYERS

TANK: dict[str, Any] = {
    "id": "T1",
    "substance": "7782-50-5",
    "kind": "sphere",
    "diameter_m": 12.0,
    "height_m": 12,
}


def codes(layer: str, **changes: Any) -> list[str]:
    return sorted(item.code for item in check_record(layer, {**TANK, **changes})[1])


def test_fields_are_those_of_the_records() -> None:
    for name, layer in LAYERS.items():
        members = {member.name for member in dataclasses.fields(layer.record)} - {"geometry"}
        assert set(record_shape(name).fields) == members


def test_a_good_record_keeps_only_what_was_given() -> None:
    values, problems = check_record("tanks", {**TANK, "bund": None})
    assert problems == []
    assert values == TANK
    assert isinstance(values["height_m"], float)  # whole numbers are numbers


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"substance": None}, "V01"),
        ({"substance": ""}, "V01"),
        ({"diameter_m": "12"}, "V02"),
        ({"diameter_m": True}, "V02"),
        ({"name": 3}, "V02"),
        ({"diameter_m": 0.0}, "V03"),
        ({"diameter_m": float("nan")}, "V03"),
        ({"diameter_m": float("inf")}, "V03"),
        ({"fill_fraction": -0.1}, "V03"),
        ({"fill_fraction": 80}, "V11"),
        ({"fill_fraction": 8000}, "V03"),
        ({"kind": "sphre"}, "V04"),
        ({"presure_Pa": 2e5}, "V05"),
        ({"OBJECTID": 7}, "V06"),
    ],
)
def test_each_fault_has_its_code(change: dict[str, Any], code: str) -> None:
    assert codes("tanks", **change) == [code]


def test_all_faults_at_once_with_place_and_remedy() -> None:
    record = {"id": "T1", "kind": "sphre", "diameter_m": -3, "fill_fraction": 80, "bnd": "D1"}
    values, problems = check_record("tanks", record, file="f", layer="tanks", id="T1")
    assert sorted(item.code for item in problems) == ["V01", "V01", "V03", "V04", "V05", "V11"]
    assert all((item.file, item.layer, item.id) == ("f", "tanks", "T1") and item.remedy for item in problems)
    by_field = {item.field: item for item in problems}
    assert by_field["diameter_m"].expected == "> 0.0 m"
    assert by_field["kind"].remedy == "did you mean 'sphere'?"
    assert by_field["bnd"].remedy == "did you mean 'bund'?"
    assert by_field["fill_fraction"].remedy == "Write 0.8."
    assert values["diameter_m"] != values["diameter_m"]  # NaN: compares false with everything


def test_whole_floats_are_counts() -> None:
    values, problems = check_record("resources", {"id": "X", "kind": "ambulance", "count": 2.0})
    assert problems == []
    assert values["count"] == 2 and isinstance(values["count"], int)
    assert [item.code for item in check_record("resources", {"id": "X", "kind": "a", "count": 2.5})[1]] == [
        "V02"
    ]


def test_manifest_reports_everything() -> None:
    data = {
        "schema": 1,
        "park": {"id": "p"},
        "frame": {"crs": 3, "origin_m": [1.5, 2]},
        "layers": {"tanks": {"file": "x", "coordinat_system": "gcj02"}},
        "surounding": {"radius_m": 3},
    }
    table, problems = read_table(Manifest, data, file="park.toml")
    assert table is None
    found = {item.field: (item.code, item.remedy) for item in problems}
    assert found["park.name"][0] == "V01"
    assert found["frame.crs"][0] == "V02"
    assert found["frame.origin_m.0"][0] == "V02"
    assert found["layers.tanks.coordinat_system"] == ("V05", "did you mean 'coordinate_system'?")
    assert found["surounding"] == ("V05", "did you mean 'surroundings'?")


def test_enterprise_file() -> None:
    data = {"id": "E1", "name": "x", "contacts": [{"name": "a", "phon": "1"}], "people": {"day": -1}}
    table, problems = read_table(EnterpriseFile, data, file="e.toml")
    assert table is None
    assert [(item.code, item.field) for item in problems] == [
        ("V03", "people.day"),
        ("V05", "contacts.0.phon"),
    ]
    good, none = read_table(EnterpriseFile, {"id": "E1", "name": "x", "people": {"day": 3}}, file="e.toml")
    assert none == [] and good.people.day == 3


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("flow_m3_s", "m3/s"),
        ("height_m", "m"),
        ("kind", ""),
        ("air_changes_1_h", "1/h"),
        ("pressure_Pa", "Pa"),
    ],
)
def test_units_of_names(field: str, unit: str) -> None:
    assert unit_of(field) == unit
