// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// budget is how many seeds a plant may take until it is found. The rarest one shows in
// one of 150 or so, so that 500 would miss it once in thirty changes of the rules.
const budget = 1500

// TestPlantedBugs puts one bug after another between the real parts. The same
// faults, players and checks as ever have to find each of them.
func TestPlantedBugs(t *testing.T) {
	caught := 0
	var took []int
	for _, plant := range Plants() {
		var mu sync.Mutex
		played := 0
		var found []string
		each(t, *first, budget, plant, func(r Result) bool {
			mu.Lock()
			defer mu.Unlock()
			played++
			if len(r.Anomalies) > 0 && found == nil {
				found = r.Anomalies
			}
			return found != nil
		})
		if found == nil {
			t.Errorf("%s: not found in %d seeds", plant, played)
			continue
		}
		caught++
		took = append(took, played)
		t.Logf("%s: %d seeds: %s", plant, played, strings.TrimSpace(found[0]))
	}
	slices.Sort(took)
	fmt.Printf("planted=%d caught=%d median_seeds=%d seed=%d\n", len(Plants()), caught, took[len(took)/2], *first)
}
