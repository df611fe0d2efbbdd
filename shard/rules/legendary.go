// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"

	"gamesession.dev/operator/shard/rules/content"
)

// offerResistance asks a creature that failed a save whether it succeeds
// instead (Legendary Resistance). The task that waits for it is next.
func (t *table) offerResistance(c *Creature, what string) {
	if t.resistancesLeft(c) > 0 {
		t.push(Task{Do: stepAsk, Ask: &Window{
			Creature: c.ID, Kind: AskResistance, Options: []string{optionResist},
			Why: fmt.Sprintf("%s failed its save against %s.", c.Name, what),
		}})
	}
}

// resistancesLeft counts the legendary resistances a creature still has.
func (t *table) resistancesLeft(c *Creature) int {
	return t.legendaryUses(c.block.LegendaryResistance) - c.Resisted
}

func (t *table) legendaryUses(l *content.Legendary) int {
	switch {
	case l == nil:
		return 0
	case t.Options.Lair && t.rules.lairAddsUses && l.LairUses > 0:
		return l.LairUses
	default:
		return l.Uses
	}
}

// reactLegendary takes a legendary action.
func (t *table) reactLegendary(c *Creature, w *Window, option string, r *React) {
	d := t.deedOf(c, option, 0)
	price := Price{Use: d.use()}
	if w.Kind == AskLegendary {
		price.Legendary = max(d.action.Uses.LegendaryCost, 1)
	}
	if d.act.MoveUpTo != 0 {
		if tasks, refusal := t.movesThen(c, d, w, r); refusal == nil {
			t.emit(Acted{Creature: c.ID, Action: d.ref, Name: d.name, Targets: r.aim().targets, Point: r.Point, Price: price})
			t.push(tasks...)
		}
		return
	}
	task, refusal := t.aimedReaction(c, d, w, r)
	if refusal != nil {
		return // checked by mayReact
	}
	if d.spell != nil && task.Do == stepDo {
		t.cast(c, d, price, task)
		return
	}
	t.emit(Acted{Creature: c.ID, Action: d.ref, Name: d.name, Targets: task.Targets, Point: task.Point, Price: price})
	t.push(task)
}

// offerLegendary asks the legendary creatures, after another creature's turn,
// whether they act (Legendary Actions).
func (t *table) offerLegendary(over *Creature) {
	var asks []Task
	for c := range t.afterTurn() {
		left := t.legendaryUses(c.block.Legendary) - c.LegendarySpent
		if c == over || left < 1 || c.Status != Standing || t.incapacitated(c) {
			continue
		}
		var options []string
		for i := range c.block.Actions {
			action := &c.block.Actions[i]
			if action.Cost != content.CostLegendary || max(action.Uses.LegendaryCost, 1) > left {
				continue
			}
			if d := t.deedOf(c, action.ID, 0); d != nil && t.usable(c, d) == nil {
				options = append(options, action.ID)
			}
		}
		if len(options) > 0 {
			asks = append(asks, Task{Do: stepAsk, Ask: &Window{
				Creature: c.ID, Kind: AskLegendary, Options: options, Why: fmt.Sprintf("The turn of %s is over.", over.Name),
			}})
		}
	}
	t.push(asks...)
}

// Resisted tells that a creature turned a failed save into a success.
type Resisted struct {
	Creature string `json:"creature"`
}

// Kind names the event.
func (Resisted) Kind() string { return "resisted" }

func (e Resisted) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Resisted >= maxActions {
		return fmt.Errorf("%.40q cannot resist", e.Creature)
	}
	c.Resisted++
	return nil
}

func (e Resisted) touch(t *touched) { t.creature(e.Creature) }

func (e Resisted) redact(*State, View) any { return e }
