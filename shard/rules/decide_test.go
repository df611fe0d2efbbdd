// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A draft that is used again and again decides each sequence as one does who
// decides and applies command by command, and leaves the state alone.
func TestDraftDecidesOnWhatWasBefore(t *testing.T) {
	var draft Draft
	for seed := range byte(50) {
		s := crowd(t)
		s.Seed = [32]byte{seed}
		before := encode(t, s)
		draft.Begin(s)
		plain := s.Clone()
		for i, c := range []Command{attack, EndTurn{Creature: "aria"}} {
			want, refusal := Decide(plain, p1, c, plain.Dice())
			if refusal != nil {
				t.Fatal(refusal.Message)
			}
			if err := plain.ApplyAll(want); err != nil {
				t.Fatal(err)
			}
			got, refusal := draft.Decide(p1, c, draft.Dice())
			if refusal != nil {
				t.Fatal(refusal.Message)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seed %d, command %d (-want +got):\n%s", seed, i, diff)
			}
		}
		if !bytes.Equal(before, encode(t, s)) {
			t.Fatal("deciding on a draft changed the state")
		}
		if _, refusal := draft.Decide(p1, attack, draft.Dice()); refusal == nil {
			t.Error("an attack out of turn is decided")
		}
	}
}
