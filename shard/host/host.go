// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

// Registry is what a host reads from and tells to the operator.
type Registry interface {
	// Assignments returns what concerns a shard.
	Assignments(ctx context.Context, shard string) ([]registry.Assigned, error)
	// Spec returns the wish for a session.
	Spec(ctx context.Context, id string) (registry.SessionSpec, error)
	// Wake delivers the ids of sessions that changed, until ctx ends.
	Wake(ctx context.Context, shard string) <-chan string
}

// Teller publishes what the operator shows of sessions.
type Teller interface {
	// Report publishes reports of sessions that this shard owns.
	Report(ctx context.Context, reports ...registry.Report) error
	// Answer publishes what a shard says to an assignment.
	Answer(ctx context.Context, answers ...registry.Answer) error
}

// Peers asks other shards.
type Peers interface {
	// AwaitStandby returns nil when shard follows the session as the target of
	// the assignment at epoch, or an error when it does not or ctx ends.
	AwaitStandby(ctx context.Context, shard, id string, epoch uint64) error
}

// Config is what a host needs. All fields are required.
type Config struct {
	Pool, Shard, Incarnation string
	// Capacity is how many sessions the shard takes.
	Capacity int
	Session  session.Config
	Registry Registry
	Teller   Teller
	Peers    Peers
	Logger   *slog.Logger
	// Changed is called, from any goroutine, when a session came or went or a
	// drain began or ended: the operator wants to hear of it soon.
	Changed func()
}

const (
	pollEvery   = 500 * time.Millisecond
	reportEvery = time.Second
	// callTimeout bounds one exchange with the registry.
	callTimeout = 3 * time.Second
	// movesAtOnce bounds the handoffs that a shard gives at one time, from where
	// the target follows: each is short, and each costs the sessions beside it.
	movesAtOnce = 4
)

// Host runs the sessions of one shard. Its methods are safe for concurrent use.
type Host struct {
	Config
	giving chan struct{} // semaphore

	mu    sync.Mutex
	live  map[string]*session.Session
	tasks map[string]*task
	// generations are those of the specs that sessions and tasks were given.
	generations map[string]int64
	draining    bool
	changed     chan struct{} // closed and replaced when live or tasks change
	dirty       map[string]bool
	closed      bool
	// orphans are the epochs at which this run of the shard may own a session
	// that does not live here: a task or a session ended in trouble. One that
	// was fenced is none, even should Redis go back to when it was not.
	orphans map[string]uint64
	running sync.WaitGroup

	again  chan struct{}   // look at once
	missed map[string]bool // by the last look; its own

	looking, reporting outage // of whoever looks, and of whoever reports
}

// New returns a host that runs no session yet.
func New(cfg Config) *Host {
	return &Host{
		Config:      cfg,
		giving:      make(chan struct{}, movesAtOnce),
		live:        map[string]*session.Session{},
		tasks:       map[string]*task{},
		generations: map[string]int64{},
		dirty:       map[string]bool{},
		orphans:     map[string]uint64{},
		changed:     make(chan struct{}),
		again:       make(chan struct{}, 1),

		looking: outage{what: "reading assignments"}, reporting: outage{what: "reporting sessions"},
	}
}

// Run carries out assignments until ctx ends, then stops every session and
// returns. Sessions that were not handed off end as in a crash: what was
// acknowledged is in the journal.
func (h *Host) Run(ctx context.Context) {
	h.running.Go(func() { h.report(ctx) })
	wake := h.Registry.Wake(ctx, h.Shard)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		h.look(ctx)
		select {
		case <-ctx.Done():
		case _, open := <-wake:
			if !open {
				wake = nil // with ctx; until then the ticker does
			}
			drainWakeups(wake)
		case <-h.again:
		case <-tick.C:
		}
	}
	h.stop()
}

// drainWakeups takes what else waits: one look serves them all.
func drainWakeups(wake <-chan string) {
	for {
		select {
		case _, open := <-wake:
			if !open {
				return
			}
		default:
			return
		}
	}
}

func (h *Host) stop() {
	h.mu.Lock()
	h.closed = true
	for _, t := range h.tasks {
		t.cancel()
	}
	for _, s := range h.live {
		s.Stop()
	}
	h.mu.Unlock()
	h.running.Wait()
}

// lookAgain makes the next look come at once.
func (h *Host) lookAgain() {
	select {
	case h.again <- struct{}{}:
	default:
	}
}

