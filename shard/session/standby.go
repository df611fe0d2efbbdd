// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/plant"
	"gamesession.dev/operator/shard/registry"
)

// Reasons of a move.
const (
	reasonCreated  = "created"
	reasonHandoff  = "handoff"
	reasonFailover = "failover"
)

// Standby follows the journal of a session that is to be taken over.
type Standby struct {
	cfg      Config
	me       journal.Owner
	from     string
	spec     registry.SessionSpec
	replica  *replica
	ready    chan struct{}
	mismatch bool
	pause    time.Duration
}

// NewStandby loads a session that the shard from owns and that me is to own.
func NewStandby(ctx context.Context, cfg Config, me journal.Owner, from string, spec registry.SessionSpec) (*Standby, error) {
	r, err := load(ctx, cfg.Log, spec.ID)
	if err != nil {
		return nil, err
	}
	return &Standby{cfg: cfg.complete(), me: me, from: from, spec: spec, replica: r, ready: make(chan struct{})}, nil
}

// Ready is closed when the standby has read all that was there.
func (b *Standby) Ready() <-chan struct{} { return b.ready }

// Run follows the journal until the owner freezes it for this shard, takes the
// session over and returns it. It ends early with ctx's error, or with the
// journal's when the assignment is no longer in force.
func (b *Standby) Run(ctx context.Context) (*Session, error) {
	caughtUp := false
	for {
		block := followBlock
		if !caughtUp {
			block = time.Millisecond
		}
		entries, err := b.cfg.Log.Follow(ctx, b.spec.ID, b.replica.state.Position, block)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("following session %s: %w", b.spec.ID, context.Cause(ctx))
		case errors.Is(err, journal.ErrHole):
			if err := b.reload(ctx); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, fmt.Errorf("following session %s: %w", b.spec.ID, err)
		}
		frozen, err := b.take(ctx, entries)
		if err != nil {
			return nil, err
		}
		// A session under play never stands still: having folded all that a read
		// found is as close as it gets.
		if len(entries) < journal.MaxReadEntries && !caughtUp {
			caughtUp = true
			close(b.ready)
		}
		if frozen != nil {
			return b.takeover(ctx, frozen)
		}
	}
}

// take folds entries and returns the last one if it is the freeze that this
// standby waits for.
func (b *Standby) take(ctx context.Context, entries []journal.Entry) (*freezeRecord, error) {
	for i, e := range entries {
		var f *freezeRecord
		if e.Kind == journal.KindFreeze && i == len(entries)-1 {
			f = &freezeRecord{}
			if err := json.Unmarshal(e.Data, f); err != nil {
				return nil, fmt.Errorf("decoding freeze %s: %w", e.Position, err)
			}
			if f.To != b.me.Shard || f.Epoch != b.me.Epoch {
				f = nil
			}
		}
		if f != nil {
			if err := b.compare(ctx, f); err != nil {
				return nil, err
			}
		}
		if e.Position.Compare(b.replica.state.Position) > 0 {
			if _, err := b.replica.fold(e); err != nil {
				return nil, err
			}
		}
		if f != nil {
			return f, nil
		}
	}
	return nil, nil
}

// compare checks this shard's state against the hash that the source froze. A
// difference is an alarm: the state is built anew from the journal, which is
// what every shard must agree on.
func (b *Standby) compare(ctx context.Context, f *freezeRecord) error {
	hash, err := b.replica.state.Hash()
	if err != nil {
		return err
	}
	if hash == f.Hash {
		return nil
	}
	b.mismatch = true
	b.cfg.Observer.Mismatch()
	b.cfg.Logger.Error("the state differs from the source's; building it anew",
		"session", b.spec.ID, "position", b.replica.state.Position.String(), "hash", hash, "source_hash", f.Hash)
	return b.reload(ctx)
}

func (b *Standby) reload(ctx context.Context) error {
	r, err := load(ctx, b.cfg.Log, b.spec.ID)
	if err != nil {
		return err
	}
	b.replica = r
	return nil
}

