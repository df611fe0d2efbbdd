// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"
	"weak"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/trace"
)

// Reasons for which a subscriber is let go, besides a [*FencedError].
var (
	// ErrStopped: the process ends, or the session was given up by it.
	ErrStopped = errors.New("the session was stopped on this shard")
	// ErrGone: the session was deleted.
	ErrGone = errors.New("the session is gone")
	// ErrOverflow: the subscriber's queue was full.
	ErrOverflow = errors.New("the subscriber does not keep up")
	// ErrAhead: the client wants to resume from a position that this owner has
	// not come to, and it could not make sure that it is the newest owner.
	ErrAhead = errors.New("the position lies ahead of the session")
	// ErrNotMember: the session's roster does not have the player in this role.
	ErrNotMember = errors.New("not a member of the session")
)

const (
	inboxSize   = 256 // commands that wait; past it they are refused
	controlSize = 16  // calls that wait; past it callers wait
	batchSize   = 64  // entries of one append
	// patience is how long a command waits for its append before it is told
	// that the journal cannot be reached.
	patience = time.Second
	// snapshotEvery is the default of Config.SnapshotEvery.
	snapshotEvery = 256
)

// Config is what every session of a shard shares.
type Config struct {
	Log    Log
	Shard  string
	Logger *slog.Logger
	// Observer hears what happens; nil: nobody does.
	Observer Observer
	// Tracer traces commands, from when they were read until everybody was told; nil:
	// none.
	Tracer *trace.Tracer
	// Now is the clock for what people read, and for Actions; nothing of the game
	// is decided by it.
	Now func() time.Time
	// ThawAfter is how long a frozen session waits for its takeover.
	ThawAfter time.Duration
	// Actions limits the actions of each player; game masters play many
	// creatures and are not counted.
	Actions limit.Rules
	// SnapshotEvery is how many entries lie between snapshots; 0 means 256. A
	// snapshot is stored only when that many more entries follow it, so that
	// whoever takes over folds at least that many and can let clients resume
	// from them.
	SnapshotEvery uint64
}

// complete fills in what may be left out.
func (c Config) complete() Config {
	c.SnapshotEvery = cmp.Or(c.SnapshotEvery, snapshotEvery)
	if c.Observer == nil {
		c.Observer = deaf{}
	}
	return c
}

// Session is the owner's side of one session. It runs until another owner
// fences it or its context ends. Its exported methods are safe for concurrent
// use.
type Session struct {
	Config
	id       string
	me       journal.Owner
	observer Observer
	logger   *slog.Logger

	inbox    chan *command
	control  chan func()
	settled  chan error
	stop     context.CancelCauseFunc
	stopping context.Context
	done     chan struct{}
	cause    error // why it ended; read after done
	endings  endings

	// Everything below belongs to the session's goroutine.
	spec     registry.SessionSpec // without the scenario, which the state has
	state    *State               // as of the last decided entry
	desk     desks
	proj     *projection
	ring     ring
	members  []*Member
	encoded  map[viewName]weak.Pointer[encodedView] // at the durable position, if somebody asked of late
	unsent   []*Member                              // something was delivered to them in this turn of the loop
	untold   time.Time                              // since when something is durable that nobody was told of; zero: nothing is
	telling  []*trace.Span                          // of what was delivered in this turn of the loop
	durable  journal.Position
	next     *batch
	inflight *batch
	starter  journal.Starter // nil: the journal is none
	takeBack func() bool     // takes the batch in flight back, if it can be
	stuck    bool            // the batch in flight waits longer than patience
	patience *time.Timer
	wait     waiting
	freeze   *freezing
	snap     snapshots
	move     registry.Move
	mismatch bool
	paces    map[string]*limit.Bucket // by player
	refusals refusals
}

