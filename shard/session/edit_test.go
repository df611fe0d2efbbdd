// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

var gameMaster = Caller{Player: "gm"}

func setting(path string, value any) LeafEdit {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return LeafEdit{Path: path, Value: text}
}

const goblinHP = "/creatures/goblin/hp"

func TestEdit(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newAttached(t, s)
	base := gm.acked(`{"type":"set_hp","creature":"goblin","hp":150}`).Version
	catchUp(base, gm)

	at, repeated, err := s.Edit(t.Context(), gameMaster, Edit{ID: "e-1", Base: base, Changes: []LeafEdit{
		setting(goblinHP, 90), setting("/creatures/goblin/conditions/prone", true), setting("/creatures/aria/position", []int{3, 3}),
	}})
	if err != nil || repeated || at.Version != base+1 {
		t.Fatalf("at %s, repeated %v: %v", at, repeated, err)
	}
	catchUp(at.Version, gm)
	if got := gm.leaf(goblinHP); got != "90" {
		t.Errorf("the goblin has %s hit points", got)
	}
	if u := gm.updates[len(gm.updates)-1]; u.By != "gm" || u.ActionID != "e-1" || len(u.Events) < 3 {
		t.Errorf("the update is %+v", u)
	}

	conflict := func(e Edit, want *ConflictError) {
		t.Helper()
		_, _, err := s.Edit(t.Context(), gameMaster, e)
		got, is := errors.AsType[*ConflictError](err)
		if !is {
			t.Fatalf("%+v: %v, want a conflict", e, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("conflict (-want +got):\n%s", diff)
		}
	}
	// Anything is in the way of who wants no rebase; only the path of who does.
	conflict(Edit{Base: base, Changes: []LeafEdit{setting("/creatures/aria/hp", 5)}}, &ConflictError{Version: at.Version})
	conflict(Edit{Base: base, Rebase: true, Changes: []LeafEdit{setting(goblinHP, 5)}},
		&ConflictError{Version: at.Version, Changed: []wire.Change{{Path: goblinHP, Value: json.RawMessage("90")}}})
	conflict(Edit{Base: base, Rebase: true, Changes: []LeafEdit{setting("/creatures/goblin/conditions/stunned", true)}},
		&ConflictError{Version: at.Version, Changed: []wire.Change{{Path: "/creatures/goblin/conditions", Value: json.RawMessage(`["prone"]`)}}})
	conflict(Edit{Base: at.Version + 1, Rebase: true, Changes: []LeafEdit{setting(goblinHP, 5)}}, &ConflictError{Version: at.Version})
	next, _, err := s.Edit(t.Context(), gameMaster, Edit{Base: base, Rebase: true, Changes: []LeafEdit{setting("/creatures/aria/hp", 5)}})
	if err != nil || next.Version != at.Version+1 {
		t.Fatalf("rebased: %s, %v", next, err)
	}
}

// TestEditIsMadeOnce, whatever is sent again, also to the next owner.
func TestEditIsMadeOnce(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	e := Edit{ID: "e-1", Base: 1, Changes: []LeafEdit{setting(goblinHP, 90)}}
	first, _, err := s.Edit(t.Context(), gameMaster, e)
	if err != nil {
		t.Fatal(err)
	}
	next := moved(t, m, m, s, 2)
	t.Cleanup(func() { next.Stop(); <-next.Done() })
	for i, owner := range []*Session{next, next} {
		at, repeated, err := owner.Edit(t.Context(), gameMaster, e)
		if err != nil || !repeated || at != first {
			t.Errorf("%d: at %s, repeated %v: %v; want %s", i, at, repeated, err, first)
		}
	}
	e.Changes = []LeafEdit{setting(goblinHP, 91)}
	if _, _, err := next.Edit(t.Context(), gameMaster, e); !refusedAs(err, wire.RefusalIDReuse) {
		t.Errorf("the id for another edit: %v", err)
	}
	if _, _, err := s.Edit(t.Context(), gameMaster, e); !errors.Is(err, ErrNotNow) {
		t.Errorf("by the shard that it left: %v", err)
	}
}

func refusedAs(err error, code string) bool {
	no, is := errors.AsType[*RefusedError](err)
	return is && no.Code == code
}

func TestEditAllOrNothing(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	for name, tc := range map[string]struct {
		changes []LeafEdit
		code    string
	}{
		"a wish beyond the most":   {[]LeafEdit{setting(goblinHP, 7), setting("/creatures/aria/hp", 61)}, "malformed_command"},
		"what cannot be set":       {[]LeafEdit{setting(goblinHP, 7), setting("/creatures/aria/health", "dead")}, "malformed_command"},
		"a square that is taken":   {[]LeafEdit{setting(goblinHP, 7), setting("/creatures/aria/position", []int{2, 1})}, "square_occupied"},
		"nobody":                   {[]LeafEdit{setting(goblinHP, 7), setting("/creatures/zed/hp", 1)}, "unknown_creature"},
		"a reaction out of combat": {[]LeafEdit{setting("/creatures/aria/reaction", true)}, "no_combat"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := s.Edit(t.Context(), gameMaster, Edit{Base: 1, Changes: tc.changes}); !refusedAs(err, tc.code) {
				t.Errorf("%v, want %s", err, tc.code)
			}
			if look, err := s.Look(t.Context(), gameMaster, []string{goblinHP}); err != nil || string(look.State[goblinHP]) != "200" || look.Position.Version != 1 {
				t.Errorf("something was done: %+v, %v", look, err)
			}
		})
	}
	if _, _, err := s.Edit(t.Context(), Caller{Player: "ann"}, Edit{Base: 1, Changes: []LeafEdit{setting(goblinHP, 7)}}); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a player edits: %v", err)
	}
}

