# SPDX-License-Identifier: Apache-2.0
"""The invented park: the same for a seed, free of problems, laid out by the rules, and wrong exactly where it should be."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.check import check_park
from geodata.check_codes import CODES
from geodata.crs import from_frame
from geodata.demo_park import DemoPark, generate, write_demo
from geodata.demo_park.flaws import APART, FlawedFolder, plant, plant_alone, planted
from geodata.demo_park.flaws_ground import RASTER_FLAWS
from geodata.demo_park.folder import demo_files, raster_bytes
from geodata.demo_park.stock import SUBSTANCES
from geodata.load import load_park
from geodata.roads import drive_network
from geodata.terrain import Terrain
from geodata.write import write_park
from twin.errors import InputProblems
from twin.park import LAYERS
from twin.substances import substance


@cache
def demo_of(size: str, seed: int) -> DemoPark:
    return generate(size, seed)


def folder_sha256(folder: Path) -> str:
    """Hash of every byte and every name in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def solids(demo: DemoPark) -> list[tuple[str, str, shapely.Geometry]]:
    """Kind, id and footprint of everything that must not overlap."""
    park = demo.park
    made = [
        (kind, item.id, item.geometry)
        for kind in ("bunds", "units", "buildings")
        for item in park.layer(kind)
    ]
    made += [("basin", item.id, item.geometry) for item in park.water if item.id != "SEA"]
    made += [("roads", r.id, r.geometry.buffer(r.width_m / 2, cap_style="flat")) for r in park.roads]
    made += [("resources", r.id, r.geometry.buffer(2.5)) for r in park.resources]
    made += [("detectors", s.id, s.geometry) for s in park.sensors if s.kind in ("gas", "met")]
    made += [("hydrants", h.id, h.geometry) for h in park.hydrants]
    return made


