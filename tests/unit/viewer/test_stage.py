# SPDX-License-Identifier: Apache-2.0
"""What is put on the scene, and that nothing is sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_run import START_S

from twin.events import WindObserved
from twin.park import Park
from viewer.layers.labels import Label
from viewer.layers.people import PEOPLE_STATES, unpack_positions
from viewer.layers.sensors import SensorShown, sensor_sites
from viewer.playback import Cursor, RunReader
from viewer.run_view import plume_thresholds, ppm_per_kg_m3
from viewer.scene import SceneChannel
from viewer.stage import GROUPS, Stage, plume_message


class Server:
    """As much of a trame server as the channel needs; remembers what was published."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.protocol = self

    def publish(self, topic: str, frame: dict[str, Any]) -> None:
        self.sent.append(frame)

    def enable_module(self, module: Mapping[str, Any]) -> None: ...

    def add_protocol_to_configure(self, configure: Any) -> None: ...


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def stage(server: Server, tiny_park: Park) -> Stage:
    channel = SceneChannel(server)
    channel.snapshot("client")
    publish = channel._publish

    def acknowledged(frame: dict[str, Any]) -> None:
        publish(frame)
        channel.acknowledge("client", channel._seq)

    channel._publish = acknowledged  # type: ignore[method-assign]
    return Stage(channel, tiny_park)


@pytest.fixture(scope="module")
def reader(run_folder: Path) -> RunReader:
    return RunReader(run_folder)


def test_every_group_names_layers_that_exist(stage: Stage, tiny_park: Park, reader: RunReader) -> None:
    from viewer.layers.pack import static_pack

    there = {layer.id for layer in static_pack(tiny_park).layers}
    there |= {"sensors", "wind", "people", "crews", "routes", "plume", "run_labels"}
    for group, layers in GROUPS.items():
        assert set(layers) <= there, group
    always = {"ground"}
    assert there - {layer for layers in GROUPS.values() for layer in layers} == always


def test_sensors_are_sent_once_then_only_their_colours(stage: Stage, server: Server, tiny_park: Park) -> None:
    sites = sensor_sites(tiny_park)
    name = sites[0].ids[0]
    stage.sensors(sites, {}, ())
    stage.sensors(sites, {}, ())
    assert [frame["op"] for frame in server.sent] == ["show"]
    stage.sensors(sites, {name: SensorShown(state="red")}, ())
    stage.sensors(sites, {name: SensorShown(state="red")}, ())
    assert [frame["op"] for frame in server.sent] == ["show", "update"]
    assert set(server.sent[1]["data"]) == {"colours", "shapes", "pulses"}


def test_wind_arrow_moves_only_with_the_wind(stage: Stage, server: Server) -> None:
    def wind(speed: float) -> WindObserved:
        return WindObserved(t_s=0.0, mast="", speed_m_s=speed, from_deg=270.0, averaging_s=600.0)

    stage.wind(None)
    for speed in (3.0, 3.0, 3.01, 4.0):
        stage.wind(wind(speed))
    assert len(server.sent) == 2
    arrow = server.sent[-1]["layer"]["data"]
    assert arrow["u_m_s"] == pytest.approx(4.0, abs=0.05), "a west wind blows east"


def test_people_keep_their_rows_and_their_states(stage: Stage, server: Server, reader: RunReader) -> None:
    stage.open_run(reader)
    frame = Cursor(reader).frame(START_S + 125.0)
    stage.people(frame.people, frame.t_s)
    layer = next(f["layer"] for f in server.sent if f["op"] == "show" and f["layer"]["id"] == "people")
    key = [f for f in server.sent if f["op"] == "movers" and f["track"] == "people"][-1]
    placed = unpack_positions(key, layer["data"]["box"])
    assert frame.people is not None
    inside = frame.people.xy_m[:50].astype(np.float64)
    assert np.abs(placed[:50] - inside).max() < 0.2
    names = [name for name, _ in PEOPLE_STATES]
    assert {names[code] for code in key["s"]} == {"moving"}
    assert layer["ids"][2] == "person-3"


def test_crews_wait_at_home_then_drive_and_the_route_is_drawn_once(
    stage: Stage, server: Server, reader: RunReader
) -> None:
    stage.open_run(reader)
    cursor = Cursor(reader)
    for t in (10.0, 150.0, 160.0, 250.0):
        frame = cursor.frame(START_S + t)
        routes = {n: c.route for n, c in frame.state.responders.crews.items() if c.route is not None}
        stage.crews(frame.crews, routes, frame.t_s)
    shown = [f["layer"]["id"] for f in server.sent if f["op"] == "show"]
    assert shown.count("routes") == 1
    states = [f["s"][0] for f in server.sent if f["op"] == "movers" and f["track"] == "crews"]
    assert states == [0, 1, 1, 2], "waiting, driving, driving, working"


def test_cloud_appears_where_it_matters_only(reader: RunReader) -> None:
    thresholds = plume_thresholds(reader, ppm_per_kg_m3(reader))
    plume = reader.plume_at(START_S + 100.0)
    message = plume_message(plume, thresholds, (0.0, 0.0))
    assert message is not None and [level["name"] for level in message["data"]["levels"]] == [
        "AEGL-1",
        "AEGL-2",
        "AEGL-3",
    ]
    assert plume_message(plume, [], None) is None and plume_message(None, thresholds, None) is None
    faint = [(name, 1e6, colour) for name, _, colour in thresholds]
    assert plume_message(plume, faint, None) is None


def test_closing_a_run_takes_everything_of_it_away(stage: Stage, server: Server, reader: RunReader) -> None:
    stage.open_run(reader)
    thresholds = plume_thresholds(reader, ppm_per_kg_m3(reader))
    stage.plume(plume_message(reader.plume_at(START_S + 100.0), thresholds, None))
    stage.run_labels([Label(id="s", text="x", x_m=0.0, y_m=0.0, style="source")])
    assert {"people", "crews", "plume", "run_labels"} <= set(stage.channel.layers)
    stage.close_run()
    assert not {"people", "crews", "plume", "run_labels", "routes"} & set(stage.channel.layers)
    before = len(server.sent)
    stage.people(Cursor(reader).frame(START_S).people, START_S)
    assert len(server.sent) == before, "no key frames without a track"


def test_a_switch_hides_all_layers_of_its_group(stage: Stage, server: Server) -> None:
    assert stage.switch("crews") is False
    assert [(f["id"], f["visible"]) for f in server.sent] == [("crews", False), ("routes", False)]
    assert stage.switch("crews") is True
