// SPDX-License-Identifier: Apache-2.0
// The ground: a height field whose cover is cut sharply out of soft class pictures, with baked light and shadow.

import { BufferAttribute, BufferGeometry, LinearFilter, LinearMipmapLinearFilter, LinearMipmapNearestFilter, Mesh, Texture, Vector4 } from "three";
import { material } from "../shaders.js";

const VERTEX = `
attribute vec3 normal3; varying vec3 vWorld; varying vec3 vNormal;
void main() { vWorld = position; vNormal = normal3; gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0); }`;

const FRAGMENT = `
varying vec3 vWorld; varying vec3 vNormal;
uniform sampler2D uClasses; uniform sampler2D uLight; uniform sampler2D uAround;
uniform vec4 uNear; uniform vec4 uFar; uniform vec4 uPark; uniform float uRoads; uniform float uReady; uniform float uSea;
float cut(float v, float w) { return smoothstep(0.5 - w, 0.5 + w, v); }
void main() {
#ifdef PICK
  gl_FragColor = vec4(0.0);
#else
  vec2 nearUv = (vWorld.xy - uNear.xy) / (uNear.zw - uNear.xy);
  vec2 e = min(nearUv, 1.0 - nearUv);
  float inside = smoothstep(0.0, 0.03, min(e.x, e.y)) * uReady;
  float step_m = length(fwidth(vWorld.xy));
  vec3 cls = texture2D(uClasses, nearUv).rgb;
  float wide = clamp(fwidth(cls.r) * 0.8, 0.04, 0.5), wideG = clamp(fwidth(cls.g) * 0.8, 0.06, 0.5), wideB = clamp(fwidth(cls.b) * 0.8, 0.06, 0.5);
  vec3 c = vec3(0.0);

  if (inside < 1.0) {
    // land around the park: a patchwork of fields, faintly gridded like a map table
    vec2 farUv = (vWorld.xy - uFar.xy) / (uFar.zw - uFar.xy);
    vec3 around = texture2D(uAround, clamp(farUv, 0.0, 1.0)).rgb * uReady;
    float broad = noise(vWorld.xy / 420.0);
    float patchTone = hash(floor(vWorld.xy / 170.0 + broad * 1.6)) * 0.55 + 0.45 * broad;
    c = mix(vec3(0.038, 0.088, 0.138), vec3(0.050, 0.122, 0.158), patchTone);
    c = mix(c, vec3(0.040, 0.150, 0.138), cut(around.g, 0.25));
    c = mix(c, vec3(0.125, 0.205, 0.290), cut(around.r, 0.3) * 0.9 * uRoads);
    c = mix(c, vec3(0.020, 0.085, 0.165), cut(around.b, 0.22));
    vec2 mesh = abs(fract(vWorld.xy / 500.0 + 0.5) - 0.5) * 500.0;
    float line = 1.0 - smoothstep(0.0, 1.6 * step_m + 0.4, min(mesh.x, mesh.y));
    c += vec3(0.05, 0.14, 0.20) * line * 0.30 * (1.0 - smoothstep(6.0, 30.0, step_m));
  }
  if (inside > 0.0) {
    vec3 light = texture2D(uLight, nearUv).rgb;
    float fine = 1.0 - smoothstep(0.6, 4.0, step_m), middle = 1.0 - smoothstep(6.0, 30.0, step_m);
    float broad = noise(vWorld.xy / 27.0), grain = step_m < 2.0 ? noise(vWorld.xy * 0.6) : 0.5;
    vec3 g = mix(vec3(0.044, 0.104, 0.168), vec3(0.140, 0.235, 0.345), light.b);
    g *= 0.93 + 0.14 * broad * middle;
    float paved = cut(cls.b, wideB);
    if (paved > 0.0) {
      vec3 pad = vec3(0.160, 0.245, 0.340);
      vec2 joint = abs(fract(vWorld.xy / 7.5) - 0.5) * 7.5;
      pad *= 1.0 - 0.18 * smoothstep(0.16, 0.0, min(3.75 - joint.x, 3.75 - joint.y)) * fine;
      pad *= 0.90 + 0.14 * mix(broad, grain, 0.5);
      g = mix(g, pad, paved);
    }
    float green = cut(cls.g, wideG);
    if (green > 0.0) {
      vec3 grass = mix(vec3(0.034, 0.150, 0.132), vec3(0.058, 0.215, 0.165), broad) * (0.9 + 0.2 * grain);
      g = mix(g, grass, green);
    }
    float road = cut(cls.r, wide) * uRoads;
    float kerb = smoothstep(0.16, 0.42, cls.r) * (1.0 - cut(cls.r, wide)) * uRoads;
    g = mix(g, vec3(0.270, 0.365, 0.465), kerb * (0.35 + 0.35 * middle));
    g = mix(g, vec3(0.190, 0.245, 0.315) * (0.95 + 0.09 * grain), road);
    g *= mix(0.28, 1.06, light.r);
    g += vec3(1.0, 0.62, 0.26) * (light.g * g * 0.9 + light.g * light.g * 0.15);
    c = mix(c, g, inside);
  }
  bool sea = vWorld.z < uSea - 0.6;
  if (sea && inside < 1.0) c = mix(waterColour(vec3(12.0, 54.0, 94.0) / 255.0, vWorld), c, inside);
  float relief = clamp(0.72 + 0.55 * (dot(normalize(vNormal), uSun) - uSun.z), 0.45, 1.25) / 0.72;
  c *= sea ? 1.0 : mix(relief, 1.0, inside * 0.7);
  gl_FragColor = vec4(fogged(c, vWorld), 1.0);
#endif
}`;

