# SPDX-License-Identifier: Apache-2.0
"""Read-only JSON: how the process does, and the state of the live world in short.

Numbers carry their unit and age; what is not known is null, never 0.
"""

from __future__ import annotations

import math
from typing import Any

from aiohttp import web

from viewer.hub import Hub


def add_routes(router: web.UrlDispatcher, hub: Hub) -> None:
    """Add /api/health and /api/state."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response(hub.health())

    async def state(_: web.Request) -> web.Response:
        return web.json_response(state_of(hub))

    router.add_get("/api/health", health)
    router.add_get("/api/state", state)


def state_of(hub: Hub) -> dict[str, Any]:
    """The live world as plain values: sensors with value, unit and age, standing alarms, wind, runs."""
    park = hub.park
    content: dict[str, Any] = {
        "park": {"id": park.id, "name": park.name},
        "purpose": hub.purpose,
        "live": None,
    }
    feed = hub.feed
    if feed is None:
        return content
    now_s = feed.now_s
    table = feed.state.sensors
    units = {sensor.id: sensor.unit for sensor in park.sensors}
    units.update({event.sensor: event.unit for event in table.seen.values()})
    sensors = [
        {
            "sensor": name,
            "value": _finite(float(table.value[row])),
            "unit": units.get(name, ""),
            "t_s": _finite(float(table.t_s[row])),
            "age_s": _finite(now_s - float(table.t_s[row])),
            "quality": int(table.quality[row]),
        }
        for name, row in sorted(table.row.items())
    ]
    alarms = [
        {
            "alarm": alarm.raised.alarm,
            "level": alarm.level,
            "source": alarm.raised.source,
            "value": alarm.value,
            "unit": alarm.raised.unit,
            "raised_s": alarm.raised.t_s,
        }
        for alarm in feed.state.alarms.standing()
    ]
    winds = [
        {
            "mast": wind.mast,
            "speed_m_s": wind.speed_m_s,
            "from_deg": wind.from_deg,
            "averaging_s": wind.averaging_s,
            "stability": wind.stability,
            "age_s": now_s - wind.t_s,
        }
        for wind in feed.state.hazards.wind.values()
    ]
    runs = [
        {
            "request": r.id,
            "status": r.status,
            "progress": r.progress,
            "message": r.message,
            "result": r.result,
        }
        for r in sorted(feed.requests.values(), key=lambda request: request.id)
        if r.kind == "run"
    ]
    content["live"] = {
        "seq": feed.state.seq,
        "t_s": _finite(feed.state.t_s),
        "now_s": now_s,
        "readings": table.readings,
        "sensors": sensors,
        "alarms": alarms,
        "wind": winds,
        "links": {name: link.state for name, link in sorted(table.links.items())},
        "runs": runs,
    }
    return content


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
