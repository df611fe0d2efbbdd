// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/session"
)

// fake is a session that cannot be sampled.
type fake struct{ id string }

func (f fake) ID() string { return f.id }

func (f fake) Sample(context.Context) (session.Sample, error) {
	return session.Sample{}, errors.New("it has gone")
}

type slowLog struct{}

func (slowLog) Load(context.Context, string) (*journal.Loaded, error) { panic("nothing was sampled") }

// counter counts checks and takes its time.
type counter struct {
	took time.Duration
	n    atomic.Int64
}

func (c *counter) Checked(r Result, _ time.Duration) {
	if r == Failed {
		c.n.Add(1)
	}
	time.Sleep(c.took)
}

// TestPace: at most one check in the given time, and a rest that is many times
// as long as a check.
func TestPace(t *testing.T) {
	tests := map[string]struct {
		every, took time.Duration
		want        int64 // in 10 s
	}{
		"quick":  {time.Second, 0, 9},
		"slow":   {time.Second, 50 * time.Millisecond, 4}, // 1 s, then 2.5 s each
		"at all": {0, 0, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &counter{took: tc.took}
				m := New(Config{
					Sessions: func() []Session { return []Session{fake{"s1"}} }, Log: slowLog{}, Observer: c,
					Logger: slog.New(slog.DiscardHandler), Every: tc.every,
				})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second-time.Millisecond)
				defer cancel()
				m.Run(ctx)
				if n := c.n.Load(); n != tc.want {
					t.Errorf("%d checks, want %d", n, tc.want)
				}
			})
		})
	}
}

func TestTakesTurns(t *testing.T) {
	m := New(Config{Sessions: func() []Session { return []Session{fake{"c"}, fake{"a"}, fake{"b"}} }})
	var order []string
	last := ""
	for range 4 {
		last = m.next(last).ID()
		order = append(order, last)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "a"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	m.Sessions = func() []Session { return nil }
	if s := m.next("a"); s != nil {
		t.Errorf("%v is next of none", s)
	}
}

func TestEvidenceIsBounded(t *testing.T) {
	at := func(v uint64) journal.Position { return journal.Position{Epoch: 1, Version: v} }
	loaded := &journal.Loaded{}
	for v := range uint64(200) {
		loaded.Entries = append(loaded.Entries, journal.Entry{Position: at(v + 1), Kind: journal.KindCommand, Data: make([]byte, 100)})
	}
	live := session.Sample{Session: "s", Position: at(150), State: []byte(strings.Repeat("x", maxStateBytes+1))}
	e := newEvidence(live, session.Sample{}, loaded, "fault")
	if n := len(e.Entries); n != maxEntries || e.Omitted != 150-maxEntries || e.Entries[n-1].Position != "1-150" || len(e.Live.State) > maxStateBytes+len(truncationMarker) {
		t.Errorf("%d entries up to %s, %d omitted, state of %d bytes", n, e.Entries[n-1].Position, e.Omitted, len(e.Live.State))
	}
	loaded.Entries[149].Data = make([]byte, maxEntryBytes)
	if e := newEvidence(live, session.Sample{}, loaded, ""); len(e.Entries) != 1 {
		t.Errorf("%d entries, want the one that is as large as the bound", len(e.Entries))
	}
	var c cabinet
	kept := 0
	for i := range 2 * maxEvidence {
		for range 2 {
			if c.put(&Evidence{Session: fmt.Sprint(i)}) {
				kept++
			}
		}
	}
	if kept != maxEvidence || len(c.all()) != maxEvidence {
		t.Errorf("%d kept, want %d", kept, maxEvidence)
	}
}

// claims is a session that says where it stands.
type claims struct{ at journal.Position }

func (claims) ID() string { return "s1" }

func (c claims) Sample(context.Context) (session.Sample, error) {
	return session.Sample{Session: "s1", Position: c.at}, nil
}

type holds struct{ loaded journal.Loaded }

func (h holds) Load(context.Context, string) (*journal.Loaded, error) { return &h.loaded, nil }

// TestJournalsThatDoNotFit: what cannot be folded is an alarm, what is not there
// is none.
func TestJournalsThatDoNotFit(t *testing.T) {
	at := func(v uint64) journal.Position { return journal.Position{Epoch: 1, Version: v} }
	genesis := journal.Entry{Position: at(1), Kind: journal.KindGenesis, Data: []byte(
		`{"schema":"` + session.Schema + `","commitment":"` + dice.Commit([32]byte{}) + `","ruleset":"srd-5.2.1","scenario":{"map":{"width":2,"height":2},"combatants":[
		{"id":"ogre","name":"Ogre","side":"ogres","controller":"gm","position":[0,0],"ac":11,"maxHP":9,"speed":30,"dexterity":8},
		{"id":"troll","name":"Troll","side":"trolls","controller":"gm","position":[1,1],"ac":11,"maxHP":9,"speed":30,"dexterity":8}]}}`)}
	tests := map[string]struct {
		at      uint64
		entries []journal.Entry
		want    Result
	}{
		"ends before":      {5, []journal.Entry{genesis}, Behind},
		"begins behind":    {0, []journal.Entry{genesis}, Overtaken},
		"cannot be folded": {2, []journal.Entry{genesis, {Position: at(2), Kind: journal.KindCommand, Data: []byte("{")}}, Different},
		"has a hole":       {3, []journal.Entry{genesis, {Position: at(3), Kind: journal.KindThaw, Data: []byte("{}")}}, Different},
		"holds nothing":    {3, nil, Different},
		"of a later build": {1, []journal.Entry{{Position: at(1), Kind: journal.KindGenesis, Data: []byte(`{"schema":"x/9"}`)}}, Failed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, evidence, err := Check(t.Context(), claims{at(tc.at)}, holds{journal.Loaded{Entries: tc.entries}})
			if got != tc.want || (evidence != nil) != (tc.want == Different) || (err == nil) != (tc.want == Different) {
				t.Errorf("%s, evidence %v, error %v; want %s", got, evidence, err, tc.want)
			}
			if evidence != nil && evidence.Fault == "" {
				t.Error("the evidence does not say why")
			}
		})
	}
}
