// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/api/v1alpha1"
)

type pair struct{ from, to string }

// board counts what is where. Its shards keep the order of their names, so that
// ties are broken the same way each time.
type board struct {
	names  []string
	shards map[string]*Shard
	load   map[string]int // sessions a shard holds or is to hold
	moves  map[pair]int   // handoffs under way
	// hosted lists the sessions owned by a shard and bound to it, in order.
	hosted map[string][]string
}

func newBoard(snap *Snapshot) *board {
	b := &board{
		shards: make(map[string]*Shard, len(snap.Shards)),
		load:   map[string]int{},
		moves:  map[pair]int{},
		hosted: map[string][]string{},
	}
	for i := range snap.Shards {
		b.names = append(b.names, snap.Shards[i].Name)
		b.shards[snap.Shards[i].Name] = &snap.Shards[i]
	}
	slices.Sort(b.names)
	for i := range snap.Sessions {
		b.count(&snap.Sessions[i], 1)
	}
	for _, ids := range b.hosted {
		slices.Sort(ids)
	}
	return b
}

// count books a session on the shard it is bound to and, while it is leaving,
// also on the one it leaves; n is 1, or -1 to take it back.
func (b *board) count(s *Session, n int) {
	if s.Binding != nil {
		b.load[s.Binding.Shard] += n
	}
	if s.Owner == nil {
		return
	}
	if s.Binding == nil || s.Binding.Shard != s.Owner.Shard {
		b.load[s.Owner.Shard] += n
	} else if n > 0 {
		b.hosted[s.Owner.Shard] = append(b.hosted[s.Owner.Shard], s.ID)
	}
	if s.pending() && s.Binding.Mode == v1alpha1.PlacementHandoff {
		b.moves[pair{s.Owner.Shard, s.Binding.Shard}] += n
	}
}

// surplus says whether s is one of those that a shard holds beyond what it
// takes: the last ones by id.
func (b *board) surplus(s *Session, home *Shard) bool {
	at := slices.Index(b.hosted[home.Name], s.ID)
	return b.load[home.Name] > home.Capacity && at >= home.Capacity
}

// choose picks the shard for a session: not leaving, not avoid unless there is
// no other, current templates first, then the fewest sessions, then by name.
// Without one it says why.
func (b *board) choose(s *Session, leaving, avoid string) (string, string) {
	best := ""
	full, busy, taking := 0, 0, 0
	for _, name := range b.names {
		shard := b.shards[name]
		if !shard.takes() || name == leaving || name == avoid {
			continue
		}
		taking++
		switch {
		case b.free(s, shard) <= 0:
			full++
		case leaving != "" && b.moves[pair{leaving, name}] >= MaxMovesPerPair:
			busy++
		case best == "" || b.better(shard, b.shards[best]):
			best = name
		}
	}
	if best != "" {
		return best, ""
	}
	if only := b.shards[avoid]; taking == 0 && leaving == "" && only != nil && only.takes() && b.free(s, only) > 0 {
		return avoid, ""
	}
	switch {
	case busy > 0:
		return "", fmt.Sprintf("%d moves from %s to each shard with room are under way already", MaxMovesPerPair, leaving)
	case full > 0:
		return "", fmt.Sprintf("each of the %d other shards that take sessions is full", full)
	default:
		return "", "no other shard takes sessions"
	}
}

// free is the room a shard has for s. A session that is counted there already
// finds its own place.
func (b *board) free(s *Session, shard *Shard) int {
	free := shard.Capacity - b.load[shard.Name]
	if s.Binding != nil && s.Binding.Shard == shard.Name || s.Owner != nil && s.Owner.Shard == shard.Name {
		free++
	}
	return free
}

func (b *board) better(x, y *Shard) bool {
	if x.Outdated != y.Outdated {
		return !x.Outdated
	}
	return b.load[x.Name] < b.load[y.Name]
}

// busyPairs says whether moves away from a shard are held back by their number
// alone.
func (b *board) busyPairs(from string) bool {
	return slices.ContainsFunc(b.names, func(name string) bool {
		return b.moves[pair{from, name}] >= MaxMovesPerPair
	})
}
