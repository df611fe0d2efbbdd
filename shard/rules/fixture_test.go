// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
)

// library reads the content of the tests.
func library(t testing.TB) *content.Bundle {
	t.Helper()
	raw, err := os.ReadFile("testdata/bundle.json")
	if err != nil {
		t.Fatal(err)
	}
	var b content.Bundle
	if err := strict(raw, &b); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestLibraryOfTheTests(t *testing.T) {
	if err := library(t).Validate(); err != nil {
		t.Error(err)
	}
}

// who is somebody in a small scenario: a stat block at a place. Creatures of
// the side "foes" are the game master's.
type who struct {
	id, block, side string
	at              Point
}

// scenarioOf makes a scenario of creatures of the library, on a map of 30 by
// 20 squares.
func scenarioOf(t testing.TB, list ...who) Scenario {
	t.Helper()
	sc := Scenario{Map: Map{Width: 30, Height: 20}}
	for _, w := range list {
		controller := "p1"
		if w.side == "foes" {
			controller = GameMaster
		}
		sc.Combatants = append(sc.Combatants, Combatant{ID: w.id, Name: w.id, Side: w.side, Controller: controller, StatBlock: w.block, Position: w.at})
	}
	resolved, err := Resolve(sc, library(t))
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// scuffle begins a fight in which the creatures act in the order listed.
func scuffle(t testing.TB, ruleset string, list ...who) *play {
	t.Helper()
	return scuffleIn(t, ruleset, scenarioOf(t, list...))
}

func scuffleIn(t testing.TB, ruleset string, sc Scenario) *play {
	t.Helper()
	p := newPlay(t, sc, ruleset)
	order := make([]string, len(sc.Combatants))
	for i := range sc.Combatants {
		order[i] = sc.Combatants[i].ID
	}
	events, refusal := Decide(p.State, gm, StartCombat{}, constant(10))
	if refusal != nil {
		t.Fatal(refusal.Message)
	}
	if err := p.ApplyAll(events); err != nil {
		t.Fatal(err)
	}
	p.do(gm, Reorder{Order: order})
	p.Combat.Turn = 0
	p.Combat.Budget = Budget{Actions: 1, Bonus: 1, Objects: 1}
	for i := range p.Creatures {
		p.Creatures[i].Orders = OrdersAsk
	}
	return p
}

// constant rolls the same face again and again, or the highest there is.
type constant int

func (c constant) Roll(sides int) int { return min(int(c), sides) }

// by gives who plays a creature.
func (p *play) by(id string) Actor {
	if p.creature(id).Controller == GameMaster {
		return gm
	}
	return Actor{Player: p.creature(id).Controller, Role: RolePlayer}
}

// turnOf hands the turn to a creature without anything happening in between.
func (p *play) turnOf(id string) {
	p.t.Helper()
	place := slices.IndexFunc(p.Combat.Order, func(x Placing) bool { return x.Creature == id })
	if place < 0 {
		p.t.Fatalf("%s has no turn", id)
	}
	p.Combat.Turn = place
	p.Combat.Budget = Budget{Actions: 1, Bonus: 1, Objects: 1}
}

// acts lets a creature do something with exactly these dice.
func (p *play) acts(id string, c Command, faces ...int) []Event {
	p.t.Helper()
	return p.do(p.by(id), c, faces...)
}

// answers answers the open window.
func (p *play) answers(option string, faces ...int) []Event {
	p.t.Helper()
	if p.Window == nil {
		p.t.Fatal("no window is open")
	}
	if option == "" {
		return p.do(p.by(p.Window.Creature), Decline{Window: p.Window.ID}, faces...)
	}
	return p.do(p.by(p.Window.Creature), React{Window: p.Window.ID, Option: option}, faces...)
}

// wants fails unless a creature has exactly these hit points.
func (p *play) wantsHP(id string, hp int) {
	p.t.Helper()
	if got := p.creature(id).HP; got != hp {
		p.t.Errorf("%s has %d hit points, want %d", id, got, hp)
	}
}

func (p *play) wantsCondition(id string, condition ConditionID, has bool) {
	p.t.Helper()
	if got := p.has(p.creature(id), condition); got != has {
		p.t.Errorf("%s is %s: %v, want %v", id, condition, got, has)
	}
}

// afflict puts a condition on a creature, as an effect of another one.
func (p *play) afflict(id, source string, condition ConditionID) int {
	c := p.creature(id)
	p.Serial++
	c.Effects = append(slices.Clone(c.Effects), Effect{ID: p.Serial, Name: string(condition), Source: source,
		Body: content.Effect{Conditions: []ConditionID{condition}}})
	return p.Serial
}

// afflictGrip lets a creature hold another with a hand.
func (p *play) afflictGrip(id, by string) {
	p.Serial++
	grip := gripOf(p.creature(by))
	grip.ID = p.Serial
	c := p.creature(id)
	c.Effects = append(slices.Clone(c.Effects), grip)
}

func mustJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(raw)
}
