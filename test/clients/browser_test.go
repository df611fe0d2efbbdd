// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/test/fleet"
)

// page connects as a page does: with the package as it is published, and with a
// ticket, for which it asks over REST; and asks for what it may not.
const page = `
const {connect, tickets} = await import('/dist/index.js');
const where = {url: 'DOOR', session: 's1'};
const headers = () => ({'X-Session-Token': 'TOKEN'});
try {
  const client = await connect({...where, token: tickets({...where, headers})});
  console.log('connected,', (await client.do({type: 'start_combat'})).refusal?.code ?? 'and acts');
  client.close();
} catch (e) {
  console.log('not connected:', String(e));
}
for (const [what, init] of Object.entries({
  get: {headers: headers()}, 'foreign header': {headers: {...headers(), 'X-Other': '1'}}, put: {method: 'PUT', headers: headers()}, cookies: {headers: headers(), credentials: 'include'},
})) {
  console.log(what + ':', await fetch('DOOR/api/v2/sessions/s1', init).then((r) => r.status, () => 'blocked'));
}
`

// foreign is what a page of another origin tries, without the client, which would
// come back for ever: nobody says whether a refusal was meant for good.
const foreign = `
for (const [what, init] of Object.entries({get: {headers: {'X-Session-Token': 'TOKEN'}}, bare: {}, ticket: {method: 'POST', headers: {'X-Session-Token': 'TOKEN', 'Content-Type': 'application/json'}, body: '{}'}})) {
  console.log(what + ':', await fetch('DOOR/api/v2/sessions/s1' + (init.method ? '/ticket' : ''), init).then((r) => r.status, () => 'blocked'));
}
console.log('socket:', await new Promise((resolve) => {
  const socket = new WebSocket('DOOR/api/v2/sessions/s1/ws'.replace('http', 'ws'), ['gamesession.v1', 'token.TOKEN']);
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('refused');
}));
`

// TestPagesOfBrowsers: a page on an allowed origin plays, one on another does not.
func TestPagesOfBrowsers(t *testing.T) {
	dir, _ := packed(t)
	files := http.FileServer(http.Dir(filepath.Join(dir, "node_modules/@gamesession/client")))
	serve := func() *httptest.Server {
		s := httptest.NewServer(files)
		t.Cleanup(s.Close)
		return s
	}
	own, other := serve(), serve()
	f := fleet.New(t, binary)
	shard := f.Start("a", "--allowed-origins", own.URL)
	f.Create("s1", shard)
	fill := strings.NewReplacer("DOOR", "http://"+shard.Address, "TOKEN", f.Token("s1", "gm", auth.GameMaster))
	open := func(at, code string) string {
		block := filepath.Join(t.TempDir(), "blocks.json")
		list, err := json.Marshal([]string{fill.Replace(code)})
		check(t, err)
		check(t, os.WriteFile(block, list, 0o600))
		out := node(t, "console.mjs", "/usr/bin/chromium", block, at+"/README.md")
		t.Log(out)
		return out
	}
	says := func(out string, lines ...string) {
		t.Helper()
		for _, want := range lines {
			if !strings.Contains(out, want+"\n") {
				t.Errorf("it does not say %q", want)
			}
		}
	}
	says(open(own.URL, page), "connected, and acts", "get: 200", "foreign header: blocked", "put: blocked", "cookies: blocked")
	says(open(other.URL, foreign), "get: blocked", "bare: blocked", "ticket: blocked", "socket: refused")
}
