// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Replay folds a journal outside of play: whoever doubts a shard can follow its
// entries and compare what every view must have shown. It is not safe for
// concurrent use.
type Replay struct {
	replica *replica
	entries []journal.Entry
}

// Command says which command an entry holds.
type Command struct {
	Position journal.Position
	Player   string
	N        uint64
	ActionID string
}

// NewReplay returns a replay that stands at the snapshot or the genesis entry of
// what was loaded, with the loaded entries before it.
func NewReplay(id string, loaded *journal.Loaded) (*Replay, error) {
	r, entries, err := begin(id, loaded)
	if err != nil {
		return nil, fmt.Errorf("replaying session %s: %w", id, err)
	}
	return &Replay{replica: r, entries: entries}, nil
}

// Position returns the position of the last entry folded.
func (r *Replay) Position() journal.Position { return r.replica.state.Position }

// Next folds the next entry. The command is nil when the entry holds none that a
// player gave; more is false, and nothing happened, at the end.
func (r *Replay) Next() (c *Command, more bool, err error) {
	if len(r.entries) == 0 {
		return nil, false, nil
	}
	e := r.entries[0]
	r.entries = r.entries[1:]
	rec, err := r.replica.fold(e)
	if err != nil {
		return nil, false, err
	}
	if rec != nil && rec.Player != "" {
		c = &Command{Position: e.Position, Player: rec.Player, N: rec.N, ActionID: rec.ActionID}
	}
	return c, true, nil
}

// ViewHash returns the hash of a view's document at Position.
func (r *Replay) ViewHash(v rules.View) string { return r.replica.proj.hash(v).String() }

// Document returns a view at Position.
func (r *Replay) Document(v rules.View) *wire.Document { return r.replica.state.at(v, r.Position()) }

// StateHash returns the hash of the whole state at Position.
func (r *Replay) StateHash() (string, error) { return r.replica.state.Hash() }
