// SPDX-License-Identifier: Apache-2.0

package journaltest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/journal"
)

func testAssign(t *testing.T, e Env) {
	id := NewID()
	_, err := e.Store.Assignment(t.Context(), id)
	wantError(t, err, journal.ErrNotAssigned)

	a := journal.Assignment{Session: id, Epoch: 2, Shard: "shard-a", Pool: pool, Mode: journal.ModeCreate}
	for range 2 {
		if err := e.Store.Assign(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	got, err := e.Store.Assignment(t.Context(), id)
	if err != nil || got != a {
		t.Fatalf("got %+v, %v, want %+v", got, err, a)
	}
	other, older := a, a
	other.Shard = "shard-b"
	older.Epoch = 1
	wantError(t, e.Store.Assign(t.Context(), other), journal.ErrAssignConflict)
	wantError(t, e.Store.Assign(t.Context(), older), journal.ErrAssignConflict)

	if _, err := e.Store.Create(t.Context(), id, owner("shard-a", 2), nil); err != nil {
		t.Fatal(err)
	}
	if err := e.Store.Assign(t.Context(), a); err != nil {
		t.Errorf("the assignment that was carried out is refused when repeated: %v", err)
	}
	for name, bad := range map[string]journal.Assignment{
		"no epoch":  {Session: id, Shard: "a", Pool: pool, Mode: journal.ModeCreate},
		"no shard":  {Session: id, Epoch: 3, Pool: pool, Mode: journal.ModeCreate},
		"no pool":   {Session: id, Epoch: 3, Shard: "a", Mode: journal.ModeCreate},
		"no mode":   {Session: id, Epoch: 3, Shard: "a", Pool: pool},
		"bad from":  {Session: id, Epoch: 3, Shard: "a", Pool: pool, Mode: journal.ModeHandoff, From: "A B"},
		"bad mode":  {Session: id, Epoch: 3, Shard: "a", Pool: pool, Mode: "steal"},
		"big epoch": {Session: id, Epoch: 1 << 60, Shard: "a", Pool: pool, Mode: journal.ModeCreate},
	} {
		if err := e.Store.Assign(t.Context(), bad); !errors.Is(err, journal.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func testPlannedTakeover(t *testing.T, e Env) {
	id, a, b := NewID(), owner("shard-a", 1), owner("shard-b", 2)
	p := e.play(t, id, a, e.create(t, id, a), 2)
	e.assign(t, id, b, journal.ModeHandoff, "shard-a")
	frozen := e.freeze(t, id, a, p, "shard-b", 2)
	ask := journal.Takeover{Planned: true, From: 1, Expect: frozen, Data: []byte("hello")}

	taken, err := e.Store.Takeover(t.Context(), id, b, ask)
	if want := frozen.Next(2); err != nil || taken != want {
		t.Fatalf("taken over at %s, %v, want %s", taken, err, want)
	}
	wantError(t, e.Store.Append(t.Context(), id, a, frozen, commands(frozen, 1, 1)), journal.ErrStale)
	last := e.play(t, id, b, taken, 2)

	again, err := e.Store.Takeover(t.Context(), id, b, ask)
	if err != nil || again != taken {
		t.Fatalf("repeated: %s, %v, want %s", again, err, taken)
	}
	otherRun := b
	otherRun.Incarnation = "shard-b-run-2"
	_, err = e.Store.Takeover(t.Context(), id, otherRun, ask)
	wantError(t, err, journal.ErrStale)

	entries := e.all(t, id)
	if got := entries[len(entries)-1].Position; got != last || len(entries) != 7 {
		t.Errorf("%d entries up to %s, want 7 up to %s", len(entries), got, last)
	}
	want := journal.Entry{Position: taken, Kind: journal.KindTakeover, Data: []byte("hello")}
	if diff := cmp.Diff(want, entries[4]); diff != "" {
		t.Errorf("takeover entry (-want +got):\n%s", diff)
	}
}

func testPlannedTakeoverRefused(t *testing.T, e Env) {
	a, b := owner("shard-a", 1), owner("shard-b", 2)
	tests := map[string]struct {
		last journal.Entry // kind and data of the last entry
		ask  journal.Takeover
		want error
	}{
		"not frozen":         {journal.Entry{Kind: journal.KindCommand, Data: freezeData("shard-b", 2)}, journal.Takeover{From: 1}, journal.ErrNotFrozen},
		"thawed":             {journal.Entry{Kind: journal.KindThaw}, journal.Takeover{From: 1}, journal.ErrNotFrozen},
		"for another shard":  {journal.Entry{Kind: journal.KindFreeze, Data: freezeData("shard-c", 2)}, journal.Takeover{From: 1}, journal.ErrNotFrozen},
		"for another epoch":  {journal.Entry{Kind: journal.KindFreeze, Data: freezeData("shard-b", 3)}, journal.Takeover{From: 1}, journal.ErrNotFrozen},
		"of another epoch":   {journal.Entry{Kind: journal.KindFreeze, Data: freezeData("shard-b", 2)}, journal.Takeover{From: 7}, journal.ErrNotFrozen},
		"freeze not JSON":    {journal.Entry{Kind: journal.KindFreeze, Data: []byte("{")}, journal.Takeover{From: 1}, journal.ErrNotFrozen},
		"freeze is a number": {journal.Entry{Kind: journal.KindFreeze, Data: []byte("7")}, journal.Takeover{From: 1}, journal.ErrNotFrozen},
		"not caught up": {
			journal.Entry{Kind: journal.KindFreeze, Data: freezeData("shard-b", 2)},
			journal.Takeover{From: 1, Expect: journal.Position{Epoch: 1, Version: 1}}, journal.ErrGap,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			id := NewID()
			p := e.create(t, id, a)
			e.assign(t, id, b, journal.ModeHandoff, "shard-a")
			tc.last.Position = p.Next(1)
			if err := e.Store.Append(t.Context(), id, a, p, []journal.Entry{tc.last}); err != nil {
				t.Fatal(err)
			}
			tc.ask.Planned = true
			_, err := e.Store.Takeover(t.Context(), id, b, tc.ask)
			wantError(t, err, tc.want)
			e.play(t, id, a, tc.last.Position, 1) // the source plays on
		})
	}
}

func testForcedTakeover(t *testing.T, e Env) {
	id, a, b := NewID(), owner("shard-a", 1), owner("shard-b", 5)
	_, err := e.Store.Takeover(t.Context(), id, b, journal.Takeover{})
	wantError(t, err, journal.ErrNoOwner)
	p := e.play(t, id, a, e.create(t, id, a), 2)
	_, err = e.Store.Takeover(t.Context(), id, b, journal.Takeover{})
	wantError(t, err, journal.ErrNotAssigned)
	e.assign(t, id, b, journal.ModeFailover, "shard-a")
	taken, err := e.Store.Takeover(t.Context(), id, b, journal.Takeover{})
	if err != nil || taken != p.Next(5) {
		t.Fatalf("taken over at %s, %v, want %s", taken, err, p.Next(5))
	}
	wantError(t, e.Store.Append(t.Context(), id, a, p, commands(p, 1, 1)), journal.ErrStale)
	_, err = e.Store.Takeover(t.Context(), id, a, journal.Takeover{})
	wantError(t, err, journal.ErrStale)
	stale, ok := errors.AsType[*journal.StaleError](err)
	if !ok || stale.Owner != b {
		t.Errorf("got %v, want the owner %+v", err, b)
	}
	e.play(t, id, b, taken, 1)
}

// testOlderIntent: a takeover under way is worthless as soon as a newer
// assignment is in force.
func testOlderIntent(t *testing.T, e Env) {
	id, a, b, c := NewID(), owner("shard-a", 1), owner("shard-b", 2), owner("shard-c", 3)
	p := e.create(t, id, a)
	e.assign(t, id, b, journal.ModeHandoff, "shard-a")
	frozen := e.freeze(t, id, a, p, "shard-b", 2)
	e.assign(t, id, c, journal.ModeFailover, "shard-a")
	_, err := e.Store.Takeover(t.Context(), id, b, journal.Takeover{Planned: true, From: 1})
	wantError(t, err, journal.ErrNotAssigned)
	taken, err := e.Store.Takeover(t.Context(), id, c, journal.Takeover{Expect: frozen})
	if err != nil || taken != frozen.Next(3) {
		t.Fatalf("taken over at %s, %v, want %s", taken, err, frozen.Next(3))
	}
	_, err = e.Store.Takeover(t.Context(), id, b, journal.Takeover{})
	wantError(t, err, journal.ErrStale)
}

func testRetake(t *testing.T, e Env) {
	id, a, b := NewID(), owner("shard-a", 1), owner("shard-b", 2)
	kept := e.play(t, id, a, e.create(t, id, a), 1)
	e.play(t, id, a, kept, 2)
	e.assign(t, id, b, journal.ModeFailover, "shard-a")
	taken, err := e.Store.Takeover(t.Context(), id, b, journal.Takeover{})
	if err != nil {
		t.Fatal(err)
	}
	last := e.play(t, id, b, taken, 2)
	before := e.all(t, id)

	if err := e.Rewind(t.Context(), id, kept, a); err != nil {
		t.Fatal(err)
	}
	err = e.Store.Append(t.Context(), id, b, last, commands(last, 2, 1))
	stale, ok := errors.AsType[*journal.StaleError](err)
	if !ok || stale.Owner.Epoch != 1 {
		t.Fatalf("got %v, want a stale error that shows epoch 1", err)
	}
	ring := before[slices.IndexFunc(before, func(e journal.Entry) bool { return e.Position == kept })+1:]
	wantError(t, e.Store.Retake(t.Context(), id, b, taken, commands(taken, 2, 1)), journal.ErrGap)
	if err := e.Store.Retake(t.Context(), id, b, kept, ring); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, e.all(t, id)); diff != "" {
		t.Errorf("journal after the repair (-before +after):\n%s", diff)
	}
	e.play(t, id, b, last, 1)
	wantError(t, e.Store.Append(t.Context(), id, a, kept, commands(kept, 1, 1)), journal.ErrStale)
}

func testRetakeRefused(t *testing.T, e Env) {
	a, b := owner("shard-a", 1), owner("shard-b", 2)
	tests := map[string]struct {
		assigned journal.Assignment
		want     error
	}{
		"a failover is under way":         {journal.Assignment{Epoch: 3, Shard: "shard-c", Mode: journal.ModeFailover, From: "shard-b"}, journal.ErrNotAssigned},
		"a handoff away from another":     {journal.Assignment{Epoch: 3, Shard: "shard-c", Mode: journal.ModeHandoff, From: "shard-a"}, journal.ErrNotAssigned},
		"a handoff away from the retaker": {journal.Assignment{Epoch: 3, Shard: "shard-c", Mode: journal.ModeHandoff, From: "shard-b"}, nil},
		"its own assignment is in force":  {journal.Assignment{Epoch: 2, Shard: "shard-b", Mode: journal.ModeFailover, From: "shard-a"}, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			id := NewID()
			p := e.create(t, id, a)
			tc.assigned.Session, tc.assigned.Pool = id, pool
			if err := e.Store.Assign(t.Context(), tc.assigned); err != nil {
				t.Fatal(err)
			}
			ring := []journal.Entry{{Position: p.Next(2), Kind: journal.KindTakeover, Data: []byte("x")}}
			err := e.Store.Retake(t.Context(), id, b, p, ring)
			if !errors.Is(err, tc.want) {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
		})
	}
	id := NewID()
	wantError(t, e.Store.Retake(t.Context(), id, b, journal.Position{}, commands(journal.Position{}, 2, 1)), journal.ErrNoOwner)
	p := e.create(t, id, b)
	wantError(t, e.Store.Retake(t.Context(), id, owner("shard-c", 2), p, commands(p, 2, 1)), journal.ErrStale)
	wantError(t, e.Store.Retake(t.Context(), id, b, p, commands(p, 1, 1)), journal.ErrInvalid)
}

func testForget(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 4)
	p := e.create(t, id, me)
	wantError(t, e.Store.Forget(t.Context(), id, 3), journal.ErrAssignConflict)
	if err := e.Store.Forget(t.Context(), id, 4); err != nil {
		t.Fatal(err)
	}
	_, err := e.Store.Load(t.Context(), id)
	wantError(t, err, journal.ErrNoOwner)
	wantError(t, e.Store.Append(t.Context(), id, me, p, commands(p, 4, 1)), journal.ErrNoOwner)
	_, err = e.Store.Create(t.Context(), id, me, nil)
	wantError(t, err, journal.ErrNotAssigned)
	if err := e.Store.Forget(t.Context(), id, 4); err != nil {
		t.Errorf("forgetting again: %v", err)
	}
}