export class Ground {
  constructor(context, data) {
    this.data = data;
    const { xs, ys, z } = data;
    const far = 70000;
    // an apron to the horizon around the height field
    const gx = [xs[0] - far, ...xs, xs[xs.length - 1] + far], gy = [ys[0] - far, ...ys, ys[ys.length - 1] + far];
    const nx = gx.length, ny = gy.length;
    const position = new Float32Array(nx * ny * 3);
    const at = (i, j) => z[Math.min(Math.max(j - 1, 0), ys.length - 1) * xs.length + Math.min(Math.max(i - 1, 0), xs.length - 1)];
    for (let j = 0; j < ny; j += 1)
      for (let i = 0; i < nx; i += 1) position.set([gx[i], gy[j], at(i, j)], (j * nx + i) * 3);
    const index = new Uint32Array((nx - 1) * (ny - 1) * 6);
    let k = 0;
    for (let j = 0; j < ny - 1; j += 1)
      for (let i = 0; i < nx - 1; i += 1) {
        const a = j * nx + i;
        index.set([a, a + 1, a + nx + 1, a, a + nx + 1, a + nx], k);
        k += 6;
      }
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(position, 3));
    geometry.setIndex(new BufferAttribute(index, 1));
    geometry.computeVertexNormals();
    geometry.setAttribute("normal3", geometry.getAttribute("normal"));
    this.uniforms = {
      uClasses: { value: picture() }, uLight: { value: picture() }, uAround: { value: picture() },
      uNear: { value: new Vector4(...data.near) }, uFar: { value: new Vector4(...data.far) },
      uPark: { value: new Vector4(...data.park) }, uRoads: { value: 1 }, uReady: { value: 0 }, uSea: { value: data.sea_m },
    };
    const mesh = new Mesh(geometry, material(VERTEX, FRAGMENT, { layer: context.uniforms, uniforms: this.uniforms }));
    mesh.frustumCulled = false;
    mesh.renderOrder = -50;
    this.objects = [mesh];
    this.context = context;
    this.loading = this._load(data);
  }

  async _load(data) {
    const pictures = await Promise.all(["classes", "light", "around"].map((name) => bitmap(data[name])));
    const anisotropy = Math.min(this.context.stage.renderer.capabilities.getMaxAnisotropy(), this.context.stage.software ? 1 : 8);
    ["uClasses", "uLight", "uAround"].forEach((name, k) => {
      const texture = this.uniforms[name].value;
      texture.image = pictures[k];
      texture.anisotropy = anisotropy;
      if (this.context.stage.software) texture.minFilter = LinearMipmapNearestFilter;
      texture.needsUpdate = true;
    });
    this.uniforms.uReady.value = 1;
    this.context.stage.invalidate();
  }

  /** Height of the drawn ground, bilinear between its nodes. */
  height(x, y) {
    const { xs, ys, z } = this.data;
    const [i, a] = place(xs, x), [j, b] = place(ys, y);
    const n = xs.length, low = j * n + i;
    return (z[low] * (1 - a) + z[low + 1] * a) * (1 - b) + (z[low + n] * (1 - a) + z[low + n + 1] * a) * b;
  }

  set roads(shown) {
    this.uniforms.uRoads.value = shown ? 1 : 0;
  }
}

function place(axis, value) {
  const last = axis.length - 2;
  if (value <= axis[0]) return [0, 0];
  if (value >= axis[last + 1]) return [last, 1];
  let low = 0, high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (axis[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return [low, (value - axis[low]) / (axis[low + 1] - axis[low])];
}

function picture() {
  const texture = new Texture();
  texture.flipY = false;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  return texture;
}

function bitmap(bytes) {
  const copy = new Blob([bytes.slice()], { type: "image/jpeg" });
  return createImageBitmap(copy, { imageOrientation: "flipY", colorSpaceConversion: "none", premultiplyAlpha: "none" });
}
