// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/test/redistest"
)

// play writes a transcript of three dice, and gives it with the first face.
func play(t *testing.T) (file string, face int) {
	t.Helper()
	seed, nonces := [32]byte{3}, map[string]string{"ann": "luck"}
	rolled := &dice.Recorder{From: dice.NewCounter(dice.Key(seed, "s-1", nonces), 0)}
	for range 3 {
		rolled.Roll(20)
	}
	var b strings.Builder
	for _, line := range []dice.Line{
		{Kind: dice.LineSession, Format: dice.TranscriptFormat, Session: "s-1", Commitment: dice.Commit(seed)},
		{Kind: dice.LineNonce, Version: 2, Player: "ann", Nonce: "luck"},
		{Kind: dice.LineRolls, Version: 3, Dice: rolled.All},
		{Kind: dice.LineReveal, Version: 4, Seed: fmt.Sprintf("%x", seed)},
	} {
		raw, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(raw, '\n'))
	}
	file = filepath.Join(t.TempDir(), "dice.ndjson")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, rolled.All[0].Face
}

func TestVerify(t *testing.T) {
	file, face := play(t)
	code, out, errOut := try(t, nil, "verify", file)
	if want := "3 dice in 1 entries are the ones that the seed and 1 nonces give"; code != 0 || !strings.Contains(out, want) {
		t.Errorf("exit code %d, %s%s; want %q", code, out, errOut, want)
	}
	honest, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cheat := strings.Replace(string(honest), fmt.Sprintf("[20,%d]", face), fmt.Sprintf("[20,%d]", face%20+1), 1)
	if err := os.WriteFile(file, []byte(cheat), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errOut = try(t, nil, "verify", file)
	if want := fmt.Sprintf("line 3: die 0, a d20, shows %d, but seed and nonces give %d", face%20+1, face); code != 1 || !strings.Contains(errOut, want) {
		t.Errorf("exit code %d, %s; want %q", code, errOut, want)
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
		"no such session": {[]string{"transcript", "brawl", "--redis-url", server.URL()}, 1, "reading session brawl"},
		"no URL":          {[]string{"transcript", "ambush", "--redis-url", "http://x"}, 2, "--redis-url must be"},
		"other keys":      {[]string{"transcript", "ambush", "--redis-url", server.URL(), "--key-prefix", "other"}, 1, "reading the journal of session ambush"},
	} {
		if code, _, errOut := try(t, nil, tc.args...); code != tc.code || !strings.Contains(errOut, tc.want) {
			t.Errorf("%s: exit code %d, %s; want %q", name, code, errOut, tc.want)
		}
	}
}
