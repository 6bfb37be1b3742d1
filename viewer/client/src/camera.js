// SPDX-License-Identifier: Apache-2.0
// Camera over the park: a target on the ground, a distance and two angles. Left drag moves the ground, right drag (or Ctrl)
// turns, the wheel zooms towards the pointer, fingers do both, keys too. Every change glides; flying takes an arc.

import { Vector3 } from "three";

const RAD = Math.PI / 180;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const ease = (t) => (t < 0.5 ? 4 * t * t * t : 1 - Math.pow(-2 * t + 2, 3) / 2);
const NAMES = ["x", "y", "z", "distance", "azimuth", "elevation"];

export class Rig {
  constructor(stage, groundHeight) {
    this.stage = stage;
    this.groundHeight = groundHeight;
    this.now = { x: 0, y: 0, z: 0, distance: 2500, azimuth: 30, elevation: 32 };
    this.goal = { ...this.now };
    this.bounds = [-1000, -1000, 1000, 1000];
    this.flight = null;
    this.onRest = () => {};
    this._keys = new Set();
    this._drag = null;
    this._touches = new Map();
    this._resting = true;
    stage.urgent = () => Boolean(this.flight) || !this._resting || this._keys.size > 0;
    stage.steps.add((now, dt) => this._step(now, dt));
    this._listen(stage.canvas);
    this.apply();
  }

  get view() {
    const { x, y, z, distance, azimuth, elevation } = this.now;
    return { target: [x, y, z], distance_m: distance, azimuth_deg: ((azimuth % 360) + 360) % 360, elevation_deg: elevation };
  }

  /** Numbers of a view message, completed from where the camera is going. */
  resolve(view) {
    const to = { ...this.goal };
    if (view.preset) {
      const angles = { overview: [18, 27], top: [0, 89], north: [0, 28], south: [180, 28], east: [90, 28], west: [270, 28] };
      [to.azimuth, to.elevation] = angles[view.preset] ?? angles.overview;
      this._fit(to);
    }
    if (view.target) {
      [to.x, to.y] = view.target;
      to.z = view.target[2] ?? this.groundHeight(to.x, to.y);
    }
    if (view.distance_m !== undefined) to.distance = view.distance_m;
    if (view.azimuth_deg !== undefined) to.azimuth = view.azimuth_deg;
    if (view.elevation_deg !== undefined) to.elevation = view.elevation_deg;
    return to;
  }

  /** Fly to a view; seconds 0 jumps. */
  fly(view, seconds = 1.4) {
    const to = this._limit(this.resolve(view));
    to.azimuth = this.now.azimuth + ((((to.azimuth - this.now.azimuth) % 360) + 540) % 360) - 180;
    if (seconds <= 0) {
      this.flight = null;
      this.now = { ...to };
      this.goal = { ...to };
      this.apply();
      this.onRest();
    } else {
      const span = Math.hypot(to.x - this.now.x, to.y - this.now.y);
      const lift = clamp(span / Math.max(to.distance, this.now.distance) - 0.6, 0, 2.2);
      this.flight = { from: { ...this.now }, to, seconds, start: null, lift };
      this._resting = false;
    }
    this.stage.invalidate();
  }

  turn(azimuth, elevation) {
    this.flight = null;
    this.goal.azimuth += azimuth;
    this.goal.elevation += elevation;
    this._touch();
  }

  zoom(factor, at) {
    this.flight = null;
    const before = this.goal.distance;
    this.goal.distance *= factor;
    this._limit(this.goal);
    const hit = at && this._ground(at[0], at[1]);
    if (hit) {
      const share = 1 - this.goal.distance / before;
      this.goal.x += (hit.x - this.goal.x) * share;
      this.goal.y += (hit.y - this.goal.y) * share;
    }
    this._touch();
  }

  _touch() {
    this._limit(this.goal);
    this._resting = false;
    this.stage.invalidate();
  }

  _limit(pose) {
    const [west, south, east, north] = this.bounds;
    const room = Math.max(east - west, north - south);
    pose.distance = clamp(pose.distance, 25, room * 4 + 4000);
    pose.elevation = clamp(pose.elevation, 4, 89.5);
    pose.x = clamp(pose.x, west - room * 2, east + room * 2);
    pose.y = clamp(pose.y, south - room * 2, north + room * 2);
    return pose;
  }

