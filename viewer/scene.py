# SPDX-License-Identifier: Apache-2.0
"""The park scene in the browser: the widget, and the channel that feeds it with layer messages.

One `SceneChannel` per trame server (one per connection). It remembers what the page shows, so that a page which joins late
gets a snapshot: the client subscribes first, then asks, then drops frames older than the snapshot's `seq`. Publishing has
no back-pressure of its own, so the client acknowledges every frame and the channel holds frames that may be dropped while
more than two are open; only the latest of each is sent afterwards. Call everything here on the server's event loop.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from trame_client.widgets.core import AbstractElement  # type: ignore[import-untyped]
from wslink import register as export_rpc  # type: ignore[import-untyped]
from wslink.websocket import LinkProtocol  # type: ignore[import-untyped]

from viewer.layers.message import SceneLayer, plain
from viewer.layers.people import pack_movers

TOPIC = "twin.scene"
MAX_OPEN = 2
"""Frames that may be on their way before droppable ones are held back."""
SILENT_AFTER_S = 10.0
"""A page that has not acknowledged for so long no longer holds the others up."""
_DIST = Path(__file__).resolve().parent / "client" / "dist"
_MODULE: dict[str, Any] = {
    "serve": {"__park_scene": str(_DIST)},
    "scripts": ["__park_scene/park_scene.js"],
    "vue_use": ["park_scene"],
}


def enable_scene(server: Any) -> None:
    """Let a trame server serve the scene component. Call before the server starts; twice does no harm."""
    server.enable_module(_MODULE)


class ParkScene(AbstractElement):  # type: ignore[misc]
    """The scene as a widget; it fills its parent.

    Properties: `insets` [top, right, bottom, left] in pixels covered by panels (the compass, labels and the centre of the
    view keep clear of them), `language` 'zh' or 'en', `quality` 'auto', 'low' or 'high'.
    Events: `pick` {layer, id, kind: 'click'|'hover', point: [x, y, z] or null, screen: [x, y]} (layer and id are '' over
    nothing), `moved` {target, distance_m, azimuth_deg, elevation_deg} after the camera came to rest, `status`
    {ready, layers, problem}. Bind with `pick=(handler, "[$event]")`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("park-scene", **kwargs)
        self._attr_names += ["insets", "language", "quality"]
        self._event_names += ["pick", "moved", "status"]
        enable_scene(self.server)


class _SceneProtocol(LinkProtocol):  # type: ignore[misc]
    """Calls that the page makes."""

    def __init__(self, channel: SceneChannel) -> None:
        super().__init__()
        self._channel = channel

    @export_rpc("twin.scene.snapshot")  # type: ignore[untyped-decorator]
    def snapshot(self, client: str) -> dict[str, Any]:
        return self._channel.snapshot(client)

    @export_rpc("twin.scene.layer")  # type: ignore[untyped-decorator]
    def layer(self, layer_id: str) -> dict[str, Any] | None:
        return self._channel.layer(layer_id)

    @export_rpc("twin.scene.ack")  # type: ignore[untyped-decorator]
    def ack(self, client: str, seq: int) -> None:
        self._channel.acknowledge(client, seq)


