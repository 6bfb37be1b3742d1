// SPDX-License-Identifier: Apache-2.0
// Lines: thin edges, glowing ribbons that lie on the ground, and the markings of roads.

import { BufferAttribute, BufferGeometry, DoubleSide, LineSegments, Mesh, NormalBlending } from "three";
import { material } from "../shaders.js";

const THIN_VERTEX = `
attribute vec4 colours; varying vec3 vWorld; varying vec4 vColour;
void main() { vWorld = position; vColour = colours; gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0); gl_Position.z -= 0.0006 * gl_Position.w; }`;
const THIN_FRAGMENT = `
varying vec3 vWorld; varying vec4 vColour;
void main() { gl_FragColor = vec4(vColour.rgb, vColour.a * uOpacity * fogLeft(vWorld) * clamp(1.2 - length(vWorld - cameraPosition) / 4200.0, 0.12, 1.0)); }`;

const RIBBON_VERTEX = `
attribute vec2 side; attribute float along; attribute float edge; attribute vec4 colours; attribute float row;
uniform float uWidth; varying float vEdge; varying float vAlong; varying vec3 vWorld; varying vec4 vColour; varying float vWide; flat varying float vRow;
void main() {
  float away = max(length(cameraPosition - position), 1.0);
  float px = away * uPixel;
  vWide = max(uWidth * px, 0.9 + uWidth * 0.32);
  vWorld = position + vec3(side * vWide * HALO * edge, 0.0);
  vWorld.z += min(away * 0.0012, 3.0);
  vEdge = edge; vAlong = along; vColour = colours; vRow = row;
  gl_Position = projectionMatrix * viewMatrix * vec4(vWorld, 1.0);
}`;
const RIBBON_FRAGMENT = `
varying float vEdge; varying float vAlong; varying vec3 vWorld; varying vec4 vColour; varying float vWide; flat varying float vRow;
uniform float uFlow; uniform float uGlow; uniform float uGhost;
void main() {
#ifdef PICK
  if (abs(vEdge) > 0.5) discard;
  gl_FragColor = pickColour(vRow);
#else
  float e = abs(vEdge) * HALO;
  float soft = max(fwidth(e), 0.02);
  float core = 1.0 - smoothstep(0.5 - soft, 0.5 + soft, e);
  float halo = exp(-e * 1.35) * (1.0 - smoothstep(0.55, 1.0, abs(vEdge))) * 0.55 * uGlow;
  vec3 c = vColour.rgb;
  float pulse = 0.0;
  if (uFlow > 0.5) {
    float spacing = vWide * 7.0;
    float f = fract((vAlong - e * vWide * 0.9) / spacing - uTime * 0.55);
    pulse = smoothstep(0.0, 0.10, f) * (1.0 - smoothstep(0.16, 0.42, f)) * core;
  }
  c = mix(c, vec3(1.0), 0.25 * core * exp(-e * 5.0) + pulse * 0.75);
  float alpha = max(core * 0.92, halo) * vColour.a;
  c = marked(c, vRow, 0.0);
  gl_FragColor = vec4(c, alpha * uOpacity * uGhost * mix(fogLeft(vWorld), 1.0, 0.35));
#endif
}`;

const PAINT_VERTEX = `
attribute vec2 paint; varying vec3 vWorld; varying vec2 vPaint;
void main() { vWorld = position; vPaint = paint; gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0); gl_Position.z -= 0.0004 * gl_Position.w; }`;
const PAINT_FRAGMENT = `
varying vec3 vWorld; varying vec2 vPaint;
void main() {
  float away = length(vWorld - cameraPosition);
  float fade = (1.0 - smoothstep(900.0, 2600.0, away)) * fogLeft(vWorld);
  gl_FragColor = vec4(mix(vec3(0.80, 0.86, 0.92), vec3(0.98, 0.80, 0.42), vPaint.x), vPaint.y * fade * uOpacity);
}`;

export class Lines {
  constructor(context, data) {
    const points = context.drape ? context.draped(data.points) : data.points;
    if (data.style === "road") this.objects = paint(context, data, points);
    else if (data.thin) this.objects = thin(context, data, points);
    else {
      this.objects = ribbon(context, data, points);
      this.ambient = data.flow === true;
    }
  }
}

function segments(data, points) {
  const out = [];
  for (let line = 0; line + 1 < data.starts.length; line += 1) {
    const part = [];
    for (let k = data.starts[line]; k < data.starts[line + 1]; k += 1) part.push([points[k * 3], points[k * 3 + 1], points[k * 3 + 2]]);
    if (part.length > 1) out.push([line, part]);
  }
  return out;
}

function geometryOf(arrays, index) {
  const geometry = new BufferGeometry();
  for (const [name, [array, size, scaled]] of Object.entries(arrays)) geometry.setAttribute(name, new BufferAttribute(array, size, scaled));
  if (index) geometry.setIndex(new BufferAttribute(new Uint32Array(index), 1));
  return geometry;
}

