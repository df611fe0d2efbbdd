// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// early is a client that connects ahead of moves.
type early struct {
	first  *socket
	at     wire.Position
	asked  wire.MigratePrepare
	second *socket
}

// early connects and syncs.
func (sh *shard) early(player string, role auth.Role) *early {
	sh.stage.t.Helper()
	e := &early{first: sh.dial(player, role)}
	e.first.say(wire.TypeSyncRequest, wire.SyncRequest{Preconnect: true})
	e.at = decode[wire.SyncResponse](sh.stage.t, e.first.until(wire.TypeSyncResponse)).Position
	return e
}

// target is the path that the invitation leads to, seen from the front door.
func (e *early) target() string {
	used := url.URL{Path: clientPath}
	return used.ResolveReference(&url.URL{Path: e.asked.URL}).Path
}

// connect takes up the invitation through some shard.
func (e *early) connect(door *shard) {
	t := door.stage.t
	t.Helper()
	e.asked = decode[wire.MigratePrepare](t, e.first.until(wire.TypeMigratePrepare))
	e.second = door.dialAt(e.target(), e.asked.Token)
	e.second.until(wire.TypeConnectionEstablished)
	e.second.say(wire.TypeResume, wire.Resume{Position: e.at, Preconnect: true})
	e.first.say(wire.TypeMigrateReady, wire.MigrateReady{Epoch: e.asked.Epoch})
}

// announce tells the members of the move to b. The channel is closed when all of them
// are ready, or after a while.
func announce(t *testing.T, s *session.Session) <-chan struct{} {
	ahead, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	ready := make(chan struct{})
	go func() {
		defer close(ready)
		defer cancel()
		s.Announce(ahead, "b", 2)
	}()
	return ready
}

// TestConnectAhead: clients of the source, of the target and of a third shard
// take up the invitation through each of the three. They hear nothing there until
// the target plays, and then all that they missed.
func TestConnectAhead(t *testing.T) {
	for _, door := range []string{"a", "b", "c"} {
		t.Run("through "+door, func(t *testing.T) {
			st := newStage(t, "a", "b", "c")
			a, b, c := st.shards["a"], st.shards["b"], st.shards["c"]
			source := a.create()
			gm := a.early("gm", auth.GameMaster)
			clients := map[string]*early{"at the source": gm, "at the target": b.early("ann", auth.Player), "elsewhere": c.early("eve", auth.Spectator)}
			f := b.Follow(a.Shelf, duel(), 2)
			ready := announce(t, source)
			for _, e := range clients {
				e.connect(st.shards[door])
			}
			select {
			case <-ready:
			case <-time.After(10 * time.Second):
				t.Fatal("the source still waits for its clients")
			}
			before := gm.first.acked(`{"type":"start_combat"}`)
			check(t, source.Handoff(t.Context(), "b", 2))
			f.Adopted()
			turn := ""
			for who, e := range clients {
				r, err := e.second.next()
				check(t, err)
				if r.Type != wire.TypeResumed {
					t.Fatalf("%s: %s came first, want resumed", who, r.Type)
				}
				if r := decode[wire.Resumed](t, r); r.Position != e.at || r.Current.Epoch != 2 {
					t.Errorf("%s: resumed at %s, session at %s", who, r.Position, r.Current)
				}
				missed := decode[wire.Update](t, e.second.until(wire.TypeInitiativeRoll, wire.TypeStateUpdate))
				if missed.Position != before.Position {
					t.Errorf("%s: first of what was missed is %s, want %s", who, missed.Position, before.Position)
				}
				for _, c := range missed.Changes {
					if c.Path == "/combat/turn" {
						turn = string(c.Value)
					}
				}
				check(t, e.first.Close())
			}
			gm.second.n = gm.first.n
			after := gm.second.acked(`{"type":"end_turn","creature":` + turn + `}`)
			if after.Epoch != 2 {
				t.Errorf("acknowledged at %s, want epoch 2", after.Position)
			}
			if n := b.metric("gamesession_preconnects_total", `"went_on"`); n != 3 {
				t.Errorf("%v clients went on, want 3", n)
			}
		})
	}
}

