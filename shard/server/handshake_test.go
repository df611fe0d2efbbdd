// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

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

func TestOrigins(t *testing.T) {
	list := []string{"https://play.example", "http://localhost:5173"}
	tests := map[string]struct {
		list   []string
		origin []string
		want   bool
	}{
		"none":                     {nil, nil, true},
		"none, with a list":        {list, nil, true},
		"same host":                {nil, []string{"https://shard.example:8443"}, true},
		"same host, plain":         {nil, []string{"http://shard.example:8443"}, true},
		"same host, not listed":    {list, []string{"https://shard.example:8443"}, false},
		"listed":                   {list, []string{"https://play.example"}, true},
		"listed, with a port":      {list, []string{"http://localhost:5173"}, true},
		"other port":               {list, []string{"https://play.example:444"}, false},
		"default port":             {list, []string{"https://play.example:443"}, false},
		"other scheme":             {list, []string{"http://play.example"}, false},
		"capitals":                 {list, []string{"https://Play.example"}, false},
		"capitals in the scheme":   {list, []string{"HTTPS://play.example"}, false},
		"suffix":                   {list, []string{"https://evil-play.example"}, false},
		"prefix":                   {list, []string{"https://play.example.evil.org"}, false},
		"subdomain":                {list, []string{"https://a.play.example"}, false},
		"trailing dot":             {list, []string{"https://play.example."}, false},
		"null":                     {list, []string{"null"}, false},
		"empty":                    {list, []string{""}, false},
		"twice":                    {list, []string{"https://play.example", "https://play.example"}, false},
		"same host, capitals":      {nil, []string{"https://SHARD.example:8443"}, false},
		"same host, in front":      {nil, []string{"https://shard.example:8443@evil.org"}, false},
		"same host, as a password": {nil, []string{"https://evil.org:shard.example:8443"}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{Host: "shard.example:8443", Header: http.Header{}}
			if tc.origin != nil {
				r.Header["Origin"] = tc.origin
			}
			if got := originAllowed(r, tc.list); got != tc.want {
				t.Errorf("allowed = %t, want %t", got, tc.want)
			}
		})
	}
}

func TestCheckOrigin(t *testing.T) {
	for origin, good := range map[string]bool{
		"https://play.example": true, "http://localhost:5173": true,
		"": false, "*": false, "null": false, "play.example": false, "https://": false, "https://play.example/": false,
		"https://Play.example": false, "https://user@play.example": false, "ws://play.example": false, "https://play.example?x": false,
	} {
		if err := CheckOrigin(origin); (err == nil) != good {
			t.Errorf("CheckOrigin(%q) = %v", origin, err)
		}
	}
}

// FuzzHandshake: whatever stands in the headers, a handshake without a good
// token ends before the upgrade, with the one body of every error.
func FuzzHandshake(f *testing.F) {
	keys, err := auth.NewKeys(map[string][]byte{"k1": []byte(strings.Repeat("k", auth.MinKeyBytes))})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("id=1", "gst1.k1.e30.AAAA", "gamesession.v1, token.x", "https://evil.example", "Bearer x")
	f.Add("token=x", "", "token.", "null", "")
	f.Add("%zz", "gst1....", ",,,", "", "Basic")
	s := New(Config{Shard: "a", Keys: func() *auth.Keys { return keys }, Logger: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry()), MaxSockets: 1})
	handler := s.Handler()
	f.Fuzz(func(t *testing.T, query, token, protocols, origin, bearer string) {
		r := httptest.NewRequest(http.MethodGet, clientPath, nil)
		r.URL.RawQuery = query
		for name, value := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
			wire.TokenHeader: token, "Sec-WebSocket-Protocol": protocols, "Origin": origin, "Authorization": bearer,
		} {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var got wire.ErrorBody
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code < 400 || w.Code > 499 || got.Code == "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
