// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"gamesession.dev/operator/shard/rules/dice"
)

var (
	gm        = Actor{Player: "mira", Role: RoleGM}
	p1        = Actor{Player: "p1", Role: RolePlayer}
	p2        = Actor{Player: "p2", Role: RolePlayer}
	spectator = Actor{Player: "sam", Role: RoleSpectator}
)

// ambush has two heroes and three monsters. Initiative asks for three dice:
// aria, brom, the goblins; the ogre makes it four.
func ambush() Scenario {
	sword := Attack{ID: "sword", Name: "Longsword", Kind: Melee, AttackBonus: 5, Reach: 5,
		Damage: []DamageDice{{Dice: "1d8+3", Type: Slashing}}}
	bow := Attack{ID: "bow", Name: "Longbow", Kind: Ranged, AttackBonus: 6, Range: 20, LongRange: 60,
		Damage: []DamageDice{{Dice: "1d8+3", Type: Piercing}}}
	scimitar := Attack{ID: "scimitar", Name: "Scimitar", Kind: Melee, AttackBonus: 4, Reach: 5,
		Damage: []DamageDice{{Dice: "1d6+2", Type: Slashing}}}
	club := Attack{ID: "club", Name: "Greatclub", Kind: Melee, AttackBonus: 6, Reach: 10,
		Damage: []DamageDice{{Dice: "2d8+4", Type: Bludgeoning}}}
	return Scenario{
		Map: Map{Width: 14, Height: 8, Blocked: []Point{{5, 5}, {4, 1}}},
		Combatants: []Combatant{
			{ID: "ogre", Name: "Ogre", Side: "raiders", Controller: GameMaster, Position: Point{10, 4},
				AC: 11, MaxHP: 59, Speed: 40, Dexterity: 8, Attacks: []Attack{club}},
			{ID: "goblin-2", Name: "Goblin", Side: "raiders", Controller: GameMaster, Group: "goblins", Position: Point{8, 3},
				AC: 15, MaxHP: 10, Speed: 30, Dexterity: 15, Attacks: []Attack{scimitar}},
			{ID: "goblin-1", Name: "Goblin", Side: "raiders", Controller: GameMaster, Group: "goblins", Position: Point{3, 2},
				AC: 15, MaxHP: 10, Speed: 30, Dexterity: 15, Attacks: []Attack{scimitar}},
			{ID: "aria", Name: "Aria", Side: "heroes", Controller: "p1", Position: Point{2, 2},
				AC: 16, MaxHP: 30, Speed: 30, Dexterity: 14, Attacks: []Attack{sword, bow}},
			{ID: "brom", Name: "Brom", Side: "heroes", Controller: "p2", Position: Point{2, 3},
				AC: 18, MaxHP: 34, Speed: 25, Dexterity: 9, Attacks: []Attack{sword}},
		},
	}
}

// play drives a state with listed dice.
type play struct {
	*State
	t testing.TB
}

func newPlay(t testing.TB, sc Scenario, ruleset string) *play {
	t.Helper()
	s, err := New(sc, ruleset, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	return &play{State: s, t: t}
}

// fight begins a fight of the ambush in the order aria, brom, goblins, ogre.
func fight(t testing.TB, change func(sc *Scenario)) *play {
	t.Helper()
	sc := ambush()
	if change != nil {
		change(&sc)
	}
	p := newPlay(t, sc, RulesetSRD521)
	p.do(gm, StartCombat{}, 18, 19, 10, 8)
	return p
}

// do wants the command accepted with exactly these dice, and applies it.
func (p *play) do(by Actor, c Command, faces ...int) []Event {
	p.t.Helper()
	list := newList(faces...)
	events, refusal := Decide(p.State, by, c, list)
	if refusal != nil {
		p.t.Fatalf("%s refused: %s: %s", c.Kind(), refusal.Code, refusal.Message)
	}
	if left := list.Left(); len(left) != 0 {
		p.t.Fatalf("%s left dice unused: %v", c.Kind(), left)
	}
	if err := p.ApplyAll(events); err != nil {
		p.t.Fatal(err)
	}
	return events
}

// refused wants the command refused with the code.
func (p *play) refused(by Actor, c Command, want Code) *Refusal {
	p.t.Helper()
	events, refusal := Decide(p.State, by, c, newList())
	if refusal == nil {
		p.t.Fatalf("%s gave %+v, want refusal %s", c.Kind(), events, want)
	}
	if refusal.Code != want || refusal.Message == "" {
		p.t.Fatalf("%s refused with %+v, want code %s", c.Kind(), refusal, want)
	}
	return refusal
}

// ogresTurn ends turns until it is the ogre's.
func (p *play) ogresTurn() {
	p.t.Helper()
	const id = "ogre"
	for range len(p.Combat.Order) {
		if p.onTurn().ID == id {
			return
		}
		p.do(gm, EndTurn{Creature: p.onTurn().ID})
	}
	p.t.Fatalf("no turn of %s comes", id)
}

// event gives the first event of a type.
func event[E Event](t testing.TB, list []Event) E {
	t.Helper()
	for _, e := range list {
		if found, ok := e.(E); ok {
			return found
		}
	}
	var none E
	t.Fatalf("no %s in %+v", none.Kind(), list)
	return none
}

func newList(faces ...int) *dice.Listed { return dice.NewListed(faces...) }