  /** Pose at which the park just fills the free part of the view. */
  _fit(pose) {
    // corners may lie a little outside: what matters is the middle
    const keep = pose.elevation > 80 ? 1 : 0.84;
    const [w, s, e, n] = this.bounds;
    const [west, south, east, north] = [w + e - keep * (e - w), s + n - keep * (n - s), w + e + keep * (e - w), s + n + keep * (n - s)].map((sum) => sum / 2);
    const [width, height] = this.stage.size;
    const [top, right, bottom, left] = this.stage.insets;
    const tangent = Math.tan((this.stage.camera.fov * RAD) / 2);
    const freeX = Math.max((width - (left + right) * 0.6) / height, 0.3) * tangent * 0.98;
    const freeY = Math.max((height - top - bottom) / height, 0.3) * tangent * 0.94;
    const sa = Math.sin(pose.azimuth * RAD), ca = Math.cos(pose.azimuth * RAD);
    const se = Math.sin(pose.elevation * RAD), ce = Math.cos(pose.elevation * RAD);
    const corners = [[west, south], [west, north], [east, south], [east, north]];
    pose.x = (west + east) / 2;
    pose.y = (south + north) / 2;
    pose.z = 0;
    pose.distance = Math.max(east - west, north - south);
    for (let round = 0; round < 40; round += 1) {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (const [x, y] of corners) {
        const dx = x - pose.x, dy = y - pose.y;
        const ahead = dx * sa + dy * ca, depth = Math.max(pose.distance + ahead * ce, 1);
        const u = (dx * ca - dy * sa) / depth / freeX, v = (ahead * se) / depth / freeY;
        box[0] = Math.min(box[0], u);
        box[1] = Math.min(box[1], v);
        box[2] = Math.max(box[2], u);
        box[3] = Math.max(box[3], v);
      }
      const u = (box[0] + box[2]) / 2, v = (box[1] + box[3]) / 2;
      const side = u * freeX * pose.distance * 0.6, ahead = (v * freeY * pose.distance * 0.6) / Math.max(se, 0.2);
      pose.x += ca * side + sa * ahead;
      pose.y += -sa * side + ca * ahead;
      const span = Math.max((box[2] - box[0]) / 2, (box[3] - box[1]) / 2);
      pose.distance *= 1 + (span - 1) * 0.5;
    }
    return pose;
  }

  _step(now, dt) {
    if (this.flight) {
      const flight = this.flight;
      flight.start ??= now;
      const t = clamp((now - flight.start) / flight.seconds, 0, 1), k = ease(t);
      for (const name of NAMES) this.now[name] = flight.from[name] + (flight.to[name] - flight.from[name]) * k;
      this.now.distance = Math.exp(Math.log(flight.from.distance) * (1 - k) + Math.log(flight.to.distance) * k);
      this.now.distance *= 1 + flight.lift * Math.sin(Math.PI * k) * 0.5;
      this.goal = { ...this.now };
      this.apply();
      if (t >= 1) {
        this.flight = null;
        this._rest();
      }
      return "camera";
    }
    this._steer(dt);
    if (this._resting) return false;
    const share = 1 - Math.exp(-Math.max(dt, 0.001) * 13);
    let far = 0;
    for (const name of NAMES) {
      const gap = this.goal[name] - this.now[name];
      far = Math.max(far, Math.abs(gap) / (name === "azimuth" || name === "elevation" ? 90 : this.now.distance));
      this.now[name] += gap * share;
    }
    if (far < 0.0004) {
      this.now = { ...this.goal };
      this.apply();
      this._rest();
      return this._keys.size > 0 ? "camera" : null;
    }
    this.apply();
    return "camera";
  }

  _rest() {
    this._resting = true;
    this.onRest();
  }

  _steer(dt) {
    if (!this._keys.size) return;
    const has = (...names) => names.some((name) => this._keys.has(name));
    const move = this.goal.distance * dt * 0.7;
    const ahead = (has("ArrowUp", "w") ? 1 : 0) - (has("ArrowDown", "s") ? 1 : 0);
    const side = (has("ArrowRight", "d") ? 1 : 0) - (has("ArrowLeft", "a") ? 1 : 0);
    const sa = Math.sin(this.goal.azimuth * RAD), ca = Math.cos(this.goal.azimuth * RAD);
    this.goal.x += (sa * ahead + ca * side) * move;
    this.goal.y += (ca * ahead - sa * side) * move;
    this.goal.azimuth += ((has("e") ? 1 : 0) - (has("q") ? 1 : 0)) * dt * 70;
    this.goal.elevation += ((has("r") ? 1 : 0) - (has("f") ? 1 : 0)) * dt * 40;
    this.goal.distance *= Math.pow(2, ((has("-", "_") ? 1 : 0) - (has("+", "=") ? 1 : 0)) * dt * 1.6);
    this._touch();
  }

