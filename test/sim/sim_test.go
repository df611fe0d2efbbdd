// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	sims   = flag.Int("sims", 100, "how many seeds TestSimulation plays")
	first  = flag.Uint64("seed", 1, "the first of them")
	repeat = flag.Int("repeat", 1, "how often each of them is played")
)

// total is what all the seeds of a run came to.
type total struct {
	mu                 sync.Mutex
	sims, acked, moves int
	events             int64
	virtual            time.Duration
	broken             []Result
}

func (s *total) add(r Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sims++
	s.acked += r.Acked
	s.moves += r.Moves
	s.events += r.Events
	s.virtual += r.Virtual
	if len(r.Anomalies) > 0 {
		s.broken = append(s.broken, r)
	}
}

func (s *total) String() string {
	return fmt.Sprintf("sims=%d virtual_hours=%.1f events=%d acked=%d moves=%d anomalies=%d seed=%d",
		s.sims, s.virtual.Hours(), s.events, s.acked, s.moves, len(s.broken), *first)
}

// report says what a seed came to, and how to play it again.
func report(r Result) string {
	return fmt.Sprintf("seed %d:\n  %s\nwhat happened:\n  %s\nrerun: go test ./test/sim -run TestSimulation -sims=1 -repeat=20 -seed=%d",
		r.Seed, strings.Join(r.Anomalies, "\n  "), strings.Join(r.Faults, "\n  "), r.Seed)
}

// each plays count seeds from the first on, on all processors, until done says
// that it has seen enough.
func each(t *testing.T, from uint64, count int, plant Plant, done func(Result) bool) {
	var next atomic.Int64
	var enough atomic.Bool
	t.Run("workers", func(t *testing.T) {
		for i := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				for !enough.Load() {
					n := next.Add(1) - 1
					if n >= int64(count) {
						return
					}
					if done(Run(t, from+uint64(n), plant)) {
						enough.Store(true)
					}
				}
			})
		}
	})
}

// TestSimulation plays seeds with nothing planted: no promise may be broken.
func TestSimulation(t *testing.T) {
	var all total
	for range *repeat {
		each(t, *first, *sims, "", func(r Result) bool {
			all.add(r)
			return len(all.broken) >= 5
		})
	}
	fmt.Println(&all) // also when it passes: it is what a run is for
	for _, r := range all.broken {
		t.Error(report(r))
	}
	if all.acked < 20*all.sims || *sims >= 100 && all.moves < all.sims/2 {
		t.Errorf("too little happened: %s", &all)
	}
}
