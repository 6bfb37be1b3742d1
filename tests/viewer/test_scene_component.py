# SPDX-License-Identifier: Apache-2.0
"""The scene in a real browser: nothing is lost on the way, things move, are picked, and nobody outside is asked.

Chromium draws in software here, so the canvas is small and drawing is paused while pictures are compared.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "viewer" / "client"
CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]  # fmt: skip
SIZE = {"width": 640, "height": 400}
READY = "window.__parktwin && (window.__parktwin.ready || window.__parktwin.problem)"
# pixels that differ between two pictures taken by hooks; kept in the page, so that nothing large crosses the wire
COMPARE = """
window.__shot = (key) => { window.__shots ??= {}; window.__shots[key] = __parktwin.pixels(0, 0, innerWidth, innerHeight); };
window.__differ = (a, b) => { const [p, q] = [__shots[a], __shots[b]]; let n = 0;
  for (let k = 0; k < p.length; k += 4) if (Math.abs(p[k]-q[k]) + Math.abs(p[k+1]-q[k+1]) + Math.abs(p[k+2]-q[k+2]) > 12) n += 1;
  return n; };
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(__file__).with_name("scene_server.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [sys.executable, str(script), str(port)], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            if server.poll() is not None:
                pytest.fail(f"the scene server ended with {server.returncode}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Any]:
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Seen:
    """What a page asked for and said."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.console: list[str] = []


def opened(browser: Any, address: str) -> tuple[Any, Seen]:
    page, seen = browser.new_page(viewport=SIZE), Seen()
    page.set_default_timeout(90_000)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("websocket", lambda socket: seen.requests.append(socket.url))
    page.on("console", lambda message: seen.console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.console.append(f"error: {error}"))
    page.goto(address)
    page.wait_for_function(READY)
    page.evaluate(f"() => {{{COMPARE}}}")
    return page, seen


@pytest.fixture(scope="module")
def shown(browser: Any, address: str) -> tuple[Any, Seen]:
    return opened(browser, address)


@pytest.fixture
def page(shown: tuple[Any, Seen]) -> Iterator[Any]:
    page = shown[0]
    page.evaluate(
        "() => { __parktwin.freeze(); __parktwin.setCamera({preset: 'overview'}); __parktwin.freeze(); }"
    )
    yield page
    page.evaluate(
        "() => { for (const layer of __parktwin.layers()) __parktwin.visible(layer.id, true); __parktwin.thaw(); }"
    )


def shot(page: Any, key: str) -> None:
    page.evaluate("(key) => { __parktwin.freeze(); __shot(key); }", key)


def differ(page: Any, one: str, two: str) -> int:
    return int(page.evaluate("([a, b]) => __differ(a, b)", [one, two]))


def test_the_page_shows_all_layers_that_python_sent(page: Any) -> None:
    from viewer.layers.assets import ASSET_LAYERS

    names = {layer["id"] for layer in page.evaluate("__parktwin.layers()")}
    assert {
        "ground",
        *ASSET_LAYERS,
        "labels",
        "sensors",
        "plume",
        "wind",
        "route",
        "events",
        "people",
        "crew",
    } == names


def test_two_pictures_of_the_same_scene_are_the_same(page: Any) -> None:
    shot(page, "a")
    shot(page, "b")
    assert differ(page, "a", "b") == 0


# where to stand so that a layer shows, and how many of the 256,000 pixels it must change at least
LAYERS = {
    "ground": ("", 50_000),
    "water": ("water", 40),
    "roads": ("", 300),
    "boundary": ("", 100),
    "bunds": ("bunds", 100),
    "tanks": ("tanks", 800),
    "buildings": ("buildings", 800),
    "units": ("units", 500),
    "racks": ("racks", 200),
    "pipelines": ("pipelines", 20),
    "fences": ("fences", 60),
    "gates": ("gates", 60),
    "hydrants": ("hydrants", 15),
    "shelters": ("shelters", 100),
    "receptors": ("receptors", 100),
    "trees": ("", 200),
    "lamps": ("", 60),
    "sensors": ("", 60),
    "plume": ("", 1000),
    "wind": ("", 60),
    "route": ("", 150),
    "people": ("", 200),
    "crew": ("crew", 40),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_survives_the_way_to_the_screen(page: Any, layer: str) -> None:
    place, least = LAYERS[layer]
    if place:
        page.evaluate(
            "(name) => __parktwin.setCamera({id: __parktwin.ids(name)[0], elevation_deg: 35, distance_m: 150})",
            place,
        )
    shot(page, "with")
    page.evaluate("(name) => __parktwin.visible(name, false)", layer)
    shot(page, "without")
    page.evaluate("(name) => __parktwin.visible(name, true)", layer)
    shot(page, "again")
    assert differ(page, "with", "without") >= least
    assert differ(page, "with", "again") == 0


def test_people_move_and_stand_still_when_nothing_arrives(page: Any) -> None:
    for layer in page.evaluate("__parktwin.layers()"):
        if layer["id"] not in ("ground", "people"):
            page.evaluate("(name) => __parktwin.visible(name, false)", layer["id"])
    shot(page, "before")
    shot(page, "control")
    frames = page.evaluate("__parktwin.counters.ops.movers ?? 0")
    page.evaluate("trame.trigger('step', [1])")
    page.wait_for_function("(n) => (__parktwin.counters.ops.movers ?? 0) > n", arg=frames)
    shot(page, "after")
    assert differ(page, "before", "control") == 0
    assert differ(page, "before", "after") > 200


def test_a_burst_of_frames_is_thinned_and_ends_with_the_latest(page: Any) -> None:
    before = page.evaluate("trame.trigger('accounts')")
    page.evaluate("trame.trigger('step', [60])")
    page.wait_for_function(
        "(t) => __parktwin.world.layers.get('people').items[0].world_s === t", arg=before["t_s"] + 60
    )
    after = page.evaluate("trame.trigger('accounts')")
    assert after["skipped"] - before["skipped"] >= 50
    assert after["sent"] - before["sent"] <= 12


@pytest.mark.parametrize("number", [0, 2, 5])
def test_a_pick_names_the_tank_under_the_pointer(page: Any, number: int) -> None:
    found = page.evaluate(
        """(number) => {
          const id = __parktwin.ids('tanks')[number];
          __parktwin.setCamera({id, elevation_deg: 60, distance_m: 120});
          const place = __parktwin.place(id).target;
          const [x, y] = __parktwin.project(place[0], place[1], __parktwin.world.height(place[0], place[1]) + 3);
          return [id, __parktwin.pick(x, y), __parktwin.pick(2, 398)];
        }""",
        number,
    )
    wanted, under, corner = found
    assert (under["layer"], under["id"]) == ("tanks", wanted)
    assert corner is None or corner["id"] != wanted


def test_a_click_reaches_python_and_a_drag_does_not(page: Any) -> None:
    wanted, x, y = page.evaluate(
        """() => {
          const id = __parktwin.ids('tanks')[1];
          for (const name of ['sensors', 'people', 'events', 'labels', 'plume']) __parktwin.visible(name, false);
          __parktwin.setCamera({id, elevation_deg: 60, distance_m: 120});
          const place = __parktwin.place(id).target;
          const [x, y] = __parktwin.project(place[0], place[1], __parktwin.world.height(place[0], place[1]) + 3);
          return [id, x, y];
        }"""
    )
    page.mouse.click(x, y)
    page.wait_for_function(
        "(id) => trame.state.get('picked')?.kind === 'click' && trame.state.get('picked').id === id",
        arg=wanted,
    )
    assert page.evaluate("trame.state.get('picked').layer") == "tanks"
    page.evaluate("trame.state.set('picked', null)")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert page.evaluate("trame.state.get('picked')?.kind") != "click"


def test_what_stands_in_front_is_picked(page: Any) -> None:
    found = page.evaluate(
        """() => {
          const { world } = __parktwin;
          const id = __parktwin.ids('tanks')[0];
          const place = __parktwin.place(id).target;
          __parktwin.setCamera({id, elevation_deg: 89, distance_m: 120});
          const [x, y] = __parktwin.project(place[0], place[1], world.height(place[0], place[1]) + 3);
          const layers = [];
          for (const next of ['sensors', 'tanks', 'bunds']) {
            layers.push(__parktwin.pick(x, y)?.layer);
            __parktwin.visible(next, false);
          }
          return layers;
        }"""
    )
    assert found[:2] == ["sensors", "tanks"]  # the level gauge's pin hangs over the roof
    assert found[2] not in ("sensors", "tanks")


def test_the_camera_flies_to_a_thing_and_keys_move_it(page: Any) -> None:
    first = page.evaluate(
        "() => { const id = __parktwin.ids('tanks')[0]; __parktwin.setCamera({id}); return [__parktwin.camera(), __parktwin.place(id)]; }"
    )
    assert first[0]["target"][:2] == pytest.approx(first[1]["target"][:2], abs=0.1)
    page.evaluate("() => { __parktwin.thaw(); document.querySelector('.ps-canvas').focus(); }")
    page.keyboard.down("ArrowUp")
    page.wait_for_function(
        "(y) => Math.hypot(...__parktwin.camera().target.slice(0, 2).map((v, k) => v - y[k])) > 3",
        arg=first[0]["target"][:2],
    )
    page.keyboard.up("ArrowUp")
    page.keyboard.press("Home")
    page.wait_for_function("__parktwin.camera().distance_m > 300")


def test_labels_are_html_in_chinese_and_keep_apart(page: Any) -> None:
    page.evaluate("__parktwin.draw()")
    texts = page.evaluate("__parktwin.labels()")
    assert "泄漏源" in texts
    boxes = page.evaluate(
        "[...document.querySelectorAll('.ps-label:not([hidden]) > span')].map((e) => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    for k, one in enumerate(boxes):
        for other in boxes[k + 1 :]:
            assert (
                one[2] <= other[0] + 2
                or other[2] <= one[0] + 2
                or one[3] <= other[1] + 2
                or other[3] <= one[1] + 2
            )


def test_a_late_page_sees_what_the_first_one_changed(browser: Any, address: str, page: Any) -> None:
    page.evaluate("trame.trigger('show', ['trees', false])")
    page.wait_for_function("!__parktwin.layers().find((layer) => layer.id === 'trees').visible")
    late, _ = opened(browser, address)
    try:
        state = {layer["id"]: layer for layer in late.evaluate("__parktwin.layers()")}
        assert not state["trees"]["visible"]
        assert state["tanks"]["visible"]
        assert late.evaluate("__parktwin.world.layers.get('people').items[0].filled")
    finally:
        page.evaluate("trame.trigger('show', ['trees', true])")
        late.close()


def test_a_lost_graphics_card_is_said_and_survived(browser: Any, address: str) -> None:
    page, _ = opened(browser, address)
    try:
        page.evaluate(
            "window.__lose = __parktwin.stage.gl.getExtension('WEBGL_lose_context'); __lose.loseContext()"
        )
        page.wait_for_function("__parktwin.problem === 'lost'")
        assert "显卡" in page.locator(".ps-veil").inner_text()
        page.evaluate("__parktwin.ready = false; __lose.restoreContext()")
        page.wait_for_function("__parktwin.ready && !__parktwin.problem")
        assert not page.locator(".ps-veil").is_visible()
        page.evaluate("__parktwin.freeze()")
        assert max(page.evaluate("[...__parktwin.pixels(300, 200, 40, 40)]")[0::4]) > 10
    finally:
        page.close()


def test_without_webgl_the_page_says_what_to_do(browser: Any, address: str) -> None:
    flat = browser.browser_type.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-3d-apis"])
    try:
        page = flat.new_page(viewport=SIZE)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_function(READY, timeout=60_000)
        assert page.evaluate("__parktwin.problem") == "webgl"
        assert "WebGL 2" in page.locator(".ps-veil").inner_text()
        assert errors == []
    finally:
        flat.close()


def test_only_the_own_server_is_asked_and_the_console_is_clean(shown: tuple[Any, Seen], address: str) -> None:
    _, seen = shown
    own = (address, address.replace("http", "ws"), "data:", "blob:")
    assert [url for url in seen.requests if not url.startswith(own)] == []
    harmless = ("GPU stall due to ReadPixels", "Vue.use(")
    assert [line for line in seen.console if not any(text in line for text in harmless)] == []


@pytest.mark.slow
def test_the_committed_bundle_is_what_its_source_builds(tmp_path: Path) -> None:
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    for name in ("package.json", "package-lock.json", "build.mjs"):
        shutil.copy(CLIENT / name, tmp_path / name)
    shutil.copytree(CLIENT / "src", tmp_path / "src")
    install = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if install.returncode != 0 and any(
        word in install.stderr for word in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")
    ):
        pytest.skip("the npm registry cannot be reached")
    assert install.returncode == 0, install.stderr[-800:]
    built = tmp_path / "park_scene.js"
    subprocess.run(["node", "build.mjs", str(built)], cwd=tmp_path, check=True, timeout=120)
    committed = CLIENT / "dist" / "park_scene.js"
    assert (
        hashlib.sha256(built.read_bytes()).hexdigest() == hashlib.sha256(committed.read_bytes()).hexdigest()
    )
