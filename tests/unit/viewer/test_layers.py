# SPDX-License-Identifier: Apache-2.0
"""Layers are plain arrays that say what the park says."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import msgpack
import numpy as np
import pytest
import shapely
from PIL import Image
from shapely.geometry import LineString, Point, box

from geodata.demo_park import generate
from twin.assets import Boundary, Building, Bund, ProcessUnit, Road, Tank, Water
from twin.fields import Grid
from twin.frame import ParkFrame
from twin.park import Park
from viewer.layers.assets import ASSET_LAYERS, asset_layers
from viewer.layers.labels import Label, label_layer, labels_layer, name_in
from viewer.layers.message import SceneLayer, digest, plain
from viewer.layers.pack import static_pack
from viewer.layers.people import movers_layer, pack_movers, unpack_positions
from viewer.layers.plume import plume_layer
from viewer.layers.routes import lines_layer, route_layer, wind_layer
from viewer.layers.sensors import HOLLOW, LOOKS, SensorShown, sensor_layer, sensor_sites
from viewer.layers.terrain import Surface, ground_layer, near_box


class Slope:
    """Ground that rises a metre every 10 m to the north, from 100 m."""

    def ground_m(self, points: np.ndarray) -> np.ndarray:
        return 100.0 + points[:, 1] * 0.1


@pytest.fixture(scope="module")
def park() -> Park:
    return generate("tiny", 7).park


@pytest.fixture(scope="module")
def layers(park: Park) -> dict[str, SceneLayer]:
    return {layer.id: layer for layer in asset_layers(park)}


def small_park(**layers: object) -> Park:
    edge = Boundary(id="P", name="p", geometry=box(0, 0, 400, 300))
    frame = ParkFrame(crs="EPSG:4549", origin_m=(500000, 3500000))
    return Park(id="p", name="p", frame=frame, boundary=(edge,), surroundings_radius_m=800.0, **layers)  # type: ignore[arg-type]


# --- messages ---------------------------------------------------------------------------------------------------
def test_arrays_travel_as_little_endian_bytes_with_a_type() -> None:
    sent = plain(np.array([1, 2, 258], dtype=">u2").astype(np.uint16))
    assert sent == {"$": "u2", "b": b"\x01\x00\x02\x00\x02\x01"}
    assert plain({"a": (np.float32(0.5), np.int64(3)), "b": None}) == {"a": [0.5, 3], "b": None}
    with pytest.raises(ValueError, match="float64"):
        plain(np.zeros(3))


def test_every_static_layer_survives_msgpack(layers: dict[str, SceneLayer]) -> None:
    for layer in layers.values():
        message = layer.to_message()
        assert msgpack.unpackb(msgpack.packb(message)) == message


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        (
            "mesh",
            {"positions": np.zeros((2, 3), np.float32), "indices": np.array([[0, 1, 2]], np.uint32)},
            "beyond",
        ),
        ("mesh", {"positions": np.zeros((2, 3)), "indices": np.zeros((0, 3), np.uint32)}, "float32"),
        ("lines", {"points": np.full((2, 3), np.nan, np.float32)}, "finite"),
        ("lines", {"points": np.zeros((2, 2), np.float32)}, r"\[N, 3\]"),
        ("instances", {"positions": np.zeros((2, 3), np.float32), "rows": np.zeros(3, np.uint32)}, "lengths"),
        ("spheres", {}, "no kind"),
    ],
)
def test_a_layer_whose_arrays_do_not_fit_is_refused(kind: str, data: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SceneLayer(id="x", kind=kind, data=data)  # type: ignore[arg-type]


def test_rows_must_have_an_id() -> None:
    with pytest.raises(ValueError, match="rows reach 2"):
        SceneLayer(
            id="x",
            kind="lines",
            ids=("a", "b"),
            data={"points": np.zeros((0, 3), np.float32), "rows": np.array([2], np.uint32)},
        )


def test_a_digest_tells_contents_apart() -> None:
    one = SceneLayer(id="x", kind="lines", data={"points": np.zeros((2, 3), np.float32)}).to_message()
    same = SceneLayer(id="x", kind="lines", data={"points": np.zeros((2, 3), np.float32)}).to_message()
    other = SceneLayer(id="x", kind="lines", data={"points": np.ones((2, 3), np.float32)}).to_message()
    assert digest(one) == digest(same) != digest(other)


# --- assets -----------------------------------------------------------------------------------------------------
def test_every_kind_of_asset_has_its_layer_in_order(park: Park, layers: dict[str, SceneLayer]) -> None:
    assert tuple(layers) == ASSET_LAYERS
    for name in ("tanks", "buildings", "units", "racks", "bunds", "gates", "fences", "shelters"):
        assert layers[name].ids == tuple(asset.id for asset in park.layer(name)), name


def test_every_asset_is_drawn_by_something_that_can_be_picked(
    park: Park, layers: dict[str, SceneLayer]
) -> None:
    for name in ("tanks", "buildings", "units", "racks", "pipelines", "bunds", "hydrants", "receptors"):
        layer = layers[name]
        rows = [part.data["rows"] for part in layer.walk() if "rows" in part.data]
        assert set(np.concatenate(rows).tolist()) == set(range(len(layer.ids))), name


def test_a_tank_stands_where_and_as_large_as_the_park_says() -> None:
    tank = Tank(
        id="T",
        geometry=Point(200, 150),
        substance="7782-50-5",
        kind="fixed_roof",
        diameter_m=20.0,
        height_m=12.0,
        fill_fraction=0.25,
    )
    layer = next(layer for layer in asset_layers(small_park(tanks=(tank,)), Slope()) if layer.id == "tanks")
    (part,) = layer.parts
    ground = 0.1 * 150 - Surface.of(small_park(), Slope()).datum_m + 100.0
    assert part.data["primitive"] == "tank_cone"
    np.testing.assert_allclose(part.data["positions"], [[200, 150, ground]], atol=1e-4)
    np.testing.assert_allclose(part.data["scales"], [[20, 20, 12]])
    np.testing.assert_allclose(part.data["extra"], [0.25])


def test_a_sphere_stands_on_legs_above_the_ground() -> None:
    tank = Tank(
        id="S",
        geometry=Point(50, 50),
        substance="74-98-6",
        kind="sphere",
        diameter_m=16.0,
        height_m=16.0,
        base_m=3.0,
    )
    layer = next(layer for layer in asset_layers(small_park(tanks=(tank,))) if layer.id == "tanks")
    ball = next(part for part in layer.parts if part.data["primitive"] == "sphere")
    legs = next(part for part in layer.parts if part.data["primitive"] == "pipe")
    np.testing.assert_allclose(ball.data["positions"], [[50, 50, 11]])
    low = legs.data["positions"][:, 2] - legs.data["scales"][:, 0].astype(float) / 2
    np.testing.assert_allclose(low, 0.0, atol=0.01)
    np.testing.assert_allclose(np.hypot(*(legs.data["positions"][:, :2] - 50).T), 8.0, atol=1e-4)


def test_a_building_reaches_its_height_and_faces_outwards() -> None:
    shape = shapely.Polygon([(10, 10), (10, 40), (50, 40), (50, 10)])  # clockwise on purpose
    building = Building(id="B", geometry=shape, height_m=9.0, kind="office")
    layer = next(
        layer for layer in asset_layers(small_park(buildings=(building,))) if layer.id == "buildings"
    )
    mesh = next(part for part in layer.parts if part.kind == "mesh")
    positions, triangles = mesh.data["positions"], mesh.data["indices"]
    assert positions[:, 2].max() == pytest.approx(9.0)
    corners = positions[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    walls = np.abs(normals[:, 2]) < 1e-3
    outward = np.einsum("ij,ij->i", normals[walls][:, :2], corners[walls].mean(axis=1)[:, :2] - [30, 25])
    assert (outward > 0).all()
    assert (normals[~walls][:, 2] > 0).all()
    assert 0.5 * np.abs(normals[~walls][:, 2]).sum() == pytest.approx(shape.area)


def test_nothing_of_a_unit_leaves_its_outline_or_its_height(
    park: Park, layers: dict[str, SceneLayer]
) -> None:
    heights = np.array([unit.height_m for unit in park.units])
    outlines = np.array([unit.geometry.buffer(1.0) for unit in park.units])
    for part in layers["units"].parts:
        rows, at, size = part.data["rows"], part.data["positions"], part.data["scales"].astype(float)
        assert shapely.contains_xy(outlines[rows], at[:, 0], at[:, 1]).all(), part.id
        if part.data["primitive"] == "glow":
            continue
        stands = part.data["primitive"] in ("vessel", "stack", "roof")
        dome = 0.25 * size[:, 1] if part.data["primitive"] == "vessel" else 0.0
        level = np.abs(part.data["turns"].astype(float)[:, 1]) < 0.1
        top = at[:, 2] + np.where(stands, size[:, 2] + dome, np.where(level, size[:, 2] / 2, size[:, 0] / 2))
        assert (top <= heights[rows] + 0.35).all(), part.id


@pytest.mark.parametrize(
    "kind",
    [
        "column",
        "reaction",
        "separation",
        "cooling_tower",
        "compression",
        "furnace",
        "boiler",
        "stack",
        "treatment",
        "no such",
    ],
)
def test_every_kind_of_unit_is_drawn_to_its_full_height(kind: str) -> None:
    unit = ProcessUnit(id="U", geometry=box(100, 100, 130, 122), height_m=24.0, kind=kind)
    layer = next(layer for layer in asset_layers(small_park(units=(unit,))) if layer.id == "units")
    tops = []
    for part in layer.parts:
        size = part.data["scales"].astype(float)
        tops.append(float((part.data["positions"][:, 2] + size[:, 2]).max()))
    assert max(tops) > 0.9 * 24.0


def test_bund_walls_are_as_high_as_the_park_says() -> None:
    bund = Bund(id="D", geometry=box(50, 50, 90, 80), wall_height_m=1.8)
    layer = next(layer for layer in asset_layers(small_park(bunds=(bund,))) if layer.id == "bunds")
    assert layer.parts[0].data["positions"][:, 2].max() == pytest.approx(1.8)


def test_the_same_park_gives_the_same_bytes(park: Park) -> None:
    one, two = ([digest(layer.to_message()) for layer in asset_layers(park)] for _ in range(2))
    assert one == two


# --- ground -----------------------------------------------------------------------------------------------------
def test_the_ground_picture_shows_roads_north_up() -> None:
    road = Road(id="R", geometry=LineString([(0, 250), (400, 250)]), width_m=20.0)
    layer = ground_layer(small_park(roads=(road,)), long_side=512)
    picture = np.asarray(Image.open(io.BytesIO(layer.data["classes"])))[:, :, 0]
    west, south, east, north = near_box(small_park())

    def red(x: float, y: float) -> int:
        column = int((x - west) / (east - west) * picture.shape[1])
        return int(picture[int((north - y) / (north - south) * picture.shape[0]), column])

    assert red(200, 250) > 200
    assert red(200, 50) < 40  # its mirror image in the park
    assert red(200, 280) < 40


def test_a_building_shades_the_side_away_from_the_light() -> None:
    building = Building(id="B", geometry=box(180, 130, 220, 170), height_m=30.0, kind="office")
    layer = ground_layer(small_park(buildings=(building,)), long_side=1024)
    light = np.asarray(Image.open(io.BytesIO(layer.data["light"])))[:, :, 0].astype(int)
    west, south, east, north = near_box(small_park())

    def at(x: float, y: float) -> int:
        return int(
            light[
                int((north - y) / (north - south) * light.shape[0]),
                int((x - west) / (east - west) * light.shape[1]),
            ]
        )

    assert at(232, 140) < at(168, 160) - 40  # the light comes from the west-north-west


def test_heights_are_relative_to_the_parks_median_ground() -> None:
    layer = ground_layer(small_park(), Slope(), long_side=256)
    xs, ys, z = (layer.data[name] for name in ("xs", "ys", "z"))
    assert layer.data["datum_m"] == pytest.approx(115.0, abs=0.5)
    grid = z.reshape(len(ys), len(xs))
    np.testing.assert_allclose(
        grid, np.broadcast_to((100 + 0.1 * ys - layer.data["datum_m"])[:, None], grid.shape), atol=1e-3
    )
    assert (np.diff(xs) > 0).all() and (np.diff(ys) > 0).all()


def test_the_bed_of_a_sea_lies_below_its_level() -> None:
    sea = Water(id="SEA", geometry=box(-800, -800, 1200, -50))
    layer = ground_layer(small_park(water=(sea,)), Slope(), long_side=256)
    xs, ys, z = (layer.data[name] for name in ("xs", "ys", "z"))
    grid = z.reshape(len(ys), len(xs))
    wet = (ys > -790) & (ys < -60)
    surface = next(layer for layer in asset_layers(small_park(water=(sea,)), Slope()) if layer.id == "water")
    level = float(surface.parts[0].data["positions"][:, 2].max())
    assert (grid[wet][:, 1:-1] < level - 0.5).all()


def test_the_static_pack_is_made_once_and_labels_are_its_only_language(park: Park) -> None:
    zh, again, en = static_pack(park), static_pack(park), static_pack(park, None, "en")
    assert zh is again
    assert all(one is other for one, other in zip(zh.messages[:-1], en.messages[:-1], strict=True))
    assert zh.messages[-1] != en.messages[-1]


@pytest.mark.slow
def test_the_medium_park_is_packed_in_time_and_size() -> None:
    park = generate("medium", 7).park
    begin = time.process_time()
    pack = static_pack(park)
    spent_s = time.process_time() - begin
    assert pack.nbytes < 6.6e6
    assert spent_s < 5.0  # 1.5 s alone on a desktop core; shared test machines are slower


# --- sensors ----------------------------------------------------------------------------------------------------
def test_a_place_shows_its_worst_sensor_and_stale_is_hollow(park: Park) -> None:
    sites = sensor_sites(park)
    assert sorted(name for site in sites for name in site.ids) == sorted(sensor.id for sensor in park.sensors)
    shared = next(site for site in sites if len(site.ids) > 1)
    row = sites.index(shared)
    values = {name: SensorShown() for site in sites for name in site.ids}
    values[shared.ids[-1]] = SensorShown(state="red")
    data = sensor_layer(park, values).data
    assert tuple(data["colours"][row, :3]) == LOOKS["red"][0]
    assert data["pulses"][row] > 0 and data["shapes"][row] == LOOKS["red"][1]
    values[shared.ids[-1]] = SensorShown(state="red", stale=True)
    data = sensor_layer(park, values).data
    assert data["shapes"][row] == LOOKS["red"][1] + HOLLOW
    assert data["pulses"][row] == 0


def test_a_sensor_without_a_value_is_unknown_and_hollow(park: Park) -> None:
    data = sensor_layer(park, {}).data
    assert (data["shapes"] >= HOLLOW).all()
    assert (data["colours"][:, :3] == LOOKS["unknown"][0]).all()


def test_states_differ_in_colour_and_alarms_in_shape_too() -> None:
    assert len({colour for colour, _, _ in LOOKS.values()}) == len(LOOKS)
    assert len({LOOKS[state][1] for state in ("normal", "yellow", "orange", "red", "fault")}) == 5


# --- people -----------------------------------------------------------------------------------------------------
def test_ten_thousand_movers_fit_into_sixty_kilobytes() -> None:
    box_m = (-500.0, -500.0, 4000.0, 3300.0)
    chance = np.random.default_rng(3)
    positions = chance.uniform(box_m[:2], box_m[2:], (10_000, 2))
    frame = pack_movers(positions, chance.uniform(-720, 720, 10_000), chance.integers(0, 7, 10_000), box_m)
    assert sum(len(value) for value in frame.values() if isinstance(value, bytes)) == 60_000
    step = np.array([4500.0, 3800.0]) / 65535
    assert (np.abs(unpack_positions(frame, box_m) - positions) <= step * 0.51).all()


def test_headings_wrap_and_positions_outside_are_put_on_the_edge() -> None:
    frame = pack_movers(
        np.array([[-10.0, 50.0], [120.0, 50.0]]), np.array([-90.0, 359.9]), None, (0.0, 0.0, 100.0, 100.0)
    )
    assert list(frame["h"]) == [192, 0]
    np.testing.assert_allclose(unpack_positions(frame, (0.0, 0.0, 100.0, 100.0))[:, 0], [0.0, 100.0])


def test_a_movers_layer_needs_room() -> None:
    with pytest.raises(ValueError, match="empty"):
        movers_layer(["a"], (0.0, 0.0, 0.0, 10.0))


# --- plume ------------------------------------------------------------------------------------------------------
GRID = Grid(x0_m=5.0, y0_m=5.0, cell_m=10.0, nx=60, ny=40)
LEVELS = [("AEGL-3", 1e-4, (255, 60, 60)), ("AEGL-1", 1e-6, (120, 230, 130))]


def cloud() -> np.ndarray:
    x, y = np.meshgrid(GRID.x_m, GRID.y_m)
    return 1e-3 * np.exp(-(((x - 300) / 60) ** 2) - ((y - 200) / 30) ** 2)


def test_a_plume_is_cut_to_where_it_matters_and_keeps_its_values() -> None:
    values = cloud()
    data = plume_layer(GRID, values, LEVELS).data
    kept = data["log10"].astype(float).reshape(data["ny"], data["nx"])
    i = round((data["x0"] - GRID.x0_m) / GRID.cell_m)
    j = round((data["y0"] - GRID.y0_m) / GRID.cell_m)
    part = values[j : j + data["ny"], i : i + data["nx"]]
    over = part > 1e-7
    np.testing.assert_allclose(kept[over], np.log10(part[over]), atol=0.005)
    assert (values > 1e-7).sum() == over.sum()
    assert kept.size < values.size
    assert [level["name"] for level in data["levels"]] == ["AEGL-1", "AEGL-3"]


def test_an_empty_field_is_a_plume_with_nothing_in_it() -> None:
    data = plume_layer(GRID, np.zeros((40, 60)), LEVELS).data
    assert (data["log10"].astype(float) <= data["floor"] + 1e-3).all()


def test_sigma_z_without_a_given_one_is_briggs_class_d() -> None:
    data = plume_layer(GRID, np.full((40, 60), 1e-3), LEVELS, source_m=(5.0, 5.0)).data
    sigma = data["sigma"].astype(float).reshape(data["ny"], data["nx"])
    assert sigma[0, 50] == pytest.approx(0.06 * 500 / np.sqrt(1.75), rel=2e-3)  # 500 m downwind: 22.7 m
    assert sigma[0, 0] == 4.0


@pytest.mark.parametrize("levels", [[], [("zero", 0.0, (1, 2, 3))]])
def test_a_plume_needs_thresholds(levels: list[tuple[str, float, tuple[int, int, int]]]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        plume_layer(GRID, cloud(), levels)


# --- lines and labels -------------------------------------------------------------------------------------------
def test_a_route_follows_the_ground_in_short_steps() -> None:
    layer = route_layer([(0, 0), (100, 0), (100, 0), (100, 30)])
    points = layer.data["points"].astype(float)
    steps = np.hypot(*np.diff(points[:, :2], axis=0).T)
    assert steps.max() <= 20.001 and steps.min() > 0.5
    assert steps.sum() == pytest.approx(130.0)
    assert [100.0, 0.0] in points[:, :2].tolist()
    assert layer.drape


def test_several_lines_keep_their_ids_and_colours() -> None:
    layer = lines_layer(
        {"a": [(0, 0), (10, 0)], "b": [(0, 5), (50, 5)]},
        layer_id="x",
        colours={"a": (1, 2, 3), "b": (4, 5, 6)},
    )
    assert layer.ids == ("a", "b")
    assert layer.data["starts"].tolist()[0] == 0 and layer.data["starts"].tolist()[-1] == len(
        layer.data["points"]
    )
    assert layer.data["colours"][1].tolist() == [4, 5, 6, 255]


def test_the_wind_arrow_keeps_the_components_of_the_park_frame() -> None:
    data = wind_layer((10.0, 20.0), 3.0, -1.0).data
    assert (data["u_m_s"], data["v_m_s"]) == (3.0, -1.0)
    assert data["position"][:2] == [10.0, 20.0]


def test_names_are_shown_in_the_language_asked_for(park: Park) -> None:
    assert name_in("消防站 · Fire station", "en") == "Fire station"
    assert name_in("消防站 · Fire station", "zh") == "消防站"
    assert name_in("Tank 7", "zh") == "Tank 7"
    zh, en = (label_layer(park, language).data["texts"] for language in ("zh", "en"))
    assert len(zh) == len(en) and zh != en
    assert not any(" · " in text for text in (*zh, *en))


def test_urgent_labels_outrank_names() -> None:
    data = labels_layer(
        [
            Label(id="a", text="x", x_m=0, y_m=0, style="enterprise"),
            Label(id="b", text="y", x_m=0, y_m=0, style="source"),
        ]
    ).data
    assert data["priorities"][1] > data["priorities"][0]


def test_an_empty_park_has_all_layers_and_breaks_nothing() -> None:
    empty = replace(small_park(), boundary=())
    with pytest.raises(ValueError):
        _ = empty.bounds_m
    for layer in asset_layers(small_park()):
        msgpack.packb(layer.to_message())
