// SPDX-License-Identifier: Apache-2.0

package client

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

func prepare(epoch uint64) wire.MigratePrepare {
	return wire.MigratePrepare{URL: "../../../../s/b/api/v2/sessions/s1/ws", Token: "ticket", Shard: "b", Epoch: epoch}
}

func connectsAhead(o *Options) { o.PreConnect, o.FollowMoves = true, true }

// waitsAt lets the client connect ahead of a move and wait.
func waitsAt(t *testing.T, d *frontDoor, first *peer, s *session) *peer {
	t.Helper()
	epoch := s.doc.Position().Epoch + 1
	first.send(wire.TypeMigratePrepare, prepare(epoch))
	p := d.accept(t)
	if got, want := p.request.URL.Path, "/s/b/api/v2/sessions/s1/ws"; got != want {
		t.Errorf("path = %s, want %s", got, want)
	}
	if got := p.request.Header.Get(wire.TokenHeader); got != "ticket" {
		t.Errorf("token = %q, want the invitation's", got)
	}
	p.hello()
	if got := expect[wire.Resume](p, wire.TypeResume); got.Position != s.doc.Position() || !got.Preconnect {
		t.Errorf("resume = %+v, want %s, preconnect", got, s.doc.Position())
	}
	if got := expect[wire.MigrateReady](first, wire.TypeMigrateReady); got.Epoch != epoch {
		t.Errorf("ready for epoch %d, want %d", got.Epoch, epoch)
	}
	return p
}

// TestConnectAhead: the client plays on over the first connection while the
// second waits, switches when the new owner plays, and sees each link once. The
// offer that comes with the move leads nowhere else, and what the first shard
// still says counts for nothing.
func TestConnectAhead(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, first := join(t, d, s, connectsAhead)
	start := s.doc.Position()
	second := waitsAt(t, d, first, s)
	chain := []wire.Update{s.step(1)}
	first.send(wire.TypeStateUpdate, chain[0])
	await[Applied](pl)
	answers := pl.do(`{}`)
	c := expect[wire.ActionDeclare](first, wire.TypeActionDeclare)
	first.send(wire.TypeMigratePrepare, prepare(2)) // asked again
	expect[wire.MigrateReady](first, wire.TypeMigrateReady)

	chain = append(chain, s.step(2), s.step(2))
	first.send(wire.TypeMoved, moved(newSession()))
	if got := await[Moved](pl); got.Follow {
		t.Error("it opens a third connection")
	}
	second.send(wire.TypeResumed, wire.Resumed{Position: start, Current: s.doc.Position()})
	for _, u := range chain {
		second.send(wire.TypeStateUpdate, u)
	}
	if again := expect[wire.ActionDeclare](second, wire.TypeActionDeclare); again.N != c.N || again.ActionID != c.ActionID {
		t.Errorf("resent %+v, want %+v", again, c)
	}
	first.expectGoodbye()
	second.send(wire.TypeAck, wire.Ack{N: c.N, ActionID: c.ActionID, Position: chain[2].Position})
	if a := pl.answer(answers); a.Position != chain[2].Position {
		t.Errorf("answer = %+v", a)
	}
	var got []wire.Position
	for range chain[1:] {
		got = append(got, await[Applied](pl).Update.Position)
	}
	if diff := cmp.Diff([]wire.Position{chain[1].Position, chain[2].Position}, got); diff != "" {
		t.Errorf("links seen after the first (-want +got):\n%s", diff)
	}
	stats := pl.Stats()
	if stats.Preconnected != 1 || stats.Followed != 1 || stats.Holes != 0 || stats.Duplicates != 1 || stats.Reconnects != 0 || len(stats.Closes) != 0 {
		t.Errorf("stats = %+v", stats)
	}
}

// TestMoveCalledOff: the connection that waits is closed, and nothing is lost.
func TestMoveCalledOff(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, first := join(t, d, s, connectsAhead)
	waitsAt(t, d, first, s).close(wire.CloseMoveOff)
	if got := await[Closed](pl); got.Code != wire.CloseMoveOff || got.WasLive {
		t.Errorf("closed: %+v", got)
	}
	pl.do(`{}`)
	expect[wire.ActionDeclare](first, wire.TypeActionDeclare)
	// The next try is as good as the first one.
	second := waitsAt(t, d, first, s)
	second.send(wire.TypeResumed, wire.Resumed{Position: s.doc.Position(), Current: s.doc.Position()})
	first.expectGoodbye()
	if got := pl.Stats(); got.Preconnected != 1 || got.FollowFailed != 1 {
		t.Errorf("stats = %+v", got)
	}
}

// TestCannotConnectAhead: the move is not held up by a client that cannot come.
func TestCannotConnectAhead(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, first := join(t, d, s, connectsAhead)
	d.refuse = []int{http.StatusServiceUnavailable}
	first.send(wire.TypeMigratePrepare, prepare(2))
	if got := expect[wire.MigrateReady](first, wire.TypeMigrateReady); got.Epoch != 2 {
		t.Errorf("ready for epoch %d, want 2", got.Epoch)
	}
	pl.do(`{}`)
	expect[wire.ActionDeclare](first, wire.TypeActionDeclare)
}

// TestAnotherMoveInstead: the connection that waits is given up for the newer
// epoch's.
func TestAnotherMoveInstead(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	_, first := join(t, d, s, connectsAhead)
	waits := waitsAt(t, d, first, s)
	first.send(wire.TypeMigratePrepare, prepare(3))
	waits.expectGoodbye()
	d.accept(t).hello()
	if got := expect[wire.MigrateReady](first, wire.TypeMigrateReady); got.Epoch != 3 {
		t.Errorf("ready for epoch %d, want 3", got.Epoch)
	}
}

// TestFirstConnectionEndsWhileWaiting: the client comes back at once, the move
// may never come.
func TestFirstConnectionEndsWhileWaiting(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, first := join(t, d, s, connectsAhead)
	second := waitsAt(t, d, first, s)
	first.close(websocket.CloseServiceRestart)
	again := d.accept(t)
	again.hello()
	expect[wire.Resume](again, wire.TypeResume)
	again.send(wire.TypeResumed, wire.Resumed{Position: s.doc.Position(), Current: s.doc.Position()})
	pl.do(`{}`)
	c := expect[wire.ActionDeclare](again, wire.TypeActionDeclare)
	second.send(wire.TypeResumed, wire.Resumed{Position: s.doc.Position(), Current: s.doc.Position()})
	if got := expect[wire.ActionDeclare](second, wire.TypeActionDeclare); got.N != c.N {
		t.Errorf("resent %+v, want %+v", got, c)
	}
	again.expectGoodbye()
}

// TestInvitationsNotTaken: by who does not connect ahead, and to an epoch that
// is over.
func TestInvitationsNotTaken(t *testing.T) {
	tests := map[string]struct {
		change func(*Options)
		epoch  uint64
	}{
		"does not connect ahead": {follows, 2},
		"over":                   {connectsAhead, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d, s := newFrontDoor(t), newSession()
			pl, first := join(t, d, s, tc.change)
			first.send(wire.TypeMigratePrepare, prepare(tc.epoch))
			if got := await[Prepared](pl); got.Take || got.Epoch != tc.epoch || got.Shard != "b" {
				t.Errorf("prepared = %+v", got)
			}
			pl.do(`{}`)
			expect[wire.ActionDeclare](first, wire.TypeActionDeclare)
		})
	}
}
