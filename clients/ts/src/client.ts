// SPDX-License-Identifier: Apache-2.0

import { Backoff } from "./backoff.js";
import { afterClose, finalStatuses } from "./closes.js";
import type { Credentials } from "./credentials.js";
import { ClosedError, EndedError, TooManyPendingError } from "./errors.js";
import { behind, type MigratePrepare, type Moved, type Position, type Refusal, type ShardFrame, type Update, type UpdateType } from "./frames.js";
import { Link, type Listener } from "./link.js";
import type { ClientEvent } from "./events.js";
import { endpoint, withDefaults, type Answer, type Options, type Settings } from "./options.js";
import { Pending, type Command } from "./pending.js";
import { View } from "./view.js";

/**
 * Connects, and resolves once the client has its view. Until then it tries again
 * after errors that may pass, and rejects after one that does not.
 */
export async function connect(options: Options): Promise<Client> {
  const client = new Client(options);
  await client.synced;
  return client;
}

/** One player at one session. */
export class Client implements Listener {
  /** The view of the player's role, which follows the session. */
  readonly view = new View();
  /** Resolves when the view is first there. */
  readonly synced: Promise<void>;
  /** Resolves with the reason when the client has ended; it does not come back by itself then. */
  readonly ended: Promise<Error>;

  readonly #options: Settings;
  readonly #endpoint: URL;
  readonly #pending = new Pending();
  readonly #reopen = new Backoff();
  readonly #retry = new Backoff();
  readonly #prefix = Math.random().toString(16).slice(2, 10);
  /** Carries commands and the chain; undefined between two attempts. */
  #primary: Link | undefined;
  /** On its way to the new owner. */
  #next: Link | undefined;
  #over: Error | undefined;
  /** It can have another token. */
  readonly #renews: boolean;
  #ids = 0;
  #role = ""; // whose view it is
  #held = false; // the shard asked to wait with commands
  #present = false; // presence was asked for
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #whenSynced!: () => void;
  #whenEnded!: (e: Error) => void;

