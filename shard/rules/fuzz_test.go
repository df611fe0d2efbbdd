// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// stages are states of the scenes that differ: one with each kind of window, one
// with zones, one with somebody in the air, and so on.
func stages(t testing.TB) []*State {
	t.Helper()
	seen := map[string]bool{}
	var list []*State
	playScenes(t, func(_ Command, _ []Event, s *State) {
		traits := []string{s.Ruleset, fmt.Sprint(len(s.Zones) > 0, s.Combat.Phase)}
		if s.Window != nil {
			traits = append(traits, string(s.Window.Kind))
		}
		for i := range s.Creatures {
			c := &s.Creatures[i]
			traits = append(traits, fmt.Sprint(c.Status, c.Altitude > 0, c.Hiding > 0, c.Shrunk, c.inside() != "", c.Ready != nil))
		}
		for _, trait := range traits {
			if !seen[trait] {
				seen[trait] = true
				list = append(list, s.Clone())
				break
			}
		}
	})
	return list
}

func FuzzDecodeCommand(f *testing.F) {
	playScenes(f, func(c Command, _ []Event, _ *State) {
		if raw, err := EncodeCommand(c); err == nil {
			f.Add(raw)
		}
	})
	stages := append(stages(f), fight(f, nil).State)
	for _, seed := range []string{
		`{"type":"start_combat"}`,
		`{"type":"move","creature":"aria","path":[[2,1],[2,0]]}`,
		`{"type":"attack","attacker":"aria","target":"goblin-1","attack":"sword"}`,
		`{"type":"end_turn","creature":"aria"}`,
		`{"type":"dash","creature":"aria","creature":"brom"}`,
		`[]`, `{"type":{}}`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		command, refusal := DecodeCommand(raw)
		if refusal != nil {
			return
		}
		encoded, err := EncodeCommand(command)
		if err != nil {
			t.Fatal(err)
		}
		again, refusal := DecodeCommand(encoded)
		if refusal != nil || !cmp.Equal(command, again, cmpopts.EquateEmpty()) {
			t.Fatalf("%s became %+v, then %+v (%+v)", raw, command, again, refusal)
		}
		for _, s := range stages {
			for _, by := range []Actor{gm, p1, {Player: "ann", Role: RolePlayer}, spectator} {
				events, refusal := Decide(s, by, command, s.Dice())
				if refusal != nil && refusal.Code == CodeInternal {
					t.Fatalf("%s by %+v: %s", raw, by, refusal.Message)
				}
				if refusal == nil {
					if err := s.Clone().ApplyAll(events); err != nil {
						t.Fatalf("%s by %+v: %v", raw, by, err)
					}
				}
			}
		}
	})
}

func FuzzDecodeEvents(f *testing.F) {
	p := newPlay(f, ambush(), RulesetSRD521)
	for range 12 {
		by, command := sensible(p.State)
		events, _ := Decide(p.State, by, command, p.Dice())
		raw, err := EncodeEvents(events)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		if err := p.ApplyAll(events); err != nil {
			f.Fatal(err)
		}
	}
	playScenes(f, func(_ Command, events []Event, _ *State) {
		if raw, err := EncodeEvents(events); err == nil {
			f.Add(raw)
		}
	})
	stages := append(stages(f), newPlay(f, ambush(), RulesetSRD521).State, fight(f, nil).State)
	f.Fuzz(func(t *testing.T, raw []byte) {
		events, err := DecodeEvents(raw)
		if err != nil {
			return
		}
		encoded, err := EncodeEvents(events)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeEvents(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if reencoded, err := EncodeEvents(again); err != nil || !bytes.Equal(encoded, reencoded) {
			t.Fatalf("%s became %s (%v)", encoded, reencoded, err)
		}
		for _, stage := range stages {
			s := stage.Clone()
			s.Touched(events)
			s.Redact(ViewTable, events)
			if err := s.ApplyAll(events); err != nil {
				continue
			}
			if err := s.check(); err != nil {
				t.Fatalf("%s leaves a broken state: %v", raw, err)
			}
		}
	})
}

func FuzzStoredState(f *testing.F) {
	f.Add(encode(f, newPlay(f, ambush(), RulesetSRD51).State))
	f.Add(encode(f, fight(f, nil).State))
	for _, s := range stages(f) {
		f.Add(encode(f, s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s State
		if err := json.Unmarshal(raw, &s); err != nil {
			return
		}
		stored := encode(t, &s)
		var again State
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, stored)
		}
		if other := encode(t, &again); !bytes.Equal(stored, other) {
			t.Fatalf("%s became %s", stored, other)
		}
		rendered(&s, ViewTable)
		for range 3 {
			by, command := sensible(&s)
			events, refusal := Decide(&s, by, command, s.Dice())
			if refusal != nil {
				return
			}
			if err := s.ApplyAll(events); err != nil {
				t.Fatalf("%+v on %s: %v", command, stored, err)
			}
		}
	})
}
