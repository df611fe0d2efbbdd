// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"gamesession.dev/operator/test/fleet"
)

// stage is two shards or three with sessions under play.
type stage struct {
	tb     testing.TB
	o      options
	fleet  *fleet.Fleet
	shards []*fleet.Shard
	door   *fleet.FrontDoor
	tables []*fleet.Table
	at     []int // the shard of each table
	begun  time.Time
}

// warmUp is how long all sessions are played before anything is measured.
const warmUp = time.Second

func newStage(tb testing.TB, o options) *stage {
	return &stage{tb: tb, o: o, fleet: fleet.New(tb, o.binary)}
}

// start starts shards and plays n sessions on each of the first ones. All clients
// come through the front door.
func (s *stage) start(kind string, shards, filled, n int) {
	for i := range shards {
		s.shards = append(s.shards, s.fleet.Start(string(rune('a'+i)),
			"--capacity", strconv.Itoa(4*n), "--lease", s.o.lease.String(), "--log-level", "warn"))
	}
	s.door = s.fleet.FrontDoor(s.shards...)
	for i := range filled * n {
		id := "s" + strconv.Itoa(i)
		s.fleet.Create(id, s.shards[i%filled])
		t := s.fleet.PlayAs(id, &s.door.Shard, &s.door.Shard, kinds[kind])
		t.SetPace(s.o.pace)
		s.tables, s.at = append(s.tables, t), append(s.at, i%filled)
	}
	s.begun = time.Now()
	time.Sleep(warmUp)
}

// finish stops all play and judges it: nothing lost, nothing twice, no hole.
func (s *stage) finish() {
	for _, t := range s.tables {
		t.Stop()
	}
	for _, t := range s.tables {
		t.Finish()
	}
}

// Line is what is printed of a case. Times are in milliseconds.
type Line struct {
	Case     string `json:"case"`
	Clients  string `json:"clients"`
	Sessions int    `json:"sessions_per_shard"`
	// Moves are the changes of owner, Pauses the commands that were in flight
	// during one: their waits for the acknowledgement.
	Moves  int       `json:"moves"`
	Pauses int       `json:"pauses"`
	Pause  quantiles `json:"pause_ms"`
	// Ack is the wait of all other commands in the same run.
	Ack    quantiles `json:"ack_ms"`
	PerSec float64   `json:"commands_per_second"`
	// Ahead counts the clients that went on where they had waited.
	Ahead  uint64  `json:"connected_ahead"`
	Freeze float64 `json:"freeze_to_takeover_ms_mean"`
	// Whole is the time from the beginning of a drain or from a kill until the
	// last session was owned elsewhere; Playable, from there until each session
	// acknowledged a command.
	Whole    float64    `json:"whole_ms,omitempty"`
	Detected float64    `json:"detected_ms,omitempty"`
	Playable *quantiles `json:"playable_ms,omitempty"`
}

// quantiles of times.
type quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func quantilesOf(all []time.Duration) quantiles {
	n := len(all)
	if n == 0 {
		return quantiles{}
	}
	slices.Sort(all)
	at := func(share float64) float64 { return millis(all[min(int(share*float64(n)), n-1)]) }
	return quantiles{at(0.5), at(0.99), millis(all[n-1])}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// line gathers what all tables have seen so far.
func (s *stage) line(what, kind string, n int) Line {
	played := time.Since(s.begun)
	l := Line{Case: what, Clients: kind, Sessions: n}
	var pauses, plain []time.Duration
	for _, t := range s.tables {
		moved, rest := t.Waits()
		for _, w := range moved {
			pauses = append(pauses, w.Duration)
		}
		for _, w := range rest {
			plain = append(plain, w.Duration)
		}
		for _, c := range t.Stats() {
			l.Ahead += c.Preconnected
		}
	}
	l.Pauses, l.Pause, l.Ack = len(pauses), quantilesOf(pauses), quantilesOf(plain)
	l.PerSec = float64(int(float64(len(pauses)+len(plain)) / played.Seconds()))
	return l
}

// freezes returns the mean time from freeze to takeover as the shards saw it.
func (s *stage) freezes() float64 {
	sum, count := 0.0, 0.0
	for _, sh := range s.shards {
		select {
		case <-sh.Exited():
			continue
		default:
		}
		sum += sh.Metric(s.tb, "gamesession_handoff_pause_seconds_sum", "")
		count += sh.Metric(s.tb, "gamesession_handoff_pause_seconds_count", "")
	}
	if count == 0 {
		return 0
	}
	return sum / count * 1000
}
