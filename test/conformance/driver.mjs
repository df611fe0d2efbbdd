// SPDX-License-Identifier: Apache-2.0
//
// Lets the client of clients/ts take part in a conversation. It reads one line of
// JSON for each thing to do and writes one for each answer:
//   {"start": {url, session, token, identity?, follow, preconnect, answerTimeout}}
//   {"do": name, action}   ->  {"answer": name, "is": {…}} once there is one
//   {"say": {type, data}}
//   {"view": true}         ->  {"view": {path: text}}
//                              {"ended": {newToken}} once it has given up
import {createInterface} from 'node:readline';

const {Client, EndedError, tickets} = await import(process.argv[2]);
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');
let client;

function settle({position, repeated, refusal}) {
  return refusal ? {code: refusal.code} : {...position, repeated};
}

const todo = {
  start({url, session, token, identity, follow, preconnect, answerTimeout}) {
    const asked = identity && tickets({url, session, headers: () => ({Authorization: `Bearer ${identity}`})});
    // A client that waits this long for what does not come is too late for every script.
    const openTimeout = 2 * 60_000;
    client = new Client({url, session, token: asked || token, followMoves: follow, preConnect: preconnect, openTimeout, ...(answerTimeout && {answerTimeout})});
    client.ended.then((e) => tell({ended: {newToken: e instanceof EndedError && e.newToken}}));
  },
  do(name, {action}) {
    client.do(action).then((a) => tell({answer: name, is: settle(a)}), (e) => tell({answer: name, is: {error: String(e)}}));
  },
  say({type, data}) {
    const talk = {
      chat: () => client.chat(data.text), emote: () => client.emote(data.emote), map_ping: () => client.mapPing(...data.at),
      typing: () => client.typing(data.typing), presence_request: () => client.watchPresence(),
    };
    talk[type]();
  },
  view() {
    tell({view: Object.fromEntries(client.view.leaves())});
  },
};

for await (const line of createInterface({input: process.stdin})) {
  const message = JSON.parse(line);
  const what = Object.keys(todo).find((name) => name in message);
  todo[what](message[what], message);
}
client?.close();
process.exit();
