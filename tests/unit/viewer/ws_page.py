# SPDX-License-Identifier: Apache-2.0
"""A page without a browser: speaks to the viewer's socket as the client library does, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from typing import Any

import aiohttp
import msgpack


class WsPage:
    """One connection. Use inside an event loop: `async with WsPage(url) as page`."""

    def __init__(self, url: str, secret: str | None = None) -> None:
        self.url = url
        self.secret = secret
        self.state: dict[str, Any] = {}
        self.frames: list[dict[str, Any]] = []
        self.acknowledge = True
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._parts: dict[int, bytearray] = {}

    async def __aenter__(self) -> WsPage:
        self._session = aiohttp.ClientSession()
        async with self._session.post(f"{self.url}paraview/") as answer:
            told = await answer.json()
        self.socket = await self._session.ws_connect(told["sessionURL"], max_msg_size=0)
        self._reader = asyncio.create_task(self._read())
        hello = await self.call(
            "wslink.hello", {"secret": self.secret or told["secret"]}, number="system:c0:0"
        )
        self.refused = "code" in hello
        if not self.refused:
            snapshot = (await self.call("trame.state.get"))["state"]
            # changes that came together with the snapshot's answer have been read already and are newer
            self.state = {**snapshot, **self.state}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._session.close()

    async def call(self, method: str, *arguments: Any, number: str = "") -> Any:
        number = number or f"rpc:c0:{next(self._numbers)}"
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._send(
            {"wslink": "1.0", "id": number, "method": method, "args": list(arguments), "kwargs": {}}
        )
        return await asyncio.wait_for(future, 20)

    async def trigger(self, name: str, *arguments: Any) -> Any:
        """What a click in the template does."""
        return await self.call("trame.trigger", name, list(arguments), {})

    async def set(self, **values: Any) -> None:
        """What a bound field in the template does."""
        self.state.update(values)
        await self.call("trame.state.update", [{"key": key, "value": value} for key, value in values.items()])

    async def load_scene(self) -> list[str]:
        """Fetch the snapshot and all layers, as the scene component does; returns their ids."""
        snapshot = await self.call("twin.scene.snapshot", "test")
        for layer in snapshot["layers"]:
            await self.call("twin.scene.layer", layer["id"])
        return [layer["id"] for layer in snapshot["layers"]]

    async def until(self, condition: Any, seconds: float = 40.0) -> None:
        """Wait until the page's state satisfies a condition."""
        async with asyncio.timeout(seconds):
            while not condition(self.state):
                await asyncio.sleep(0.02)

    def movers(self, track: str = "people") -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["op"] == "movers" and frame["track"] == track]

    async def get(self, path: str) -> Any:
        async with self._session.get(f"{self.url}{path}") as answer:
            return json.loads(await answer.text())

    async def _send(self, message: dict[str, Any]) -> None:
        body = msgpack.packb(message)
        header = os.urandom(4) + (0).to_bytes(4, "little") + len(body).to_bytes(4, "little")
        await self.socket.send_bytes(header + body)

    async def _read(self) -> None:
        async for message in self.socket:
            data = message.data
            number, size = int.from_bytes(data[:4], "little"), int.from_bytes(data[8:12], "little")
            part = self._parts.setdefault(number, bytearray())
            part += data[12:]
            if len(part) < size:
                continue
            content = msgpack.unpackb(bytes(self._parts.pop(number)))
            name = content["id"]
            if name in self._waiting:
                self._waiting.pop(name).set_result(content.get("result", content.get("error")))
            elif name.startswith("publish:trame.state.topic"):
                self.state.update(content["result"])
            elif name.startswith("publish:twin.scene"):
                self.frames.append(content["result"])
                if self.acknowledge:
                    asyncio.ensure_future(self.call("twin.scene.ack", "test", content["result"]["seq"]))
