// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/test/redistest"
)

// play begins a fight and writes the transcript of its session; face is that of the
// first die.
func play(t *testing.T) (file string, face int) {
	t.Helper()
	const id = "s-1"
	seed := [32]byte{3}
	must := func(data []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	first := fmt.Appendf(nil, genesis, session.Schema, must(json.Marshal(seed)), dice.Commit(seed))
	var begun struct{ Scenario rules.Scenario }
	must(nil, json.Unmarshal(first, &begun))
	key := dice.Key(seed, id, map[string]string{"ann": "luck"})
	state, err := rules.New(begun.Scenario, rules.RulesetSRD521, key)
	must(nil, err)
	rolled := &dice.Recorder{From: dice.NewCounter(key, 0)}
	events, refusal := rules.Decide(state, rules.Actor{Player: "gm", Role: rules.RoleGM}, rules.StartCombat{}, rolled)
	if refusal != nil {
		t.Fatal(refusal.Message)
	}
	loaded := &journal.Loaded{Entries: []journal.Entry{{Position: journal.Position{Epoch: 1, Version: 1}, Kind: journal.KindGenesis, Data: first}}}
	for _, record := range []map[string]any{
		{"player": "ann", "n": 1, "nonce": "luck"},
		{"player": "gm", "n": 1, "events": json.RawMessage(must(rules.EncodeEvents(events))), "dice": rolled.All},
		{"lifecycle": "Ended", "reveal": rules.Seed(seed)},
	} {
		loaded.Entries = append(loaded.Entries, journal.Entry{
			Position: journal.Position{Epoch: 1, Version: loaded.Last().Version + 1}, Kind: journal.KindCommand, Data: must(json.Marshal(record)),
		})
	}
	var text bytes.Buffer
	must(nil, session.WriteTranscript(&text, id, loaded))
	file = filepath.Join(t.TempDir(), "dice.ndjson")
	must(nil, os.WriteFile(file, text.Bytes(), 0o600))
	return file, rolled.All[0].Face
}

func TestVerify(t *testing.T) {
	file, face := play(t)
	code, out, errOut := try(t, nil, "verify", file)
	for _, want := range []string{"2 dice in 1 entries are the ones that the seed and 1 nonces give", "end at version 4", "  public "} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, %s%s; want %q", code, out, errOut, want)
		}
	}
	honest, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := face%20 + 1
	cheat := strings.Replace(string(honest), fmt.Sprintf("[20,%d]", face), fmt.Sprintf("[20,%d]", other), 1)
	if err := os.WriteFile(file, []byte(cheat), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errOut = try(t, nil, "verify", file)
	if want := fmt.Sprintf("line 3: an event tells of %d for die 0, which was not rolled so", face); code != 1 || !strings.Contains(errOut, want) {
		t.Errorf("exit code %d, %s; want %q", code, errOut, want)
	}
	cheat = strings.Replace(cheat, fmt.Sprintf(`"faces":[%d]`, face), fmt.Sprintf(`"faces":[%d]`, other), 1)
	if err := os.WriteFile(file, []byte(cheat), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errOut = try(t, nil, "verify", file)
	if want := fmt.Sprintf("line 3: die 0, a d20, shows %d, but seed and nonces give %d", other, face); code != 1 || !strings.Contains(errOut, want) {
		t.Errorf("exit code %d, %s; want %q", code, errOut, want)
	}
	// Dice that are right under events that cannot have been.
	unlike := strings.Replace(string(honest), `"order":[{"creature":"`, `"order":[{"creature":"nobody-`, 1)
	if err := os.WriteFile(file, []byte(unlike), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut = try(t, nil, "verify", file); code != 1 || !strings.Contains(errOut, "cannot be folded") {
		t.Errorf("events of nobody: exit code %d, %s", code, errOut)
	}
	if code, _, errOut = try(t, nil, "verify", file+".none"); code != 1 || !strings.Contains(errOut, "opening the transcript") {
		t.Errorf("no file: exit code %d, %s", code, errOut)
	}
	if code, _, errOut = try(t, nil, "verify"); code != 2 || !strings.Contains(errOut, "name the file") {
		t.Errorf("no name: exit code %d, %s", code, errOut)
	}
}

const genesis = `{"schema": %q, "ruleset": "srd-5.2.1", "seed": %s, "commitment": %q,
  "scenario": {"map": {"width": 2, "height": 2}, "combatants": [
    {"id": "aria", "name": "Aria", "side": "heroes", "controller": "ann", "position": [1, 1], "ac": 15, "maxHP": 60, "speed": 30, "dexterity": 14},
    {"id": "rat", "name": "Rat", "side": "rats", "controller": "gm", "position": [0, 0], "ac": 10, "maxHP": 1, "speed": 20, "dexterity": 11}]}}`

func TestTranscript(t *testing.T) {
	server := redistest.Start(t)
	log, err := journal.NewRedis(server.Options(), journal.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	id := string(objectMeta("ambush").UID)
	seed := [32]byte{3}
	raw, err := json.Marshal(seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Assign(t.Context(), journal.Assignment{Session: id, Epoch: 1, Shard: "pool-a", Pool: "games.pool", Mode: journal.ModeCreate}); err != nil {
		t.Fatal(err)
	}
	me := journal.Owner{Shard: "pool-a", Incarnation: "i", Epoch: 1}
	if _, err := log.Create(t.Context(), id, me, fmt.Appendf(nil, genesis, session.Schema, raw, dice.Commit(seed))); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := try(t, nil, "transcript", "ambush", "--redis-url", server.URL())
	var line dice.Line
	if code != 0 || json.Unmarshal([]byte(out), &line) != nil || line.Commitment != dice.Commit(seed) || line.Session != id {
		t.Errorf("exit code %d, %s%s", code, out, errOut)
	}
	if strings.Contains(out, fmt.Sprintf("%x", seed)) {
		t.Error("the seed is told before the end")
	}
	for name, tc := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no such session": {[]string{"transcript", "brawl", "--redis-url", server.URL()}, 1, "there is no session brawl"},
		"no URL":          {[]string{"transcript", "ambush", "--redis-url", "http://x"}, 2, "--redis-url must be"},
		"other keys":      {[]string{"transcript", "ambush", "--redis-url", server.URL(), "--key-prefix", "other"}, 1, "reading the journal of session ambush"},
	} {
		if code, _, errOut := try(t, nil, tc.args...); code != tc.code || !strings.Contains(errOut, tc.want) {
			t.Errorf("%s: exit code %d, %s; want %q", name, code, errOut, tc.want)
		}
	}
}
