// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// reader is the part of the journal that is read.
type reader interface {
	Load(ctx context.Context, id string) (*journal.Loaded, error)
	Read(ctx context.Context, id string, after journal.Position, max int) ([]journal.Entry, error)
}

// kept is all that the journal of one session still has.
type kept struct {
	entries []journal.Entry // oldest first
	// whole says that they begin with the genesis entry.
	whole bool
	// loaded is what can be folded: the newest snapshot and what follows it.
	loaded *journal.Loaded
}

// read reads a journal as far back as it reaches. Where it begins is found by
// the positions that bots saw, because reading goes on from a known entry only.
func read(ctx context.Context, log reader, id string, seen []wire.Position) (*kept, error) {
	loaded, err := log.Load(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("loading session %s: %w", id, err)
	}
	k := &kept{loaded: loaded}
	k.entries, err = readFrom(ctx, log, id, journal.Position{})
	switch {
	case err == nil:
		k.whole = true
		return k, nil
	case !errors.Is(err, journal.ErrHole):
		return nil, err
	}
	var failed error
	first := sort.Search(len(seen), func(i int) bool {
		_, err := log.Read(ctx, id, journal.Position(seen[i]), 1)
		if err != nil && !errors.Is(err, journal.ErrHole) {
			failed = err
		}
		return err == nil
	})
	if failed != nil {
		return nil, fmt.Errorf("reading session %s: %w", id, failed)
	}
	if first == len(seen) {
		k.entries = loaded.Entries
		return k, nil
	}
	k.entries, err = readFrom(ctx, log, id, journal.Position(seen[first]))
	return k, err
}

func readFrom(ctx context.Context, log reader, id string, after journal.Position) ([]journal.Entry, error) {
	var all []journal.Entry
	for {
		entries, err := log.Read(ctx, id, after, journal.MaxReadEntries)
		if err != nil {
			return nil, fmt.Errorf("reading session %s after %s: %w", id, after, err)
		}
		if len(entries) == 0 {
			return all, nil
		}
		all = append(all, entries...)
		after = entries[len(entries)-1].Position
	}
}

// command is what the journal says of a player's command.
type command struct {
	commandID
	actionID string
	at       wire.Position
}

// commands decodes the entries that players gave.
func (k *kept) commands() ([]command, error) {
	var out []command
	for _, e := range k.entries {
		if e.Kind != journal.KindCommand {
			continue
		}
		var data struct {
			Player   string `json:"player"`
			N        uint64 `json:"n"`
			ActionID string `json:"action_id"`
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return nil, fmt.Errorf("decoding entry %s: %w", e.Position, err)
		}
		if data.Player != "" {
			out = append(out, command{commandID{data.Player, data.N}, data.ActionID, wire.Position(e.Position)})
		}
	}
	return out, nil
}

// broken counts the places where versions have a gap or epochs fall.
func (k *kept) broken() int {
	n := 0
	for i := 1; i < len(k.entries); i++ {
		before, e := k.entries[i-1].Position, k.entries[i].Position
		if e.Version != before.Version+1 || e.Epoch < before.Epoch {
			n++
		}
	}
	return n
}
