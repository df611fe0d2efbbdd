// SPDX-License-Identifier: Apache-2.0

// Package sessiontest holds sessions for tests of what stands around them: it
// creates, hands over and seizes them as hosts do when they are told to, without
// anybody who tells them.
package sessiontest

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

// ErrNotComing is what waits for a session that nobody expects.
var ErrNotComing = errors.New("not on its way")

// thawAfter is more than any takeover takes: what follows here takes over.
const thawAfter = time.Minute

// Shelf is the sessions of one shard. They end with the test. It is safe for
// concurrent use.
type Shelf struct {
	t      *testing.T
	log    *journal.Memory
	config session.Config

	mu      sync.Mutex
	live    map[string]*session.Session
	changed chan struct{}
	coming  bool
}

// NewShelf returns an empty one. Shards share the journal; an observer may be nil.
func NewShelf(t *testing.T, shard string, log *journal.Memory, observer session.Observer) *Shelf {
	return &Shelf{
		t: t, log: log, live: map[string]*session.Session{}, changed: make(chan struct{}),
		config: session.Config{
			Log: log, Shard: shard, Logger: slog.New(slog.DiscardHandler), Observer: observer, Now: time.Now, ThawAfter: thawAfter,
		},
	}
}

// Session returns a session that lives here.
func (s *Shelf) Session(id string) (*session.Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live, here := s.live[id]
	return live, here
}

// Await is Session that waits for one that is on its way here.
func (s *Shelf) Await(ctx context.Context, id string) (*session.Session, error) {
	for {
		s.mu.Lock()
		live, here := s.live[id]
		coming, changed := s.coming, s.changed
		s.mu.Unlock()
		switch {
		case here:
			return live, nil
		case !coming:
			return nil, ErrNotComing
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Expect says whether sessions are on their way here.
func (s *Shelf) Expect(coming bool) {
	s.change(func() { s.coming = coming })
}

// Adopt takes a session in until it ends.
func (s *Shelf) Adopt(live *session.Session) *session.Session {
	s.change(func() { s.live[live.ID()] = live })
	go func() {
		<-live.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.live[live.ID()] == live {
			delete(s.live, live.ID())
		}
	}()
	s.t.Cleanup(func() { live.Stop(); <-live.Done() })
	return live
}

// change changes what others wait for.
func (s *Shelf) change(how func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Create starts a session at epoch 1.
func (s *Shelf) Create(spec registry.SessionSpec) *session.Session {
	s.t.Helper()
	s.assign(spec, 1, "", journal.ModeCreate)
	live, err := session.Create(s.t.Context(), s.config, s.owner(1), spec)
	s.check(err)
	return s.Adopt(live)
}

// Seize takes a session over without its owner's help.
func (s *Shelf) Seize(spec registry.SessionSpec, epoch uint64) {
	s.t.Helper()
	s.assign(spec, epoch, "", journal.ModeFailover)
	live, err := s.Standby(spec, epoch, "").Seize(s.t.Context())
	s.check(err)
	s.Adopt(live)
}

// Standby gets ready to take a session over from a shard; nothing is assigned.
func (s *Shelf) Standby(spec registry.SessionSpec, epoch uint64, from string) *session.Standby {
	s.t.Helper()
	standby, err := session.NewStandby(s.t.Context(), s.config, s.owner(epoch), from, spec)
	s.check(err)
	return standby
}

func (s *Shelf) assign(spec registry.SessionSpec, epoch uint64, from string, mode journal.Mode) {
	s.t.Helper()
	s.check(s.log.Assign(s.t.Context(), journal.Assignment{
		Session: spec.ID, Epoch: epoch, Shard: s.config.Shard, From: from, Pool: spec.Pool, Mode: mode,
	}))
}

func (s *Shelf) owner(epoch uint64) journal.Owner {
	shard := s.config.Shard
	return journal.Owner{Shard: shard, Incarnation: shard + "-1", Epoch: epoch}
}

func (s *Shelf) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
