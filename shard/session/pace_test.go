// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/wire"
)

func TestActionsOfAPlayerAreLimited(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	now, heard := time.Now(), &quiet{}
	set := func(f func()) {
		t.Helper()
		if err := s.call(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	set(func() {
		s.Actions = limit.Rules{Usual: limit.Rule{N: 4, Per: time.Minute}}
		s.Now = func() time.Time { return now }
		s.observer = heard
	})
	ann, again, gm := newClient(t, "ann", auth.Player), newClient(t, "ann", auth.Player), newClient(t, "gm", auth.GameMaster)
	ann.attach(s)
	again.attach(s)
	gm.attach(s)
	again.n = 100
	refused := func(c *client, action string) wire.Refusal {
		t.Helper()
		var no wire.Refusal
		c.decode(c.do(action), &no)
		return no
	}
	dash := `{"type":"dash","creature":"aria"}` // refused by the rules: there is no fight
	for _, c := range []*client{ann, again} {   // whichever connection it is
		if no := refused(c, dash); no.Code == wire.RefusalRateLimited || no.Retry {
			t.Fatalf("refused with %+v", no)
		}
	}
	if no := refused(ann, `{"type":"sequence","actions":[`+dash+`,`+dash+`]}`); no.Code == wire.RefusalRateLimited {
		t.Fatalf("refused with %+v", no)
	}
	if no := refused(again, dash); no.Code != wire.RefusalRateLimited || !no.Retry || no.Details["retry_after_ms"] != 15001.0 {
		t.Errorf("one too many is refused with %+v", no)
	}
	gm.acked(`{"type":"start_combat"}`)
	for range 10 {
		if no := refused(gm, `{"type":"start_combat"}`); no.Code == wire.RefusalRateLimited {
			t.Fatal("a game master is counted")
		}
	}
	set(func() { now = now.Add(15 * time.Second) })
	if no := refused(ann, `{"type":"dash","creature":"goblin"}`); no.Code == wire.RefusalRateLimited {
		t.Errorf("15 seconds later: %+v", no)
	}
	set(func() {
		if !slices.Equal(heard.limited, []string{"actions"}) {
			t.Errorf("counted as limited: %v", heard.limited)
		}
	})
}

func TestClassesHaveLimitsOfTheirOwn(t *testing.T) {
	now := time.Now()
	per := func(n int) limit.Rule { return limit.Rule{N: n, Per: time.Minute} }
	s := &Session{observer: deaf{}, Config: Config{Actions: limit.Rules{Usual: per(2), Classes: map[string]limit.Rule{"bot": per(5)}}, Now: func() time.Time { return now }}}
	for class, want := range map[auth.Class]int{auth.ClassPlayer: 2, auth.ClassBot: 5, auth.ClassService: 2} {
		c, n := auth.Claims{Role: auth.Player, Player: "p-" + string(class), Class: class}, 0
		for s.tooFast(c, 1) == nil && n < 10 {
			n++
		}
		if n != want {
			t.Errorf("class %q: %d actions, want %d", class, n, want)
		}
	}
}

func TestPacesAreBounded(t *testing.T) {
	now := time.Now()
	s := &Session{observer: deaf{}, Config: Config{Actions: limit.Rules{Usual: limit.Rule{N: 1, Per: time.Minute}}, Now: func() time.Time { return now }}}
	for i := range 3 * maxPaces {
		if no := s.tooFast(auth.Claims{Role: auth.Player, Player: fmt.Sprint("p", i)}, 1); no != nil {
			t.Fatal(no.message)
		}
		if len(s.paces) > maxPaces {
			t.Fatalf("%d are remembered", len(s.paces))
		}
	}
}
