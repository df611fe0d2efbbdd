// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"math/rand/v2"
	"testing"
)

// TestChoose: what is drawn fits the history, and every fault has its turn.
func TestChoose(t *testing.T) {
	drawn := map[string]int{}
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 0))
		replicated, n := seed%2 == 1, 1+int(seed%3)
		chosen := Choose(rng, n, replicated, nil)
		if len(chosen) != n {
			t.Fatalf("seed %d: %d faults, want %d", seed, len(chosen), n)
		}
		once := map[string]bool{}
		for i, f := range chosen {
			if once[f.Name] {
				t.Fatalf("seed %d: %s twice", seed, f.Name)
			}
			once[f.Name] = true
			drawn[f.Name]++
			if f.Replica && !replicated || replicated && i == 0 && !f.Replica {
				t.Fatalf("seed %d: fault %d is %s, with a replica: %t", seed, i, f.Name, replicated)
			}
		}
	}
	for _, f := range All() {
		if drawn[f.Name] == 0 {
			t.Errorf("%s is never drawn", f.Name)
		}
	}
	if chosen := Choose(rand.New(rand.NewPCG(1, 0)), 3, false, map[string]bool{"F8": true}); len(chosen) != 1 || chosen[0].Name != "F8" {
		t.Errorf("asked for F8 only, drew %v", chosen)
	}
}
