// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// EndTurn ends a creature's turn. Who plays the creature may end it; a game
// master may end anybody's, which is recorded as an override.
type EndTurn struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (EndTurn) Kind() string { return "end_turn" }

func (c EndTurn) decide(t *table) *Refusal {
	creature := t.creature(c.Creature)
	if creature == nil {
		return refuse(CodeUnknownCreature, "There is no creature %.40q.", c.Creature)
	}
	own := t.controls(creature)
	if !own && t.by.Role != RoleGM {
		return refuse(CodeNotYourCreature, "%s is not yours to act for.", creature.Name)
	}
	if refusal := t.itsTurn(creature); refusal != nil {
		return refusal
	}
	t.emit(TurnEnded{Creature: c.Creature, By: t.by.Player, Override: !own})
	t.push(Task{Do: stepEndTurn, Actor: creature.ID})
	return nil
}

// endOfTurn lets happen what happens at the end of a turn, in this order:
// zones, effects that recur, saves that end effects; then durations end, the
// legendary act, and the next turn begins. Within each the order is that in
// which the effects came (Simultaneous Effects; docs/rulings.md).
func (t *table) endOfTurn(task *Task) {
	c := t.creature(task.Actor)
	list := t.zonesAt(c, content.ZoneEnd)
	list = append(list, t.moments(c, content.OnTurnEnd)...)
	list = append(list, t.gazes(c, content.OnTurnEnd)...)
	list = append(list, Task{Do: stepTurnOver, Actor: c.ID})
	t.push(list...)
}

// turnOver ends the durations that end with a turn, and offers others the
// moment after it.
func (t *table) turnOver(task *Task) {
	c := t.creature(task.Actor)
	t.clocks(c.ID, content.OnTurnEnd)
	t.stumble(c)
	t.push(Task{Do: stepNext})
	t.offerLegendary(c)
}

// nextTurn starts the turn of the next creature in the order, or the first turn
// of a fight, the task's actor's; a new round begins at the top of the order
// (Combat: Step 3). Lairs act before, when their place comes.
func (t *table) nextTurn(task *Task) {
	if !task.Success && t.lairIsNext(task.Actor != "") {
		if asks := t.offerLair(); len(asks) > 0 {
			next := *task
			next.Success = true
			t.push(append(asks, next)...)
			return
		}
	}
	if task.Actor != "" {
		t.startTurn(t.creature(t.Combat.Order[0].Creature), 1, 0)
		return
	}
	t.passOn()
}

// lairIsNext tells whether lairs act before the next turn, or the first one.
func (t *table) lairIsNext(first bool) bool {
	if first {
		return t.lairPlace() == 0
	}
	place, wraps := t.Combat.Turn, false
	for range len(t.Combat.Order) + 1 {
		if place++; place >= len(t.Combat.Order) {
			place, wraps = 0, true
		}
		if c := t.creature(t.Combat.Order[place].Creature); c != nil && c.Status != Dead {
			break
		}
	}
	return t.passesLair(t.Combat.Turn, place, wraps)
}

// passOn starts the turn of the next creature that is not dead. What lasts until
// the turn of a dead one ends with it.
func (t *table) passOn() {
	round, place := t.Combat.Round, t.Combat.Turn
	for range len(t.Combat.Order) + 1 {
		place++
		if place >= len(t.Combat.Order) {
			round, place = round+1, 0
		}
		c := t.creature(t.Combat.Order[place].Creature)
		if c == nil {
			continue
		}
		if c.Status != Dead {
			t.startTurn(c, round, place)
			return
		}
		t.clocks(c.ID, content.OnTurnStart)
		t.clocks(c.ID, content.OnTurnEnd)
	}
	t.broken = fmt.Errorf("nobody is left to take a turn")
}

