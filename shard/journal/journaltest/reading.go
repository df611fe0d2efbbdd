// SPDX-License-Identifier: Apache-2.0

package journaltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/journal"
)

func at(epoch, version uint64) journal.Position {
	return journal.Position{Epoch: epoch, Version: version}
}

func testRead(t *testing.T, e Env) {
	id, a, b := NewID(), owner("shard-a", 1), owner("shard-b", 2)
	e.play(t, id, a, e.create(t, id, a), 4) // 1-1 to 1-5
	e.assign(t, id, b, journal.ModeFailover, "shard-a")
	taken, err := e.Store.Takeover(t.Context(), id, b, journal.Takeover{}) // 2-6
	if err != nil {
		t.Fatal(err)
	}
	e.play(t, id, b, taken, 2) // 2-7, 2-8
	tests := map[string]struct {
		after journal.Position
		max   int
		want  []journal.Position
		err   error
	}{
		"from the start":    {at(0, 0), 2, []journal.Position{at(1, 1), at(1, 2)}, nil},
		"over the takeover": {at(1, 4), 3, []journal.Position{at(1, 5), at(2, 6), at(2, 7)}, nil},
		"at the end":        {at(2, 8), 5, nil, nil},
		"in another fork":   {at(1, 7), 5, nil, journal.ErrHole},
		"in the future":     {at(2, 9), 5, nil, journal.ErrHole},
		"too few":           {at(1, 1), 0, nil, journal.ErrInvalid},
		"too many":          {at(1, 1), journal.MaxReadEntries + 1, nil, journal.ErrInvalid},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			entries, err := e.Store.Read(t.Context(), id, tc.after, tc.max)
			if !errors.Is(err, tc.err) {
				t.Fatalf("got error %v, want %v", err, tc.err)
			}
			if diff := cmp.Diff(tc.want, positions(entries)); diff != "" {
				t.Errorf("positions (-want +got):\n%s", diff)
			}
		})
	}
}

func positions(entries []journal.Entry) []journal.Position {
	var ps []journal.Position
	for _, e := range entries {
		ps = append(ps, e.Position)
	}
	return ps
}

type followed struct {
	entries []journal.Entry
	err     error
}

func (e Env) followSoon(ctx context.Context, id string, after journal.Position) <-chan followed {
	result := make(chan followed, 1)
	go func() {
		entries, err := e.Store.Follow(ctx, id, after, deadline)
		result <- followed{entries, err}
	}()
	return result
}

func testFollow(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 1)
	p := e.create(t, id, me)
	last := e.play(t, id, me, p, 2)

	entries, err := e.Store.Follow(t.Context(), id, p, time.Millisecond)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v, want the 2 that are there", len(entries), err)
	}
	entries, err = e.Store.Follow(t.Context(), id, last, time.Millisecond)
	if err != nil || entries != nil {
		t.Fatalf("%d entries, %v, want none", len(entries), err)
	}
	result := e.followSoon(t.Context(), id, last)
	next := e.play(t, id, me, last, 1)
	got := <-result
	if got.err != nil {
		t.Fatal(got.err)
	}
	if diff := cmp.Diff([]journal.Position{next}, positions(got.entries)); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}

	// The follower has seen more than the journal has after the rewind: what
	// comes then does not follow.
	seen := e.play(t, id, me, next, 3)
	if err := e.Rewind(t.Context(), id, next, me); err != nil {
		t.Fatal(err)
	}
	b := owner("shard-b", 2)
	e.assign(t, id, b, journal.ModeFailover, "shard-a")
	if _, err := e.Store.Takeover(t.Context(), id, b, journal.Takeover{}); err != nil {
		t.Fatal(err)
	}
	_, err = e.Store.Follow(t.Context(), id, seen, deadline)
	wantError(t, err, journal.ErrHole)
}

