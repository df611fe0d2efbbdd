// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// A game master undoes the last command and goes back to any version: both are
// entries, everybody sees them, the dice go on, and the next owner agrees.
func TestGoingBack(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	before := gm.acked(`{"type":"start_combat"}`)
	for _, c := range []*client{gm, ann} {
		c.until(wire.TypeInitiativeRoll)
	}
	was := gm.doc.Hash()
	_, last := swing(t, gm, ann)
	rolled := s.state.Fight.Rolled

	back := gm.acked(fmt.Sprintf(`{"type":"rollback","version":%d}`, before.Version))
	catchUp(back.Version, gm, ann)
	if back.Version != last.Version+1 {
		t.Errorf("the rollback is version %d, want %d", back.Version, last.Version+1)
	}
	if gm.doc.Hash() != was || gm.leaf("/creatures/goblin/hp") != "200" {
		t.Errorf("the fight is not as it was: goblin has %s", gm.leaf("/creatures/goblin/hp"))
	}

	gm.acked(`{"type":"set_hp","creature":"goblin","hp":7}`)
	undone := gm.acked(`{"type":"undo"}`)
	catchUp(undone.Version, gm, ann)
	if got := gm.leaf("/creatures/goblin/hp"); got != "200" {
		t.Errorf("the goblin has %s hit points after the undo", got)
	}
	if f := ann.do(`{"type":"undo"}`); f.Type != wire.TypeRefusal {
		t.Errorf("a player goes back: %s", f.Data)
	}
	if f := gm.do(`{"type":"rollback","version":999}`); f.Type != wire.TypeRefusal {
		t.Errorf("going forward: %s", f.Data)
	}

	one, _ := s.state.Encode()
	other, err := load(t.Context(), m, testSession)
	if err != nil {
		t.Fatal(err)
	}
	if two, _ := other.state.Encode(); string(one) != string(two) {
		t.Errorf("the journal gives\n%s\nnot\n%s", two, one)
	}
	next := moved(t, m, m, s, 2)
	t.Cleanup(func() { next.Stop(); <-next.Done() })
	<-s.Done()
	if next.mismatch || next.state.Fight.Rolled != rolled {
		t.Errorf("mismatch %v; %d dice were rolled, want %d", next.mismatch, next.state.Fight.Rolled, rolled)
	}
}
