// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// dice are the random choices of one part of a world. It is safe for concurrent
// use.
type dice struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newDice(seed, part uint64) *dice {
	return &dice{rng: rand.New(rand.NewPCG(seed, part))}
}

func (d *dice) float() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.Float64()
}

func (d *dice) chance(p float64) bool { return p > 0 && d.float() < p }

// between returns a duration from a to b.
func (d *dice) between(a, b time.Duration) time.Duration {
	return a + time.Duration(d.float()*float64(b-a))
}

func (d *dice) intn(n int) int { return int(d.float() * float64(n)) }

// gate holds back whoever wants through while it is shut.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while open
	shut bool
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case shut && !g.shut:
		g.open = make(chan struct{})
	case !shut && g.shut:
		close(g.open)
	}
	g.shut = shut
}

func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut
}

// pass waits until the gate is open; false means that over ended first.
func (g *gate) pass(over <-chan struct{}) bool {
	for {
		g.mu.Lock()
		open := g.open
		g.mu.Unlock()
		select {
		case <-open:
			if !g.isShut() {
				return true
			}
		case <-over:
			return false
		}
	}
}

// process is one run of a shard or of an operator. Frozen, it does nothing that
// anybody else could see; dead, it never does again.
type process struct {
	ctx    context.Context
	kill   context.CancelFunc
	frozen *gate
}

func (w *world) newProcess() *process {
	ctx, kill := context.WithCancel(w.ctx)
	return &process{ctx: ctx, kill: kill, frozen: newGate()}
}

// What a caller sees of a network that does not deliver.
var (
	errSilence = errors.New("no reply came")
	errReset   = errors.New("the connection was reset")
	errRefused = errors.New("the connection was refused")
	errKilled  = errors.New("the process is dead")
)

// link is the way of one process to a server.
type link struct {
	world    *world
	from     *process
	dice     *dice
	requests *gate // shut: nothing gets there
	replies  *gate // shut: nothing comes back
}

func (w *world) newLink(from *process, part uint64) *link {
	return &link{world: w, from: from, dice: newDice(w.seed, part), requests: newGate(), replies: newGate()}
}

// carry takes one packet over the link. One that meets a cut is lost, or waits
// for it to heal: then it arrives long after its sender has given up.
func (l *link) carry(way *gate) bool {
	delay := l.dice.between(50*time.Microsecond, 2*time.Millisecond)
	if l.dice.chance(0.02) {
		delay = l.dice.between(2*time.Millisecond, 400*time.Millisecond)
	}
	lost := l.dice.chance(l.world.loss())
	patient := l.dice.chance(0.5)
	l.world.count()
	time.Sleep(delay)
	if lost {
		return false
	}
	if way.isShut() && !patient {
		return false
	}
	return way.pass(l.world.ctx.Done())
}

// exchange runs far at the other end, at most once, and returns its reply. After
// any of the errors above far may have run, may be running, or may yet run.
func exchange[T any](ctx context.Context, l *link, limit time.Duration, far func() (T, error)) (T, error) {
	type reply struct {
		value T
		err   error
	}
	var none T
	if !l.from.frozen.pass(l.from.ctx.Done()) {
		return none, errKilled
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	replies := make(chan reply, 1)
	reset := l.dice.chance(l.world.loss() / 2)
	go func() {
		if !l.carry(l.requests) {
			return
		}
		value, err := far()
		if l.carry(l.replies) && !reset {
			replies <- reply{value, err}
		}
	}()
	if reset {
		limit = min(limit, l.dice.between(0, 10*time.Millisecond))
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var got reply
	select {
	case got = <-replies:
	case <-timer.C:
		got.err = errSilence
		if reset {
			got.err = errReset
		}
	case <-ctx.Done():
		got.err = ctx.Err()
	}
	if !l.from.frozen.pass(l.from.ctx.Done()) {
		return none, errKilled
	}
	return got.value, got.err
}
