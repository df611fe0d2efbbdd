// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"slices"
	"sync"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
)

// Bounds of what is kept.
const (
	maxEvidence      = 8         // mismatches
	maxStateBytes    = 256 << 10 // of either state
	maxEntries       = 64        // the last ones up to the position
	maxEntryBytes    = 64 << 10  // of all their data
	truncationMarker = "…"
)

// Evidence is what is kept of one mismatch. It holds secrets of the session: it
// is for who runs the shard, not for players.
type Evidence struct {
	At       time.Time `json:"at"`
	Session  string    `json:"session"`
	Position string    `json:"position"`
	Live     Side      `json:"live"`
	Replayed Side      `json:"replayed"`
	// Views are those that differ.
	Views []string `json:"views,omitempty"`
	// Fault says why the journal could not be folded.
	Fault string `json:"fault,omitempty"`
	// Snapshot is the position that the replay began at; empty: at the genesis.
	Snapshot string `json:"snapshot,omitempty"`
	// Entries are the last ones up to the position, Omitted how many came before.
	Entries []Entry `json:"entries"`
	Omitted int     `json:"omitted"`
}

// Side is one of the two states.
type Side struct {
	Hash  string            `json:"hash"`
	Views map[string]string `json:"views"`
	// State is its encoding, cut off past a bound.
	State string `json:"state"`
}

// Entry is one of the journal.
type Entry struct {
	Position string `json:"position"`
	Kind     string `json:"kind"`
	Data     string `json:"data"`
}

func newEvidence(live, replayed session.Sample, loaded *journal.Loaded, fault string) *Evidence {
	e := &Evidence{
		At: time.Now(), Session: live.Session, Position: live.Position.String(), Fault: fault,
		Live: side(live), Replayed: side(replayed), Views: differing(live.Views, replayed.Views), Entries: []Entry{},
	}
	if loaded.Snapshot != nil {
		e.Snapshot = loaded.Snapshot.Position.String()
	}
	bytes, upTo := 0, 0
	for _, entry := range slices.Backward(loaded.Entries) {
		if entry.Position.Compare(live.Position) > 0 {
			continue
		}
		upTo++
		if len(e.Entries) < maxEntries && bytes+len(entry.Data) <= maxEntryBytes {
			bytes += len(entry.Data)
			e.Entries = append(e.Entries, Entry{Position: entry.Position.String(), Kind: string(entry.Kind), Data: string(entry.Data)})
		}
	}
	e.Omitted = upTo - len(e.Entries)
	slices.Reverse(e.Entries)
	return e
}

func side(s session.Sample) Side {
	state := string(s.State)
	if len(state) > maxStateBytes {
		state = state[:maxStateBytes] + truncationMarker
	}
	return Side{Hash: s.Hash, Views: s.Views, State: state}
}

// cabinet keeps the first mismatch of each session: the later ones follow from
// it. Past its bound nothing more is kept.
type cabinet struct {
	mu   sync.Mutex
	kept []*Evidence
}

// put says whether the evidence was kept.
func (c *cabinet) put(e *Evidence) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := slices.ContainsFunc(c.kept, func(k *Evidence) bool { return k.Session == e.Session })
	if known || len(c.kept) >= maxEvidence {
		return false
	}
	c.kept = append(c.kept, e)
	return true
}

func (c *cabinet) all() []*Evidence {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*Evidence{}, c.kept...)
}
