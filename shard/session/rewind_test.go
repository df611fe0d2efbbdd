// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"fmt"
	"strings"
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

// waitingForAria brings a duel to where the goblin walks away from aria, and play
// waits for whether she strikes. It returns the position before that.
func waitingForAria(t *testing.T, gm, ann *client) (before, asked wire.Ack) {
	t.Helper()
	fight(t, gm, ann)
	if gm.leaf("/combat/turn") == `"aria"` {
		catchUp(ann.acked(`{"type":"end_turn","creature":"aria"}`).Version, gm, ann)
	}
	before = gm.acked(`{"type":"grant","creature":"goblin","movement":5}`)
	asked = gm.acked(`{"type":"move","creature":"goblin","path":[[3,1]]}`)
	catchUp(asked.Version, gm, ann)
	if ann.leaf(windowLeaf) == "" {
		t.Fatal("play does not wait for aria")
	}
	return before, asked
}

const (
	windowLeaf   = "/combat/window"
	positionLeaf = "/creatures/goblin/position"
)

// strike is aria's answer to the window that her player sees.
func strike(t *testing.T, ann *client) string {
	t.Helper()
	var w struct {
		ID      int
		Options []string
	}
	if err := json.Unmarshal([]byte(ann.leaf(windowLeaf)), &w); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"type":"react","window":%d,"option":%q}`, w.ID, w.Options[0])
}

// In the middle of a reaction the last command can be undone, and a version in the
// middle of one can be gone back to. Neither shows what will be rolled: the dice go
// on. What was left behind stays in the history.
func TestGoingBackInAReactionWindow(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	_, asked := waitingForAria(t, gm, ann)
	answer := strike(t, ann)

	undone := gm.acked(`{"type":"undo"}`)
	catchUp(undone.Version, gm, ann)
	if ann.leaf(windowLeaf) != "" || gm.leaf(positionLeaf) != "[2,1]" {
		t.Errorf("after the undo there is window %q, the goblin at %s", ann.leaf(windowLeaf), gm.leaf(positionLeaf))
	}
	if code := ann.refused(answer); code == "" || ann.leaf(windowLeaf) != "" {
		t.Errorf("an answer to a question that was taken back: %q", code)
	}

	back := gm.acked(fmt.Sprintf(`{"type":"rollback","version":%d}`, asked.Version))
	catchUp(back.Version, gm, ann)
	if strike(t, ann) != answer {
		t.Errorf("the question is back as %s", ann.leaf(windowLeaf))
	}
	rolled := []uint64{s.state.Fight.Rolled}
	for range 3 { // each blow has dice of its own
		struck := ann.acked(answer)
		catchUp(struck.Version, gm, ann)
		if ann.leaf(windowLeaf) != "" || gm.leaf(positionLeaf) != "[3,1]" {
			t.Errorf("after her blow there is window %q, the goblin at %s", ann.leaf(windowLeaf), gm.leaf(positionLeaf))
		}
		undone = gm.acked(`{"type":"undo"}`)
		catchUp(undone.Version, gm, ann)
		if ann.leaf(windowLeaf) == "" {
			t.Error("after the undo of her blow aria is not asked")
		}
		rolled = append(rolled, s.state.Fight.Rolled)
	}
	for i, n := range rolled[1:] {
		if n <= rolled[i] {
			t.Errorf("the dice rolled so far: %v", rolled)
		}
	}
	page, err := s.History(t.Context(), gameMaster, asked.Version-1, 100)
	if err != nil {
		t.Fatal(err)
	}
	moves, blows := 0, 0
	for _, u := range page.Updates {
		for _, e := range u.Update.Events {
			if strings.Contains(string(e), `"type":"moved"`) {
				moves++
			}
			if strings.Contains(string(e), `"type":"attack_rolled"`) {
				blows++
			}
		}
	}
	if len(page.Updates) != int(undone.Version-asked.Version)+1 || blows != 3 {
		t.Errorf("the history has %d updates from %d to %d, %d moves, %d blows", len(page.Updates), asked.Version, undone.Version, moves, blows)
	}
}

// Undoing again goes one command further, past what was left behind, to the
// beginning; going to what was left behind brings it back.
func TestUndoAgain(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newAttached(t, s)
	for _, hp := range []int{150, 100, 50} {
		gm.acked(fmt.Sprintf(`{"type":"set_hp","creature":"goblin","hp":%d}`, hp))
	}
	for _, step := range []struct{ action, want string }{
		{`{"type":"undo"}`, "100"},
		{`{"type":"undo"}`, "150"},
		{`{"type":"set_hp","creature":"goblin","hp":120}`, "120"},
		{`{"type":"undo"}`, "150"},
		{`{"type":"rollback","version":4}`, "50"},
		{`{"type":"undo"}`, "100"},
		{`{"type":"undo"}`, "150"},
		{`{"type":"undo"}`, "200"},
	} {
		catchUp(gm.acked(step.action).Version, gm)
		if got := gm.leaf(goblinHP); got != step.want {
			t.Errorf("%s: the goblin has %s, want %s", step.action, got, step.want)
		}
	}
	if code := gm.refused(`{"type":"undo"}`); code != wire.RefusalBadCommand {
		t.Errorf("an undo of nothing: %q", code)
	}
}

// A client that was away while the table went back gets all of it when it resumes,
// or the view as it is if it was away for too long; so does one that comes back to
// another shard.
func TestResumeOverARollback(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	before, asked := waitingForAria(t, gm, ann)
	ann.member.Leave()
	back := gm.acked(fmt.Sprintf(`{"type":"rollback","version":%d}`, before.Version))
	last := gm.acked(`{"type":"move","creature":"goblin","path":[[2,2]]}`)
	next := moved(t, m, m, s, 2)
	t.Cleanup(func() { next.Stop(); <-next.Done() })
	<-s.Done()

	ann.updates = nil
	ann.attach(next) // at a version that was left behind
	catchUp(last.Version, ann)
	if len(ann.updates) != 2 || ann.updates[0].Version != back.Version || ann.updates[0].From != asked.Version ||
		!strings.Contains(string(ann.updates[0].Events[0]), fmt.Sprintf(`"to":%d`, before.Version)) {
		t.Errorf("she is told %+v", ann.updates)
	}
	fresh := newClient(t, "ann", auth.Player)
	fresh.attach(next)
	if ann.doc.Hash() != fresh.doc.Hash() || ann.leaf(windowLeaf) != "" {
		t.Errorf("she has %s, who comes new has %s", ann.doc.Hash(), fresh.doc.Hash())
	}
}
