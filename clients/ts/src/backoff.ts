// SPDX-License-Identifier: Apache-2.0

const first = 50;
const most = 2000;

/**
 * Spaces attempts: each wait is drawn from the upper half of a step that doubles,
 * so that clients which lost their shard together do not come back together.
 */
export class Backoff {
  #step = 0;

  /** Returns how long to wait, in milliseconds. */
  next(): number {
    this.#step = Math.min(Math.max(this.#step * 2, first), most);
    return this.#step / 2 + (Math.random() * this.#step) / 2;
  }

  reset(): void {
    this.#step = 0;
  }
}
