// SPDX-License-Identifier: Apache-2.0

package journaltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gamesession.dev/operator/shard/journal"
)

// Interleave runs random histories of several writers that lose replies, believe
// old things and fight for the same session, and checks after each: versions have
// no holes, epochs never fall, one epoch has one writer and begins with its
// genesis or takeover, what was acknowledged is there once, what was refused is
// not there.
func Interleave(t *testing.T, env Env) {
	rapid.Check(t, func(t *rapid.T) {
		h := &history{
			t: t, ctx: context.Background(), store: env.Store, id: NewID(),
			acked: map[journal.Position]string{}, refused: map[string]bool{},
		}
		for _, shard := range []string{"shard-a", "shard-b"} {
			for run := range 2 {
				h.actors = append(h.actors, &actor{shard: shard, incarnation: fmt.Sprintf("%s-run-%d", shard, run)})
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"assign":   h.assign,
			"claim":    h.claim,
			"believe":  h.believe,
			"append":   h.append,
			"freeze":   h.freeze,
			"snapshot": h.snapshot,
			"":         h.check,
		})
	})
}

// actor is one run of a shard. Two runs of one shard may believe that they live
// at the same time, as after a pause.
type actor struct {
	shard, incarnation string
	epoch              uint64
	last               journal.Position // what it believes
}

func (a *actor) owner() journal.Owner {
	return journal.Owner{Shard: a.shard, Incarnation: a.incarnation, Epoch: a.epoch}
}

type history struct {
	t      *rapid.T
	ctx    context.Context
	store  Store
	id     string
	actors []*actor
	epoch  uint64 // highest assigned
	count  int
	acked  map[journal.Position]string
	// refused are payloads whose append was refused for certain.
	refused map[string]bool
}

func (h *history) actor(t *rapid.T) *actor { return rapid.SampledFrom(h.actors).Draw(t, "actor") }

func (h *history) assign(t *rapid.T) {
	// An epoch that is not new stands for an operator that believes old things.
	epoch := rapid.Uint64Range(max(h.epoch, 1), h.epoch+2).Draw(t, "epoch")
	mode := rapid.SampledFrom([]journal.Mode{journal.ModeCreate, journal.ModeHandoff, journal.ModeFailover}).Draw(t, "mode")
	a := journal.Assignment{Session: h.id, Epoch: epoch, Shard: h.actor(t).shard, Pool: pool, Mode: mode}
	if err := h.store.Assign(h.ctx, a); err == nil {
		h.epoch = epoch
	} else if !errors.Is(err, journal.ErrAssignConflict) {
		t.Fatalf("assigning: %v", err)
	}
}

// lost says whether the actor never hears the reply.
func (h *history) lost(t *rapid.T) bool { return rapid.IntRange(0, 4).Draw(t, "lost") == 0 }

// claim creates or takes over with the assignment as the actor sees it now, or
// with an older epoch.
func (h *history) claim(t *rapid.T) {
	a := h.actor(t)
	me := a.owner()
	me.Epoch = rapid.Uint64Range(max(h.epoch, 2)-1, max(h.epoch, 1)).Draw(t, "epoch")
	var p journal.Position
	var err error
	if rapid.Bool().Draw(t, "create") {
		p, err = h.store.Create(h.ctx, h.id, me, []byte(me.Incarnation))
	} else {
		planned := rapid.Bool().Draw(t, "planned")
		p, err = h.store.Takeover(h.ctx, h.id, me, journal.Takeover{Planned: planned, From: me.Epoch - 1, Data: []byte(me.Incarnation)})
	}
	h.expected(t, err, journal.ErrExists, journal.ErrNotAssigned, journal.ErrNotFrozen, journal.ErrNoOwner, journal.ErrStale)
	if err == nil && !h.lost(t) {
		a.epoch, a.last = me.Epoch, p
	}
}

// believe makes an actor think that it owns the newest epoch and has followed the
// journal to its end, whether or not that is so.
func (h *history) believe(t *rapid.T) {
	owner, err := h.store.Owner(h.ctx, h.id)
	h.expected(t, err, journal.ErrNoOwner)
	if err != nil {
		return
	}
	loaded, err := h.store.Load(h.ctx, h.id)
	if err != nil {
		t.Fatalf("loading: %v", err)
	}
	a := h.actor(t)
	a.epoch, a.last = owner.Epoch, loaded.Last()
}

