// SPDX-License-Identifier: Apache-2.0
// People and vehicles: two key frames on the graphics card, mixed in the vertex shader. Far away each is a spot of light
// of a few pixels, so that nobody disappears.

import { BufferAttribute, DataTexture, InstancedBufferAttribute, InstancedBufferGeometry, Mesh, NearestFilter, RGBAFormat, UnsignedByteType, Vector4 } from "three";
import { primitive } from "../primitives.js";
import { material } from "../shaders.js";

const MOTION = `
attribute vec4 iWay; attribute vec2 iHeight; attribute vec2 iHeading; attribute float iState; attribute float iRow;
uniform float uMix; uniform vec4 uBox; uniform float uJump; uniform sampler2D uColours; uniform float uStates; uniform float uMetres;
flat varying float vRow; varying vec3 vColour;
vec3 here(out float heading) {
  vec2 one = iWay.xy * 0.5 + 0.5, two = iWay.zw * 0.5 + 0.5;
  one = uBox.xy + one * (uBox.zw - uBox.xy); two = uBox.xy + two * (uBox.zw - uBox.xy);
  float part = distance(one, two) > uJump ? 1.0 : uMix;
  float turn = fract(iHeading.y - iHeading.x + 0.5) - 0.5;
  heading = (iHeading.x + turn * clamp(uMix * 3.0, 0.0, 1.0)) * 6.2831853;
  vRow = iRow;
  vColour = texture2D(uColours, vec2((iState + 0.5) / uStates, 0.5)).rgb;
  return vec3(mix(one, two, part), mix(iHeight.x, iHeight.y, part));
}
`;
const BODY_VERTEX = `${MOTION}
attribute float mat; varying vec3 vNormal; varying vec3 vWorld; flat varying float vMat;
void main() {
  float heading; vec3 at = here(heading);
  float away = length(cameraPosition - at);
  float size = max(uMetres, away * uPixel * LEAST_PX);
  float c = cos(heading), s = sin(heading);
  // headings run clockwise from north; the body's x axis is ahead
  vec2 ahead = vec2(s, c), left = vec2(-c, s);
  vec2 xy = ahead * position.x + left * position.y;
  vNormal = vec3(ahead * normal.x + left * normal.y, normal.z);
  vWorld = at + vec3(xy * size, position.z * size);
  vMat = mat;
  gl_Position = projectionMatrix * viewMatrix * vec4(vWorld, 1.0);
}`;
const BODY_FRAGMENT = `
flat varying float vRow; varying vec3 vColour; varying vec3 vNormal; varying vec3 vWorld; flat varying float vMat;
uniform float uVehicle;
void main() {
#ifdef PICK
  gl_FragColor = pickColour(vRow);
#else
  vec3 base = vColour; float shine = 0.42;
  if (uVehicle > 0.5) {
    shine = 0.16;
    if (vMat > 0.5 && vMat < 1.5) base = vec3(0.93, 0.95, 0.98);
    else if (vMat > 1.5 && vMat < 2.5) { base = vec3(0.06, 0.09, 0.14); shine = 0.02; }
    else if (vMat > 4.5) { base = mix(vec3(0.15, 0.45, 1.0), vec3(0.75, 0.9, 1.0), step(0.5, fract(uTime * 2.2))); shine = 1.0; }
  } else if (vMat > 0.5 && vMat < 1.5) base = vec3(0.98, 0.86, 0.74);
  else if (vMat > 4.5) shine = 0.95;
  vec3 c = mix(lit(base, normalize(vNormal), 1.0), base, shine);
  c = marked(c, vRow, 0.5);
  gl_FragColor = vec4(fogged(c, vWorld), uOpacity);
#endif
}`;
const SPOT_VERTEX = `${MOTION}
varying vec2 vUv; varying float vFade;
void main() {
  float heading; vec3 at = here(heading);
  at.z += uMetres * 0.6;
  vec4 view = viewMatrix * vec4(at, 1.0);
  float away = max(-view.z, 1.0);
  float size = max(uMetres * 1.5, away * uPixel * LEAST_PX);
  vUv = position.xy * 2.0;
  view.z += min(2.0, away * 0.01);
  view.xy += position.xy * size;
  vFade = mix(fogLeft(at), 1.0, 0.4);
  gl_Position = projectionMatrix * view;
}`;
const SPOT_FRAGMENT = `
flat varying float vRow; varying vec3 vColour; varying vec2 vUv; varying float vFade;
void main() {
  float r = length(vUv);
#ifdef PICK
  if (r > 0.9) discard;
  gl_FragColor = pickColour(vRow);
#else
  if (r > 1.0) discard;
  float core = 1.0 - smoothstep(0.40, 0.62, r);
  float halo = pow(1.0 - r, 1.6) * 0.55;
  vec3 c = mix(vColour, vec3(1.0), core * 0.25);
  gl_FragColor = vec4(marked(c, vRow, 0.5), max(core, halo) * vFade * uOpacity);
#endif
}`;

