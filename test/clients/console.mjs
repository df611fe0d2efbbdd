// SPDX-License-Identifier: Apache-2.0
//
// console.mjs CHROMIUM BLOCKS [PAGE]: opens a page (about:blank) in a headless Chromium and gives its
// console one block of code after the other, as a reader pastes them; BLOCKS is a file
// with a JSON list of them. Prints what the console shows.
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const [chromium, file, page = 'about:blank'] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'console-'));
const browser = spawn(chromium, ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], {stdio: ['ignore', 'ignore', 'pipe']});
/** All processes of the browser are gone: its children hold its stderr and write to the profile after it has exited. */
const ended = new Promise((resolve) => browser.once('close', resolve));

/** Waits until the browser says where its debugger listens. */
const debuggerURL = await new Promise((resolve, reject) => {
  let said = '';
  browser.stderr.on('data', (text) => {
    said += text;
    const found = said.match(/DevTools listening on (ws:\S+)/);
    if (found) resolve(new URL(found[1]));
  });
  browser.once('exit', () => reject(new Error(`the browser ended: ${said}`)));
});
const tab = await (await fetch(`http://${debuggerURL.host}/json/new`, {method: 'PUT'})).json();
const socket = new WebSocket(tab.webSocketDebuggerUrl);
await new Promise((resolve) => (socket.onopen = resolve));

const waiting = new Map();
const loaded = new Map(); // what waits for a document to be there, by its loader
socket.onmessage = (m) => {
  const {id, result, error, method, params} = JSON.parse(m.data);
  if (method === 'Runtime.consoleAPICalled') console.log(...params.args.map((a) => ('value' in a ? a.value : a.type)));
  if (method === 'Page.lifecycleEvent' && params.name === 'load') arrived(params.loaderId).resolve();
  waiting.get(id)?.(error ?? result);
};

/** The promise that the document of a loader is there: either side may ask for it first. */
function arrived(loader) {
  if (!loaded.has(loader)) loaded.set(loader, Promise.withResolvers());
  return loaded.get(loader);
}

let ids = 0;
function call(method, params = {}) {
  const id = ++ids;
  socket.send(JSON.stringify({id, method, params}));
  return new Promise((resolve) => waiting.set(id, resolve));
}

/** Opens the page: a block that ran before it is there would run in the blank one. */
async function open(url) {
  await call('Page.enable');
  await call('Page.setLifecycleEventsEnabled', {enabled: true});
  const {loaderId, errorText} = await call('Page.navigate', {url});
  if (!loaderId) throw new Error(`opening ${url}: ${errorText}`);
  await arrived(loaderId).promise;
}

let failed = false;
await call('Runtime.enable');
if (page !== 'about:blank') await open(page);
for (const expression of JSON.parse(readFileSync(file, 'utf8'))) {
  const {exceptionDetails} = await call('Runtime.evaluate', {expression, replMode: true, awaitPromise: true});
  if (exceptionDetails) {
    console.log(exceptionDetails.exception?.description ?? exceptionDetails.text);
    failed = true;
    break;
  }
}
console.log(page, 'in', (await (await fetch(`http://${debuggerURL.host}/json/version`)).json()).Browser);
browser.kill();
await ended;
rmSync(profile, {recursive: true, force: true});
process.exit(failed ? 1 : 0);
