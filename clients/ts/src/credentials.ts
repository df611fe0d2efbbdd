// SPDX-License-Identifier: Apache-2.0

import { EndedError } from "./errors.js";
import { finalStatuses } from "./closes.js";
import { endpoint } from "./options.js";

/**
 * Returns a session token or a ticket that is good now. It is asked anew before each
 * connection. An {@link EndedError} ends the client, any other error means: again, later.
 */
export type Credentials = () => string | Promise<string>;

/** Says where tickets are had, and for whom. */
export interface TicketOptions {
  /** The front door, as for a client. */
  url: string;
  session: string;
  /** The headers that say who asks: `Authorization` with a token of an issuer, or `X-Session-Token`. */
  headers: () => Record<string, string> | Promise<Record<string, string>>;
  /** The one creature that the connection may act for; all of the player's unless set. */
  character?: string;
  /** The fetch to use; the global one unless set. */
  fetch?: typeof fetch;
}

/**
 * Credentials that ask the front door for a ticket each time. A ticket opens one
 * connection, soon, and is worth nothing to who reads it later.
 */
export function tickets(options: TicketOptions): Credentials {
  const url = endpoint(options);
  url.protocol = url.protocol.replace("ws", "http");
  url.pathname = url.pathname.replace(/\/ws$/, "/ticket");
  const request = options.fetch ?? globalThis.fetch.bind(globalThis);
  return async () => {
    const response = await request(url, {
      method: "POST",
      headers: { ...(await options.headers()), "Content-Type": "application/json" },
      body: JSON.stringify(options.character ? { character: options.character } : {}),
      credentials: "omit",
    });
    // What is not a shard's, but a proxy's, has no body of ours.
    const answer = (await response.json().catch(() => ({}))) as { ticket?: string; message?: string };
    if (response.ok && answer.ticket) return answer.ticket;
    if (finalStatuses.has(response.status)) throw new EndedError(response.status, answer.message ?? "", response.status === 401);
    throw new Error(answer.message ?? `no ticket: HTTP ${response.status}`);
  };
}
