// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// badHandshake makes a good request a bad one.
type badHandshake struct {
	spoil  func(a *shard, r *http.Request)
	status int
	code   string
}

func (b badHandshake) answer() string { return httpAnswer(b.status, b.code) }

// with sets a header; an empty value takes it away.
func with(name, value string) func(*shard, *http.Request) {
	return func(_ *shard, r *http.Request) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
}

// from sets the origin, made of the shard's own.
func from(change func(own string) string) func(*shard, *http.Request) {
	return func(a *shard, r *http.Request) { r.Header.Set("Origin", change(a.http.URL)) }
}

// bearing sets the session token, made of a good one.
func bearing(change func(good string) string) func(*shard, *http.Request) {
	return func(_ *shard, r *http.Request) {
		r.Header.Set(wire.TokenHeader, change(r.Header.Get(wire.TokenHeader)))
	}
}

// signed sets a session token for a role.
func signed(role auth.Role, expires time.Duration) func(*shard, *http.Request) {
	return func(a *shard, r *http.Request) {
		r.Header.Set(wire.TokenHeader, a.stage.token("ann", role, time.Now().Add(expires)))
	}
}

// asking asks for something else; what is in the query comes with it.
func asking(method, path, query string) func(*shard, *http.Request) {
	return func(_ *shard, r *http.Request) { r.Method, r.URL.Path, r.URL.RawQuery = method, path, query }
}

// peering asks for what shards ask each other for, with a token of a role for a
// session.
func peering(path, session string, role auth.Role) func(*shard, *http.Request) {
	return func(a *shard, r *http.Request) {
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(strings.Replace(path, "{id}", session, 1), "?")
		if role != "" {
			r.Header.Set(auth.PeerHeader, a.stage.token("b", role, time.Now().Add(time.Hour)))
		}
	}
}

const otherPath = "/api/v2/sessions/other/ws"

