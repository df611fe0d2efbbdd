// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"fmt"

	"gamesession.dev/operator/shard/rules"
)

// A fight from its start to its end: every command is decided, and what it
// gives is folded into the state.
func Example() {
	blade := rules.Attack{ID: "blade", Name: "Blade", Kind: rules.Melee, AttackBonus: 5, Reach: 5,
		Damage: []rules.DamageDice{{Dice: "1d8+3", Type: rules.Slashing}}}
	state, err := rules.New(rules.Scenario{
		Map: rules.Map{Width: 8, Height: 8},
		Combatants: []rules.Combatant{
			{ID: "aria", Name: "Aria", Side: "heroes", Controller: "ann", Position: rules.Point{3, 3},
				AC: 16, MaxHP: 30, Speed: 30, Dexterity: 14, Attacks: []rules.Attack{blade}},
			{ID: "orc", Name: "Orc", Side: "orcs", Controller: rules.GameMaster, Position: rules.Point{4, 3},
				AC: 13, MaxHP: 15, Speed: 30, Dexterity: 12, Attacks: []rules.Attack{blade}},
		},
	}, rules.RulesetSRD521, [32]byte{2})
	if err != nil {
		fmt.Println(err)
		return
	}
	gm := rules.Actor{Player: "gm", Role: rules.RoleGM}
	ann := rules.Actor{Player: "ann", Role: rules.RolePlayer}
	do := func(by rules.Actor, c rules.Command) {
		events, refusal := rules.Decide(state, by, c, state.Dice())
		if refusal == nil {
			err = state.ApplyAll(events)
		}
	}
	do(gm, rules.StartCombat{})
	for state.Combat.Phase == rules.Fighting && err == nil {
		do(ann, rules.MakeAttack{Attacker: "aria", Target: "orc", Attack: "blade"})
		do(ann, rules.EndTurn{Creature: "aria"})
		do(gm, rules.MakeAttack{Attacker: "orc", Target: "aria", Attack: "blade"})
		do(gm, rules.EndTurn{Creature: "orc"})
	}
	fmt.Println(state.Combat.Winner, err)
	// Output: heroes <nil>
}
