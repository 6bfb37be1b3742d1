// SPDX-License-Identifier: Apache-2.0
// A cloud: bands and glowing iso-lines on the ground, and above them a stack of surfaces at fractions of the local height
// scale, each as dense as a Gaussian profile leaves it there. The stack is depth-tested, so tanks stand in the cloud.
// Two fields are mixed over time.

import {
  BufferAttribute, BufferGeometry, DataTexture, DoubleSide, HalfFloatType, InstancedBufferAttribute, InstancedBufferGeometry,
  LinearFilter, Mesh, RGFormat, Vector4,
} from "three";
import { half } from "../decode.js";
import { material } from "../shaders.js";

const MOST = 4; // thresholds a shader holds; the lowest ones of a longer list are left out
const SLICES = 20;

const FIELD = `
uniform sampler2D uOne; uniform sampler2D uTwo; uniform vec4 uBoxOne; uniform vec4 uBoxTwo; uniform float uMix; uniform float uFloor;
uniform float uLevels[${MOST}]; uniform vec3 uColours[${MOST}]; uniform int uCount; uniform float uFade;
vec2 one(sampler2D s, vec4 box, vec2 xy) {
  vec2 uv = (xy - box.xy) / box.zw;
  vec2 e = min(uv, 1.0 - uv);
  if (min(e.x, e.y) <= 0.0) return vec2(uFloor, 4.0);
  return texture2D(s, uv).rg;
}
vec2 field(vec2 xy) {
  vec2 two = one(uTwo, uBoxTwo, xy);
  return uMix >= 1.0 ? two : mix(one(uOne, uBoxOne, xy), two, uMix);
}
`;
const GROUND_VERTEX = `varying vec3 vWorld;
void main() { vWorld = position; gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0); gl_Position.z -= 0.0008 * gl_Position.w; }`;
const GROUND_FRAGMENT = `${FIELD} varying vec3 vWorld;
void main() {
  // four taps smooth the cells' corners out of the iso-lines
  vec2 h = vec2(uBoxTwo.z, uBoxTwo.w) / vec2(TEXELS) * 0.42;
  float v = 0.25 * (field(vWorld.xy + h * vec2(1, 1)).r + field(vWorld.xy + h * vec2(-1, 1)).r + field(vWorld.xy + h * vec2(1, -1)).r + field(vWorld.xy + h * vec2(-1, -1)).r);
  float slope = max(fwidth(v), 1e-5);
  vec3 c = vec3(0.0); float alpha = 0.0;
  for (int k = 0; k < ${MOST}; k++) {
    if (k >= uCount) break;
    float over = v - uLevels[k];
    float fill = smoothstep(-slope, slope, over);
    float width = clamp(slope * 1.5, 0.0, 0.35);
    float line = 1.0 - smoothstep(width * 0.55, width, abs(over));
    float glow = exp(-abs(over) / max(slope * 4.0, 0.02)) * 0.35;
    float tone = BANDS > 0.5 ? 0.50 : 0.30;
    c = mix(c, uColours[k], fill * 0.96); alpha = max(alpha, fill * tone);
    c = mix(c, mix(uColours[k], vec3(1.0), 0.28), max(line, glow)); alpha = max(alpha, max(line * 0.95, glow * 0.8));
  }
  alpha *= uOpacity * uFade * mix(fogLeft(vWorld), 1.0, 0.3);
  if (alpha < 0.004) discard;
  gl_FragColor = vec4(c, alpha);
}`;
const CLOUD_VERTEX = `${FIELD}
attribute float iSlice; varying vec3 vWorld; varying float vT; varying float vSigma;
void main() {
  vec3 p = position;
  vSigma = field(p.xy).g;
  vT = iSlice;
  p.z += vT * vSigma + 0.8;
  vWorld = p;
  gl_Position = projectionMatrix * viewMatrix * vec4(p, 1.0);
}`;
const CLOUD_FRAGMENT = `${FIELD}
varying vec3 vWorld; varying float vT; varying float vSigma; uniform float uDensity;
void main() {
  // c(z) = c0 exp(-t^2 / 2), t = z / sigma, in decades
  float v = field(vWorld.xy).r - vT * vT * 0.2171472;
  float lowest = uLevels[0];
  if (v < lowest - 0.05) discard;
  vec3 c = uColours[0]; float rank = 0.0;
  for (int k = 1; k < ${MOST}; k++) {
    if (k >= uCount) break;
    float fill = smoothstep(uLevels[k] - 0.06, uLevels[k] + 0.06, v);
    c = mix(c, uColours[k], fill); rank += fill;
  }
  float soft = smoothstep(lowest, lowest + 0.28, v);
  vec2 drift = vWorld.xy / 55.0 + vec2(uTime * 0.05, -uTime * 0.03) + vT * 0.7;
  float wisp = 0.55 + 0.9 * fbm(drift);
  float up = clamp(vT / 2.6, 0.0, 1.0);
  vec3 shade = c * mix(0.62, 1.18, up) + vec3(0.10) * up;
  float alpha = 1.0 - exp(-uDensity * soft * wisp * (0.42 + 0.62 * rank));
  gl_FragColor = vec4(fogged(shade, vWorld), alpha * uOpacity * uFade * fogLeft(vWorld));
}`;

