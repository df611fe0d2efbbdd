// SPDX-License-Identifier: Apache-2.0

import type { Credentials } from "./credentials.js";
import type { ClientEvent } from "./events.js";
import type { Position, Refusal } from "./frames.js";

/** Says where a session is found and how a client behaves. */
export interface Options {
  /** The front door: http, https, ws or wss, with an optional path prefix. */
  url: string;
  /** The session's id. */
  session: string;
  /**
   * The player's session token; or credentials, which are asked for one before each
   * connection, but for one that is opened ahead of a move: that has a ticket of its
   * own. A client with credentials comes back also when its token has expired, and when
   * the player has another role: then with that role's view.
   */
  token: string | Credentials;
  /** Go to the new owner on a second connection when the session moves; true unless set. */
  followMoves?: boolean;
  /** Open that connection before the move; true unless set. */
  preConnect?: boolean;
  /** Called with everything that happens, in order. */
  observe?: (event: ClientEvent) => void;
  /** How many commands may have no answer; 16 unless set. */
  maxPending?: number;
  /** How long a command waits before it is sent again, in milliseconds; 5000 unless set. */
  answerTimeout?: number;
  /** How long a connection may take until it carries the session, in milliseconds; 15000 unless set. */
  openTimeout?: number;
  /** The WebSocket to use; the global one unless set. */
  WebSocket?: typeof WebSocket;
}

/** The answer to a command: where it is in the journal, or why it was refused. */
export interface Answer {
  n: number;
  actionId: string;
  position?: Position;
  /** It had been applied before, and this is its first answer again. */
  repeated?: boolean;
  refusal?: Refusal;
}

export type Settings = Required<Options>;

export function withDefaults(options: Options): Settings {
  return {
    followMoves: true,
    preConnect: true,
    observe: () => {},
    maxPending: 16,
    answerTimeout: 5000,
    openTimeout: 15000,
    WebSocket: globalThis.WebSocket,
    ...options,
  };
}

/** Returns the WebSocket URL of the session behind the front door. */
export function endpoint(options: { url: string; session: string }): URL {
  if (!options.session) throw new TypeError("session is missing");
  const url = new URL(options.url);
  url.protocol = url.protocol.replace("http", "ws");
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw new TypeError(`${options.url} is none of http, https, ws, wss`);
  url.search = url.hash = "";
  url.pathname = url.pathname.replace(/\/$/, "") + `/api/v2/sessions/${encodeURIComponent(options.session)}/ws`;
  return url;
}
