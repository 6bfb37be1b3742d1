# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

from twin.errors import InputProblems
from twin.fields import FieldInfo, FieldStore, Grid, GriddedField
from twin.people_frames import PeopleAt, PeopleStore

INFO = FieldInfo(
    name="concentration",
    quantity="concentration",
    unit="kg/m3",
    averaging_time_s=60.0,
    height_m=1.5,
    model="test",
    caveats=("one",),
)


@pytest.fixture
def store(tmp_path: Path) -> FieldStore:
    grid = Grid.covering((0.0, 0.0, 95.0, 48.0), 10.0)
    made = FieldStore.create(tmp_path / "fields", grid, np.array([0.0, 30.0, 60.0]), "EPSG:4549", (1, 2))
    made.declare(INFO)
    return made


def test_grid_covers_and_samples_a_plane_exactly() -> None:
    grid = Grid.covering((-7.0, 3.0, 95.0, 48.0), 10.0)
    assert grid.x_m[0] - 5 <= -7.0 and grid.x_m[-1] + 5 >= 95.0
    assert grid.y_m[0] - 5 <= 3.0 and grid.y_m[-1] + 5 >= 48.0
    plane = 2 * grid.x_m[None, :] + 3 * grid.y_m[:, None]
    points = np.random.default_rng(0).uniform((5, 10), (90, 45), (200, 2))
    assert grid.sample(plane, points) == pytest.approx(2 * points[:, 0] + 3 * points[:, 1])
    assert grid.sample(plane, np.array([[1e4, 0.0], [0.0, -1e4]])).tolist() == [0.0, 0.0]


def test_stored_field_is_linear_in_time_and_zero_outside_it(store: FieldStore) -> None:
    shape = (store.grid.ny, store.grid.nx)
    for index, value in enumerate((1.0, 3.0, 3.0)):
        store.write("concentration", index, np.full(shape, value))
    field = GriddedField(store, "concentration")
    point = np.array([[50.0, 20.0, 1.5]])
    assert [float(field.at(point, t)[0]) for t in (-1.0, 0.0, 15.0, 60.0, 61.0)] == [0.0, 1.0, 2.0, 3.0, 0.0]


def test_meaning_survives_the_file(store: FieldStore, tmp_path: Path) -> None:
    again = FieldStore.open(tmp_path / "fields")
    assert again.info("concentration") == INFO
    assert again.grid == store.grid and again.fields() == ["concentration"]
    assert again.t_s.tolist() == [0.0, 30.0, 60.0]


def test_digest_is_of_the_bytes(store: FieldStore) -> None:
    shape = (store.grid.ny, store.grid.nx)
    first = store.write("concentration", 0, np.zeros(shape))
    changed = np.zeros(shape)
    changed[0, 0] = 1e-30
    assert store.write("concentration", 0, changed) != first
    assert store.write("concentration", 0, np.zeros(shape)) == first


def test_absent_fields_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputProblems):
        FieldStore.open(tmp_path / "nothing")


def test_people_frames_round_trip(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    frames = [
        PeopleAt(
            rng.random((7, 2)).astype(np.float32),
            rng.integers(0, 5, 7).astype(np.uint8),
            rng.random(7).astype(np.float32),
        )
        for _ in range(30)
    ]
    store = PeopleStore.create(tmp_path / "people", np.arange(30.0), 7, ("a", "b"), "ppm")
    digests = [store.append(frame) for frame in frames]
    store.flush()
    again = PeopleStore.open(tmp_path / "people")
    assert again.states == ("a", "b") and len(again.t_s) == 30
    assert [frame.sha256 for frame in again.read_many(0, 30)] == digests
    assert (again.read(17).xy_m == frames[17].xy_m).all()
