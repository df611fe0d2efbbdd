// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"iter"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// A moment is what a reaction waits for (Playing the Game: Reactions). Here
// those are asked whom a moment concerns and who can do something about it.

// reactionsTo lists what a creature can do as a reaction at a moment.
func (t *table) reactionsTo(c *Creature, on content.Moment, fits func(*content.Trigger, *content.Activity) bool) []string {
	var options []string
	for i := range c.block.Actions {
		action := &c.block.Actions[i]
		if action.Trigger == nil || action.Trigger.On != on || !fits(action.Trigger, &action.Activity) {
			continue
		}
		if d := t.deedOf(c, action.ID, 0); d != nil && t.usable(c, d) == nil && t.wields(c, d.act.Attack) {
			options = append(options, action.ID)
		}
	}
	for _, spell := range t.reactionSpells(c, on) {
		if !fits(spell.Trigger, &spell.Activity) {
			continue
		}
		if _, _, ok := t.anySlot(c, spell); ok {
			options = append(options, refSpell+spell.ID)
		}
	}
	return options
}

// asking makes the question to a creature whether it reacts to what another
// one gave the occasion for. By may be nil.
func asking(c, by *Creature, options []string, why string) Task {
	w := &Window{Creature: c.ID, Kind: AskReaction, Options: options, Why: why}
	if by != nil {
		w.By = by.ID
	}
	return Task{Do: stepAsk, Ask: w}
}

// onHit gives the questions that a hit leads to before it counts: to its
// target, and to the target's allies nearby.
func (t *table) onHit(task *Task, attacker, target *Creature) []Task {
	if !task.Hit {
		return nil
	}
	var asks []Task
	counts := func(act *content.Activity) bool { return act.HalvesDamage || !task.Crit } // nothing else turns a critical hit
	if t.canReact(target) {
		options := t.reactionsTo(target, content.OnHit, func(trigger *content.Trigger, act *content.Activity) bool {
			return counts(act) && (!trigger.Melee || !task.Ranged) && within(trigger, attacker, target)
		})
		if len(options) > 0 && t.sees(target, attacker) {
			asks = append(asks, asking(target, attacker, options, fmt.Sprintf("%s is hit by %s (%d).", target.Name, attacker.Name, task.Total)))
		}
	}
	for c := range t.afterTurn() {
		if c == target || c == attacker || enemies(c, target) || !reactsTo(c, content.OnAllyHit) || !t.canReact(c) || !t.sees(c, attacker) {
			continue
		}
		options := t.reactionsTo(c, content.OnAllyHit, func(trigger *content.Trigger, act *content.Activity) bool {
			return counts(act) && (!trigger.Melee || !task.Ranged) && within(trigger, c, target) && t.strikesBack(c, attacker, act)
		})
		if len(options) > 0 {
			ask := asking(c, attacker, options, fmt.Sprintf("%s is hit by %s.", target.Name, attacker.Name))
			ask.Ask.Ally = target.ID
			asks = append(asks, ask)
		}
	}
	return asks
}

// onTargeted gives the questions to the targets of a spell against which a reaction
// helps that is one to hits (Shield: Magic Missile).
func (t *table) onTargeted(caster *Creature, d *deed, task *Task) []Task {
	var asks []Task
	for i, id := range task.Targets {
		target := t.creature(id)
		if target == nil || slices.Index(task.Targets, id) != i || !t.canReact(target) {
			continue
		}
		options := t.reactionsTo(target, content.OnHit, func(trigger *content.Trigger, _ *content.Activity) bool {
			return slices.Contains(trigger.Spells, d.spell.ID)
		})
		if len(options) > 0 {
			asks = append(asks, asking(target, caster, options, fmt.Sprintf("%s is a target of %s.", target.Name, d.name)))
		}
	}
	return asks
}

// within tells whether two creatures are as near as a trigger wants it.
func within(trigger *content.Trigger, a, b *Creature) bool {
	return trigger.Within == 0 || distance(a, b) <= trigger.Within
}

// reactsTo tells whether a creature has a reaction to a moment at all.
func reactsTo(c *Creature, on content.Moment) bool {
	for i := range c.block.Actions {
		if trigger := c.block.Actions[i].Trigger; trigger != nil && trigger.On == on {
			return true
		}
	}
	return false
}

// strikesBack tells whether what a creature would do, if it is an attack, can
// be made on who gave the occasion.
func (t *table) strikesBack(c, by *Creature, act *content.Activity) bool {
	if act.Attack == nil {
		return true
	}
	_, _, refusal := t.attackTarget(c, &deed{name: "attack", act: act}, by.ID)
	return refusal == nil && !t.cannot(c, "attack")
}

// offerMissed asks the target of a miss whether it reacts.
func (t *table) offerMissed(attacker, target *Creature, ranged bool) {
	if !reactsTo(target, content.OnMiss) || !t.canReact(target) || !t.sees(target, attacker) {
		return
	}
	options := t.reactionsTo(target, content.OnMiss, func(trigger *content.Trigger, act *content.Activity) bool {
		return (!trigger.Melee || !ranged) && within(trigger, attacker, target) && t.strikesBack(target, attacker, act)
	})
	if len(options) > 0 {
		t.push(asking(target, attacker, options, fmt.Sprintf("%s missed %s.", attacker.Name, target.Name)))
	}
}

