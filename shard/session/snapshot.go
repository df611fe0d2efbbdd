// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"time"

	"gamesession.dev/operator/shard/journal"
)

// snapshots holds a state back until enough entries follow it, then stores it.
type snapshots struct {
	held   *journal.Snapshot
	saving bool
}

const snapshotTimeout = 10 * time.Second

// saveSnapshot takes and stores snapshots as entries become durable. Storing
// happens beside play; one at a time, so a slow store makes them rarer.
func (s *Session) saveSnapshot() {
	version := s.durable.Version
	if held := s.snap.held; held != nil && !s.snap.saving && version >= held.Position.Version+snapshotEvery {
		s.snap.saving = true
		s.snap.held = nil
		go s.store(*held)
	}
	// The state is that of the last decided entry: only when nothing is under
	// way is it durable.
	if s.snap.held == nil && s.inflight == nil && len(s.next.entries) == 0 && s.freeze == nil {
		s.holdSnapshot()
	}
}

func (s *Session) holdSnapshot() {
	data, err := s.state.Encode()
	if err != nil {
		s.logger.Error("taking a snapshot", "error", err)
		return
	}
	s.snap.held = &journal.Snapshot{Position: s.state.Position, Schema: Schema, Data: data}
}

func (s *Session) store(snap journal.Snapshot) {
	ctx, cancel := context.WithTimeout(s.stopping, snapshotTimeout)
	defer cancel()
	err := s.Log.SaveSnapshot(ctx, s.id, s.me, snap, snap.Position)
	if err != nil && !errors.Is(err, journal.ErrStale) && !errors.Is(err, journal.ErrOldSnapshot) && ctx.Err() == nil {
		s.logger.Warn("storing a snapshot", "position", snap.Position.String(), "error", err)
	}
	s.post(func() { s.snap.saving = false })
}
