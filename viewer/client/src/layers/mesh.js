// SPDX-License-Identifier: Apache-2.0
// Merged triangles with wall coordinates: facades with lit windows, walls, fences, pads and water.

import { BufferAttribute, BufferGeometry, DoubleSide, Mesh } from "three";
import { material } from "../shaders.js";

const VERTEX = `
attribute vec4 colours; attribute vec2 uv2; attribute float row;
varying vec3 vWorld; varying vec2 vUv; varying vec4 vColour; flat varying float vRow;
void main() { vWorld = position; vUv = uv2; vColour = colours; vRow = row;
  vec4 view = viewMatrix * vec4(position, 1.0);
#ifdef OVER
  // a shore is where the outline says, not where the coarse ground happens to cross the level
  view.z += min(12.0, -view.z * 0.05);
#endif
  gl_Position = projectionMatrix * view; }`;
const HEAD = `
varying vec3 vWorld; varying vec2 vUv; varying vec4 vColour; flat varying float vRow;
vec3 faceNormal() { vec3 n = normalize(cross(dFdx(vWorld), dFdy(vWorld))); return dot(n, cameraPosition - vWorld) < 0.0 ? -n : n; }
`;
const finish = (body) => `${HEAD}
void main() {
#ifdef PICK
  gl_FragColor = pickColour(vRow);
#else
  ${body}
#endif
}`;

const FACADE = finish(`
  vec3 n = faceNormal();
  float style = floor(vColour.a * 255.0 + 0.5);
  vec3 base = vColour.rgb; vec3 c; vec3 shine = vec3(0.0);
  float blur = max(fwidth(vUv.x), fwidth(vUv.y));
  if (style > 240.0) {
    float fade = 1.0 - smoothstep(0.8, 3.0, length(fwidth(vUv)));
    vec2 tile = abs(fract(vUv / 4.0) - 0.5) * 4.0;
    c = base * (1.0 - 0.10 * smoothstep(0.14, 0.0, min(2.0 - tile.x, 2.0 - tile.y)) * fade);
    c *= 0.93 + 0.14 * noise(vUv * 0.12 + vRow);
    c = lit(c, n, 1.0) * 0.92;
  } else {
    float foot = clamp(vUv.y / 9.0, 0.0, 1.0);
    c = lit(base, n, mix(0.55, 1.0, foot));
    vec2 pitch = style < 1.5 ? vec2(3.4, 3.5) : style < 2.5 ? vec2(6.4, 5.2) : style < 3.5 ? vec2(9.0, 4.6) : vec2(4.2, 3.0);
    vec2 cell = floor(vUv / pitch), f = fract(vUv / pitch);
    vec2 low = style < 1.5 ? vec2(0.17, 0.30) : style < 2.5 ? vec2(0.12, 0.60) : vec2(0.28, 0.40);
    vec2 high = style < 1.5 ? vec2(0.83, 0.80) : style < 2.5 ? vec2(0.88, 0.84) : vec2(0.72, 0.78);
    vec2 soft = fwidth(vUv / pitch) * 0.8 + 0.001;
    vec2 pane = smoothstep(low - soft, low + soft, f) * (1.0 - smoothstep(high - soft, high + soft, f));
    float glass = pane.x * pane.y * step(0.0, vUv.y);
    float chance = hash(cell + vec2(vRow * 7.31, vRow * 3.17 + floor(n.x * 2.0) * 5.0));
    float share = style < 1.5 ? 0.46 : style < 2.5 ? 0.34 : style < 3.5 ? 0.16 : 0.5;
    float on = step(1.0 - share, chance);
    vec3 warm = mix(vec3(1.0, 0.80, 0.50), vec3(0.72, 0.90, 1.0), step(0.62, hash(cell.yx + vRow)));
    float far = smoothstep(0.25, 1.1, max(fwidth(vUv.x / pitch.x), fwidth(vUv.y / pitch.y)));
    float cover = (high.x - low.x) * (high.y - low.y);
    c = mix(c, c * 0.62 + vec3(0.010, 0.03, 0.05), glass * (1.0 - far));
    shine = warm * (0.35 + 0.65 * hash(cell + 3.1)) * mix(glass * on, cover * share * 0.55, far) * 0.92;
    c += shine;
    c += vec3(0.20, 0.48, 0.70) * smoothstep(0.5, 0.0, abs(fract(vUv.y / 3.5) - 0.02) * 3.5) * 0.0;
  }
  c = marked(c, vRow, 0.0);
  gl_FragColor = vec4(fogged(c, vWorld), uOpacity);`);

