// SPDX-License-Identifier: Apache-2.0
// Canvas, renderer, sky and the loop that draws only when something changed. Slow machines get fewer pixels and fewer
// frames instead of a frozen page.

import {
  BackSide, BufferAttribute, BufferGeometry, ColorManagement, LinearFilter, LinearSRGBColorSpace, Mesh, PerspectiveCamera,
  Scene, ShaderMaterial, SphereGeometry, Vector2, WebGLRenderer, WebGLRenderTarget,
} from "three";
import { material, shared } from "./shaders.js";

ColorManagement.enabled = false;
const SLOW_MS = 160; // a full frame that takes longer is replaced by a coarse one while the camera moves

export class Stage {
  constructor(host) {
    this.host = host;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "ps-canvas";
    this.canvas.tabIndex = 0;
    host.appendChild(this.canvas);
    this.renderer = new WebGLRenderer({ canvas: this.canvas, antialias: false, powerPreference: "high-performance" });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.setClearColor(0x0a1a2e, 1);
    this.gl = this.renderer.getContext();
    const info = this.gl.getExtension("WEBGL_debug_renderer_info");
    const name = info ? String(this.gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
    this.software = /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
    this.scene = new Scene();
    this.scene.matrixWorldAutoUpdate = false;
    this.camera = new PerspectiveCamera(40, 1, 1, 60000);
    this.camera.up.set(0, 0, 1);
    this.scene.add(sky());
    this.full = new WebGLRenderTarget(4, 4, { samples: this.software ? 0 : 4, minFilter: LinearFilter, magFilter: LinearFilter });
    this.coarse = new WebGLRenderTarget(4, 4, { samples: 0, minFilter: LinearFilter, magFilter: LinearFilter });
    this.copy = copier(this.software);
    this.steps = new Set(); // called before each frame with (now_s, dt_s); answers "camera", "data", "ambient" or nothing
    this.after = new Set(); // called after each drawn frame
    this.insets = [0, 0, 0, 0];
    this.quality = "auto";
    this.ratio = 1;
    this.paused = false;
    this.frames = 0;
    this.full_ms = this.software ? 600 : 16;
    this.coarse_ms = this.software ? 150 : 16;
    this.size = [1, 1];
    this.urgent = () => false; // whether somebody moves the camera
    this._drawnAt = -1e9;
    this._wanted = false;
    this._last = 0;
    this._timer = 0;
    this._tick = this._tick.bind(this);
    this._observer = new ResizeObserver(() => this.resize());
    this._observer.observe(host);
    this.resize();
  }

  get slow() {
    return this.quality !== "high" && this.full_ms > SLOW_MS;
  }

  resize() {
    const width = Math.max(this.host.clientWidth, 2), height = Math.max(this.host.clientHeight, 2);
    const most = this.quality === "low" ? 0.75 : this.software ? 1 : 2;
    this.ratio = Math.min(window.devicePixelRatio || 1, most);
    this.size = [width, height];
    this.renderer.setPixelRatio(this.ratio);
    this.renderer.setSize(width, height, false);
    const [w, h] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    const samples = this.software && this.quality !== "high" ? 0 : 4;
    if (samples !== this.full.samples) {
      this.full.samples = samples;
      this.full.dispose();
    }
    this.full.setSize(w, h);
    this.coarse.setSize(Math.max(Math.round(w * 0.5), 2), Math.max(Math.round(h * 0.5), 2));
    this.aim();
    this.invalidate();
  }

  /** Put the middle of the view in the middle of what the panels leave free. */
  aim(offset) {
    const [width, height] = this.size;
    const [top, right, bottom, left] = this.insets;
    const shiftX = (right - left) / 2, shiftY = (bottom - top) / 2;
    this.camera.aspect = width / height;
    if (offset) this.camera.setViewOffset(width, height, shiftX + offset.x, shiftY + offset.y, offset.w, offset.h);
    else this.camera.setViewOffset(width, height, shiftX, shiftY, width, height);
    shared.uPixel.value = (2 * Math.tan((this.camera.fov * Math.PI) / 360)) / height;
  }

  /** While held nothing is drawn: layers arrive in a burst, and each would cost a frame. */
  hold(held) {
    this.held = held;
    if (!held) this.invalidate();
  }

  /** Ask for a frame, now or after a while. */
  invalidate(later_ms = 0) {
    if (this._wanted || this.paused || this.dead || this.held) return;
    if (!later_ms && this._timer && this.urgent()) {
      clearTimeout(this._timer);
      this._timer = 0;
    }
    if (later_ms > 0) {
      if (!this._timer) this._timer = setTimeout(() => { this._timer = 0; this.invalidate(); }, later_ms);
      return;
    }
    this._wanted = true;
    requestAnimationFrame(this._tick);
  }

  _tick(now) {
    this._wanted = false;
    if (this.paused || this.dead || this.held) return;
    if (this._busy(now)) {
      this.invalidate(this.software ? 25 : 4);
      return;
    }
    const rest_ms = this._drawnAt + this.full_ms - performance.now();
    if (this.slow && rest_ms > 20 && !this.urgent()) {
      // a slow machine rests as long as it drew, so that the page stays alive
      this.invalidate(rest_ms);
      return;
    }
    const dt = Math.min((now - this._last) / 1000, 0.25);
    this._last = now;
    let camera = false, data = false, ambient = false;
    for (const step of this.steps) {
      const answer = step(now / 1000, dt);
      camera ||= answer === "camera";
      data ||= answer === "data";
      ambient ||= answer === "ambient";
    }
    const coarse = this.slow && camera;
    this.draw(coarse);
    this._fence(coarse, performance.now());
    if (camera) this.invalidate();
    else if (coarse || this._wasCoarse) this.invalidate(200);
    else if (data) this.invalidate();
    else if (ambient && !this.slow) this.invalidate(40); // pulses stand still on a slow machine
    this._wasCoarse = coarse;
  }

  _fence(coarse, start) {
    this._pending = { sync: this.gl.fenceSync(this.gl.SYNC_GPU_COMMANDS_COMPLETE, 0), coarse, start };
    this.gl.flush();
  }

  /** Whether the last frame is still being drawn; its time is noted when it is not. */
  _busy() {
    const pending = this._pending;
    if (!pending) return false;
    const late = performance.now() - pending.start > 15000;
    if (!late && pending.sync && this.gl.getSyncParameter(pending.sync, this.gl.SYNC_STATUS) !== this.gl.SIGNALED) return true;
    this.gl.deleteSync(pending.sync);
    this._pending = null;
    this._drawnAt = performance.now();
    const took = Math.min(performance.now() - pending.start, 4000);
    const name = pending.coarse ? "coarse_ms" : "full_ms";
    this[name] += (took - this[name]) * 0.3;
    return false;
  }

  /** The graphics card is back: what was under way there is gone. */
  renewed() {
    this._pending = null;
    this.paused = false;
  }

  setQuality(quality) {
    this.quality = quality;
    this.resize();
  }

  /** Draw now; coarsely while things move on a slow machine. */
  draw(coarse = false) {
    if (this.dead) return;
    const target = coarse ? this.coarse : this.full;
    shared.uTime.value = this.clock ?? (performance.now() / 1000) % 3600;
    shared.uView.value.set(target.width, target.height);
    this.camera.updateMatrixWorld();
    this.renderer.setRenderTarget(target);
    this.renderer.clear();
    this.renderer.render(this.scene, this.camera);
    this.renderer.setRenderTarget(null);
    this.copy.material.uniforms.uPicture.value = target.texture;
    this.copy.material.uniforms.uTexel.value.set(1 / target.width, 1 / target.height);
    this.copy.material.uniforms.uFrame.value.set(this.canvas.width, this.canvas.height);
    this.renderer.render(this.copy, this.camera);
    this.frames += 1;
    for (const done of this.after) done();
  }

  /** Colours of a rectangle of CSS pixels, drawn now: Uint8Array rgba, bottom row first. */
  pixels(x, y, width, height) {
    this.draw();
    const k = this.ratio, { gl } = this;
    const [w, h] = [Math.max(Math.round(width * k), 1), Math.max(Math.round(height * k), 1)];
    const out = new Uint8Array(w * h * 4);
    gl.readPixels(Math.round(x * k), Math.round((this.size[1] - y - height) * k), w, h, gl.RGBA, gl.UNSIGNED_BYTE, out);
    return out;
  }

  dispose() {
    this.dead = true;
    clearTimeout(this._timer);
    this._observer.disconnect();
    for (const root of [this.scene, this.copy]) root.traverse((object) => {
      object.geometry?.dispose();
      object.material?.dispose?.();
    });
    this.full.dispose();
    this.coarse.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.canvas.remove();
  }
}

const SMOOTH = `
// A cheap stand-in for multisampling: where the brightness of neighbours differs, the colour is averaged along the edge,
// whose direction is at right angles to the gradient of brightness.
uniform sampler2D uPicture; uniform vec2 uTexel; varying vec2 vUv;
float bright(vec3 c) { return dot(c, vec3(0.30, 0.59, 0.11)); }
void main() {
  vec3 c = texture2D(uPicture, vUv).rgb;
  float n = bright(texture2D(uPicture, vUv + vec2(0.0, uTexel.y)).rgb), s = bright(texture2D(uPicture, vUv - vec2(0.0, uTexel.y)).rgb);
  float e = bright(texture2D(uPicture, vUv + vec2(uTexel.x, 0.0)).rgb), w = bright(texture2D(uPicture, vUv - vec2(uTexel.x, 0.0)).rgb);
  float m = bright(c), low = min(m, min(min(n, s), min(e, w))), high = max(m, max(max(n, s), max(e, w)));
  float contrast = high - low;
  if (contrast > max(0.018, high * 0.07)) {
    vec2 slope = vec2(e - w, n - s);
    // a pixel between two equal neighbours has no slope: a thin line, smoothed the way it differs least
    vec2 along = dot(slope, slope) > 1e-5 ? normalize(vec2(-slope.y, slope.x)) : (abs(n + s - 2.0 * m) > abs(e + w - 2.0 * m) ? vec2(1.0, 0.0) : vec2(0.0, 1.0));
    vec2 step1 = along * uTexel;
    vec3 close = texture2D(uPicture, vUv + step1 * 0.5).rgb + texture2D(uPicture, vUv - step1 * 0.5).rgb;
    vec3 wide = texture2D(uPicture, vUv + step1 * 1.6).rgb + texture2D(uPicture, vUv - step1 * 1.6).rgb;
    vec3 blend = close * 0.28 + wide * 0.22;
    float b = bright(blend);
    c = mix(c, b < low || b > high ? close * 0.5 : blend, 0.85);
  }
  gl_FragColor = vec4(graded(c), 1.0);
}`;
const PLAIN = `
uniform sampler2D uPicture; varying vec2 vUv;
void main() { gl_FragColor = vec4(graded(texture2D(uPicture, vUv).rgb), 1.0); }`;
// a little more light in the middle tones, a little less towards the corners
const GRADE = `
vec3 graded(vec3 c) {
  c = pow(c, vec3(0.90)) * 1.06;
  vec2 p = gl_FragCoord.xy / uFrame - 0.5;
  return c * (1.0 - 0.30 * smoothstep(0.30, 0.95, dot(p, p) * 1.6));
}`;

/** One triangle over the whole canvas that shows a picture. */
function copier(smooth) {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]), 3));
  const shade = new ShaderMaterial({
    uniforms: { uPicture: { value: null }, uTexel: { value: new Vector2() }, uFrame: { value: new Vector2(1, 1) } }, depthTest: false, depthWrite: false,
    vertexShader: "varying vec2 vUv; void main() { vUv = position.xy * 0.5 + 0.5; gl_Position = vec4(position.xy, 0.0, 1.0); }",
    fragmentShader: `uniform vec2 uFrame;${GRADE}${smooth ? SMOOTH : PLAIN}`,
  });
  const mesh = new Mesh(geometry, shade);
  mesh.frustumCulled = false;
  return mesh;
}

function sky() {
  const shade = material(
    `varying vec3 vWay;
     void main() { vWay = position; vec4 p = projectionMatrix * mat4(mat3(viewMatrix)) * vec4(position * 100.0, 1.0); gl_Position = p.xyww; }`,
    `varying vec3 vWay;
     void main() {
       vec3 d = normalize(vWay); vec3 c = skyColour(d);
       vec2 cell = vec2(atan(d.y, d.x) * 140.0, d.z * 150.0); float star = hash(floor(cell));
       vec2 off = fract(cell) - 0.5;
       if (d.z > 0.09) c += vec3(0.6, 0.75, 0.95) * smoothstep(0.985, 1.0, star) * smoothstep(0.16, 0.0, length(off)) * smoothstep(0.09, 0.4, d.z) * 0.55;
       c += (hash(gl_FragCoord.xy) - 0.5) / 255.0;
       gl_FragColor = vec4(c, 1.0); }`,
    { side: BackSide, depthWrite: false, pick: false },
  );
  const mesh = new Mesh(new SphereGeometry(1, 48, 24), shade);
  mesh.frustumCulled = false;
  mesh.renderOrder = 1; // after what is solid, so that only what is left of the sky is drawn
  return mesh;
}
