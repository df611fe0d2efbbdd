// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandForms(t *testing.T) {
	tests := map[string]Command{
		`{"type":"start_combat"}`:                                                                         StartCombat{},
		`{"type":"move","creature":"aria","path":[[1,2],[2,3]]}`:                                          Move{Creature: "aria", Path: []Point{{1, 2}, {2, 3}}},
		`{"type":"attack","attacker":"aria","target":"goblin-1","attack":"longbow"}`:                      MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "longbow"},
		`{"type":"attack","attacker":"aria","target":"orc","attack":"dagger","off":true,"knockOut":true}`: MakeAttack{Attacker: "aria", Target: "orc", Attack: "dagger", Off: true, KnockOut: true},
		`{"type":"act","creature":"orc","action":"roar","point":[1,2]}`:                                   UseAction{Creature: "orc", Action: "roar", Point: &Point{1, 2}},
		`{"type":"cast","creature":"aria","spell":"bless","level":2,"targets":["aria","brom"]}`:           Cast{Creature: "aria", Spell: "bless", Level: 2, Targets: []string{"aria", "brom"}},
		`{"type":"end_concentration","creature":"aria"}`:                                                  EndConcentration{Creature: "aria"},
		`{"type":"dash","creature":"aria","bonus":true}`:                                                  Dash{Creature: "aria", Bonus: true},
		`{"type":"disengage","creature":"aria"}`:                                                          Disengage{Creature: "aria"},
		`{"type":"dodge","creature":"aria"}`:                                                              Dodge{Creature: "aria"},
		`{"type":"help","creature":"aria","enemy":"orc"}`:                                                 Help{Creature: "aria", Enemy: "orc"},
		`{"type":"hide","creature":"aria"}`:                                                               Hide{Creature: "aria"},
		`{"type":"ready","creature":"aria","trigger":"enemy_moves","within":30,"action":"bow"}`:           Ready{Creature: "aria", Trigger: readyMove, Within: 30, Action: "bow"},
		`{"type":"search","creature":"aria"}`:                                                             Search{Creature: "aria"},
		`{"type":"influence","creature":"aria","target":"ogre","skill":"persuasion"}`:                     Influence{Creature: "aria", Target: "ogre", Skill: "persuasion"},
		`{"type":"study","creature":"aria","skill":"arcana"}`:                                             Study{Creature: "aria", Skill: "arcana"},
		`{"type":"utilize","creature":"aria","door":[3,4]}`:                                               Utilize{Creature: "aria", Door: Point{3, 4}},
		`{"type":"draw","creature":"aria","item":"dagger"}`:                                               Draw{Creature: "aria", Item: "dagger"},
		`{"type":"stow","creature":"aria","item":"dagger","drop":true}`:                                   Stow{Creature: "aria", Item: "dagger", Drop: true},
		`{"type":"grapple","creature":"aria","target":"orc"}`:                                             Grapple{Creature: "aria", Target: "orc"},
		`{"type":"shove","creature":"aria","target":"orc","prone":true}`:                                  Shove{Creature: "aria", Target: "orc", Prone: true},
		`{"type":"escape","creature":"aria"}`:                                                             Escape{Creature: "aria"},
		`{"type":"release","creature":"aria","target":"orc"}`:                                             Release{Creature: "aria", Target: "orc"},
		`{"type":"first_aid","creature":"aria","target":"brom"}`:                                          FirstAid{Creature: "aria", Target: "brom"},
		`{"type":"wake","creature":"aria","target":"brom"}`:                                               Wake{Creature: "aria", Target: "brom"},
		`{"type":"stand","creature":"aria"}`:                                                              Stand{Creature: "aria"},
		`{"type":"drop_prone","creature":"aria"}`:                                                         DropProne{Creature: "aria"},
		`{"type":"react","window":7,"option":"spell:shield","level":1}`:                                   React{Window: 7, Option: "spell:shield", Level: 1},
		`{"type":"decline","window":7}`:                                                                   Decline{Window: 7},
		`{"type":"orders","creature":"aria","orders":"take"}`:                                             GiveOrders{Creature: "aria", Orders: OrdersTake},
		`{"type":"set_hp","creature":"aria","hp":5}`:                                                      SetHP{Creature: "aria", HP: 5},
		`{"type":"set_condition","creature":"aria","condition":"prone"}`:                                  SetCondition{Creature: "aria", Condition: "prone"},
		`{"type":"place","creature":"aria","at":[1,1]}`:                                                   Place{Creature: "aria", At: Point{1, 1}},
		`{"type":"grant","creature":"aria","actions":1}`:                                                  Grant{Creature: "aria", Actions: 1},
		`{"type":"reorder","order":["aria","orc"]}`:                                                       Reorder{Order: []string{"aria", "orc"}},
		`{"type":"add_creature","combatant":{"id":"x","name":"X","side":"foes","controller":"gm","position":[1,1],"statBlock":"goblin"}}`: AddCreature{Combatant: Combatant{ID: "x", Name: "X", Side: "foes", Controller: "gm", Position: Point{1, 1}, StatBlock: "goblin"}},
		`{"type":"altitude","creature":"x","altitude":30}`: Fly{Creature: "x", Altitude: 30},
		`{"type":"remove_creature","creature":"x"}`:        RemoveCreature{Creature: "x"},
		`{"type":"end_turn","creature":"aria"}`:            EndTurn{Creature: "aria"},
		`{"type":"end_combat"}`:                            EndCombat{},
	}
	covered := map[string]bool{}
	for form, want := range tests {
		covered[want.Kind()] = true
		got, refusal := DecodeCommand([]byte(form))
		if refusal != nil {
			t.Errorf("%s refused: %+v", form, refusal)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
		encoded, err := EncodeCommand(got)
		if err != nil || string(encoded) != form {
			t.Errorf("encoded %s, %v; want %s", encoded, err, form)
		}
	}
	for kind := range commands {
		if !covered[kind] {
			t.Errorf("no example of %s", kind)
		}
	}
}

