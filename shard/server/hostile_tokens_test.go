// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/auth/identity/identitytest"
	"gamesession.dev/operator/shard/wire"
)

// badBearers are the bearer tokens that have another answer than 401: what is no
// header any more never reaches the check of tokens.
var badBearers = map[string]int{
	"64 KiB":       http.StatusRequestHeaderFieldsTooLarge,
	"a line break": http.StatusBadRequest,
}

// TestBadBearers sends every token that must not be taken, beside a session token
// that is good. Each is answered before there is a socket, and none makes the
// shard open a connection.
func TestBadBearers(t *testing.T) {
	var dialled atomic.Int64
	trap := httptest.NewUnstartedServer(http.NotFoundHandler())
	trap.Config.ConnState = func(net.Conn, http.ConnState) { dialled.Add(1) }
	trap.Start()
	defer trap.Close()
	issuer := identitytest.New(t, time.Now())
	verifier, err := identity.New(identity.Config{Issuers: []identity.Issuer{
		{Issuer: identitytest.Issuer, Audience: identitytest.Audience, KeysFile: issuer.File()},
	}}, slog.New(slog.DiscardHandler), time.Now)
	check(t, err)
	st := newStage(t, "a")
	a := st.shards["a"]
	a.Identity = verifier
	a.create()
	tokens := issuer.Bad(trap.URL)
	maps.Copy(tokens, map[string]string{"": issuer.RS256(issuer.Good(), nil)})
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			want := http.StatusUnauthorized
			if special, is := badBearers[name]; is {
				want = special
			} else if name == "" {
				want = http.StatusSwitchingProtocols
			}
			status, answer := a.plainly(t, "Authorization: Bearer "+token)
			if status != want {
				t.Errorf("status %d, want %d: %s", status, want, answer)
			}
			if want == http.StatusUnauthorized && !strings.Contains(answer, `"code":"`+wire.CodeUnauthorized+`"`) {
				t.Errorf("the body is %s", answer)
			}
			if len(token) > 8 && strings.Contains(answer, token[:8]) {
				t.Errorf("the answer repeats the token: %s", answer)
			}
		})
	}
	if n := dialled.Load(); n != 0 {
		t.Errorf("%d connections were caused by tokens", n)
	}
}

// plainly sends a handshake byte by byte as it is written here, and returns the
// status and what follows the header.
func (sh *shard) plainly(t *testing.T, header string) (status int, body string) {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(sh.http.URL, "http://"))
	check(t, err)
	defer func() { _ = c.Close() }()
	check(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\n%s: %s\r\n%s\r\n\r\n",
		clientPath, wire.Subprotocol, wire.TokenHeader, sh.stage.token("ann", auth.Player, time.Now().Add(time.Hour)), header)
	check(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	check(t, err)
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp.StatusCode, ""
	}
	defer func() { _ = resp.Body.Close() }()
	text := make([]byte, 4096)
	n, _ := resp.Body.Read(text)
	return resp.StatusCode, string(text[:n])
}
