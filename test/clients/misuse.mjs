// SPDX-License-Identifier: Apache-2.0
//
// misuse.mjs CLIENT: what surrounds the client of clients/ts misbehaves, and it does
// not. The other end of its sockets is here.
import assert from 'node:assert/strict';

const {Client, EndedError, tickets} = await import(process.argv[2]);
const tools = process.env.CLIENT_TOOLS;

const thrown = [];
process.on('uncaughtException', (e) => thrown.push(e.message));

async function until(condition) {
  for (; !condition(); ) await new Promise((later) => setTimeout(later, 1));
}

/** A WebSocket whose other end is the test. */
class Socket {
  static OPEN = 1;
  static all = [];
  readyState = 0;
  sent = [];

  constructor(url, protocols) {
    this.token = protocols[1].slice('token.'.length);
    if (/[^!-~]/.test(this.token)) throw new SyntaxError('a subprotocol cannot be like that');
    Socket.all.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  says(type, data) {
    this.onmessage({data: JSON.stringify({type, data})});
  }
  cut() {
    this.readyState = 3;
    this.onclose({code: 1006, reason: ''});
  }
  commands() {
    return this.sent.filter((f) => f.type === 'action_declare').map((f) => f.data);
  }
  /** Lets the client in, and shows it a view or takes its resume. */
  live() {
    this.readyState = 1;
    this.onopen();
    this.says('connection_established', {session_id: 's', player: 'ann', role: 'player', shard: 'a', protocol: 'gamesession.v1', heartbeat_seconds: 30});
    const at = {epoch: 1, version: 1};
    if (this.sent[0].type === 'resume') this.says('resumed', {...at, current: at, last_n: 0});
    else this.says('sync_response', {...at, state: {'/round': 1}, hash: 'a169cce6ddcd0c99', last_n: 0});
  }
}

/** Starts a client, whose sockets are those of Socket.all from then on. */
function start(options) {
  Socket.all = [];
  thrown.length = 0;
  return new Client({url: 'http://door', session: 's', token: 't', WebSocket: Socket, ...options});
}

async function nth(n) {
  await until(() => Socket.all.length >= n);
  return Socket.all[n - 1];
}

const cases = {
  async 'an observer throws'() {
    const client = start({observe: (e) => { throw new Error(e.type); }});
    const answer = client.do({type: 'dash'});
    (await nth(1)).live();
    assert.equal(Socket.all[0].commands().length, 1);
    Socket.all[0].cut();
    (await nth(2)).live();
    const [{n, action_id}] = Socket.all[1].commands();
    Socket.all[1].says('ack', {n, action_id, epoch: 1, version: 2});
    assert.equal((await answer).position.version, 2);
    await until(() => thrown.includes('closed') && thrown.includes('live') && thrown.includes('answered'));
    client.close();
  },

  async 'credentials throw, and give what is none'() {
    const given = [() => { throw new Error('no login'); }, () => 'a\nb', () => 'good'];
    const client = start({token: () => given.shift()()});
    assert.equal((await nth(1)).token, 'good');
    client.close();
    assert.deepEqual(thrown, []);
  },

  async 'an action cannot be sent'() {
    const client = start();
    (await nth(1)).live();
    await assert.rejects(client.do({type: 'dash', feet: 30n}));
    await assert.rejects(client.do(undefined));
    client.do({type: 'dodge'}).catch(() => {});
    assert.deepEqual(Socket.all[0].commands().map((c) => c.action), [{type: 'dodge'}]);
    client.close();
  },

  async 'an action is changed when it is on its way'() {
    const client = start();
    (await nth(1)).live();
    const action = {type: 'dash'};
    client.do(action).catch(() => {});
    action.type = 'dodge';
    Socket.all[0].cut();
    (await nth(2)).live();
    assert.deepEqual(Socket.all[1].commands(), Socket.all[0].commands());
    client.close();
  },

  async 'an observer sends something new as soon as it can'() {
    let lives = 0;
    const client = start({observe: (e) => e.type === 'live' && ++lives === 2 && client.do({type: 'new'}).catch(() => {})});
    (await nth(1)).live();
    client.do({type: 'old'}).catch(() => {});
    Socket.all[0].cut();
    (await nth(2)).live();
    assert.deepEqual(Socket.all[1].commands().map((c) => [c.n, c.action.type]), [[1, 'old'], [2, 'new']]);
    client.close();
  },

  async 'an observer closes the client in the middle of a move'() {
    const client = start({observe: (e) => e.type === 'moved' && client.close()});
    (await nth(1)).live();
    Socket.all[0].says('moved', {url: 'ws', epoch: 2, version: 1, token: 't', shard: 'b', reason: 'handoff'});
    await client.ended;
    assert.equal(Socket.all.length, 1);
  },

  async 'frames cannot be understood'() {
    const client = start();
    (await nth(1)).live();
    Socket.all[0].says('state_update', {update_id: '1-2', epoch: 1, version: 2, from: 1, changes: null, hash: '', timestamp: 1});
    (await nth(2)).live();
    Socket.all[1].onmessage({data: 'null'});
    (await nth(3)).live();
    assert.equal(client.view.get('/round'), 1);
    client.close();
  },

  async 'a proxy stands before the front door'() {
    const page = (status) => async () => new Response('<h1>not here</h1>', {status});
    const asked = (status) => tickets({url: 'http://door', session: 's', headers: () => ({}), fetch: page(status)})();
    await assert.rejects(asked(404), EndedError);
    await assert.rejects(asked(502), /no ticket: HTTP 502/);
    await assert.rejects(asked(200), /no ticket: HTTP 200/);
  },

  async 'a WebSocket of npm cannot connect'() {
    const {default: WebSocket} = await import(`${tools}/node_modules/ws/wrapper.mjs`);
    let closed = 0;
    const client = start({url: 'http://127.0.0.1:1', WebSocket, observe: (e) => e.type === 'closed' && closed++});
    await until(() => closed > 1);
    client.close();
    assert.deepEqual(thrown, []);
  },
};

for (const [name, run] of Object.entries(cases)) {
  await run();
  console.log('held:', name);
}
process.exit();