export class Plume {
  constructor(context, data) {
    this.context = context;
    this.uniforms = {
      uOne: { value: null }, uTwo: { value: null }, uBoxOne: { value: new Vector4() }, uBoxTwo: { value: new Vector4() },
      uMix: { value: 1 }, uFloor: { value: -30 }, uLevels: { value: new Float32Array(MOST) },
      uColours: { value: new Float32Array(MOST * 3) }, uCount: { value: 0 }, uFade: { value: 1 }, uDensity: { value: 0.1 },
    };
    const shared = { layer: context.uniforms, uniforms: this.uniforms, pick: false, transparent: true, depthWrite: false, side: DoubleSide };
    this.band = new Mesh(new BufferGeometry(), material(GROUND_VERTEX, GROUND_FRAGMENT, { ...shared, defines: { TEXELS: "64.0", BANDS: data.style === "bands" ? "1.0" : "0.0" } }));
    this.band.renderOrder = 8;
    this.objects = [this.band];
    if (data.style !== "bands") {
      this.cloud = new Mesh(new InstancedBufferGeometry(), material(CLOUD_VERTEX, CLOUD_FRAGMENT, shared));
      this.cloud.renderOrder = 20;
      this.objects.push(this.cloud);
    }
    for (const mesh of this.objects) mesh.frustumCulled = false;
    this.span_s = 0.5;
    this.replace(data, true);
  }

  /** The next field; the one before fades into it. */
  replace(data, first = false) {
    const now_s = performance.now() / 1000;
    const box = new Vector4(data.x0 - data.cell / 2, data.y0 - data.cell / 2, data.nx * data.cell, data.ny * data.cell);
    const texture = fieldTexture(data);
    const u = this.uniforms;
    if (first) {
      u.uOne.value = texture;
      u.uBoxOne.value.copy(box);
    } else {
      if (u.uOne.value !== u.uTwo.value) u.uOne.value.dispose();
      u.uOne.value = u.uTwo.value;
      u.uBoxOne.value.copy(u.uBoxTwo.value);
      const gap = now_s - this.arrived;
      if (gap < 4) this.span_s += (Math.min(gap, 2) - this.span_s) * 0.4;
    }
    this.arrived = now_s;
    u.uTwo.value = texture;
    u.uBoxTwo.value.copy(box);
    u.uFloor.value = data.floor;
    u.uMix.value = first ? 1 : 0;
    const levels = data.levels.slice(-MOST);
    u.uCount.value = levels.length;
    levels.forEach((level, k) => {
      u.uLevels.value[k] = level.log10;
      u.uColours.value.set(level.colour.map((part) => part / 255), k * 3);
    });
    this.band.material.defines.TEXELS = `${Math.max(data.nx, data.ny)}.0`;
    this.band.material.needsUpdate = !first && this._texels !== data.nx;
    this._texels = data.nx;
    this.context.uniforms.uOpacity.value = (this.context.opacity ?? 1) * (data.opacity ?? 1);
    let peak = 0;
    const over = Float32Array.from(data.log10, (bits) => half(bits) - levels[0].log10);
    for (const value of over) peak = Math.max(peak, value);
    this.before = first ? null : this.now;
    this.now = { over, box, nx: data.nx, ny: data.ny, cell: data.cell };
    const tallest = Math.sqrt(2 * Math.max(peak, 0.02) * Math.LN10);
    this._shape(u.uBoxOne.value, u.uBoxTwo.value, Math.min(tallest, 4.6));
    this.moving = !first;
    this.ambient = Boolean(this.cloud) && peak > 0;
    this.context.stage.invalidate();
  }

