// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// holder is ann with a token of a generation.
func holder(t *testing.T, generation uint64) *client {
	t.Helper()
	c := newClient(t, "ann", auth.Player)
	c.claims.Generation = generation
	return c
}

// enters says with which error a client is let in.
func (c *client) enters(s *Session) error {
	m, err := s.Attach(c.t.Context(), c.claims, c, nil)
	if err == nil {
		c.member = m
	}
	return err
}

func TestAccess(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	change := func(verb AccessVerb) journal.Position {
		t.Helper()
		at, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, "ann", verb)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	expect := func(what string, generation uint64, want error) {
		t.Helper()
		c := holder(t, generation)
		if err := c.enters(s); !errors.Is(err, want) {
			t.Errorf("%s, generation %d: %v, want %v", what, generation, err, want)
		} else if err == nil {
			c.member.Leave()
		}
	}
	open := holder(t, 0)
	if err := open.enters(s); err != nil {
		t.Fatal(err)
	}
	change(Kick)
	if err := open.detached(); !errors.Is(err, ErrRevoked) {
		t.Errorf("an open connection ended with %v, want %v", err, ErrRevoked)
	}
	expect("after a kick", 0, ErrRevoked)
	expect("after a kick", 1, nil)
	again := holder(t, 1)
	if err := again.enters(s); err != nil {
		t.Fatal(err)
	}
	change(Ban)
	if err := again.detached(); !errors.Is(err, ErrBanned) {
		t.Errorf("an open connection ended with %v, want %v", err, ErrBanned)
	}
	expect("while banned", 2, ErrBanned)
	next := moved(t, m, m, s, 2)
	s = next
	expect("while banned, with the next owner", 2, ErrBanned)
	change(Pardon)
	expect("after a pardon", 1, ErrRevoked)
	expect("after a pardon", 2, nil)
	last := change(Revoke)
	expect("after a revocation", 2, ErrRevoked)
	loaded, err := m.Load(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Last() != last {
		t.Errorf("the journal ends at %s, want %s", loaded.Last(), last)
	}
}

func TestAccessIsBounded(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	for i := range maxAccess {
		if _, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, fmt.Sprint("p", i), Ban); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, "one-more", Ban); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more: %v, want %v", err, ErrTooMany)
	}
	if _, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, "p0", Pardon); err != nil {
		t.Errorf("one who is known: %v", err)
	}
}

// TestChangesThatCannotBe: each is told, and none that nobody waits for is looked
// at again.
func TestChangesThatCannotBe(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	if err := s.call(t.Context(), func() { s.stuck = true }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, "ann", Kick); !errors.Is(err, ErrNotNow) {
		t.Errorf("while the journal does not answer: %v, want %v", err, ErrNotNow)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.ChangeAccess(gone, Caller{Player: "gm"}, "ann", Kick); err == nil {
		t.Error("done though nobody waits")
	}
	s.Stop()
	<-s.Done()
	if _, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, "ann", Kick); !errors.Is(err, ErrStopped) {
		t.Errorf("after the end: %v, want %v", err, ErrStopped)
	}
}

// TestTokenOfOneCharacter acts, and answers, for no other, though the player has it.
func TestTokenOfOneCharacter(t *testing.T) {
	begin := func(t *testing.T) (gm, ann, other *client) {
		m := journal.NewMemory()
		s := started(t, m, m)
		gm, ann, other = newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player), newClient(t, "ann", auth.Player)
		other.claims.Character = "somebody"
		other.n = 100
		for _, c := range []*client{gm, ann, other} {
			c.attach(s)
		}
		return gm, ann, other
	}
	refused := func(t *testing.T, c *client, action string) {
		t.Helper()
		var no wire.Refusal
		c.decode(c.do(action), &no)
		if no.Code != string(rules.CodeNotYourCreature) {
			t.Errorf("%s: %+v", action, no)
		}
	}
	t.Run("in its turn", func(t *testing.T) {
		gm, ann, other := begin(t)
		fight(t, gm, ann)
		refused(t, other, `{"type":"dodge","creature":"aria"}`)
		refused(t, other, `{"type":"attack","attacker":"aria","target":"goblin","attack":"sword"}`)
		refused(t, other, sequenceOf(`{"type":"end_turn","creature":"aria"}`))
	})
	t.Run("while play waits for it", func(t *testing.T) {
		gm, ann, other := begin(t)
		waitingForAria(t, gm, ann)
		refused(t, other, strike(t, ann))
		window, _, _ := strings.Cut(strike(t, ann), `,"option"`)
		refused(t, other, strings.Replace(window, "react", "decline", 1)+"}")
	})
}
