// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"time"

	"gamesession.dev/operator/shard/client"
)

// SetPace makes the game master act once in the given time, or with zero as fast
// as answers come.
func (t *Table) SetPace(every time.Duration) { t.pace.Store(int64(every)) }

// await waits until the next command is due. It returns false when ctx has ended.
func (t *Table) await(ctx context.Context, next *time.Time) bool {
	for ctx.Err() == nil {
		wait := time.Until(*next)
		if t.pace.Load() == 0 || wait <= 0 {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(wait, 5*time.Millisecond)): // the pace may change
		}
	}
	// A command that took long does not make the next ones hurry.
	now := time.Now()
	if *next = next.Add(time.Duration(t.pace.Load())); next.Before(now) {
		*next = now
	}
	return ctx.Err() == nil
}

// sign keeps when the game master first heard of an epoch other than by an
// acknowledgement.
func (t *Table) sign(e client.Event) {
	var epoch uint64
	switch e := e.(type) {
	case client.Applied:
		epoch = e.Update.Epoch
	case client.Live:
		epoch = e.Current.Epoch
	case client.Moved:
		epoch = e.Position.Epoch
	default:
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.signs[epoch]; !known {
		t.signs[epoch] = time.Now()
	}
}

// Wait is how long a command waited for its acknowledgement.
type Wait struct {
	time.Duration
	// Epoch is the one in which it was acknowledged.
	Epoch uint64
	// Received is when the acknowledgement was there.
	Received time.Time
}

// Waits returns those of the game master's commands that were in flight when the
// session changed its owner (sent before there was a sign of the new one), and
// those of all other commands.
func (t *Table) Waits() (moved, plain []Wait) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, a := range t.acks {
		w := Wait{a.Received.Sub(a.Declared), a.Position.Epoch, a.Received}
		changed := i > 0 && w.Epoch > t.acks[i-1].Position.Epoch
		heard, known := t.signs[w.Epoch]
		switch {
		case !changed:
			plain = append(plain, w)
		case !known || a.Declared.Before(heard):
			moved = append(moved, w)
		}
	}
	return moved, plain
}

// ID returns the session's id.
func (t *Table) ID() string { return t.id }

// Stats returns the counters of both clients.
func (t *Table) Stats() []client.Stats { return []client.Stats{t.gm.Stats(), t.ann.Stats()} }

// Stop ends the play, without a judgement yet.
func (t *Table) Stop() { t.stop() }
