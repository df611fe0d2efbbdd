// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"bytes"
	"encoding/json"
	"regexp"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/journal"
)

// Plant is a bug put in on purpose, at an interface between the real parts. The
// simulation has to find it.
type Plant string

// The plants. None of the checks knows of them.
const (
	// PlantAckEarly: the store answers before it has replicated.
	PlantAckEarly Plant = "acknowledge before replication"
	// PlantNoFence: the store appends for whoever asks, where he thinks that he is.
	PlantNoFence Plant = "no fence"
	// PlantNoDedupe: a command that is sent again is a new one.
	PlantNoDedupe Plant = "no de-duplication"
	// PlantForget: counters of players are lost with every change of owner.
	PlantForget Plant = "de-duplication lost on handoff"
	// PlantOlderIntent: a shard takes its time over a takeover, and the store lets
	// it in on an assignment that was superseded meanwhile.
	PlantOlderIntent Plant = "takeover of an older intent"
	// PlantNoTail: loading forgets what follows the snapshot.
	PlantNoTail Plant = "snapshot without tail"
	// PlantHalfSnapshot: half of a snapshot is stored.
	PlantHalfSnapshot Plant = "half-written snapshot"
	// PlantEpochInRedis: the operator does not remember the epochs that it gave.
	PlantEpochInRedis Plant = "epoch only in the store"
	// PlantHole: a client that resumes misses one update.
	PlantHole Plant = "resume off by one"
)

// Plants lists them.
func Plants() []Plant {
	return []Plant{
		PlantAckEarly, PlantNoFence, PlantNoDedupe, PlantForget, PlantOlderIntent, PlantNoTail, PlantHalfSnapshot,
		PlantEpochInRedis, PlantHole,
	}
}

var counters = regexp.MustCompile(`"n":[0-9]+`)

// read spoils entries that a shard has read.
func (p Plant) read(entries []journal.Entry) {
	if p != PlantForget {
		return
	}
	for i := range entries {
		entries[i].Data = counters.ReplaceAll(entries[i].Data, []byte(`"n":0`))
	}
}

// loaded spoils what a shard has loaded.
func (p Plant) loaded(l *journal.Loaded) {
	p.read(l.Entries)
	if p != PlantNoTail || l.Snapshot == nil || len(l.Entries) == 0 {
		return
	}
	last := l.Last()
	before, err := json.Marshal(l.Snapshot.Position)
	after, err2 := json.Marshal(last)
	if err != nil || err2 != nil {
		return
	}
	l.Snapshot.Data = bytes.Replace(l.Snapshot.Data, append([]byte(`"position":`), before...), append([]byte(`"position":`), after...), 1)
	l.Snapshot.Position, l.Entries = last, nil
}

// stored spoils a snapshot on its way into the store.
func (p Plant) stored(s journal.Snapshot) journal.Snapshot {
	if p == PlantHalfSnapshot {
		s.Data = s.Data[:len(s.Data)/2]
	}
	return s
}

// remembered spoils what the operator reads of a session.
func (p Plant) remembered(gs *v1alpha1.GameSession) {
	if p == PlantEpochInRedis {
		gs.Status.Placement = nil
	}
}
