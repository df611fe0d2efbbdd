// SPDX-License-Identifier: Apache-2.0

// Package journaltest is the contract of journal.Log as tests: Run holds a store
// to every rule that its documentation states, Interleave to its invariants under
// random interleavings of several writers.
package journaltest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"gamesession.dev/operator/shard/journal"
)

// Store is a journal under test.
type Store interface {
	journal.Log
}

// Rewinder makes a store forget, for one session, every entry after p and every
// later owner, as the failover of a Redis does that had not replicated them.
type Rewinder func(ctx context.Context, id string, p journal.Position, owner journal.Owner) error

// Env is a store and the means to hurt it.
type Env struct {
	Store  Store
	Rewind Rewinder
}

const pool = "games.main"

var sessions atomic.Uint64

// NewID returns a session id that no other test uses.
func NewID() string { return fmt.Sprintf("session-%d", sessions.Add(1)) }

// owner returns an owner of the shard's first incarnation.
func owner(shard string, epoch uint64) journal.Owner {
	return journal.Owner{Shard: shard, Incarnation: shard + "-run-1", Epoch: epoch}
}

// assignTo makes an assignment in force for me.
func (e Env) assign(t *testing.T, id string, me journal.Owner, mode journal.Mode, from string) {
	t.Helper()
	a := journal.Assignment{Session: id, Epoch: me.Epoch, Shard: me.Shard, Pool: pool, Mode: mode, From: from}
	if err := e.Store.Assign(t.Context(), a); err != nil {
		t.Fatalf("assigning %+v: %v", a, err)
	}
}

// create starts a session that me owns and returns its position.
func (e Env) create(t *testing.T, id string, me journal.Owner) journal.Position {
	t.Helper()
	e.assign(t, id, me, journal.ModeCreate, "")
	p, err := e.Store.Create(t.Context(), id, me, []byte("genesis"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// commands returns n command entries after p by an owner at epoch.
func commands(p journal.Position, epoch uint64, n int) []journal.Entry {
	entries := make([]journal.Entry, n)
	for i := range entries {
		p = p.Next(epoch)
		entries[i] = journal.Entry{Position: p, Kind: journal.KindCommand, Data: []byte("command " + p.String())}
	}
	return entries
}

// play appends n commands and returns the new last position.
func (e Env) play(t *testing.T, id string, me journal.Owner, p journal.Position, n int) journal.Position {
	t.Helper()
	entries := commands(p, me.Epoch, n)
	if err := e.Store.Append(t.Context(), id, me, p, entries); err != nil {
		t.Fatal(err)
	}
	return entries[n-1].Position
}

// freeze appends a freeze for to and returns its position.
func (e Env) freeze(t *testing.T, id string, me journal.Owner, p journal.Position, to string, epoch uint64) journal.Position {
	t.Helper()
	entry := journal.Entry{Position: p.Next(me.Epoch), Kind: journal.KindFreeze, Data: freezeData(to, epoch)}
	if err := e.Store.Append(t.Context(), id, me, p, []journal.Entry{entry}); err != nil {
		t.Fatal(err)
	}
	return entry.Position
}

func freezeData(to string, epoch uint64) []byte {
	data, err := json.Marshal(journal.Freeze{To: to, Epoch: epoch, Hash: "abc"})
	if err != nil {
		panic(err) // a struct of strings and numbers
	}
	return data
}

// all reads the whole journal that is left.
func (e Env) all(t *testing.T, id string) []journal.Entry {
	t.Helper()
	l, err := e.Store.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return l.Entries
}

// deadline bounds what must happen soon; it is never waited for in full.
const deadline = 30 * time.Second
