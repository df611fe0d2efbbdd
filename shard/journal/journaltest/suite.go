// SPDX-License-Identifier: Apache-2.0

package journaltest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/journal"
)

// Run holds the store that open returns to the contract. open is called once.
func Run(t *testing.T, open func(t *testing.T) Env) {
	env := open(t)
	for name, test := range map[string]func(*testing.T, Env){
		"create":                   testCreate,
		"create is refused":        testCreateRefused,
		"append":                   testAppend,
		"append is refused":        testAppendRefused,
		"append invalid":           testAppendInvalid,
		"assign":                   testAssign,
		"planned takeover":         testPlannedTakeover,
		"planned takeover refused": testPlannedTakeoverRefused,
		"forced takeover":          testForcedTakeover,
		"older intent":             testOlderIntent,
		"retake":                   testRetake,
		"retake is refused":        testRetakeRefused,
		"snapshots":                testSnapshots,
		"snapshot is refused":      testSnapshotRefused,
		"read":                     testRead,
		"follow":                   testFollow,
		"follow stops":             testFollowStops,
		"forget":                   testForget,
		"barrier":                  testBarrier,
		"confirm":                  testConfirm,
		"invalid ids":              testInvalidIDs,
	} {
		t.Run(name, func(t *testing.T) { test(t, env) })
	}
}

func wantError(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got error %v, want %v", got, want)
	}
}

func testCreate(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 3)
	p := e.create(t, id, me)
	if want := (journal.Position{Epoch: 3, Version: 1}); p != want {
		t.Fatalf("genesis is at %s, want %s", p, want)
	}
	again, err := e.Store.Create(t.Context(), id, me, []byte("other"))
	if err != nil || again != p {
		t.Fatalf("created again by the same owner: %s, %v, want %s", again, err, p)
	}
	want := []journal.Entry{{Position: p, Kind: journal.KindGenesis, Data: []byte("genesis")}}
	if diff := cmp.Diff(want, e.all(t, id)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	got, err := e.Store.Owner(t.Context(), id)
	if err != nil || got != me {
		t.Errorf("owner %+v, %v, want %+v", got, err, me)
	}
}

func testCreateRefused(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 1)
	_, err := e.Store.Create(t.Context(), id, me, nil)
	wantError(t, err, journal.ErrNotAssigned)

	e.assign(t, id, me, journal.ModeFailover, "")
	_, err = e.Store.Create(t.Context(), id, me, nil)
	wantError(t, err, journal.ErrNotAssigned)
	assigned, ok := errors.AsType[*journal.AssignedError](err)
	if !ok || assigned.Assignment.Mode != journal.ModeFailover || assigned.Assignment.Shard != "shard-a" {
		t.Fatalf("got %v, want the assignment in force", err)
	}

	e.assign(t, id, owner("shard-a", 2), journal.ModeCreate, "")
	_, err = e.Store.Create(t.Context(), id, owner("shard-b", 2), nil)
	wantError(t, err, journal.ErrNotAssigned)
	_, err = e.Store.Create(t.Context(), id, me, nil)
	wantError(t, err, journal.ErrNotAssigned)

	if _, err := e.Store.Create(t.Context(), id, owner("shard-a", 2), nil); err != nil {
		t.Fatal(err)
	}
	e.assign(t, id, owner("shard-a", 4), journal.ModeCreate, "")
	_, err = e.Store.Create(t.Context(), id, owner("shard-a", 4), nil)
	wantError(t, err, journal.ErrExists)
}

func testAppend(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 1)
	p := e.create(t, id, me)
	p = e.play(t, id, me, p, 1)
	p = e.play(t, id, me, p, 3)
	entries := e.all(t, id)
	want := append([]journal.Entry{{Position: journal.Position{Epoch: 1, Version: 1}, Kind: journal.KindGenesis, Data: []byte("genesis")}},
		commands(journal.Position{Epoch: 1, Version: 1}, 1, 4)...)
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	binary := []journal.Entry{{Position: p.Next(1), Kind: journal.KindCommand, Data: []byte("\x00\xff\r\n")}}
	if err := e.Store.Append(t.Context(), id, me, p, binary); err != nil {
		t.Fatal(err)
	}
	got, err := e.Store.Read(t.Context(), id, p, 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(binary, got); diff != "" {
		t.Errorf("binary data (-want +got):\n%s", diff)
	}
}

