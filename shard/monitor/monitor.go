// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
)

// Session is a live session.
type Session interface {
	ID() string
	// Sample returns what it holds at a durable position.
	Sample(ctx context.Context) (session.Sample, error)
}

// Loader reads journals.
type Loader interface {
	Load(ctx context.Context, id string) (*journal.Loaded, error)
}

// Observer hears of checks, for metrics. It must not block.
type Observer interface {
	// Checked: a check came to a result after d.
	Checked(r Result, d time.Duration)
}

// Config is what a monitor needs. All fields are required.
type Config struct {
	// Sessions returns those that live here now.
	Sessions func() []Session
	Log      Loader
	Observer Observer
	Logger   *slog.Logger
	// Every is the least time between two checks; not above zero: none are made.
	Every time.Duration
}

const (
	// restFactor is how many times as long as a check the rest behind it is: at
	// most one fiftieth of a processor goes into checks.
	restFactor = 49
	// checkTimeout bounds one check.
	checkTimeout = 10 * time.Second
)

// Monitor checks the sessions of one shard. It is safe for concurrent use.
type Monitor struct {
	Config
	cabinet cabinet
}

// New returns a monitor that does nothing yet.
func New(cfg Config) *Monitor { return &Monitor{Config: cfg} }

// Run checks one session after the other until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	if m.Every <= 0 {
		return
	}
	rest := time.NewTimer(m.Every)
	defer rest.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-rest.C:
		}
		begun := time.Now()
		if s := m.next(last); s != nil {
			last = s.ID()
			m.check(ctx, s)
		}
		rest.Reset(max(m.Every, restFactor*time.Since(begun)))
	}
}

// next returns the session whose turn it is behind the one with the id last, in
// the order of their ids; nil if there is none.
func (m *Monitor) next(last string) Session {
	all := m.Sessions()
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b Session) int { return cmp.Compare(a.ID(), b.ID()) })
	for _, s := range all {
		if s.ID() > last {
			return s
		}
	}
	return all[0]
}

// check doubts one session.
func (m *Monitor) check(ctx context.Context, s Session) {
	begun := time.Now()
	bounded, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	result, evidence, err := Check(bounded, s, m.Log)
	if ctx.Err() != nil {
		return
	}
	m.Observer.Checked(result, time.Since(begun))
	logger := m.Logger.With("session", s.ID(), "result", string(result))
	switch {
	case evidence != nil:
		kept := m.cabinet.put(evidence)
		logger.Error("the live state is not what its journal gives", "position", evidence.Position,
			"live_hash", evidence.Live.Hash, "replayed_hash", evidence.Replayed.Hash,
			"views", evidence.Views, "fault", evidence.Fault, "evidence_kept", kept)
	case err != nil:
		logger.Warn("checking a session against its journal", "error", err)
	}
}

// Evidence returns what is kept of the mismatches found, oldest first.
func (m *Monitor) Evidence() []*Evidence { return m.cabinet.all() }
