// SPDX-License-Identifier: Apache-2.0

import type { Answer } from "./options.js";

/** A command that has no answer yet. */
export interface Command {
  /** The counter; 0 until it is first sent. */
  n: number;
  actionId: string;
  action: unknown;
  sentAt: number;
  sends: number;
  answer: (a: Answer) => void;
  fail: (e: Error) => void;
}

/** Holds, in order, the commands without an answer. */
export class Pending {
  list: Command[] = [];
  #lastN = 0;

  /** Takes the last counter that the session says it applied. */
  learn(n: number): void {
    this.#lastN = Math.max(this.#lastN, n);
  }

  number(c: Command): void {
    if (c.n === 0) c.n = ++this.#lastN;
  }

  find(n: number, actionId: string): Command | undefined {
    return this.list.find((c) => c.n === n && c.actionId === actionId);
  }

  settle(c: Command, a: Answer): void {
    this.list = this.list.filter((x) => x !== c);
    c.answer(a);
  }

  /** Ends the wait of all. */
  fail(e: Error): void {
    for (const c of this.list) c.fail(e);
    this.list = [];
  }

  /** When the first command is to be sent again; Infinity when there is none. */
  overdue(timeout: number): number {
    return Math.min(...this.list.filter((c) => c.sends > 0).map((c) => c.sentAt + timeout));
  }
}