def overlaps(demo: DemoPark) -> list[tuple[str, str]]:
    """Pairs of ids whose footprints share ground."""
    items = solids(demo)
    shapes = np.array([shape for _, _, shape in items], dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    found = []
    for one, other in zip(first[once], second[once], strict=True):
        kinds = {items[one][0], items[other][0]}
        if len(kinds) == 1 and kinds <= {"roads", "detectors"}:
            continue
        shared = shapely.intersection(shapes[one], shapes[other])
        if shared.area > 0.01 or "Point" in (shapes[one].geom_type, shapes[other].geom_type):
            found.append((items[one][1], items[other][1]))
    return found


def check_generated(seed: int, folder: Path) -> list[str]:
    """Problems of a medium park of a seed."""
    write_park(generate("medium", seed).park, folder)
    return [str(item) for item in check_park(folder)]


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path: Path) -> None:
    hashes = [
        folder_sha256(write_demo(tmp_path / str(k), size="tiny", seed=seed))
        for k, seed in enumerate((5, 5, 6))
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_medium_folder_is_whole_equal_and_without_problems(tmp_path: Path) -> None:
    one = write_demo(tmp_path / "one", seed=11)
    two = write_demo(tmp_path / "two", seed=11)
    assert folder_sha256(one) == folder_sha256(two)
    assert check_park(one) == []
    names = {str(path.relative_to(one)) for path in one.rglob("*") if path.is_file()}
    assert {"park.toml", "dem.tif", "README.txt", "plans/chlorine_leak.toml"} <= names
    for study in ("chlorine_leak", "chlorine_wind_shift", "ammonia_leak_night_calm"):
        assert f"studies/{study}.toml" in names
    read = load_park(one)
    made = demo_of("medium", 11).park
    for layer in LAYERS:
        assert [asset.id for asset in read.layer(layer)] == [asset.id for asset in made.layer(layer)]
    tank_read, tank_made = read.tanks[10], made.tanks[10]
    assert tank_read.xy_m == pytest.approx(tank_made.xy_m, abs=2e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_no_problem_is_found(seed: int, tmp_path: Path) -> None:
    assert check_generated(seed, tmp_path / "park") == []


@pytest.mark.slow
def test_no_problem_is_found_in_fifty_seeds(tmp_path: Path) -> None:
    found = {seed: check_generated(seed, tmp_path / str(seed)) for seed in range(100, 150)}
    assert {seed: problems[:3] for seed, problems in found.items() if problems} == {}


@pytest.mark.parametrize(("size", "seed"), [("tiny", 0), ("tiny", 1), ("medium", 3), ("medium", 4)])
def test_nothing_stands_on_anything_else(size: str, seed: int) -> None:
    assert overlaps(demo_of(size, seed)) == []


def test_counts_of_a_medium_park() -> None:
    park = demo_of("medium", 3).park
    assert len(park.enterprises) == 40
    assert len(park.tanks) > 500
    assert 3000 < park.bounds_m[2] - park.bounds_m[0] < 3800
    assert 2200 < park.bounds_m[3] - park.bounds_m[1] < 3000
    assert {tank.substance for tank in park.tanks} == {item.cas for item in SUBSTANCES}
    assert 4300 < sum(area.people_day for area in park.population) < 4700
    night = sum(area.people_night for area in park.population)
    assert 900 < night < 2200
    gates = Counter(gate.enterprise for gate in park.gates)
    assert all(gates[site.id] >= 2 for site in park.enterprises)
    assert gates[""] >= 4
    assert {place.kind for place in park.receptors} == {"village", "school", "hospital"}
    assert {shelter.kind for shelter in park.shelters} == {"muster", "toxic_refuge", "hospital"}
    assert {"fire_engine", "gas_rescue", "ambulance"} <= {unit.kind for unit in park.resources}
    assert {s.quantity for s in park.sensors if s.kind == "met"} == {
        "wind_speed",
        "wind_from",
        "air_temperature",
        "relative_humidity",
        "air_pressure",
    }
    for layer in (
        "racks",
        "pipelines",
        "fences",
        "hydrants",
        "water_sources",
        "water",
        "green",
        "buildings",
        "units",
    ):
        assert park.layer(layer), layer


def test_the_names_are_in_both_languages() -> None:
    park = demo_of("medium", 3).park
    for layer in ("enterprises", "tanks", "buildings", "units", "gates", "sensors", "receptors", "resources"):
        for asset in park.layer(layer):
            chinese, dot, english = asset.name.partition(" · ")
            assert chinese and dot and english.isascii() or layer == "sensors" and dot, asset.name
    names = [site.name for site in park.enterprises]
    assert len(set(names)) == len(names)


def test_a_tiny_park_can_leak_and_be_helped() -> None:
    park = demo_of("tiny", 2).park
    assert len(park.enterprises) == 1
    assert any(tank.substance == "7782-50-5" for tank in park.tanks)
    assert park.sensors and park.gates and park.population and park.resources and park.shelters


def test_large_is_larger() -> None:
    park = demo_of("large", 1).park
    assert len(park.enterprises) == 250
    ids = [asset.id for layer in LAYERS for asset in park.layer(layer)]
    assert len(ids) == len(set(ids))
    west, south, east, north = park.bounds_m
    assert 9500 < east - west < 11500 and 7500 < north - south < 9500


def test_every_enterprise_is_reached_from_every_gate() -> None:
    park = demo_of("medium", 4).park
    network = drive_network(park)
    assert len(network.component_sizes) == 1
    assert not [note for note in network.problems if note.code not in ("N05",)], network.problems[:3]
    for gate in park.gates:
        node = network.place_node[gate.id]
        assert network.routable[node], gate.id
        assert network.place_distance_m[gate.id] < 1.0, gate.id
    boundary = park.boundary[0].geometry.buffer(0.01)
    for layer in (
        "enterprises",
        "buildings",
        "tanks",
        "bunds",
        "units",
        "racks",
        "hydrants",
        "gates",
        "fences",
    ):
        shapes = [asset.geometry for asset in park.layer(layer)]
        assert shapely.covers(boundary, shapes).all(), layer


def test_fences_are_open_at_the_gates_only() -> None:
    park = demo_of("medium", 4).park
    fences = shapely.STRtree([fence.geometry for fence in park.fences])
    shapes = np.array([fence.geometry for fence in park.fences], dtype=object)
    for gate in park.gates:
        nearest = shapes[fences.nearest(gate.geometry)].distance(gate.geometry)
        assert gate.width_m / 2 - 0.5 < nearest < gate.width_m / 2 + 0.5, gate.id
    for road in park.roads:
        for row in fences.query(road.geometry, predicate="intersects"):
            pytest.fail(f"{road.id} runs through fence {park.fences[row].id}")


def test_tanks_keep_their_distance_and_dikes_hold_the_largest() -> None:
    """Clear spacing by diameter (GB 50160 6.2.8, 6.3.3) and dike volume beside the other shells (6.2.12)."""
    wanted = {"floating_roof": 0.4, "fixed_roof": 0.6, "sphere": 1.0, "bullet": 1.0, "cryogenic": 0.6}
    for seed in (3, 4):
        park = demo_of("medium", seed).park
        members = defaultdict(list)
        for tank in park.tanks:
            members[tank.bund].append(tank)
        for bund in park.bunds:
            tanks = members[bund.id]
            assert tanks
            plans = [
                t.geometry if t.kind == "bullet" else t.geometry.buffer(t.diameter_m / 2, 64) for t in tanks
            ]
            assert all(bund.geometry.contains(plan) for plan in plans), bund.id
            for k, tank in enumerate(tanks):
                for other in range(k):
                    least = (
                        min(wanted[tank.kind] * tank.diameter_m, 20.0)
                        if tank.kind != "bullet"
                        else tank.diameter_m
                    )
                    assert plans[k].distance(plans[other]) >= least - 0.05, tank.id
            largest = max(tank.volume_m3 or 0.0 for tank in tanks)
            standing = [t for t in tanks if t.base_m == 0.0][1:]
            floor = bund.geometry.area - sum(math.pi / 4 * t.diameter_m**2 for t in standing)
            assert floor * bund.wall_height_m >= largest, bund.id
            assert bund.wall_height_m <= (2.2 if tanks[0].kind != "cryogenic" else 5.0), bund.id


def test_liquefied_gases_are_at_their_vapour_pressure() -> None:
    tanks = [
        tank for tank in demo_of("medium", 3).park.tanks if tank.kind in ("sphere", "bullet", "cryogenic")
    ]
    checked = set()
    for tank in tanks:
        if tank.fill_fraction == 0.0 or tank.substance in checked and tank.kind != "cryogenic":
            continue
        checked.add(tank.substance)
        expected = substance(tank.substance).vapour_pressure_Pa(tank.temperature_K)
        assert tank.pressure_Pa == pytest.approx(expected, rel=0.05), tank.substance
    assert len(checked) >= 8
    chlorine = [t for t in tanks if t.substance == "7782-50-5"]
    assert len(chlorine) >= 8 and all(6.7e5 <= t.pressure_Pa <= 8e5 for t in chlorine)
    masses = [(t.volume_m3 or 0) * t.fill_fraction * 1410 for t in chlorine]
    assert 40e3 < max(masses) < 55e3


def test_offices_are_upwind_and_tanks_by_the_water() -> None:
    """East (upwind) and north (inland) are positive; means over the sites of three parks."""
    east, north = [], []
    for seed in (2, 3, 4):
        park = demo_of("medium", seed).park
        for site in park.enterprises:
            rooms = [
                b.geometry.centroid for b in park.buildings if b.control_room and b.enterprise == site.id
            ]
            tanks = [t.geometry.centroid for t in park.tanks if t.enterprise == site.id]
            assert len(rooms) == 1, site.id
            east.append(rooms[0].x - np.mean([t.x for t in tanks]))
            north.append(rooms[0].y - np.mean([t.y for t in tanks]))
    assert np.mean(east) > 60 and np.mean(np.array(east) > 0) > 0.9
    assert np.mean(north) > 20


def test_sensors_have_an_address_and_loggers_fit_a_frame() -> None:
    park = demo_of("medium", 3).park
    assert len({(s.hj212_mn, s.hj212_factor) for s in park.sensors}) == len(park.sensors)
    per_logger = Counter(sensor.hj212_mn for sensor in park.sensors)
    assert max(per_logger.values()) <= 24
    for sensor in park.sensors:
        assert len(sensor.hj212_mn) == 24 and int(sensor.hj212_mn, 16) >= 0
        assert len(sensor.hj212_factor) == 6
    watched = {sensor.tank for sensor in park.sensors if sensor.tank}
    liquefied = {t.id for t in park.tanks if t.kind in ("sphere", "bullet", "cryogenic")}
    assert watched == liquefied


def test_factor_codes_are_those_of_the_standard_or_marked_as_invented(reference) -> None:  # type: ignore[no-untyped-def]
    text = reference("hj212/factor_codes_2017.csv").read_text(encoding="utf-8-sig")
    standard = {row.split(",")[0] for row in text.splitlines()[1:]}
    used = {sensor.hj212_factor for sensor in demo_of("medium", 3).park.sensors}
    invented = {code for code in used if code not in standard}
    assert all(code.startswith(("a99", "e1", "e2", "e3")) for code in invented)
    assert {"a21022", "a21001", "a21028", "a01007", "a01008"} <= used & standard


def test_receptors_are_near_but_not_too_near() -> None:
    for seed in (3, 4):
        park = demo_of("medium", seed).park
        sea = next(water.geometry for water in park.water if water.id == "SEA")
        for place in park.receptors:
            assert 600 < place.geometry.distance(park.boundary[0].geometry) < 3000
            assert not place.geometry.intersects(sea)


def test_the_ground_is_level_in_the_park_and_wet_in_the_sea(tmp_path: Path) -> None:
    demo = demo_of("medium", 3)
    path = tmp_path / "dem.tif"
    path.write_bytes(raster_bytes(demo))
    terrain = Terrain.from_raster(path, demo.park.frame, demo.park.bounds_m, 10.0)
    inside = terrain.ground_m(np.array([site.xy_m for site in demo.park.enterprises]))
    assert inside.min() > 4.0 and inside.max() < 6.0
    rows, columns = demo.elevation_m.shape
    assert demo.elevation_m[: rows // 8].mean() < -3.0 and demo.elevation_m[-rows // 8 :].max() > 30.0
    west, south, east, north = demo.park.bounds_m
    assert demo.west_m < west - 2000 and demo.north_m > north + 2000
    assert demo.west_m + columns * demo.cell_m > east + 2000


def test_the_place_is_on_the_coast_and_the_frame_fits() -> None:
    demo = demo_of("medium", 3)
    lonlat = from_frame(np.array([demo.park.boundary[0].xy_m]), demo.park.frame)[0]
    assert demo.park.frame.crs == "EPSG:4549"
    assert lonlat == pytest.approx((120.9, 32.5), abs=0.05)


def test_studies_name_what_exists(tmp_path: Path) -> None:
    from scenarios.study_file import read_study

    demo = demo_of("medium", 3)
    for name, text in demo_files(demo).items():
        if not name.startswith("studies/"):
            continue
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(text), encoding="utf-8")
        study = read_study(path)
        assert demo.park.tank(study.tank).fill_fraction > 0.4
        assert study.resource in {unit.id for unit in demo.park.resources}
    assert len([name for name in demo_files(demo) if name.startswith("studies/")]) == 3
    plan = tomllib.loads(str(demo_files(demo)["plans/chlorine_leak.toml"]))
    phases = {phase["id"] for phase in plan["phases"]}
    assert all(task["phase"] in phases for task in plan["tasks"])
    assert {t["resource"] for t in plan["tasks"] if "resource" in t} <= {u.id for u in demo.park.resources}


def write_flawed(folder: Path, demo: DemoPark, flawed: FlawedFolder) -> list[tuple[str, str, str, str]]:
    """What the checker finds in a folder with faults: code, file, layer, id; sorted."""
    write_park(flawed.park, folder, extra={**demo_files(demo), **flawed.files})
    return sorted((item.code, item.file, item.layer, item.id) for item in check_park(folder))


def test_all_planted_faults_are_found_and_nothing_else(tmp_path: Path) -> None:
    folder = write_demo(tmp_path / "flawed", seed=7, flaws=True)
    found = sorted((item.code, item.file, item.layer, item.id) for item in check_park(folder))
    assert found == planted(7)
    assert {code[0] for code, *_ in found} == set("FCVGRNTS")
    assert "Planted faults" in (folder / "README.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", [2])
def test_planted_faults_are_found_for_other_seeds(seed: int, tmp_path: Path) -> None:
    demo = demo_of("medium", seed)
    flawed = plant(demo)
    assert write_flawed(tmp_path / "flawed", demo, flawed) == list(flawed.planted)


@pytest.mark.parametrize("code", [*APART, *RASTER_FLAWS])
def test_faults_that_stand_alone_are_found(code: str, tmp_path: Path) -> None:
    demo = demo_of("tiny", 3)
    flawed = plant_alone(code, demo)
    assert [item[0] for item in flawed.planted] == [code]
    assert write_flawed(tmp_path / "flawed", demo, flawed) == list(flawed.planted)


def test_every_check_code_can_be_planted() -> None:
    together = {code for code, *_ in plant(demo_of("medium", 2)).planted}
    assert set(CODES) - together - set(APART) - set(RASTER_FLAWS) == {"F01"}


def test_a_folder_without_manifest_is_f01(tmp_path: Path) -> None:
    folder = write_demo(tmp_path / "park", size="tiny")
    (folder / "park.toml").unlink()
    assert [item.code for item in check_park(folder)] == ["F01"]


def test_a_tiny_park_with_faults_is_found_out(tmp_path: Path) -> None:
    demo = demo_of("tiny", 7)
    flawed = plant(demo)
    assert len({code for code, *_ in flawed.planted}) > 50
    assert write_flawed(tmp_path / "flawed", demo, flawed) == list(flawed.planted)


def test_what_is_there_is_replaced_only_when_asked_and_only_a_park(tmp_path: Path) -> None:
    folder = write_demo(tmp_path / "park", size="tiny", seed=1)
    before = folder_sha256(folder)
    with pytest.raises(InputProblems, match="--force"):
        write_demo(folder, size="tiny", seed=2)
    assert folder_sha256(folder) == before
    write_demo(folder, size="tiny", seed=2, force=True)
    assert folder_sha256(folder) != before
    (folder / "park.toml").unlink()
    held = folder_sha256(folder)
    with pytest.raises(InputProblems, match="no park"):
        write_demo(folder, size="tiny", seed=2, force=True)
    assert folder_sha256(folder) == held
    assert sorted(path.name for path in tmp_path.iterdir()) == ["park"]


def test_a_failed_replacement_leaves_the_old_park(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_demo(tmp_path / "park", size="tiny", seed=1)
    before = folder_sha256(folder)

    def fail(*_: object, **__: object) -> None:
        raise InputProblems([])

    monkeypatch.setattr("geodata.demo_park.folder.write_park", fail)
    with pytest.raises(InputProblems):
        write_demo(folder, size="tiny", seed=2, force=True)
    assert folder_sha256(folder) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["park"]


def test_unknown_sizes_and_seeds_are_refused() -> None:
    with pytest.raises(InputProblems, match="did you mean 'medium'"):
        generate("medum")
    with pytest.raises(InputProblems, match="seed is -1"):
        generate("tiny", -1)
