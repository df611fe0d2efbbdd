// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/monitor"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

const duel = `{
  "map": {"width": 6, "height": 6},
  "combatants": [
    {"id": "ogre", "name": "Ogre", "side": "ogres", "controller": "gm", "position": [1, 1], "ac": 11, "maxHP": 400, "speed": 30, "dexterity": 8},
    {"id": "troll", "name": "Troll", "side": "trolls", "controller": "gm", "position": [2, 1], "ac": 15, "maxHP": 400, "speed": 30, "dexterity": 13}
  ]
}`

// player is a client that wants to know nothing but whose turn it is.
type player struct {
	member *session.Member
	n      uint64
	acks   chan struct{}
	mu     sync.Mutex
	doc    *wire.Document
}

func (p *player) Deliver(m session.Message) bool {
	f, err := wire.DecodeFrame(m.Bytes)
	if err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case f.Type == wire.TypeSyncResponse:
		var r wire.SyncResponse
		err = wire.DecodeData(f, &r)
		p.doc = wire.NewDocument(r.Position, r.State)
	case f.Type == wire.TypeAck || f.Type == wire.TypeRefusal:
		p.acks <- struct{}{}
	case f.Type.CarriesUpdate():
		var u wire.Update
		if err = wire.DecodeData(f, &u); err == nil {
			_, err = p.doc.Apply(u)
		}
	}
	return err == nil
}

func (p *player) Detached(error) {}

func (p *player) Flush() {}

func (p *player) HandoffAhead(string, uint64) <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// play gives n commands and waits for their answers.
func (p *player) play(n int) {
	for range n {
		action := `{"type":"start_combat"}`
		p.mu.Lock()
		if turn := p.doc.Get("/combat/turn"); len(turn) > 2 {
			action = `{"type":"end_turn","creature":` + string(turn) + `}`
		}
		p.mu.Unlock()
		p.n++
		p.member.Command(wire.ActionDeclare{N: p.n, ActionID: fmt.Sprint("c-", p.n), Action: json.RawMessage(action)})
		<-p.acks
	}
}

// table is a session under play on a journal in memory.
func table(tb testing.TB) (*session.Session, *player, *journal.Memory) {
	tb.Helper()
	log := journal.NewMemory()
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	ctx := tb.Context()
	check(log.Assign(ctx, journal.Assignment{Session: "s1", Epoch: 1, Shard: "a", Pool: "ns.pool", Mode: journal.ModeCreate}))
	s, err := session.Create(ctx, session.Config{
		Log: log, Shard: "a", Logger: slog.New(slog.DiscardHandler), Now: time.Now, ThawAfter: time.Second,
	}, journal.Owner{Shard: "a", Incarnation: "a-1", Epoch: 1}, registry.SessionSpec{
		ID: "s1", Namespace: "ns", Name: "duel", Pool: "ns.pool", Ruleset: "srd-5.2.1", MaxPlayers: 4, GameMasters: []string{"gm"},
		Lifecycle: registry.LifecycleRunning, Generation: 1, Scenario: json.RawMessage(duel),
	})
	check(err)
	tb.Cleanup(func() { s.Stop(); <-s.Done() })
	p := &player{acks: make(chan struct{}, 1)}
	p.member, err = s.Attach(ctx, auth.Claims{Session: "s1", Player: "gm", Role: auth.GameMaster}, p, nil)
	check(err)
	p.play(20)
	return s, p, log
}

// results counts what checks come to.
type results struct {
	mu     sync.Mutex
	counts map[monitor.Result]int
}

func (r *results) Checked(what monitor.Result, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what]++
}

func (r *results) of(what monitor.Result) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[what]
}

// TestMonitorFindsACorruptedState: whatever is changed behind the session's back,
// be it the state, what is remembered of players, or what clients are shown.
func TestMonitorFindsACorruptedState(t *testing.T) {
	tests := map[string]struct {
		corrupt func(*session.State, map[rules.View]*wire.Hash)
		state   bool     // differs
		views   []string // that differ
	}{
		"the round": {func(s *session.State, _ map[rules.View]*wire.Hash) { s.Fight.Combat.Round++ }, true, nil},
		"answers":   {func(s *session.State, _ map[rules.View]*wire.Hash) { s.Players["gm"].Last-- }, true, nil},
		"a view": {func(_ *session.State, hashes map[rules.View]*wire.Hash) {
			hashes[rules.ViewTable].Change("/combat/round", nil, []byte("77"))
		}, false, []string{string(rules.ViewTable)}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, p, log := table(t)
			seen := &results{counts: map[monitor.Result]int{}}
			var text strings.Builder
			m := monitor.New(monitor.Config{
				Sessions: func() []monitor.Session { return []monitor.Session{s} }, Log: log, Observer: seen,
				Logger: slog.New(slog.NewTextHandler(&text, nil)), Every: time.Millisecond,
			})
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { m.Run(ctx) })
			for i := range 3 {
				p.play(1)
				for seen.of(monitor.Same) <= i {
					time.Sleep(time.Millisecond)
				}
			}
			if n := seen.of(monitor.Different); n > 0 {
				t.Errorf("%d checks found a sound session different", n)
			}
			if err := s.Corrupt(t.Context(), tc.corrupt); err != nil {
				t.Fatal(err)
			}
			for seen.of(monitor.Different) < 2 {
				time.Sleep(time.Millisecond)
			}
			cancel()
			running.Wait()
			kept := m.Evidence()
			if len(kept) != 1 {
				t.Fatalf("%d pieces of evidence, want the first mismatch alone", len(kept))
			}
			e := kept[0]
			if (e.Live.State != e.Replayed.State) != tc.state || (e.Live.Hash != e.Replayed.Hash) != tc.state || !slices.Equal(e.Views, tc.views) {
				t.Errorf("states differ: %v, views that differ: %v", e.Live.State != e.Replayed.State, e.Views)
			}
			if n := len(e.Entries); n == 0 || e.Entries[n-1].Position != e.Position || e.Session != "s1" {
				t.Errorf("of session %s, %d entries, the last one at %v; want up to %s", e.Session, n, e.Entries, e.Position)
			}
			if !strings.Contains(text.String(), "level=ERROR") || !strings.Contains(text.String(), e.Position) {
				t.Errorf("the log does not tell: %s", &text)
			}
		})
	}
}

// BenchmarkCheck is what a check costs: the part that the session waits for, and
// all of it, for a journal in memory of as many entries as lie between two
// snapshots.
func BenchmarkCheck(b *testing.B) {
	s, p, log := table(b)
	p.play(256)
	b.Run("sample", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Sample(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r, _, err := monitor.Check(b.Context(), s, log); r != monitor.Same {
				b.Fatal(r, err)
			}
		}
	})
}
