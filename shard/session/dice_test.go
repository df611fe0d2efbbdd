// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/wire"
)

func nonceAction(nonce string) string {
	action, _ := json.Marshal(map[string]string{"type": wire.ActionNonce, "nonce": nonce})
	return string(action)
}

func (c *client) refused(action string) string {
	c.t.Helper()
	f := c.do(action)
	var r wire.Refusal
	if f.Type != wire.TypeRefusal {
		c.t.Fatalf("%s: %s", action, f.Data)
	}
	c.decode(f, &r)
	return r.Code
}

// endSession ends the session as the operator does, and waits until clients
// know the seed.
func endSession(s *Session, clients ...*client) {
	spec := duelSpec()
	spec.Lifecycle = registry.LifecycleEnded
	s.SetSpec(spec)
	for _, c := range clients {
		for c.leaf(sessionPrefix+seedLeaf) == "" {
			c.next()
		}
	}
}

func transcriptOf(t *testing.T, m *journal.Memory) []byte {
	t.Helper()
	loaded, err := m.Load(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteTranscript(&b, testSession, loaded); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A whole game, as a player sees it: the commitment first, then the nonces,
// then dice, then the seed, and all dice are those of commitment and nonces.
func TestDiceCanBeRolledAgain(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann, eve := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player), newClient(t, "eve", auth.Spectator)
	for _, c := range []*client{gm, ann, eve} {
		c.attach(s)
	}
	commitment := ann.leaf(sessionPrefix + commitmentLeaf)
	if len(commitment) != 66 || gm.leaf(sessionPrefix+commitmentLeaf) != commitment || eve.leaf(sessionPrefix+commitmentLeaf) != commitment {
		t.Fatalf("commitment %s for a player, %s for the game master, %s for spectators", commitment, gm.leaf(sessionPrefix+commitmentLeaf), eve.leaf(sessionPrefix+commitmentLeaf))
	}
	ann.acked(nonceAction(`my\luck"7`))
	at := gm.acked(nonceAction("gm-luck"))
	catchUp(at.Version, gm, ann, eve)
	if got := eve.leaf(sessionPrefix + nonceLeaves + "ann"); got != `"my\\luck\"7"` {
		t.Errorf("others see the nonce of ann as %s", got)
	}
	fight(t, gm, ann)
	for range 6 {
		swing(t, gm, ann)
	}
	if _, err := dice.Verify(bytes.NewReader(transcriptOf(t, m))); err == nil || !strings.Contains(err.Error(), "not revealed") {
		t.Errorf("before the end the transcript gives %v", err)
	}
	for path := range maps.Keys(gm.doc.Leaves()) {
		if path == sessionPrefix+seedLeaf {
			t.Error("the game master sees the seed before the end")
		}
	}
	endSession(s, gm, ann, eve)
	report, err := dice.Verify(bytes.NewReader(transcriptOf(t, m)))
	if err != nil {
		t.Fatal(err)
	}
	if `"`+report.Commitment+`"` != commitment || report.Nonces["ann"] != `my\luck"7` || report.Nonces["gm"] != "gm-luck" ||
		report.First != 0 || report.Dice < 8 || report.Session != testSession {
		t.Errorf("report %+v; ann wrote down %s", report, commitment)
	}
	var seed string
	if err := json.Unmarshal([]byte(ann.leaf(sessionPrefix+seedLeaf)), &seed); err != nil {
		t.Fatal(err)
	}
	if raw, err := hex.DecodeString(seed); err != nil || `"`+dice.Commit([32]byte(raw))+`"` != commitment {
		t.Errorf("the seed %s is not the one committed to (%v)", seed, err)
	}
}

func TestNonces(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann, eve := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player), newClient(t, "eve", auth.Spectator)
	for _, c := range []*client{gm, ann, eve} {
		c.attach(s)
	}
	for nonce, want := range map[string]string{"": wire.RefusalBadCommand, "a b": wire.RefusalBadCommand, strings.Repeat("x", 65): wire.RefusalBadCommand} {
		if got := ann.refused(nonceAction(nonce)); got != want {
			t.Errorf("nonce %q: %s, want %s", nonce, got, want)
		}
	}
	if got := eve.refused(nonceAction("x")); got != wire.RefusalForbidden {
		t.Errorf("a spectator's nonce: %s", got)
	}
	ann.acked(nonceAction("once"))
	if got := ann.refused(nonceAction("twice")); got != wire.RefusalNoncesClosed {
		t.Errorf("a second nonce: %s", got)
	}
	fight(t, gm, ann)
	if got := gm.refused(nonceAction("late")); got != wire.RefusalNoncesClosed {
		t.Errorf("a nonce after the first die: %s", got)
	}
	if got := gm.refused(`{"type":"sequence","actions":[` + nonceAction("inside") + `]}`); got == "" {
		t.Error("a nonce in a sequence is taken")
	}
}

