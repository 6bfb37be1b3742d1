// SPDX-License-Identifier: Apache-2.0
// Unit solids for instancing. `cap` moves with the diameter and not with the length (domes, cone roofs); `mat` says what a
// vertex belongs to: 0 body, 1 roof, 2 rails and girders, 3 stair, 4 floating deck, 5 light.

import { BufferAttribute, BufferGeometry } from "three";

class Shape {
  constructor() {
    this.position = [];
    this.normal = [];
    this.cap = [];
    this.mat = [];
    this.index = [];
  }

  vertex(p, n, mat = 0, cap = [0, 0, 0]) {
    this.position.push(...p);
    this.normal.push(...n);
    this.cap.push(...cap);
    this.mat.push(mat);
    return this.mat.length - 1;
  }

  quad(a, b, c, d) {
    this.index.push(a, b, c, a, c, d);
  }

  /** Surface of revolution about z from a profile of [radius, z, cap z, normal r, normal z]. */
  turn(profile, sides, mat = 0, axis = "z") {
    const put = (r, z, cz, nr, nz, angle) => {
      const c = Math.cos(angle), s = Math.sin(angle);
      const order = (a, b, along) => (axis === "z" ? [a, b, along] : [along, a, b]);
      return this.vertex(order(r * c, r * s, z), order(nr * c, nr * s, nz), mat, order(0, 0, cz));
    };
    for (let k = 0; k < profile.length - 1; k += 1) {
      const [one, two] = [profile[k], profile[k + 1]];
      const length = Math.hypot(two[0] - one[0], two[1] + two[2] - one[1] - one[2]) || 1;
      const flat = [(two[1] + two[2] - one[1] - one[2]) / length, -(two[0] - one[0]) / length];
      const first = this.mat.length;
      for (let side = 0; side <= sides; side += 1) {
        const angle = (side / sides) * Math.PI * 2;
        put(one[0], one[1], one[2], one[3] ?? flat[0], one[4] ?? flat[1], angle);
        put(two[0], two[1], two[2], two[3] ?? flat[0], two[4] ?? flat[1], angle);
      }
      for (let side = 0; side < sides; side += 1) {
        const a = first + side * 2;
        this.quad(a, a + 2, a + 3, a + 1);
      }
    }
    return this;
  }

  box(centre, size, mat = 0) {
    const [sx, sy, sz] = size.map((side) => side / 2);
    const faces = [
      [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
      [[0, 1, 0], [-1, 0, 0], [0, 0, 1]], [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
      [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0, 0, -1], [-1, 0, 0], [0, 1, 0]],
    ];
    const half = [sx, sy, sz];
    for (const [n, u, v] of faces) {
      const corner = (a, b) => this.vertex(n.map((value, k) => centre[k] + (value + u[k] * a + v[k] * b) * half[k]), n, mat);
      this.quad(corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1));
    }
    return this;
  }

  /** A gable over the unit square: ridge along x at z = 1. */
  gable() {
    const face = (points, n) => {
      const k = points.map((p) => this.vertex(p, n, 1));
      if (k.length === 4) this.quad(...k);
      else this.index.push(...k);
    };
    face([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0, 1], [-0.5, 0, 1]], [0, -0.8, 0.6]);
    face([[0.5, 0.5, 0], [-0.5, 0.5, 0], [-0.5, 0, 1], [0.5, 0, 1]], [0, 0.8, 0.6]);
    face([[0.5, -0.5, 0], [0.5, 0.5, 0], [0.5, 0, 1]], [1, 0, 0]);
    face([[-0.5, 0.5, 0], [-0.5, -0.5, 0], [-0.5, 0, 1]], [-1, 0, 0]);
    return this;
  }

  /** A stair winding up a unit cylinder. */
  stair(from, to, turns, steps, out = 0.035) {
    for (let k = 0; k < steps; k += 1) {
      const a0 = from + ((to - from) * k) / steps, a1 = from + ((to - from) * (k + 1)) / steps;
      const z0 = k / steps, z1 = (k + 1) / steps;
      const at = (angle, r, z) => [Math.cos(angle) * r, Math.sin(angle) * r, z];
      const n = [Math.cos((a0 + a1) / 2), Math.sin((a0 + a1) / 2), 0];
      const r = 0.5 + out;
      this.quad(
        this.vertex(at(a0, r, z0 * 0.97), n, 3), this.vertex(at(a1, r, z1 * 0.97), n, 3),
        this.vertex(at(a1, r, z1 * 0.97 + 0.075), n, 3), this.vertex(at(a0, r, z0 * 0.97 + 0.075), n, 3),
      );
      const up = [0, 0, 1];
      this.quad(
        this.vertex(at(a0, 0.5, z0 * 0.97), up, 3), this.vertex(at(a0, r, z0 * 0.97), up, 3),
        this.vertex(at(a1, r, z1 * 0.97), up, 3), this.vertex(at(a1, 0.5, z1 * 0.97), up, 3),
      );
    }
    return this;
  }

  done() {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(this.position), 3));
    geometry.setAttribute("normal", new BufferAttribute(new Float32Array(this.normal), 3));
    geometry.setAttribute("cap", new BufferAttribute(new Float32Array(this.cap), 3));
    geometry.setAttribute("mat", new BufferAttribute(new Float32Array(this.mat), 1));
    geometry.setIndex(this.index);
    return geometry;
  }
}

