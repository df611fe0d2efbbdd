// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/srd"
)

// The state of a fight of twenty with all it is played with, the stat blocks and the
// spells of four characters and of three kinds of monsters among them, stays small:
// every snapshot and every handoff carries it.
func TestSizeOfTheStateOfTwenty(t *testing.T) {
	library, err := srd.Load(srd.V1)
	if err != nil {
		t.Fatal(err)
	}
	sc := rules.Scenario{Map: rules.Map{Width: 30, Height: 20}}
	add := func(block, side, controller string) {
		n := len(sc.Combatants)
		sc.Combatants = append(sc.Combatants, rules.Combatant{
			ID: fmt.Sprintf("%s-%d", block, n), Name: block, Side: side, Controller: controller, StatBlock: block,
			Position: rules.Point{2 * (n % 10), 4 * (n / 10)},
		})
	}
	for _, block := range []string{"fighter", "rogue", "cleric", "wizard"} {
		add(block, "heroes", block)
	}
	for _, block := range []string{"goblin-warrior", "wolf", "ogre"} {
		for range 5 {
			add(block, "foes", rules.GameMaster)
		}
	}
	add("goblin-boss", "foes", rules.GameMaster)
	resolved, err := rules.Resolve(sc, library)
	if err != nil {
		t.Fatal(err)
	}
	state, err := rules.New(resolved, rules.RulesetSRD521, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	events, refusal := rules.Decide(state, rules.Actor{Player: "gm", Role: rules.RoleGM}, rules.StartCombat{}, state.Dice())
	if refusal != nil {
		t.Fatal(refusal.Message)
	}
	if err := state.ApplyAll(events); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(state)
	if err != nil || len(raw) > 32<<10 {
		t.Errorf("the state has %d bytes (%v), want at most 32 KiB", len(raw), err)
	}
	t.Logf("%d bytes for %d creatures", len(raw), len(state.Creatures))
}