  constructor(options: Options) {
    this.#options = withDefaults(options);
    this.#endpoint = endpoint(options);
    this.#renews = typeof options.token !== "string";
    this.ended = new Promise((resolve) => (this.#whenEnded = resolve));
    this.synced = new Promise((resolve, reject) => {
      this.#whenSynced = resolve;
      void this.ended.then(reject);
    });
    this.synced.catch(() => {}); // whoever waits hears of it
    this.#open();
    this.#watchAnswers();
  }

  /**
   * Sends a command, an action of the rules, and resolves with its answer over any
   * number of reconnects.
   */
  do(action: unknown): Promise<Answer> {
    return new Promise((answer, fail) => {
      if (this.#over) return fail(this.#over);
      if (this.#pending.list.length >= this.#options.maxPending) return fail(new TooManyPendingError("too many commands without an answer"));
      const copy: unknown = JSON.parse(JSON.stringify(action)); // what is sent again is the same, whatever becomes of action
      const actionId = `${this.#prefix}-${++this.#ids}`;
      this.#pending.list.push({ n: 0, actionId, action: copy, sentAt: 0, sends: 0, answer, fail });
      this.#flush(false);
    });
  }

  /** Says a line to everybody at the table. */
  chat(text: string): void {
    this.#say("chat", { text });
  }

  /** Makes a gesture. */
  emote(emote: string): void {
    this.#say("emote", { emote });
  }

  /** Points at a square. */
  mapPing(x: number, y: number): void {
    this.#say("map_ping", { at: [x, y] });
  }

  /** Says that a line is being written, or no longer. */
  typing(typing: boolean): void {
    this.#say("typing", { typing });
  }

  /** Asks to be told who is there, now and from now on. */
  watchPresence(): void {
    this.#present = true;
    this.#say("presence_request", {});
  }

  /** Ends the client. */
  close(): void {
    this.#finish(new ClosedError("the client was closed"));
  }

  /** Takes a frame of a link. */
  frame(from: Link, f: ShardFrame, data: string): void {
    switch (f.type) {
      case "connection_established":
        from.shard = f.data.shard;
        from.role = f.data.role;
        from.silence = Math.max(3000 * f.data.heartbeat_seconds, 3000);
        return this.#greet(from);
      case "heartbeat":
        return this.#beat(from);
      case "sync_response":
        if (!f.data.partial) this.#replace(from, f.data, data);
        return;
      case "resumed":
        return this.#goOn(from, f.data.last_n);
      case "history_lost":
        // What is too old is not lost: the view that follows is later, and should
        // another connection have led the view further yet, it is behind.
        from.lost = f.data.reason !== "too_old";
        return;
      case "state_update":
      case "action_resolve":
      case "initiative_roll":
      case "turn_change":
        return this.#update(from, f.type, f.data, data);
      case "ack":
        return this.#answered(f.data.n, f.data.action_id, {
          n: f.data.n,
          actionId: f.data.action_id,
          position: { epoch: f.data.epoch, version: f.data.version },
          repeated: f.data.repeated ?? false,
        });
      case "refusal":
        return this.#refused(f.data);
      case "migrate_prepare":
        return this.#prepared(from, f.data);
      case "moved":
        return this.#moved(from, f.data);
      case "error":
        return this.#reported(from, f.data);
      case "chat_said":
      case "emote_made":
      case "map_pinged":
      case "player_typing":
      case "presence":
      case "presence_change":
        if (from === this.#primary) this.#tell({ type: "talk", talk: f });
        return;
      default: // a newer shard's
        return;
    }
  }

  /** Takes the end of a link. */
  gone(from: Link, code: number, reason: string, opened: boolean, why?: unknown): void {
    this.#tell({ type: "closed", code, reason });
    if (this.#over) return; // the observer has closed it
    const after = afterClose(code);
    if (opened && (from.live || !from.follow) && (after === "never" || (after === "new_token" && !this.#renews))) {
      return this.#finish(new EndedError(code, reason, after === "new_token"));
    }
    if (why instanceof EndedError && !from.follow) return this.#finish(why);
    this.#drop(from);
    if (!opened && !from.follow) void this.#askWhy();
  }

  #open(): void {
    this.#primary = this.#link(this.#endpoint, this.#options.token, false, 0);
  }

  #link(url: URL, token: string | Credentials, follow: boolean, awaits: number): Link {
    const link = new Link(url, token, follow, awaits, this.#options.openTimeout, this, this.#options.WebSocket);
    this.#after(this.#options.openTimeout, () => {
      if (!link.live && (link === this.#primary || link === this.#next)) this.#abandon(link);
    });
    return link;
  }

  /** Forgets a link and sees to it that there is another one. */
  #drop(link: Link): void {
    if (link === this.#next) {
      this.#next = undefined;
      if (link.awaits > 0 && !link.greeted) this.#sayReady(link.awaits); // the move need not wait for what does not come
    }
    if (link !== this.#primary) return;
    this.#primary = undefined;
    this.#after(this.#reopen.next(), () => {
      if (!this.#primary) this.#open();
    });
  }

  #abandon(link: Link): void {
    link.retire();
    this.#drop(link);
  }

  /**
   * A WebSocket does not tell why a handshake was refused, a plain request for the
   * same does, where the origin lets it be read.
   */
  async #askWhy(): Promise<void> {
    const token = this.#options.token;
    if (typeof token !== "string") return; // credentials say so themselves
    const url = new URL(this.#endpoint);
    url.protocol = url.protocol.replace("ws", "http");
    try {
      const response = await fetch(url, { headers: { "X-Session-Token": token, "Sec-WebSocket-Protocol": "gamesession.v1" } });
      const fault = (await response.json()) as { code?: string; message?: string };
      // 400 is what a plain request gets from a shard that would take a WebSocket.
      if (fault.code && response.status !== 400 && finalStatuses.has(response.status)) {
        this.#finish(new EndedError(response.status, fault.message ?? "", response.status === 401));
      }
    } catch {
      // nobody there, or nothing to be read: the next attempt tells
    }
  }

  /** Answers the shard's first frame: where the view is, or that there is none. That of another role is none. */
  #greet(link: Link): void {
    link.greeted = true;
    const preconnect = this.#options.preConnect && this.#options.followMoves;
    if (this.view.position.version === 0 || link.role !== this.#role) return link.send("sync_request", preconnect ? { preconnect } : {});
    const resume = { ...this.view.position, hash: this.view.hash };
    link.send("resume", preconnect ? { ...resume, preconnect } : resume);
    if (link.awaits > 0) this.#sayReady(link.awaits);
  }

  /** Answers a heartbeat, at most once in half an interval. */
  #beat(link: Link): void {
    const now = Date.now();
    if (now - link.lastBeat < link.silence / 6) return;
    link.lastBeat = now;
    link.send("heartbeat");
  }

  #replace(link: Link, at: Position & { last_n: number; hash?: string }, data: string): void {
    const lost = link.lost;
    link.lost = link.syncing = false;
    // One that lies behind comes from a connection that is being left.
    if (!behind(at, this.view.position) || lost) {
      this.view.replace(at, data);
      this.#role = link.role;
      this.#tell({ type: "synced", position: this.view.position, lost });
      this.#whenSynced();
    }
    this.#goOn(link, at.last_n);
  }

  /**
   * Makes a link the one that carries the chain and sends, in order, what has no
   * answer. Only now is the one that it replaces closed.
   */
  #goOn(link: Link, lastN: number): void {
    this.#pending.learn(lastN);
    this.#held = false;
    this.#retry.reset();
    if (!link.live) {
      link.live = true;
      if (link === this.#next) {
        this.#primary?.retire();
        this.#primary = link;
        this.#next = undefined;
      }
      this.#reopen.reset();
      this.#flush(true); // first: an observer may have something new to send
      this.#tell({ type: "live", shard: link.shard, role: link.role, followed: link.follow });
      if (this.#present) link.send("presence_request");
      return;
    }
    this.#flush(true);
  }

  #update(link: Link, frame: UpdateType, u: Update, data: string): void {
    if (link.syncing) return;
    const what = this.view.apply(u, data);
    if (what === "applied" || what === "diverged") this.#tell({ type: "update", frame, update: u });
    if (what === "hole" || what === "diverged") {
      link.syncing = true;
      this.#tell({ type: "resync", why: what });
      link.send("sync_request");
    }
  }

