// SPDX-License-Identifier: Apache-2.0
//
// fight.mjs URL SESSION TOKEN: plays both sides of a fight through clients/ts as fast
// as answers come, until its input ends, and tells what it was told: a line "go" once
// it plays, "followed" for each move, and at the end one of JSON.
const [url, session, token] = process.argv.slice(2);
const {connect} = await import(`${process.env.CLIENT_TOOLS}/ts/index.js`);

const counts = {acked: [], moved: 0, followed: 0, closed: 0, resyncs: 0, lost: 0};
const client = await connect({
  url, session, token,
  observe(e) {
    if (e.type === 'live' && e.followed) {
      counts.followed++;
      console.log('followed');
    }
    if (e.type === 'moved' || e.type === 'moving') counts.moved++;
    if (e.type === 'closed') counts.closed++;
    if (e.type === 'resync') counts.resyncs++;
    if (e.type === 'synced' && e.lost) counts.lost++;
  },
});

let stopped = false;
process.stdin.on('end', () => (stopped = true)).resume();

function next() {
  const turn = client.view.get('/combat/turn');
  if (client.view.get('/combat/phase') !== 'fighting') return {type: 'start_combat'};
  return client.view.get('/combat/action') ? {type: 'dodge', creature: turn} : {type: 'end_turn', creature: turn};
}

while (!stopped) {
  const {position, refusal, actionId} = await client.do(next());
  if (refusal) throw new Error(JSON.stringify(refusal));
  counts.acked.push({actionId, ...position});
  // The update may come behind the acknowledgement.
  while (client.view.position.version < position.version) await new Promise(setImmediate);
  if (counts.acked.length === 1) console.log('go');
}
console.log(JSON.stringify({...counts, hash: client.view.hash}));
client.close();
process.exit();