export class Movers {
  constructor(context, data, ids) {
    this.context = context;
    this.data = data;
    this.count = ids.length;
    this.vehicle = data.primitive !== "person";
    this.way = new Int16Array(this.count * 4).fill(-32768);
    this.heights = new Float32Array(this.count * 2);
    this.headings = new Uint8Array(this.count * 2);
    this.states = new Uint8Array(this.count);
    this.shown = 0;
    this.world_s = null;
    this.span_s = 0.2;
    this.started = 0;
    const states = data.colours.length / 3;
    const pixels = new Uint8Array(states * 4);
    for (let k = 0; k < states; k += 1) pixels.set([...data.colours.subarray(k * 3, k * 3 + 3), 255], k * 4);
    const palette = new DataTexture(pixels, states, 1, RGBAFormat, UnsignedByteType);
    palette.minFilter = palette.magFilter = NearestFilter;
    palette.needsUpdate = true;
    this.uniforms = {
      uMix: { value: 1 }, uBox: { value: new Vector4(...data.box) }, uJump: { value: data.jump_m }, uColours: { value: palette },
      uStates: { value: states }, uMetres: { value: data.size_m }, uVehicle: { value: this.vehicle ? 1 : 0 },
    };
    const options = { layer: context.uniforms, uniforms: this.uniforms, pick: context.pickable };
    const body = this._geometry(primitive(data.primitive), ["position", "normal", "mat"]);
    this.body = new Mesh(body, material(BODY_VERTEX, BODY_FRAGMENT, { ...options, defines: { LEAST_PX: this.vehicle ? "24.0" : "8.0" } }));
    this.objects = [this.body];
    if (!this.vehicle) {
      const quad = { position: new BufferAttribute(new Float32Array([-0.5, -0.5, 0, 0.5, -0.5, 0, 0.5, 0.5, 0, -0.5, 0.5, 0]), 3) };
      const spot = this._geometry({ getAttribute: (name) => quad[name], getIndex: () => new BufferAttribute(new Uint16Array([0, 1, 2, 0, 2, 3]), 1) }, ["position"]);
      this.spot = new Mesh(spot, material(SPOT_VERTEX, SPOT_FRAGMENT, { ...options, defines: { LEAST_PX: "7.0" }, transparent: true, depthWrite: false }));
      this.spot.renderOrder = 34;
      this.objects.push(this.spot);
    }
    for (const mesh of this.objects) {
      mesh.frustumCulled = false;
      mesh.userData.empty = true;
    }
    this._shown(false);
  }

  _geometry(base, names) {
    const geometry = new InstancedBufferGeometry();
    for (const name of names) geometry.setAttribute(name, base.getAttribute(name));
    geometry.setIndex(base.getIndex());
    this.attributes ??= {
      iWay: new InstancedBufferAttribute(this.way, 4, true), iHeight: new InstancedBufferAttribute(this.heights, 2),
      iHeading: new InstancedBufferAttribute(this.headings, 2, true), iState: new InstancedBufferAttribute(this.states, 1),
      iRow: new InstancedBufferAttribute(Float32Array.from({ length: this.count }, (_, k) => k), 1),
    };
    for (const [name, attribute] of Object.entries(this.attributes)) geometry.setAttribute(name, attribute);
    geometry.instanceCount = this.count;
    return geometry;
  }

