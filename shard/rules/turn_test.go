// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// SRD 5.2.1, Combat: The Order of Combat.
func TestTurnsAndRounds(t *testing.T) {
	p := fight(t, nil)
	type turn struct {
		Creature string
		Round    int
	}
	var got []turn
	for range 7 {
		current := p.onTurn().ID
		got = append(got, turn{current, p.Combat.Round})
		p.do(gm, EndTurn{Creature: current})
	}
	want := []turn{{"aria", 1}, {"brom", 1}, {"goblin-1", 1}, {"goblin-2", 1}, {"ogre", 1}, {"aria", 2}, {"brom", 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("turns (-want +got):\n%s", diff)
	}
}

func TestEndTurn(t *testing.T) {
	p := fight(t, nil)
	p.refused(p2, EndTurn{Creature: "aria"}, CodeNotYourCreature)
	p.refused(spectator, EndTurn{Creature: "aria"}, CodeNotYourCreature)
	p.refused(Actor{Player: "p1", Role: RoleSpectator}, EndTurn{Creature: "aria"}, CodeNotYourCreature)
	p.refused(p1, EndTurn{Creature: "nobody"}, CodeUnknownCreature)
	p.refused(p2, EndTurn{Creature: "brom"}, CodeNotYourTurn)

	ended := event[TurnEnded](t, p.do(p1, EndTurn{Creature: "aria"}))
	if want := (TurnEnded{Creature: "aria", By: "p1"}); ended != want {
		t.Errorf("got %+v, want %+v", ended, want)
	}
	ended = event[TurnEnded](t, p.do(gm, EndTurn{Creature: "brom"}))
	if want := (TurnEnded{Creature: "brom", By: "mira", Override: true}); ended != want {
		t.Errorf("got %+v, want %+v", ended, want)
	}
	ended = event[TurnEnded](t, p.do(gm, EndTurn{Creature: "goblin-1"}))
	if want := (TurnEnded{Creature: "goblin-1", By: "mira"}); ended != want {
		t.Errorf("got %+v, want %+v", ended, want)
	}
}

func TestTheDownAreSkipped(t *testing.T) {
	p := fight(t, nil)
	p.creature("brom").HP, p.creature("brom").Status = 0, Unconscious
	p.creature("goblin-1").HP, p.creature("goblin-1").Status = 0, Dead
	p.do(p1, EndTurn{Creature: "aria"}, 12) // brom's death save
	if got := p.onTurn().ID; got != "goblin-2" || p.Combat.Round != 1 {
		t.Errorf("%s is on turn in round %d, want goblin-2 in round 1", got, p.Combat.Round)
	}
	if got := p.creature("brom").Death; got.Successes != 1 {
		t.Errorf("brom's death saves: %+v", got)
	}
}

// SRD 5.2.1, Your Turn: one action, movement up to Speed.
func TestActionEconomy(t *testing.T) {
	p := fight(t, nil)
	left := func(id string, actions, bonus, movement int) {
		t.Helper()
		b := &p.Combat.Budget
		if got := p.movementLeft(p.creature(id)); b.Actions != actions || b.Bonus != bonus || got != movement {
			t.Errorf("%s has budget %+v and %d feet, want %d action, %d bonus action, %d feet", id, b, got, actions, bonus, movement)
		}
	}
	left("aria", 1, 1, 30)
	p.do(p1, Dash{Creature: "aria"})
	left("aria", 0, 1, 60)
	for _, c := range []Command{Dash{Creature: "aria"}, Dodge{Creature: "aria"}, MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "sword"}} {
		p.refused(p1, c, CodeNoActionLeft)
	}
	p.do(p1, EndTurn{Creature: "aria"})
	left("brom", 1, 1, 25)
}

func TestWhoMayAct(t *testing.T) {
	p := fight(t, nil)
	p.refused(gm, Dash{Creature: "aria"}, CodeNotYourCreature) // a GM plays monsters only
	p.refused(p2, Dash{Creature: "aria"}, CodeNotYourCreature)
	p.refused(p1, Dash{Creature: "goblin-1"}, CodeNotYourCreature)
	p.refused(spectator, Dash{Creature: "aria"}, CodeNotYourCreature)
	p.refused(p2, Dash{Creature: "brom"}, CodeNotYourTurn)
	p.refused(p1, Dash{Creature: "nobody"}, CodeUnknownCreature)
	p.do(Actor{Player: "p1", Role: RoleGM}, Dash{Creature: "aria"}) // a GM's own character

	idle := newPlay(t, ambush(), RulesetSRD521)
	idle.refused(p1, Dash{Creature: "aria"}, CodeNoCombat)
	idle.refused(gm, EndTurn{Creature: "aria"}, CodeNoCombat)

	p.creature("aria").Status = Unconscious
	p.refused(p1, Move{Creature: "aria", Path: []Point{{1, 1}}}, CodeCreatureDown)
}

// SRD 5.2.1, Rules Glossary: Dodge lasts until the start of the next turn.
func TestDodgeEndsWithTheNextTurn(t *testing.T) {
	p := fight(t, nil)
	p.do(p1, Dodge{Creature: "aria"})
	p.do(p1, EndTurn{Creature: "aria"})
	p.ogresTurn()
	if !p.dodges(p.creature("aria")) {
		t.Error("aria stopped dodging before her next turn")
	}
	p.do(gm, EndTurn{Creature: "ogre"})
	if p.dodges(p.creature("aria")) {
		t.Error("aria still dodges in her next turn")
	}
}
