// SPDX-License-Identifier: Apache-2.0
// The look: one light, one sky, one fog, shared by every material. Colours are screen colours; nothing is tone-mapped.

import { AdditiveBlending, DoubleSide, FrontSide, NoBlending, ShaderMaterial, Vector2, Vector3, Vector4 } from "three";

/** Uniforms that every material shares; the stage keeps them up to date. */
export const shared = {
  uSun: { value: new Vector3(-0.58, 0.36, 0.73).normalize() },
  uTime: { value: 0 },
  uPixel: { value: 0.001 }, // metres per pixel at one metre's distance
  uFog: { value: new Vector2(1500, 6000) }, // where it starts, and its scale
  uView: { value: new Vector2(1, 1) }, // canvas in pixels
};

const COMMON = /* glsl */ `
precision highp float;
uniform vec3 uSun; uniform float uTime; uniform float uPixel; uniform vec2 uFog; uniform vec2 uView;
uniform float uHover; uniform vec4 uSelect; uniform float uPickBase; uniform float uOpacity;
float hash(vec2 p) { p = fract(p * vec2(123.34, 456.21)); p += dot(p, p + 45.32); return fract(p.x * p.y); }
float noise(vec2 p) {
  vec2 i = floor(p), f = fract(p); f = f * f * (3.0 - 2.0 * f);
  return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}
float fbm(vec2 p) { return 0.5 * noise(p) + 0.3 * noise(p * 2.3 + 7.1) + 0.2 * noise(p * 5.1 + 3.7); }
vec3 skyColour(vec3 d) {
  float h = max(d.z, 0.0);
  vec3 low = vec3(0.090, 0.200, 0.335);
  vec3 c = mix(low, vec3(0.033, 0.085, 0.18), smoothstep(0.0, 0.16, h));
  c = mix(c, vec3(0.012, 0.03, 0.075), smoothstep(0.1, 0.6, h));
  float west = max(dot(normalize(d.xy + 1e-5), normalize(vec2(-0.6, 0.8))), 0.0);
  c += vec3(0.10, 0.135, 0.15) * pow(west, 3.0) * exp(-h * 9.0);
  return c;
}
vec3 lit(vec3 albedo, vec3 n, float ao) {
  float sky = 0.5 + 0.5 * n.z;
  vec3 ambient = mix(vec3(0.25, 0.30, 0.40), vec3(0.58, 0.67, 0.80), sky) * ao;
  float sun = max(dot(n, uSun), 0.0);
  float back = max(dot(n, normalize(vec3(0.7, -0.6, 0.1))), 0.0);
  return albedo * (ambient + vec3(0.66, 0.66, 0.66) * sun + vec3(0.06, 0.10, 0.14) * back);
}
vec3 fogged(vec3 colour, vec3 world) {
  vec3 ray = world - cameraPosition;
  float away = length(ray);
  float amount = 1.0 - exp(-pow(max(away - uFog.x, 0.0) / uFog.y, 1.35));
  vec3 d = ray / max(away, 1e-3);
  return mix(colour, skyColour(vec3(d.xy, max(d.z, 0.012))), amount);
}
float fogLeft(vec3 world) {
  return exp(-pow(max(length(world - cameraPosition) - uFog.x, 0.0) / uFog.y, 1.35));
}
vec3 marked(vec3 colour, float row, float rim) {
  if (abs(row - uHover) < 0.5) colour = mix(colour, vec3(0.45, 0.92, 1.0), 0.42 + 0.4 * rim);
  vec4 chosen = step(abs(uSelect - row), vec4(0.5));
  if (dot(chosen, vec4(1.0)) > 0.5) colour = mix(colour, vec3(1.0, 0.74, 0.25), 0.45 + 0.4 * rim);
  return colour;
}
vec3 waterColour(vec3 base, vec3 world) {
  vec3 eye = normalize(cameraPosition - world);
  float away = length(cameraPosition - world);
  float calm = 1.0 / (1.0 + away / 1400.0);
  vec2 p = world.xy * 0.045;
  float t = uTime * 0.15;
  vec2 wave = vec2(0.0);
  if (calm > 0.25) wave = vec2(noise(p + vec2(t, 0.3 * t)) + 0.5 * noise(p * 2.7) - 0.75, noise(p.yx * 1.13 + vec2(0.2 * t, -t) + 11.0) - 0.5) * smoothstep(0.25, 0.45, calm);
  vec3 n = normalize(vec3(wave * 0.36 * calm, 1.0));
  float fresnel = 0.05 + 0.85 * pow(1.0 - max(dot(eye, n), 0.0), 4.0);
  vec3 mirror = reflect(-eye, n);
  vec3 c = mix(base * (0.82 + 0.36 * noise(world.xy / 310.0)), skyColour(vec3(mirror.xy, abs(mirror.z))) * 1.25, fresnel);
  return c + vec3(0.55, 0.70, 0.88) * pow(max(dot(mirror, uSun), 0.0), 90.0) * 0.4;
}
vec4 pickColour(float row) {
  float id = row + uPickBase;
  return vec4(floor(mod(id, 256.0)), floor(mod(id / 256.0, 256.0)), floor(id / 65536.0), 255.0) / 255.0;
}
`;

/** Uniforms of one layer: hover, selection, picking, opacity. */
export function layerUniforms() {
  return {
    uHover: { value: -1 },
    uSelect: { value: new Vector4(-1, -1, -1, -1) },
    uPickBase: { value: 0 },
    uOpacity: { value: 1 },
  };
}

/**
 * A material from shader bodies. `PICK` is defined in the twin that draws ids instead of colours; it shares the uniforms.
 */
export function material(vertex, fragment, { uniforms = {}, layer = layerUniforms(), pick = true, ...options } = {}) {
  const all = { ...shared, ...layer, ...uniforms };
  const base = {
    vertexShader: COMMON + vertex,
    fragmentShader: COMMON + fragment,
    uniforms: all,
    side: FrontSide,
    ...options,
  };
  const drawn = new ShaderMaterial(base);
  drawn.userData.solid = !drawn.transparent;
  if (pick) {
    drawn.userData.pick = new ShaderMaterial({
      ...base,
      defines: { ...(options.defines ?? {}), PICK: 1 },
      transparent: false,
      blending: NoBlending,
      depthWrite: true,
      depthTest: true,
    });
  }
  return drawn;
}

export const glow = { transparent: true, depthWrite: false, blending: AdditiveBlending };
export const bothSides = { side: DoubleSide };
