// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"errors"
	"slices"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

// tables are what a server holds: the twin of the journal, and what package
// registry keeps beside it.
type tables struct {
	log      *journal.Memory
	sessions map[string]*kept
	hints    map[string][]string // sessions by shard
	beats    map[string]registry.Heartbeat
	// past is every entry ever written, before any trimming, with its writer.
	past map[string][]written
	// witness hears of what must never be.
	witness *world
}

// kept is what the registry keeps of one session.
type kept struct {
	spec   *registry.SessionSpec
	report *registry.Report
	answer *registry.Answer
}

// written is an entry and who wrote it.
type written struct {
	journal.Entry
	by journal.Owner
}

func newTables(w *world) *tables {
	return &tables{
		log: journal.NewMemory(), sessions: map[string]*kept{}, hints: map[string][]string{},
		beats: map[string]registry.Heartbeat{}, past: map[string][]written{}, witness: w,
	}
}

func (t *tables) session(id string) *kept {
	k := t.sessions[id]
	if k == nil {
		k = &kept{}
		t.sessions[id] = k
	}
	return k
}

// generation is that of the stored spec, zero without one.
func (k *kept) generation() int64 {
	if k.spec == nil {
		return 0
	}
	return k.spec.Generation
}

// record keeps entries that were written just now. Repeated, it does nothing.
func (t *tables) record(id string, by journal.Owner, entries ...journal.Entry) {
	for _, e := range entries {
		past := t.past[id]
		if n := len(past); n > 0 && past[n-1].Position.Version >= e.Position.Version {
			continue
		}
		t.past[id] = append(past, written{Entry: e, by: by})
	}
}

// cut forgets the entries behind a position.
func (t *tables) cut(id string, p journal.Position) {
	t.past[id] = slices.DeleteFunc(slices.Clone(t.past[id]), func(w written) bool { return w.Position.Version > p.Version })
}

func (t *tables) last(id string) journal.Position {
	past := t.past[id]
	if len(past) == 0 {
		return journal.Position{}
	}
	return past[len(past)-1].Position
}

// owner returns who owns a session, zero when nobody does.
func (t *tables) owner(id string) (journal.Owner, error) {
	owner, err := t.log.Owner(context.Background(), id)
	if errors.Is(err, journal.ErrNoOwner) {
		return journal.Owner{}, nil
	}
	return owner, err
}

func (t *tables) assignment(id string) (journal.Assignment, error) {
	a, err := t.log.Assignment(context.Background(), id)
	if errors.Is(err, journal.ErrNotAssigned) {
		return journal.Assignment{}, nil
	}
	return a, err
}

func (t *tables) assigned(id string) (registry.Assigned, error) {
	a, err := t.assignment(id)
	if err != nil {
		return registry.Assigned{}, err
	}
	a.Session = id
	owner, err := t.owner(id)
	return registry.Assigned{Assignment: a, Owner: owner, Generation: t.session(id).generation()}, err
}

// known says whether the session has keys that a report may stand beside.
func (t *tables) known(id string) bool {
	a, err := t.assignment(id)
	return err == nil && (a.Epoch > 0 || t.session(id).spec != nil)
}
