// SPDX-License-Identifier: Apache-2.0
// Many equal solids in one draw call, and points of light.

import { Box3, BufferAttribute, InstancedBufferAttribute, InstancedBufferGeometry, Mesh, Sphere, Vector3 } from "three";
import { widen } from "../decode.js";
import { hasFar, primitive } from "../primitives.js";
import { glow, material } from "../shaders.js";

const VERTEX = `
attribute vec3 cap; attribute float mat;
attribute vec3 iPosition; attribute vec3 iScale; attribute vec2 iTurn; attribute vec4 iColour; attribute float iRow; attribute float iExtra;
varying vec3 vWorld; varying vec3 vNormal; varying vec3 vLocal; varying vec4 vColour; varying float vSize; varying float vExtra;
flat varying float vRow; flat varying float vMat;
vec3 turned(vec3 p) {
  float cp = cos(iTurn.y), sp = sin(iTurn.y), cy = cos(iTurn.x), sy = sin(iTurn.x);
  vec3 q = vec3(p.x * cp - p.z * sp, p.y, p.x * sp + p.z * cp);
  return vec3(q.x * cy - q.y * sy, q.x * sy + q.y * cy, q.z);
}
void main() {
  vec3 p = position;
  if (mat > 3.5 && mat < 4.5) p.z = 0.02 + 0.96 * iExtra;
  vec3 scale = iScale;
#ifdef THIN
  // never thinner than a pixel: lines of pipes would break up into dashes far away
  scale.yz = max(scale.yz, vec2(uPixel * distance(cameraPosition, iPosition)));
#endif
  vec3 local = p * scale + cap * scale.y;
  vWorld = turned(local) + iPosition;
  vNormal = turned(normalize(normal / max(iScale, vec3(1e-3))));
  vLocal = local; vColour = iColour; vRow = iRow; vMat = mat; vSize = scale.z; vExtra = iExtra;
  gl_Position = projectionMatrix * viewMatrix * vec4(vWorld, 1.0);
}`;
const HEAD = `
varying vec3 vWorld; varying vec3 vNormal; varying vec3 vLocal; varying vec4 vColour; varying float vSize; varying float vExtra;
flat varying float vRow; flat varying float vMat;
`;
const finish = (body) => `${HEAD}
void main() {
#ifdef PICK
  gl_FragColor = pickColour(vRow);
#else
  vec3 n = normalize(vNormal); if (!gl_FrontFacing) n = -n;
  vec3 eye = normalize(cameraPosition - vWorld);
  float rim = pow(1.0 - abs(dot(n, eye)), 3.0);
  vec3 base = vColour.rgb;
  ${body}
  c = marked(c, vRow, rim);
  gl_FragColor = vec4(fogged(c, vWorld), uOpacity);
#endif
}`;

const SOLID = finish(`
  vec3 c = lit(base, n, 1.0);
  c += vec3(0.25, 0.45, 0.62) * rim * 0.16;
  if (vColour.a < 0.999 && vColour.a > 0.99) c = mix(c, base * 1.25, 0.75);`);

// shells of tanks: courses, dirt at the foot, a line of light at the level
const TANK = finish(`
  float away = length(cameraPosition - vWorld);
  float near = 1.0 - smoothstep(250.0, 900.0, away);
  vec3 c;
  float z = vLocal.z;
  if (vMat > 0.5 && vMat < 1.5) base *= 0.96;
  else if (vMat > 1.5 && vMat < 2.5) base *= 0.52;
  else if (vMat > 2.5 && vMat < 3.5) base *= 0.60;
  else if (vMat > 3.5) base *= 0.66;
  float ao = vMat < 0.5 ? mix(0.62, 1.0, smoothstep(0.0, 0.55, z / vSize)) : 1.0;
  c = lit(base, n, ao);
  if (vMat < 0.5) {
    float course = abs(fract(z / 2.4) - 0.5) * 2.4;
    c *= 1.0 - 0.13 * smoothstep(0.10 + fwidth(z), 0.0, 1.2 - course) * (0.35 + 0.65 * near);
    c *= 0.95 + 0.09 * noise(vec2(atan(vLocal.y, vLocal.x) * 9.0, z * 0.35));
    float level = vExtra * vSize;
    float edge = abs(z - level);
    c = mix(c, c * vec3(0.80, 0.90, 0.99), step(z, level) * 0.55);
    c += vec3(0.16, 0.72, 0.92) * exp(-edge * edge / (0.05 + fwidth(z) * fwidth(z))) * 0.62;
  }
  if (vMat > 0.5 && vMat < 1.5) c *= 0.96 + 0.06 * noise(vLocal.xy * 0.6);
  c += vec3(0.30, 0.48, 0.66) * rim * 0.22;`);