  #answered(n: number, actionId: string, answer: Answer): void {
    const command = this.#pending.find(n, actionId);
    if (!command) return;
    this.#retry.reset();
    this.#pending.settle(command, answer);
    this.#tell({ type: "answered", answer });
  }

  /** Settles a command, unless it may be sent again: then all wait a moment and go out in order. */
  #refused(r: Refusal): void {
    if (!r.retry) return this.#answered(r.n, r.action_id, { n: r.n, actionId: r.action_id, refusal: r });
    if (this.#held || !this.#pending.find(r.n, r.action_id)) return;
    this.#held = true;
    const asked = Number(r.details?.["retry_after_ms"] ?? 0);
    this.#after(Math.max(this.#retry.next(), asked), () => {
      this.#held = false;
      this.#flush(true);
    });
  }

  /** In place of the answer to a first frame, an error means: come back later. */
  #reported(link: Link, fault: { code: string; message: string }): void {
    this.#tell({ type: "fault", fault });
    if (!link.live) this.#abandon(link);
    link.syncing = false; // the next link of the chain asks again
  }

  #prepared(link: Link, m: MigratePrepare): void {
    if (!this.#options.preConnect || !this.#options.followMoves || link !== this.#primary || m.epoch <= this.view.position.epoch) return;
    this.#tell({ type: "moving", shard: m.shard });
    if (this.#next?.awaits !== m.epoch) this.#goTo(link, m.url, m.token || this.#options.token, m.epoch);
    else if (this.#next.greeted) this.#sayReady(m.epoch); // asked again
  }

  #moved(link: Link, m: Moved): void {
    if (!this.#options.followMoves || link !== this.#primary || m.epoch < this.view.position.epoch) return;
    this.#tell({ type: "moved", shard: m.shard });
    if (this.#next && this.#next.awaits >= m.epoch) return;
    // What others may have read is not used where there is better.
    this.#goTo(link, m.url, this.#renews ? this.#options.token : m.token || this.#options.token, 0);
  }

  #goTo(link: Link, url: string, token: string | Credentials, awaits: number): void {
    if (this.#over) return; // the observer has closed it
    this.#next?.retire();
    this.#next = this.#link(new URL(url, link.url), token, true, awaits);
  }

  #sayReady(epoch: number): void {
    if (this.#primary?.live) this.#primary.send("migrate_ready", { epoch });
  }

  #say(type: string, data: object): void {
    if (this.#primary?.live) this.#primary.send(type, data);
  }

  /** Sends, in order, the commands that were never sent, or all that have no answer. */
  #flush(all: boolean): void {
    const link = this.#primary;
    if (!link?.live || this.#held) return;
    for (const c of this.#pending.list) {
      if (c.sends > 0 && !all) continue;
      this.#send(link, c);
    }
  }

  #send(link: Link, c: Command): void {
    this.#pending.number(c);
    link.send("action_declare", { n: c.n, action_id: c.actionId, action: c.action });
    c.sends++;
    c.sentAt = Date.now();
  }

  /** Sends again what waits for too long. */
  #watchAnswers(): void {
    if (Date.now() >= this.#pending.overdue(this.#options.answerTimeout)) this.#flush(true);
    this.#after(this.#options.answerTimeout / 4, () => this.#watchAnswers());
  }

  /** Tells the observer. What it throws is thrown where it breaks nothing off. */
  #tell(event: ClientEvent): void {
    if (this.#over) return;
    try {
      this.#options.observe(event);
    } catch (e) {
      queueMicrotask(() => {
        throw e;
      });
    }
  }

  #after(milliseconds: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#over) then();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #finish(why: Error): void {
    if (this.#over) return;
    this.#over = why;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#primary?.retire();
    this.#next?.retire();
    this.#pending.fail(why);
    this.#whenEnded(why);
  }
}
