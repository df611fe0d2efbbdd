// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// wakeTraits lets traits of a creature that was hit act on who did it.
func (t *table) wakeTraits(target, source *Creature, b *blow, dealt *DamageDealt, bloodied bool) {
	for i := range target.block.Traits {
		trait := &target.block.Traits[i]
		trigger := trait.Trigger
		if trigger == nil || trigger.Within > 0 && distance(target, source) > trigger.Within {
			continue
		}
		wakes := false
		switch trigger.On {
		case content.OnHitByMelee, content.OnTouched:
			wakes = b.melee && source != target
		case content.OnDamaged:
			wakes = damagedBy(trigger.DamageTypes, dealt)
		case content.OnBloodied:
			wakes = bloodied
		}
		if wakes {
			t.push(Task{Do: stepTrait, Actor: target.ID, Target: source.ID, Action: refTrait + trait.ID})
		}
	}
}

// traitActs lets a trait do what it does: to who woke it, or to who is around.
func (t *table) traitActs(task *Task) {
	c := t.creature(task.Actor)
	if c == nil || c.removed() {
		return
	}
	d := t.deedOf(c, task.Action, 0)
	if d == nil {
		return
	}
	next := Task{Do: stepDo, Actor: c.ID, Action: task.Action}
	switch d.act.Target.Kind {
	case content.TargetArea:
		targets, refusal := t.aimedArea(c, d, aim{})
		if refusal != nil {
			return
		}
		next.Targets = slices.DeleteFunc(targets, func(id string) bool { return id == c.ID })
	case content.TargetSelf, "":
		next.Targets = []string{c.ID}
	default:
		if task.Target == "" {
			return
		}
		next.Targets = []string{task.Target}
	}
	t.push(next)
}
