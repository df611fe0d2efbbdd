// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/wire"
)

// folded plays a replay to its end.
func folded(t *testing.T, r *Replay, err error) *Replay {
	t.Helper()
	for more := true; more && err == nil; {
		_, more, err = r.Next()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A transcript gives the state that the journal gives, and the views that clients
// saw last: with everything a journal can hold, from its genesis entry or from a
// snapshot on.
func TestTranscriptIsFolded(t *testing.T) {
	for name, every := range map[string]uint64{"from the genesis": 512, "from a snapshot": 4} {
		t.Run(name, func(t *testing.T) {
			m := journal.NewMemory()
			cfg := testConfig(m)
			cfg.SnapshotEvery = every
			s := startedWith(t, m, cfg)
			gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
			gm.attach(s)
			ann.attach(s)
			ann.acked(nonceAction("luck"))
			fight(t, gm, ann)
			var before wire.Ack
			for range 6 {
				_, before = swing(t, gm, ann)
			}
			swing(t, gm, ann)
			back := gm.acked(fmt.Sprintf(`{"type":"rollback","version":%d}`, before.Version))
			catchUp(back.Version, gm, ann)
			if _, err := s.ChangeAccess(t.Context(), gameMaster, "eve", Ban); err != nil {
				t.Fatal(err)
			}
			if live := transcriptOf(t, m); bytes.Contains(live, fmt.Appendf(nil, "%x", s.state.Fight.Seed)) || bytes.Contains(live, fmt.Appendf(nil, "%x", s.state.Dice.Seed)) {
				t.Error("a transcript before the end has the dice of the future in it")
			}
			swing(t, gm, ann)
			endSession(s, gm, ann)

			text := transcriptOf(t, m)
			if report, err := dice.Verify(bytes.NewReader(text)); err != nil || (report.First > 0) != (every == 4) {
				t.Errorf("the dice: %+v, %v", report, err)
			}
			read, err := ReadTranscript(bytes.NewReader(text))
			got := folded(t, read, err)
			loaded, err := m.Load(t.Context(), testSession)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := NewReplay(testSession, loaded)
			want := folded(t, kept, err)
			if a, b := stateHash(t, got), stateHash(t, want); a != b {
				t.Errorf("the transcript gives state %s, the journal %s", a, b)
			}
			for view, c := range map[rules.View]*client{rules.ViewGM: gm, rules.ViewTable: ann} {
				if got.ViewHash(view) != c.doc.Hash() {
					t.Errorf("view %s has hash %s, clients saw %s", view, got.ViewHash(view), c.doc.Hash())
				}
			}
		})
	}
}

func stateHash(t *testing.T, r *Replay) string {
	t.Helper()
	hash, err := r.StateHash()
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestTranscriptsThatAreNotFolded(t *testing.T) {
	const (
		session = `{"kind":"session","session":"s","journal":{}}` + "\n"
		reveal  = `{"kind":"reveal","seed":"0000000000000000000000000000000000000000000000000000000000000000"}` + "\n"
	)
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":           {"", "line 1"},
		"no JSON":           {session + "{", "line 2"},
		"no session":        {reveal, "one session line comes first"},
		"two":               {session + session, "one session line comes first"},
		"before the end":    {session, "has not ended"},
		"a short seed":      {session + `{"kind":"reveal","seed":"00"}`, "64 hex digits"},
		"no beginning":      {session + reveal, "neither a genesis nor a state"},
		"a state of nobody": {`{"kind":"session","journal":{"state":{}}}` + "\n" + reveal, "neither a genesis nor a state"},
	} {
		if _, err := ReadTranscript(strings.NewReader(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
