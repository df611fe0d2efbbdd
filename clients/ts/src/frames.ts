// SPDX-License-Identifier: Apache-2.0

// The frames of the protocol gamesession.v1. docs/asyncapi.yaml is their definition.

export const protocol = "gamesession.v1";

/** A place in a session's history. Positions order by epoch, then by version. */
export interface Position {
  epoch: number;
  version: number;
}

/** Says whether a lies before b. */
export function behind(a: Position, b: Position): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.version < b.version);
}

export interface ConnectionEstablished {
  session_id: string;
  player: string;
  role: string;
  shard: string;
  protocol: string;
  heartbeat_seconds: number;
}

export interface SyncResponse extends Position {
  state: Record<string, unknown>;
  hash?: string;
  last_n: number;
  partial?: boolean;
}

export interface Resumed extends Position {
  current: Position;
  last_n: number;
}

export interface HistoryLost extends Position {
  reason: string;
}

/** Sets one leaf of the view, or removes it when there is no value. */
export interface Change {
  path: string;
  value?: unknown;
  previous?: unknown;
}

/** One link of a view's chain. */
export interface Update extends Position {
  update_id: string;
  from: number;
  by?: string;
  action_id?: string;
  changes: Change[];
  events?: unknown[];
  hash: string;
  timestamp: number;
}

export interface Ack extends Position {
  n: number;
  action_id: string;
  repeated?: boolean;
}

/** A coded "no": it changed nothing. */
export interface Refusal {
  n: number;
  action_id: string;
  code: string;
  message: string;
  details?: Record<string, unknown>;
  retry?: boolean;
}

export interface MigratePrepare {
  url: string;
  token: string;
  shard: string;
  epoch: number;
}

export interface Moved extends Position {
  url: string;
  token: string;
  shard: string;
  reason: string;
}

export interface Fault {
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

export interface ConnectionError {
  code: number;
  message: string;
  return: "resume" | "stay" | "new_token" | "never";
  after_ms?: number;
}

export interface Present {
  player: string;
  role: string;
}

/** What members say to each other: it is not part of the chain and kept nowhere. */
export type Talk =
  | { type: "chat_said"; data: { player: string; text: string; timestamp: number } }
  | { type: "emote_made"; data: { player: string; emote: string } }
  | { type: "map_pinged"; data: { player: string; at: [number, number] } }
  | { type: "player_typing"; data: { player: string; typing: boolean } }
  | { type: "presence"; data: { present: Present[]; spectators: number } }
  | { type: "presence_change"; data: Present & { online: boolean } };

export type UpdateType = "state_update" | "action_resolve" | "initiative_roll" | "turn_change";

/** Everything that a shard sends. */
export type ShardFrame =
  | { type: "connection_established"; data: ConnectionEstablished }
  | { type: "heartbeat"; data: { server_time?: number } }
  | { type: "sync_response"; data: SyncResponse }
  | { type: "resumed"; data: Resumed }
  | { type: "history_lost"; data: HistoryLost }
  | { type: UpdateType; data: Update }
  | { type: "ack"; data: Ack }
  | { type: "refusal"; data: Refusal }
  | { type: "migrate_prepare"; data: MigratePrepare }
  | { type: "moved"; data: Moved }
  | { type: "error"; data: Fault }
  | { type: "connection_error"; data: ConnectionError }
  | Talk;
