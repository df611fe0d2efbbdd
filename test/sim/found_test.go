// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"gamesession.dev/operator/shard/journal"
)

// script plays one history that random seeds have found to go wrong.
func script(t *testing.T, what func(w *world)) {
	t.Helper()
	for seed := range uint64(5) {
		var r Result
		synctest.Test(t, func(*testing.T) { r = play(seed, "", what) })
		if len(r.Anomalies) > 0 {
			t.Fatal(report(r))
		}
	}
}

// until waits for something that the store's primary shows.
func (w *world) until(what func(t *tables) bool) {
	for shown := false; !shown && w.sleep(time.Millisecond); {
		shown, _ = read(w.store.server(), func(t *tables) (bool, error) { return what(t), nil })
	}
}

// A session whose creation is lost in a failover, after the operator has seen
// it, has never been: it is created again.
func TestCreationIsLost(t *testing.T) {
	script(t, func(w *world) {
		w.store.replication.set(true)
		w.until(func(t *tables) bool {
			owner, err := t.owner(w.names[0])
			return err == nil && owner != (journal.Owner{})
		})
		w.sleep(500 * time.Millisecond)
		w.store.failover(0)
		w.store.replication.set(false)
	})
}