func testAppendRefused(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 2)
	p := e.create(t, id, me)
	last := e.play(t, id, me, p, 2)
	otherRun := me
	otherRun.Incarnation = "shard-a-run-2"
	tests := map[string]struct {
		id     string
		me     journal.Owner
		expect journal.Position
		want   error
	}{
		"another shard":       {id, owner("shard-b", 2), last, journal.ErrStale},
		"another incarnation": {id, otherRun, last, journal.ErrStale},
		"a higher epoch":      {id, owner("shard-a", 3), last, journal.ErrStale},
		"a lower epoch":       {id, owner("shard-a", 1), journal.Position{Epoch: 1, Version: 7}, journal.ErrStale},
		"too early":           {id, me, p, journal.ErrGap},
		"too late":            {id, me, last.Next(2), journal.ErrGap},
		"no session":          {NewID(), me, last, journal.ErrNoOwner},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := e.Store.Append(t.Context(), tc.id, tc.me, tc.expect, commands(tc.expect, tc.me.Epoch, 2))
			wantError(t, err, tc.want)
			if stale, ok := errors.AsType[*journal.StaleError](err); ok && stale.Owner != me {
				t.Errorf("the refusal names %+v, want %+v", stale.Owner, me)
			}
			if gap, ok := errors.AsType[*journal.GapError](err); ok && gap.Last != last {
				t.Errorf("the refusal says the last is %s, want %s", gap.Last, last)
			}
		})
	}
	if n := len(e.all(t, id)); n != 3 {
		t.Errorf("%d entries after refusals, want 3", n)
	}
}

func testAppendInvalid(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 2)
	p := e.create(t, id, me)
	big := commands(p, 2, 1)
	big[0].Data = make([]byte, journal.MaxEntryBytes+1)
	many := commands(p, 2, journal.MaxBatchEntries+1)
	heavy := commands(p, 2, journal.MaxBatchBytes/journal.MaxEntryBytes+1)
	for i := range heavy {
		heavy[i].Data = make([]byte, journal.MaxEntryBytes)
	}
	hole := commands(p, 2, 3)
	hole[1].Position.Version++
	noKind := commands(p, 2, 1)
	noKind[0].Kind = ""
	tests := map[string][]journal.Entry{
		"none":             nil,
		"too big":          big,
		"too many":         many,
		"too heavy":        heavy,
		"with a hole":      hole,
		"without a kind":   noKind,
		"of another epoch": commands(p, 3, 1),
		"of an old epoch":  {{Position: journal.Position{Epoch: 1, Version: 2}, Kind: journal.KindCommand}},
		"repeated":         commands(journal.Position{Epoch: 2}, 2, 1),
	}
	for name, entries := range tests {
		t.Run(name, func(t *testing.T) {
			wantError(t, e.Store.Append(t.Context(), id, me, p, entries), journal.ErrInvalid)
		})
	}
	largest := commands(p, 2, 1)
	largest[0].Data = make([]byte, journal.MaxEntryBytes)
	if err := e.Store.Append(t.Context(), id, me, p, largest); err != nil {
		t.Errorf("the largest entry is refused: %v", err)
	}
}

func testBarrier(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 1)
	e.create(t, id, me)
	if err := e.Store.Barrier(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

func testConfirm(t *testing.T, e Env) {
	id, a, b := NewID(), owner("shard-a", 1), owner("shard-b", 2)
	wantError(t, e.Store.Confirm(t.Context(), id, a), journal.ErrNoOwner)
	e.create(t, id, a)
	wantError(t, e.Store.Confirm(t.Context(), id, a), nil)
	wantError(t, e.Store.Confirm(t.Context(), id, journal.Owner{Shard: "shard-a", Incarnation: "shard-a-run-2", Epoch: 1}), journal.ErrStale)
	e.assign(t, id, b, journal.ModeFailover, a.Shard)
	wantError(t, e.Store.Confirm(t.Context(), id, a), nil) // a wish replaces nobody
	if _, err := e.Store.Takeover(t.Context(), id, b, journal.Takeover{}); err != nil {
		t.Fatal(err)
	}
	wantError(t, e.Store.Confirm(t.Context(), id, a), journal.ErrStale)
	wantError(t, e.Store.Confirm(t.Context(), id, b), nil)
	if now, err := e.Store.Owner(t.Context(), id); err != nil || now != b {
		t.Fatalf("the owner is %v, %v, want %v", now, err, b)
	}
}

func testInvalidIDs(t *testing.T, e Env) {
	for _, id := range []string{"", "a}b", "{a}", "a b", "a\n", "-a", string(make([]byte, 65))} {
		_, err := e.Store.Owner(t.Context(), id)
		wantError(t, err, journal.ErrInvalid)
		wantError(t, e.Store.Append(t.Context(), id, owner("s", 1), journal.Position{}, commands(journal.Position{}, 1, 1)), journal.ErrInvalid)
	}
	for _, me := range []journal.Owner{
		{Shard: "", Incarnation: "x", Epoch: 1}, {Shard: "A b", Incarnation: "x", Epoch: 1},
		{Shard: "a", Incarnation: "", Epoch: 1}, {Shard: "a", Incarnation: "x", Epoch: 0}, {Shard: "a", Incarnation: "x", Epoch: 1 << 53},
	} {
		_, err := e.Store.Create(t.Context(), NewID(), me, nil)
		wantError(t, err, journal.ErrInvalid)
	}
}
