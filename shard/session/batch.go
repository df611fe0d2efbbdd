// SPDX-License-Identifier: Apache-2.0

package session

import (
	"errors"
	"time"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/plant"
	"gamesession.dev/operator/shard/wire"
)

// batch is what goes to the journal in one append, and what is to be done once
// it is durable: acknowledgements, broadcasts, refusals and syncs, in the order
// in which they were decided.
type batch struct {
	entries []journal.Entry
	links   []link
	steps   []step
	// snapshot is the state behind the last entry, if one is wanted.
	snapshot *journal.Snapshot
}

// step is done when the entries before it are durable.
type step struct {
	// run does it.
	run func()
	// waiting is the command that has no answer before run, if any.
	waiting *command
	// since is when that command was decided.
	since time.Time
}

// add appends an entry that is already folded into the state.
func (s *Session) add(l link, st step) {
	s.next.entries = append(s.next.entries, l.entry)
	s.next.links = append(s.next.links, l)
	s.next.steps = append(s.next.steps, st)
}

// after does something when everything decided so far is durable: at once, if
// it is already. What was decided must not show before.
func (s *Session) after(st step) {
	if s.inflight == nil && len(s.next.steps) == 0 {
		st.run()
		return
	}
	s.next.steps = append(s.next.steps, st)
}

// flush sends the next batch if none is on its way.
func (s *Session) flush() {
	if s.inflight != nil || len(s.next.steps) == 0 || s.cause != nil {
		return
	}
	b := s.next
	s.inflight, s.next = b, &batch{}
	if len(b.entries) == 0 {
		s.settle(nil)
		return
	}
	b.snapshot = s.takeSnapshot()
	if plant.On(plant.AckBeforeAppend) {
		b.finish()
	}
	s.write(b.entries)
}

// write persists entries behind the durable position and reports to settled.
func (s *Session) write(entries []journal.Entry) {
	w := &writer{
		log: s.Log, id: s.id, me: s.me, recent: s.ring,
		trouble: func(err error) {
			s.observer.StoreTrouble()
			s.logger.Warn("the journal does not answer as it should", "error", err)
		},
	}
	expect := s.durable
	s.patience.Reset(patience)
	if s.starter != nil {
		// The usual way: whoever commits says when it is done, and no goroutine
		// waits for that. What does not go well is another goroutine's.
		s.takeBack = s.starter.Start(s.id, s.me, expect, entries, func(err error) {
			if err == nil {
				failpoint.At(failpoint.AfterAppend)
				s.settled <- nil
				return
			}
			go func() { s.settled <- w.insist(s.stopping, expect, entries, w.fenced(err)) }()
		})
		if s.takeBack != nil {
			return
		}
	}
	go func() { s.settled <- w.persist(s.stopping, expect, entries) }()
}

// settle ends the batch in flight.
func (s *Session) settle(err error) {
	s.patience.Stop()
	b := s.inflight
	s.inflight, s.stuck, s.takeBack = nil, false, nil
	if err != nil {
		if fenced, ok := errors.AsType[*FencedError](err); ok {
			s.observer.Fenced()
			s.logger.Info("fenced", "owner", fenced.Owner.Shard, "by_epoch", fenced.Owner.Epoch, "dropped", len(b.entries))
		}
		s.end(err)
		return
	}
	for _, l := range b.links {
		s.audit(&l)
		s.ring.push(l)
	}
	if n := len(b.entries); n > 0 {
		s.durable, s.untold = b.entries[n-1].Position, s.Now()
		clear(s.encoded)
	}
	failpoint.At(failpoint.BeforeAck)
	b.finish()
	s.saveSnapshot(b.snapshot)
}

// finish does what waited for the batch.
func (b *batch) finish() {
	for _, st := range b.steps {
		st.run()
	}
	b.steps = nil
}

// loseTrust answers the commands that wait for a journal that does not answer:
// nobody knows what becomes of them, and sending them again will tell.
func (s *Session) loseTrust() {
	if s.inflight == nil {
		return
	}
	s.stuck = true
	for _, b := range []*batch{s.inflight, s.next} {
		for i := range b.steps {
			if c := b.steps[i].waiting; c != nil {
				s.refuseUnavailable(c)
				b.steps[i].waiting = nil
			}
		}
	}
}

func (s *Session) refuseUnavailable(c *command) {
	s.observer.Refused(wire.RefusalUnavailable)
	c.refuse(&refusal{code: wire.RefusalUnavailable, message: "the journal cannot be reached; send the command again", retry: true})
}
