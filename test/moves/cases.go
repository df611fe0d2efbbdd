// SPDX-License-Identifier: Apache-2.0

package main

import (
	"syscall"
	"time"

	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/test/fleet"
)

// move moves one session after the other between two shards that are equally
// full. The session that moves is played as fast as answers come, so that a
// command is in flight; the others keep their pace.
func (s *stage) move(kind string, n int) Line {
	s.start(kind, 2, 2, n)
	for i := range s.o.moves {
		k := i % len(s.tables)
		t := s.tables[k]
		t.SetPace(0)
		t.AwaitProgress(2)
		s.at[k] = 1 - s.at[k]
		s.fleet.Move(t.ID(), s.shards[s.at[k]])
		t.AwaitProgress(2)
		t.SetPace(s.o.pace)
	}
	l := s.line("move", kind, n)
	l.Moves, l.Freeze = s.o.moves, s.freezes()
	s.finish()
	return l
}

// drain asks a full shard to leave, and gives its sessions to another.
func (s *stage) drain(kind string, n int) Line {
	s.start(kind, 2, 1, n)
	begun := time.Now()
	s.shards[0].Signal(s.tb, syscall.SIGTERM)
	for _, t := range s.tables {
		s.fleet.Assign(t.ID(), s.shards[1], journal.ModeHandoff)
	}
	for _, t := range s.tables {
		s.fleet.AwaitOwner(t.ID(), s.shards[1].Name)
	}
	whole := time.Since(begun)
	for _, t := range s.tables {
		t.AwaitProgress(3)
	}
	l := s.line("drain", kind, n)
	l.Moves, l.Freeze, l.Whole = n, s.freezes(), millis(whole)
	s.finish()
	return l
}

// kill kills a full shard. Its death is found by what the operator ages its
// heartbeats with; then its sessions are given to another.
func (s *stage) kill(kind string, n int) Line {
	s.start(kind, 2, 1, n)
	dead := make(chan time.Time, 1)
	victim := s.shards[0]
	watching := s.watch(victim, dead)
	defer watching()
	time.Sleep(s.o.lease) // the heartbeats are known by then
	killed := time.Now()
	victim.Signal(s.tb, syscall.SIGKILL)
	detected := (<-dead).Sub(killed)
	for _, t := range s.tables {
		s.fleet.Assign(t.ID(), s.shards[1], journal.ModeFailover)
	}
	for _, t := range s.tables {
		s.fleet.AwaitOwner(t.ID(), s.shards[1].Name)
	}
	whole := time.Since(killed)
	for _, t := range s.tables {
		t.AwaitProgress(3)
	}
	playable := s.playable(killed)
	l := s.line("kill", kind, n)
	l.Moves, l.Whole, l.Detected, l.Playable = n, millis(whole), millis(detected), &playable
	s.finish()
	return l
}

// playable is the time from an instant to the first acknowledgement of each
// session's next owner.
func (s *stage) playable(from time.Time) quantiles {
	var times []time.Duration
	for _, t := range s.tables {
		moved, plain := t.Waits()
		first := time.Time{}
		for _, w := range append(moved, plain...) {
			if w.Epoch > 1 && (first.IsZero() || w.Received.Before(first)) {
				first = w.Received
			}
		}
		times = append(times, first.Sub(from))
	}
	return quantilesOf(times)
}

// pollsPerLease is how often the operator reads heartbeats.
const pollsPerLease = 10

// watch says when a shard counts as dead.
func (s *stage) watch(victim *fleet.Shard, dead chan<- time.Time) (stop func()) {
	ager := health.NewAger(s.o.lease)
	names := make([]string, len(s.shards))
	targets := make([]health.Target, len(s.shards))
	for i, sh := range s.shards {
		names[i], targets[i] = sh.Name, health.Target{Shard: sh.Name}
	}
	end := make(chan struct{})
	ended := make(chan struct{})
	start := time.Now()
	go func() {
		defer close(ended)
		tick := time.NewTicker(s.o.lease / pollsPerLease)
		defer tick.Stop()
		incarnation := ""
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			beats, err := s.fleet.Registry.Shards(s.tb.Context(), fleet.Pool, names)
			if err != nil {
				continue
			}
			pulses := make([]health.Beat, len(beats))
			for i, b := range beats {
				pulses[i] = health.Beat{Shard: b.Shard, Incarnation: b.Incarnation, Counter: b.Counter}
				if b.Shard == victim.Name {
					incarnation = b.Incarnation
				}
			}
			now := time.Since(start)
			ager.Observe(now, targets, pulses)
			if ager.Judge(now, victim.Name, incarnation).Gone() {
				dead <- time.Now()
				return
			}
		}
	}()
	return func() { close(end); <-ended }
}
