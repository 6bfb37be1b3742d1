// SPDX-License-Identifier: Apache-2.0
// The layers on stage: made from messages, shown, hidden, picked, marked. Knows nothing of trame or Vue.

import { Color, NearestFilter, Vector3, WebGLRenderTarget } from "three";
import { Arrow } from "./layers/arrow.js";
import { Ground } from "./layers/ground.js";
import { Instances } from "./layers/instances.js";
import { Labels, arrange } from "./layers/labels.js";
import { Lines } from "./layers/lines.js";
import { Markers } from "./layers/markers.js";
import { Triangles } from "./layers/mesh.js";
import { Movers } from "./layers/movers.js";
import { Plume } from "./layers/plume.js";
import { Rig } from "./camera.js";
import { layerUniforms, shared } from "./shaders.js";

const KINDS = { ground: Ground, mesh: Triangles, instances: Instances, lines: Lines, markers: Markers, movers: Movers, plume: Plume, labels: Labels, arrow: Arrow };

export class World {
  constructor(stage, labelHost) {
    this.stage = stage;
    this.labelHost = labelHost;
    this.layers = new Map();
    this.hiddenIds = new Set();
    this.opacities = new Map();
    this.selected = [];
    this.hovered = null;
    this.followed = new Map();
    this.ground = null;
    this.height = (x, y) => (this.ground ? this.ground.height(x, y) : 0);
    this.rig = new Rig(stage, this.height);
    this.target = new WebGLRenderTarget(5, 5, { minFilter: NearestFilter, magFilter: NearestFilter, samples: 0 });
    stage.steps.add((now) => this._step(now));
    stage.after.add(() => this._labels());
  }

  // --- layers ----------------------------------------------------------------------------------------------------
  show(message, version) {
    const { id, ids, kind } = message;
    const standing = this.layers.get(id);
    if (standing && kind === "plume" && standing.items[0] instanceof Plume && (standing.style === message.data.style)) {
      standing.version = version;
      standing.items[0].replace(message.data);
      return standing;
    }
    if (standing) this.remove(id, true);
    const layer = { id, kind, ids, version, uniforms: layerUniforms(), items: [], order: standing?.order ?? this.layers.size, style: message.data.style };
    layer.uniforms.uOpacity.value = this.opacities.get(id) ?? 1;
    const build = (part, drape) => {
      if (part.kind === "group") return part.parts.forEach((child) => build(child, drape || child.drape));
      const item = new KINDS[part.kind](this._context(layer, drape), part.data, ids);
      layer.items.push(item);
      part.parts.forEach((child) => build(child, drape || child.drape));
    };
    build(message, message.drape);
    if (message.visible === false && !this.opacities.has(`${id}:seen`)) this.hiddenIds.add(id);
    this.opacities.set(`${id}:seen`, 1);
    this.layers.set(id, layer);
    for (const item of layer.items) for (const object of item.objects) {
      object.userData.layer = layer;
      object.matrixAutoUpdate = false;
      this.stage.scene.add(object);
    }
    if (kind === "ground") {
      this.ground = layer.items[0];
      this.rig.bounds = message.data.park;
      if (!this.placed) {
        this.placed = true;
        this.rig.fly({ preset: "overview" }, 0);
      }
    }
    if (kind === "movers" && this.vehicleLabels(message)) this._follow(layer, message);
    this._dress(layer);
    this._marks();
    this.stage.invalidate();
    return layer;
  }

  /** Draw the bare ground once, so that something is seen while the rest arrives. */
  async firstSight() {
    await this.ground?.loading;
    this.stage.draw(this.stage.slow);
  }

  vehicleLabels(message) {
    return Boolean(message.data.label) && message.ids.length <= 24;
  }

  _context(layer, drape) {
    const world = this;
    return {
      stage: this.stage, uniforms: layer.uniforms, drape, pickable: layer.ids.length > 0 || layer.kind === "ground", labelHost: this.labelHost,
      height: this.height,
      get opacity() { return world.opacities.get(layer.id) ?? 1; },
      refresh: () => this._dress(layer),
      draped: (points) => {
        const out = Float32Array.from(points);
        for (let k = 0; k < out.length; k += 3) out[k + 2] += this.height(out[k], out[k + 1]);
        return out;
      },
    };
  }

  update(id, data, version) {
    const layer = this.layers.get(id);
    if (!layer) return;
    layer.version = version;
    const item = layer.items[0];
    if (item.update) item.update(data);
    this.stage.invalidate();
  }