class SceneChannel:
    """What one page (or a wall of pages that share a server) shows, and the frames that change it."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._layers: dict[str, dict[str, Any]] = {}
        self._versions: dict[str, int] = {}
        self._visible: dict[str, bool] = {}
        self._opacity: dict[str, float] = {}
        self._movers: dict[str, dict[str, Any]] = {}
        self._camera: dict[str, Any] | None = None
        self._selected: list[str] = []
        self._seq = 0
        self._clients: dict[str, tuple[int, float]] = {}
        self._held: dict[tuple[str, str], None] = {}
        self.sent = 0
        self.skipped = 0
        enable_scene(server)
        server.add_protocol_to_configure(lambda protocol: protocol.registerLinkProtocol(_SceneProtocol(self)))

    # --- what the application calls --------------------------------------------------------------------------------
    def show(self, layer: SceneLayer | Mapping[str, Any], *, droppable: bool = False) -> None:
        """Add a layer or replace the one of the same id. `droppable`: a newer one may take its place unsent."""
        message = layer.to_message() if isinstance(layer, SceneLayer) else dict(layer)
        name = message["id"]
        self._layers[name] = message
        self._versions[name] = self._seq + 1
        self._movers.pop(name, None)
        self._push("show", name, droppable)

    def show_all(self, layers: Iterable[SceneLayer | Mapping[str, Any]]) -> None:
        """Add several layers, first ones drawn first; messages made beforehand are shared between sessions."""
        for layer in layers:
            self.show(layer)

    def update(self, layer_id: str, *, droppable: bool = True, **data: Any) -> None:
        """Replace some arrays or values of a layer (colours, positions ...) without sending the rest."""
        message = self._layers[layer_id]
        changed = {name: plain(value) for name, value in data.items()}
        self._layers[layer_id] = {**message, "data": {**message["data"], **changed}}
        self._versions[layer_id] = self._seq + 1
        if ("show", layer_id) in self._held or (droppable and self._open() >= MAX_OPEN):
            # what is held back is the whole layer: it contains this change and those before it
            self._push("show", layer_id, droppable)
        else:
            self._publish({"op": "update", "id": layer_id, "data": changed})

    def remove(self, layer_id: str) -> None:
        """Take a layer away; nothing happens when there is none."""
        if self._layers.pop(layer_id, None) is not None:
            self._movers.pop(layer_id, None)
            self._versions.pop(layer_id, None)
            for kind in ("show", "movers"):
                self._held.pop((kind, layer_id), None)
            self._publish({"op": "remove", "id": layer_id})

    def visible(self, layer_id: str, shown: bool) -> None:
        """Show or hide a layer; remembered also for a layer that comes later."""
        self._visible[layer_id] = bool(shown)
        self._publish({"op": "visible", "id": layer_id, "visible": bool(shown)})

    def opacity(self, layer_id: str, fraction: float) -> None:
        """Opacity of a layer, 0-1."""
        self._opacity[layer_id] = min(max(float(fraction), 0.0), 1.0)
        self._publish({"op": "opacity", "id": layer_id, "opacity": self._opacity[layer_id]})

    def camera(self, view: str | Mapping[str, Any]) -> None:
        """Fly somewhere.

        A preset ('overview', 'top', 'north', 'south', 'east', 'west'), or any of target [x, y(, z)], id (of anything that
        can be picked), distance_m, azimuth_deg (direction looked at, clockwise from grid north), elevation_deg, seconds.
        """
        self._camera = (
            {"preset": view} if isinstance(view, str) else {str(k): plain(v) for k, v in view.items()}
        )
        self._publish({"op": "camera", "view": self._camera})

    def select(self, ids: Iterable[str]) -> None:
        """Mark things as selected; an empty list clears the mark."""
        self._selected = list(ids)
        self._publish({"op": "select", "ids": self._selected})

    def movers(
        self,
        track: str,
        positions_m: NDArray[Any],
        headings_deg: NDArray[Any] | None,
        states: NDArray[np.uint8] | None,
        t_s: float,
    ) -> None:
        """New key frame of a movers layer; the client interpolates from the last to this one.

        Rows are those of the layer's ids. Times are the world's (`t_s`): a step back or a long leap snaps.
        Shapes: positions_m [N, 2], headings_deg [N] (clockwise from grid north), states [N] -> nothing.
        Raises: KeyError when the layer has not been shown, ValueError when N is not the number of its ids.
        """
        layer = self._layers[track]
        if len(positions_m) != len(layer["ids"]):
            raise ValueError(f"movers {track}: {len(positions_m)} positions for {len(layer['ids'])} ids")
        self._movers[track] = {
            "track": track,
            "t": float(t_s),
            **pack_movers(positions_m, headings_deg, states, tuple(layer["data"]["box"])),
        }
        self._push("movers", track, True)

    def clear(self) -> None:
        """Take every layer away."""
        for name in list(self._layers):
            self.remove(name)

    @property
    def layers(self) -> tuple[str, ...]:
        """Ids of what is shown, in drawing order."""
        return tuple(self._layers)

    # --- what the page calls ---------------------------------------------------------------------------------------
    def snapshot(self, client: str) -> dict[str, Any]:
        """Everything but the bodies of the layers, which the page fetches one by one."""
        self._clients[client] = (self._seq, time.monotonic())
        return {
            "seq": self._seq,
            "layers": [{"id": name, "version": self._versions[name]} for name in self._layers],
            "visible": dict(self._visible),
            "opacity": dict(self._opacity),
            "movers": list(self._movers.values()),
            "camera": self._camera,
            "selected": list(self._selected),
        }

    def layer(self, layer_id: str) -> dict[str, Any] | None:
        """One layer's message and version, or None when it is gone."""
        message = self._layers.get(layer_id)
        return None if message is None else {"version": self._versions[layer_id], "layer": message}

    def acknowledge(self, client: str, seq: int) -> None:
        """The page has drawn frame `seq`; send what was held back for it."""
        self._clients[client] = (int(seq), time.monotonic())
        while self._held and self._open() < MAX_OPEN:
            kind, name = next(iter(self._held))
            del self._held[kind, name]
            self._send(kind, name)

    # --- inside ------------------------------------------------------------------------------------------------------
    def _open(self) -> int:
        """Frames published and not yet acknowledged by the slowest page that is still answering."""
        now = time.monotonic()
        for client, (seq, seen) in list(self._clients.items()):
            if seq < self._seq and now - seen > SILENT_AFTER_S:
                del self._clients[client]
        if not self._clients:
            return MAX_OPEN
        return self._seq - min(seq for seq, _ in self._clients.values())

    def _push(self, kind: str, name: str, droppable: bool) -> None:
        if droppable and self._open() >= MAX_OPEN:
            self._held.setdefault((kind, name))
            self.skipped += 1
            return
        self._held.pop((kind, name), None)
        self._send(kind, name)

    def _send(self, kind: str, name: str) -> None:
        if kind == "movers":
            self._publish({"op": "movers", **self._movers[name]})
        else:
            self._publish({"op": "show", "version": self._versions[name], "layer": self._layers[name]})

    def _publish(self, frame: dict[str, Any]) -> None:
        self._seq += 1
        protocol = self._server.protocol
        if protocol is None or not self._clients:
            return
        self.sent += 1
        protocol.publish(TOPIC, {**frame, "seq": self._seq})
