# SPDX-License-Identifier: Apache-2.0
"""The viewer's process: one aiohttp server, one page object per connection, everything from this machine.

The page asks POST /paraview/ where its socket is and gets the key of this process with it; without the key the socket answers
nothing. Static files come from the installed packages. SIGTERM and SIGINT close pages first, then the server.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import gc
import logging
import os
import secrets
import signal
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from twin.errors import InputProblems, problem
from twin.park import Park
from viewer.hub import Hub, Purpose
from viewer.live_feed import LiveFeed
from viewer.playback import RunReader

LOG = logging.getLogger("parktwin.viewer")
Ready = Callable[[dict[str, Any]], None]
HEARTBEAT_S = 30.0
MAX_MESSAGE = 16 * 1024 * 1024
TERRAIN_MARGINS_M = (4000.0, 2400.0, 1500.0, 900.0, 500.0, 250.0)
TERRAIN_CELL_M = 25.0


def serve(
    park_folder: Path,
    *,
    store: Path | None = None,
    run: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8080,
    ready: Ready | None = None,
    speed: float = 5.0,
    recorded: bool = False,
    runs_folder: Path | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Serve pages until SIGTERM (or `stop`): a live park (`store`), a run (`run`), or the park alone.

    `recorded` plays a store from its beginning instead of following it. `ready` is told {"url", "host", "port"} once the
    server answers; port 0 takes a free one.
    Raises: InputProblems for a park, store or run that cannot be read, and for a port that is taken.
    """
    from geodata.load import load_park
    from twin.store import Store

    _check_port(host, port)
    park = load_park(park_folder)
    reader = RunReader(run) if run is not None else None
    opened = Store.open(store, create=False) if store is not None else None
    try:
        hub = Hub(
            park,
            purpose=_purpose(store, run, recorded),
            terrain=_terrain(park),
            feed=LiveFeed(opened) if opened is not None else None,
            run=reader,
            runs_folder=runs_folder or (store.parent / "runs" if store is not None else None),
            speed=speed,
        )
        for language in ("zh", "en"):
            hub.static_messages(language)
        asyncio.run(_serve(hub, host, port, ready, stop))
    finally:
        if opened is not None:
            opened.close()


def _purpose(store: Path | None, run: Path | None, recorded: bool) -> Purpose:
    if store is not None:
        return "store" if recorded else "live"
    return "run" if run is not None else "park"


def _terrain(park: Park) -> Any:
    """The ground of the park's elevation raster, as far around the park as the raster reaches; None = flat.

    Raises: InputProblems when the raster does not even cover the park.
    """
    if park.dem is None:
        return None
    from geodata.terrain import Terrain

    west, south, east, north = park.bounds_m
    for margin in (*(m for m in TERRAIN_MARGINS_M if m < park.surroundings_radius_m), 0.0):
        try:
            bounds = (west - margin, south - margin, east + margin, north + margin)
            return Terrain.from_raster(park.dem, park.frame, bounds, TERRAIN_CELL_M)
        except InputProblems:
            if margin == 0.0:
                raise
    return None


