// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gamesession.dev/operator/test/redistest"
)

func TestSealedSnapshotOpensOnlyWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Snapshot{
			Position: Position{Epoch: rapid.Uint64Range(1, 99).Draw(t, "epoch"), Version: rapid.Uint64Range(1, 99).Draw(t, "version")},
			Schema:   rapid.StringN(0, 8, 32).Draw(t, "schema"),
			Data:     rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "data"),
		}
		sealed, err := sealSnapshot(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := openSnapshot(want.Position, sealed)
		if err != nil || string(got.Data) != string(want.Data) || got.Position != want.Position {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
		spoiled := append([]byte(nil), sealed...)
		if rapid.Bool().Draw(t, "cut") {
			spoiled = spoiled[:rapid.IntRange(0, len(spoiled)-1).Draw(t, "length")]
		} else {
			at := rapid.IntRange(0, len(spoiled)-1).Draw(t, "at")
			spoiled[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		if got, err := openSnapshot(want.Position, spoiled); err == nil {
			if diff := cmp.Diff(want.Data, got.Data); diff != "" || got.Schema != want.Schema {
				t.Fatalf("a spoiled snapshot is served:\n%s", diff)
			}
		} else if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("got %v, want ErrCorrupt", err)
		}
	})
}

func TestDamagedSnapshotFallsBackToTheOlder(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	var saved []Position
	for i := range 9 {
		must(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))))
		at = at.Next(1)
		if i == 3 || i == 6 {
			must(t, r.SaveSnapshot(t.Context(), "s", ownerA, Snapshot{Position: at, Data: []byte("state")}, at))
			saved = append(saved, at)
		}
	}
	spoil := func(p Position) {
		key := r.keys.Snapshots("s")
		stored := client.HGet(t.Context(), key, p.String()).Val()
		must(t, client.HSet(t.Context(), key, p.String(), stored[:len(stored)-1]+"?").Err())
	}
	for _, tc := range []struct {
		spoil   []Position
		want    *Position
		entries int
		damaged int
		err     error
	}{
		{nil, &saved[1], 2, 0, nil},
		{saved[1:], &saved[0], 5, 1, nil},
		// Both are damaged and the beginning is trimmed: nothing is served.
		{saved[:1], nil, 0, 0, ErrHole},
	} {
		for _, p := range tc.spoil {
			spoil(p)
		}
		l, err := r.Load(t.Context(), "s")
		if !errors.Is(err, tc.err) {
			t.Fatalf("got error %v, want %v", err, tc.err)
		}
		if tc.err != nil {
			continue
		}
		if l.Snapshot.Position != *tc.want || len(l.Entries) != tc.entries || len(l.Damaged) != tc.damaged || l.Last() != at {
			t.Errorf("snapshot %s, %d entries up to %s, damaged %v; want %s, %d, %s, %d",
				l.Snapshot.Position, len(l.Entries), l.Last(), l.Damaged, tc.want, tc.entries, at, tc.damaged)
		}
	}
}

func TestForeignDataIsCorrupt(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	must(t, client.Set(t.Context(), r.keys.Owner("wrong-type"), "x", 0).Err())
	_, err := r.Owner(t.Context(), "wrong-type")
	wantErr(t, err, ErrCorrupt)
	wantErr(t, r.Append(t.Context(), "wrong-type", ownerA, Position{Epoch: 1, Version: 1}, one(Position{Epoch: 1, Version: 2})), ErrCorrupt)

	at := start(t, r, "wrong-entry")
	must(t, client.Do(t.Context(), "XADD", r.keys.Journal("wrong-entry"), at.Next(1).String(), "k", "command").Err())
	_, err = r.Load(t.Context(), "wrong-entry")
	wantErr(t, err, ErrCorrupt)
}

func TestPosition(t *testing.T) {
	for _, text := range []string{"", "1", "1-", "-1", "01-2", "1-02", "+1-2", "1-2-3", "a-b", "18446744073709551616-1", " 1-2"} {
		if p, err := ParsePosition(text); err == nil {
			t.Errorf("%q is read as %s", text, p)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p, q := Position{rapid.Uint64().Draw(t, "e"), rapid.Uint64().Draw(t, "v")}, Position{rapid.Uint64().Draw(t, "f"), rapid.Uint64().Draw(t, "w")}
		if got, err := ParsePosition(p.String()); err != nil || got != p {
			t.Fatalf("%s is read as %s, %v", p, got, err)
		}
		if p.Compare(q) != -q.Compare(p) || (p.Compare(q) == 0) != (p == q) {
			t.Fatalf("%s and %s are not ordered", p, q)
		}
	})
}

func TestKeys(t *testing.T) {
	for _, prefix := range []string{"a b", "{a}", "a:b", ":", string(make([]byte, 40))} {
		if _, err := NewKeys(prefix); !errors.Is(err, ErrInvalid) {
			t.Errorf("prefix %q: got %v, want ErrInvalid", prefix, err)
		}
	}
	k, err := NewKeys("mine")
	must(t, err)
	for got, want := range map[string]string{
		k.Owner("s"): "mine:{s}:owner", k.Journal("s"): "mine:{s}:journal", k.Snapshots("s"): "mine:{s}:snapshots",
		k.Assign("s"): "mine:{s}:assign", k.Spec("s"): "mine:{s}:spec", k.Report("s"): "mine:{s}:report",
		k.Answer("s"): "mine:{s}:answer", k.Shard("ns.p", "a"): "mine:shard:ns.p:a", k.Hints("a"): "mine:hints:a",
		k.Drain("a"): "mine:drain:a", k.Wake("a"): "mine:wake:a", k.Beat("ns.p"): "mine:beat:ns.p", k.Marker(): "mine:marker",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
