// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Append implements Appender.
func (r *Redis) Append(ctx context.Context, id string, me Owner, expect Position, entries []Entry) error {
	if err := checkAppend(id, me, expect, entries, false); err != nil {
		return fmt.Errorf("appending: %w", err)
	}
	start := time.Now()
	w := r.entriesWrite(&r.scripts.append, []string{r.keys.Owner(id), r.keys.Journal(id)}, me, expect, entries)
	if _, err := r.committer.do(ctx, w); err != nil {
		return refused(r.cfg.Observer, fmt.Errorf("appending: %w", err))
	}
	r.cfg.Observer.Appended(len(entries), time.Since(start))
	return nil
}

// Start implements Starter.
func (r *Redis) Start(id string, me Owner, expect Position, entries []Entry, done func(error)) (cancel func() bool) {
	if checkAppend(id, me, expect, entries, false) != nil {
		return nil // Append says what is wrong
	}
	start := time.Now()
	w := r.entriesWrite(&r.scripts.append, []string{r.keys.Owner(id), r.keys.Journal(id)}, me, expect, entries)
	w.then = func() {
		if w.err != nil {
			done(refused(r.cfg.Observer, fmt.Errorf("appending: %w", w.err)))
			return
		}
		r.cfg.Observer.Appended(len(entries), time.Since(start))
		done(nil)
	}
	if !r.committer.start(w) {
		return nil
	}
	return func() bool { return w.taken.CompareAndSwap(false, true) }
}

// Barrier implements Appender: a marker behind everything that was written, and
// the wait for it.
func (r *Redis) Barrier(ctx context.Context, id string) error {
	if err := CheckSession(id); err != nil {
		return fmt.Errorf("waiting for durability: %w", err)
	}
	if _, err := r.committer.do(ctx, &write{}); err != nil {
		return refused(r.cfg.Observer, fmt.Errorf("waiting for durability: %w", err))
	}
	return nil
}

// Confirm implements Appender: the owner is written again, on the connection whose
// writes replicas confirm.
func (r *Redis) Confirm(ctx context.Context, id string, me Owner) error {
	if err := checkOwner(id, me); err != nil {
		return fmt.Errorf("confirming the owner: %w", err)
	}
	w := &write{script: &r.scripts.confirm, keys: []string{r.keys.Owner(id)}, args: ownerArgs(me, 0)}
	if _, err := r.committer.do(ctx, w); err != nil {
		return refused(r.cfg.Observer, fmt.Errorf("confirming the owner: %w", err))
	}
	return nil
}

// Create implements Claimer.
func (r *Redis) Create(ctx context.Context, id string, me Owner, genesis []byte) (Position, error) {
	if err := checkOwner(id, me); err != nil {
		return Position{}, fmt.Errorf("creating the session: %w", err)
	}
	if err := checkData(genesis); err != nil {
		return Position{}, fmt.Errorf("creating the session: %w", err)
	}
	w := &write{
		script: &r.scripts.create,
		keys:   []string{r.keys.Owner(id), r.keys.Journal(id), r.keys.Assign(id)},
		args:   append(ownerArgs(me, 1), genesis),
		bytes:  len(genesis),
	}
	p, err := r.claim(ctx, w)
	if err != nil {
		return p, refused(r.cfg.Observer, fmt.Errorf("creating the session: %w", err))
	}
	return p, nil
}

// Takeover implements Claimer.
func (r *Redis) Takeover(ctx context.Context, id string, me Owner, t Takeover) (Position, error) {
	if err := checkOwner(id, me); err != nil {
		return Position{}, fmt.Errorf("taking over: %w", err)
	}
	if err := checkData(t.Data); err != nil {
		return Position{}, fmt.Errorf("taking over: %w", err)
	}
	planned, expect := "0", ""
	if t.Planned {
		planned = "1"
	}
	if !t.Expect.IsZero() {
		expect = t.Expect.String()
	}
	w := &write{
		script: &r.scripts.takeover,
		keys:   []string{r.keys.Owner(id), r.keys.Journal(id), r.keys.Assign(id)},
		args:   append(ownerArgs(me, 4), planned, strconv.FormatUint(t.From, 10), expect, t.Data),
		bytes:  len(t.Data),
	}
	p, err := r.claim(ctx, w)
	if err != nil {
		return p, refused(r.cfg.Observer, fmt.Errorf("taking over: %w", err))
	}
	return p, nil
}

// claim runs a script that answers with the position of the entry it wrote. The
// position is also known when too few replicas confirmed it.
func (r *Redis) claim(ctx context.Context, w *write) (Position, error) {
	reply, err := r.committer.do(ctx, w)
	if len(reply) != 1 {
		if err == nil {
			err = fmt.Errorf("reading a script's reply %.80q: %w", reply, ErrCorrupt)
		}
		return Position{}, err
	}
	p, parseErr := ParsePosition(reply[0])
	if parseErr != nil {
		return Position{}, fmt.Errorf("%w: %w", ErrCorrupt, parseErr)
	}
	return p, err
}

// Retake implements Claimer.
func (r *Redis) Retake(ctx context.Context, id string, me Owner, expect Position, entries []Entry) error {
	if err := checkAppend(id, me, expect, entries, true); err != nil {
		return fmt.Errorf("retaking: %w", err)
	}
	keys := []string{r.keys.Owner(id), r.keys.Journal(id), r.keys.Assign(id)}
	if _, err := r.committer.do(ctx, r.entriesWrite(&r.scripts.retake, keys, me, expect, entries)); err != nil {
		return refused(r.cfg.Observer, fmt.Errorf("retaking: %w", err))
	}
	return nil
}

func (r *Redis) entriesWrite(s *script, keys []string, me Owner, expect Position, entries []Entry) *write {
	w := &write{script: s, keys: keys, args: append(ownerArgs(me, 1+3*len(entries)), expect.String())}
	for _, e := range entries {
		w.args = append(w.args, e.Position.String(), string(e.Kind), e.Data)
		w.bytes += len(e.Data)
	}
	return w
}

// ownerArgs are the first arguments of most scripts, with room for more.
func ownerArgs(me Owner, more int) []any {
	args := make([]any, 0, 3+more)
	return append(args, me.Shard, me.Incarnation, strconv.FormatUint(me.Epoch, 10))
}