const BALL = finish(`
  vec3 c = lit(base, n, 0.72 + 0.28 * n.z);
  vec3 mirror = reflect(-eye, n);
  c += vec3(0.9, 0.95, 1.0) * pow(max(dot(mirror, uSun), 0.0), 36.0) * 0.32;
  float level = (vExtra - 0.5) * vSize;
  float edge = abs(vLocal.z - level);
  c = mix(c, c * vec3(0.80, 0.90, 0.99), step(vLocal.z, level) * 0.5);
  c += vec3(0.16, 0.72, 0.92) * exp(-edge * edge / (0.03 + fwidth(vLocal.z) * fwidth(vLocal.z))) * 0.45;
  float seam = abs(vLocal.z); c *= 1.0 - 0.10 * smoothstep(0.12 + fwidth(vLocal.z), 0.0, seam);
  c += vec3(0.30, 0.48, 0.66) * rim * 0.28;`);

const STACK = finish(`
  float band = step(0.5, fract(vLocal.z / (vSize * 0.24) + 0.18));
  float top = smoothstep(0.42, 0.44, vLocal.z / vSize);
  base = mix(vec3(0.70, 0.76, 0.84), mix(vec3(0.86, 0.88, 0.92), vec3(0.86, 0.24, 0.20), band), top);
  vec3 c = lit(base, n, 1.0) + vec3(0.25, 0.45, 0.62) * rim * 0.16;`);

const TREE = finish(`
  float up = clamp(vLocal.z / vSize, 0.0, 1.0);
  base = vMat > 1.5 ? vec3(0.16, 0.13, 0.12) : base * mix(0.62, 1.18, up) * 1.25;
  vec3 c = lit(base, normalize(n + vec3(0.0, 0.0, 0.5)), mix(0.6, 1.0, up));`);

const LAMP = finish(`
  vec3 c = vMat > 4.5 ? vec3(1.0, 0.86, 0.62) : lit(base, n, 1.0);`);

const LOOKS = {
  tank_cone: TANK, tank_floating: TANK, tank_dome: TANK, sphere: BALL, bullet: BALL, stack: STACK,
  tree_cone: TREE, tree_round: TREE, lamp: LAMP,
};

const SPARK_VERTEX = `
attribute vec3 iPosition; attribute vec3 iScale; attribute vec4 iColour;
varying vec2 vUv; varying vec3 vColour; varying float vFade;
void main() {
  vec4 view = viewMatrix * vec4(iPosition, 1.0);
  float away = -view.z;
  float size = max(iScale.x, away * uPixel * 2.6);
  view.z += min(size * 0.6, away * 0.2);
  view.xy += position.xy * size;
  vUv = position.xy; vColour = iColour.rgb;
  vFade = fogLeft(iPosition) * clamp(1.25 - away / 3600.0, 0.22, 1.0) * clamp(iScale.x / (away * uPixel * 2.6), 0.3, 1.0);
  gl_Position = projectionMatrix * view;
}`;
const SPARK_FRAGMENT = `
varying vec2 vUv; varying vec3 vColour; varying float vFade;
void main() {
  float r = length(vUv) * 2.0;
  if (r > 1.0) discard;
  float halo = pow(1.0 - r, 2.4);
  float core = smoothstep(0.26, 0.0, r);
  gl_FragColor = vec4((vColour * halo * 0.55 + mix(vColour, vec3(1.0), 0.6) * core) * vFade * uOpacity, 1.0);
}`;

const TILE_M = 640;
const THIN = new Set(["pipe", "beam"]);
const GEOMETRY_NAMES = ["position", "normal", "cap", "mat"];

