# SPDX-License-Identifier: Apache-2.0
"""Stills: shapes expand like the client's, a machine without a GL library gets a sentence, pictures show the layers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from geodata.demo_park import generate
from twin.errors import InputProblems
from twin.fields import Grid
from viewer import stills
from viewer.layers.pack import static_pack
from viewer.layers.plume import plume_layer
from viewer.layers.terrain import ground_layer
from viewer.still_ground import GroundHeights, near_colours
from viewer.still_labels import annotate
from viewer.still_shapes import expand, shape


def part(primitive: str, **changes: object) -> dict[str, object]:
    data: dict[str, object] = {
        "primitive": primitive,
        "positions": np.array([[10, 20, 5]], np.float32),
        "scales": np.array([[4, 2, 6]], np.float16),
        "turns": np.zeros((1, 2), np.float16),
        "colours": np.array([[1, 2, 3, 255]], np.uint8),
    }
    return {**data, **changes}


def test_every_primitive_that_layers_use_has_a_still_shape() -> None:
    used = {
        sub.data["primitive"]
        for layer in static_pack(generate("tiny", 7).park).layers
        for sub in layer.walk()
        if sub.kind == "instances"
    }
    for name in used - {"glow"}:
        vertices, caps, triangles = shape(name)
        assert vertices.shape == caps.shape
        assert triangles.max() < len(vertices), name


def test_a_box_is_scaled_turned_and_placed() -> None:
    points, triangles, colours = expand(part("box"))
    assert points.min(axis=0).tolist() == [8, 19, 2] and points.max(axis=0).tolist() == [12, 21, 8]
    assert len(triangles) == 12 and colours.tolist() == [[1, 2, 3]] * 24
    turned, _, _ = expand(part("box", turns=np.array([[np.pi / 2, 0]], np.float16)))
    np.testing.assert_allclose(np.ptp(turned, axis=0), [2, 4, 6], atol=0.01)
    raised, _, _ = expand(part("box", turns=np.array([[0, np.pi / 2]], np.float16)))
    np.testing.assert_allclose(np.ptp(raised, axis=0), [6, 2, 4], atol=0.01)


def test_the_dome_of_a_vessel_keeps_its_shape_whatever_the_length() -> None:
    for length in (4.0, 40.0):
        points, _, _ = expand(part("vessel", scales=np.array([[2, 2, length]], np.float16)))
        assert points[:, 2].max() == pytest.approx(5 + length + 0.25 * 2, abs=0.02)


def test_an_unknown_primitive_is_named() -> None:
    with pytest.raises(ValueError, match="teapot"):
        shape("teapot")


def test_heights_of_a_still_are_bilinear_between_nodes() -> None:
    park = generate("tiny", 7).park

    class Slope:
        def ground_m(self, points: np.ndarray) -> np.ndarray:
            return points[:, 0] * 0.02

    layer = ground_layer(park, Slope(), long_side=64)
    at = np.array([[100.0, 200.0], [333.0, 250.0]])
    np.testing.assert_allclose(GroundHeights(layer).z(at), at[:, 0] * 0.02 - layer.data["datum_m"], atol=2e-3)
    assert near_colours(layer.data).std() > 3


def test_labels_do_not_overlap_and_the_urgent_one_stays() -> None:
    plain, marked = Image.new("RGB", (300, 120)), Image.new("RGB", (300, 120))
    annotate(marked, [((150, 90, 0.5), "name", 10), ((155, 92, 0.5), "leak", 95)], "")
    colours = np.asarray(marked).reshape(-1, 3).astype(int)
    assert np.asarray(plain).max() == 0
    assert (colours[:, 0] > 120).any()
    urgent = ((colours - (162, 55, 15)).__abs__().sum(axis=1) < 60).sum()
    quiet = ((colours - (6, 19, 36)).__abs__().sum(axis=1) < 6).sum()
    assert urgent > 200 and quiet < 20


def test_a_machine_that_cannot_draw_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills.sys, "executable", "/bin/false")
    monkeypatch.setattr(stills, "_works", [])
    with pytest.raises(InputProblems, match="libegl1 libgl1-mesa-dri"):
        stills.still([], target_m=(0, 0), distance_m=100)


@pytest.mark.slow
def test_a_still_shows_the_park_and_its_plume() -> None:
    park = generate("tiny", 7).park
    layers = static_pack(park).layers
    west, south, east, north = park.bounds_m
    view = {"target_m": ((west + east) / 2, (south + north) / 2), "distance_m": 600.0, "size": (320, 200)}
    grid = Grid.covering(park.bounds_m, 10.0)
    x, y = np.meshgrid(grid.x_m, grid.y_m)
    cloud = np.exp(-(((x - view["target_m"][0]) / 70) ** 2) - ((y - view["target_m"][1]) / 40) ** 2)
    try:
        bare = stills.still(layers, **view)
    except InputProblems as error:
        pytest.skip(str(error))
    filled = stills.still([*layers, plume_layer(grid, cloud, [("AEGL-2", 0.1, (255, 209, 82))])], **view)
    one, two = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=int) for png in (bare, filled))
    assert one.shape == (200, 320, 3)
    assert one.std() > 15
    changed = np.abs(one - two).sum(axis=2) > 24
    assert 500 < changed.sum() < 40_000
    yellow = two[changed] - one[changed]
    assert yellow[:, 0].mean() > yellow[:, 2].mean() + 10
