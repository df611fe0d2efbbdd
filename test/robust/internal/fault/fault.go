// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/test/robust/internal/play"
	"gamesession.dev/operator/test/robust/internal/stage"
)

// World is what faults act on.
type World struct {
	Stage *stage.Stage
	Play  *play.Play
	rng   *rand.Rand
	// redis is held by the faults that replace or kill Redis: one at a time.
	redis *sync.Mutex
}

// NewWorld returns the world of one fault, with dice of its own.
func NewWorld(st *stage.Stage, p *play.Play, redis *sync.Mutex, seed uint64) *World {
	return &World{Stage: st, Play: p, redis: redis, rng: rand.New(rand.NewPCG(seed, seed))}
}

// Fault is one way to hurt.
type Fault struct {
	Name string
	Kind string // for the summary
	// Replica says that it needs one.
	Replica bool
	// Weight is how often it is chosen.
	Weight int
	// Run hurts, heals, and says whether it bit.
	Run func(ctx context.Context, w *World) (bit bool, err error)
}

// All returns every fault there is.
func All() []Fault {
	return []Fault{
		{"F1", "kill", false, 3, killShard},
		{"F2", "drain", false, 2, drainShard},
		{"F4", "cut-redis", false, 3, cutRedis},
		{"F5", "cut-client", false, 2, cutClients},
		{"F6", "kill-redis", false, 2, killRedis},
		{"F7", "failover", true, 3, failover},
		{"F8", "zombie", false, 4, zombie},
		{"F9", "zombie-redis", true, 2, zombieRedis},
		{"F10", "epoch-back", true, 3, epochBack},
		{"F14", "two-operators", false, 1, twoOperators},
		{"F15", "clock", false, 1, wrongClock},
		{"F16", "slow-client", false, 1, slowClient},
		{"F17", "storm", false, 1, storm},
		{"F20", "oom", false, 1, outOfMemory},
		{"F21", "disk-full", false, 1, diskFull},
		{"F22", "corrupt", false, 2, corrupt},
		{"F24", "move-fault", false, 5, hurtMove},
	}
}

// Choose draws n different faults. In a history with a replica the first one needs
// it. Only names faults to choose from; none means all.
func Choose(rng *rand.Rand, n int, replicated bool, only map[string]bool) []Fault {
	drawn := map[string]bool{}
	draw := func(fits func(Fault) bool) (Fault, bool) {
		var urn []Fault
		for _, f := range All() {
			if (len(only) == 0 || only[f.Name]) && !drawn[f.Name] && fits(f) {
				for range f.Weight {
					urn = append(urn, f)
				}
			}
		}
		if len(urn) == 0 {
			return Fault{}, false
		}
		return urn[rng.IntN(len(urn))], true
	}
	var chosen []Fault
	for i := range n {
		f, is := draw(func(f Fault) bool { return f.Replica == (replicated && i == 0) })
		if !is {
			f, is = draw(func(f Fault) bool { return replicated || !f.Replica })
		}
		if is {
			drawn[f.Name] = true
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// hitWait bounds the wait for an armed point to be passed.
const hitWait = 1500 * time.Millisecond

// between draws a length of time.
func (w *World) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.rng.Int64N(int64(most-least)))
}

// session draws a session.
func (w *World) session() int { return w.rng.IntN(len(w.Stage.Sessions())) }

// owner draws a session and returns it with the shard that owns it; nil when it
// has none and gets none for a while.
func (w *World) owner(ctx context.Context) (session int, s *stage.Shard, epoch int64) {
	session = w.session()
	await(ctx, 3*stage.Lease, func() bool {
		var name string
		name, epoch = w.Stage.Owner(ctx, session)
		s = w.Stage.Shard(name)
		return s != nil
	})
	return session, s, epoch
}

// shard draws a shard; nil when there is none.
func (w *World) shard() *stage.Shard {
	all := w.Stage.Shards()
	if len(all) == 0 {
		return nil
	}
	return all[w.rng.IntN(len(all))]
}

// kill sends SIGKILL and says whether there was a process to take it.
func kill(s *stage.Shard) bool { return s.Signal(syscall.SIGKILL) == nil }

// sleep waits and says whether the history goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// await polls until done holds, for a while.
func await(ctx context.Context, limit time.Duration, done func() bool) bool {
	for until := time.Now().Add(limit); !done(); {
		if time.Now().After(until) || !sleep(ctx, 5*time.Millisecond) {
			return false
		}
	}
	return true
}

// hit arms a point of a shard and waits until it is passed.
func (w *World) hit(ctx context.Context, s *stage.Shard, p failpoint.Point, act string) (bool, error) {
	if err := s.Arm(p, act); err != nil {
		return false, err
	}
	w.Stage.Logf("fault: %s armed at %s of %s", act, p, s.Name)
	select {
	case <-s.Hit():
		w.Stage.Logf("fault: %s at %s of %s", act, p, s.Name)
		return true, nil
	case <-s.Exited():
		return false, nil
	case <-time.After(hitWait):
		return false, s.Disarm()
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// move asks for a move of a session and does not wait for it.
func (w *World) move(ctx context.Context, session int) error {
	return w.Stage.Move(ctx, session, fmt.Sprintf("fault-%d", w.rng.Uint64()))
}
