// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"strings"
	"testing"
)

func TestScenarioRefused(t *testing.T) {
	first := func(change func(c *Combatant)) func(*Scenario) {
		return func(sc *Scenario) { change(&sc.Combatants[0]) }
	}
	attack := func(change func(a *Attack)) func(*Scenario) {
		return func(sc *Scenario) { change(&sc.Combatants[0].Attacks[0]) } // the ogre's club
	}
	bow := func(change func(a *Attack)) func(*Scenario) {
		return func(sc *Scenario) { change(&sc.Combatants[3].Attacks[1]) }
	}
	tests := map[string]struct {
		change func(sc *Scenario)
		want   string // the field, and a word of the message
	}{
		"map too wide":          {func(sc *Scenario) { sc.Map.Width = 201 }, "map.width: must be 1 to 200"},
		"map without height":    {func(sc *Scenario) { sc.Map.Height = 0 }, "map.height: must be 1 to 200"},
		"blocked off the map":   {func(sc *Scenario) { sc.Map.Blocked[1] = Point{14, 0} }, "map.blocked[1]: [14 0] is outside"},
		"blocked twice":         {func(sc *Scenario) { sc.Map.Blocked[1] = sc.Map.Blocked[0] }, "map.blocked[1]: [5 5] is listed twice"},
		"too much blocked":      {func(sc *Scenario) { sc.Map.Blocked = make([]Point, MaxSquares+1) }, "map.blocked: must list at most"},
		"too few combatants":    {func(sc *Scenario) { sc.Combatants = sc.Combatants[:1] }, "combatants: must list 2 to 100"},
		"too many combatants":   {func(sc *Scenario) { sc.Combatants = make([]Combatant, 101) }, "combatants: must list 2 to 100"},
		"one side":              {func(sc *Scenario) { sc.Combatants = sc.Combatants[:3] }, "combatants: must belong to at least two sides"},
		"no id":                 {first(func(c *Combatant) { c.ID = "" }), "combatants[0].id: must be 1 to 40"},
		"id in capitals":        {first(func(c *Combatant) { c.ID = "Ogre" }), "combatants[0].id: must be 1 to 40"},
		"id twice":              {first(func(c *Combatant) { c.ID = "aria" }), `combatants[3].id: "aria" is already the id of combatants[0]`},
		"no name":               {first(func(c *Combatant) { c.Name = "" }), "combatants[0].name: must be 1 to 80"},
		"name with a newline":   {first(func(c *Combatant) { c.Name = "a\nb" }), "combatants[0].name: must be 1 to 80 printable"},
		"name with a separator": {first(func(c *Combatant) { c.Name = "a\u2028b" }), "combatants[0].name: must be 1 to 80 printable"},
		"name of broken UTF-8":  {first(func(c *Combatant) { c.Name = "a\xff" }), "combatants[0].name: must be 1 to 80 printable"},
		"long name":             {first(func(c *Combatant) { c.Name = strings.Repeat("é", 81) }), "combatants[0].name: must be 1 to 80"},
		"kind":                  {first(func(c *Combatant) { c.Kind = "pet" }), `combatants[0].kind: must be one of character, monster, not "pet"`},
		"side":                  {first(func(c *Combatant) { c.Side = "" }), "combatants[0].side: must be"},
		"controller":            {first(func(c *Combatant) { c.Controller = "a b" }), `combatants[0].controller: must be "gm" or a player id`},
		"group":                 {first(func(c *Combatant) { c.Group = "A" }), "combatants[0].group: must be"},
		"group of two sides":    {first(func(c *Combatant) { c.Group = "goblins" }), `combatants[1].group: "goblins" must share`},
		"position off the map":  {first(func(c *Combatant) { c.Position = Point{0, 8} }), "combatants[0].position: [0 8] is outside"},
		"position blocked":      {first(func(c *Combatant) { c.Position = Point{5, 5} }), "combatants[0].position: square [5 5] is blocked"},
		"position taken":        {first(func(c *Combatant) { c.Position = Point{2, 3} }), `combatants[4].position: square [2 3] already holds "ogre"`},
		"ac":                    {first(func(c *Combatant) { c.AC = 41 }), "combatants[0].ac: must be 1 to 40"},
		"maxHP":                 {first(func(c *Combatant) { c.MaxHP = 0 }), "combatants[0].maxHP: must be 1 to 10000"},
		"speed":                 {first(func(c *Combatant) { c.Speed = 32 }), "combatants[0].speed: must be a multiple of 5 feet"},
		"dexterity":             {first(func(c *Combatant) { c.Dexterity = 31 }), "combatants[0].dexterity: must be 1 to 30"},
		"too many attacks":      {first(func(c *Combatant) { c.Attacks = make([]Attack, 21) }), "combatants[0].attacks: must list at most 20"},
		"attack twice":          {first(func(c *Combatant) { c.Attacks = append(c.Attacks, c.Attacks[0]) }), `combatants[0].attacks[1].id: "club" is listed twice`},
		"immunity":              {first(func(c *Combatant) { c.Immunities = []DamageType{"love"} }), "combatants[0].immunities[0]: must be one of acid,"},
		"resistance twice":      {first(func(c *Combatant) { c.Resistances = []DamageType{Fire, Fire} }), `combatants[0].resistances[1]: "fire" is listed twice`},
		"too many types":        {first(func(c *Combatant) { c.Vulnerabilities = make([]DamageType, 14) }), "combatants[0].vulnerabilities: must list at most 13"},
		"too many adjustments":  {first(func(c *Combatant) { c.DamageAdjustments = make([]DamageAdjustment, 9) }), "combatants[0].damageAdjustments: must list at most 8"},
		"adjustment":            {first(func(c *Combatant) { c.DamageAdjustments = []DamageAdjustment{{Source: "x", Type: "love", Amount: 1}} }), "combatants[0].damageAdjustments[0].type: must be one of"},
		"adjustment amount":     {first(func(c *Combatant) { c.DamageAdjustments = []DamageAdjustment{{Source: "x", Amount: 1001}} }), "combatants[0].damageAdjustments[0].amount: must be -1000 to 1000"},
		"attack kind":           {attack(func(a *Attack) { a.Kind = "" }), "combatants[0].attacks[0].kind: must be one of melee, ranged"},
		"attack bonus":          {attack(func(a *Attack) { a.AttackBonus = 31 }), "combatants[0].attacks[0].attackBonus: must be -10 to 30"},
		"no reach":              {attack(func(a *Attack) { a.Reach = 0 }), "combatants[0].attacks[0].reach: must be a multiple of 5"},
		"melee with a range":    {attack(func(a *Attack) { a.Range = 20 }), "combatants[0].attacks[0].range: belongs to a ranged attack only"},
		"ranged with a reach":   {bow(func(a *Attack) { a.Reach = 5 }), "combatants[3].attacks[1].reach: belongs to a melee attack only"},
		"long range too short":  {bow(func(a *Attack) { a.LongRange = 15 }), "combatants[3].attacks[1].longRange: must be a multiple of 5 feet from 20"},
		"no damage":             {attack(func(a *Attack) { a.Damage = nil }), "combatants[0].attacks[0].damage: must list 1 to 5"},
		"wrong dice":            {attack(func(a *Attack) { a.Damage[0].Dice = "2x6" }), `combatants[0].attacks[0].damage[0].dice: dice "2x6"`},
		"wrong damage type":     {attack(func(a *Attack) { a.Damage[0].Type = "" }), "combatants[0].attacks[0].damage[0].type: must be one of"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			sc := ambush()
			tc.change(&sc)
			err := sc.Validate()
			wrong, ok := errors.AsType[*ScenarioError](err)
			if !ok {
				t.Fatalf("got %v, want a ScenarioError", err)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %q, want it to say %q", err, tc.want)
			}
			if len(wrong.Fields) > 20 {
				t.Errorf("%d fields are named, want at most %d", len(wrong.Fields), 20)
			}
			if _, err := New(sc, RulesetSRD521, [32]byte{}); err == nil {
				t.Error("New accepts the scenario")
			}
		})
	}
}