  /** Put the three.js camera where `now` says. */
  apply() {
    const { x, y, z, distance, azimuth, elevation } = this.now;
    const camera = this.stage.camera;
    const flat = Math.cos(elevation * RAD) * distance;
    camera.position.set(x - Math.sin(azimuth * RAD) * flat, y - Math.cos(azimuth * RAD) * flat, z + Math.sin(elevation * RAD) * distance);
    const floor = this.groundHeight(camera.position.x, camera.position.y) + 3;
    if (camera.position.z < floor) camera.position.z = floor;
    camera.near = clamp(distance * 0.02, 0.5, 60);
    camera.far = Math.max(distance * 8, 42000);
    if (elevation > 89) camera.up.set(Math.sin(azimuth * RAD), Math.cos(azimuth * RAD), 0);
    else camera.up.set(0, 0, 1);
    camera.lookAt(x, y, z);
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
  }

  _ray(clientX, clientY) {
    const box = this.stage.canvas.getBoundingClientRect();
    const ndc = [((clientX - box.left) / box.width) * 2 - 1, 1 - ((clientY - box.top) / box.height) * 2];
    const camera = this.stage.camera;
    const point = new Vector3(ndc[0], ndc[1], 0.5).unproject(camera);
    return point.sub(camera.position).normalize();
  }

  /** Where the pointer's ray meets the level of the target. */
  _ground(clientX, clientY, level = this.now.z) {
    const ray = this._ray(clientX, clientY);
    const from = this.stage.camera.position;
    if (ray.z > -0.02) return null;
    const t = (level - from.z) / ray.z;
    return t > this.now.distance * 8 ? null : from.clone().addScaledVector(ray, t);
  }

  _listen(canvas) {
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("pointerdown", (event) => {
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this._touches.set(event.pointerId, [event.clientX, event.clientY]);
      const turning = event.button === 2 || event.button === 1 || event.ctrlKey || event.shiftKey;
      this._drag = { turning, at: [event.clientX, event.clientY], grip: this._ground(event.clientX, event.clientY), moved: 0 };
      if (this._touches.size === 2) this._pinch = this._span();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this._drag || !this._touches.has(event.pointerId)) return;
      this._touches.set(event.pointerId, [event.clientX, event.clientY]);
      if (this._touches.size >= 2) return this._pinched();
      const dx = event.clientX - this._drag.at[0], dy = event.clientY - this._drag.at[1];
      this._drag.moved += Math.abs(dx) + Math.abs(dy);
      if (this._drag.moved < 4) return;
      this._drag.at = [event.clientX, event.clientY];
      if (this._drag.turning) this.turn(dx * 0.28, dy * 0.22);
      else this._slide(dx, dy);
    });
    const release = (event) => {
      this._touches.delete(event.pointerId);
      if (!this._touches.size) this._drag = null;
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const delta = clamp(event.deltaY * (event.deltaMode === 1 ? 30 : 1), -240, 240);
      this.zoom(Math.pow(1.0016, delta), [event.clientX, event.clientY]);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (key === "Home" || key === "0") return this.fly({ preset: "overview" });
      if (key === "1") return this.fly({ preset: "top" });
      if (!/^(Arrow(Up|Down|Left|Right)|[wasdqerf+=_-])$/.test(key)) return;
      event.preventDefault();
      this.flight = null;
      this._keys.add(key);
      this._touch();
    });
    canvas.addEventListener("keyup", (event) => this._keys.delete(event.key.length === 1 ? event.key.toLowerCase() : event.key));
    canvas.addEventListener("blur", () => this._keys.clear());
  }

  get dragging() {
    return Boolean(this._drag && this._drag.moved >= 4);
  }

  _slide(dx, dy) {
    // metres per pixel at the target, along the ground ahead stretched by the tilt
    const scale = (2 * Math.tan((this.stage.camera.fov * RAD) / 2) * this.now.distance) / this.stage.size[1];
    const ahead = (dy * scale) / Math.max(Math.sin(this.now.elevation * RAD), 0.25), side = -dx * scale;
    const sa = Math.sin(this.now.azimuth * RAD), ca = Math.cos(this.now.azimuth * RAD);
    this.flight = null;
    this.goal.x += sa * ahead + ca * side;
    this.goal.y += ca * ahead - sa * side;
    this.goal.z += (this.groundHeight(this.goal.x, this.goal.y) - this.goal.z) * 0.2;
    this._touch();
  }

  _span() {
    const [one, two] = [...this._touches.values()];
    return { gap: Math.hypot(one[0] - two[0], one[1] - two[1]), angle: Math.atan2(two[1] - one[1], two[0] - one[0]), y: (one[1] + two[1]) / 2 };
  }

  _pinched() {
    const span = this._span();
    if (this._pinch) {
      this.zoom(this._pinch.gap / Math.max(span.gap, 1));
      this.turn(-(span.angle - this._pinch.angle) / RAD, (span.y - this._pinch.y) * 0.15);
    }
    this._pinch = span;
    this._drag.moved = 99;
  }
}