var badHandshakes = map[string]badHandshake{
	"no token": {with(wire.TokenHeader, ""), 401, wire.CodeUnauthorized},
	"token in the query": {func(_ *shard, r *http.Request) {
		r.URL.RawQuery = "token=" + r.Header.Get(wire.TokenHeader)
		r.Header.Del(wire.TokenHeader)
	}, 401, wire.CodeUnauthorized},
	"good token and one in the query":    {asking("GET", clientPath, "access_token=x"), 401, wire.CodeUnauthorized},
	"ticket in the query":                {asking("GET", clientPath, "ticket=gmt1.x"), 401, wire.CodeUnauthorized},
	"token in a query that is malformed": {asking("GET", clientPath, "%zz&Token=x"), 401, wire.CodeUnauthorized},

	"session token: not one":               {bearing(func(string) string { return "abc" }), 401, wire.CodeUnauthorized},
	"session token: of 8 KiB":              {bearing(func(good string) string { return good + strings.Repeat("A", 8000) }), 401, wire.CodeUnauthorized},
	"session token: of 64 KiB":             {bearing(func(good string) string { return good + strings.Repeat("A", 64<<10) }), 431, ""},
	"session token: another key's id":      {bearing(func(good string) string { return strings.Replace(good, ".k1.", ".k2.", 1) }), 401, wire.CodeUnauthorized},
	"session token: key id that is a path": {bearing(func(good string) string { return strings.Replace(good, ".k1.", ".../../k1.", 1) }), 401, wire.CodeUnauthorized},
	"session token: no signature":          {bearing(func(good string) string { return good[:strings.LastIndex(good, ".")+1] }), 401, wire.CodeUnauthorized},
	"session token: padding":               {bearing(func(good string) string { return good + "=" }), 401, wire.CodeUnauthorized},
	"session token: a space within":        {bearing(func(good string) string { return strings.Replace(good, ".k1.", ".k1. ", 1) }), 401, wire.CodeUnauthorized},
	"session token: unused bits":           {bearing(unusedBits), 401, wire.CodeUnauthorized},
	"session token: one part more":         {bearing(func(good string) string { return good + ".e30" }), 401, wire.CodeUnauthorized},
	"session token: expired":               {signed(auth.Player, -time.Minute), 401, wire.CodeUnauthorized},
	"session token: a shard's":             {signed(auth.Peer, time.Hour), 403, wire.CodeForbidden},
	"session token: another session's":     {asking("GET", otherPath, ""), 403, wire.CodeForbidden},

	"origin, foreign":      {with("Origin", "https://evil.example"), 403, wire.CodeForbidden},
	"origin null":          {with("Origin", "null"), 403, wire.CodeForbidden},
	"origin, other port":   {from(func(own string) string { return strings.TrimRight(own, "0123456789") + "1" }), 403, wire.CodeForbidden},
	"origin, no port":      {with("Origin", "http://127.0.0.1"), 403, wire.CodeForbidden},
	"origin, longer":       {from(func(own string) string { return own + ".evil.example" }), 403, wire.CodeForbidden},
	"origin, in front":     {from(func(own string) string { return strings.Replace(own, "//", "//evil", 1) }), 403, wire.CodeForbidden},
	"origin, with a path":  {from(func(own string) string { return own + "/" }), 403, wire.CodeForbidden},
	"origin, with a user":  {from(func(own string) string { return strings.Replace(own, "//", "//evil.example@", 1) }), 403, wire.CodeForbidden},
	"origin, capitals":     {from(func(own string) string { return strings.Replace(own, "http", "HTTP", 1) }), 403, wire.CodeForbidden},
	"origin, other scheme": {from(func(own string) string { return strings.Replace(own, "http", "file", 1) }), 403, wire.CodeForbidden},
	"two origins": {func(a *shard, r *http.Request) {
		r.Header["Origin"] = []string{a.http.URL, "https://evil.example"}
	}, 403, wire.CodeForbidden},

	"other subprotocol":     {with("Sec-WebSocket-Protocol", "gamesession.v9"), 400, wire.CodeBadRequest},
	"relay's subprotocol":   {with("Sec-WebSocket-Protocol", relaySubprotocol), 400, wire.CodeBadRequest},
	"WebSocket version 8":   {with("Sec-WebSocket-Version", "8"), 400, wire.CodeBadRequest},
	"WebSocket version 12":  {with("Sec-WebSocket-Version", "12"), 400, wire.CodeBadRequest},
	"WebSocket version 14":  {with("Sec-WebSocket-Version", "14"), 400, wire.CodeBadRequest},
	"WebSocket version 1e1": {with("Sec-WebSocket-Version", "1e1"), 400, wire.CodeBadRequest},
	"no WebSocket version":  {with("Sec-WebSocket-Version", ""), 400, wire.CodeBadRequest},
	"short key":             {with("Sec-WebSocket-Key", "c2hvcnQ="), 400, wire.CodeBadRequest},
	"no key":                {with("Sec-WebSocket-Key", ""), 400, wire.CodeBadRequest},
	"other upgrade":         {with("Upgrade", "h2c"), 426, wire.CodeBadRequest},
	"no upgrade":            {with("Connection", "close"), 400, wire.CodeBadRequest},
	"header of 64 KiB":      {with("X-Long", strings.Repeat("A", 64<<10)), 431, ""},

	"another path":       {asking("GET", "/api/v2/sessions", ""), 404, wire.CodeNotFound},
	"a path that climbs": {asking("GET", "/api/v2/sessions/../../etc/ws", ""), 307, ""},
	"POST":               {asking("POST", clientPath, ""), 404, wire.CodeNotFound},
	"an unknown session, token for it": {func(a *shard, r *http.Request) {
		token, err := a.stage.keys.Sign(auth.Claims{Session: "other", Player: "ann", Role: auth.Player, IssuedAt: 1, Expires: time.Now().Add(time.Hour).Unix()})
		check(a.stage.t, err)
		r.URL.Path = otherPath
		r.Header.Set(wire.TokenHeader, token)
	}, 404, wire.CodeNotFound},

	"shards' path: relay by a player":     {peering(relayPath, testSession, auth.Player), 403, wire.CodeForbidden},
	"shards' path: relay by nobody":       {peering(relayPath, testSession, ""), 403, wire.CodeForbidden},
	"shards' path: relay of another's":    {peering(relayPath, "other", auth.Peer), 403, wire.CodeForbidden},
	"shards' path: standby by a player":   {peering(standbyPath+"?epoch=2", testSession, auth.Player), 403, wire.CodeForbidden},
	"shards' path: standby without epoch": {peering(standbyPath, testSession, auth.Peer), 400, wire.CodeBadRequest},
	"shards' path: standby of none":       {peering(standbyPath+"?epoch=7", testSession, auth.Peer), 409, wire.CodeNotFound},
	"shards' path: relay without a client": {func(a *shard, r *http.Request) {
		peering(relayPath, testSession, auth.Peer)(a, r)
		r.Header.Del(wire.TokenHeader)
	}, 401, wire.CodeUnauthorized},
}

// unusedBits changes the last character of a token in the bits that decoders pass
// over.
func unusedBits(good string) string { return good[:len(good)-1] + string(good[len(good)-1]+1) }

// TestBadHandshakes: what is wrong is said as HTTP, before there is a socket.
func TestBadHandshakes(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	for name, tc := range badHandshakes {
		t.Run(name, func(t *testing.T) {
			r := request(st, a.http.URL+clientPath)
			tc.spoil(a, r)
			resp, err := http.DefaultTransport.RoundTrip(r)
			check(t, err)
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
			if tc.code == "" { // net/http answers for us
				check(t, resp.Body.Close())
				return
			}
			if got := body(t, resp); got.Code != tc.code || got.Message == "" || strings.Contains(got.Message, "gst1") {
				t.Errorf("%+v, want %s", got, tc.code)
			}
			if strings.Contains(name, "WebSocket version") && resp.Header.Get("Sec-WebSocket-Version") != "13" {
				t.Error("the answer does not say which version is spoken")
			}
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if n := a.Sockets(); n != 0 {
		t.Errorf("%d sockets are open", n)
	}
}
