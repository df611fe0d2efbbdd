// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"errors"
	"slices"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// judge reads what the store holds in the end and compares it with what the
// players were told. Nothing runs any more.
func (w *world) judge(virtual time.Duration) Result {
	r := Result{Seed: w.seed, Virtual: virtual, Events: w.events.Load()}
	for _, p := range w.players {
		for _, k := range p.calls {
			if k.acked {
				r.Acked++
			}
		}
	}
	for _, name := range w.names {
		r.Moves += w.judgeSession(name)
	}
	r.Faults, r.Anomalies = w.notes, w.anomalies
	return r
}

func (w *world) judgeSession(id string) (moves int) {
	tables := w.store.server().tables
	past := tables.past[id]
	w.checkPositions(id, past)
	entries := make([]journal.Entry, len(past))
	for i, e := range past {
		entries[i] = e.Entry
		if e.Kind == journal.KindTakeover {
			moves++
		}
	}
	whole, err := session.NewReplay(id, &journal.Loaded{Entries: entries})
	if err != nil {
		w.anomaly("%s: %v", id, err)
		return moves
	}
	history := &history{views: map[wire.Position]map[rules.View]string{}, commands: map[string][]session.Command{}}
	history.add(whole, nil)
	for {
		c, more, err := whole.Next()
		if err != nil {
			w.anomaly("%s: %v", id, err)
			return moves
		}
		if !more {
			break
		}
		history.add(whole, c)
	}
	w.checkSnapshot(id, tables, whole)
	for _, p := range w.players {
		if p.id == id {
			p.checkAnswers(history)
			p.checkViews(history)
		}
	}
	w.checkOrder(id)
	return moves
}

// checkPositions: versions without a hole, epochs that never fall, one writer in
// each.
func (w *world) checkPositions(id string, past []written) {
	var last journal.Position
	writers := map[uint64]journal.Owner{}
	for _, e := range past {
		p := e.Position
		if p.Version != last.Version+1 || p.Epoch < last.Epoch {
			w.anomaly("%s: %s follows %s", id, p, last)
		}
		if before, known := writers[p.Epoch]; known && before != e.by && e.by.Epoch == p.Epoch {
			w.anomaly("%s: epoch %d has two writers, %s and %s", id, p.Epoch, before.Incarnation, e.by.Incarnation)
		}
		if e.by.Epoch == p.Epoch {
			writers[p.Epoch] = e.by
		}
		last = p
	}
}

// checkSnapshot: the state is the fold of the stored snapshot and what follows.
func (w *world) checkSnapshot(id string, t *tables, whole *session.Replay) {
	loaded, err := t.log.Load(context.Background(), id)
	if err != nil {
		w.anomaly("%s: %v", id, err)
		return
	}
	replay, err := session.NewReplay(id, loaded)
	for more := true; err == nil && more; {
		_, more, err = replay.Next()
	}
	if err != nil {
		w.anomaly("%s: %v", id, err)
		return
	}
	got, err := replay.StateHash()
	want, err2 := whole.StateHash()
	if err = errors.Join(err, err2); err != nil || got != want || replay.Position() != whole.Position() {
		w.anomaly("%s: the fold from the snapshot is at %s %.8s, the whole one at %s %.8s: %v",
			id, replay.Position(), got, whole.Position(), want, err)
	}
}

// history is what a journal says.
type history struct {
	views    map[wire.Position]map[rules.View]string
	commands map[string][]session.Command // by action id
}

func (h *history) add(r *session.Replay, c *session.Command) {
	hashes := map[rules.View]string{}
	for _, v := range rules.Views() {
		hashes[v] = r.ViewHash(v)
	}
	h.views[wire.Position(r.Position())] = hashes
	if c != nil {
		h.commands[c.ActionID] = append(h.commands[c.ActionID], *c)
	}
}

// checkAnswers: what was acknowledged is there, once and where it was said to
// be; what has no answer is there at most once.
func (p *player) checkAnswers(h *history) {
	for _, k := range p.calls {
		found := h.commands[k.declare.ActionID]
		switch {
		case len(found) > 1:
			p.wrong("%s was applied %d times", k.declare.ActionID, len(found))
		case k.acked && len(found) == 0:
			p.wrong("%s was acknowledged at %s and is lost", k.declare.ActionID, k.position)
		case k.acked && wire.Position(found[0].Position) != k.position:
			p.wrong("%s was acknowledged at %s and is at %s", k.declare.ActionID, k.position, found[0].Position)
		}
	}
}

// checkViews: what the player saw is what the journal's fold shows there.
func (p *player) checkViews(h *history) {
	view := rules.ViewFor(rules.Actor{Player: p.claims.Player, Role: rules.Role(p.claims.Role)})
	for at, hash := range p.seen {
		switch hashes, known := h.views[at]; {
		case !known:
			p.wrong("it saw %s, which is not in the journal", at)
		case hashes[view] != hash:
			p.wrong("it saw another view at %s", at)
		}
	}
}

// checkOrder: a command that was called after another one was acknowledged lies
// behind it. With the positions known, this is what linearizability asks.
func (w *world) checkOrder(id string) {
	var calls []*call
	for _, p := range w.players {
		if p.id != id {
			continue
		}
		for _, k := range p.calls {
			if k.acked {
				calls = append(calls, k)
			}
		}
	}
	byCall := slices.Clone(calls)
	slices.SortFunc(byCall, func(a, b *call) int { return a.called.Compare(b.called) })
	slices.SortFunc(calls, func(a, b *call) int { return a.answered.Compare(b.answered) })
	var before *call // the answered one that lies furthest behind
	done := 0
	for _, k := range byCall {
		for ; done < len(calls) && calls[done].answered.Before(k.called); done++ {
			if before == nil || calls[done].position.Version > before.position.Version {
				before = calls[done]
			}
		}
		if before != nil && before.position.Version >= k.position.Version {
			w.anomaly("%s: %s at %s was called after %s at %s was answered", id,
				k.declare.ActionID, k.position, before.declare.ActionID, before.position)
		}
	}
}
