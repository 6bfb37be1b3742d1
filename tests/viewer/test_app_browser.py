# SPDX-License-Identifier: Apache-2.0
"""The application in a real browser that may talk to nobody else, whose console must stay clean."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import LiveWorld, answer_requests, running
from synthetic_run import make_run

from geodata.demo_park import write_demo
from geodata.load import load_park
from twin.events import AlarmRaised, WindObserved
from twin.park import Park

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed"),
]
WAIT_MS = 40_000


class Seen:
    """A page and everything that went wrong on it."""

    def __init__(self, browser: Any, url: str, size: tuple[int, int] = (1600, 900)) -> None:
        self.page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._request(request.url, url))
        self.page.set_default_timeout(WAIT_MS)
        self.page.goto(url)
        # software drawing would eat the machine that the server runs on; tests that look draw by hand
        self.page.wait_for_function("() => window.__parktwin && (window.__parktwin.pause(true), true)")
        self.page.wait_for_function("() => window.__parktwin.ready")

    def _request(self, asked: str, own: str) -> None:
        if not asked.startswith((own, own.replace("http", "ws"), "data:", "blob:")):
            self.foreign.append(asked)

    def test(self, name: str) -> Any:
        return self.page.locator(f'[data-test="{name}"]')

    def text(self, name: str) -> str:
        return str(self.test(name).first.inner_text())

    def wait_text(self, name: str, words: str) -> None:
        """Wait until an element holds a text."""
        self.test(name).filter(has_text=words).first.wait_for()

    def state(self, key: str) -> Any:
        return self.page.evaluate("key => window.trame.state.get(key)", key)

    def until(self, script: str, argument: Any = None) -> None:
        self.page.wait_for_function(script, arg=argument)

    def check(self) -> None:
        assert self.foreign == [], "a request left for another origin"
        assert self.errors == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("park") / "tiny", size="tiny", seed=7)


@pytest.fixture(scope="module")
def park(folder: Path) -> Park:
    return load_park(folder)


@pytest.fixture(scope="module")
def replayed(folder: Path, park: Park, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    run = make_run(tmp_path_factory.mktemp("runs") / "leak", park)
    with running(folder, run=run) as url:
        yield url


@pytest.fixture(scope="module")
def live(
    folder: Path, park: Park, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, LiveWorld]]:
    base = tmp_path_factory.mktemp("live")
    world = LiveWorld(base / "store", park)
    stop, seen = threading.Event(), []  # type: ignore[var-annotated]
    with running(folder, store=base / "store") as url:
        runner = threading.Thread(target=answer_requests, args=(world, park, base, stop, seen))
        runner.start()
        yield url, world
        stop.set()
        runner.join(10)
    world.store.close()


@pytest.fixture
def page(browser: Any, replayed: str) -> Iterator[Seen]:
    seen = Seen(browser, replayed)
    yield seen
    seen.check()
    seen.page.close()


def test_a_run_opens_with_its_mode_legend_and_events(page: Seen) -> None:
    assert page.text("mode") == "回放" and "演练" in page.page.inner_text(".pt-title")
    assert page.text("run-title") == "Test leak"
    page.test("legend").wait_for()
    words = page.text("legend")
    for part in ("AEGL-3", "50 ppm", "AEGL-2", "2.8 ppm", "10 分钟均值", "60 秒均值"):
        assert part in words
    ticks = [words for words in page.test("tick").all_inner_texts() if words]
    assert ticks == ["泄漏", "报警", "疏散令", "出动", "到场", "泄漏停止"]
    assert page.test("wind").inner_text() == "西 1.0 m/s"


def test_language_switch_changes_one_page_only(browser: Any, page: Seen, replayed: str) -> None:
    other = Seen(browser, replayed)
    page.test("en").click()
    page.wait_text("mode", "REPLAY")
    assert (
        "EXERCISE" in page.page.inner_text(".pt-title")
        and page.page.inner_text("h1") == "Lan Estuary Chemical Park"
    )
    page.until("() => document.querySelector('[data-test=number-people]').innerText.includes('People')")
    import re

    panels = (
        page.page.inner_text(".pt-left")
        + page.page.inner_text(".pt-right")
        + page.page.inner_text(".pt-time")
    )
    assert not re.search(r"[\u4e00-\u9fff]", panels), "a text that is not in the catalogue"
    assert other.text("mode") == "回放" and "人员" in other.text("number-people")
    other.check()
    other.page.close()


def test_scrubbing_moves_people_on_this_page_only(browser: Any, page: Seen, replayed: str) -> None:
    other = Seen(browser, replayed)
    spot = "() => window.__parktwin.place('person-10')?.target.slice(0, 2) ?? null"
    page.until(f"() => ({spot})() !== null")
    before, other_before = page.page.evaluate(spot), other.page.evaluate(spot)
    box = page.page.locator(".pt-track").bounding_box()
    page.page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 20)
    page.until("() => Math.abs(window.trame.state.get('tl_at') - 150) < 10")
    at = page.state("tl_at")
    page.until(
        "([x, y]) => Math.abs(window.__parktwin.place('person-10').target[1] - y) < 3",
        [before[0], before[1] + at],
    )
    assert page.text("when").startswith("T+02:")
    assert other.page.evaluate(spot) == other_before and other.state("tl_at") == 0
    page.test("step-forward").click()
    page.until("at => window.trame.state.get('tl_at') === at", at + 6)
    other.check()
    other.page.close()


def test_play_moves_and_pause_stops(page: Seen) -> None:
    page.test("play").click()
    page.until("() => window.trame.state.get('tl_at') > 5")
    page.test("play").click()
    page.until("() => window.trame.state.get('playing') === false")
    time.sleep(0.5)
    stopped = page.state("tl_at")
    messages = page.page.evaluate("() => window.__parktwin.counters.messages")
    time.sleep(1.5)
    assert page.state("tl_at") == stopped
    assert page.page.evaluate("() => window.__parktwin.counters.messages") == messages


def test_layer_switches_hide_layers(page: Seen) -> None:
    hidden = "name => window.__parktwin.layers().find(layer => layer.id === name).visible"
    assert page.page.evaluate(hidden, "tanks")
    page.test("layer-tanks").click()
    page.until(f"() => !({hidden})('tanks')")
    assert page.test("layer-tanks").get_attribute("aria-pressed") == "false"
    page.test("layer-tanks").click()
    page.until(f"() => ({hidden})('tanks')")


def test_a_number_says_where_it_comes_from(page: Seen) -> None:
    page.test("number-aegl3").click()
    page.test("ask").wait_for()
    words = page.text("ask")
    for part in ("50 ppm", "60 秒均值", "test puff", "Only for tests."):
        assert part in words
    page.page.keyboard.press("Escape")
    page.test("ask").wait_for(state="hidden")


def test_live_values_change_and_an_alarm_flies_there(
    browser: Any, live: tuple[str, LiveWorld], park: Park
) -> None:
    url, world = live
    seen = Seen(browser, url)
    sensor = world.gas[2]
    assert seen.text("mode") == "实时"
    seen.test("tab-sensors").click()
    seen.test("sensor-search").fill(sensor.id)
    world.reading(sensor.id, 0.123)
    seen.wait_text("sensor-row", "0.123 ppm")
    world.reading(sensor.id, 0.456)
    seen.wait_text("sensor-row", "0.456 ppm")
    seen.test("sensor-row").first.click()
    seen.test("trend").wait_for()
    seen.wait_text("trend-now", "0.456 ppm")
    x_m, y_m = sensor.xy_m
    now = time.time()
    world.store.append_events(
        [
            WindObserved(
                t_s=now, mast="MET", speed_m_s=2.6, from_deg=135.0, averaging_s=600.0, temperature_K=290.0
            ),
            AlarmRaised(
                t_s=now,
                alarm="b1",
                level="red",
                rule="alarm_2",
                source=sensor.id,
                value=5.0,
                unit="ppm",
                limit=0.68,
                x_m=x_m,
                y_m=y_m,
            ),
        ]
    )
    seen.test("tab-alarms").click()
    seen.test("alarm").first.wait_for()
    assert "红色" in seen.text("alarm") and "5 ppm" in seen.text("alarm")
    seen.wait_text("wind", "东南 2.6 m/s")
    seen.page.evaluate("() => window.__parktwin.setCamera({target: [0, 0], distance_m: 2000})")
    seen.test("alarm").first.click()
    seen.page.evaluate("() => window.__parktwin.pause(false)")
    seen.until(
        "([x, y]) => Math.hypot(window.__parktwin.camera().target[0] - x, window.__parktwin.camera().target[1] - y) < 5",
        [x_m, y_m],
    )
    seen.check()
    seen.page.close()


def test_what_if_by_mouse_and_keyboard(browser: Any, live: tuple[str, LiveWorld], park: Park) -> None:
    url, world = live
    seen = Seen(browser, url)
    bystander = Seen(browser, url)
    tank = park.tanks[1]
    field = seen.test("wi-tank").locator("input")
    field.click()
    field.fill(tank.id)
    seen.page.locator(".v-list-item").filter(has_text=tank.id).first.click()
    seen.test("wi-go").wait_for()
    seen.wait_text("details", tank.id)
    seen.test("wi-hole_mm").locator("input").fill("-3")
    seen.test("wi-go").click()
    seen.test("wi-error").wait_for()
    assert "孔径" in seen.text("wi-error")
    seen.test("wi-hole_mm").locator("input").fill("25")
    seen.test("wi-wind-own").click()
    seen.test("wi-wind_speed").locator("input").fill("3.5")
    seen.test("wi-order-shelter").click()
    seen.test("wi-exercise").click()
    seen.test("wi-go").click()
    seen.wait_text("mode", "情景推演")
    seen.test("legend").wait_for()
    assert "演练" in seen.page.inner_text(".pt-title") and bystander.text("mode") == "实时"
    seen.wait_text("run", "已完成")
    asked = [r.payload for r in world.store.requests_since(0) if r.kind == "run"][-1]["study"]
    assert asked["release"] == {"tank": tank.id, "hole_diameter": 0.025, "isolation_s": 600.0}
    assert (
        asked["weather"]["wind_speed"] == 3.5
        and asked["people"]["evacuate"] is False
        and asked["study"]["exercise"]
    )
    seen.test("back").click()
    seen.wait_text("mode", "实时")
    for one in (seen, bystander):
        one.check()
        one.page.close()


@pytest.mark.parametrize("size", [(1600, 900), (1280, 720), (2560, 1440)])
def test_panels_do_not_collide_on_desks_and_walls(browser: Any, replayed: str, size: tuple[int, int]) -> None:
    seen = Seen(browser, replayed, size)
    seen.test("legend").wait_for()
    boxes = {
        name: seen.page.locator(name).first.bounding_box()
        for name in (".pt-left", ".pt-right", ".pt-time", ".pt-title", ".pt-legend")
    }
    names = list(boxes)
    for k, one in enumerate(names):
        for two in names[k + 1 :]:
            a, b = boxes[one], boxes[two]
            apart = (
                a["x"] + a["width"] <= b["x"] + 1
                or b["x"] + b["width"] <= a["x"] + 1
                or a["y"] + a["height"] <= b["y"] + 1
                or b["y"] + b["height"] <= a["y"] + 1
            )
            assert apart, f"{one} and {two} collide at {size}"
    scroll = seen.page.evaluate(
        "() => [document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]"
    )
    assert scroll[0] <= size[0] and scroll[1] <= size[1], "the page must not scroll under the scene"
    seen.check()
    seen.page.close()


def test_telephone_shows_one_card_at_a_time(browser: Any, replayed: str) -> None:
    seen = Seen(browser, replayed, (390, 844))
    cards = (
        "() => [...document.querySelectorAll('.pt-card')].filter(card => card.offsetParent !== null).length"
    )
    assert seen.page.evaluate(cards) == 0
    for tab in ("status", "alarms", "layers"):
        seen.test(f"sheet-{tab}").click()
        seen.until(f"() => ({cards})() === 1")
        box = seen.page.locator(f".card-{tab}").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    seen.test("sheet-layers").click()
    seen.until(f"() => ({cards})() === 0")
    bar = seen.page.locator(".pt-time").bounding_box()
    assert bar["y"] + bar["height"] <= 844 and seen.test("play").is_visible()
    assert seen.page.evaluate("() => document.scrollingElement.scrollWidth") <= 390
    seen.check()
    seen.page.close()
