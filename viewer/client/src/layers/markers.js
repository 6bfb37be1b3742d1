// SPDX-License-Identifier: Apache-2.0
// Sensor pins: a stem and a head of constant apparent size whose shape and colour tell the state; hollow = stale data.

import { BufferAttribute, BufferGeometry, InstancedBufferAttribute, InstancedBufferGeometry, LineSegments, Mesh } from "three";
import { material } from "../shaders.js";

const VERTEX = `
attribute vec3 iPosition; attribute vec4 iColour; attribute float iShape; attribute float iPulse; attribute float iSize; attribute float iRow;
varying vec2 vUv; varying vec3 vColour; varying float vShape; varying float vPulse; flat varying float vRow; varying float vPx; varying float vQuiet;
void main() {
  vec4 view = viewMatrix * vec4(iPosition, 1.0);
  float away = max(-view.z, 1.0);
  float px = away * uPixel;
  float size = clamp(4.2 * iSize, 11.5 * iSize * px, 30.0 * iSize * px);
  // quiet sensors step back with distance, minor ones vanish; alarms never do
  float quiet = step(mod(iShape, 128.0), 0.5) * (1.0 - step(0.5, iPulse));
  float far = smoothstep(500.0, 1500.0, away);
  size *= 1.0 - quiet * far * 0.62;
  vQuiet = quiet * far;
  float gone = quiet * step(iSize, 0.75) * step(700.0, away);
  if (abs(iRow - uHover) < 0.5) size *= 1.25;
  size *= 1.0 - gone;
  float reach = iPulse > 0.5 ? 3.4 : 1.5;
  view.z += min(3.0, away * 0.05);
  view.xy += position.xy * size * reach;
  vUv = position.xy * 2.0 * reach; vColour = iColour.rgb; vShape = iShape; vPulse = iPulse; vRow = iRow; vPx = px / size * 2.0;
  gl_Position = projectionMatrix * view;
}`;
// distances to the outlines: Quilez' 2-D distance functions, written from their geometry
const FRAGMENT = `
varying vec2 vUv; varying vec3 vColour; varying float vShape; varying float vPulse; flat varying float vRow; varying float vPx; varying float vQuiet;
float outline(vec2 p, float shape) {
  if (shape < 0.5) return length(p) - 0.80;
  if (shape < 1.5) return (abs(p.x) + abs(p.y) - 1.02) * 0.7071;
  if (shape < 2.5) { vec2 q = vec2(abs(p.x), p.y + 0.10); return max(q.x * 0.866 + q.y * 0.5 - 0.52, -q.y - 0.62); }
  if (shape < 3.5) { vec2 q = abs(p); return max(q.x * 0.866 + q.y * 0.5, q.y) - 0.84; }
  vec2 q = vec2(p.x + p.y, p.x - p.y) * 0.7071;
  return min(max(abs(q.x) - 0.26, abs(q.y) - 0.92), max(abs(q.y) - 0.26, abs(q.x) - 0.92));
}
void main() {
  float hollow = step(127.5, vShape);
  float shape = vShape - hollow * 128.0;
  float d = outline(vUv, shape);
  float soft = vPx * 0.75;
  float body = 1.0 - smoothstep(-soft, soft, d);
#ifdef PICK
  if (d > 0.35) discard;
  gl_FragColor = pickColour(vRow);
#else
  float inner = 1.0 - smoothstep(-soft, soft, d + 0.30);
  float ring = body - inner;
  vec3 c = vColour; float alpha;
  if (hollow > 0.5) { alpha = ring + inner * 0.28; c = mix(vColour, vec3(0.02, 0.05, 0.10), inner * 0.9); }
  else {
    alpha = body;
    c = mix(c * 1.02, vec3(1.0), ring * 0.80 * (1.0 - vQuiet));
    if (shape > 1.5 && shape < 3.5) {
      float bar = 1.0 - smoothstep(0.09, 0.09 + soft, max(abs(vUv.x), abs(vUv.y - 0.12) * 0.30));
      float dot1 = 1.0 - smoothstep(0.11, 0.11 + soft, length(vUv + vec2(0.0, 0.38)));
      c = mix(c, vec3(0.10, 0.02, 0.02), max(bar, dot1) * 0.9);
    }
  }
  float halo = exp(-max(d, 0.0) * 3.2) * 0.50 * (1.0 - hollow) * (1.0 - body) * (1.0 - vQuiet);
  if (vPulse > 0.5) {
    float speed = vPulse > 1.5 ? 1.1 : 0.65;
    float t = fract(uTime * speed);
    float wave = smoothstep(0.34, 0.0, abs(length(vUv) - mix(0.8, 3.3, t))) * (1.0 - t);
    halo = max(halo, wave * 0.85);
  }
  float edge = 1.0 - smoothstep(2.6, 3.4, length(vUv));
  alpha = max(alpha, halo * edge * mix(smoothstep(1.5, 1.1, length(vUv)), 1.0, step(0.5, vPulse)));
  c = marked(c, vRow, 0.0);
  gl_FragColor = vec4(c, alpha * uOpacity * (1.0 - 0.3 * vQuiet));
#endif
}`;
const STEM_VERTEX = `
attribute vec4 colours; attribute float up; varying vec4 vColour; varying vec3 vWorld; varying float vUp;
void main() { vColour = colours; vWorld = position; vUp = up; gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0); }`;
const STEM_FRAGMENT = `
varying vec4 vColour; varying vec3 vWorld; varying float vUp;
void main() { gl_FragColor = vec4(vColour.rgb, mix(0.2, 0.9, vUp) * uOpacity * fogLeft(vWorld) * (1.0 - smoothstep(500.0, 1300.0, length(vWorld - cameraPosition)))); }`;