func TestMalformedCommands(t *testing.T) {
	tests := map[string]struct {
		raw      string
		wantCode Code
		wantText string
	}{
		"nothing":         {"", CodeMalformedCommand, "JSON object"},
		"no object":       {`[1]`, CodeMalformedCommand, "JSON object"},
		"no type":         {`{}`, CodeUnknownCommand, "there are act, add_creature, altitude, attack,"},
		"other type":      {`{"type":"fly"}`, CodeUnknownCommand, `"fly"`},
		"type no string":  {`{"type":7}`, CodeMalformedCommand, "JSON object"},
		"unknown field":   {`{"type":"dash","creature":"a","extra":1}`, CodeMalformedCommand, `unknown field "extra"`},
		"wrong value":     {`{"type":"dash","creature":7}`, CodeMalformedCommand, `field "creature" cannot be a number`},
		"fraction":        {`{"type":"move","creature":"a","path":[[1.5,2]]}`, CodeMalformedCommand, `cannot be a number 1.5`},
		"trailing data":   {`{"type":"start_combat"} {}`, CodeMalformedCommand, "more than one JSON value"},
		"type not first":  {`{"creature":7,"type":"dash"}`, CodeMalformedCommand, `field "creature" cannot be a number`},
		"far too long":    {`{"type":"dash","creature":"` + strings.Repeat("a", MaxCommandBytes) + `"}`, CodeMalformedCommand, "at most 16384 bytes"},
		"dice of its own": {`{"type":"attack","attacker":"a","target":"b","attack":"c","roll":20}`, CodeMalformedCommand, `unknown field "roll"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			command, refusal := DecodeCommand([]byte(tc.raw))
			if command != nil || refusal == nil {
				t.Fatalf("got %+v, want a refusal", command)
			}
			if refusal.Code != tc.wantCode || !strings.Contains(refusal.Message, tc.wantText) {
				t.Errorf("got %+v, want %s with %q", refusal, tc.wantCode, tc.wantText)
			}
		})
	}
}

func TestMalformedEvents(t *testing.T) {
	tests := map[string]string{
		"no list":         `{}`,
		"unknown type":    `[{"type":"sneezed"}]`,
		"unknown field":   `[{"type":"turn_ended","creature":"a","x":1}]`,
		"wrong value":     `[{"type":"turn_ended","creature":[]}]`,
		"no object":       `[1]`,
		"trailing data":   `[] []`,
		"too many":        `[` + strings.Repeat(`{"type":"turn_ended"},`, MaxEvents) + `{"type":"turn_ended"}]`,
		"far too long":    `[` + strings.Repeat(" ", MaxEventsBytes) + `]`,
		"half a document": `[{"type":"turn_ended"`,
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := DecodeEvents([]byte(raw)); err == nil {
				t.Errorf("got %+v, want an error", got)
			}
		})
	}
}
