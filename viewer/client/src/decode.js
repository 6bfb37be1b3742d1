// SPDX-License-Identifier: Apache-2.0
// Layer messages as they arrive -> typed arrays. Bytes are copied before they are typed: views may be unaligned.

const TYPES = { f4: Float32Array, f2: Uint16Array, u4: Uint32Array, u2: Uint16Array, u1: Uint8Array, i2: Int16Array };

export function typed(code, bytes) {
  const Type = TYPES[code];
  if (!Type) throw new Error(`array type ${code} is not known`);
  const array = new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  array.half = code === "f2";
  return array;
}

/** Number of an IEEE half float. */
export function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, rest = bits & 1023;
  if (exponent === 0) return sign * rest * 2 ** -24;
  return sign * (1 + rest / 1024) * 2 ** (exponent - 15);
}

/** Half floats as they are used on the processor. */
export const widen = (array) => (array.half ? Float32Array.from(array, half) : array);

/** A value with every {"$": code, "b": bytes} in it made a typed array. */
export function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (value instanceof Uint8Array) return value;
  if (value && typeof value === "object") {
    if (value.$) return typed(value.$, value.b);
    const out = {};
    for (const name of Object.keys(value)) out[name] = decode(value[name]);
    return out;
  }
  return value;
}

/** Number of bytes of arrays and images in a raw message, for the counters. */
export function weigh(value) {
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + weigh(item), 0);
  if (value && typeof value === "object") return Object.values(value).reduce((sum, item) => sum + weigh(item), 0);
  return typeof value === "string" ? value.length : 8;
}
