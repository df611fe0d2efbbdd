// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"time"
)

// Log is everything Redis and Memory do. Consumers ask for the part they use.
// All methods are safe for concurrent use. Errors match the sentinels of this
// package; an error without one is a bug or a broken store.
type Log interface {
	Claimer
	Appender
	Reader
	Snapshotter
	Assigner
}

// Appender writes entries of sessions that the caller owns.
type Appender interface {
	// Append writes entries after the entry at expect, all or none, in one step.
	// Their positions must follow expect, at epoch me.Epoch. nil means written
	// and as durable as the store is configured to be (fsync, replicas).
	//
	// It waits its turn in a bounded queue. When ctx ends before the entries are
	// on their way the error is the context's and nothing was written; after
	// that Append still waits for the outcome, which is bounded by the commit
	// timeout.
	//
	// Errors: ErrStale, ErrGap, ErrNoOwner, ErrUnavailable (nothing written);
	// ErrNotReplicated (written, see there); ErrUnknown.
	Append(ctx context.Context, id string, me Owner, expect Position, entries []Entry) error
	// Barrier returns nil when everything that was written to the session
	// before the call is as durable as Append promises. A repeated answer goes
	// out only after it.
	Barrier(ctx context.Context, id string) error
	// Confirm returns nil when me is the owner, and that is as durable as an
	// append: no other owner's takeover was durable before the call. Reading the
	// owner does not tell that: the server asked may be one that was replaced.
	//
	// Errors: ErrStale, ErrNoOwner, ErrUnavailable, ErrNotReplicated, ErrUnknown
	// (all: not known).
	Confirm(ctx context.Context, id string, me Owner) error
}

// Starter is an Appender that does not keep its caller waiting.
type Starter interface {
	// Start begins an Append and calls done once with its outcome, from a
	// goroutine that must not be held up. It returns nil when it cannot begin now:
	// nothing will be written, and done is not called. Otherwise it returns what
	// takes the append back: true means that nothing was written, and done is not
	// called.
	Start(id string, me Owner, expect Position, entries []Entry, done func(error)) (cancel func() bool)
}

// Claimer makes its caller the owner of a session, or tells who is.
type Claimer interface {
	// Create starts a session that has neither owner nor journal: me becomes
	// the owner and the genesis entry is written at <me.Epoch>-1, in one step.
	// The assignment in force must be (me.Shard, me.Epoch, ModeCreate). Repeated
	// by the same owner (after ErrUnknown) it changes nothing and succeeds.
	//
	// Errors: ErrExists, ErrNotAssigned, ErrUnavailable, ErrNotReplicated, ErrUnknown.
	Create(ctx context.Context, id string, me Owner, genesis []byte) (Position, error)
	// Takeover is the one commit point of a change of owner: me becomes the
	// owner and the takeover entry is written, in one step. The assignment in
	// force must be for (me.Shard, me.Epoch) and the owner's epoch lower than
	// me.Epoch. Repeated by the same owner (after ErrUnknown) it changes nothing
	// and returns the position of its first takeover entry.
	//
	// Errors: ErrNotAssigned, ErrNotFrozen, ErrStale (a higher epoch owns it),
	// ErrGap (Expect), ErrNoOwner, ErrUnavailable, ErrNotReplicated (you are the
	// owner unless Redis fails over now: wait for Barrier, then repeat Takeover),
	// ErrUnknown (repeat Takeover).
	Takeover(ctx context.Context, id string, me Owner, t Takeover) (Position, error)
	// Retake restores an owner whose takeover was lost because Redis failed over
	// and went back to a lower epoch: me becomes the owner again and entries
	// (from the caller's ring: they follow expect, their epochs do not fall and
	// are not above me.Epoch) are written, in one step. It is refused with
	// ErrNotAssigned when a higher epoch was assigned meanwhile, except for a
	// handoff away from me.Shard, which needs its source alive. Repeated by the
	// owner it is an Append.
	//
	// Errors: ErrStale (an owner of my epoch or a higher one), ErrGap, ErrNoOwner,
	// ErrNotAssigned, ErrUnavailable, ErrNotReplicated, ErrUnknown.
	Retake(ctx context.Context, id string, me Owner, expect Position, entries []Entry) error
	// Owner reads who may write. Errors: ErrNoOwner, ErrUnavailable.
	Owner(ctx context.Context, id string) (Owner, error)
}

// Reader reads journals; anybody may.
type Reader interface {
	// Load reads the newest snapshot whose checksum holds and all entries after
	// it. Errors: ErrNoOwner, ErrHole (no snapshot holds and the beginning is
	// trimmed), ErrUnavailable.
	Load(ctx context.Context, id string) (*Loaded, error)
	// Read returns at most max entries after the entry at after (zero: from the
	// genesis entry). Errors: ErrHole when the entry at after is not in the
	// journal, so what follows it cannot be known; ErrUnavailable.
	Read(ctx context.Context, id string, after Position, max int) ([]Entry, error)
	// Follow is Read that waits up to block for the first entry; none and nil
	// when none came. It returns promptly when ctx ends. Each waiting call holds
	// a connection of its own; past their number it is refused with ErrBusy.
	Follow(ctx context.Context, id string, after Position, block time.Duration) ([]Entry, error)
}

// Snapshotter stores snapshots.
type Snapshotter interface {
	// SaveSnapshot stores s if me is the owner and s is newer than what is
	// stored, keeps the newest two, and drops entries older than both the older
	// one and keepFrom (which itself stays; zero keeps all). The same snapshot
	// again is accepted and changes nothing.
	//
	// Errors: ErrStale, ErrGap (the journal does not reach s.Position),
	// ErrOldSnapshot, ErrNoOwner, ErrUnavailable, ErrUnknown (save a later one).
	SaveSnapshot(ctx context.Context, id string, me Owner, s Snapshot, keepFrom Position) error
}

// Assigner is the operator's side of ownership.
type Assigner interface {
	// Assign puts a in force if its epoch is higher than that of the assignment
	// in force and than the owner's. The same assignment again is accepted.
	// Errors: ErrAssignConflict, ErrInvalid, ErrUnavailable, ErrUnknown (repeat).
	Assign(ctx context.Context, a Assignment) error
	// Assignment reads the one in force. Errors: ErrNotAssigned, ErrUnavailable.
	Assignment(ctx context.Context, id string) (Assignment, error)
	// Forget deletes every key of a session, unless its owner's epoch or that of
	// its assignment is above epoch (ErrAssignConflict). There is no way back.
	Forget(ctx context.Context, id string, epoch uint64) error
}

// Observer hears what happens, for metrics. Its methods are called often and
// from many goroutines and must not block.
type Observer interface {
	// Committed: one pipeline with so many writes and bytes was answered after d.
	Committed(writes, bytes int, d time.Duration)
	// Appended: one Append of so many entries succeeded after d, queue included.
	Appended(entries int, d time.Duration)
	// Refused: a call ended otherwise. reason is one of a closed set: stale, gap,
	// noowner, notassigned, notfrozen, unknown, notreplicated, unavailable, busy,
	// other.
	Refused(reason string)
}