func (h *history) expected(t *rapid.T, err error, allowed ...error) {
	if err != nil && !slices.ContainsFunc(allowed, func(want error) bool { return errors.Is(err, want) }) {
		t.Fatalf("unexpected error: %v", err)
	}
}

func (h *history) append(t *rapid.T) {
	h.write(t, h.actor(t), journal.KindCommand, rapid.IntRange(1, 3).Draw(t, "entries"), nil)
}

func (h *history) freeze(t *rapid.T) {
	a := h.actor(t)
	h.write(t, a, journal.KindFreeze, 1, freezeData(h.actor(t).shard, a.epoch+1))
}

// write appends as the actor believes, and acts on the answer as an owner does.
func (h *history) write(t *rapid.T, a *actor, kind journal.Kind, n int, data []byte) {
	if a.epoch == 0 {
		return
	}
	entries := commands(a.last, a.epoch, n)
	for i := range entries {
		h.count++
		entries[i].Kind = kind
		entries[i].Data = fmt.Appendf(nil, "%s %d", a.incarnation, h.count)
		if data != nil {
			entries[i].Data = data
		}
	}
	err := h.store.Append(h.ctx, h.id, a.owner(), a.last, entries)
	h.expected(t, err, journal.ErrStale, journal.ErrGap, journal.ErrNoOwner)
	for _, e := range entries {
		if err != nil && data == nil {
			h.refused[string(e.Data)] = true
		}
		if err == nil {
			h.acked[e.Position] = string(e.Data)
		}
	}
	switch {
	case err == nil && !h.lost(t):
		a.last = entries[n-1].Position
	case errors.Is(err, journal.ErrGap):
		h.catchUp(t, a)
	}
}

// catchUp reads the tail as an owner does whose append had an unknown outcome,
// and believes it, even when it shows that another one owns the session.
func (h *history) catchUp(t *rapid.T, a *actor) {
	tail, err := h.store.Read(h.ctx, h.id, a.last, journal.MaxReadEntries)
	h.expected(t, err, journal.ErrHole)
	if len(tail) > 0 && tail[len(tail)-1].Position.Epoch == a.epoch {
		a.last = tail[len(tail)-1].Position
	}
}

func (h *history) snapshot(t *rapid.T) {
	a := h.actor(t)
	if a.epoch == 0 {
		return
	}
	err := h.store.SaveSnapshot(h.ctx, h.id, a.owner(), journal.Snapshot{Position: a.last, Schema: "1"}, journal.Position{})
	h.expected(t, err, journal.ErrStale, journal.ErrNoOwner, journal.ErrOldSnapshot)
}

func (h *history) check(t *rapid.T) {
	var entries []journal.Entry
	for after := (journal.Position{}); ; after = entries[len(entries)-1].Position {
		page, err := h.store.Read(h.ctx, h.id, after, journal.MaxReadEntries)
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		if entries = append(entries, page...); len(page) < journal.MaxReadEntries {
			break
		}
	}
	writers := map[uint64]string{}
	var last journal.Position
	found := 0
	for _, e := range entries {
		if e.Position.Version != last.Version+1 || e.Position.Epoch < last.Epoch {
			t.Fatalf("%s follows %s", e.Position, last)
		}
		data := string(e.Data)
		claimed := e.Kind == journal.KindGenesis || e.Kind == journal.KindTakeover
		if (e.Position.Epoch > last.Epoch) != claimed {
			t.Fatalf("entry %s after %s is a %s", e.Position, last, e.Kind)
		}
		if claimed {
			writers[e.Position.Epoch] = data
		}
		if e.Kind == journal.KindCommand {
			if writer := writers[e.Position.Epoch]; data[:len(writer)] != writer {
				t.Fatalf("entry %s %q is not of %s, who owns the epoch", e.Position, data, writer)
			}
			if h.refused[data] {
				t.Fatalf("entry %s %q was refused", e.Position, data)
			}
		}
		if want, ok := h.acked[e.Position]; ok {
			found++
			if want != data {
				t.Fatalf("entry %s is %q, %q was acknowledged", e.Position, data, want)
			}
		}
		last = e.Position
	}
	if found != len(h.acked) {
		t.Fatalf("%d of %d acknowledged entries are there", found, len(h.acked))
	}
}