def _check_port(host: str, port: int) -> None:
    """Refuse a taken port before the slow work begins."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _port_problem(error, host, port) from None


def _port_problem(error: OSError, host: str, port: int) -> InputProblems:
    if error.errno == errno.EADDRINUSE:
        return problem(
            f"port {port} of {host} is taken by another program",
            "Stop that program or choose another port with --port.",
            field="--port",
        )
    if error.errno == errno.EACCES:
        return problem(
            f"port {port} may not be opened", "Choose a port above 1023 with --port.", field="--port"
        )
    return problem(
        f"{host}:{port} cannot be opened ({os.strerror(error.errno or 0)})",
        "Name an address of this machine with --host.",
        field="--host",
    )


async def _serve(hub: Hub, host: str, port: int, ready: Ready | None, stop: threading.Event | None) -> None:
    from aiohttp import web

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # not in the main thread (a test): `stop` ends the server instead
        with suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    # trame reads its options from here instead of from our own command line
    os.environ["TRAME_ARGS"] = "--server"
    os.environ["WSLINK_READY_MSG"] = ""
    pages = Pages(hub, secrets.token_urlsafe(32))
    runner = web.AppRunner(pages.application(), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    tasks = [asyncio.create_task(hub.watchdog.run(), name="watchdog")]
    if hub.feed is not None:
        tasks.append(asyncio.create_task(hub.feed.run(), name="live feed"))
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise _port_problem(error, host, port) from None
        bound = runner.addresses[0][1]
        # what stands now stands for good: the collector need not walk through it while pages play
        gc.collect()
        gc.freeze()
        hub.watchdog.reset()
        if ready is not None:
            ready({"url": f"http://{host}:{bound}/", "host": host, "port": bound})
        while not ended.is_set() and not (stop is not None and stop.is_set()):
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), 0.25 if stop is not None else 3600.0)
    finally:
        await pages.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        gc.unfreeze()


class Pages:
    """All open pages, and the routes that lead to them."""

    def __init__(self, hub: Hub, secret: str) -> None:
        self.hub = hub
        self._secret = secret
        self._sockets: set[Any] = set()

    def application(self) -> Any:
        """The aiohttp application: page, socket, API and the static files of the packages."""
        from aiohttp import web

        from viewer.api.routes import add_routes

        application = web.Application(middlewares=[_headers])
        template = self._page("__www__")
        from trame_client import module  # type: ignore[import-untyped]

        template.server.enable_module(module)
        router = application.router
        router.add_get("/", self._root)
        router.add_get(
            "/index.html", functools.partial(_index, Path(template.server._www), self.hub.park.name)
        )
        router.add_get("/loading.tpl", _loading)
        router.add_get("/logo.png", _icon)
        router.add_get("/ws", self._socket)
        router.add_post("/paraview/", self._session)
        add_routes(router, self.hub)
        for route in sorted(template.server.serve, reverse=True):
            folder = template.server.serve[route]
            router.add_static(f"/{route}", folder[0] if isinstance(folder, list | tuple) else folder)
        router.add_static("/", template.server._www)
        _forget("__www__")
        return application

    def _page(self, name: str) -> Any:
        from viewer.app import Page

        return Page(name, self.hub)

    async def _root(self, request: Any) -> Any:
        from aiohttp import web

        query = f"?{request.query_string}" if request.query_string else ""
        raise web.HTTPFound(f"index.html{query}")

    async def _session(self, request: Any) -> Any:
        """Where the page's socket is, and the key to it; a page of another origin cannot read this answer."""
        from aiohttp import web

        secure = request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
        url = f"{'wss' if secure else 'ws'}://{request.host}/ws"
        return web.json_response({"sessionURL": url, "secret": self._secret})

    async def _socket(self, request: Any) -> Any:
        """One connection: its own page from beginning to end."""
        from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

        # deflating megabytes of meshes would hold up every page; people on a slow line have a proxy for that
        network = web.WebSocketResponse(max_msg_size=MAX_MESSAGE, heartbeat=HEARTBEAT_S, compress=False)
        await network.prepare(request)
        name = uuid.uuid4().hex
        page = self._page(name)
        task = page.server.start(
            backend="generic",
            exec_mode="task",
            show_connection_info=False,
            open_browser=False,
            disable_logging=True,
        )
        # the key of this process instead of the one that everybody knows
        page.server.protocol.updateSecret(self._secret)
        await page.server.ready

        async def send(binary: bool, content: Any) -> None:
            if network.closed:
                return
            with suppress(ClientConnectionResetError, ConnectionResetError):
                await (network.send_bytes(content) if binary else network.send_str(content))

        connection = None
        self._sockets.add(network)
        self.hub.pages += 1
        self.hub.pages_ever += 1
        try:
            connection = await page.server._server.ws.connect()
            connection.on_message(send)
            page.start()
            async for message in network:
                if message.type != WSMsgType.BINARY:
                    continue
                try:
                    await connection.send(True, message)
                except (ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
                    # bytes that are none of the page's: somebody else knocks
                    LOG.warning(
                        "a socket was closed: it sent no message of a page (%s)", type(error).__name__
                    )
                    await network.close(code=WSCloseCode.UNSUPPORTED_DATA)
        finally:
            self.hub.pages -= 1
            self._sockets.discard(network)
            await page.close()
            if connection is not None:
                await connection.close()
            await page.server.stop()
            await task
            _forget(name)
        return network

    async def close(self) -> None:
        """Close every page."""
        from aiohttp import WSCloseCode

        for network in list(self._sockets):
            with suppress(Exception):
                await asyncio.wait_for(network.close(code=WSCloseCode.GOING_AWAY), 2.0)


def _forget(name: str) -> None:
    """Let trame's table of servers go of a page that is closed."""
    from trame.app.core import AVAILABLE_SERVERS

    AVAILABLE_SERVERS.pop(name, None)


async def _index(www: Path, park_name: str, request: Any) -> Any:
    """trame's page with the park's name and no foreign words."""
    import html
    import re

    from aiohttp import web

    content = await asyncio.to_thread((www / "index.html").read_text, encoding="utf-8")
    content = re.sub(r"<title>.*?</title>", f"<title>{html.escape(park_name)}</title>", content, flags=re.S)
    content = re.sub(r'<meta\s+name="(?:description|author|keywords)".*?/>', "", content, flags=re.S)
    content = re.sub(r"<noscript>.*?</noscript>", f"<noscript>{_NO_SCRIPT}</noscript>", content, flags=re.S)
    content = content.replace("<body>", '<body style="background:#061426">')
    return web.Response(text=content, content_type="text/html", headers={"Cache-Control": "no-cache"})


_NO_SCRIPT = '<p style="color:#e8f1fb">本页面需要 JavaScript。 This page needs JavaScript.</p>'
_LOADING = """<div style="position:fixed;inset:0;background:#061426;display:flex;align-items:center;justify-content:center">
<svg width="64" height="64" viewBox="0 0 64 64" fill="none" stroke="#39c5e0" stroke-width="3"><circle cx="32" cy="32" r="26" stroke-opacity=".2"/>
<path d="M32 6a26 26 0 0 1 26 26"><animateTransform attributeName="transform" type="rotate" from="0 32 32" to="360 32 32" dur="1s"
repeatCount="indefinite"/></path></svg></div>"""
_ICON = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="12" fill="#0c2340"/>
<path d="M10 52V30l14 8v-8l14 8V14h10v38z" fill="#39c5e0"/></svg>"""


async def _loading(request: Any) -> Any:
    from aiohttp import web

    return web.Response(text=_LOADING, content_type="text/html")


async def _icon(request: Any) -> Any:
    from aiohttp import web

    return web.Response(body=_ICON, content_type="image/svg+xml")


def _make_headers() -> Any:
    from aiohttp import web

    @web.middleware
    async def headers(request: Any, handler: Any) -> Any:
        response = await handler(request)
        if not response.prepared:
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    return headers


_headers = _make_headers()