  remove(id, again = false) {
    const layer = this.layers.get(id);
    if (!layer) return;
    for (const item of layer.items) {
      for (const object of item.objects) {
        this.stage.scene.remove(object);
        object.geometry.dispose();
        object.material.dispose();
        object.material.userData.pick?.dispose();
      }
      item.dispose?.();
      if (this.ground === item && !again) this.ground = null;
    }
    for (const row of this.followed.get(id) ?? []) row.element?.remove();
    this.followed.delete(id);
    this.layers.delete(id);
    this.stage.invalidate();
  }

  visible(id, shown) {
    if (shown) this.hiddenIds.delete(id);
    else this.hiddenIds.add(id);
    this.opacities.set(`${id}:seen`, 1);
    const layer = this.layers.get(id);
    if (layer) this._dress(layer);
    if (id === "roads" && this.ground) this.ground.roads = shown;
    this.stage.invalidate();
  }

  opacity(id, fraction) {
    this.opacities.set(id, fraction);
    const layer = this.layers.get(id);
    if (layer) {
      layer.uniforms.uOpacity.value = fraction;
      this._dress(layer);
    }
    this.stage.invalidate();
  }

  _dress(layer) {
    const shown = !this.hiddenIds.has(layer.id);
    const clear = layer.uniforms.uOpacity.value < 0.999;
    for (const item of layer.items) {
      item.hidden = !shown;
      for (const object of item.objects) {
        object.visible = shown && !object.userData.empty;
        if (object.material.userData.solid) object.material.transparent = clear;
      }
      item.look?.(this.rig.now.distance);
      for (const object of item.objects) if (!shown || object.userData.empty) object.visible = false;
    }
    if (layer.id === "roads" && this.ground) this.ground.roads = shown;
    if (layer.kind === "ground" && this.hiddenIds.has("roads")) layer.items[0].roads = false;
  }

  movers(frame) {
    const layer = this.layers.get(frame.track);
    if (layer?.kind === "movers") layer.items[0].frame(frame, performance.now() / 1000);
    this.stage.invalidate();
  }

  clear() {
    for (const id of [...this.layers.keys()]) this.remove(id);
  }

  // --- frames ----------------------------------------------------------------------------------------------------
  _step(now) {
    const distance = this.rig.now.distance;
    shared.uFog.value.set(Math.max(900, distance * 1.05), Math.max(4200, distance * 2.1));
    let moving = false, ambient = false;
    for (const layer of this.layers.values()) {
      if (this.hiddenIds.has(layer.id)) continue;
      for (const item of layer.items) {
        if (item.look) item.look(distance);
        for (const object of item.objects) if (object.userData.empty) object.visible = false;
        if (item.step?.(now)) moving = true;
        if (item.ambient) ambient = true;
      }
    }
    return moving ? "data" : ambient && "ambient";
  }

  _labels() {
    const sets = [], extra = [];
    for (const layer of this.layers.values()) {
      for (const item of layer.items) if (item instanceof Labels) sets.push(item);
      const rows = this.followed.get(layer.id);
      if (rows) for (const row of rows) {
        row.at = !this.hiddenIds.has(layer.id) && layer.items[0].filled ? layer.items[0].place(row.k) : null;
        extra.push(row);
      }
    }
    this.labelCount = arrange(sets, extra, this.stage, this.rig.now.distance);
  }

  _follow(layer, message) {
    const { label } = message.data;
    const rows = message.ids.map((id, k) => ({
      text: message.ids.length > 1 ? `${label} ${id}` : label, style: "crew", host: this.labelHost, priority: 90, far: 0, k, id, element: null,
    }));
    this.followed.set(layer.id, rows);
  }