const PLAIN = finish(`
  vec3 n = faceNormal();
  vec3 c = lit(vColour.rgb, n, 1.0);
  c = marked(c, vRow, 0.0);
  gl_FragColor = vec4(fogged(c, vWorld), uOpacity);`);

const FENCE = finish(`
  float width = max(fwidth(vUv.x), 1e-4);
  float post = 1.0 - smoothstep(0.06, 0.06 + width, abs(fract(vUv.x / 3.0 + 0.5) - 0.5) * 3.0);
  vec2 d = vec2(vUv.x + vUv.y, vUv.x - vUv.y) / 0.28;
  vec2 wire = abs(fract(d) - 0.5);
  float netting = smoothstep(0.36, 0.48, max(wire.x, wire.y)) * (1.0 - smoothstep(0.05, 0.22, width)) * 0.55;
  float top = smoothstep(0.12, 0.0, abs(vUv.y - 2.2)) * 0.6;
  float alpha = clamp(max(max(post * 0.85 * (1.0 - smoothstep(0.3, 1.6, width)), netting), max(top, 0.14)), 0.0, 1.0) * vColour.a * 1.5;
  vec3 c = marked(vColour.rgb * 0.85, vRow, 0.0);
  gl_FragColor = vec4(fogged(c, vWorld), alpha * uOpacity * fogLeft(vWorld));`);

const PAD = finish(`
  vec3 n = faceNormal();
  float alpha;
  if (abs(n.z) > 0.5) {
    float stripe = smoothstep(0.42, 0.58, abs(fract((vUv.x + vUv.y) / 7.0) - 0.5) * 2.0);
    alpha = vColour.a * (0.55 + 0.7 * stripe);
  } else alpha = vColour.a * pow(clamp(1.0 - vUv.y / 4.9, 0.0, 1.0), 1.6);
  gl_FragColor = vec4(marked(vColour.rgb, vRow, 0.0), alpha * uOpacity * fogLeft(vWorld));`);

const WATER = finish(`
  vec3 c = marked(waterColour(vColour.rgb, vWorld), vRow, 0.0);
  gl_FragColor = vec4(fogged(c, vWorld), uOpacity);`);

const MATERIALS = {
  facade: [FACADE, { side: DoubleSide }],
  plain: [PLAIN, { side: DoubleSide }],
  fence: [FENCE, { transparent: true, depthWrite: false, side: DoubleSide }],
  pad: [PAD, { transparent: true, depthWrite: false, side: DoubleSide }],
  water: [WATER, { defines: { OVER: 1 }, depthWrite: false }],
};

export class Triangles {
  constructor(context, data) {
    const [fragment, options] = MATERIALS[data.material] ?? MATERIALS.plain;
    const geometry = new BufferGeometry();
    const count = data.positions.length / 3;
    geometry.setAttribute("position", new BufferAttribute(data.positions, 3));
    geometry.setAttribute("uv2", new BufferAttribute(data.uv ?? new Float32Array(count * 2), 2));
    geometry.setAttribute("colours", new BufferAttribute(data.colours, 4, true));
    geometry.setAttribute("row", new BufferAttribute(Float32Array.from(data.rows ?? new Uint32Array(count)), 1));
    geometry.setIndex(new BufferAttribute(data.indices, 1));
    const mesh = new Mesh(geometry, material(VERTEX, fragment, { layer: context.uniforms, pick: context.pickable, ...options }));
    mesh.renderOrder = { pad: 5, fence: 6, water: -40 }[data.material] ?? 0;
    mesh.frustumCulled = count > 0 && data.material !== "water";
    this.objects = count ? [mesh] : [];
  }
}