// TestTicketsAreGoodOnce and for nothing else.
func TestTicketsAreGoodOnce(t *testing.T) {
	st := newStage(t, "a", "b", "c")
	a, b := st.shards["a"], st.shards["b"]
	source := a.create()
	ann := a.early("ann", auth.Player)
	f := b.Follow(a.Shelf, duel(), 2)
	defer f.CalledOff()
	announce(t, source)
	ann.connect(st.shards["c"])
	now := time.Now()
	fresh := func(change func(*auth.Ticket)) string {
		k := auth.Ticket{
			ID: "t", Session: testSession, Player: "ann", Role: auth.Player, Shard: "b", Epoch: 2,
			IssuedAt: now.UnixMilli(), Expires: now.Add(time.Minute).UnixMilli(), Until: now.Add(time.Hour).Unix(),
		}
		change(&k)
		token, err := st.keys.SignTicket(k)
		check(t, err)
		return token
	}
	tests := map[string]struct {
		token  string
		path   string
		status int
		code   string
	}{
		"used before":              {ann.asked.Token, ann.target(), 401, wire.CodeUnauthorized},
		"as a session token":       {fresh(func(*auth.Ticket) {}), clientPath, 403, wire.CodeForbidden},
		"for another session":      {fresh(func(k *auth.Ticket) { k.Session = "other" }), ann.target(), 403, wire.CodeForbidden},
		"for another shard":        {fresh(func(k *auth.Ticket) { k.Shard = "a" }), ann.target(), 403, wire.CodeForbidden},
		"for a shard not there":    {fresh(func(k *auth.Ticket) { k.Shard = "x" }), "/s/x" + clientPath, 503, wire.CodeUnavailable},
		"for an epoch not to come": {fresh(func(k *auth.Ticket) { k.Epoch = 3 }), ann.target(), 409, wire.CodeNotExpected},
		"expired":                  {fresh(func(k *auth.Ticket) { k.IssuedAt, k.Expires = k.IssuedAt-2, k.IssuedAt-1 }), ann.target(), 401, wire.CodeUnauthorized},
		"of an earlier run":        {fresh(func(k *auth.Ticket) { k.IssuedAt -= time.Hour.Milliseconds() }), ann.target(), 401, wire.CodeUnauthorized},
		"changed":                  {fresh(func(*auth.Ticket) {}) + "A", ann.target(), 401, wire.CodeUnauthorized},
	}
	for name, tc := range tests {
		for door, sh := range st.shards {
			t.Run(name+" through "+door, func(t *testing.T) {
				r := request(st, sh.http.URL+tc.path)
				r.Header.Set(wire.TokenHeader, tc.token)
				resp, err := http.DefaultTransport.RoundTrip(r)
				check(t, err)
				if got := body(t, resp); resp.StatusCode != tc.status || got.Code != tc.code {
					t.Errorf("%d %+v, want %d %s", resp.StatusCode, got, tc.status, tc.code)
				}
			})
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// TestMoveCalledOff: who waits is told so, and plays on where it is.
func TestMoveCalledOff(t *testing.T) {
	for _, door := range []string{"a", "b", "c"} {
		t.Run("through "+door, func(t *testing.T) {
			st := newStage(t, "a", "b", "c")
			a, b := st.shards["a"], st.shards["b"]
			source := a.create()
			gm := a.early("gm", auth.GameMaster)
			f := b.Follow(a.Shelf, duel(), 2)
			announce(t, source)
			gm.connect(st.shards[door])
			st.await("the target to wait", func() bool { return b.metric("gamesession_preconnects_total", `"waits"`) == 1 })
			f.CalledOff()
			code, seen := gm.second.closed()
			if code != wire.CloseMoveOff || len(seen) > 0 {
				t.Errorf("closed with %d after %v, want %d", code, seen, wire.CloseMoveOff)
			}
			if ack := gm.first.acked(`{"type":"start_combat"}`); ack.Epoch != 1 {
				t.Errorf("acknowledged at %s, want epoch 1", ack.Position)
			}
			gm.first.until(wire.TypeInitiativeRoll, wire.TypeStateUpdate)
		})
	}
}

// TestNotEverybodyIsInvited: who did not ask for it hears nothing of it, and the
// move does not wait for anybody who is gone.
func TestNotEverybodyIsInvited(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	source := a.create()
	gm := a.watch("gm", auth.GameMaster)
	ann := b.early("ann", auth.Player)
	ready := announce(t, source)
	ann.first.until(wire.TypeMigratePrepare)
	check(t, ann.first.Close())
	<-ready
	gm.judge("the game master")
	gm.mu.Lock()
	defer gm.mu.Unlock()
	if n := gm.counts[wire.TypeMigratePrepare]; n > 0 {
		t.Errorf("the game master was invited %d times", n)
	}
}