  // --- picking and marks ------------------------------------------------------------------------------------------
  /** What is drawn under a point of the canvas: draws row ids into a few pixels and reads them. */
  pick(x, y) {
    const { renderer, scene, camera } = this.stage;
    const shown = [];
    const bases = [];
    let base = 1;
    for (const layer of this.layers.values()) {
      layer.uniforms.uPickBase.value = base;
      bases.push([base, layer]);
      base += Math.max(layer.ids.length, 1);
    }
    for (const object of scene.children) {
      if (!object.visible) continue;
      const twin = object.material?.userData.pick;
      shown.push([object, object.material]);
      if (twin) object.material = twin;
      else object.visible = false;
    }
    this.stage.aim({ x: x - 2.5, y: y - 2.5, w: 5, h: 5 });
    const colour = renderer.getClearColor(new Color()), alpha = renderer.getClearAlpha();
    renderer.setRenderTarget(this.target);
    renderer.setClearColor(0, 0);
    renderer.clear();
    renderer.render(scene, camera);
    const data = new Uint8Array(5 * 5 * 4);
    renderer.readRenderTargetPixels(this.target, 0, 0, 5, 5, data);
    renderer.setRenderTarget(null);
    renderer.setClearColor(colour, alpha);
    this.stage.aim();
    for (const [object, drawn] of shown) {
      object.material = drawn;
      object.visible = true;
    }
    const id = nearest(data);
    if (!id) return null;
    for (let k = bases.length - 1; k >= 0; k -= 1) {
      const [first, layer] = bases[k];
      if (id >= first) return { layer: layer.id, id: layer.ids[id - first] ?? "", row: id - first };
    }
    return null;
  }

  /** Point of the ground under a point of the canvas, or null. */
  groundAt(x, y) {
    const [width, height] = this.stage.size;
    const camera = this.stage.camera;
    const ray = new Vector3((x / width) * 2 - 1, 1 - (y / height) * 2, 0.5).unproject(camera).sub(camera.position).normalize();
    if (ray.z > -0.01) return null;
    let t = camera.position.z / -ray.z;
    for (let k = 0; k < 4; k += 1) {
      const level = this.height(camera.position.x + ray.x * t, camera.position.y + ray.y * t);
      t = (level - camera.position.z) / ray.z;
    }
    return [camera.position.x + ray.x * t, camera.position.y + ray.y * t, camera.position.z + ray.z * t];
  }

  project(x, y, z) {
    const [width, height] = this.stage.size;
    const point = new Vector3(x, y, z ?? this.height(x, y)).project(this.stage.camera);
    return [(point.x * 0.5 + 0.5) * width, (0.5 - point.y * 0.5) * height, point.z];
  }

  hover(found) {
    const key = found ? `${found.layer}/${found.row}` : "";
    if (key === this.hovered) return false;
    this.hovered = key;
    for (const layer of this.layers.values()) layer.uniforms.uHover.value = found && found.layer === layer.id && layer.kind !== "ground" ? found.row : -1;
    this.stage.invalidate();
    return true;
  }

  select(ids) {
    this.selected = ids;
    this._marks();
    this.stage.invalidate();
  }

  _marks() {
    for (const layer of this.layers.values()) {
      const rows = this.selected.map((id) => layer.ids.indexOf(id)).filter((row) => row >= 0).slice(0, 4);
      while (rows.length < 4) rows.push(-1);
      layer.uniforms.uSelect.value.set(...rows);
    }
  }

  /** Somewhere to fly to that shows the thing called `id`. */
  placeOf(id) {
    for (const layer of this.layers.values()) {
      const row = layer.ids.indexOf(id);
      if (row < 0) continue;
      for (const item of layer.items) {
        if (item.place) return { target: item.place(row), distance_m: 320 };
        const box = boundsOf(item.objects, row);
        if (box) return { target: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], distance_m: Math.max(Math.hypot(box[2] - box[0], box[3] - box[1]) * 4.5, 170) };
      }
    }
    return null;
  }

  camera(view) {
    const seconds = view.seconds ?? 1.4;
    const place = view.id ? this.placeOf(view.id) : null;
    if (view.id && !place) return;
    this.rig.fly({ ...place, ...view }, seconds);
  }
}

function nearest(data) {
  const order = [12, 11, 13, 7, 17, 6, 8, 16, 18, 10, 14, 2, 22];
  for (const k of order) {
    const id = data[k * 4] + data[k * 4 + 1] * 256 + data[k * 4 + 2] * 65536;
    if (id) return id;
  }
  return 0;
}

function boundsOf(objects, row) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const object of objects) {
    const rows = object.geometry.getAttribute("iRow") ?? object.geometry.getAttribute("row");
    const at = object.geometry.getAttribute("iPosition") ?? object.geometry.getAttribute("position");
    if (!rows || !at) continue;
    for (let k = 0; k < rows.count; k += 1) {
      if (rows.array[k] !== row) continue;
      const x = at.array[k * 3], y = at.array[k * 3 + 1];
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
  }
  return Number.isFinite(box[0]) ? box : null;
}