// Nonces change the dice, and everybody's do.
func TestNoncesKeyTheDice(t *testing.T) {
	state := func(nonces ...string) rules.Seed {
		g, err := json.Marshal(genesisRecord{Schema: Schema, Ruleset: "srd-5.2.1", Scenario: scenarioOf(t), Seed: [32]byte{1}, Commitment: dice.Commit([32]byte{1})})
		if err != nil {
			t.Fatal(err)
		}
		s, err := genesis(testSession, journal.Entry{Kind: journal.KindGenesis, Data: g})
		if err != nil {
			t.Fatal(err)
		}
		for i, nonce := range nonces {
			if err := s.addNonce([]string{"ann", "gm"}[i], nonce); err != nil {
				t.Fatal(err)
			}
		}
		return s.Fight.Seed
	}
	seen := map[rules.Seed]bool{{1}: true}
	for _, seed := range []rules.Seed{state(), state("a"), state("b"), state("a", "c"), state("a", "d")} {
		if seen[seed] {
			t.Errorf("two sets of nonces give the same dice")
		}
		seen[seed] = true
	}
}

func scenarioOf(t *testing.T) (sc rules.Scenario) {
	t.Helper()
	if err := json.Unmarshal([]byte(duel), &sc); err != nil {
		t.Fatal(err)
	}
	return sc
}

// What a journal must not hold.
func TestForgedDiceAreNotFolded(t *testing.T) {
	seed := [32]byte{1}
	data, err := json.Marshal(genesisRecord{Schema: Schema, Ruleset: "srd-5.2.1", Scenario: scenarioOf(t), Seed: seed, Commitment: dice.Commit([32]byte{2})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := genesis(testSession, journal.Entry{Kind: journal.KindGenesis, Data: data}); err == nil || !strings.Contains(err.Error(), "commits to") {
		t.Errorf("a genesis that commits to another seed: %v", err)
	}
	tests := map[string]struct {
		record record
		want   string
	}{
		"a die that no event counts": {record{Dice: []dice.Rolled{{Sides: 20, Face: 3}}}, "the next die is 0 by the events and 1 by the dice"},
		"another seed":               {record{Reveal: &rules.Seed{9}}, "not the one of the session"},
		"no nonce":                   {record{Player: "ann", Nonce: "a b"}, "a nonce has 1 to 64"},
	}
	for name, tc := range tests {
		s := &State{Dice: Dice{Seed: seed}, Fight: &rules.State{}, Players: map[string]*Player{}}
		if err := s.applyRecord(journal.Position{}, &tc.record); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// After the genesis entry is gone the dice from the snapshot on can be checked.
func TestTranscriptFromASnapshot(t *testing.T) {
	m := journal.NewMemory()
	cfg := testConfig(m)
	cfg.SnapshotEvery = 4
	s := startedWith(t, m, cfg)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	ann.acked(nonceAction("luck"))
	fight(t, gm, ann)
	for range 12 {
		if _, last := swing(t, gm, ann); gm.leaf("/combat/phase") == `"over"` {
			t.Fatalf("the fight is over at %d", last.Version)
		}
	}
	endSession(s, gm, ann)
	report, err := dice.Verify(bytes.NewReader(transcriptOf(t, m)))
	if err != nil {
		t.Fatal(err)
	}
	if report.First == 0 || report.Dice == 0 || report.Nonces["ann"] != "luck" {
		t.Errorf("report %+v", report)
	}
}