function thin(context, data, points) {
  const position = [], colours = [];
  for (const [line, part] of segments(data, points))
    for (let k = 0; k + 1 < part.length; k += 1) {
      position.push(...part[k], ...part[k + 1]);
      const c = Math.min(line, data.colours.length / 4 - 1) * 4;
      for (let twice = 0; twice < 2; twice += 1) colours.push(...data.colours.subarray(c, c + 4));
    }
  const geometry = geometryOf({ position: [new Float32Array(position), 3], colours: [new Uint8Array(colours), 4, true] });
  const mesh = new LineSegments(geometry, material(THIN_VERTEX, THIN_FRAGMENT, { layer: context.uniforms, pick: false, transparent: true, depthWrite: false }));
  mesh.renderOrder = 4;
  return position.length ? [mesh] : [];
}

function ribbon(context, data, points) {
  const position = [], side = [], along = [], edge = [], colours = [], rows = [], index = [];
  for (const [line, part] of segments(data, points)) {
    let walked = 0;
    const first = edge.length;
    part.forEach((point, k) => {
      const before = part[Math.max(k - 1, 0)], after = part[Math.min(k + 1, part.length - 1)];
      const unit = (a, b) => {
        const l = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
        return [(b[0] - a[0]) / l, (b[1] - a[1]) / l];
      };
      const one = k ? unit(before, point) : unit(point, after), two = k + 1 < part.length ? unit(point, after) : one;
      let normal = [-(one[1] + two[1]), one[0] + two[0]];
      const length = Math.hypot(...normal);
      const stretch = length > 0.35 ? 2 / (length * length) : 0;
      normal = stretch ? normal.map((v) => v * stretch) : [-one[1], one[0]];
      if (k) walked += Math.hypot(point[0] - before[0], point[1] - before[1]);
      for (const sign of [-1, 1]) {
        position.push(...point);
        side.push(...normal);
        along.push(walked);
        edge.push(sign);
        const c = Math.min(line, data.colours.length / 4 - 1) * 4;
        colours.push(...data.colours.subarray(c, c + 4));
        rows.push(line);
      }
      if (k) {
        const a = first + (k - 1) * 2;
        index.push(a, a + 1, a + 3, a, a + 3, a + 2);
      }
    });
  }
  if (!index.length) return [];
  const geometry = geometryOf({
    position: [new Float32Array(position), 3], side: [new Float32Array(side), 2], along: [new Float32Array(along), 1],
    edge: [new Float32Array(edge), 1], colours: [new Uint8Array(colours), 4, true], row: [new Float32Array(rows), 1],
  }, index);
  const make = (ghost, options) => {
    const made = material(RIBBON_VERTEX, RIBBON_FRAGMENT, {
      layer: context.uniforms,
      uniforms: {
        uWidth: { value: data.width_px ?? 4 }, uFlow: { value: data.flow ? 1 : 0 },
        uGlow: { value: data.glow ?? 1 }, uGhost: { value: ghost },
      },
      defines: { HALO: "3.2" }, transparent: true, depthWrite: false, side: DoubleSide, blending: NormalBlending, ...options,
    });
    const mesh = new Mesh(geometry, made);
    mesh.frustumCulled = false;
    mesh.renderOrder = 12;
    return mesh;
  };
  const hidden = make(0.2, { depthTest: false, pick: false });
  const seen = make(1, { pick: context.pickable });
  hidden.renderOrder = 11;
  return (data.glow ?? 1) > 0.9 ? [hidden, seen] : [seen];
}

function paint(context, data, points) {
  const position = [], tone = [], index = [];
  const quad = (a, b, half, shift, yellow, alpha) => {
    const l = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
    const n = [-(b[1] - a[1]) / l, (b[0] - a[0]) / l];
    const at = (p, s) => [p[0] + n[0] * s, p[1] + n[1] * s, p[2]];
    const first = position.length / 3;
    position.push(...at(a, shift - half), ...at(b, shift - half), ...at(b, shift + half), ...at(a, shift + half));
    for (let k = 0; k < 4; k += 1) tone.push(yellow, alpha);
    index.push(first, first + 1, first + 2, first, first + 2, first + 3);
  };
  for (const [line, part] of segments(data, points)) {
    const width = data.widths[line];
    for (let k = 0; k + 1 < part.length; k += 1) {
      const [a, b] = [part[k], part[k + 1]];
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      const at = (t) => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
      const count = Math.max(Math.round(length / 7.5), 1);
      if (width >= 12) {
        quad(a, b, 0.11, 0.22, 1, 0.85);
        quad(a, b, 0.11, -0.22, 1, 0.85);
      }
      for (let dash = 0; dash < count; dash += 1) {
        const one = at((dash + 0.2) / count), two = at((dash + 0.72) / count);
        if (width >= 12) for (const shift of [width / 4, -width / 4]) quad(one, two, 0.12, shift, 0, 0.8);
        else quad(one, two, 0.13, 0, 0, 0.85);
      }
      if (width >= 8) for (const shift of [width / 2 - 0.5, 0.5 - width / 2]) quad(a, b, 0.09, shift, 0, 0.42);
    }
  }
  if (!index.length) return [];
  const geometry = geometryOf({ position: [new Float32Array(position), 3], paint: [new Float32Array(tone), 2] }, index);
  const made = material(PAINT_VERTEX, PAINT_FRAGMENT, { layer: context.uniforms, pick: false, transparent: true, depthWrite: false, side: DoubleSide });
  const mesh = new Mesh(geometry, made);
  mesh.frustumCulled = false;
  mesh.renderOrder = 2;
  return [mesh];
}