const S = () => new Shape();
const dome = (sign, base, height, rings = 5) => {
  const out = [];
  for (let k = 0; k <= rings; k += 1) {
    const a = ((sign > 0 ? k : rings - k) / rings) * (Math.PI / 2);
    out.push([Math.cos(a) * 0.5, base, sign * Math.sin(a) * height, Math.cos(a), sign * Math.sin(a)]);
  }
  return out;
};
const ball = (rings) => {
  const out = [];
  for (let k = 0; k <= rings; k += 1) {
    const a = (k / rings) * Math.PI - Math.PI / 2;
    out.push([Math.cos(a) * 0.5, Math.sin(a) * 0.5, 0, Math.cos(a), Math.sin(a)]);
  }
  return out;
};
const shell = (shape, low, high, sides = 28) => shape.turn([[0.5, low, 0, 1, 0], [0.5, high, 0, 1, 0]], sides, 0);
const girder = (shape, z, out = 0.012) =>
  shape.turn([[0.5 + out, z - 0.014, 0, 1, 0], [0.5 + out, z + 0.014, 0, 1, 0], [0.5, z + 0.014, 0, 0, 1]], 24, 2);

const MAKERS = {
  box: () => S().box([0, 0, 0], [1, 1, 1]),
  cylinder: () => S().turn([[0.5, -0.5, 0, 1, 0], [0.5, 0.5, 0, 1, 0]], 12).turn([[0.5, 0.5, 0, 0, 1], [0, 0.5, 0, 0, 1]], 12),
  pipe: () => S().turn([[0.5, -0.5, 0, 1, 0], [0.5, 0.5, 0, 1, 0]], 5, 0, "x"),
  sphere: () => S().turn(ball(10), 20),
  bullet: () =>
    S().turn(dome(-1, -0.5, 0.25, 3), 12, 0, "x").turn([[0.5, -0.5, 0, 1, 0], [0.5, 0.5, 0, 1, 0]], 12, 0, "x").turn(dome(1, 0.5, 0.25, 3), 12, 0, "x"),
  vessel: () => S().turn([[0.5, 0, 0, 1, 0], [0.5, 1, 0, 1, 0]], 12).turn(dome(1, 1, 0.25, 3), 12, 0),
  stack: () => S().turn([[0.5, 0, 0, 1, 0], [0.36, 1, 0, 1, 0.02]], 14).turn([[0.36, 1, 0, 0, 1], [0.28, 0.99, 0, 0, 1]], 14, 1),
  ring: () => S().turn([[0.5, -0.4, 0, 0, 1], [0.28, -0.4, 0, 0, 1]], 10, 2).turn([[0.5, -0.5, 0, 1, 0], [0.5, 0.1, 0, 1, 0]], 10, 2),
  tank_cone: () => {
    const shape = shell(S(), 0, 1);
    shape.turn([[0.5, 1, 0, 0.1, 0.99], [0.48, 1, 0.012, 0.12, 0.99], [0, 1, 0.085, 0.17, 0.98]], 32, 1);
    shape.turn([[0.497, 1, 0.052, 1, 0], [0.497, 1, 0.066, 1, 0]], 32, 2);
    girder(shape, 0.985);
    return shape.stair(0, 2.4, 1, 10);
  },
  tank_dome: () => {
    const shape = shell(S(), 0, 1);
    shape.turn(dome(1, 1, 0.16, 6), 32, 1);
    girder(shape, 0.985, 0.02);
    girder(shape, 0.02, 0.03);
    return shape.stair(0, 2.4, 1, 10);
  },
  tank_floating: () => {
    const shape = shell(S(), 0, 1);
    shape.turn([[0.5, 1, 0, 0, 1], [0.487, 1, 0, 0, 1]], 32, 2);
    shape.turn([[0.487, 1, 0, -1, 0], [0.487, 0.02, 0, -1, 0]], 32, 1);
    shape.turn([[0.487, 0, 0, 0, 1], [0.42, 0, 0, 0, 1], [0.42, 0, 0.006, 0, 1], [0, 0, 0.006, 0, 1]], 32, 4);
    girder(shape, 0.94, 0.022);
    girder(shape, 0.62, 0.014);
    return shape.stair(0, 2.4, 1, 10);
  },
  tree_cone: () => S().turn([[0.09, 0, 0], [0.07, 0.2, 0]], 5, 2).turn([[0.5, 0.16, 0], [0.2, 0.62, 0]], 6).turn([[0.36, 0.52, 0], [0, 1, 0]], 6),
  tree_round: () => S().turn([[0.07, 0, 0], [0.05, 0.34, 0]], 5, 2).turn([[0, 0.26, 0], [0.42, 0.42, 0], [0.5, 0.66, 0], [0.3, 0.92, 0], [0, 1, 0]], 7),
  lamp: () => S().box([0, 0, 4], [0.16, 0.16, 8]).box([0.9, 0, 8], [1.8, 0.12, 0.12]).box([1.7, 0, 7.92], [0.8, 0.3, 0.12], 5),
  person: () =>
    S().turn([[0.02, 0, 0], [0.13, 0.06, 0], [0.15, 0.36, 0], [0.19, 0.78, 0], [0.08, 0.84, 0]], 7)
      .turn(ball(5).map(([r, z, c, nr, nz]) => [r * 0.24, 0.92 + z * 0.24, c, nr, nz]), 7, 1)
      .turn([[0.55, 0.02, 0, 0, 1], [0.38, 0.02, 0, 0, 1]], 12, 5),
  engine: () =>
    S().box([-0.11, 0, 0.2], [0.7, 0.27, 0.26]).box([0.37, 0, 0.17], [0.24, 0.27, 0.24]).box([0.43, 0, 0.23], [0.13, 0.275, 0.09], 2)
      .box([-0.11, 0, 0.35], [0.66, 0.16, 0.04], 1).box([0.36, 0, 0.31], [0.06, 0.2, 0.035], 5)
      .box([-0.3, 0, 0.045], [0.14, 0.28, 0.09], 2).box([0.33, 0, 0.045], [0.12, 0.28, 0.09], 2).box([-0.11, 0, 0.17], [0.705, 0.275, 0.03], 1),
  van: () => S().box([-0.05, 0, 0.22], [0.8, 0.36, 0.34]).box([0.38, 0, 0.15], [0.2, 0.36, 0.2]).box([0.3, 0, 0.28], [0.12, 0.37, 0.1], 2).box([0.1, 0, 0.41], [0.08, 0.24, 0.04], 5),
};
MAKERS.ambulance = MAKERS.van;
// what stands far away, with fewer corners
const FAR = {
  tree_cone: () => S().turn([[0.5, 0.14, 0], [0, 1, 0]], 4),
  tree_round: () => S().turn([[0.5, 0.14, 0], [0, 1, 0]], 4),
  vessel: () => S().turn([[0.5, 0, 0, 1, 0], [0.5, 1, 0, 1, 0], [0, 1, 0.22, 0.4, 0.9]], 6),
  pipe: () => S().turn([[0.5, -0.5, 0, 1, 0], [0.5, 0.5, 0, 1, 0]], 3, 0, "x"),
  sphere: () => S().turn(ball(6), 10),
  bullet: () => S().turn([[0, -0.5, -0.22, -0.7, -0.7], [0.5, -0.5, 0, 1, 0], [0.5, 0.5, 0, 1, 0], [0, 0.5, 0.22, 0.7, 0.7]], 6, 0, "x"),
  cylinder: () => S().turn([[0.5, -0.5, 0, 1, 0], [0.5, 0.5, 0, 1, 0]], 8).turn([[0.5, 0.5, 0, 0, 1], [0, 0.5, 0, 0, 1]], 8),
  tank_cone: () => shell(S(), 0, 1, 16).turn([[0.5, 1, 0, 0.1, 0.99], [0, 1, 0.085, 0.17, 0.98]], 16, 1),
  tank_dome: () => shell(S(), 0, 1, 16).turn(dome(1, 1, 0.16, 3), 16, 1),
  tank_floating: () =>
    shell(S(), 0, 1, 16).turn([[0.5, 1, 0, 0, 1], [0.475, 1, 0, 0, 1]], 16, 2).turn([[0.475, 1, 0, -1, 0], [0.475, 0.02, 0, -1, 0]], 16, 1)
      .turn([[0.475, 0, 0, 0, 1], [0, 0, 0.006, 0, 1]], 16, 4),
};
MAKERS.roof = () => S().gable();
MAKERS.beam = MAKERS.box; // drawn only near the camera
MAKERS.drum = MAKERS.bullet;
const made = {};

/** Geometry of a primitive, shared by all who ask; `far` for the simpler one, if there is one. */
export function primitive(name, far = false) {
  const maker = (far && FAR[name]) || MAKERS[name];
  if (!maker) throw new Error(`there is no primitive called ${name}`);
  const key = far && FAR[name] ? `${name} far` : name;
  made[key] ??= maker().done();
  return made[key];
}

export const hasFar = (name) => name in FAR;
