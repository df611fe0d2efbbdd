// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/wire"
)

// pass is a ticket for one connection, with changes.
func (st *stage) pass(change func(*auth.Ticket)) string {
	st.t.Helper()
	now := time.Now()
	t := auth.NewTicket(auth.Claims{Session: testSession, Player: "ann", Role: auth.Player, Expires: now.Add(time.Hour).Unix()}, "", 0, now)
	if change != nil {
		change(&t)
	}
	token, err := st.keys.SignTicket(t)
	check(st.t, err)
	return token
}

// TestTicketsOpenOneConnection, as browsers hand them over, through whichever shard;
// what it is then is like any other.
func TestTicketsOpenOneConnection(t *testing.T) {
	st := newStage(t, "a", "b", "c")
	st.shards["a"].create()
	for door, sh := range st.shards {
		t.Run(door, func(t *testing.T) {
			ticket := st.pass(nil)
			d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol, wire.TokenSubprotocolPrefix + ticket}}
			ws, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(sh.http.URL, "http")+clientPath, nil)
			check(t, err)
			_ = resp.Body.Close()
			defer func() { _ = ws.Close() }()
			if ws.Subprotocol() != wire.Subprotocol {
				t.Errorf("subprotocol %q", ws.Subprotocol())
			}
			c := &socket{Conn: ws, t: t}
			c.say(wire.TypeSyncRequest, wire.SyncRequest{})
			c.until(wire.TypeSyncResponse)
			for other := range st.shards {
				st.refused(t, other, ticket, 401, wire.CodeUnauthorized)
			}
			c.say(wire.TypeSyncRequest, wire.SyncRequest{})
			c.until(wire.TypeSyncResponse)
		})
	}
}

// refused checks how a shard answers a handshake with a token.
func (st *stage) refused(t *testing.T, door, token string, status int, code string) {
	t.Helper()
	r := request(st, st.shards[door].http.URL+clientPath)
	r.Header.Set(wire.TokenHeader, token)
	resp, err := http.DefaultTransport.RoundTrip(r)
	check(t, err)
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if got := body(t, resp); resp.StatusCode != status || got.Code != code || strings.Contains(got.Message, "gmt1") {
		t.Errorf("through %s: %d %+v, want %d %s", door, resp.StatusCode, got, status, code)
	}
}

// TestOneOfManyTakesATicket: those who have the same one come at once, to all
// shards.
func TestOneOfManyTakesATicket(t *testing.T) {
	st := newStage(t, "a", "b")
	st.shards["a"].create()
	ticket := st.pass(nil)
	answers := make(chan string, 8)
	for i := range cap(answers) {
		sh := st.shards[string("ab"[i%2])]
		go func() {
			d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol, wire.TokenSubprotocolPrefix + ticket}}
			ws, resp, err := d.Dial("ws"+strings.TrimPrefix(sh.http.URL, "http")+clientPath, nil)
			if err == nil {
				_ = ws.Close()
			}
			if resp == nil {
				answers <- fmt.Sprint(err)
				return
			}
			_ = resp.Body.Close()
			answers <- resp.Status[:3]
		}()
	}
	got := map[string]int{}
	for range cap(answers) {
		got[<-answers]++
	}
	if got["101"] != 1 || got["401"] != cap(answers)-1 {
		t.Errorf("answers %v, want one 101 and the rest 401", got)
	}
}

// TestTicketsThatAreRefused: other spellings of one that was used, and those that
// are good for something else.
func TestTicketsThatAreRefused(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	a.Identity = callers{"anns": "ann", "eves": "eve", "late": identity.Identity{Player: "ann", Expires: time.Now().Add(-time.Second)}}
	used := st.pass(nil)
	ws := a.dialWith(used)
	parts := strings.Split(used, ".")
	for name, tc := range map[string]struct {
		token, bearer string
		status        int
	}{
		"used":                       {used, "", 401},
		"used, padded":               {used + "=", "", 401},
		"used, padded within":        {strings.Join(parts[:3], ".") + "=." + parts[3], "", 401},
		"used, a space within":       {strings.Join(parts[:3], ". ") + "." + parts[3], "", 401},
		"used, unused bits":          {unusedBits(used), "", 401},
		"used, standard alphabet":    {strings.NewReplacer("-", "+", "_", "/").Replace(used) + "+/", "", 401},
		"used, one part more":        {used + ".", "", 401},
		"used, prefix in capitals":   {"GMT1" + used[4:], "", 401},
		"as a session token":         {"gst1" + used[4:], "", 401},
		"expired":                    {st.pass(func(k *auth.Ticket) { k.IssuedAt, k.Expires = 1, 2 }), "", 401},
		"for another session":        {st.pass(func(k *auth.Ticket) { k.Session = "other" }), "", 403},
		"for a move":                 {st.pass(func(k *auth.Ticket) { k.Shard, k.Epoch = "a", 2 }), "", 403},
		"beside another's identity":  {st.pass(nil), "eves", 403},
		"beside one that is expired": {st.pass(nil), "late", 401},
		"beside its own":             {st.pass(nil), "anns", 101},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(st, a.http.URL+clientPath)
			r.Header.Set(wire.TokenHeader, tc.token)
			if tc.bearer != "" {
				r.Header.Set("Authorization", "Bearer "+tc.bearer)
			}
			resp, err := http.DefaultTransport.RoundTrip(r)
			check(t, err)
			_ = resp.Body.Close()
			if resp.StatusCode != tc.status {
				t.Errorf("%d, want %d", resp.StatusCode, tc.status)
			}
		})
	}
	t.Run("between shards", func(t *testing.T) {
		r := request(st, a.http.URL+clientPath)
		peering(relayPath, testSession, auth.Peer)(a, r)
		r.Header.Set(wire.TokenHeader, st.pass(nil))
		resp, err := http.DefaultTransport.RoundTrip(r)
		check(t, err)
		if got := body(t, resp); got.Code != wire.CodeNotExpected {
			t.Errorf("%+v", got)
		}
	})
	t.Run("nobody can tell whether it was used", func(t *testing.T) {
		st.setAway(true)
		defer st.setAway(false)
		st.refused(t, "a", st.pass(nil), 503, wire.CodeUnavailable)
	})
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	ws.say(wire.TypeSyncRequest, wire.SyncRequest{}) // it plays on
	ws.until(wire.TypeSyncResponse)
}
