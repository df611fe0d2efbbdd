// SPDX-License-Identifier: Apache-2.0

// Scenario TT-1 as a Colyseus room: turn and target are checked, the attack is
// rolled, the turn advances and one event goes to everyone. With REDIS_URL every
// event is added to a stream before anybody sees it.
//
//   PORT, OPS_PORT  where players and where the benchmark connect
import http from "node:http";
import { Room, Server, matchMaker } from "@colyseus/core";
import { WebSocketTransport } from "@colyseus/ws-transport";
import Redis from "ioredis";

const SEATS = 10;
const redis = process.env.REDIS_URL ? new Redis(process.env.REDIS_URL, { enableAutoPipelining: true }) : null;
const die = (sides) => 1 + Math.floor(Math.random() * sides);

class Table extends Room {
  maxClients = SEATS + 2;
  autoDispose = false;
  patchRate = null; // there is no synchronised state, only events

  onCreate() {
    this.seq = 0;
    this.turn = 0;
    this.round = 1;
    this.hp = new Array(SEATS).fill(1_000_000);
    this.onMessage("act", (client, command) => this.act(client, command));
  }

  onJoin(client, options) {
    client.userData = { seat: options.seat, last: 0 };
  }

  async act(client, { n, target }) {
    const me = client.userData;
    if (me.seat !== this.turn || n !== me.last + 1) return client.send("no", "not your turn");
    if (!(target >= 0 && target < SEATS) || target === me.seat || this.hp[target] <= 0) return client.send("no", "no such target");
    me.last = n;
    const d20 = die(20);
    const hit = d20 === 20 || (d20 !== 1 && d20 + 6 >= 14);
    const damage = hit ? die(8) + 4 : 0;
    this.hp[target] -= damage;
    this.turn = (this.turn + 1) % SEATS;
    if (this.turn === 0) this.round++;
    const event = { seq: ++this.seq, by: me.seat, target, d20, total: d20 + 6, hit, damage, hp: this.hp[target], turn: this.turn, round: this.round, n };
    if (redis) await redis.xadd(this.roomId, "*", "e", JSON.stringify(event));
    this.broadcast("event", event);
  }
}

const server = new Server({ transport: new WebSocketTransport({}), greet: false });
server.define("table", Table);
await server.listen(Number(process.env.PORT), "127.0.0.1");

// POST /?n=… makes so many tables and answers with their ids.
http.createServer(async (request, response) => {
  const n = Number(new URL(request.url, "http://ops").searchParams.get("n"));
  const rooms = [];
  for (let i = 0; i < n; i++) rooms.push((await matchMaker.createRoom("table", {})).roomId);
  response.end(JSON.stringify(rooms));
}).listen(Number(process.env.OPS_PORT), "127.0.0.1");