// SetDraining makes the host refuse new sessions, or take them again. Sessions
// that it follows are refused, too: their owners play on.
func (h *Host) SetDraining(on bool) {
	h.mu.Lock()
	changed := h.draining != on
	h.draining = on
	for _, t := range h.tasks {
		if on && t.kind == follow {
			t.cancel()
		}
	}
	h.mu.Unlock()
	if changed {
		h.Changed()
	}
}

// Draining says whether the host refuses new sessions.
func (h *Host) Draining() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.draining
}

// Sessions returns how many sessions live here or are on their way here.
func (h *Host) Sessions() (live, coming int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.tasks {
		if t.coming() {
			coming++
		}
	}
	return len(h.live), coming
}

// Session returns a session that lives here.
func (h *Host) Session(id string) (*session.Session, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s, ok := h.live[id]
	return s, ok
}

// Live returns the sessions that live here.
func (h *Host) Live() []*session.Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.live))
}

// ErrNotComing says that a shard neither has a session nor is about to.
var ErrNotComing = errors.New("the session is not on its way to this shard")

// Await returns a session that lives here, or waits for it while it is on its
// way here.
func (h *Host) Await(ctx context.Context, id string) (*session.Session, error) {
	for {
		h.mu.Lock()
		s, ok := h.live[id]
		t := h.tasks[id]
		changed := h.changed
		h.mu.Unlock()
		if ok {
			return s, nil
		}
		if t == nil || !t.coming() {
			return nil, ErrNotComing
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// AwaitStandby returns nil once this shard follows a session as the target of
// the assignment at epoch, or has taken it over at that.
func (h *Host) AwaitStandby(ctx context.Context, id string, epoch uint64) error {
	for {
		h.mu.Lock()
		s, t := h.live[id], h.tasks[id]
		changed := h.changed
		h.mu.Unlock()
		if s != nil && s.Owner().Epoch == epoch {
			return nil
		}
		if t != nil && t.coming() && t.assigned.Epoch == epoch {
			select {
			case <-t.ready:
				return nil
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		// The assignment may be known to the source first.
		select {
		case <-changed:
		case <-ctx.Done():
			return ErrNotComing
		}
	}
}

// signal wakes everyone who waits for a change. The caller holds mu.
func (h *Host) signal() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// adopt makes a session live here until it ends. It replaces itself at an earlier
// epoch, if that was here.
func (h *Host) adopt(s *session.Session) {
	h.mu.Lock()
	before := h.live[s.ID()]
	h.live[s.ID()] = s
	h.dirty[s.ID()] = true
	delete(h.orphans, s.ID())
	if h.closed {
		s.Stop()
	}
	h.signal()
	h.mu.Unlock()
	if before != nil {
		before.Observe(s.Owner())
	}
	h.Changed()
	h.running.Add(1)
	s.WhenEnded(func() {
		defer h.running.Done()
		h.mu.Lock()
		if h.live[s.ID()] == s {
			delete(h.live, s.ID())
			delete(h.generations, s.ID())
			if _, fenced := session.IsFenced(s.Cause()); !fenced && !errors.Is(s.Cause(), session.ErrGone) {
				h.orphan(s.ID(), s.Owner().Epoch)
			}
		}
		h.signal()
		h.mu.Unlock()
		h.Changed()
		h.Logger.Info("session left", "session", s.ID(), "epoch", s.Owner().Epoch, "cause", s.Cause())
	})
}

// maxOrphans bounds what is remembered of trouble; past it the operator has to
// see that a session does not live where it should.
const maxOrphans = 1024

// orphan keeps in mind that a session may be owned without living here. The
// caller holds mu.
func (h *Host) orphan(id string, epoch uint64) {
	if len(h.orphans) < maxOrphans {
		h.orphans[id] = max(h.orphans[id], epoch)
	}
}

// orphaned says whether a session was left like that at its owner's epoch.
func (h *Host) orphaned(a registry.Assigned) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	epoch, known := h.orphans[a.Session]
	if known && a.Owner.Epoch > epoch {
		delete(h.orphans, a.Session)
	}
	return known && a.Owner == h.owner(epoch)
}

func (h *Host) owner(epoch uint64) journal.Owner {
	return journal.Owner{Shard: h.Shard, Incarnation: h.Incarnation, Epoch: epoch}
}
