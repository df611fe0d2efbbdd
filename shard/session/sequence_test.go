// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// onTurn returns who acts now, and the attack and the end of turn that it makes.
func onTurn(gm, ann *client) (c *client, attack, end string) {
	if gm.leaf("/combat/turn") == `"goblin"` {
		return gm, `{"type":"attack","attacker":"goblin","target":"aria","attack":"blade"}`, `{"type":"end_turn","creature":"goblin"}`
	}
	return ann, `{"type":"attack","attacker":"aria","target":"goblin","attack":"sword"}`, `{"type":"end_turn","creature":"aria"}`
}

func sequenceOf(actions ...string) string {
	return `{"type":"sequence","actions":[` + strings.Join(actions, ",") + `]}`
}

func TestSequenceIsOneEntry(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	for range 4 {
		before := gm.doc.Position().Version
		c, attack, end := onTurn(gm, ann)
		turn := gm.leaf("/combat/turn")
		ack := c.acked(sequenceOf(attack, end))
		catchUp(ack.Version, gm, ann)
		if ack.Version != before+1 {
			t.Errorf("the sequence is entry %d, want %d", ack.Version, before+1)
		}
		if after := gm.leaf("/combat/turn"); after == turn {
			t.Errorf("it is still the turn of %s", after)
		}
		told := gm.updates[len(gm.updates)-1].Events
		if len(told) < 3 || !strings.Contains(string(told[0]), "attack_rolled") || !strings.Contains(string(told[len(told)-1]), "turn_started") {
			t.Errorf("the update tells of %s", told)
		}
	}
	// What a sequence wrote folds to the same state elsewhere.
	s.Stop()
	<-s.Done()
	r := replayed(t, m, func(*Replay, *Command) {})
	want, err := s.state.Hash()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.replica.state.Hash(); err != nil || got != want {
		t.Errorf("the fold has hash %s (%v), the session %s", got, err, want)
	}
}

func TestSequenceHappensWholeOrNotAtAll(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	c, attack, end := onTurn(gm, ann)
	for name, tc := range map[string]struct{ action, want string }{
		"none":            {sequenceOf(), wire.RefusalBadCommand},
		"too many":        {sequenceOf(strings.Split(strings.Repeat(end+"\n", wire.MaxActions)+end, "\n")...), wire.RefusalBadCommand},
		"second refused":  {sequenceOf(attack, attack), "no_action_left"},
		"one in another":  {sequenceOf(attack, sequenceOf(end)), "unknown_command"},
		"not an action":   {sequenceOf(attack, `7`), "malformed_command"},
		"a text":          {`{"type":"sequence","actions":[""]}`, "malformed_command"},
		"not a list":      {`{"type":"sequence","actions":7}`, wire.RefusalBadCommand},
		"word as a value": {`{"type":"end_turn","creature":"sequence"}`, "unknown_creature"},
	} {
		t.Run(name, func(t *testing.T) {
			before := last(t, m)
			f := c.do(tc.action)
			var r wire.Refusal
			if f.Type != wire.TypeRefusal {
				t.Fatalf("answered with %s", f.Data)
			}
			c.decode(f, &r)
			if r.Code != tc.want {
				t.Errorf("refused with %s (%s), want %s", r.Code, r.Message, tc.want)
			}
			if after := last(t, m); after != before {
				t.Errorf("the journal went from %s to %s", before, after)
			}
		})
	}
	// The number that the refused ones were given is free.
	c.acked(attack)
}

// FuzzSplit: what is taken apart has the parts that encoding/json finds.
func FuzzSplit(f *testing.F) {
	for _, text := range []string{
		`{"type":"sequence","actions":[{"type":"attack","attack":"sw\\"]}ord"},{"type":"move","path":[[1,2],[2,2]]},{}]}`,
		`{"type":"sequence","actions":[]}`, `{"type":"sequence","actions":[{}]}`, `{"type":"sequence","actions":[{}],"type":"dash"}`,
		`{"type":"sequence","actions":[1,{}]}`, `{"type":"sequence","actions":[[],{}]}`, `{"type":"sequence","actions":[{} ,{}]}`,
		`{"type":"sequence","actions":[{},{},{},{},{},{},{},{},{}]}`, `{"type":"sequence","actions":[{},[]]}`, `{"type":"sequence","actions":[{},"x"]}`,
		`{"type":"sequence","actions":[""]}`, `{"type":"sequence","actions":["x",{}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		got, usual := split(text)
		if !usual {
			return
		}
		var want sequence
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%s is taken apart; encoding/json says %v", text, err)
		}
		if diff := cmp.Diff(want, sequence{Type: "sequence", Actions: got}, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s is taken apart as (-want +got):\n%s", text, diff)
		}
	})
}

func TestSplitTakesWhatIsUsual(t *testing.T) {
	got, usual := split(json.RawMessage(`{"type":"sequence","actions":[{"type":"attack","attack":"\"]}"},{"type":"end_turn"}]}`))
	if !usual || len(got) != 2 || string(got[1]) != `{"type":"end_turn"}` {
		t.Errorf("got %s, %t", got, usual)
	}
}