  _shape(one, two, tallest) {
    const west = Math.min(one.x, two.x), south = Math.min(one.y, two.y);
    const east = Math.max(one.x + one.z, two.x + two.z), north = Math.max(one.y + one.w, two.y + two.w);
    const fields = [this.before, this.now].filter(Boolean);
    fill(this.band.geometry, [west, south, east, north], 72, this.context, fields);
    if (!this.cloud) return;
    fill(this.cloud.geometry, [west, south, east, north], 44, this.context, fields);
    const slices = Float32Array.from({ length: SLICES }, (_, k) => tallest * Math.pow((k + 0.3) / SLICES, 1.15));
    this.cloud.geometry.setAttribute("iSlice", new InstancedBufferAttribute(slices, 1));
    this.cloud.geometry.instanceCount = SLICES;
    this.uniforms.uDensity.value = 1.15 / SLICES;
  }

  step(now_s) {
    if (!this.moving) return false;
    const part = (now_s - this.arrived) / Math.max(this.span_s * 1.05, 0.1);
    this.uniforms.uMix.value = Math.min(part, 1);
    this.moving = part < 1;
    return true;
  }

  dispose() {
    this.uniforms.uOne.value?.dispose();
    this.uniforms.uTwo.value?.dispose();
  }
}

function fieldTexture(data) {
  const both = new Uint16Array(data.nx * data.ny * 2);
  for (let k = 0; k < data.log10.length; k += 1) {
    both[k * 2] = data.log10[k];
    both[k * 2 + 1] = data.sigma[k];
  }
  const texture = new DataTexture(both, data.nx, data.ny, RGFormat, HalfFloatType);
  texture.minFilter = texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}

/** Whether any of the fields comes near its lowest threshold in a rectangle (with a rim of two cells). */
function reached(fields, west, south, east, north) {
  return fields.some(({ over, box, nx, ny, cell }) => {
    const i0 = Math.max(Math.floor((west - box.x) / cell) - 2, 0), i1 = Math.min(Math.ceil((east - box.x) / cell) + 2, nx - 1);
    const j0 = Math.max(Math.floor((south - box.y) / cell) - 2, 0), j1 = Math.min(Math.ceil((north - box.y) / cell) + 2, ny - 1);
    for (let j = j0; j <= j1; j += 1) for (let i = i0; i <= i1; i += 1) if (over[j * nx + i] > -0.1) return true;
    return false;
  });
}

/** A draped grid over a box, with triangles only where the fields reach. */
function fill(geometry, [west, south, east, north], most, context, fields) {
  const longest = Math.max(east - west, north - south);
  const nx = Math.max(Math.round((most * (east - west)) / longest), 8), ny = Math.max(Math.round((most * (north - south)) / longest), 8);
  const position = [], index = [], number = new Map();
  const vertex = (i, j) => {
    const key = j * (nx + 1) + i;
    if (!number.has(key)) {
      const x = west + ((east - west) * i) / nx, y = south + ((north - south) * j) / ny;
      number.set(key, position.length / 3);
      position.push(x, y, context.height(x, y) + 0.35);
    }
    return number.get(key);
  };
  const dx = (east - west) / nx, dy = (north - south) / ny;
  for (let j = 0; j < ny; j += 1)
    for (let i = 0; i < nx; i += 1) {
      if (!reached(fields, west + dx * i, south + dy * j, west + dx * (i + 1), south + dy * (j + 1))) continue;
      const [a, b, c, d] = [vertex(i, j), vertex(i + 1, j), vertex(i + 1, j + 1), vertex(i, j + 1)];
      index.push(a, b, c, a, c, d);
    }
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(position), 3));
  geometry.setIndex(new BufferAttribute(new Uint32Array(index), 1));
}
