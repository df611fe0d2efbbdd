// SPDX-License-Identifier: Apache-2.0

import type { Credentials } from "./credentials.js";
import { protocol, type ShardFrame } from "./frames.js";
import { member } from "./json.js";

/** What a link tells its client. */
export interface Listener {
  /** A frame, and the JSON text of its data. */
  frame(from: Link, frame: ShardFrame, data: string): void;
  /** The connection is gone. Opened: there was one. Else why may say what stood in the way. */
  gone(from: Link, code: number, reason: string, opened: boolean, why?: unknown): void;
}

/** One connection, from its attempt to its end. */
export class Link {
  /** A frame of the shard has come. */
  greeted = false;
  /** It carries the chain. */
  live = false;
  /** The view is on a history that was lost; a sync_response follows. */
  lost = false;
  /** A sync_request is on its way. */
  syncing = false;
  shard = "";
  /** The player's, as the shard says. */
  role = "";
  lastBeat = 0;
  /** How long the other end may be silent, in milliseconds. */
  silence: number;

  #socket: WebSocket | undefined;
  #listener: Listener | undefined;
  #opened = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly url: URL,
    token: string | Credentials,
    /** It was opened to follow a move. */
    readonly follow: boolean,
    /** It was opened ahead of a move: the epoch that begins with it. */
    readonly awaits: number,
    openTimeout: number,
    listener: Listener,
    readonly Socket: typeof WebSocket,
  ) {
    this.#listener = listener;
    this.silence = openTimeout;
    if (typeof token === "string") this.#open(token);
    else this.#ask(token);
    this.#heard();
  }

  /** Opens with what credentials give. However they fail, it is heard later: the client does not have its link yet. */
  #ask(credentials: Credentials): void {
    void Promise.resolve()
      .then(credentials)
      .then((given) => this.#open(given))
      .catch((why: unknown) => this.#end(1006, String(why), why));
  }

  #open(token: string): void {
    if (!this.#listener) return; // it was retired meanwhile
    this.#socket = new this.Socket(this.url, [protocol, "token." + token]);
    this.#socket.onopen = () => (this.#opened = true);
    this.#socket.onmessage = (m) => this.#take(String(m.data));
    this.#socket.onclose = (c) => this.#end(c.code, c.reason);
    // Of a handshake that failed Node 22 tells by an error, and no close follows.
    this.#socket.onerror = () => {
      if (!this.#opened) this.#end(1006, "no connection came about");
    };
  }

  send(type: string, data: object = {}): void {
    if (this.#socket?.readyState === this.Socket.OPEN) this.#socket.send(JSON.stringify({ type, data }));
  }

  /** Ends the link from this side. Nothing is heard of it any more. */
  retire(): void {
    this.#listener = undefined;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  #take(text: string): void {
    this.#heard();
    try {
      const frame = JSON.parse(text) as ShardFrame;
      const data = member(text, "data") ?? "{}";
      // The close that follows says the same, and comes when the other end has it.
      if (frame.type === "connection_error") return this.#end(frame.data.code, frame.data.message);
      this.#listener?.frame(this, frame, data);
    } catch (why) {
      this.#end(1006, `a frame that cannot be understood: ${String(why)}`);
    }
  }

  /** Starts the wait for the next sign of life again. */
  #heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(1006, "the other end is silent"), this.silence);
  }

  #end(code: number, reason: string, why?: unknown): void {
    const listener = this.#listener;
    if (!listener) return; // some sockets tell again when they are closed
    this.retire();
    listener.gone(this, code, reason, this.#opened, why);
  }
}