  _shown(shown) {
    this.filled = shown;
    for (const mesh of this.objects) mesh.userData.empty = !shown;
    this.context.refresh();
  }

  /** A new key frame. */
  frame(message, now_s) {
    if (message.n !== this.count) return;
    const next = new Int16Array(message.xy.buffer.slice(message.xy.byteOffset, message.xy.byteOffset + message.xy.byteLength));
    const turn = message.h && message.h.byteLength ? message.h : null;
    const leap_s = this.world_s === null ? 0 : message.t - this.world_s;
    const fresh = !this.filled || leap_s < 0 || leap_s > 120;
    const part = fresh ? 1 : Math.min(this.uniforms.uMix.value, 1);
    const [west, south, east, north] = this.data.box;
    const kx = (east - west) / 65535, ky = (north - south) / 65535;
    const leap = (this.data.jump_m / Math.max(kx, 1e-9)) ** 2;
    for (let k = 0; k < this.count; k += 1) {
      const a = k * 4;
      let x = this.way[a + 2], y = this.way[a + 3];
      if (part < 1 && (x - this.way[a]) ** 2 + (y - this.way[a + 1]) ** 2 < leap) {
        x = this.way[a] + (x - this.way[a]) * part;
        y = this.way[a + 1] + (y - this.way[a + 1]) * part;
      }
      const nx = next[k * 2], ny = next[k * 2 + 1];
      if (fresh) [x, y] = [nx, ny];
      this.way[a] = x;
      this.way[a + 1] = y;
      this.way[a + 2] = nx;
      this.way[a + 3] = ny;
      const was = this.headings[k * 2 + 1];
      let heading = was;
      if (turn) heading = turn[k];
      else if (Math.abs(nx - x) * kx + Math.abs(ny - y) * ky > 0.15) heading = Math.round((Math.atan2((nx - x) * kx, (ny - y) * ky) / (2 * Math.PI)) * 256) & 255;
      this.headings[k * 2] = fresh ? heading : was;
      this.headings[k * 2 + 1] = heading;
      this.heights[k * 2] = this.context.height(west + (x + 32768) * kx, south + (y + 32768) * ky);
      this.heights[k * 2 + 1] = this.context.height(west + (nx + 32768) * kx, south + (ny + 32768) * ky);
    }
    this.states.set(message.s);
    for (const name of ["iWay", "iHeight", "iHeading", "iState"]) this.attributes[name].needsUpdate = true;
    const gap = now_s - this.arrived;
    if (!fresh && gap > 0.02 && gap < 3) this.span_s += (gap - this.span_s) * 0.35;
    this.arrived = now_s;
    this.started = now_s;
    this.uniforms.uMix.value = fresh ? 1 : 0;
    this.world_s = message.t;
    this.moving = !fresh;
    if (!this.filled) this._shown(true);
  }

  step(now_s) {
    if (!this.moving) return false;
    const part = (now_s - this.started) / Math.max(this.span_s * 1.08, 0.05);
    this.uniforms.uMix.value = Math.min(part, 1);
    this.moving = part < 1;
    return true;
  }

  look(distance) {
    if (this.vehicle) return;
    const near = distance < 420;
    this.body.visible = near;
    this.spot.visible = !near;
  }

  place(row) {
    const [west, south, east, north] = this.data.box;
    const part = this.uniforms.uMix.value, a = row * 4;
    const at = (k) => (this.way[a + k] + (this.way[a + k + 2] - this.way[a + k]) * part + 32768) / 65535;
    const x = west + at(0) * (east - west), y = south + at(1) * (north - south);
    return [x, y, this.context.height(x, y) + this.data.size_m];
  }
}
