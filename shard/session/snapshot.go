// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"time"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/plant"
)

// snapshots holds a durable state back until enough entries follow it, then
// stores it.
type snapshots struct {
	held   *journal.Snapshot
	saving bool
}

const snapshotTimeout = 10 * time.Second

// saveSnapshot takes in a state that has become durable, and stores the one that
// enough entries follow by now. Storing happens beside play; one at a time, so a
// slow store makes them rarer.
func (s *Session) saveSnapshot(fresh *journal.Snapshot) {
	held := s.snap.held
	if held != nil && !s.snap.saving && s.durable.Version >= held.Position.Version+s.SnapshotEvery {
		s.snap.saving = true
		s.snap.held = nil
		go s.store(*held)
	}
	if fresh != nil {
		s.snap.held = fresh
	}
}

// takeSnapshot returns the state as it is when a batch sets out, if none is held
// or the one that is held is about to go. A freeze does not wait for it.
func (s *Session) takeSnapshot() *journal.Snapshot {
	held := s.snap.held
	if s.freeze != nil || held != nil && (s.snap.saving || s.state.Position.Version < held.Position.Version+s.SnapshotEvery) {
		return nil
	}
	state := s.state
	if plant.On(plant.HalfWrittenSnapshot) {
		state = &State{Session: state.Session, Position: state.Position, Lifecycle: state.Lifecycle, Fight: state.Fight}
	}
	data, err := state.Encode()
	if err != nil {
		s.logger.Error("taking a snapshot", "error", err)
		return nil
	}
	return &journal.Snapshot{Position: s.state.Position, Schema: Schema, Data: data}
}

func (s *Session) store(snap journal.Snapshot) {
	ctx, cancel := context.WithTimeout(s.stopping, snapshotTimeout)
	defer cancel()
	failpoint.At(failpoint.MidSnapshot)
	err := s.Log.SaveSnapshot(ctx, s.id, s.me, snap, snap.Position)
	if err != nil && !errors.Is(err, journal.ErrStale) && !errors.Is(err, journal.ErrOldSnapshot) && ctx.Err() == nil {
		s.logger.Warn("storing a snapshot", "position", snap.Position.String(), "error", err)
	}
	s.post(func() { s.snap.saving = false })
}