// startTurn gives a creature its turn.
func (t *table) startTurn(c *Creature, round, place int) {
	budget, speed := Budget{Actions: 1, Bonus: 1, Objects: 1}, t.speed(c)
	if t.surprised(c) {
		budget, speed = Budget{Moved: speed}, 0
	}
	t.emit(TurnStarted{Creature: c.ID, Round: round, Place: place, Budget: budget, Movement: speed})
	if c.Status == Standing {
		extra := 0
		t.each(c, func(m *content.Modifier, _ origin) {
			if m.Kind == content.KindExtraAction {
				extra = 1
			}
		})
		if extra > 0 {
			t.emit(Granted{Creature: c.ID, Extra: extra})
		}
	}
	t.push(Task{Do: stepBegin, Actor: c.ID})
}

// beginTurn lets happen what happens at the start of a turn: durations end;
// then recharges are rolled, zones strike, effects recur, regeneration and
// death saves come, and who is looked at saves. The turn of who lies at 0 hit
// points is then over.
func (t *table) beginTurn(task *Task) {
	c := t.creature(task.Actor)
	t.clocks(c.ID, content.OnTurnStart)
	t.recharge(c)
	t.regenerate(c)
	if t.Combat.Phase != Fighting || c.Status == Dead {
		return
	}
	list := t.zonesAt(c, content.ZoneStart)
	list = append(list, t.moments(c, content.OnTurnStart)...)
	list = append(list, t.gazes(c, content.OnTurnStart)...)
	if c.Status == Unconscious {
		list = append(list, Task{Do: stepDeath, Actor: c.ID})
	}
	t.push(list...)
}

// gazes gives the tasks of the traits that strike who starts its turn near
// and can see, or ends it near, and those of the creature itself.
func (t *table) gazes(c *Creature, when content.Moment) []Task {
	var list []Task
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if !t.present(other) || other.Status != Standing || t.incapacitated(other) {
			continue
		}
		for j := range other.block.Traits {
			trait := &other.block.Traits[j]
			trigger := trait.Trigger
			if trigger == nil {
				continue
			}
			switch {
			case trigger.On == content.OnLookedAt && when == content.OnTurnStart && enemies(c, other) && distance(c, other) <= trigger.Within && t.sees(c, other) && t.sees(other, c),
				trigger.On == when && other != c && enemies(c, other) && trigger.Within > 0 && distance(c, other) <= trigger.Within,
				trigger.On == when && other == c && trigger.Within == 0:
				list = append(list, Task{Do: stepTrait, Actor: other.ID, Target: c.ID, Action: refTrait + trait.ID})
			}
		}
	}
	return list
}

// recharge rolls for what was used and comes back by itself (Recharge X-Y),
// and brings back what is good once a turn.
func (t *table) recharge(c *Creature) {
	if c.Status != Standing {
		return
	}
	for i := range c.block.Actions {
		action := &c.block.Actions[i]
		if c.used(action.ID) == 0 {
			continue
		}
		if action.Uses.OncePerTurn {
			t.emit(Recharged{Creature: c.ID, Action: action.ID, Back: true})
		}
		if low := action.Uses.Recharge; low > 0 {
			roll := t.rollDamage("1d6", "", 1, false)
			t.emit(Recharged{Creature: c.ID, Action: action.ID, Roll: &roll, Back: roll.Total >= low})
		}
	}
}

// regenerate heals who regenerates, unless damage of the wrong type keeps it
// from it. Who lies at 0 hit points and does not regenerate dies.
func (t *table) regenerate(c *Creature) {
	var by *content.Modifier
	var name string
	t.each(c, func(m *content.Modifier, from origin) {
		if m.Kind == content.KindRegeneration {
			by, name = m, from.name
		}
	})
	if by == nil {
		t.clearHarm(c)
		return
	}
	hindered := slices.ContainsFunc(c.Harmed, func(kind DamageType) bool { return slices.Contains(by.DamageTypes, kind) })
	switch {
	case !hindered && c.HP < c.MaxHP() && c.Status != Dead:
		t.heal(c, by.Value, nil, name)
	case hindered && c.HP == 0 && c.Kind == Monster:
		t.kill(c, "it did not regenerate")
	}
	t.clearHarm(c)
}

func (t *table) clearHarm(c *Creature) {
	if len(c.Harmed) > 0 {
		t.emit(HarmForgotten{Creature: c.ID})
	}
}
