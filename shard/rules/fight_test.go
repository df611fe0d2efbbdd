// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// SRD 5.2.1, Dropping to 0 Hit Points: Instant Death, Monster Death, Falling
// Unconscious.
func TestDroppingToZero(t *testing.T) {
	tests := map[string]struct {
		target string
		hp     int
		want   Status
	}{
		// The ogre deals 2d8+4, here 4+4+4 = 12.
		"a character falls unconscious":        {target: "aria", hp: 6, want: Unconscious},
		"less left over than the maximum":      {target: "aria", hp: 7, want: Unconscious},
		"at least the maximum left over kills": {target: "brom", hp: 6, want: Dead},
		"a monster dies":                       {target: "goblin-2", hp: 12, want: Dead},
	}
	maxHP := map[string]int{"aria": 7, "brom": 6, "goblin-2": 12}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := fight(t, func(sc *Scenario) {
				for i := range sc.Combatants {
					if hp, set := maxHP[sc.Combatants[i].ID]; set {
						sc.Combatants[i].MaxHP = hp
					}
				}
			})
			p.ogresTurn()
			p.creature(tc.target).Position = Point{10, 5}
			p.creature(tc.target).HP = tc.hp
			events := p.do(gm, MakeAttack{Attacker: "ogre", Target: tc.target, Attack: "club"}, 19, 4, 4)
			want := CreatureFell{Creature: tc.target, Status: tc.want}
			if diff := cmp.Diff(want, event[CreatureFell](t, events)); diff != "" {
				t.Errorf("fall (-want +got):\n%s", diff)
			}
			if c := p.creature(tc.target); c.HP != 0 || c.Status != tc.want {
				t.Errorf("%s is %s with %d HP", tc.target, c.Status, c.HP)
			}
		})
	}
}

func TestFightEndsWithOneSideAndLoops(t *testing.T) {
	p := fight(t, nil)
	fallen("goblin-2", Dead)(p)
	fallen("ogre", Dead)(p)
	p.creature("goblin-1").HP = 1
	p.creature("brom").Position = Point{0, 0}
	events := p.do(p1, MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "sword"}, 15, 1)
	if diff := cmp.Diff(CombatEnded{Winner: "heroes", Round: 1}, event[CombatEnded](t, events)); diff != "" {
		t.Errorf("end (-want +got):\n%s", diff)
	}
	if p.Combat.Phase != Over || p.Combat.Winner != "heroes" || p.onTurn() != nil || p.Combat.Budget.Actions != 0 {
		t.Errorf("combat after the end: %+v", p.Combat)
	}
	p.refused(p1, EndTurn{Creature: "aria"}, CodeNoCombat)
	p.refused(p1, Dash{Creature: "aria"}, CodeNoCombat)

	p.do(gm, StartCombat{}, 1, 1, 20, 1)
	if p.Combat.Fight != 2 || p.Combat.Round != 1 || p.Combat.Winner != "" || p.onTurn().ID != "goblin-1" {
		t.Errorf("second fight: %+v", p.Combat)
	}
	for i := range p.Creatures {
		c := &p.Creatures[i]
		if c.HP != c.MaxHP() || c.Status != Standing || c.Position != c.Start {
			t.Errorf("%s was not restored: %+v", c.ID, c)
		}
	}
}

func TestFightGoesOnWhileTwoSidesStand(t *testing.T) {
	p := fight(t, func(sc *Scenario) { sc.Combatants[0].Side = "ogres" })
	p.creature("goblin-1").HP = 1
	fallen("goblin-2", Dead)(p)
	p.do(p1, MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "sword"}, 15, 1)
	if p.Combat.Phase != Fighting {
		t.Errorf("the fight ended with heroes and ogres standing: %+v", p.Combat)
	}
}

func TestMonstersCanWin(t *testing.T) {
	p := fight(t, nil)
	for _, id := range []string{"goblin-1", "goblin-2", "brom"} {
		fallen(id, Dead)(p)
	}
	p.creature("aria").HP = 1
	p.creature("aria").Position = Point{10, 5}
	p.ogresTurn()
	ended := event[CombatEnded](t, p.do(gm, MakeAttack{Attacker: "ogre", Target: "aria", Attack: "club"}, 19, 1, 1))
	if ended.Winner != "raiders" {
		t.Errorf("%q won, want raiders", ended.Winner)
	}
}
