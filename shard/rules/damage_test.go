// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// SRD 5.2.1, Damage and Healing: Order of Application; Resistance;
// Vulnerability; Immunity; Playing the Game: Round Down.
func TestResolveDamage(t *testing.T) {
	aura := DamageAdjustment{Source: "Magical aura", Amount: -5}
	type amount struct {
		Type   DamageType
		Amount int
	}
	tests := map[string]struct {
		target Combatant
		rolled []amount
		want   []amount
	}{
		"plain":                  {rolled: []amount{{Fire, 28}}, want: []amount{{Fire, 28}}},
		"resistance rounds down": {target: Combatant{Resistances: []DamageType{Fire}}, rolled: []amount{{Fire, 9}}, want: []amount{{Fire, 4}}},
		"resistance to 1 is 0":   {target: Combatant{Resistances: []DamageType{Fire}}, rolled: []amount{{Fire, 1}}, want: []amount{{Fire, 0}}},
		"vulnerability doubles":  {target: Combatant{Vulnerabilities: []DamageType{Fire}}, rolled: []amount{{Fire, 9}}, want: []amount{{Fire, 18}}},
		"immunity":               {target: Combatant{Immunities: []DamageType{Fire}}, rolled: []amount{{Fire, 9}}, want: []amount{{Fire, 0}}},
		"the example of the SRD": {
			target: Combatant{DamageAdjustments: []DamageAdjustment{aura}, Resistances: []DamageType{Fire}, Vulnerabilities: []DamageType{Fire}},
			rolled: []amount{{Fire, 28}}, want: []amount{{Fire, 22}}},
		"resistance comes before vulnerability": { // 7 -> 3 -> 6, not 14 -> 7
			target: Combatant{Resistances: []DamageType{Fire}, Vulnerabilities: []DamageType{Fire}},
			rolled: []amount{{Fire, 7}}, want: []amount{{Fire, 6}}},
		"immunity ends it": {
			target: Combatant{Immunities: []DamageType{Fire}, Vulnerabilities: []DamageType{Fire},
				DamageAdjustments: []DamageAdjustment{{Source: "Oil", Type: Fire, Amount: 5}}},
			rolled: []amount{{Fire, 7}}, want: []amount{{Fire, 0}}},
		"only the type that is meant": {
			target: Combatant{Resistances: []DamageType{Fire}}, rolled: []amount{{Slashing, 9}, {Fire, 9}}, want: []amount{{Slashing, 9}, {Fire, 4}}},
		"two rolls of a type are one": { // 5+4 halved is 4, not 2+2
			target: Combatant{Resistances: []DamageType{Fire}}, rolled: []amount{{Fire, 5}, {Cold, 1}, {Fire, 4}}, want: []amount{{Fire, 4}, {Cold, 1}}},
		"an adjustment counts once": {
			target: Combatant{DamageAdjustments: []DamageAdjustment{aura}}, rolled: []amount{{Slashing, 3}, {Fire, 9}}, want: []amount{{Slashing, 0}, {Fire, 7}}},
		"never below 0": {
			target: Combatant{DamageAdjustments: []DamageAdjustment{aura}}, rolled: []amount{{Fire, 3}}, want: []amount{{Fire, 0}}},
		"an adjustment skips what is immune": {
			target: Combatant{Immunities: []DamageType{Slashing}, DamageAdjustments: []DamageAdjustment{aura}},
			rolled: []amount{{Slashing, 8}, {Fire, 9}}, want: []amount{{Slashing, 0}, {Fire, 4}}},
		"a typed adjustment": {
			target: Combatant{DamageAdjustments: []DamageAdjustment{{Source: "Oil", Type: Fire, Amount: 5}}},
			rolled: []amount{{Slashing, 8}, {Fire, 9}}, want: []amount{{Slashing, 8}, {Fire, 14}}},
		"a bonus counts once": {
			target: Combatant{DamageAdjustments: []DamageAdjustment{{Source: "Curse", Amount: 2}}},
			rolled: []amount{{Slashing, 8}, {Fire, 9}}, want: []amount{{Slashing, 10}, {Fire, 9}}},
		"adjustments in their order": {
			target: Combatant{DamageAdjustments: []DamageAdjustment{aura, {Source: "Curse", Amount: 2}}},
			rolled: []amount{{Fire, 3}}, want: []amount{{Fire, 2}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var rolls []DamageRoll
			for _, a := range tc.rolled {
				rolls = append(rolls, DamageRoll{Type: a.Type, Total: a.Amount})
			}
			var got []amount
			block := tc.target.block()
			table := &table{State: &State{Ruleset: RulesetSRD521}, rules: &srd521}
			for _, part := range table.resolveDamage(&Creature{Status: Standing, block: &block}, &blow{rolls: rolls}) {
				got = append(got, amount{part.Type, part.Dealt})
				last := part.Rolled
				for _, step := range part.Steps {
					if step.From != last {
						t.Errorf("step %+v does not follow %d", step, last)
					}
					last = step.To
				}
				if last != part.Dealt {
					t.Errorf("steps of %s lead to %d, dealt is %d", part.Type, last, part.Dealt)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("dealt (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDamageExplainsItself(t *testing.T) {
	p := fight(t, func(sc *Scenario) {
		sc.Combatants[3].Attacks[0].Damage = []DamageDice{{Dice: "1d8+3", Type: Slashing}, {Dice: "1d6", Type: Fire}}
		sc.Combatants[2].Resistances = []DamageType{Slashing}
	})
	got := event[DamageDealt](t, p.do(p1, MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "sword"}, 15, 4, 1))
	want := DamageDealt{
		Attacker: "aria", Target: "goblin-1", Attack: "sword",
		Rolls: []DamageRoll{
			{Dice: "1d8+3", Type: Slashing, First: 5, Faces: []int{4}, Bonus: 3, Total: 7},
			{Dice: "1d6", Type: Fire, First: 6, Faces: []int{1}, Total: 1},
		},
		Parts: []DamagePart{
			{Type: Slashing, Rolled: 7, Steps: []DamageStep{{Kind: StepResistance, From: 7, To: 3}}, Dealt: 3},
			{Type: Fire, Rolled: 1, Dealt: 1},
		},
		Dealt: 4, HPBefore: 10, HPAfter: 6,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("damage (-want +got):\n%s", diff)
	}
}

// SRD 5.2.1, Damage Rolls: a penalty can make the damage 0, never less.
func TestDamageRoll(t *testing.T) {
	tests := map[string]struct {
		dice     string
		critical bool
		faces    []int
		want     int
	}{
		"dice and bonus":     {dice: "2d6+3", faces: []int{2, 5}, want: 10},
		"critical":           {dice: "2d6+3", critical: true, faces: []int{2, 5, 1, 1}, want: 12},
		"penalty":            {dice: "1d4-3", faces: []int{2}, want: 0},
		"flat":               {dice: "1", want: 1},
		"flat on a critical": {dice: "1", critical: true, want: 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			list := newList(tc.faces...)
			roll := (&table{dice: list, next: 9}).rollDamage(tc.dice, Fire, 1, tc.critical)
			if roll.Total != tc.want || roll.First != 9 || len(list.Left()) != 0 {
				t.Errorf("got %+v with %v left, want %d", roll, list.Left(), tc.want)
			}
		})
	}
}
