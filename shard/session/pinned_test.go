// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/srd"
)

// A session plays by the ruleset and the data it was created with, whatever the
// next owner finds in its spec or in its own library.
func TestRulesetAndDataArePinned(t *testing.T) {
	m := journal.NewMemory()
	assign(t, m, "a", 1, journal.ModeCreate)
	spec := duelSpec()
	spec.Scenario = json.RawMessage(`{"map":{"width":10,"height":10},"combatants":[
		{"id":"ann","name":"Ann","side":"heroes","controller":"ann","statBlock":"fighter","position":[2,2]},
		{"id":"imp","name":"Imp","side":"foes","controller":"gm","statBlock":"goblin-warrior","position":[5,5]}]}`)
	s, err := Create(t.Context(), testConfig(m), owner("a", 1), spec)
	if err != nil {
		t.Fatal(err)
	}
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	gm.acked(`{"type":"start_combat"}`)
	s.Stop()
	<-s.Done()
	loaded, err := m.Load(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	first, entries, err := begin(testSession, loaded)
	if err != nil {
		t.Fatal(err)
	}
	fight := first.state.Fight
	if fight.Ruleset != spec.Ruleset || fight.Data != srd.V1 || len(fight.Blocks) != 2 {
		t.Fatalf("pinned to %s, %s with %d stat blocks", fight.Ruleset, fight.Data, len(fight.Blocks))
	}

	// Another build has another goblin under that name: the genesis entry has its
	// own.
	i := bytes.Index(loaded.Entries[0].Data, []byte(`"id":"goblin-warrior"`))
	if i < 0 {
		t.Fatal("the genesis entry does not bring the stat block")
	}
	spec.Ruleset, spec.Scenario = rules.RulesetSRD51, json.RawMessage(`{}`)
	assign(t, m, "b", 2, journal.ModeFailover)
	cfg := testConfig(m)
	cfg.Shard = "b"
	b, err := NewStandby(t.Context(), cfg, owner("b", 2), "a", spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, err := first.fold(e); err != nil {
			t.Fatal(err)
		}
	}
	want, err := first.state.Hash()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.replica.state.Hash(); err != nil || got != want {
		t.Errorf("the next owner has state %s (%v), the journal gives %s", got, err, want)
	}
	if got := b.replica.state.Fight; got.Ruleset != rules.RulesetSRD521 || got.Data != srd.V1 {
		t.Errorf("the next owner plays by %s, %s", got.Ruleset, got.Data)
	}
}

// A shard whose build does not have the ruleset of a session does not take it.
func TestUnknownRulesetIsRefused(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	s.Stop()
	<-s.Done()
	loaded, err := m.Load(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	later := func(data []byte) []byte { return bytes.Replace(data, []byte(`"srd-5.2.1"`), []byte(`"srd-9"`), 1) }
	genesis := *loaded
	genesis.Entries = append([]journal.Entry(nil), loaded.Entries...)
	genesis.Entries[0].Data = later(genesis.Entries[0].Data)
	if _, _, err := begin(testSession, &genesis); !errors.Is(err, rules.ErrRuleset) {
		t.Errorf("a genesis entry of a later ruleset: %v", err)
	}
	first, _, err := begin(testSession, loaded)
	if err != nil {
		t.Fatal(err)
	}
	data, err := first.state.Encode()
	if err != nil {
		t.Fatal(err)
	}
	snapshot := &journal.Snapshot{Position: first.state.Position, Schema: Schema, Data: later(data)}
	if _, _, err := begin(testSession, &journal.Loaded{Snapshot: snapshot}); !errors.Is(err, rules.ErrRuleset) {
		t.Errorf("a snapshot of a later ruleset: %v", err)
	}
}
