// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gamesession.dev/operator/shard/journal"
)

// Log is the part of a journal that a session's owner needs.
type Log interface {
	journal.Claimer
	journal.Appender
	journal.Reader
	journal.Snapshotter
}

// FencedError says that the session belongs to somebody else now. The session
// ends here; whatever it had not yet made durable never happened.
type FencedError struct {
	Owner journal.Owner
}

func (e *FencedError) Error() string {
	return fmt.Sprintf("fenced by shard %s at epoch %d", e.Owner.Shard, e.Owner.Epoch)
}

const (
	retryFirst = 20 * time.Millisecond
	retryMost  = 500 * time.Millisecond
)

// writer makes entries durable for one owner, through every answer that the
// journal can give. It is used by one goroutine at a time.
type writer struct {
	log Log
	id  string
	me  journal.Owner
	// recent returns the durable entries behind a position, from the ring.
	recent func(after journal.Position) ([]journal.Entry, bool)
	// trouble is told that the store does not answer as it should.
	trouble func(error)
}

// persist returns nil when the entries behind expect are durable. It retries
// until then; the other ways out are a [*FencedError], when another owner has
// the session, and the end of ctx. With no entries it makes sure that the
// journal still ends at expect and belongs to its caller.
func (w *writer) persist(ctx context.Context, expect journal.Position, entries []journal.Entry) error {
	wait := retryFirst
	try := w.append
	if len(entries) == 0 {
		try = w.retake
	}
	for {
		err := try(ctx, expect, entries)
		if err == nil {
			return nil
		}
		if fenced, ok := errors.AsType[*FencedError](err); ok {
			return fenced
		}
		w.trouble(err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("writing entries: %w", context.Cause(ctx))
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMost)
		try = w.resolve
	}
}

// append is the ordinary way.
func (w *writer) append(ctx context.Context, expect journal.Position, entries []journal.Entry) error {
	return w.fenced(w.log.Append(ctx, w.id, w.me, expect, entries))
}

// resolve goes on after anything but a plain success: it reads what the journal
// holds and does only what is missing.
func (w *writer) resolve(ctx context.Context, expect journal.Position, entries []journal.Entry) error {
	owner, err := w.log.Owner(ctx, w.id)
	if err != nil {
		return err
	}
	if owner.Epoch > w.me.Epoch || owner.Epoch == w.me.Epoch && owner != w.me {
		return &FencedError{Owner: owner}
	}
	if owner.Epoch < w.me.Epoch || len(entries) == 0 {
		return w.retake(ctx, expect, entries)
	}
	// The order matters: a barrier speaks for what the server holds now. Had it
	// failed over and lost the entries, the barrier would hold and they be gone.
	if err := w.log.Barrier(ctx, w.id); err != nil {
		return fmt.Errorf("waiting for durability: %w", err)
	}
	tail, err := w.log.Read(ctx, w.id, expect, len(entries))
	switch {
	case errors.Is(err, journal.ErrHole):
		return w.retake(ctx, expect, entries)
	case err != nil:
		return err
	case len(tail) == len(entries):
		return nil // one step wrote them all
	}
	// Not there. Should the first attempt still be under way, the expected
	// position lets only one of the two in.
	return w.append(ctx, expect, entries)
}

// retake repairs a journal that lost its tail, or even this ownership, when
// Redis failed over: what is missing is written again from the ring. After a
// gap that is none (the entries are there) resolve finds them.
func (w *writer) retake(ctx context.Context, expect journal.Position, entries []journal.Entry) error {
	err := w.log.Retake(ctx, w.id, w.me, expect, entries)
	gap, ok := errors.AsType[*journal.GapError](err)
	if !ok || gap.Last.Compare(expect) > 0 {
		return w.fenced(err)
	}
	lost, known := w.recent(gap.Last)
	if !known {
		return fmt.Errorf("repairing the journal after %s: further back than this owner remembers: %w", gap.Last, err)
	}
	return w.fenced(w.log.Retake(ctx, w.id, w.me, gap.Last, append(lost, entries...)))
}

// fenced turns the refusal of a higher owner into the end of the session.
func (w *writer) fenced(err error) error {
	stale, ok := errors.AsType[*journal.StaleError](err)
	if !ok {
		return err
	}
	lower := stale.Owner.Epoch < w.me.Epoch
	if lower || stale.Owner == w.me {
		return err
	}
	return &FencedError{Owner: stale.Owner}
}