// newSession starts the goroutine of an owner whose state is at its takeover or
// genesis entry.
func newSession(cfg Config, r *replica, me journal.Owner, spec registry.SessionSpec, move registry.Move, mismatch bool) *Session {
	// A session lives until it is fenced or stopped, not as long as the call
	// that started it.
	ctx, cancel := context.WithCancelCause(context.Background())
	cfg = cfg.complete()
	spec.Scenario = nil
	s := &Session{
		Config: cfg, id: r.state.Session, me: me, observer: cfg.Observer,
		logger:  cfg.Logger.With("session", r.state.Session, "epoch", me.Epoch),
		inbox:   make(chan *command, inboxSize),
		control: make(chan func(), controlSize),
		settled: make(chan error, 1),
		stop:    cancel, stopping: ctx, done: make(chan struct{}),
		encoded: map[viewName]weak.Pointer[encodedView]{},
		spec:    spec, state: r.state, proj: r.proj, ring: r.ring,
		durable: r.state.Position, next: &batch{},
		patience: stoppedTimer(), wait: waiting{timer: stoppedTimer()}, move: move, mismatch: mismatch,
	}
	s.starter, _ = cfg.Log.(journal.Starter)
	go s.run()
	return s
}

// ID returns the session's id.
func (s *Session) ID() string { return s.id }

// Owner returns the ownership that this session writes with.
func (s *Session) Owner() journal.Owner { return s.me }

// Done is closed when the session has ended on this shard; Cause says why.
func (s *Session) Done() <-chan struct{} { return s.done }

// Cause returns why the session ended: a [*FencedError], [ErrStopped], [ErrGone], or
// what makes it impossible to go on here. It must be called after Done is closed.
func (s *Session) Cause() error { return s.cause }

// Stop ends the session on this shard without telling anybody else: what is not
// durable yet is given up, as in a crash.
func (s *Session) Stop() { s.stop(ErrStopped) }

// ended says whether Done is closed.
func (s *Session) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Forget ends a session that Redis does not know any more.
func (s *Session) Forget() { s.stop(ErrGone) }

// post runs f on the session's goroutine. It waits while too many calls wait
// already, and drops f when the session has ended.
func (s *Session) post(f func()) bool {
	select {
	case s.control <- f:
		return true
	case <-s.done:
		return false
	}
}

// call is post that waits until f has run. After an error f may still run, or be
// running: what it writes must not be looked at.
func (s *Session) call(ctx context.Context, f func()) error {
	ran := make(chan struct{})
	if s.post(func() { f(); close(ran) }) {
		select {
		case <-ran:
			return nil
		case <-s.done:
			select {
			case <-ran: // and the session has ended since
				return nil
			default:
			}
		case <-ctx.Done():
			if !s.ended() {
				return ctx.Err()
			}
		}
	}
	return s.cause
}

func (s *Session) run() {
	for s.cause == nil {
		// Commands wait in the inbox while the session cannot take them.
		var inbox <-chan *command
		if s.stuck || s.freeze == nil && len(s.next.entries) < batchSize {
			inbox = s.inbox
		}
		select {
		case c := <-inbox:
			s.decide(c)
		case f := <-s.control:
			f()
		case err := <-s.settled:
			s.settle(err)
		case <-s.patience.C:
			s.loseTrust()
		case <-s.wait.timer.C:
			s.lapse()
		case <-s.stopping.Done():
			s.end(context.Cause(s.stopping))
		}
		s.flush()
		s.send()
		s.armWait()
		s.desk.tidy()
	}
	s.stop(s.cause)
	s.patience.Stop()
	s.wait.timer.Stop()
	for _, m := range s.members {
		m.gone = true
		m.sub.Detached(s.cause)
	}
	s.members = nil
	if s.inflight != nil && (s.takeBack == nil || !s.takeBack()) {
		// Nothing of this owner may reach the journal once it has ended: the
		// same run of the shard could load the session again.
		if err := <-s.settled; err != nil {
			s.logger.Debug("the last write was given up", "error", err)
		}
	}
	close(s.done)
	s.endings.run()
}

// send lets members have what this turn of the loop delivered to them: an
// acknowledgement and the update that tells of it go out together.
func (s *Session) send() {
	for i, m := range s.unsent {
		m.unsent, s.unsent[i] = false, nil
		m.sub.Flush()
	}
	s.unsent = s.unsent[:0]
	s.endSpans()
	if !s.untold.IsZero() {
		s.observer.Told(s.Now().Sub(s.untold))
		s.untold = time.Time{}
	}
}

// end makes the loop stop.
func (s *Session) end(cause error) {
	if s.cause == nil {
		s.cause = cause
	}
}

// drop lets a member go.
func (s *Session) drop(m *Member) {
	before := len(s.members)
	m.gone = true
	if s.members = slices.DeleteFunc(s.members, func(x *Member) bool { return x == m }); len(s.members) < before {
		s.changed(m, false)
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}
