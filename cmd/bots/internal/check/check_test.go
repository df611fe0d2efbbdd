// SPDX-License-Identifier: Apache-2.0

package check

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/wire"
)

func at(epoch, version uint64) wire.Position { return wire.Position{Epoch: epoch, Version: version} }

func link(p wire.Position, by, action string) *wire.Update {
	return &wire.Update{UpdateID: p.String(), Position: p, From: p.Version - 1, By: by, ActionID: action}
}

func kinds(list []Violation) []Kind {
	var out []Kind
	for _, v := range list {
		out = append(out, v.Kind)
	}
	return out
}

func TestStream(t *testing.T) {
	tests := map[string]struct {
		play        func(s *Stream) []Violation
		want        []Kind
		wantWaiting int
		wantCovered int
	}{
		"update, then its acknowledgement": {play: func(s *Stream) []Violation {
			return append(s.Applied(link(at(1, 2), "p1", "a")), s.Acked("a", at(1, 2), false)...)
		}},
		"acknowledgement, then its update": {play: func(s *Stream) []Violation {
			return append(s.Acked("a", at(1, 2), false), s.Applied(link(at(1, 2), "p1", "a"))...)
		}},
		"the stream passes by": {play: func(s *Stream) []Violation {
			return append(s.Acked("a", at(1, 2), false), s.Applied(link(at(1, 3), "p2", "b"))...)
		}, want: []Kind{AckUnseen}},
		"acknowledged behind the stream": {play: func(s *Stream) []Violation {
			return append(s.Applied(link(at(1, 3), "p2", "b")), s.Acked("a", at(1, 2), false)...)
		}, want: []Kind{AckUnseen}},
		"another player's command of that name": {play: func(s *Stream) []Violation {
			return append(s.Applied(link(at(1, 2), "p2", "a")), s.Acked("a", at(1, 2), false)...)
		}, want: []Kind{AckUnseen}},
		"seen elsewhere": {play: func(s *Stream) []Violation {
			return append(s.Applied(link(at(1, 2), "p1", "a")), s.Acked("a", at(1, 1), false)...)
		}, want: []Kind{AckMoved}},
		"not there yet": {play: func(s *Stream) []Violation {
			return s.Acked("a", at(1, 2), false)
		}, wantWaiting: 1},
		"covered by a sync": {play: func(s *Stream) []Violation {
			out := s.Acked("a", at(1, 2), false)
			return append(out, s.Synced(at(1, 1), at(1, 5))...)
		}, wantCovered: 1},
		"covered by an earlier sync": {play: func(s *Stream) []Violation {
			return append(s.Synced(at(1, 1), at(1, 5)), s.Acked("a", at(1, 2), true)...)
		}, wantCovered: 1},
		"before an earlier sync": {play: func(s *Stream) []Violation {
			return append(s.Synced(at(1, 3), at(1, 5)), s.Acked("a", at(1, 2), true)...)
		}, want: []Kind{AckUnseen}},
		"one update twice": {play: func(s *Stream) []Violation {
			u := link(at(1, 2), "", "")
			v := link(at(1, 3), "", "")
			v.UpdateID = u.UpdateID
			return append(s.Applied(u), s.Applied(v)...)
		}, want: []Kind{Twice}},
		"one command twice": {play: func(s *Stream) []Violation {
			return append(s.Applied(link(at(1, 2), "p1", "a")), s.Applied(link(at(2, 4), "p1", "a"))...)
		}, want: []Kind{Twice}},
		"a later command before": {play: func(s *Stream) []Violation {
			return append(append(s.Acked("b", at(1, 9), false), s.Acked("c", at(1, 8), false)...), s.Acked("a", at(1, 3), true)...)
		}, want: []Kind{AckOrder}, wantWaiting: 3},
		"epoch falls": {play: func(s *Stream) []Violation {
			return append(s.Applied(link(at(2, 2), "", "")), s.Applied(link(at(1, 3), "", ""))...)
		}, want: []Kind{EpochFell}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := NewStream("p1")
			got := tc.play(s)
			if diff := cmp.Diff(tc.want, kinds(got)); diff != "" {
				t.Errorf("violations (-want +got):\n%s\n%v", diff, got)
			}
			if s.Waiting() != tc.wantWaiting || s.Covered() != tc.wantCovered {
				t.Errorf("waiting %d, covered %d, want %d, %d", s.Waiting(), s.Covered(), tc.wantWaiting, tc.wantCovered)
			}
		})
	}
}