export class Instances {
  constructor(context, data) {
    this.spark = data.primitive === "glow";
    this.primitive = data.primitive;
    this.detail = data.detail === true;
    this.thin = data.primitive.startsWith("tree");
    this.coarser = hasFar(data.primitive);
    const made = this.spark
      ? material(SPARK_VERTEX, SPARK_FRAGMENT, { layer: context.uniforms, pick: false, ...glow })
      : material(VERTEX, LOOKS[data.primitive] ?? SOLID, { layer: context.uniforms, pick: context.pickable, defines: THIN.has(data.primitive) ? { THIN: 1 } : {} });
    this.stage = context.stage;
    // tiles, so that what is out of sight or far away costs nothing
    const wide = { ...data, scales: widen(data.scales), turns: widen(data.turns) };
    this.objects = tiles(data.positions).map((rows) => this._tile(wide, rows, made));
  }

  _tile(data, rows, made) {
    const geometry = new InstancedBufferGeometry();
    if (this.spark) {
      geometry.setAttribute("position", new BufferAttribute(new Float32Array([-0.5, -0.5, 0, 0.5, -0.5, 0, 0.5, 0.5, 0, -0.5, 0.5, 0]), 3));
      geometry.setIndex([0, 1, 2, 0, 2, 3]);
    } else this._dress(geometry, false);
    const pickRows = (array, size, Type = array.constructor) => {
      const out = new Type(rows.length * size);
      rows.forEach((row, k) => { for (let n = 0; n < size; n += 1) out[k * size + n] = array[row * size + n]; });
      return out;
    };
    const put = (name, array, size, scaled = false) => geometry.setAttribute(name, new InstancedBufferAttribute(array, size, scaled));
    put("iPosition", pickRows(data.positions, 3), 3);
    put("iScale", pickRows(data.scales, 3), 3);
    put("iColour", pickRows(data.colours, 4), 4, true);
    if (!this.spark) {
      put("iTurn", pickRows(data.turns, 2), 2);
      put("iRow", pickRows(data.rows, 1, Float32Array), 1);
      put("iExtra", data.extra ? pickRows(data.extra, 1) : new Float32Array(rows.length), 1);
    }
    geometry.instanceCount = rows.length;
    geometry.boundingSphere = sphere(geometry);
    const mesh = new Mesh(geometry, made);
    mesh.userData.count = rows.length;
    if (this.spark) mesh.renderOrder = 30;
    return mesh;
  }

  _dress(geometry, far) {
    const base = primitive(this.primitive, far);
    for (const part of GEOMETRY_NAMES) geometry.setAttribute(part, base.getAttribute(part));
    geometry.setIndex(base.getIndex());
  }

  /** Small things only where the camera is near; fewer and simpler trees far away. */
  look() {
    if (!this.detail && !this.coarser) return;
    const eye = this.stage.camera.position;
    const reach = this.stage.software ? 0.7 : 1.4;
    for (const mesh of this.objects) {
      const { center, radius } = mesh.geometry.boundingSphere;
      const away = Math.max(eye.distanceTo(center) - radius, 0);
      if (this.detail) mesh.visible = away < 750 * reach;
      if (!this.coarser) continue;
      const far = away > 650 * reach;
      if (far !== mesh.userData.far) {
        mesh.userData.far = far;
        this._dress(mesh.geometry, far);
      }
      if (this.thin) mesh.geometry.instanceCount = Math.round(mesh.userData.count * Math.min(1, Math.max(0.5, 1800 / Math.max(away, 1))));
    }
  }
}

function tiles(positions) {
  const groups = new Map();
  const count = positions.length / 3;
  for (let k = 0; k < count; k += 1) {
    const key = count < 300 ? "" : `${Math.floor(positions[k * 3] / TILE_M)} ${Math.floor(positions[k * 3 + 1] / TILE_M)}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(k);
  }
  return [...groups.values()];
}

function sphere(geometry) {
  const at = geometry.getAttribute("iPosition").array, size = geometry.getAttribute("iScale").array;
  const box = new Box3(), point = new Vector3();
  let reach = 0;
  for (let k = 0; k < at.length; k += 3) {
    box.expandByPoint(point.set(at[k], at[k + 1], at[k + 2]));
    reach = Math.max(reach, Math.hypot(size[k], size[k + 1], size[k + 2]));
  }
  const out = box.getBoundingSphere(new Sphere());
  out.radius += reach + 12;
  return out;
}
