// SPDX-License-Identifier: Apache-2.0

import type { Answer } from "./options.js";
import type { Fault, Position, Talk, Update, UpdateType } from "./frames.js";

/** What happens to a client, in order. */
export type ClientEvent =
  /** The connection carries the session, now or again, in this role. */
  | { type: "live"; shard: string; role: string; followed: boolean }
  /** The view was replaced. Lost: the session's history does not hold what was seen before. */
  | { type: "synced"; position: Position; lost: boolean }
  /** The view took a link. */
  | { type: "update"; frame: UpdateType; update: Update }
  | { type: "answered"; answer: Answer }
  /** The session moves, or has moved. */
  | { type: "moving" | "moved"; shard: string }
  | { type: "talk"; talk: Talk }
  /** A connection ended; the client comes back. */
  | { type: "closed"; code: number; reason: string }
  /** The shard reported a fault. */
  | { type: "fault"; fault: Fault }
  /** The view was wrong and is asked for again: a hole in the chain, or another hash. */
  | { type: "resync"; why: "hole" | "diverged" };
