// SPDX-License-Identifier: Apache-2.0
//
// play.mjs LIBRARY URL TOKEN: connects, plays a turn, is cut, resumes, through a
// WebSocket of other people: "ws", "undici", or "global", the one of Node.
const [library, url, token] = process.argv.slice(2);
const tools = process.env.CLIENT_TOOLS;

const open = {
  async ws() {
    const {default: WebSocket} = await import(`${tools}/node_modules/ws/wrapper.mjs`);
    return new WebSocket(url, 'gamesession.v1', {headers: {'X-Session-Token': token}});
  },
  async undici() {
    const {WebSocket} = (await import(`${tools}/node_modules/undici/index.js`)).default;
    return new WebSocket(url, {protocols: ['gamesession.v1'], headers: {Authorization: `Bearer ${token}`}});
  },
  async global() {
    return new WebSocket(url, ['gamesession.v1', `token.${token}`]);
  },
};

/** A connection whose frames can be waited for. */
async function connection() {
  const socket = await open[library]();
  const frames = [];
  let wake = () => {};
  socket.addEventListener('message', (m) => {
    frames.push(JSON.parse(m.data));
    wake();
  });
  await new Promise((opened, failed) => {
    socket.addEventListener('open', opened);
    socket.addEventListener('error', (e) => failed(new Error(e.message)));
  });
  return {
    socket,
    send: (type, data = {}) => socket.send(JSON.stringify({type, data})),
    async until(type) {
      for (;;) {
        const i = frames.findIndex((f) => f.type === type);
        if (i >= 0) return frames.splice(0, i + 1).at(-1).data;
        await new Promise((resolve) => (wake = resolve));
      }
    },
  };
}

const first = await connection();
if (first.socket.protocol !== 'gamesession.v1') throw new Error(`protocol is ${first.socket.protocol}`);
await first.until('connection_established');
first.send('sync_request');
const {epoch, version} = await first.until('sync_response');
first.send('action_declare', {n: 1, action_id: 'begin', action: {type: 'start_combat'}});
const began = await first.until('ack');
first.socket.close();

const second = await connection();
second.send('resume', {epoch, version});
const resumed = await second.until('resumed');
const missed = await second.until('initiative_roll');
if (resumed.last_n !== 1 || missed.version !== began.version) throw new Error(`resumed ${JSON.stringify(resumed)}, missed ${missed.version}`);
second.send('action_declare', {n: 1, action_id: 'begin', action: {type: 'start_combat'}});
const again = await second.until('ack');
if (!again.repeated || again.version !== began.version) throw new Error(`the second answer is ${JSON.stringify(again)}`);
second.send('sync_request', {paths: ['/combat/turn']});
const {state} = await second.until('sync_response');
second.send('action_declare', {n: 2, action_id: 'end', action: {type: 'end_turn', creature: state['/combat/turn']}});
await second.until('ack');
console.log('played by', library);
process.exit();
