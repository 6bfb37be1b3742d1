# SPDX-License-Identifier: Apache-2.0
"""A small trame server that shows a tiny park, for the tests of the scene component: `scene_server.py PORT`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from aiohttp import web
from trame.app import get_server
from trame.ui.html import DivLayout

from geodata.demo_park import generate
from twin.fields import Grid
from viewer.layers.labels import Label, labels_layer
from viewer.layers.pack import static_pack
from viewer.layers.people import CREW_STATES, movers_layer
from viewer.layers.plume import plume_layer
from viewer.layers.routes import route_layer, wind_layer
from viewer.layers.sensors import SensorShown, sensor_layer
from viewer.scene import ParkScene, SceneChannel

PEOPLE = 200


def main(port: int) -> None:
    park = generate("tiny", 7).park
    west, south, east, north = park.bounds_m
    box = (west - 100, south - 100, east + 100, north + 100)
    server = get_server("scene-test")
    channel = SceneChannel(server)
    channel.show_all(static_pack(park).messages)
    channel.show(sensor_layer(park, {sensor.id: SensorShown(state="red") for sensor in park.sensors[::3]}))
    x_m, y_m = park.tanks[0].xy_m
    grid = Grid.covering(park.bounds_m, 10.0, margin_m=100.0)
    gx, gy = np.meshgrid(grid.x_m, grid.y_m)
    cloud = 1e-2 * np.exp(-(((gx - x_m - 40) / 60) ** 2) - ((gy - y_m) / 35) ** 2)
    levels = [("AEGL-2", 1e-4, (255, 209, 82)), ("AEGL-3", 2e-3, (255, 92, 48))]
    channel.show(plume_layer(grid, cloud, levels, source_m=(x_m, y_m)))
    channel.show(wind_layer((west + 60, north - 60), 3.0, 0.5))
    channel.show(
        route_layer(
            [(west + 20, south + 20), (east - 20, south + 20), (east - 20, north - 20)], layer_id="route"
        )
    )
    channel.show(
        labels_layer([Label(id="leak", text="泄漏源", x_m=x_m, y_m=y_m, style="source")], layer_id="events")
    )
    channel.show(movers_layer([f"P{k}" for k in range(PEOPLE)], box, size_m=3.0))
    channel.show(
        movers_layer(["engine 1"], box, layer_id="crew", primitive="engine", states=CREW_STATES, size_m=9.0)
    )
    chance = np.random.default_rng(1)
    at = chance.uniform((west, south), (east, north), (PEOPLE, 2))
    clock = {"t_s": 0.0}

    def step(count: int = 1) -> None:
        """The next key frames; people go 15 m east each."""
        for _ in range(int(count)):
            at[:, 0] = west + (at[:, 0] - west + 15.0) % (east - west)
            clock["t_s"] += 1.0
            channel.movers("people", at, None, np.zeros(PEOPLE, np.uint8), clock["t_s"])
        engine = np.array([[west + 40 + clock["t_s"], south + 20]])
        channel.movers("crew", engine, None, np.ones(1, np.uint8), clock["t_s"])

    step()
    server.trigger("step")(step)
    server.trigger("show")(lambda name, shown: channel.visible(name, shown))
    server.trigger("fly")(lambda view: channel.camera(view))
    server.trigger("accounts")(
        lambda: {"sent": channel.sent, "skipped": channel.skipped, "t_s": clock["t_s"]}
    )
    server.state.picked = None
    with DivLayout(server) as layout:
        layout.root.style = "position:absolute;inset:0;margin:0"
        ParkScene(pick="picked = $event", language=("language", "zh"))

    def bind(wslink_server: Any) -> None:
        async def answer(_: web.Request) -> web.Response:
            return web.json_response({"sessionURL": f"ws://127.0.0.1:{port}/ws"})

        wslink_server.app.router.add_post("/paraview/", answer)

    server.controller.on_server_bind.add(bind)
    server.start(port=port, host="127.0.0.1", open_browser=False, show_connection_info=False, timeout=0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