// TestGoBackFromOutside: undo and rollback of who has no connection, and what they
// left behind is the same for the next owner.
func TestGoBackFromOutside(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newAttached(t, s)
	for i := range 3 {
		gm.acked(fmt.Sprintf(`{"type":"set_hp","creature":"goblin","hp":%d}`, 101+i))
	}
	hp := func(want string) {
		t.Helper()
		if look, err := s.Look(t.Context(), gameMaster, []string{goblinHP}); err != nil || string(look.State[goblinHP]) != want {
			t.Errorf("the goblin has %s hit points, want %s (%v)", look.State[goblinHP], want, err)
		}
	}
	if _, _, err := s.GoBack(t.Context(), gameMaster, Back{Base: 3}); !errorIs[*ConflictError](err) {
		t.Errorf("undo of what was not seen: %v", err)
	}
	hp("103")
	at, to, err := s.GoBack(t.Context(), gameMaster, Back{Base: 4})
	if err != nil || to != 3 || at.Version != 5 {
		t.Fatalf("undo: at %s to %d: %v", at, to, err)
	}
	hp("102")
	if _, _, err := s.GoBack(t.Context(), gameMaster, Back{Base: 4}); !errorIs[*ConflictError](err) {
		t.Errorf("the same undo again: %v", err)
	}
	hp("102")
	if at, to, err = s.GoBack(t.Context(), gameMaster, Back{To: 2}); err != nil || to != 2 || at.Version != 6 {
		t.Fatalf("rollback: at %s to %d: %v", at, to, err)
	}
	hp("101")
	catchUp(6, gm)
	if u := gm.updates[len(gm.updates)-1]; u.By != "gm" {
		t.Errorf("the update is %+v", u)
	}
	if _, _, err := s.GoBack(t.Context(), gameMaster, Back{To: 6}); !refusedAs(err, wire.RefusalBadCommand) {
		t.Errorf("forward: %v", err)
	}
	if _, _, err := s.GoBack(t.Context(), byToken("ann", auth.Player), Back{To: 1}); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a player: %v", err)
	}
	next := moved(t, m, m, s, 2)
	t.Cleanup(func() { next.Stop(); <-next.Done() })
	if next.mismatch {
		t.Error("the next owner has another state")
	}
}
