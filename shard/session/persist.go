// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gamesession.dev/operator/shard/failpoint"
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

// ErrForeign says that the journal holds entries that only this owner could have written,
// and it did not. Going on would acknowledge what is not there.
var ErrForeign = errors.New("the journal holds what its owner did not write")

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
	// recent are the durable entries at hand.
	recent ring
	// trouble is told that the store does not answer as it should.
	trouble func(error)
}

// persist returns nil when the entries behind expect are durable. It retries
// until then; the other ways out are a [*FencedError], when another owner has
// the session, [ErrForeign], and the end of ctx. With no entries it makes sure
// that the session still belongs to its caller.
func (w *writer) persist(ctx context.Context, expect journal.Position, entries []journal.Entry) error {
	if len(entries) == 0 {
		return w.insist(ctx, expect, entries, w.resolve(ctx, expect, entries))
	}
	return w.insist(ctx, expect, entries, w.append(ctx, expect, entries))
}

// insist is persist behind a first attempt that ended with err.
func (w *writer) insist(ctx context.Context, expect journal.Position, entries []journal.Entry, err error) error {
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		if err == nil {
			failpoint.At(failpoint.AfterAppend)
			return nil
		}
		if fenced, ok := errors.AsType[*FencedError](err); ok {
			return fenced
		}
		if errors.Is(err, ErrForeign) {
			return err
		}
		w.trouble(err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("writing entries: %w", context.Cause(ctx))
		case <-time.After(wait):
		}
		err = w.resolve(ctx, expect, entries)
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
	switch {
	case err != nil:
		return err
	case owner.Epoch < w.me.Epoch:
		return w.restore(ctx, expect, entries)
	case owner != w.me:
		return &FencedError{Owner: owner}
	case len(entries) == 0:
		return nil
	}
	there, err := w.written(ctx, expect, entries)
	switch {
	case errors.Is(err, journal.ErrHole):
		return w.restore(ctx, expect, entries)
	case err != nil:
		return err
	case !there:
		// Should the first attempt still be under way, the expected position
		// lets only one of the two in.
		return w.append(ctx, expect, entries)
	}
	// What is there now may have been written after an earlier barrier, so there
	// has to be one behind this look. And it speaks for what the server held
	// then: had Redis failed over meanwhile, the entries could be gone again.
	if err := w.log.Barrier(ctx, w.id); err != nil {
		return fmt.Errorf("waiting for durability: %w", err)
	}
	there, err = w.written(ctx, expect, entries)
	if err == nil && !there {
		err = fmt.Errorf("entries behind %s went away: %w", expect, journal.ErrHole)
	}
	return err
}

// written says whether the journal holds the entries behind expect.
func (w *writer) written(ctx context.Context, expect journal.Position, entries []journal.Entry) (bool, error) {
	tail, err := w.log.Read(ctx, w.id, expect, len(entries))
	if err != nil || len(tail) == 0 {
		return false, err
	}
	// One step writes them all, so they are all there or somebody else wrote.
	if !slices.EqualFunc(tail, entries, sameEntry) {
		return false, fmt.Errorf("entries behind %s: %w", expect, ErrForeign)
	}
	return true, nil
}

func sameEntry(a, b journal.Entry) bool {
	return a.Position == b.Position && a.Kind == b.Kind && bytes.Equal(a.Data, b.Data)
}

// restore repairs a journal that lost its tail, or even this ownership, when
// Redis failed over: what is missing is written again from the ring. After a
// gap that is none (the entries are there) resolve finds them.
func (w *writer) restore(ctx context.Context, expect journal.Position, entries []journal.Entry) error {
	if len(entries) == 0 {
		// Nothing new to write: the last entry asks instead. It was lost with
		// the ownership, which one step had written.
		var known bool
		if expect, entries, known = w.recent.newest(); !known {
			return fmt.Errorf("repairing the journal: %w", errForgotten)
		}
	}
	err := w.retake(ctx, expect, entries)
	gap, ok := errors.AsType[*journal.GapError](err)
	if !ok || gap.Last.Compare(expect) > 0 {
		return err
	}
	lost, known := w.recent.entriesAfter(gap.Last)
	if !known {
		return fmt.Errorf("repairing the journal after %s: %w: %w", gap.Last, errForgotten, err)
	}
	if n := len(lost); n == 0 || lost[n-1].Position.Compare(expect) <= 0 {
		lost = append(lost, entries...)
	}
	return w.retake(ctx, gap.Last, lost)
}

// errForgotten says that a repair needs what the ring does not hold.
var errForgotten = errors.New("further back than this owner remembers")

// retake writes entries in as many steps as their number needs. The first one
// makes its caller the owner again.
func (w *writer) retake(ctx context.Context, expect journal.Position, entries []journal.Entry) error {
	for len(entries) > 0 {
		n := fitting(entries)
		if err := w.log.Retake(ctx, w.id, w.me, expect, entries[:n]); err != nil {
			return w.fenced(err)
		}
		expect, entries = entries[n-1].Position, entries[n:]
	}
	return nil
}

// fitting returns how many of the entries one step of the journal takes.
func fitting(entries []journal.Entry) int {
	bytes := 0
	for i, e := range entries {
		if bytes += len(e.Data); i > 0 && (i == journal.MaxBatchEntries || bytes > journal.MaxBatchBytes) {
			return i
		}
	}
	return len(entries)
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
