// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"sync"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/wire"
)

// workspace is memory to find out in what an entry changes.
type workspace struct {
	views   []viewspace // in the order of the projection's
	after   rules.Leaves
	changes []wire.Change
}

// viewspace is what has to be kept of each view from before the entry.
type viewspace struct {
	before rules.Leaves
	told   rules.Texts
}

var workspaces = sync.Pool{New: func() any { return &workspace{} }}

// of makes room for n views, with nothing in them.
func (w *workspace) of(n int) []viewspace {
	if len(w.views) < n {
		w.views = make([]viewspace, n)
	}
	for i := range w.views {
		w.views[i].before.Reset()
		w.views[i].told.Reset()
	}
	return w.views[:n]
}

// diff lists what is not the same after the entry, and takes it into a hash. Both
// lists are in the same order. The changes share the workspace's memory.
func (w *workspace) diff(before *rules.Leaves, hash *wire.Hash) []wire.Change {
	clear(w.changes)
	w.changes = w.changes[:0]
	change := func(path string, previous, value []byte) {
		hash.Change(path, previous, value)
		w.changes = append(w.changes, wire.Change{Path: path, Value: value, Previous: previous})
	}
	after := &w.after
	for i, j := 0, 0; i < before.Len() || j < after.Len(); {
		order := 0
		switch {
		case i == before.Len():
			order = 1
		case j == after.Len():
			order = -1
		default:
			order = before.Compare(i, after, j)
		}
		switch {
		case order < 0:
			change(before.Path(i), before.Value(i), nil)
			i++
		case order > 0:
			change(after.Path(j), nil, after.Value(j))
			j++
		default:
			if previous, value := before.Value(i), after.Value(j); string(previous) != string(value) {
				change(after.Path(j), previous, value)
			}
			i, j = i+1, j+1
		}
	}
	return w.changes
}

// render adds the leaves of entities of the fight to l, and then, if it is asked
// for, those of the session itself.
func (s *State) render(l *rules.Leaves, v viewName, entities []string, own bool) {
	for _, entity := range entities {
		s.Fight.RenderTo(l, v, entity)
	}
	if own {
		s.renderSession(l)
	}
}

// Leaves of the session itself.
const (
	sessionPrefix  = "/session/"
	commitmentLeaf = "dice/commitment"
	nonceLeaves    = "dice/nonces/" // and the player
	seedLeaf       = "dice/seed"
	lifecycleLeaf  = "lifecycle"
)

// renderSession adds what every view has of the session itself: whether it is
// played, and what everybody knows of its dice.
func (s *State) renderSession(l *rules.Leaves) {
	l.Begin(sessionPrefix, "")
	l.Add(commitmentLeaf, quoted(dice.Commit(s.Dice.Seed)))
	for _, player := range slices.Sorted(maps.Keys(s.Dice.Nonces)) {
		l.Add(nonceLeaves+player, quoted(s.Dice.Nonces[player]))
	}
	if s.Dice.Revealed {
		l.Add(seedLeaf, quoted(hex.EncodeToString(s.Dice.Seed[:])))
	}
	l.Add(lifecycleLeaf, quoted(s.Lifecycle))
}

// ofSession says whether a record can change what renderSession gives.
func (r *record) ofSession() bool {
	return r.Lifecycle != "" || r.Nonce != "" || r.Reveal != nil
}

// withNew adds those entities of a later state that an earlier one did not have.
func withNew(entities, later []string) []string {
	for _, e := range later {
		if !slices.Contains(entities, e) {
			entities = append(entities, e)
		}
	}
	return entities
}

// quoted is a JSON string of text that is validated: printable ASCII.
func quoted(text string) []byte { return strconv.AppendQuote(nil, text) }
