// SPDX-License-Identifier: Apache-2.0
// Wind: chevrons of light above the mast, running where the wind blows to; longer and quicker when it is stronger.

import { BufferAttribute, BufferGeometry, DoubleSide, Mesh, Vector2, Vector3 } from "three";
import { material } from "../shaders.js";

const VERTEX = `
uniform vec3 uAt; uniform vec2 uWay; uniform float uLong; varying vec2 vUv; varying vec3 vWorld;
void main() {
  float away = length(cameraPosition - uAt);
  float k = max(1.0, away * uPixel * 1.5);
  vec2 left = vec2(-uWay.y, uWay.x);
  vUv = position.xy;
  vWorld = uAt + vec3((uWay * position.x * uLong + left * position.y * 15.0) * k, 0.0);
  gl_Position = projectionMatrix * viewMatrix * vec4(vWorld, 1.0);
}`;
const FRAGMENT = `
uniform vec3 uTint; uniform float uSpeed; varying vec2 vUv; varying vec3 vWorld;
void main() {
  float y = abs(vUv.y);
  float phase = vUv.x * 4.0 + y * 0.62;
  float f = fract(phase - uTime * uSpeed);
  float soft = fwidth(phase) * 1.2;
  float bar = smoothstep(0.30 - soft, 0.30 + soft, f) * (1.0 - smoothstep(0.72 - soft, 0.72 + soft, f));
  float wide = 1.0 - smoothstep(0.62, 0.66 + fwidth(y), y);
  float tail = smoothstep(0.0, 0.35, vUv.x) * (1.0 - smoothstep(0.90, 1.0, vUv.x));
  float alpha = bar * wide * tail * 0.85;
  if (alpha < 0.01) discard;
  gl_FragColor = vec4(mix(uTint, vec3(1.0), vUv.x * 0.35), alpha * uOpacity);
}`;

export class Arrow {
  constructor(context, data) {
    this.context = context;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array([0, -1, 0, 1, -1, 0, 1, 1, 0, 0, 1, 0]), 3));
    geometry.setIndex([0, 1, 2, 0, 2, 3]);
    this.uniforms = {
      uAt: { value: new Vector3() }, uWay: { value: new Vector2(1, 0) }, uLong: { value: 60 }, uSpeed: { value: 0.4 }, uTint: { value: new Vector3(0.44, 0.84, 1) },
    };
    const mesh = new Mesh(geometry, material(VERTEX, FRAGMENT, { layer: context.uniforms, uniforms: this.uniforms, pick: false, transparent: true, depthWrite: false, side: DoubleSide }));
    mesh.frustumCulled = false;
    mesh.renderOrder = 33;
    this.objects = [mesh];
    this.update(data);
  }

  update(data) {
    this.data = { ...this.data, ...data };
    const { position, u_m_s, v_m_s, colour } = this.data;
    const speed = Math.hypot(u_m_s, v_m_s);
    this.uniforms.uAt.value.set(position[0], position[1], position[2] + this.context.height(position[0], position[1]));
    if (speed > 0) this.uniforms.uWay.value.set(u_m_s / speed, v_m_s / speed);
    this.uniforms.uLong.value = 40 + 22 * Math.min(speed, 12);
    this.uniforms.uSpeed.value = 0.12 + 0.1 * Math.min(speed, 12);
    this.uniforms.uTint.value.set(...colour.map((part) => part / 255));
    this.ambient = speed > 0.05;
    this.wind = { speed, towards: (Math.atan2(u_m_s, v_m_s) * 180) / Math.PI };
  }
}