// takeover is the planned takeover behind a freeze.
func (b *Standby) takeover(ctx context.Context, f *freezeRecord) (*Session, error) {
	at := b.replica.state.Position
	err := b.commit(ctx, journal.Takeover{Planned: true, From: at.Epoch, Expect: at}, reasonHandoff)
	if err != nil {
		return nil, err
	}
	b.pause = b.since(f.Time)
	return b.start(reasonHandoff), nil
}

// Seize takes the session over without a freeze: its owner is dead, or fenced by
// this very step. Its pause counts from the last command that the old owner
// applied: nobody knows for how much longer it would have taken one.
func (b *Standby) Seize(ctx context.Context) (*Session, error) {
	if err := b.commit(ctx, journal.Takeover{}, reasonFailover); err != nil {
		return nil, err
	}
	if played := b.replica.played; played > 0 {
		b.pause = b.since(played)
	}
	return b.start(reasonFailover), nil
}

// since is the time from another shard's moment. Two clocks are compared: it is
// for people, nothing depends on it.
func (b *Standby) since(unixMillis int64) time.Duration {
	return max(0, time.Duration(b.cfg.Now().UnixMilli()-unixMillis)*time.Millisecond)
}

// commit is the one commit point: before it the source owns the session, after
// it this shard does. It returns when the takeover is durable and folded in.
func (b *Standby) commit(ctx context.Context, t journal.Takeover, reason string) error {
	data, err := json.Marshal(takeoverRecord{From: b.from, Reason: reason, Time: b.cfg.Now().UnixMilli()})
	if err != nil {
		return fmt.Errorf("encoding the takeover: %w", err)
	}
	t.Data = data
	wait := retryFirst
	failpoint.At(failpoint.BeforeTakeover)
	for {
		_, err = b.cfg.Log.Takeover(ctx, b.spec.ID, b.me, t)
		if errors.Is(err, journal.ErrNotReplicated) && b.cfg.Log.Barrier(ctx, b.spec.ID) == nil {
			continue // the barrier speaks for whatever there is: Redis may have failed over and lost it
		}
		if err == nil {
			failpoint.At(failpoint.AfterTakeover)
			return b.arrive(ctx)
		}
		again := errors.Is(err, journal.ErrUnknown) || errors.Is(err, journal.ErrUnavailable) || errors.Is(err, journal.ErrNotReplicated)
		if !again || ctx.Err() != nil {
			return fmt.Errorf("taking over session %s: %w", b.spec.ID, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMost)
	}
}

// arrive brings the replica to the takeover, now that it is durable. One that
// was loaded with its takeover in it was loaded before that: it may hold entries
// that a failover of Redis has taken back since.
func (b *Standby) arrive(ctx context.Context) error {
	if b.replica.state.Position.Epoch >= b.me.Epoch {
		if err := b.reload(ctx); err != nil {
			return err
		}
	}
	if err := b.catchUp(ctx); err != nil {
		return err
	}
	return b.replica.endsWith(b.me)
}

// catchUp folds what was written up to and including the takeover.
func (b *Standby) catchUp(ctx context.Context) error {
	for b.replica.state.Position.Epoch < b.me.Epoch {
		entries, err := b.cfg.Log.Read(ctx, b.spec.ID, b.replica.state.Position, journal.MaxReadEntries)
		if errors.Is(err, journal.ErrHole) {
			if err := b.reload(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("reading up to the takeover of session %s: %w", b.spec.ID, err)
		}
		if len(entries) == 0 {
			return fmt.Errorf("reading up to the takeover of session %s: %w", b.spec.ID, journal.ErrHole)
		}
		for _, e := range entries {
			if _, err := b.replica.fold(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Standby) start(reason string) *Session {
	if plant.On(plant.HandoffForgets) {
		clear(b.replica.state.Players)
	}
	b.cfg.Observer.TookOver(reason, b.pause)
	move := registry.Move{From: b.from, To: b.me.Shard, Reason: reason, PauseMillis: b.pause.Milliseconds(), Epoch: b.me.Epoch}
	s := newSession(b.cfg, b.replica, b.me, b.spec, move, b.mismatch)
	s.post(s.followLifecycle)
	return s
}
