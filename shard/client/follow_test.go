// SPDX-License-Identifier: Apache-2.0

package client

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

func moved(s *session) wire.Moved {
	at := s.doc.Position()
	return wire.Moved{URL: "/s/b/api/v2/sessions/s1/ws", Position: wire.Position{Epoch: at.Epoch + 1, Version: at.Version + 1}, Token: "second", Shard: "b", Reason: "drain"}
}

func follows(o *Options) { o.FollowMoves = true }

// TestFollowLeavesNoGap: both connections are open for a while and both carry
// the chain; every link is seen once, and the old one closes last.
func TestFollowLeavesNoGap(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, old := join(t, d, s, follows)
	answers := pl.do(`{}`)
	c := expect[wire.ActionDeclare](old, wire.TypeActionDeclare)
	start := s.doc.Position()
	old.send(wire.TypeMoved, moved(s))

	p := d.accept(t)
	if got, want := p.request.URL.Path, "/s/b/api/v2/sessions/s1/ws"; got != want {
		t.Errorf("path = %s, want %s", got, want)
	}
	if got := p.request.Header.Get(wire.TokenHeader); got != "second" {
		t.Errorf("token = %q, want the one of the move", got)
	}
	p.hello()
	if got := expect[wire.Resume](p, wire.TypeResume); got.Position != start {
		t.Errorf("resume at %s, want %s", got.Position, start)
	}
	chain := []wire.Update{s.step(2), s.step(2), s.step(2)}
	for _, u := range chain[:2] { // relayed over the old connection meanwhile
		old.send(wire.TypeStateUpdate, u)
	}
	p.send(wire.TypeResumed, wire.Resumed{Position: start, Current: s.doc.Position(), LastN: 0})
	for _, u := range chain {
		p.send(wire.TypeStateUpdate, u)
	}
	if again := expect[wire.ActionDeclare](p, wire.TypeActionDeclare); again.N != c.N || again.ActionID != c.ActionID {
		t.Errorf("resent %+v, want %+v", again, c)
	}
	old.expectGoodbye()
	p.send(wire.TypeAck, wire.Ack{N: c.N, ActionID: c.ActionID, Position: chain[1].Position})
	if a := pl.answer(answers); a.Position != chain[1].Position || a.Sends != 2 {
		t.Errorf("answer = %+v", a)
	}
	var got []wire.Position
	for range chain {
		got = append(got, await[Applied](pl).Update.Position)
	}
	want := []wire.Position{chain[0].Position, chain[1].Position, chain[2].Position}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("links seen (-want +got):\n%s", diff)
	}
	stats := pl.Stats()
	if stats.Followed != 1 || stats.MovedSeen != 1 || stats.Holes != 0 || stats.Reconnects != 0 || len(stats.Closes) != 0 {
		t.Errorf("stats = %+v", stats)
	}
}

func TestIgnoredMovePlaysOn(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	p.send(wire.TypeMoved, moved(s))
	p.send(wire.TypeStateUpdate, s.step(2))
	if got := await[Moved](pl); got.Follow || got.Shard != "b" {
		t.Errorf("moved = %+v", got)
	}
	await[Applied](pl)
	pl.do(`{}`)
	expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	if len(d.peers) != 0 {
		t.Error("a second connection was opened")
	}
}

func TestFailedFollowStays(t *testing.T) {
	tests := map[string]func(*testing.T, *frontDoor){
		"handshake refused": func(*testing.T, *frontDoor) {},
		"closed for good": func(t *testing.T, d *frontDoor) {
			p := d.accept(t)
			p.hello()
			p.close(wire.CloseTokenExpired)
		},
	}
	for name, fail := range tests {
		t.Run(name, func(t *testing.T) {
			d, s := newFrontDoor(t), newSession()
			pl, p := join(t, d, s, follows)
			if name == "handshake refused" {
				d.refuse = []int{http.StatusForbidden}
			}
			p.send(wire.TypeMoved, moved(s))
			fail(t, d)
			if name == "handshake refused" {
				if got := await[OpenFailed](pl); !got.Follow {
					t.Errorf("open failed: %+v", got)
				}
			} else if got := await[Closed](pl); got.Code != wire.CloseTokenExpired {
				t.Errorf("closed: %+v", got)
			}
			pl.do(`{}`)
			expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
			if got := pl.Stats(); got.FollowFailed != 1 {
				t.Errorf("stats = %+v", got)
			}
		})
	}
}

// TestOldConnectionEndsWhileFollowing: the way to the new owner is already
// under way, so there is no third connection.
func TestOldConnectionEndsWhileFollowing(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, old := join(t, d, s, follows)
	old.send(wire.TypeMoved, moved(s))
	p := d.accept(t)
	old.close(websocket.CloseServiceRestart)
	await[Closed](pl)
	p.hello()
	expect[wire.Resume](p, wire.TypeResume)
	p.send(wire.TypeResumed, wire.Resumed{Position: s.doc.Position(), Current: s.doc.Position()})
	pl.do(`{}`)
	expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	if got := pl.Stats(); got.Connects != 2 || got.Followed != 1 {
		t.Errorf("stats = %+v", got)
	}
}

// TestComesBackThroughTheFrontDoor: what a move named is used once; the way
// back is the one that the player was given.
func TestComesBackThroughTheFrontDoor(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	_, old := join(t, d, s, follows)
	old.send(wire.TypeMoved, moved(s))
	p := d.accept(t)
	p.hello()
	expect[wire.Resume](p, wire.TypeResume)
	p.send(wire.TypeResumed, wire.Resumed{Position: s.doc.Position(), Current: s.doc.Position()})
	old.expectGoodbye()
	p.close(websocket.CloseServiceRestart)
	p = d.accept(t)
	if got := p.request.URL.Path; got != "/api/v2/sessions/s1/ws" {
		t.Errorf("path = %s", got)
	}
	if got := p.request.Header.Get(wire.TokenHeader); got != "token" {
		t.Errorf("token = %q", got)
	}
}

func TestStaleMoveIsNotFollowed(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, follows)
	stale := moved(s)
	for range 2 {
		p.send(wire.TypeStateUpdate, s.step(3))
	}
	p.send(wire.TypeMoved, stale)
	if got := await[Moved](pl); got.Follow {
		t.Errorf("moved = %+v", got)
	}
}