func TestHashes(t *testing.T) {
	var h Hashes
	for _, saw := range []struct {
		view, hash string
		at         wire.Position
		want       []Kind
	}{
		{"table", "aa", at(1, 1), nil},
		{"table", "aa", at(1, 1), nil},
		{"gm", "bb", at(1, 1), nil},
		{"table", "cc", at(2, 1), nil},
		{"table", "cc", at(1, 1), []Kind{Disagree}},
	} {
		if diff := cmp.Diff(saw.want, kinds(h.Saw(saw.view, saw.at, saw.hash))); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", saw, diff)
		}
	}
	if h.Compared() != 2 {
		t.Errorf("compared %d, want 2", h.Compared())
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	var m memory[int, int]
	for i := range window + 10 {
		m.put(i, i)
	}
	if len(m.values) != window {
		t.Errorf("it remembers %d, want %d", len(m.values), window)
	}
	if _, ok := m.get(9); ok {
		t.Error("it remembers what is older than the window")
	}
	if v, ok := m.get(10); !ok || v != 10 {
		t.Error("it forgot what is within the window")
	}
}

func TestMoves(t *testing.T) {
	start := time.Unix(1000, 0)
	ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
	type waits = map[string]time.Duration
	trip := func(player string, n uint64) Trip { return Trip{player, n} }
	// Each starts with one command acknowledged at epoch 1.
	tests := map[string]struct {
		play func(m *Moves)
		want []Move
	}{
		"nothing moves": {play: func(m *Moves) {
			m.Sent(trip("a", 2), ms(10))
			m.Acked(trip("a", 2), 1, ms(12))
		}},
		"one in flight": {play: func(m *Moves) {
			m.Sent(trip("a", 2), ms(10))
			m.Sign(2, ms(30))
			m.Acked(trip("a", 2), 2, ms(40))
		}, want: []Move{{EpochFrom: 1, EpochTo: 2, At: ms(40), Pause: 30 * time.Millisecond, InFlight: waits{"a": 30 * time.Millisecond}}}},
		"none in flight": {play: func(m *Moves) {
			m.Sign(2, ms(30))
			m.Sent(trip("a", 2), ms(50))
			m.Acked(trip("a", 2), 2, ms(53))
		}, want: []Move{{EpochFrom: 1, EpochTo: 2, At: ms(53), Pause: 3 * time.Millisecond, InFlight: waits{}}}},
		"the slowest counts, also when it comes later": {play: func(m *Moves) {
			m.Sent(trip("a", 2), ms(10))
			m.Sent(trip("b", 1), ms(15))
			m.Acked(trip("a", 2), 2, ms(40))
			m.Sent(trip("a", 3), ms(41)) // behind the move
			m.Acked(trip("a", 3), 2, ms(99))
			m.Acked(trip("b", 1), 2, ms(80))
		}, want: []Move{{EpochFrom: 1, EpochTo: 2, At: ms(40), Pause: 65 * time.Millisecond, InFlight: waits{"a": 30 * time.Millisecond, "b": 65 * time.Millisecond}}}},
		"still unanswered: not measured yet": {play: func(m *Moves) {
			m.Sent(trip("a", 2), ms(10))
			m.Sent(trip("b", 1), ms(15))
			m.Acked(trip("a", 2), 2, ms(40))
		}},
		"refused: nothing to measure": {play: func(m *Moves) {
			m.Sent(trip("a", 2), ms(10))
			m.Sent(trip("b", 1), ms(15))
			m.Acked(trip("a", 2), 2, ms(40))
			m.Dropped(trip("b", 1))
		}, want: []Move{{EpochFrom: 1, EpochTo: 2, At: ms(40), Pause: 30 * time.Millisecond, InFlight: waits{"a": 30 * time.Millisecond}}}},
		"late answer of the old owner": {play: func(m *Moves) {
			m.Sent(trip("b", 1), ms(10))
			m.Sent(trip("a", 2), ms(20))
			m.Acked(trip("a", 2), 2, ms(40))
			m.Acked(trip("b", 1), 1, ms(41))
		}, want: []Move{{EpochFrom: 1, EpochTo: 2, At: ms(40), Pause: 31 * time.Millisecond, InFlight: waits{"a": 20 * time.Millisecond, "b": 31 * time.Millisecond}}}},
		"two owners on": {play: func(m *Moves) {
			m.Sign(2, ms(5))
			m.Sign(3, ms(8))
			m.Sent(trip("a", 2), ms(6))
			m.Acked(trip("a", 2), 3, ms(40))
		}, want: []Move{{EpochFrom: 1, EpochTo: 3, At: ms(40), Pause: 34 * time.Millisecond, InFlight: waits{}}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			m := NewMoves()
			m.Sent(trip("a", 1), ms(0))
			m.Acked(trip("a", 1), 1, ms(1))
			tc.play(m)
			if diff := cmp.Diff(tc.want, m.Done()); diff != "" {
				t.Errorf("moves (-want +got):\n%s", diff)
			}
		})
	}
}
