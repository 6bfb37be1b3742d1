// SPDX-License-Identifier: Apache-2.0
// Frames from the server. Subscribes first, then asks for the snapshot, then drops frames that are older than it; fetches
// layer bodies one by one so that the ground is seen at once; acknowledges every frame.

import { decode, weigh } from "./decode.js";

const TOPIC = "twin.scene";

export class Channel {
  constructor(session, world, counters, onReady) {
    this.session = session;
    this.world = world;
    this.counters = counters;
    this.onReady = onReady;
    this.client = Math.random().toString(36).slice(2);
    this.base = null;
    this.waiting = [];
    this.subscription = session.subscribe(TOPIC, ([message]) => this._arrived(message));
    this.started = this._start();
  }

  async _start() {
    await this.subscription.promise?.catch?.(() => {});
    const snapshot = await this.session.call("twin.scene.snapshot", [this.client]);
    if (this.closed) return;
    this.base = snapshot.seq;
    this.counters.seq = snapshot.seq;
    for (const [id, shown] of Object.entries(snapshot.visible)) this.world.visible(id, shown);
    for (const [id, fraction] of Object.entries(snapshot.opacity)) this.world.opacity(id, fraction);
    const early = this.waiting;
    this.waiting = null;
    for (const message of early) this._apply(message);
    this.world.stage.hold(true);
    for (const { id } of snapshot.layers) {
      await this._fetch(id);
      if (id === "ground") await this.world.firstSight();
    }
    for (const frame of snapshot.movers) if (!this.moved?.has(frame.track)) this.world.movers(frame);
    this.world.select(snapshot.selected);
    if (snapshot.camera && !this.flown) this.world.camera({ ...snapshot.camera, seconds: 0 });
    this.world.stage.hold(false);
    this.onReady();
  }

  async _fetch(id) {
    const answer = await this.session.call("twin.scene.layer", [id]);
    if (!answer || this.closed) return;
    const standing = this.world.layers.get(id);
    if (standing && standing.version >= answer.version) return;
    this.counters.bytes += weigh(answer.layer);
    this.world.show(decode(answer.layer), answer.version);
  }

  _arrived(message) {
    this.counters.messages += 1;
    const bytes = weigh(message);
    this.counters.bytes += bytes;
    this.counters.lastBytes = bytes;
    if (this.waiting) this.waiting.push(message);
    else this._apply(message);
  }

  _apply(message) {
    if (message.seq <= this.base) return;
    this.counters.seq = message.seq;
    this.counters.ops[message.op] = (this.counters.ops[message.op] ?? 0) + 1;
    try {
      this._do(message);
    } finally {
      this.session.call("twin.scene.ack", [this.client, message.seq]).catch(() => {});
    }
  }

  _do(message) {
    const { world } = this;
    switch (message.op) {
      case "show": {
        const standing = world.layers.get(message.layer.id);
        if (!standing || standing.version < message.version) world.show(decode(message.layer), message.version);
        break;
      }
      case "update": {
        const standing = world.layers.get(message.id);
        if (standing && standing.version < message.seq) world.update(message.id, decode(message.data), message.seq);
        break;
      }
      case "remove": world.remove(message.id); break;
      case "visible": world.visible(message.id, message.visible); break;
      case "opacity": world.opacity(message.id, message.opacity); break;
      case "select": world.select(message.ids); break;
      case "camera":
        this.flown = true;
        world.camera(message.view);
        break;
      case "movers":
        (this.moved ??= new Set()).add(message.track);
        world.movers(message);
        break;
      default: break;
    }
  }

  close() {
    this.closed = true;
    this.session.unsubscribe?.(this.subscription);
  }
}
