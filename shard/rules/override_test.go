// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
)

// What a game master sets right has an event that says so and names them, and every
// view is told; what creatures do has none, not even what they are granted for it.
func TestOverridesSayWhoMadeThem(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "captain", "foes", Point{9, 9}}, who{"cid", "rogue", "heroes", Point{3, 3}})
	p.creature("bob").Hiding = 15
	p.do(p1, Dash{Creature: "ann"})
	for _, tc := range []struct {
		by       Actor
		command  Command
		override string // kind of the event
	}{
		{gm, Grant{Creature: "ann", Actions: 1}, "granted"},
		{p1, Disengage{Creature: "ann"}, ""},
		{gm, Grant{Creature: "bob", Reaction: true}, "granted"},
		{gm, SetHP{Creature: "bob", HP: 7}, "hp_set"},
		{gm, SetCondition{Creature: "bob", Condition: content.Prone}, "effect_added"},
		{gm, SetCondition{Creature: "bob", Condition: content.Prone, Off: true}, "effect_ended"},
		{gm, SetCondition{Creature: "bob", Condition: content.Exhaustion}, "effect_added"},
		{gm, SetCondition{Creature: "bob", Condition: content.Exhaustion, Off: true}, "effect_added"},
		{gm, SetCondition{Creature: "bob", Condition: content.Invisible, Off: true}, "revealed"},
		{gm, Place{Creature: "bob", At: Point{8, 8}}, "moved"},
		{gm, Reorder{Order: []string{"bob", "ann", "cid"}}, "order_set"},
		{gm, EndTurn{Creature: "ann"}, "turn_ended"},
		{gm, SetHP{Creature: "bob", HP: 0}, "hp_set"},
		{gm, SetHP{Creature: "bob", HP: 5}, "revived"},
	} {
		before := p.State.Clone()
		events := p.do(tc.by, tc.command)
		at := slices.IndexFunc(events, IsOverride)
		switch {
		case (at >= 0) != (tc.override != ""):
			t.Errorf("%s: override at %d of %+v", tc.command.Kind(), at, events)
		case at >= 0 && events[at].Kind() != tc.override:
			t.Errorf("%s: the override is %s, want %s", tc.command.Kind(), events[at].Kind(), tc.override)
		}
		for _, view := range Views() {
			told, err := json.Marshal(before.Redact(view, events))
			if err != nil {
				t.Fatal(err)
			}
			if named := strings.Contains(string(told), `"by":"`+gm.Player+`"`); named != (at >= 0) {
				t.Errorf("%s: view %s is told %s", tc.command.Kind(), view, told)
			}
		}
	}
}
