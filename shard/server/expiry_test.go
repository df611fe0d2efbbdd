// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/wire"
)

// identified connects with a bearer token beside the session token, and syncs.
func (sh *shard) identified(t *testing.T, bearer string) *socket {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(sh.http.URL, "http")+clientPath, http.Header{
		wire.TokenHeader: {sh.stage.token("ann", auth.Player, time.Now().Add(time.Hour))}, "Authorization": {"Bearer " + bearer},
	})
	check(t, err)
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	return &socket{Conn: ws, t: t}
}

// TestBearerTokenExpiresInPlay: a connection ends with whichever of its two tokens
// ends first: at the owner, relayed, relayed on after a move, opened ahead of a
// move, and opened with the token that a move hands out.
func TestBearerTokenExpiresInPlay(t *testing.T) {
	st := newStage(t, "a", "b", "c")
	a, b := st.shards["a"], st.shards["b"]
	expires := time.Now().Add(8 * time.Second).Truncate(time.Second) // all are in by then
	for _, sh := range st.shards {
		sh.Identity = callers{"short": identity.Identity{Player: "ann", Expires: expires}, "long": "ann"}
	}
	source := a.create()
	begin := func(c *socket, preconnect bool) *socket {
		c.say(wire.TypeSyncRequest, wire.SyncRequest{Preconnect: preconnect})
		c.until(wire.TypeSyncResponse)
		return c
	}
	clients := map[string]*socket{
		"at the owner, then relayed": begin(a.identified(t, "short"), false),
		"relayed, then at the owner": begin(b.identified(t, "short"), false),
		"relayed all the time":       begin(st.shards["c"].identified(t, "short"), false),
	}
	kept := begin(st.shards["c"].identified(t, "long"), false)

	early := &early{first: begin(a.identified(t, "short"), true), at: wire.Position{Epoch: 1, Version: 1}}
	f := b.Follow(a.Shelf, duel(), 2)
	ready := announce(t, source)
	early.connect(b)
	<-ready
	check(t, source.Handoff(t.Context(), "b", 2))
	f.Adopted()
	clients["opened ahead of the move"] = early.second
	moved := decode[wire.Moved](t, clients["at the owner, then relayed"].until(wire.TypeMoved))
	claims, err := st.keys.Verify(moved.Token, time.Now())
	check(t, err)
	if !claims.ExpiresAt().Equal(expires) {
		t.Errorf("the token that the move hands out is good until %s, want %s", claims.ExpiresAt(), expires)
	}
	clients["opened after the move"] = begin(b.dialWith(moved.Token), false)

	prompt := watchPromptness(t)
	for who, c := range clients {
		c.t = t
		code, _ := c.closed()
		if code != wire.CloseTokenExpired || c.goodbye.Return != wire.ReturnNewToken {
			t.Errorf("%s: closed with %d %+v, want %d", who, code, c.goodbye, wire.CloseTokenExpired)
		}
		prompt.check(t, who+": closed after the token's end", expires)
	}
	kept.say(wire.TypeSyncRequest, wire.SyncRequest{})
	kept.until(wire.TypeSyncResponse)
}
