// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEdit(t *testing.T) {
	for name, tc := range map[string]struct {
		path, value string
		want        Command // nil: refused
	}{
		"hit points":            {"/creatures/goblin/hp", "7", SetHP{Creature: "goblin", HP: 7}},
		"a position":            {"/creatures/goblin/position", "[3,4]", Place{Creature: "goblin", At: Point{3, 4}}},
		"a condition":           {"/creatures/goblin/conditions/prone", "true", SetCondition{Creature: "goblin", Condition: "prone"}},
		"a condition off":       {"/creatures/goblin/conditions/prone", "false", SetCondition{Creature: "goblin", Condition: "prone", Off: true}},
		"a reaction":            {"/creatures/goblin/reaction", "true", Grant{Creature: "goblin", Reaction: true}},
		"the order":             {"/combat/order", `["a","b"]`, Reorder{Order: []string{"a", "b"}}},
		"half a hit point":      {"/creatures/goblin/hp", "7.5", nil},
		"hit points in words":   {"/creatures/goblin/hp", `"7"`, nil},
		"no hit points":         {"/creatures/goblin/hp", "null", nil},
		"nothing":               {"/creatures/goblin/hp", "", nil},
		"one coordinate":        {"/creatures/goblin/position", "[3]", nil},
		"three coordinates":     {"/creatures/goblin/position", "[3,4,5]", nil},
		"an unknown condition":  {"/creatures/goblin/conditions/sleepy", "true", nil},
		"a reaction away":       {"/creatures/goblin/reaction", "false", nil},
		"what follows":          {"/creatures/goblin/health", `"dead"`, nil},
		"what never changes":    {"/creatures/goblin/ac", "30", nil},
		"all of a creature":     {"/creatures/goblin", "{}", nil},
		"the dice":              {"/session/dice/seed", `"00"`, nil},
		"nobody":                {"/creatures//hp", "1", nil},
		"everything":            {"", "{}", nil},
		"two values":            {"/creatures/goblin/hp", "7 8", nil},
		"an order of no length": {"/combat/order", "{}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, refusal := Edit(tc.path, json.RawMessage(tc.value))
			if refusal != nil {
				if tc.want != nil || refusal.Code != CodeMalformedCommand {
					t.Errorf("refused: %+v", refusal)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("command (-want +got):\n%s", diff)
			}
		})
	}
}
