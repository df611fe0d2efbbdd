// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/plant"
)

// replica is a state, its views and the newest entries: all that an owner needs
// to play on.
type replica struct {
	state *State
	proj  *projection
	ring  ring
	// played is when the last command was applied, by its owner's clock in
	// milliseconds; zero if none was folded since the snapshot.
	played int64
}

// load builds a replica from what the journal holds.
func load(ctx context.Context, log Log, id string) (*replica, error) {
	loaded, err := log.Load(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("loading session %s: %w", id, err)
	}
	r, entries, err := begin(id, loaded)
	if err != nil {
		return nil, fmt.Errorf("loading session %s: %w", id, err)
	}
	if plant.On(plant.SnapshotWithoutTail) && loaded.Snapshot != nil {
		r.state.Position, entries = loaded.Last(), nil
	}
	for _, e := range entries {
		if _, err := r.fold(e); err != nil {
			return nil, fmt.Errorf("loading session %s: %w", id, err)
		}
	}
	return r, nil
}

// begin builds the replica that entries are to be folded onto: from the snapshot
// or, without one, from the genesis entry.
func begin(id string, loaded *journal.Loaded) (r *replica, entries []journal.Entry, err error) {
	r = &replica{}
	entries = loaded.Entries
	var first journal.Entry
	switch {
	case loaded.Snapshot != nil:
		r.state, err = decodeState(loaded.Snapshot)
		first = journal.Entry{Position: loaded.Snapshot.Position}
	case len(entries) == 0:
		err = errors.New("the journal is empty")
	default:
		r.state, err = genesis(id, entries[0])
		first, entries = entries[0], entries[1:]
	}
	if err != nil {
		return nil, nil, err
	}
	r.proj = project(r.state)
	// The ring starts at the loaded position, so that clients who stand there
	// can resume from it. What stands there is never written again.
	first.Data = nil
	r.ring.push(r.proj.link(first))
	return r, entries, nil
}

// fold takes one entry that the journal holds, and returns its record if it is a
// command's.
func (r *replica) fold(e journal.Entry) (rec *record, err error) {
	if e.Kind == journal.KindCommand {
		if rec, err = decodeRecord(e.Data); err != nil {
			return nil, fmt.Errorf("folding entry %s: %w", e.Position, err)
		}
	}
	l, err := r.proj.fold(r.state, e, rec)
	if err != nil {
		return nil, err
	}
	r.ring.push(l)
	if rec != nil {
		r.played = rec.Time
	}
	return rec, nil
}

// endsWith returns an error when what was read goes on behind the last entry of
// an owner. Its successor's entries may not be durable yet: they are not this
// shard's to show.
func (r *replica) endsWith(me journal.Owner) error {
	if at := r.state.Position; at.Epoch != me.Epoch {
		return fmt.Errorf("reading what epoch %d wrote: the journal ends at %s: %w", me.Epoch, at, journal.ErrStale)
	}
	return nil
}
