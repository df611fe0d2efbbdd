// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// request is a handshake in which everything is right.
func request(st *stage, path string) *http.Request {
	st.t.Helper()
	r, err := http.NewRequestWithContext(st.t.Context(), http.MethodGet, path, nil)
	check(st.t, err)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": wire.Subprotocol,
		wire.TokenHeader: st.token("ann", auth.Player, time.Now().Add(time.Hour)),
	} {
		r.Header.Set(name, value)
	}
	return r
}

func TestHandshakeRefusals(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	hour := time.Now().Add(time.Hour)
	token := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(wire.TokenHeader, token) }
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	good := st.token("ann", auth.Player, hour)
	tests := map[string]struct {
		path   string
		break_ func(*http.Request)
		status int
		code   string
	}{
		"no token":            {clientPath, token(""), 401, wire.CodeUnauthorized},
		"token in the query":  {clientPath + "?token=" + good, token(""), 401, wire.CodeUnauthorized},
		"not a token":         {clientPath, token("abc"), 401, wire.CodeUnauthorized},
		"long token":          {clientPath, token(good + strings.Repeat("A", 8000)), 401, wire.CodeUnauthorized},
		"changed token":       {clientPath, token(strings.Replace(good, ".k1.", ".k2.", 1)), 401, wire.CodeUnauthorized},
		"expired token":       {clientPath, token(st.token("ann", auth.Player, time.Now().Add(-time.Minute))), 401, wire.CodeUnauthorized},
		"token of a shard":    {clientPath, token(st.token("b", auth.Peer, hour)), 403, wire.CodeForbidden},
		"another session":     {"/api/v2/sessions/other/ws", nil, 403, wire.CodeForbidden},
		"other subprotocol":   {clientPath, header("Sec-WebSocket-Protocol", "gamesession.v9"), 400, wire.CodeBadRequest},
		"relay's subprotocol": {clientPath, header("Sec-WebSocket-Protocol", relaySubprotocol), 400, wire.CodeBadRequest},
		"foreign origin":      {clientPath, header("Origin", "https://evil.example"), 403, wire.CodeForbidden},
		"no upgrade":          {clientPath, header("Connection", "close"), 400, wire.CodeBadRequest},
		"version 12":          {clientPath, header("Sec-WebSocket-Version", "12"), 400, wire.CodeBadRequest},
		"nothing there":       {"/api/v2/sessions", nil, 404, wire.CodeNotFound},
		"post":                {clientPath, func(r *http.Request) { r.Method = http.MethodPost }, 404, wire.CodeNotFound},
		"relay by a player":   {strings.Replace(relayPath, "{id}", testSession, 1), header(peerHeader, good), 403, wire.CodeForbidden},
		"relay by nobody":     {strings.Replace(relayPath, "{id}", testSession, 1), nil, 403, wire.CodeForbidden},
		"standby by a player": {strings.Replace(standbyPath, "{id}", testSession, 1) + "?epoch=2", header(peerHeader, good), 403, wire.CodeForbidden},
		"relay of another's":  {"/internal/v1/sessions/other/relay", header(peerHeader, st.token("b", auth.Peer, hour)), 403, wire.CodeForbidden},
		"relay without client": {strings.Replace(relayPath, "{id}", testSession, 1), func(r *http.Request) {
			r.Header.Set(peerHeader, st.token("b", auth.Peer, hour))
			r.Header.Del(wire.TokenHeader)
		}, 401, wire.CodeUnauthorized},
		"standby without epoch": {strings.Replace(standbyPath, "{id}", testSession, 1), header(peerHeader, st.token("b", auth.Peer, hour)), 400, wire.CodeBadRequest},
		"standby of none":       {strings.Replace(standbyPath, "{id}", testSession, 1) + "?epoch=7", header(peerHeader, st.token("b", auth.Peer, hour)), 409, wire.CodeNotFound},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := request(st, a.http.URL+tc.path)
			if tc.break_ != nil {
				tc.break_(r)
			}
			resp, err := http.DefaultTransport.RoundTrip(r)
			check(t, err)
			got := body(t, resp)
			if resp.StatusCode != tc.status || got.Code != tc.code || got.Message == "" {
				t.Errorf("%d %+v, want %d %s", resp.StatusCode, got, tc.status, tc.code)
			}
			if strings.Contains(got.Message, "gst1") {
				t.Errorf("the answer repeats the token: %s", got.Message)
			}
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestHandshakeWhenTheShardCannot(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	refused := func(t *testing.T, status int, code string) {
		t.Helper()
		resp, err := http.DefaultTransport.RoundTrip(request(st, a.http.URL+clientPath))
		check(t, err)
		got := body(t, resp)
		if resp.StatusCode != status || got.Code != code {
			t.Errorf("%d %+v, want %d %s", resp.StatusCode, got, status, code)
		}
		if status == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	}
	t.Run("no such session", func(t *testing.T) { refused(t, 404, wire.CodeNotFound) })
	t.Run("store away", func(t *testing.T) {
		st.setAway(true)
		defer st.setAway(false)
		refused(t, 503, wire.CodeUnavailable)
	})
	a.create()
	t.Run("draining", func(t *testing.T) {
		a.SetDraining(true)
		defer a.SetDraining(false)
		refused(t, 503, wire.CodeDraining)
	})
	t.Run("full", func(t *testing.T) {
		for range 16 {
			a.dial("ann", auth.Player)
		}
		refused(t, 503, wire.CodeTooManySockets)
	})
}

func TestHandshakeByEveryWayIn(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	token := st.token("ann", auth.Player, time.Now().Add(time.Hour))
	base := "ws" + strings.TrimPrefix(a.http.URL, "http")
	tests := map[string]struct {
		url       string
		header    http.Header
		protocols []string
	}{
		"header":            {base + clientPath, http.Header{wire.TokenHeader: {token}}, []string{wire.Subprotocol}},
		"browser":           {base + clientPath, nil, []string{wire.Subprotocol, wire.TokenSubprotocolPrefix + token}},
		"shard in the path": {base + "/s/any" + clientPath, http.Header{wire.TokenHeader: {token}}, []string{wire.Subprotocol}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := websocket.Dialer{Subprotocols: tc.protocols}
			ws, resp, err := d.DialContext(t.Context(), tc.url, tc.header)
			check(t, err)
			_ = resp.Body.Close()
			defer func() { _ = ws.Close() }()
			if ws.Subprotocol() != wire.Subprotocol {
				t.Errorf("subprotocol %q, want %q: a token must not come back", ws.Subprotocol(), wire.Subprotocol)
			}
			c := &socket{Conn: ws, t: t}
			hello := decode[wire.ConnectionEstablished](t, c.until(wire.TypeConnectionEstablished))
			if hello.Player != "ann" || hello.SessionID != testSession || hello.Shard != "a" {
				t.Errorf("greeted with %+v", hello)
			}
		})
	}
}
