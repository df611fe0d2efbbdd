// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/content"
)

// SRD 5.2.1, Playing the Game: Initiative.
func TestInitiative(t *testing.T) {
	tests := map[string]struct {
		faces []int // aria +2, brom -1, goblins +2 (one roll), ogre -1
		want  []Placing
	}{
		"higher count first, a group shares its roll": {
			faces: []int{10, 20, 5, 1},
			want:  []Placing{{"brom", 19}, {"aria", 12}, {"goblin-1", 7}, {"goblin-2", 7}, {"ogre", 0}},
		},
		"a tie goes to the higher Dexterity modifier": {
			faces: []int{10, 13, 5, 1},
			want:  []Placing{{"aria", 12}, {"brom", 12}, {"goblin-1", 7}, {"goblin-2", 7}, {"ogre", 0}},
		},
		"then to characters, then to the id": {
			faces: []int{10, 3, 10, 3},
			want:  []Placing{{"aria", 12}, {"goblin-1", 12}, {"goblin-2", 12}, {"brom", 2}, {"ogre", 2}},
		},
		"a natural 20 is no more than 20, a total may fall below 1": {
			faces: []int{20, 1, 19, 1},
			want:  []Placing{{"aria", 22}, {"goblin-1", 21}, {"goblin-2", 21}, {"brom", 0}, {"ogre", 0}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, ambush(), RulesetSRD521)
			events := p.do(gm, StartCombat{}, tc.faces...)
			if diff := cmp.Diff(tc.want, p.Combat.Order); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
			if got := p.onTurn().ID; got != tc.want[0].Creature {
				t.Errorf("%s begins, want %s", got, tc.want[0].Creature)
			}
			rolled := event[InitiativeRolled](t, events)
			if got := rolled.Rolls[2].Creatures; !slices.Equal(got, []string{"goblin-1", "goblin-2"}) {
				t.Errorf("third roll is for %v", got)
			}
			want := []Modifier{{Source: "Dexterity", Value: -1}}
			if diff := cmp.Diff(want, rolled.Rolls[1].Roll.Modifiers); diff != "" {
				t.Errorf("brom's modifiers (-want +got):\n%s", diff)
			}
			if p.Rolled != 4 {
				t.Errorf("%d dice counted, want 4", p.Rolled)
			}
		})
	}
}

func TestGroupStaysTogether(t *testing.T) {
	sc := ambush()
	// wolf-1 ties with the goblins in all but the name.
	sc.Combatants = append(sc.Combatants, Combatant{ID: "goblin-1b", Name: "Wolf", Side: "raiders", Controller: GameMaster,
		Position: Point{0, 0}, AC: 12, MaxHP: 5, Speed: 40, Dexterity: 15})
	p := newPlay(t, sc, RulesetSRD521)
	p.do(gm, StartCombat{}, 1, 1, 10, 10, 1) // aria, brom, goblins, goblin-1b, ogre
	got := []string{p.Combat.Order[0].Creature, p.Combat.Order[1].Creature, p.Combat.Order[2].Creature}
	if want := []string{"goblin-1b", "goblin-1", "goblin-2"}; !slices.Equal(got, want) {
		t.Errorf("order begins %v, want %v", got, want)
	}
}

func TestStartCombatRefused(t *testing.T) {
	p := newPlay(t, ambush(), RulesetSRD521)
	p.refused(p1, StartCombat{}, CodeRoleNotAllowed)
	p.refused(spectator, StartCombat{}, CodeRoleNotAllowed)
	p.do(gm, StartCombat{}, 1, 2, 3, 4)
	p.refused(gm, StartCombat{}, CodeCombatRunning)
}

// Playing the Game: Ability Modifiers.
func TestAbilityModifier(t *testing.T) {
	for score, want := range map[int]int{1: -5, 3: -4, 8: -1, 9: -1, 10: 0, 11: 0, 12: 1, 15: 2, 20: 5, 30: 10} {
		if got := (content.Abilities{Dex: score}).Modifier(content.Dexterity); got != want {
			t.Errorf("modifier of %d = %d, want %d", score, got, want)
		}
	}
}
