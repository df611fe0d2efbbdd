// SPDX-License-Identifier: Apache-2.0

package health

import (
	"testing"
	"time"

	"gamesession.dev/operator/controllers/placement"
)

const lease = 3 * time.Second

// script is a run of observations, one a second.
type script struct {
	*Ager
	now      time.Duration
	targets  []Target
	beats    map[string]Beat
	stopped  map[string]bool
	counters uint64
}

func newScript(names ...string) *script {
	s := &script{Ager: NewAger(lease), beats: map[string]Beat{}, stopped: map[string]bool{}}
	for _, n := range names {
		s.targets = append(s.targets, Target{Shard: n})
		s.beats[n] = Beat{Shard: n, Incarnation: n + "-1"}
	}
	return s
}

func (s *script) run(d time.Duration) {
	for end := s.now + d; s.now < end; s.now += time.Second {
		s.counters++
		var beats []Beat
		for _, t := range s.targets {
			b, written := s.beats[t.Shard]
			if !written {
				continue
			}
			if !s.stopped[t.Shard] {
				b.Counter = s.counters
				s.beats[t.Shard] = b
			}
			beats = append(beats, b)
		}
		s.Observe(s.now, s.targets, beats)
	}
	s.now -= time.Second // judge at the time of the last observation
}

func (s *script) restart(shard, incarnation string) {
	s.beats[shard] = Beat{Shard: shard, Incarnation: incarnation}
}

func TestVerdicts(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(s *script)
		want map[string]placement.Verdict // by shard/incarnation
	}{
		"first sight proves nothing": {
			func(s *script) { s.run(time.Second) },
			map[string]placement.Verdict{"a": placement.Unknown},
		},
		"a counter that grows is life": {
			func(s *script) { s.run(2 * time.Second) },
			map[string]placement.Verdict{"a": placement.Alive},
		},
		"silence shorter than a lease": {
			func(s *script) { s.run(10 * time.Second); s.stopped["a"] = true; s.run(3 * time.Second) },
			map[string]placement.Verdict{"a": placement.Alive},
		},
		"silence of a lease is death": {
			func(s *script) { s.run(10 * time.Second); s.stopped["a"] = true; s.run(4 * time.Second) },
			map[string]placement.Verdict{"a": placement.Dead, "b": placement.Alive},
		},
		"dead from the start: not before a full lease": {
			func(s *script) { s.stopped["a"] = true; s.run(3 * time.Second) },
			map[string]placement.Verdict{"a": placement.Unknown},
		},
		"dead from the start": {
			func(s *script) { s.stopped["a"] = true; s.run(4 * time.Second) },
			map[string]placement.Verdict{"a": placement.Dead},
		},
		"no heartbeat was ever written": {
			func(s *script) { delete(s.beats, "a"); s.run(4 * time.Second) },
			map[string]placement.Verdict{"a": placement.Dead},
		},
		"a zombie wakes up": {
			func(s *script) {
				s.run(10 * time.Second)
				s.stopped["a"] = true
				s.run(9 * time.Second)
				s.stopped["a"] = false
				s.run(2 * time.Second)
			},
			map[string]placement.Verdict{"a": placement.Alive},
		},
		"another incarnation: the one before is dead now": {
			func(s *script) { s.run(10 * time.Second); s.restart("a", "a-2"); s.run(2 * time.Second) },
			map[string]placement.Verdict{"a": placement.Reborn, "a/a-2": placement.Alive},
		},
		"an old beat of another incarnation is not taken for a rebirth": {
			func(s *script) { s.stopped["a"] = true; s.run(2 * time.Second) },
			map[string]placement.Verdict{"a/a-2": placement.Unknown},
		},
		"Redis is away: no verdict": {
			func(s *script) { s.run(10 * time.Second); s.Lost() },
			map[string]placement.Verdict{"a": placement.Unknown},
		},
		"Redis was away for long: a full lease after it is back": {
			func(s *script) {
				s.run(10 * time.Second)
				s.Lost()
				s.now += time.Minute
				s.stopped["a"] = true
				s.run(3 * time.Second)
			},
			map[string]placement.Verdict{"a": placement.Alive},
		},
		"and then": {
			func(s *script) {
				s.run(10 * time.Second)
				s.Lost()
				s.now += time.Minute
				s.stopped["a"] = true
				s.run(4 * time.Second)
			},
			map[string]placement.Verdict{"a": placement.Dead, "b": placement.Alive},
		},
		"most are silent": {
			func(s *script) {
				s.run(10 * time.Second)
				s.stopped["a"], s.stopped["b"] = true, true
				s.run(9 * time.Second)
			},
			map[string]placement.Verdict{"a": placement.Held, "b": placement.Held, "c": placement.Alive},
		},
		"most fell silent, not quite at once": {
			func(s *script) {
				s.run(10 * time.Second)
				s.stopped["a"] = true
				s.run(2 * time.Second)
				s.stopped["b"] = true
				s.run(3 * time.Second)
			},
			map[string]placement.Verdict{"a": placement.Held, "b": placement.Alive, "c": placement.Alive},
		},
		"one is silent, another late": {
			func(s *script) {
				s.run(10 * time.Second)
				s.stopped["a"] = true
				s.run(3 * time.Second)
				s.stopped["b"] = true
				s.run(2 * time.Second)
			},
			map[string]placement.Verdict{"a": placement.Dead, "b": placement.Alive, "c": placement.Alive},
		},
		"most are silent for long, but not all": {
			func(s *script) {
				s.run(10 * time.Second)
				s.stopped["a"], s.stopped["b"] = true, true
				s.run((heldLeases*3 + 1) * time.Second)
			},
			map[string]placement.Verdict{"a": placement.Dead, "b": placement.Dead, "c": placement.Alive},
		},
		"all are silent for long": {
			func(s *script) {
				s.run(10 * time.Second)
				s.stopped["a"], s.stopped["b"], s.stopped["c"] = true, true, true
				s.run(time.Minute)
			},
			map[string]placement.Verdict{"a": placement.Held, "b": placement.Held, "c": placement.Held},
		},
		"most are silent, one for a reason of its own": {
			func(s *script) {
				s.run(10 * time.Second)
				s.stopped["a"], s.stopped["b"], s.stopped["c"] = true, true, true
				s.targets[0].Excused = true
				s.run(9 * time.Second)
			},
			map[string]placement.Verdict{"a": placement.Dead, "b": placement.Held},
		},
		"who is not asked for is forgotten": {
			func(s *script) { s.run(10 * time.Second); s.targets = s.targets[1:]; s.run(2 * time.Second) },
			map[string]placement.Verdict{"a": placement.Unknown, "b": placement.Alive},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript("a", "b", "c")
			tc.do(s)
			for who, want := range tc.want {
				shard, incarnation := who, who+"-1"
				if len(who) > 1 {
					shard, incarnation = who[:1], who[2:]
				}
				if got := s.Judge(s.now, shard, incarnation); got != want {
					t.Errorf("%s/%s: got %v, want %v", shard, incarnation, got, want)
				}
			}
		})
	}
}
