// SPDX-License-Identifier: Apache-2.0

import { type Position, type Update } from "./frames.js";
import { elements, member, members } from "./json.js";

const utf8 = new TextEncoder();

/** FNV-1a of 64 bits, in two halves of 32. */
class Fnv {
  high = 0xcbf29ce4;
  low = 0x84222325;

  add(bytes: Uint8Array): this {
    for (const b of bytes) {
      const low = (this.low ^ b) >>> 0;
      // Times the prime, 2^40 + 0x1b3.
      const product = low * 0x1b3;
      this.high = (this.high * 0x1b3 + Math.floor(product / 2 ** 32) + ((low << 8) >>> 0)) % 2 ** 32;
      this.low = product % 2 ** 32;
    }
    return this;
  }
}

const zero = new Uint8Array(1);

/** Adds or takes away leaves, modulo 2^64: the order does not matter. */
class Sum {
  high = 0;
  low = 0;

  leaf(path: string, value: string, sign: 1 | -1): void {
    const h = new Fnv().add(utf8.encode(path)).add(zero).add(utf8.encode(value));
    this.low += sign * h.low;
    this.high += sign * h.high + Math.floor(this.low / 2 ** 32);
    this.low = modulo(this.low);
    this.high = modulo(this.high);
  }

  text(): string {
    return hex(this.high) + hex(this.low);
  }
}

function modulo(n: number): number {
  return ((n % 2 ** 32) + 2 ** 32) % 2 ** 32;
}

function hex(n: number): string {
  return n.toString(16).padStart(8, "0");
}

/** Returns the hash of leaves: JSON Pointer to the JSON text of the value. */
export function hashOf(leaves: Iterable<[string, string]>): string {
  const sum = new Sum();
  for (const [path, value] of leaves) sum.leaf(path, value, 1);
  return sum.text();
}

/** What became of a link of the chain. */
export type Applied = "applied" | "dropped" | "hole" | "diverged";

/**
 * A view as its shard has it: leaves by JSON Pointer, the position that it has
 * reached, and a running hash.
 */
export class View {
  #leaves = new Map<string, string>();
  #sum = new Sum();
  #position: Position = { epoch: 0, version: 0 };

  /** The position that the view has reached; zero while it is empty. */
  get position(): Position {
    return this.#position;
  }

  get hash(): string {
    return this.#sum.text();
  }

  get size(): number {
    return this.#leaves.size;
  }

  /** Returns the value at a path, or undefined. */
  get(path: string): unknown {
    const text = this.#leaves.get(path);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Returns the values at and below a path, by path. */
  below(path: string): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const [at, text] of this.#leaves) {
      if (at === path || at.startsWith(path + "/")) found[at] = JSON.parse(text);
    }
    return found;
  }

  /** Returns the leaves: path and the JSON text of the value. */
  leaves(): IterableIterator<[string, string]> {
    return this.#leaves.entries();
  }

  /** Replaces everything by the sync_response whose data has this JSON text. */
  replace(position: Position, data: string): void {
    this.#leaves = new Map(members(member(data, "state") ?? "{}"));
    this.#sum = new Sum();
    for (const [path, text] of this.#leaves) this.#sum.leaf(path, text, 1);
    this.#position = { epoch: position.epoch, version: position.version };
  }

  /** Takes a link of the chain, whose data has this JSON text. */
  apply(u: Update, data: string): Applied {
    const at = this.#position;
    if (u.epoch < at.epoch || u.version <= at.version) return "dropped";
    if (u.from > at.version) return "hole";
    for (const change of elements(member(data, "changes") ?? "[]")) {
      const parts = new Map(members(change));
      this.#set(JSON.parse(parts.get("path")!) as string, parts.get("value"));
    }
    this.#position = { epoch: u.epoch, version: u.version };
    return this.hash === u.hash ? "applied" : "diverged";
  }

  #set(path: string, value: string | undefined): void {
    const before = this.#leaves.get(path);
    if (before !== undefined) this.#sum.leaf(path, before, -1);
    if (value === undefined) {
      this.#leaves.delete(path);
    } else {
      this.#leaves.set(path, value);
      this.#sum.leaf(path, value, 1);
    }
  }
}
