// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Memory is the twin of Redis for tests and programs of one process: the same
// rules, nothing durable. It is safe for concurrent use.
type Memory struct {
	mu       sync.Mutex
	sessions map[string]*memorySession
}

var _ Log = (*Memory)(nil)

type memorySession struct {
	assignment *Assignment
	owner      *Owner
	entries    []Entry
	snapshots  []Snapshot    // ascending, at most two
	changed    chan struct{} // closed with the next entry
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{sessions: map[string]*memorySession{}} }

// session returns the session's record, an empty one if it is not known.
func (m *Memory) session(id string) *memorySession {
	s, ok := m.sessions[id]
	if !ok {
		s = &memorySession{changed: make(chan struct{})}
		m.sessions[id] = s
	}
	return s
}

func (s *memorySession) last() Position {
	if n := len(s.entries); n > 0 {
		return s.entries[n-1].Position
	}
	return Position{}
}

func (s *memorySession) add(entries ...Entry) {
	for _, e := range entries {
		e.Data = slices.Clone(e.Data)
		s.entries = append(s.entries, e)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// checkOwned is the first guard.
func (s *memorySession) checkOwned(me Owner) error {
	if s.owner == nil {
		return ErrNoOwner
	}
	if *s.owner != me {
		return &StaleError{Owner: *s.owner}
	}
	return nil
}

// Append implements Appender.
func (m *Memory) Append(ctx context.Context, id string, me Owner, expect Position, entries []Entry) error {
	if err := checkAppend(id, me, expect, entries, false); err != nil {
		return fmt.Errorf("appending: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("appending: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session(id)
	if err := s.checkOwned(me); err != nil {
		return fmt.Errorf("appending: %w", err)
	}
	if last := s.last(); last != expect {
		return fmt.Errorf("appending: %w", &GapError{Last: last})
	}
	s.add(entries...)
	return nil
}

// Barrier implements Appender; there is nothing to wait for.
func (m *Memory) Barrier(ctx context.Context, id string) error {
	if err := CheckSession(id); err != nil {
		return fmt.Errorf("waiting for durability: %w", err)
	}
	return ctx.Err()
}

// Confirm implements Appender.
func (m *Memory) Confirm(ctx context.Context, id string, me Owner) error {
	if err := checkOwner(id, me); err != nil {
		return fmt.Errorf("confirming the owner: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("confirming the owner: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.session(id).checkOwned(me); err != nil {
		return fmt.Errorf("confirming the owner: %w", err)
	}
	return nil
}

// after returns clones of the entries that follow p; every says that the entry
// at p itself must be there.
func (s *memorySession) after(p Position, limit int, every bool) ([]Entry, error) {
	start, found := slices.BinarySearchFunc(s.entries, p, func(e Entry, p Position) int { return e.Position.Compare(p) })
	if found {
		start++
	} else if every && !p.IsZero() {
		hole := &HoleError{After: p}
		if start < len(s.entries) {
			hole.First = s.entries[start].Position
		}
		return nil, hole
	}
	entries := s.entries[start:]
	entries = slices.Clone(entries[:min(limit, len(entries))])
	for i := range entries {
		entries[i].Data = slices.Clone(entries[i].Data)
	}
	return entries, checkChain(p, entries)
}

// Read implements Reader.
func (m *Memory) Read(ctx context.Context, id string, after Position, limit int) ([]Entry, error) {
	if err := checkRead(id, limit); err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	entries, err := m.session(id).after(after, limit, true)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	return entries, nil
}

// Follow implements Reader.
func (m *Memory) Follow(ctx context.Context, id string, after Position, block time.Duration) ([]Entry, error) {
	if err := CheckSession(id); err != nil {
		return nil, fmt.Errorf("following the journal: %w", err)
	}
	timer := time.NewTimer(block)
	defer timer.Stop()
	for {
		m.mu.Lock()
		s := m.session(id)
		entries, err := s.after(after, followLimit, false)
		changed := s.changed
		m.mu.Unlock()
		if err != nil {
			return nil, fmt.Errorf("following the journal: %w", err)
		}
		if len(entries) > 0 {
			return entries, nil
		}
		select {
		case <-changed:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, fmt.Errorf("following the journal: %w", ctx.Err())
		}
	}
}

// Load implements Reader.
func (m *Memory) Load(ctx context.Context, id string) (*Loaded, error) {
	if err := CheckSession(id); err != nil {
		return nil, fmt.Errorf("loading the session: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session(id)
	if s.owner == nil {
		return nil, fmt.Errorf("loading the session: %w", ErrNoOwner)
	}
	l := &Loaded{Owner: *s.owner}
	if n := len(s.snapshots); n > 0 {
		snapshot := s.snapshots[n-1]
		snapshot.Data = slices.Clone(snapshot.Data)
		l.Snapshot = &snapshot
	}
	var err error
	if l.Entries, err = s.after(l.Last(), len(s.entries), true); err != nil {
		return nil, fmt.Errorf("loading the session: %w", err)
	}
	if l.Last().IsZero() {
		return nil, fmt.Errorf("loading the session: %w", &HoleError{})
	}
	return l, nil
}

// SaveSnapshot implements Snapshotter.
func (m *Memory) SaveSnapshot(ctx context.Context, id string, me Owner, snapshot Snapshot, keepFrom Position) error {
	if err := checkSnapshot(id, me, snapshot); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.session(id).save(me, snapshot, keepFrom); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	return nil
}

func (s *memorySession) save(me Owner, snapshot Snapshot, keepFrom Position) error {
	if err := s.checkOwned(me); err != nil {
		return err
	}
	stored := len(s.snapshots)
	if stored > 0 {
		switch snapshot.Position.Compare(s.snapshots[stored-1].Position) {
		case 0:
			return nil
		case -1:
			return ErrOldSnapshot
		}
	}
	if !slices.ContainsFunc(s.entries, func(e Entry) bool { return e.Position == snapshot.Position }) {
		return &GapError{Last: s.last()}
	}
	snapshot.Data = slices.Clone(snapshot.Data)
	if stored == 0 {
		s.snapshots = []Snapshot{snapshot}
		return nil
	}
	older := s.snapshots[stored-1]
	s.snapshots = []Snapshot{older, snapshot}
	if keepFrom.IsZero() {
		return nil
	}
	from := older.Position
	if keepFrom.Compare(from) < 0 {
		from = keepFrom
	}
	s.entries = slices.DeleteFunc(s.entries, func(e Entry) bool { return e.Position.Compare(from) < 0 })
	return nil
}
