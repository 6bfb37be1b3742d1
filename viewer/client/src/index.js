// SPDX-License-Identifier: Apache-2.0
// The Vue component <park-scene>: joins the stage, the channel, the pointer and the hooks that tests use.

import { Channel } from "./channel.js";
import { Hud, installStyle, words } from "./hud.js";
import { Stage } from "./stage.js";
import { World } from "./world.js";

const { defineComponent, h, inject, onBeforeUnmount, onMounted, ref, watch } = window.Vue;

function supported() {
  const probe = document.createElement("canvas").getContext("webgl2");
  probe?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(probe);
}

function open(host, props, emit, trame) {
  const counters = { messages: 0, bytes: 0, lastBytes: 0, seq: 0, ops: {} };
  const labelHost = document.createElement("div");
  labelHost.className = "ps-labels";
  let channel = null, stage = null, world = null;
  const hud = new Hud(host, () => world?.rig.fly({ azimuth_deg: 0 }, 0.8));
  const hooks = { ready: false, problem: "", counters };
  window.__parktwin = hooks;
  const fail = (problem) => {
    hooks.problem = problem;
    hud.say(words(props.language)[problem === "webgl" ? "nowebgl" : "lost"]);
    emit("status", { ready: false, layers: [], problem });
  };
  try {
    if (!supported()) throw new Error("no WebGL 2");
    stage = new Stage(host);
  } catch {
    fail("webgl");
    return { refresh() {}, close() {} };
  }
  host.insertBefore(labelHost, hud.box);
  world = new World(stage, labelHost);
  const wind = () => {
    for (const layer of world.layers.values()) if (layer.kind === "arrow" && !world.hiddenIds.has(layer.id)) return layer.items[0].wind;
    return null;
  };
  stage.after.add(() => hud.update(world.rig.view, props.language, world.rig.now.distance * 2 * Math.tan((stage.camera.fov * Math.PI) / 360) / stage.size[1], wind()));
  world.rig.onRest = () => emit("moved", world.rig.view);

  let dressed = "";
  const refresh = () => {
    const wanted = JSON.stringify([props.insets, props.quality, props.language]);
    if (wanted === dressed) return;
    dressed = wanted;
    stage.insets = [0, 1, 2, 3].map((k) => Number(props.insets?.[k] ?? 0));
    if ((props.quality || "auto") !== stage.quality) stage.setQuality(props.quality || "auto");
    hud.place(stage.insets);
    stage.aim();
    stage.invalidate();
  };
  refresh();

  const connect = () => {
    const session = trame?.client?.getConnection?.()?.getSession?.();
    if (!session) return;
    channel = new Channel(session, world, counters, () => {
      hooks.ready = true;
      emit("status", { ready: true, layers: [...world.layers.keys()], problem: "" });
    });
    channel.started.catch((error) => {
      stage.hold(false);
      console.warn("park-scene: the snapshot did not arrive", error);
    });
  };
  connect();
  pointer(stage, world, hud, emit);

  stage.canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault();
    stage.paused = true;
    fail("lost");
  });
  stage.canvas.addEventListener("webglcontextrestored", () => {
    hooks.problem = "";
    hud.say("");
    stage.renewed();
    channel?.close();
    world.clear();
    connect();
    stage.invalidate();
  });

  Object.assign(hooks, {
    stage, world,
    layers: () => [...world.layers.values()].map((layer) => ({
      id: layer.id, kind: layer.kind, version: layer.version, rows: layer.ids.length, visible: !world.hiddenIds.has(layer.id),
    })),
    visible: (id, shown) => world.visible(id, shown),
    camera: () => world.rig.view,
    setCamera: (view) => { world.camera({ seconds: 0, ...view }); stage.draw(); },
    draw: () => stage.draw(),
    pixels: (x, y, width, height) => stage.pixels(x, y, width, height),
    pick: (x, y) => world.pick(x, y),
    project: (x, y, z) => world.project(x, y, z),
    ids: (layer) => world.layers.get(layer)?.ids ?? [],
    place: (id) => world.placeOf(id),
    pause: (paused) => { stage.paused = paused; if (!paused) stage.invalidate(); },
    freeze: () => {
      stage.paused = true;
      stage.clock = 1;
      for (const step of stage.steps) step(performance.now() / 1000 + 60, 0);
    },
    thaw: () => {
      stage.paused = false;
      stage.clock = null;
      stage.invalidate();
    },
    labels: () => [...labelHost.children].filter((element) => !element.hidden).map((element) => element.textContent),
  });
  return {
    refresh,
    close() {
      channel?.close();
      world.clear();
      stage.dispose();
      if (window.__parktwin === hooks) delete window.__parktwin;
    },
  };
}

function pointer(stage, world, hud, emit) {
  const { canvas } = stage;
  let down = null, timer = 0, spot = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const report = (kind, found, x, y) => emit("pick", {
    kind, layer: found?.layer ?? "", id: found?.id ?? "", point: world.groundAt(x, y), screen: [Math.round(x), Math.round(y)],
  });
  canvas.addEventListener("pointerdown", (event) => { down = event.button === 0 ? [...at(event), performance.now()] : null; });
  canvas.addEventListener("pointerup", (event) => {
    const [x, y] = at(event);
    if (down && Math.hypot(x - down[0], y - down[1]) < 5 && performance.now() - down[2] < 1500) report("click", solid(world.pick(x, y)), x, y);
    down = null;
  });
  canvas.addEventListener("dblclick", (event) => {
    const [x, y] = at(event);
    const ground = world.groundAt(x, y);
    if (ground) world.rig.fly({ target: ground, distance_m: Math.max(world.rig.now.distance * 0.45, 120) }, 0.9);
  });
  canvas.addEventListener("pointermove", (event) => {
    spot = at(event);
    if (event.buttons || event.pointerType === "touch") {
      hud.hint("");
      return;
    }
    if (timer && !stage.slow) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      if (!spot || world.rig.flight) return;
      const [x, y] = spot;
      const found = solid(world.pick(x, y));
      canvas.classList.toggle("ps-over", Boolean(found));
      hud.hint(found?.id ?? "", x, y);
      if (world.hover(found)) report("hover", found, x, y);
    }, stage.slow ? 220 : 70);
  });
  canvas.addEventListener("pointerleave", () => {
    spot = null;
    hud.hint("");
    if (world.hover(null)) report("hover", null, 0, 0);
  });
}

/** A pick of something with an id; bare ground is nothing. */
function solid(found) {
  return found && found.id ? found : null;
}

const ParkScene = defineComponent({
  name: "ParkScene",
  props: { insets: { type: Array, default: () => [0, 0, 0, 0] }, language: { type: String, default: "zh" }, quality: { type: String, default: "auto" } },
  emits: ["pick", "moved", "status"],
  setup(props, { emit }) {
    const host = ref(null);
    const trame = inject("trame", null);
    let scene = null;
    onMounted(() => {
      installStyle();
      scene = open(host.value, props, emit, trame);
    });
    watch(() => [props.insets, props.language, props.quality], () => scene?.refresh(), { deep: true });
    onBeforeUnmount(() => scene?.close());
    return () => h("div", { class: "ps-root", ref: host });
  },
});

export function install(app) {
  app.component("ParkScene", ParkScene);
}