func testFollowStops(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 1)
	p := e.create(t, id, me)
	ctx, cancel := context.WithCancel(t.Context())
	result := e.followSoon(ctx, id, p)
	cancel()
	select {
	case got := <-result:
		wantError(t, got.err, context.Canceled)
	case <-time.After(deadline / 2):
		t.Fatal("Follow does not hear its context")
	}
}

func testSnapshots(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 1)
	e.play(t, id, me, e.create(t, id, me), 19) // 1-1 to 1-20
	save := func(version uint64, keep journal.Position) error {
		s := journal.Snapshot{Position: at(1, version), Schema: "1", Data: []byte("state")}
		return e.Store.SaveSnapshot(t.Context(), id, me, s, keep)
	}
	load := func(wantSnapshot journal.Position, wantEntries int) {
		t.Helper()
		l, err := e.Store.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		want := &journal.Snapshot{Position: wantSnapshot, Schema: "1", Data: []byte("state")}
		if diff := cmp.Diff(want, l.Snapshot); diff != "" {
			t.Errorf("snapshot (-want +got):\n%s", diff)
		}
		if len(l.Entries) != wantEntries || l.Last() != at(1, 20) || l.Owner != me {
			t.Errorf("%d entries up to %s by %+v, want %d up to 1-20", len(l.Entries), l.Last(), l.Owner, wantEntries)
		}
	}
	for _, tc := range []struct {
		version uint64
		keep    journal.Position
		first   uint64 // oldest entry that must be left
	}{
		{5, at(1, 20), 1}, // the only snapshot: without the beginning it could not be replaced
		{8, journal.Position{}, 1},
		{10, at(1, 3), 3},   // the resume window is wider than the snapshots
		{15, at(1, 20), 10}, // the older snapshot is
	} {
		for range 2 { // the same again changes nothing
			if err := save(tc.version, tc.keep); err != nil {
				t.Fatal(err)
			}
		}
		load(at(1, tc.version), int(20-tc.version))
		if _, err := e.Store.Read(t.Context(), id, at(1, tc.first), 1); err != nil {
			t.Errorf("after the snapshot at %d: %v", tc.version, err)
		}
		if tc.first > 1 {
			_, err := e.Store.Read(t.Context(), id, at(1, tc.first-1), 1)
			wantError(t, err, journal.ErrHole)
		}
	}
	wantError(t, save(14, journal.Position{}), journal.ErrOldSnapshot)
	load(at(1, 15), 5)
	e.play(t, id, me, at(1, 20), 1)
}

func testSnapshotRefused(t *testing.T, e Env) {
	id, me := NewID(), owner("shard-a", 2)
	p := e.play(t, id, me, e.create(t, id, me), 3)
	tests := map[string]struct {
		id   string
		me   journal.Owner
		s    journal.Snapshot
		want error
	}{
		"another shard":       {id, owner("shard-b", 2), journal.Snapshot{Position: p}, journal.ErrStale},
		"another epoch":       {id, owner("shard-a", 3), journal.Snapshot{Position: p}, journal.ErrStale},
		"beyond the journal":  {id, me, journal.Snapshot{Position: p.Next(2)}, journal.ErrGap},
		"not in the journal":  {id, me, journal.Snapshot{Position: at(1, 2)}, journal.ErrGap},
		"no session":          {NewID(), me, journal.Snapshot{Position: p}, journal.ErrNoOwner},
		"no position":         {id, me, journal.Snapshot{}, journal.ErrInvalid},
		"of a higher epoch":   {id, me, journal.Snapshot{Position: at(3, 2)}, journal.ErrInvalid},
		"too big":             {id, me, journal.Snapshot{Position: p, Data: make([]byte, journal.MaxSnapshotBytes+1)}, journal.ErrInvalid},
		"schema is too large": {id, me, journal.Snapshot{Position: p, Schema: string(make([]byte, 33))}, journal.ErrInvalid},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			wantError(t, e.Store.SaveSnapshot(t.Context(), tc.id, tc.me, tc.s, journal.Position{}), tc.want)
		})
	}
}
