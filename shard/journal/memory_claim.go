// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

func (s *memorySession) checkAssigned(me Owner) error {
	if s.assignment == nil {
		return &AssignedError{}
	}
	if s.assignment.Epoch != me.Epoch || s.assignment.Shard != me.Shard {
		return &AssignedError{Assignment: s.inForce()}
	}
	return nil
}

// inForce is the assignment as refusals report it, without the session.
func (s *memorySession) inForce() Assignment {
	a := *s.assignment
	a.Session = ""
	return a
}

// Create implements Claimer.
func (m *Memory) Create(ctx context.Context, id string, me Owner, genesis []byte) (Position, error) {
	if err := checkOwner(id, me); err != nil {
		return Position{}, fmt.Errorf("creating the session: %w", err)
	}
	if err := checkData(genesis); err != nil {
		return Position{}, fmt.Errorf("creating the session: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return Position{}, fmt.Errorf("creating the session: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session(id)
	first := Position{Epoch: me.Epoch, Version: 1}
	if s.owner != nil && *s.owner == me && s.firstOf(me.Epoch) == first {
		return first, nil
	}
	if s.owner != nil || len(s.entries) > 0 {
		return Position{}, fmt.Errorf("creating the session: %w", ErrExists)
	}
	if err := s.checkAssigned(me); err != nil {
		return Position{}, fmt.Errorf("creating the session: %w", err)
	}
	if s.assignment.Mode != ModeCreate {
		return Position{}, fmt.Errorf("creating the session: %w", &AssignedError{Assignment: s.inForce()})
	}
	s.owner = &me
	s.add(Entry{Position: first, Kind: KindGenesis, Data: genesis})
	return first, nil
}

// Takeover implements Claimer.
func (m *Memory) Takeover(ctx context.Context, id string, me Owner, t Takeover) (Position, error) {
	if err := checkOwner(id, me); err != nil {
		return Position{}, fmt.Errorf("taking over: %w", err)
	}
	if err := checkData(t.Data); err != nil {
		return Position{}, fmt.Errorf("taking over: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return Position{}, fmt.Errorf("taking over: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.session(id).takeover(me, t)
	if err != nil {
		return Position{}, fmt.Errorf("taking over: %w", err)
	}
	return p, nil
}

func (s *memorySession) takeover(me Owner, t Takeover) (Position, error) {
	if s.owner == nil {
		return Position{}, ErrNoOwner
	}
	if *s.owner == me {
		return s.firstOf(me.Epoch), nil
	}
	if s.owner.Epoch >= me.Epoch {
		return Position{}, &StaleError{Owner: *s.owner}
	}
	if err := s.checkAssigned(me); err != nil {
		return Position{}, err
	}
	last := s.last()
	if last.IsZero() || (!t.Expect.IsZero() && t.Expect != last) {
		return Position{}, &GapError{Last: last}
	}
	if t.Planned && !s.frozenFor(me, t.From) {
		return Position{}, ErrNotFrozen
	}
	s.owner = &me
	p := last.Next(me.Epoch)
	s.add(Entry{Position: p, Kind: KindTakeover, Data: t.Data})
	return p, nil
}

func (s *memorySession) firstOf(epoch uint64) Position {
	for _, e := range s.entries {
		if e.Position.Epoch >= epoch {
			return e.Position
		}
	}
	return Position{}
}

func (s *memorySession) frozenFor(me Owner, from uint64) bool {
	e := s.entries[len(s.entries)-1]
	var freeze Freeze
	if s.owner.Epoch != from || e.Kind != KindFreeze || json.Unmarshal(e.Data, &freeze) != nil {
		return false
	}
	return freeze.To == me.Shard && freeze.Epoch == me.Epoch
}

// Retake implements Claimer.
func (m *Memory) Retake(ctx context.Context, id string, me Owner, expect Position, entries []Entry) error {
	if err := checkAppend(id, me, expect, entries, true); err != nil {
		return fmt.Errorf("retaking: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("retaking: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.session(id).retake(me, expect, entries); err != nil {
		return fmt.Errorf("retaking: %w", err)
	}
	return nil
}

func (s *memorySession) retake(me Owner, expect Position, entries []Entry) error {
	if s.owner == nil {
		return ErrNoOwner
	}
	if *s.owner != me {
		if s.owner.Epoch >= me.Epoch {
			return &StaleError{Owner: *s.owner}
		}
		a := s.assignment
		if a != nil && a.Epoch > me.Epoch && (a.Mode != ModeHandoff || a.From != me.Shard) {
			return &AssignedError{Assignment: s.inForce()}
		}
	}
	if last := s.last(); last != expect {
		return &GapError{Last: last}
	}
	s.owner = &me
	s.add(entries...)
	return nil
}

// Owner implements Claimer.
func (m *Memory) Owner(ctx context.Context, id string) (Owner, error) {
	if err := CheckSession(id); err != nil {
		return Owner{}, fmt.Errorf("reading the owner: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return Owner{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if owner := m.session(id).owner; owner != nil {
		return *owner, nil
	}
	return Owner{}, fmt.Errorf("reading the owner: %w", ErrNoOwner)
}

// Rewind makes the session what it was after the entry at p, with this owner: the
// failover of a Redis that had not replicated the rest.
func (m *Memory) Rewind(id string, p Position, owner Owner) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session(id)
	s.entries = slices.DeleteFunc(s.entries, func(e Entry) bool { return e.Position.Compare(p) > 0 })
	s.snapshots = slices.DeleteFunc(s.snapshots, func(s Snapshot) bool { return s.Position.Compare(p) > 0 })
	s.owner = &owner
	if s.assignment != nil && s.assignment.Epoch > owner.Epoch {
		s.assignment = nil
	}
}

// Assign implements Assigner.
func (m *Memory) Assign(ctx context.Context, a Assignment) error {
	if err := checkAssignment(a); err != nil {
		return fmt.Errorf("assigning: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("assigning: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session(a.Session)
	if now := s.assignment; now != nil {
		if *now == a {
			return nil
		}
		if now.Epoch >= a.Epoch {
			return fmt.Errorf("assigning: %w", ErrAssignConflict)
		}
	}
	if s.owner != nil && s.owner.Epoch >= a.Epoch {
		return fmt.Errorf("assigning: %w", ErrAssignConflict)
	}
	s.assignment = &a
	return nil
}

// Assignment implements Assigner.
func (m *Memory) Assignment(ctx context.Context, id string) (Assignment, error) {
	if err := CheckSession(id); err != nil {
		return Assignment{}, fmt.Errorf("reading the assignment: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return Assignment{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.session(id).assignment; a != nil {
		return *a, nil
	}
	return Assignment{}, fmt.Errorf("reading the assignment: %w", &AssignedError{})
}

// Forget implements Assigner.
func (m *Memory) Forget(ctx context.Context, id string, epoch uint64) error {
	if err := CheckSession(id); err != nil {
		return fmt.Errorf("forgetting the session: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("forgetting the session: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session(id)
	if (s.owner != nil && s.owner.Epoch > epoch) || (s.assignment != nil && s.assignment.Epoch > epoch) {
		return fmt.Errorf("forgetting the session: %w", ErrAssignConflict)
	}
	delete(m.sessions, id)
	return nil
}
