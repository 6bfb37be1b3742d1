# SPDX-License-Identifier: Apache-2.0
"""The server with real sockets: pages are isolated, keys are needed, ports are refused clearly, the loop stays free."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from served import LiveWorld, answer_requests, running, running_apart
from synthetic_run import START_S, make_run
from ws_page import WsPage

from twin.errors import InputProblems
from twin.events import AlarmAcknowledged, AlarmRaised, ReadingBatch, WindObserved, WorldStarted
from twin.park import Park
from twin.store import ReadingRow, Store
from viewer.server import serve


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


@pytest.fixture(scope="module")
def replayed(tiny_folder: Path, run_folder: Path) -> Iterator[str]:
    with running(tiny_folder, run=run_folder) as url:
        yield url


@pytest.fixture(scope="module")
def live(
    tiny_folder: Path, tiny_park: Park, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, LiveWorld]]:
    folder = tmp_path_factory.mktemp("live") / "store"
    world = LiveWorld(folder, tiny_park)
    with running(tiny_folder, store=folder) as url:
        yield url, world
    world.store.close()


def test_page_and_everything_it_needs_come_from_here(replayed: str) -> None:
    page = get(replayed).decode()
    assert "澜江口化工园区" in page and "Kitware" not in page
    assert b"park_scene" in get(f"{replayed}__park_scene/park_scene.js")
    assert json.loads(get(f"{replayed}api/health"))["status"] == "ok"
    style = [
        line for line in page.splitlines() if "http://" in line or "https://" in line or 'src="//' in line
    ]
    assert style == []


def test_source_code_is_not_served(replayed: str) -> None:
    for path in ("viewer/app.py", "panels/status.py", "../parktwin.py", "__park_scene/../build.mjs"):
        with pytest.raises(urllib.error.HTTPError):
            get(f"{replayed}{path}")


def test_two_pages_keep_their_own_language_time_and_layers(replayed: str) -> None:
    async def talk() -> None:
        async with WsPage(replayed) as one, WsPage(replayed) as two:
            await one.load_scene()
            await two.load_scene()
            await one.until(lambda state: state["numbers"])
            await two.until(lambda state: state["numbers"])
            assert one.state["mode"] == "replay" and one.state["lang"] == "zh"
            await one.trigger("set_language", "en")
            await one.until(lambda state: state["park_name"] == "Lan Estuary Chemical Park")
            await one.until(lambda state: state["numbers"][0]["label"] == "People")
            await one.trigger("scrub", 123.0)
            await one.until(lambda state: state["tl_at"] == 123.0)
            await one.trigger("toggle_layer", "people")
            await asyncio.sleep(0.5)
            assert two.state["lang"] == "zh" and two.state["tl_at"] == 0.0
            assert two.state["numbers"][0]["label"] == "人员"
            assert all(layer["on"] for layer in two.state["layers"])
            assert [layer["on"] for layer in one.state["layers"] if layer["id"] == "people"] == [False]
            shown = {(frame["t"], frame["xy"]) for frame in two.movers()}
            assert len(shown) <= 1, "nothing moves on a page whose time stands still"

    asyncio.run(talk())


def test_playing_moves_people_and_standing_sends_nothing(replayed: str) -> None:
    async def talk() -> None:
        async with WsPage(replayed) as page:
            await page.load_scene()
            await page.until(lambda state: state["numbers"])
            await page.trigger("set_speed", 10)
            await page.trigger("play_pause")
            await asyncio.sleep(3.0)
            assert page.state["playing"]
            await page.trigger("play_pause")
            await asyncio.sleep(0.6)
            frames = page.movers()
            assert 5 <= len(frames) <= 25, "five key frames a second, fewer on a busy machine"
            times = [frame["t"] for frame in frames]
            assert times == sorted(times) and 20 <= times[-1] - START_S <= 45
            assert len({frame["xy"] for frame in frames}) == len(frames), (
                "positions differ in every key frame"
            )
            clouds = [
                frame for frame in page.frames if frame["op"] == "show" and frame["layer"]["id"] == "plume"
            ]
            assert 1 <= len(clouds) <= 5, "the cloud comes about once a second"
            seen = len(page.frames)
            await asyncio.sleep(1.5)
            assert len(page.frames) == seen

    asyncio.run(talk())


def test_end_of_the_run_stops_play(replayed: str) -> None:
    async def talk() -> None:
        async with WsPage(replayed) as page:
            await page.until(lambda state: state["numbers"])
            await page.trigger("scrub", 590.0)
            await page.trigger("set_speed", 60)
            await page.trigger("play_pause")
            await page.until(lambda state: state["tl_at"] == 600.0 and not state["playing"])
            assert page.state["tl_text"] == "T+10:00"
            await page.trigger("step", -1)
            await page.until(lambda state: state["tl_at"] == 594.0)

    asyncio.run(talk())


def test_numbers_can_be_asked_and_people_picked(replayed: str) -> None:
    async def talk() -> None:
        async with WsPage(replayed) as page:
            await page.until(lambda state: state["numbers"])
            await page.trigger("scrub", 400.0)
            await page.until(lambda state: state["tl_at"] == 400.0)
            await page.trigger("ask", "deaths")
            await page.until(lambda state: state["ask_open"])
            assert page.state["ask"]["rows"] and page.state["ask"]["caveats"]
            await page.trigger(
                "on_pick", {"layer": "people", "id": "person-3", "kind": "click", "point": None}
            )
            await page.until(lambda state: state["details"].get("id") == "person-3")
            await page.trigger("on_pick", {"layer": "", "id": "", "kind": "click"})
            await page.trigger("on_pick", "nonsense")
            await page.trigger("scrub", "nonsense")
            await page.trigger("set_speed", -5)
            await page.trigger("go_to_alarm", "a1")
            await page.until(lambda state: state["trend"].get("title"))
            assert "ppm" in page.state["trend"]["now"]

    asyncio.run(talk())


def test_without_the_key_the_socket_says_nothing(replayed: str) -> None:
    async def talk() -> None:
        async with WsPage(replayed, secret="wslink-secret") as page:
            assert page.refused
            answer = await page.call("trame.state.get")
            assert "Unauthorized" in str(answer)

    asyncio.run(talk())


def test_garbage_on_the_socket_closes_only_that_socket(
    replayed: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async def talk() -> None:
        async with aiohttp.ClientSession() as session, WsPage(replayed) as good:
            for rubbish in (
                b"",
                b"\x00" * 5,
                b"\xff" * 64,
                b"\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff" + b"x" * 100,
            ):
                socket_ = await session.ws_connect(f"{replayed.replace('http', 'ws')}ws")
                await socket_.send_bytes(rubbish)
                await socket_.send_str("text")
                await asyncio.sleep(0.1)
                await socket_.close()
            await good.until(lambda state: state["numbers"])
            assert (await good.get("api/health"))["status"] == "ok"

    asyncio.run(talk())
    assert "Traceback" not in capfd.readouterr().err


def test_pages_that_come_and_go_leave_nothing(replayed: str) -> None:
    async def talk() -> None:
        for _ in range(12):
            async with WsPage(replayed) as page:
                await page.trigger("play_pause")
        async with WsPage(replayed) as page:
            for _ in range(100):
                health = await page.get("api/health")
                if health["pages"] == 1:
                    break
                await asyncio.sleep(0.05)
            assert health["pages"] == 1

    asyncio.run(talk())
    from trame.app.core import AVAILABLE_SERVERS

    for _ in range(100):
        if not AVAILABLE_SERVERS:
            break
        time.sleep(0.05)
    assert len(AVAILABLE_SERVERS) == 0


def test_a_taken_port_and_a_bad_address_are_one_sentence(tiny_folder: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(InputProblems, match=rf"port {port} .* is taken") as caught:
            serve(tiny_folder, port=port)
        assert "--port" in str(caught.value)
    with pytest.raises(InputProblems, match="cannot be opened"):
        serve(tiny_folder, host="203.0.113.7", port=0)


def test_live_values_alarms_and_wind_reach_the_page(live: tuple[str, LiveWorld]) -> None:
    url, world = live
    sensor = world.gas[0]

    async def talk() -> None:
        async with WsPage(url) as page:
            await page.load_scene()
            await page.set(list_tab="sensors")
            world.reading(sensor.id, 0.11)
            await page.until(
                lambda state: any(
                    r["id"] == sensor.id and r["value"] == "0.11 ppm" for r in state["sensor_rows"]
                )
            )
            assert page.state["mode"] == "live"
            begin = time.perf_counter()
            world.reading(sensor.id, 0.22)
            await page.until(lambda state: any(r["value"] == "0.22 ppm" for r in state["sensor_rows"]))
            assert time.perf_counter() - begin < 3.0
            x_m, y_m = sensor.xy_m
            now = time.time()
            world.store.append_events(
                [
                    WindObserved(
                        t_s=now, mast="M", speed_m_s=3.2, from_deg=90.0, averaging_s=600.0, stability="D"
                    ),
                    AlarmRaised(
                        t_s=now,
                        alarm="x",
                        level="red",
                        rule="alarm_2",
                        source=sensor.id,
                        value=9.0,
                        unit="ppm",
                        x_m=x_m,
                        y_m=y_m,
                    ),
                ]
            )
            await page.until(lambda state: state["alarm_count"] == 1 and state["weather"].get("wind"))
            assert page.state["weather"]["wind"] == "东 3.2 m/s"
            assert page.state["alarms"][0]["level_text"] == "红色"
            looks = [frame for frame in page.frames if frame["op"] == "update" and frame["id"] == "sensors"]
            assert looks, "the marker changed its colour without the layer being sent again"
            await page.trigger("go_to_alarm", "x")
            await page.until(
                lambda state: state["details"].get("id") == sensor.id and state["trend"].get("path")
            )
            cameras = [frame for frame in page.frames if frame["op"] == "camera"]
            assert cameras[-1]["view"]["target"] == pytest.approx([x_m, y_m])

    asyncio.run(talk())


def test_looking_back_is_marked_and_ends(live: tuple[str, LiveWorld]) -> None:
    url, world = live

    async def talk() -> None:
        async with WsPage(url) as page, WsPage(url) as other:
            world.reading(world.gas[0].id, 0.5)
            await page.until(lambda state: state["mode"] == "live" and state["tl_span"] == 3600.0)
            await page.trigger("scrub", page.state["tl_at"] - 60.0)
            await page.until(lambda state: state["mode"] == "replay" and not state["tl_at_end"])
            assert other.state["mode"] == "live"
            await page.trigger("back_to_live")
            await page.until(lambda state: state["mode"] == "live" and state["tl_at_end"])

    asyncio.run(talk())


@pytest.fixture
def runner(live: tuple[str, LiveWorld], tiny_park: Park, tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    stop, seen = threading.Event(), []  # type: ignore[var-annotated]
    thread = threading.Thread(target=answer_requests, args=(live[1], tiny_park, tmp_path, stop, seen))
    thread.start()
    yield seen
    stop.set()
    thread.join(10)


def test_what_if_from_a_tank_to_the_timeline(
    live: tuple[str, LiveWorld], runner: list[dict[str, Any]], tiny_park: Park, tiny_folder: Path
) -> None:
    url, world = live
    tank = tiny_park.tanks[0]

    async def talk() -> None:
        async with WsPage(url) as page, WsPage(url) as other:
            await page.load_scene()
            await page.until(lambda state: state["mode"] == "live")
            assert page.state["can_ask"]
            world.store.append_events(
                [
                    WindObserved(
                        t_s=time.time(),
                        mast="M",
                        speed_m_s=4.4,
                        from_deg=200.0,
                        averaging_s=600.0,
                        stability="C",
                    )
                ]
            )
            await page.trigger("on_pick", {"layer": "tanks", "id": tank.id, "kind": "click"})
            await page.until(lambda state: state["details"].get("can_leak"))
            await page.trigger("choose_tank", tank.id)
            await page.until(lambda state: state["wi_open"] and state["wi_wind_speed"] == 4.4)
            await page.set(wi_hole_mm="", wi_order="shelter")
            await page.trigger("start_whatif")
            await page.until(lambda state: state["wi_error"])
            assert "孔径" in page.state["wi_error"] and runner == []
            await page.set(wi_hole_mm="30", wi_exercise=True)
            await page.trigger("start_whatif")
            await page.until(lambda state: state["mode"] == "whatif", 25)
            assert page.state["exercise"] and page.state["ticks"]
            await page.until(
                lambda state: [row["name"] for row in state["legend"]] == ["AEGL-3", "AEGL-2", "AEGL-1"]
            )
            assert other.state["mode"] == "live"
            asked = runner[0]
            assert asked["park"] == str(tiny_folder) and asked["study"]["release"]["hole_diameter"] == 0.03
            assert (
                asked["study"]["weather"]["wind_speed"] == 4.4
                and asked["study"]["weather"]["stability"] == "C"
            )
            assert asked["study"]["people"]["evacuate"] is False
            await page.until(lambda state: state["playing"] and state["tl_at"] > 0)
            await page.until(lambda state: state["runs"] and state["runs"][0]["open"])
            await page.trigger("back_to_live")
            await page.until(lambda state: state["mode"] == "live" and state["legend"] == [])
            removed = {frame["id"] for frame in page.frames if frame["op"] == "remove"}
            assert {"people", "plume"} <= removed
            await page.trigger("open_run", page.state["runs"][0]["folder"])
            await page.until(lambda state: state["mode"] == "whatif")
            await page.trigger("open_run", "/no/such/run")
            await page.until(lambda state: state["banner"])

    asyncio.run(talk())


def test_the_runners_refusal_is_one_sentence_on_the_page(
    live: tuple[str, LiveWorld], runner: list[dict[str, Any]], tiny_park: Park
) -> None:
    url, _ = live

    async def talk() -> None:
        async with WsPage(url) as page:
            await page.until(lambda state: state["mode"] == "live")
            await page.trigger("choose_tank", tiny_park.tanks[0].id)
            await page.set(wi_hole_mm=900)
            await page.trigger("start_whatif")
            await page.until(lambda state: state["wi_error"] == "field release.hole_diameter: is too large.")
            assert page.state["wi_open"] and page.state["runs"][0]["status"] == "failed"

    asyncio.run(talk())


def test_a_waiting_run_can_be_cancelled(live: tuple[str, LiveWorld], tiny_park: Park) -> None:
    url, world = live

    async def talk() -> None:
        async with WsPage(url) as page:
            await page.until(lambda state: state["mode"] == "live")
            await page.trigger("choose_tank", tiny_park.tanks[0].id)
            await page.trigger("start_whatif")
            await page.until(lambda state: state["runs"] and state["runs"][0]["can_cancel"])
            await page.trigger("cancel_run", page.state["runs"][0]["id"])
            await page.until(lambda state: state["runs"][0]["status"] == "cancelled")

    asyncio.run(talk())
    assert world.store.take_request("run", "nobody") is None


def test_api_state_says_what_is_known(live: tuple[str, LiveWorld]) -> None:
    url, world = live
    world.reading(world.gas[1].id, 1.25)
    for _ in range(100):
        content = json.loads(get(f"{url}api/state"))
        found = [row for row in content["live"]["sensors"] if row["sensor"] == world.gas[1].id]
        if found:
            break
        time.sleep(0.05)
    assert found[0]["value"] == 1.25 and found[0]["unit"] == "ppm" and 0 <= found[0]["age_s"] < 10


def test_a_recorded_world_is_played_from_its_beginning(
    tiny_folder: Path, tiny_park: Park, tmp_path: Path
) -> None:
    store = Store.open(tmp_path / "store", writer="ingest")
    begin = 1_700_000_000.0
    store.append_events([WorldStarted(t_s=begin, world="live", park_id="p")])
    sensor = tiny_park.sensors[0].id
    for k in range(60):
        t_s = begin + 10.0 * k
        store.add_readings(
            [
                ReadingRow(
                    row=k + 1,
                    seq=k + 1,
                    item=0,
                    sensor=sensor,
                    unit="ppm",
                    t_s=t_s,
                    received_s=t_s,
                    value=float(k),
                )
            ]
        )
        store.append_events([ReadingBatch(t_s=t_s, first_row=k + 1, last_row=k + 1, sha256="0" * 64)])
    store.close()

    async def talk(url: str) -> None:
        async with WsPage(url) as page:
            await page.set(list_tab="sensors")
            await page.until(lambda state: state["mode"] == "replay" and state["tl_span"] == 590.0)
            await page.trigger("scrub", 305.0)
            await page.until(lambda state: any(row["value"] == "30 ppm" for row in state["sensor_rows"]))
            assert not page.state["can_ask"]

    with running(tiny_folder, store=tmp_path / "store", recorded=True) as url:
        asyncio.run(talk(url))


@pytest.mark.slow
def test_the_loop_stays_free_while_five_thousand_people_play(
    tiny_folder: Path, tiny_park: Park, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "crowd", tiny_park, people=5000)

    async def talk(url: str) -> dict[str, Any]:
        async with WsPage(url) as one, WsPage(url) as two:
            for page in (one, two):
                await page.load_scene()
                await page.until(lambda state: state["numbers"])
                await page.trigger("play_pause")
            await asyncio.sleep(8.0)
            assert len(one.movers()) >= 25 and len(two.movers()) >= 25
            health: dict[str, Any] = await one.get("api/health")
            return health

    with running_apart(tiny_folder, run=run) as url:
        health = asyncio.run(talk(url))
    assert health["loop_lag_ms"]["worst_own"] < 300.0


def test_state_keys_are_the_tables(replayed: str, template_words: Callable[[str], set[str]]) -> None:
    """A template that asks for a key which is not in the table would show nothing, silently."""
    from viewer.state import KEYS

    async def talk() -> dict[str, Any]:
        async with WsPage(replayed) as page:
            return page.state

    state = asyncio.run(talk())
    known = {key.name for key in KEYS}
    assert {key for key in state if not key.startswith("trame__")} == known
    assert template_words(state["trame__template_main"]) - known == set()


def test_a_detector_in_a_run_shows_the_run_and_not_the_park(
    live: tuple[str, LiveWorld], tiny_park: Park, tmp_path: Path
) -> None:
    url, world = live
    run = make_run(tmp_path / "leak", tiny_park)
    sensor = world.gas[0]
    world.reading(sensor.id, 7.75)

    async def talk() -> None:
        async with WsPage(url) as page:
            await page.until(lambda state: state["mode"] == "live")
            await page.trigger("choose_sensor", sensor.id)
            await page.until(lambda state: "7.75 ppm" in str(state["details"].get("rows")))
            await page.trigger("open_run", str(run))
            await page.until(lambda state: state["mode"] == "whatif" and "cursor" in state["trend"])
            await page.until(
                lambda state: "7.75" not in str(state["details"]) and "7.75" not in str(state["trend"])
            )

    asyncio.run(talk())


def test_an_alarm_is_acknowledged_through_the_inbox(live: tuple[str, LiveWorld]) -> None:
    from live_sync.journal import ACKNOWLEDGE

    url, world = live
    raised = AlarmRaised(t_s=time.time(), alarm="seen", level="blue", rule="no_data", source=world.gas[3].id)
    world.store.append_events([raised])

    async def talk() -> None:
        async with WsPage(url) as page:
            await page.until(lambda state: any(row["id"] == "seen" for row in state["alarms"]))
            await page.trigger("acknowledge", "seen")
            request = world.store.take_request(ACKNOWLEDGE, "test")
            assert request is not None and request.payload["alarm"] == "seen" and request.payload["by"]
            world.store.append_events(
                [AlarmAcknowledged(t_s=time.time(), alarm="seen", by=request.payload["by"])]
            )
            await page.until(
                lambda state: any(row["id"] == "seen" and row["note"] == "已确认" for row in state["alarms"])
            )

    asyncio.run(talk())