// offerOn asks everybody whom a moment concerns, in the order of initiative
// after the one on turn; the first one asked is asked first.
func (t *table) offerOn(on content.Moment, by *Creature, concerns func(*Creature, *content.Trigger) bool, what string) {
	var asks []Task
	for c := range t.afterTurn() {
		if c == by || !t.canReact(c) {
			continue
		}
		options := t.reactionsTo(c, on, func(trigger *content.Trigger, act *content.Activity) bool {
			return within(trigger, c, by) && concerns(c, trigger) && t.strikesBack(c, by, act)
		})
		if len(options) > 0 {
			asks = append(asks, asking(c, by, options, fmt.Sprintf("%s: %s.", by.Name, what)))
		}
	}
	t.push(asks...)
}

// afterTurn lists the creatures in the order of initiative, beginning after
// the one on turn.
func (t *table) afterTurn() iter.Seq[*Creature] {
	return func(yield func(*Creature) bool) {
		for i := range t.Combat.Order {
			place := (t.Combat.Turn + 1 + i) % len(t.Combat.Order)
			if c := t.creature(t.Combat.Order[place].Creature); c != nil && !yield(c) {
				return
			}
		}
	}
}

// offerHurt asks a creature that was hurt whether it reacts: to the damage, to a
// type that splits it, even if it is immune to that, to being bloodied. The source
// may be nil.
func (t *table) offerHurt(target, source *Creature, dealt *DamageDealt, bloodied bool) {
	if !t.canReact(target) {
		return
	}
	splits := func(act *content.Activity) bool {
		return act.Splits == 0 || t.canSplit(target) && target.HP >= act.Splits
	}
	var options []string
	if dealt.Dealt > 0 && source != nil && source != target && t.sees(target, source) {
		options = t.reactionsTo(target, content.OnDamaged, func(trigger *content.Trigger, act *content.Activity) bool {
			return within(trigger, source, target) && damagedBy(trigger.DamageTypes, dealt) && splits(act) && t.strikesBack(target, source, act)
		})
	}
	options = append(options, t.reactionsTo(target, content.OnSplit, func(trigger *content.Trigger, act *content.Activity) bool {
		return subjectedTo(trigger.DamageTypes, dealt) && splits(act)
	})...)
	if bloodied {
		options = append(options, t.reactionsTo(target, content.OnBloodied, func(_ *content.Trigger, act *content.Activity) bool {
			return splits(act) && (act.Attack == nil || source != nil && t.strikesBack(target, source, act))
		})...)
	}
	if len(options) > 0 {
		why := target.Name + " was hurt."
		if source != nil {
			why = fmt.Sprintf("%s was hurt by %s.", target.Name, source.Name)
		}
		t.push(asking(target, source, options, why))
	}
}

// subjectedTo tells whether there was damage of a type, also if nothing of it was
// dealt.
func subjectedTo(types []DamageType, dealt *DamageDealt) bool {
	return slices.ContainsFunc(dealt.Parts, func(p DamagePart) bool { return p.Rolled > 0 && slices.Contains(types, p.Type) })
}

func damagedBy(types []DamageType, dealt *DamageDealt) bool {
	return len(types) == 0 || slices.ContainsFunc(dealt.Parts, func(p DamagePart) bool { return p.Dealt > 0 && slices.Contains(types, p.Type) })
}

// comesNear asks those into whose reach a step led a creature: for reactions to
// that, and for what they readied for it. It gives the questions, none if
// nobody waits for it.
func (t *table) comesNear(c *Creature, from, to grid.Space) []Task {
	var asks []Task
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if !enemies(c, other) || other.Status != Standing {
			continue
		}
		waits := other.Ready != nil && other.Ready.Trigger == readyNear
		if !waits && !reactsTo(other, content.OnEnterReach) || !t.canReact(other) {
			continue
		}
		before, after := grid.Distance(other.space(), from), grid.Distance(other.space(), to)
		if waits {
			if reach := t.readyReach(other); before > reach && after <= reach {
				asks = append(asks, Task{Do: stepReady, Actor: c.ID, Target: other.ID, Trigger: readyNear})
			}
		}
		options := t.reactionsTo(other, content.OnEnterReach, func(trigger *content.Trigger, _ *content.Activity) bool {
			near := max(trigger.Within, 5)
			return before > near && after <= near
		})
		if len(options) > 0 && t.sees(other, c) && !t.charmedBy(other, c) {
			asks = append(asks, asking(other, c, options, fmt.Sprintf("%s comes into the reach of %s.", c.Name, other.Name)))
		}
	}
	return asks
}

// becameBloodied tells whether damage made a creature bloodied that stands (Rules
// Glossary: Bloodied).
func (c *Creature) becameBloodied(before int) bool {
	return c.Status == Standing && before*2 > c.MaxHP() && bloodied(c)
}