export class Markers {
  constructor(context, data) {
    this.context = context;
    this.data = data;
    this.geometry = new InstancedBufferGeometry();
    this.geometry.setAttribute("position", new BufferAttribute(new Float32Array([-0.5, -0.5, 0, 0.5, -0.5, 0, 0.5, 0.5, 0, -0.5, 0.5, 0]), 3));
    this.geometry.setIndex([0, 1, 2, 0, 2, 3]);
    this.stems = new BufferGeometry();
    const head = new Mesh(this.geometry, material(VERTEX, FRAGMENT, { layer: context.uniforms, pick: context.pickable, transparent: true, depthWrite: false }));
    head.renderOrder = 40;
    head.frustumCulled = false;
    const stem = new LineSegments(this.stems, material(STEM_VERTEX, STEM_FRAGMENT, { layer: context.uniforms, pick: false, transparent: true, depthWrite: false }));
    stem.renderOrder = 39;
    stem.frustumCulled = false;
    this.objects = [stem, head];
    this._fill();
  }

  _fill() {
    const { positions, stems, colours, shapes, pulses, sizes } = this.data;
    const count = positions.length / 3;
    const foot = this.context.draped(positions);
    const head = foot.slice();
    for (let k = 0; k < count; k += 1) head[k * 3 + 2] += stems[k];
    const put = (name, array, size, scaled = false) => this.geometry.setAttribute(name, new InstancedBufferAttribute(array, size, scaled));
    put("iPosition", head, 3);
    put("iColour", colours, 4, true);
    put("iShape", Float32Array.from(shapes), 1);
    put("iPulse", Float32Array.from(pulses), 1);
    put("iSize", Float32Array.from(sizes ?? new Array(count).fill(1)), 1);
    put("iRow", Float32Array.from({ length: count }, (_, k) => k), 1);
    this.geometry.instanceCount = count;
    const line = new Float32Array(count * 6), tint = new Uint8Array(count * 8), up = new Float32Array(count * 2);
    for (let k = 0; k < count; k += 1) {
      line.set(foot.subarray(k * 3, k * 3 + 3), k * 6);
      line.set(head.subarray(k * 3, k * 3 + 3), k * 6 + 3);
      tint.set(colours.subarray(k * 4, k * 4 + 4), k * 8);
      tint.set(colours.subarray(k * 4, k * 4 + 4), k * 8 + 4);
      up[k * 2 + 1] = 1;
    }
    this.stems.setAttribute("position", new BufferAttribute(line, 3));
    this.stems.setAttribute("colours", new BufferAttribute(tint, 4, true));
    this.stems.setAttribute("up", new BufferAttribute(up, 1));
    this.ambient = pulses.some((pulse) => pulse > 0);
  }

  update(data) {
    Object.assign(this.data, data);
    this._fill();
  }

  /** World position of a row's head. */
  place(row) {
    const at = this.geometry.getAttribute("iPosition").array;
    return [at[row * 3], at[row * 3 + 1], at[row * 3 + 2]];
  }
}
