# SPDX-License-Identifier: Apache-2.0
"""The channel to the page: what is sent, what waits, what a late page gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viewer import scene
from viewer.layers.labels import Label, labels_layer
from viewer.layers.people import movers_layer
from viewer.scene import SceneChannel


class Protocol:
    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    def publish(self, topic: str, frame: dict[str, Any]) -> None:
        assert topic == scene.TOPIC
        self.frames.append(frame)


class Server:
    """What a channel needs of a trame server."""

    def __init__(self) -> None:
        self.protocol = Protocol()
        self.modules: list[Any] = []
        self.configured: list[Any] = []

    def enable_module(self, module: Any) -> None:
        self.modules.append(module)

    def add_protocol_to_configure(self, configure: Any) -> None:
        self.configured.append(configure)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def channel(server: Server) -> SceneChannel:
    channel = SceneChannel(server)
    channel.show(movers_layer(["a", "b"], (0.0, 0.0, 100.0, 100.0)))
    channel.snapshot("page")
    return channel


def step(channel: SceneChannel, t_s: float) -> None:
    channel.movers("people", np.array([[t_s, 1.0], [2.0, 3.0]]), None, np.zeros(2, np.uint8), t_s)


def sent(server: Server, op: str) -> list[dict[str, Any]]:
    return [frame for frame in server.protocol.frames if frame["op"] == op]


def test_nothing_is_published_before_a_page_asked(server: Server) -> None:
    channel = SceneChannel(server)
    channel.show(labels_layer([]))
    channel.visible("labels", False)
    assert server.protocol.frames == []
    snapshot = channel.snapshot("page")
    assert [layer["id"] for layer in snapshot["layers"]] == ["labels"]
    assert snapshot["visible"] == {"labels": False}


def test_movers_stop_while_two_frames_are_open_and_only_the_latest_follows(
    channel: SceneChannel, server: Server
) -> None:
    for t_s in range(1, 10):
        step(channel, float(t_s))
    frames = sent(server, "movers")
    assert [frame["t"] for frame in frames] == [1.0, 2.0]
    channel.acknowledge("page", frames[-1]["seq"])
    assert [frame["t"] for frame in sent(server, "movers")] == [1.0, 2.0, 9.0]
    channel.acknowledge("page", sent(server, "movers")[-1]["seq"])
    assert len(sent(server, "movers")) == 3


def test_orders_are_never_held_back(channel: SceneChannel, server: Server) -> None:
    for t_s in range(1, 6):
        step(channel, float(t_s))
    channel.visible("people", False)
    channel.camera("top")
    channel.show(labels_layer([Label(id="x", text="x", x_m=0, y_m=0)]))
    assert len(sent(server, "visible")) == len(sent(server, "camera")) == len(sent(server, "show")) == 1
    sequence = [frame["seq"] for frame in server.protocol.frames]
    assert sequence == sorted(sequence)


def test_a_late_page_gets_the_latest_frame_even_if_it_was_held(channel: SceneChannel) -> None:
    for t_s in range(1, 10):
        step(channel, float(t_s))
    late = channel.snapshot("late")
    assert [frame["t"] for frame in late["movers"]] == [9.0]


def test_an_update_is_part_of_what_a_late_page_fetches(channel: SceneChannel, server: Server) -> None:
    channel.show(labels_layer([Label(id="x", text="x", x_m=0, y_m=0)]))
    before = channel.layer("labels")
    assert before is not None
    shared = before["layer"]
    channel.acknowledge("page", 10**6)
    channel.update("labels", texts=["y"])
    after = channel.layer("labels")
    assert after is not None
    assert after["layer"]["data"]["texts"] == ["y"]
    assert after["version"] > before["version"]
    assert shared["data"]["texts"] == ["x"]  # a static message is shared between sessions and must not change
    assert sent(server, "update")[-1]["data"] == {"texts": ["y"]}


def test_changes_that_waited_arrive_together(channel: SceneChannel, server: Server) -> None:
    channel.show(labels_layer([Label(id="x", text="x", x_m=0, y_m=0)]))
    step(channel, 1.0)  # two frames are open now
    channel.update("labels", texts=["y"])
    channel.update("labels", far=[5.0])
    assert sent(server, "update") == []
    channel.acknowledge("page", server.protocol.frames[-1]["seq"])
    last = sent(server, "show")[-1]["layer"]["data"]
    assert (last["texts"], last["far"]) == (["y"], [5.0])


def test_a_page_that_went_silent_does_not_hold_up_the_others(
    channel: SceneChannel, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.snapshot("other")
    step(channel, 1.0)
    step(channel, 2.0)
    now = scene.time.monotonic() + scene.SILENT_AFTER_S + 1
    monkeypatch.setattr(scene.time, "monotonic", lambda: now)
    channel.acknowledge("other", server.protocol.frames[-1]["seq"])
    step(channel, 3.0)
    assert sent(server, "movers")[-1]["t"] == 3.0


def test_a_removed_layer_is_gone_for_everyone(channel: SceneChannel, server: Server) -> None:
    step(channel, 1.0)
    channel.remove("people")
    channel.remove("people")
    assert len(sent(server, "remove")) == 1
    assert channel.snapshot("late")["movers"] == []
    assert channel.layer("people") is None


def test_movers_must_match_their_layer(channel: SceneChannel) -> None:
    with pytest.raises(ValueError, match="3 positions for 2 ids"):
        channel.movers("people", np.zeros((3, 2)), None, None, 0.0)


def test_the_component_is_served_from_one_committed_file(server: Server) -> None:
    SceneChannel(server)
    (module,) = server.modules
    (folder,) = module["serve"].values()
    script = scene.Path(folder) / "park_scene.js"
    text = script.read_text(encoding="utf-8")
    assert text.lstrip().startswith(('"use strict";var park_scene', "var park_scene"))
    assert "SPDX-License-Identifier: MIT" in text or "@license" in text
