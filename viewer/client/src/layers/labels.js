// SPDX-License-Identifier: Apache-2.0
// HTML texts projected over the picture; where they would overlap, the more urgent stays.

import { Vector3 } from "three";

export class Labels {
  constructor(context, data, ids) {
    this.context = context;
    this.objects = [];
    this.at = context.draped(data.positions);
    this.rows = data.texts.map((text, k) => ({
      text, style: data.styles[k], host: context.labelHost, priority: data.priorities[k], far: data.far[k], k, id: ids[k] ?? "", element: null,
    }));
  }

  dispose() {
    for (const row of this.rows) row.element?.remove();
  }
}

const point = new Vector3();

/** Put the labels of all layers where they belong. `extra` are rows {element, priority, at} that follow something. */
export function arrange(layers, extra, stage, distance) {
  const [width, height] = stage.size;
  const [top, right, bottom, left] = stage.insets;
  const camera = stage.camera;
  const wanted = [];
  const consider = (row, x, y, z, far) => {
    const away = Math.hypot(x - camera.position.x, y - camera.position.y, z - camera.position.z);
    point.set(x, y, z).project(camera);
    const px = (point.x * 0.5 + 0.5) * width, py = (0.5 - point.y * 0.5) * height;
    const seen = point.z < 1 && point.z > -1 && (!far || away < far * 1.25);
    const free = px > left + 8 && px < width - right - 8 && py > top + 14 && py < height - bottom - 4;
    if (seen && free) wanted.push({ row, px, py, away, score: row.priority * 1000 - away / 10 });
    else hide(row);
  };
  for (const layer of layers) {
    for (const row of layer.rows) {
      const { at } = layer;
      if (layer.hidden) hide(row);
      else consider(row, at[row.k * 3], at[row.k * 3 + 1], at[row.k * 3 + 2], row.far);
    }
  }
  for (const row of extra) {
    if (row.at) consider(row, row.at[0], row.at[1], row.at[2], 0);
    else hide(row);
  }
  wanted.sort((a, b) => b.score - a.score);
  const taken = [];
  for (const { row, px, py, away } of wanted) {
    row.element ??= write(row);
    row.width ??= measure(row.element);
    const half = row.width / 2 + 5;
    const box = [px - half, py - 38, px + half, py - 8];
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) {
      hide(row);
      continue;
    }
    taken.push(box);
    row.element.hidden = false;
    row.element.style.transform = `translate3d(${px.toFixed(1)}px, ${py.toFixed(1)}px, 0)`;
    row.element.style.zIndex = String(Math.max(1, 100000 - Math.round(away)));
    const dim = row.far ? Math.min(1, Math.max(0.35, 1.6 - away / row.far)) : 1;
    row.element.style.opacity = dim.toFixed(2);
  }
  return taken.length;
}

function hide(row) {
  if (row.element && !row.element.hidden) row.element.hidden = true;
}

/** The element of a label, made when it is first seen: most of a park's labels never are. */
export function write({ text, style, id, host }) {
  const element = document.createElement("div");
  element.className = `ps-label ps-${style}`;
  element.dataset.id = id;
  element.hidden = true;
  const body = document.createElement("span");
  body.textContent = text;
  element.appendChild(body);
  host.appendChild(element);
  return element;
}

function measure(element) {
  element.hidden = false;
  return element.firstChild.getBoundingClientRect().width || 80;
}
