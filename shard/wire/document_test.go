// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestHashVectors(t *testing.T) {
	tests := []struct {
		name   string
		leaves map[string]json.RawMessage
		want   string
	}{
		{"empty", nil, "0000000000000000"},
		{"one leaf", leaves("/round", "1"), "a169cce6ddcd0c99"},
		{"two leaves", leaves("/round", "1", "/turn", `"aria"`), "60a588d042c0bdfd"},
		{"a list", leaves("/creatures/aria/position", "[1,2]"), "399674bf31c49ecb"},
		{"text beyond ASCII", leaves("/title", `"Gruft der Kälte"`), "dd85b63b188e874a"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := NewDocument(Position{}, tc.leaves).Hash(); got != tc.want {
				t.Errorf("Hash = %s, want %s", got, tc.want)
			}
			if got := definition(tc.leaves); got != tc.want {
				t.Errorf("by its definition = %s, want %s", got, tc.want)
			}
		})
	}
}

// definition computes a document's hash from scratch, by its definition.
func definition(leaves map[string]json.RawMessage) string {
	var sum uint64
	for path, value := range leaves {
		h := fnv.New64a()
		h.Write([]byte(path))
		h.Write([]byte{0})
		h.Write(value)
		sum += h.Sum64()
	}
	return fmt.Sprintf("%016x", sum)
}

func leaves(pairs ...string) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return m
}

func TestApplyChainRule(t *testing.T) {
	at := Position{Epoch: 2, Version: 10}
	tests := []struct {
		name        string
		update      Update
		wantApplied bool
		wantErr     error
	}{
		{"next link", Update{Position: Position{2, 11}, From: 10}, true, nil},
		{"next link of a new epoch", Update{Position: Position{3, 11}, From: 10}, true, nil},
		{"link over entries that show nothing", Update{Position: Position{2, 14}, From: 10}, true, nil},
		{"link that reaches back", Update{Position: Position{2, 11}, From: 7}, true, nil},
		{"taken before", Update{Position: Position{2, 10}, From: 9}, false, nil},
		{"long past", Update{Position: Position{1, 3}, From: 2}, false, nil},
		{"lower epoch, higher version", Update{Position: Position{1, 11}, From: 10}, false, nil},
		{"hole", Update{Position: Position{2, 12}, From: 11}, false, ErrHole},
		{"wrong hash", Update{Position: Position{2, 11}, From: 10, Hash: "0000000000000000"}, true, ErrDiverged},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			d := NewDocument(at, leaves("/round", "1"))
			tc.update.Changes = []Change{{Path: "/round", Value: json.RawMessage("2")}}
			applied, err := d.Apply(tc.update)
			if applied != tc.wantApplied || !errors.Is(err, tc.wantErr) {
				t.Fatalf("Apply = %v, %v, want %v, %v", applied, err, tc.wantApplied, tc.wantErr)
			}
			wantRound, wantPos := "1", at
			if applied {
				wantRound, wantPos = "2", tc.update.Position
			}
			if got := string(d.Get("/round")); got != wantRound {
				t.Errorf("/round = %s, want %s", got, wantRound)
			}
			if d.Position() != wantPos {
				t.Errorf("position = %s, want %s", d.Position(), wantPos)
			}
		})
	}
}

func TestBelow(t *testing.T) {
	d := NewDocument(Position{}, leaves("/turn", "1", "/creatures/a/hp", "2", "/creatures/ab/hp", "3"))
	got := d.Below([]string{"/turn", "/creatures/a"})
	if diff := cmp.Diff(leaves("/turn", "1", "/creatures/a/hp", "2"), got); diff != "" {
		t.Errorf("Below (-want +got):\n%s", diff)
	}
}

// history draws a document and a chain of updates that leads on from it.
func history(t *rapid.T) (start map[string]json.RawMessage, chain []Update, end *Document) {
	path := rapid.SampledFrom([]string{"/a", "/b", "/c/d", "/c/e", "/f"})
	value := rapid.SampledFrom([]string{"0", "1", `"x"`, "[1,2]", ""})
	start = map[string]json.RawMessage{}
	end = NewDocument(Position{Epoch: 1}, nil)
	for range rapid.IntRange(1, 30).Draw(t, "links") {
		p := end.Position()
		next := Position{Epoch: p.Epoch + rapid.Uint64Range(0, 1).Draw(t, "epoch"), Version: p.Version + rapid.Uint64Range(1, 3).Draw(t, "step")}
		u := Update{UpdateID: next.String(), Position: next, From: p.Version}
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			c := Change{Path: path.Draw(t, "path")}
			if v := value.Draw(t, "value"); v != "" {
				c.Value = json.RawMessage(v)
			}
			c.Previous = end.Set(c.Path, c.Value)
			u.Changes = append(u.Changes, c)
		}
		end.Advance(next)
		u.Hash = end.Hash()
		chain = append(chain, u)
	}
	return start, chain, end
}

// TestAnyDuplicationEndsEqual: two sockets, resumes and resends may deliver a
// link many times and late; the chain rule alone makes the document equal.
func TestAnyDuplicationEndsEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, chain, want := history(t)
		got := NewDocument(Position{Epoch: 1}, start)
		for i, u := range chain {
			for range rapid.IntRange(0, 3).Draw(t, "late") {
				late := chain[rapid.IntRange(0, len(chain)-1).Draw(t, "which")]
				if late.From > got.Position().Version {
					if applied, err := got.Apply(late); applied || !errors.Is(err, ErrHole) {
						t.Fatalf("a link from the future: %v, %v", applied, err)
					}
				} else if late.Version <= got.Position().Version {
					if applied, err := got.Apply(late); applied || err != nil {
						t.Fatalf("a link taken before: %v, %v", applied, err)
					}
				}
			}
			if applied, err := got.Apply(u); !applied || err != nil {
				t.Fatalf("link %d: %v, %v", i, applied, err)
			}
		}
		if got.Position() != want.Position() || got.Hash() != want.Hash() {
			t.Fatalf("ended at %s %s, want %s %s", got.Position(), got.Hash(), want.Position(), want.Hash())
		}
		if diff := cmp.Diff(want.Leaves(), got.Leaves()); diff != "" {
			t.Fatalf("leaves (-want +got):\n%s", diff)
		}
		if def := definition(got.Leaves()); got.Hash() != def {
			t.Fatalf("running hash %s, by its definition %s", got.Hash(), def)
		}
	})
}

// TestMergedLinksEndEqual: links merged under backlog lead to the same document.
func TestMergedLinksEndEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, chain, want := history(t)
		got := NewDocument(Position{Epoch: 1}, start)
		for len(chain) > 0 {
			n := rapid.IntRange(1, len(chain)).Draw(t, "merge")
			merged := Update{From: chain[0].From, Position: chain[n-1].Position, Hash: chain[n-1].Hash}
			for _, u := range chain[:n] {
				merged.Changes = append(merged.Changes, u.Changes...)
			}
			if applied, err := got.Apply(merged); !applied || err != nil {
				t.Fatalf("merged link: %v, %v", applied, err)
			}
			chain = chain[n:]
		}
		if diff := cmp.Diff(want.Leaves(), got.Leaves()); diff != "" {
			t.Fatalf("leaves (-want +got):\n%s", diff)
		}
	})
}
