// SPDX-License-Identifier: Apache-2.0

package content

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sample is a bundle with one of everything that the package comment shows.
const sample = `{
 "version": "test/1",
 "weapons": [{"id": "longsword", "name": "Longsword", "category": "martial", "kind": "melee", "dice": "1d8",
   "versatile": "1d10", "damageType": "slashing", "properties": ["versatile"], "mastery": "sap"}],
 "armor": [{"id": "plate", "name": "Plate", "category": "heavy", "ac": 18, "maxDex": 0, "strength": 15}],
 "spells": [{"id": "fireball", "name": "Fireball", "level": 3, "school": "evocation",
   "castingTime": "action", "components": ["v", "s", "m"],
   "target": {"kind": "area", "range": 150, "area": {"shape": "sphere", "size": 20}},
   "save": {"ability": "dex"},
   "damage": [{"dice": "8d6", "type": "fire", "onSave": "half", "perSlot": "1d6"}]}],
 "creatures": [{"id": "ghoul", "name": "Ghoul", "size": "medium", "type": "undead", "ac": 12,
   "hp": {"max": 22, "dice": "5d8"}, "speed": {"walk": 30}, "pb": 2, "cr": "1",
   "abilities": {"str": 13, "dex": 15, "con": 10, "int": 7, "wis": 10, "cha": 6},
   "traits": [{"id": "pack-tactics", "name": "Pack Tactics",
     "modifiers": [{"kind": "advantage", "on": ["attack"], "when": ["ally_near_target"]}]}],
   "actions": [
     {"id": "claw", "name": "Claw", "cost": "action", "target": {"kind": "creature"},
      "attack": {"kind": "melee", "bonus": 4, "reach": 5}, "damage": [{"dice": "2d4+2", "type": "slashing"}],
      "save": {"ability": "con", "dc": 10},
      "effects": [{"conditions": ["paralyzed"], "duration": {"kind": "rounds", "rounds": 10}, "saveEnds": {"when": "end_of_turn"}}]},
     {"id": "both", "name": "Multiattack", "cost": "action", "multiattack": [{"actions": ["claw", "spell:fireball"], "count": 2}]}],
   "spellcasting": {"ability": "int", "dc": 13, "attackBonus": 5, "slots": [4, 3, 2], "spells": [{"id": "fireball"}]}}]
}`

func read(t *testing.T, text string) *Bundle {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var b Bundle
	if err := decoder.Decode(&b); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestSampleIsValidAndReadsBack(t *testing.T) {
	b := read(t, sample)
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	first, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(read(t, string(first)))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%s became %s (%v)", first, second, err)
	}
}

// What the package comment shows must be what the types read.
func TestExamplesOfThePackageComment(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(source), "\n//", "\n")
	examples := 0
	for _, part := range regexp.MustCompile(`\n\t(\{"id"[^\n]*(?:\n\t +[^\n]*)*)`).FindAllStringSubmatch(text, -1) {
		kind, into := "spell", any(&Spell{})
		switch raw := part[1]; {
		case strings.Contains(raw, `"cost"`):
			kind, into = "action", &Action{}
		case !strings.Contains(raw, `"castingTime"`):
			kind, into = "trait", &Trait{}
		}
		decoder := json.NewDecoder(strings.NewReader(part[1]))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(into); err != nil {
			t.Errorf("%s %s: %v", kind, part[1], err)
		}
		examples++
	}
	if examples < 9 {
		t.Errorf("found %d examples", examples)
	}
}

func TestProblemsNameTheField(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"no such type":        {`"type": "undead"`, `"type": "goo"`, "creatures[0].type: must be one of"},
		"no such spell":       {`"spells": [{"id": "fireball"}]`, `"spells": [{"id": "frostball"}]`, `creatures[0].spellcasting.spells[0].id: there is no spell "frostball"`},
		"no such action":      {`["claw", "spell:fireball"]`, `["bite"]`, `creatures[0].actions[1].multiattack[0].actions[0]: there is no action "bite"`},
		"dice":                {`"2d4+2"`, `"2x4"`, "creatures[0].actions[0].damage[0].dice"},
		"damage type":         {`"type": "slashing"}]`, `"type": "mud"}]`, "damage[0].type[0]: must be one of acid"},
		"no DC":               {`"save": {"ability": "con", "dc": 10}`, `"save": {"ability": "con"}`, "creatures[0].actions[0].save.dc: must be 1 to 40, not 0"},
		"condition":           {`["paralyzed"]`, `["bored"]`, "creatures[0].actions[0].effects[0].conditions[0]"},
		"predicate":           {`["ally_near_target"]`, `["luck"]`, "creatures[0].traits[0].modifiers[0].when[0]"},
		"nothing it is on":    {`"on": ["attack"], `, ``, "creatures[0].traits[0].modifiers[0].on: must name rolls for advantage"},
		"reach":               {`"reach": 5`, `"reach": 7`, "creatures[0].actions[0].attack.reach: must be a multiple of 5"},
		"area":                {`"kind": "area", "range": 150, "area": {"shape": "sphere", "size": 20}`, `"kind": "area"`, "spells[0].target.area: belongs to"},
		"sight of an area":    {`"range": 150, "area"`, `"range": 150, "sight": true, "area"`, "spells[0].target.sight: belongs to creatures"},
		"sight for an attack": {`"target": {"kind": "creature"}`, `"target": {"kind": "creature", "sight": true}`, "creatures[0].actions[0].target.sight: belongs to creatures"},
		"action with trigger": {`"cost": "action", "target"`, `"cost": "action", "trigger": {"on": "hit"}, "target"`, "creatures[0].actions[0].trigger: belongs to a reaction"},
		"id twice":            {`"id": "both"`, `"id": "claw"`, `creatures[0].actions[1].id: "claw" is listed twice`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(sample, tc.old, tc.new, 1)
			if text == sample {
				t.Fatal("the sample does not have what is to be broken")
			}
			err := read(t, text).Validate()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestConditionsOfBothRulesets(t *testing.T) {
	for _, old := range []bool{false, true} {
		var ids []ConditionID
		list := Conditions(old)
		for _, c := range list {
			ids = append(ids, c.ID)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, ConditionIDs) {
			t.Errorf("conditions with old=%v: %v", old, ids)
		}
		c := &checker{Problems: &Problems{}}
		for _, condition := range list {
			c.modifiers(string(condition.ID), condition.Modifiers)
		}
		if err := c.Err(); err != nil {
			t.Error(err)
		}
	}
}