func TestNew(t *testing.T) {
	sc := ambush()
	s, err := New(sc, RulesetSRD521, [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	sc.Map.Blocked[0] = Point{0, 0}
	sc.Combatants[3].Attacks[0].Damage[0].Dice = "9d9"
	if err := s.check(); err != nil {
		t.Errorf("a new state is not whole: %v", err)
	}
	if s.Map.Blocked[0] == (Point{0, 0}) || s.creature("aria").block.Actions[0].Damage[0].Dice != "1d8+3" {
		t.Error("the state shares memory with the scenario")
	}
	if s.creature("aria").Kind != Character || s.creature("ogre").Kind != Monster {
		t.Error("kinds were not taken from the controllers")
	}
	if _, err := New(ambush(), "srd-4", [32]byte{}); err == nil || !strings.Contains(err.Error(), "srd-5.2.1, srd-5.1") {
		t.Errorf("got %v, want the rulesets named", err)
	}
}

// Up to four Tiny creatures begin in one square; of stat blocks that are not resolved yet
// nobody knows.
func TestTinyOnesBeginInOneSquare(t *testing.T) {
	crowd := func(blocks ...string) Scenario {
		sc := Scenario{Map: Map{Width: 5, Height: 5}}
		for i, block := range blocks {
			id := string(rune('a' + i))
			sc.Combatants = append(sc.Combatants, Combatant{ID: id, Name: id, Side: "s" + id, Controller: GameMaster, StatBlock: block, Position: Point{1, 1}})
		}
		return sc
	}
	for _, tc := range []struct {
		sc           Scenario
		alone, whole bool
	}{
		{crowd("rat", "sprite", "rat", "rat"), true, true},
		{crowd("rat", "rat", "rat", "rat", "rat"), false, false},
		{crowd("rat", "goblin"), true, false},
		{crowd("goblin", "rat"), true, false},
	} {
		if err := tc.sc.ValidateAlone(); (err == nil) != tc.alone {
			t.Errorf("%+v alone: %v", tc.sc.Combatants, err)
		}
		resolved, err := Resolve(tc.sc, library(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(); (err == nil) != tc.whole {
			t.Errorf("%+v: %v", tc.sc.Combatants, err)
		}
	}
}
