// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// outcome is what an activity does to a target after its save or its hit.
func (t *table) outcome(task *Task) {
	actor, target := t.creature(task.Actor), t.creature(task.Target)
	if actor == nil || target == nil || target.removed() {
		return
	}
	d := t.deedOf(actor, task.Action, task.Level)
	if d == nil {
		return
	}
	act := d.act
	switch {
	case act.Revive > 0:
		t.revive(target, act.Revive)
		return
	case target.Status == Dead:
		return
	case act.Slays > 0:
		t.slay(actor, target, d)
		return
	case act.Dispel > 0:
		t.dispel(actor, target, d)
		return
	}
	dealt := task.Amount
	if len(task.Rolls) > 0 {
		dealt += t.strikeWith(target, &blow{
			source: actor.ID, name: d.ref, rolls: task.Rolls, crit: task.Crit,
			saves: task.Saved, saved: task.Success, evades: t.evades(target, act.Save),
		})
	}
	t.heals(target, d)
	failed := !task.Saved || !task.Success
	if failed && act.Engulf && target.Status != Dead && !t.engulf(actor, target) {
		return // there is no room for it
	}
	if target.Status != Dead {
		t.putEffects(actor, target, d, task, failed)
	}
	if failed && act.Push != 0 && t.present(target) {
		t.shoveAway(actor, target, act.Push)
	}
	if failed && act.DrainMax && dealt > 0 && target.Status != Dead {
		t.emit(MaxDrained{Target: target.ID, Amount: dealt})
		if target.MaxHP() == 0 {
			t.kill(target, "its hit point maximum is 0")
		}
	}
	if act.HealsActor && dealt > 0 && actor.Status == Standing {
		t.heal(actor, dealt, nil, d.name)
	}
}

// evades tells whether a creature takes less from saves for half (Evasion).
func (t *table) evades(c *Creature, save *content.Save) bool {
	return save != nil && save.Ability == content.Dexterity && !t.incapacitated(c) && t.modified(c, content.KindEvasion)
}

// putEffects puts the effects of an activity on a target, as its save came out.
func (t *table) putEffects(actor, target *Creature, d *deed, task *Task, failed bool) {
	for i := range d.act.Effects {
		body := &d.act.Effects[i]
		switch body.On {
		case content.OnSelf:
			continue
		case content.OnSuccess:
			if failed {
				continue
			}
		case content.OnCrit:
			if !task.Crit {
				continue
			}
		case content.OnAny:
		default:
			if !failed {
				continue
			}
		}
		if body.MaxSize != "" && bulk(target.size()) > bulk(body.MaxSize) || body.FailBy > 0 && task.FailBy < body.FailBy {
			continue
		}
		t.putEffect(actor, target, d, body, task.Hold)
	}
}

// putEffect puts one effect on a target. The same from the same source anew
// only sets its clock.
func (t *table) putEffect(actor, target *Creature, d *deed, body *content.Effect, hold int) {
	if body.Duration.Kind == content.DurationInstant && slices.Contains(body.Conditions, content.Prone) {
		t.fallProne(target, actor.ID)
		return
	}
	e := t.newEffect(actor, target, d, body, hold)
	for i := range target.Effects {
		old := &target.Effects[i]
		if old.Source == e.Source && old.Origin == e.Origin && slices.Equal(old.Body.Conditions, body.Conditions) && old.Name == cmp.Or(body.Name, e.Name) {
			t.emit(EffectEnded{Target: target.ID, Effect: old.ID, Name: old.Name, Reason: "it begins anew"})
			break
		}
	}
	t.addEffect(target, e)
}

// heals restores hit points and gives temporary ones.
func (t *table) heals(target *Creature, d *deed) {
	if h := d.act.Heal; h != nil {
		rolls := []DamageRoll{t.rollDamage(h.Dice, "", 1, false)}
		if more := d.above(); h.PerSlot != "" && more > 0 {
			rolls = append(rolls, t.rollDamage(h.PerSlot, "", more, false))
		}
		amount := 0
		for _, roll := range rolls {
			amount += roll.Total
		}
		if h.AddAbility {
			amount += max(d.mod, 0)
		}
		t.heal(target, amount, rolls, d.name)
	}
	if d.act.TempHP != "" {
		roll := t.rollDamage(d.act.TempHP, "", 1, false)
		t.emit(TempHPGained{Target: target.ID, Amount: roll.Total, Rolls: []DamageRoll{roll}, Source: d.name})
	}
}

// slay kills who has few hit points, and hurts the others.
func (t *table) slay(actor, target *Creature, d *deed) {
	if target.HP <= d.act.Slays {
		t.emit(DamageDealt{Attacker: actor.ID, Target: target.ID, Attack: d.ref, Parts: []DamagePart{}, HPBefore: target.HP, HPAfter: 0})
		t.kill(target, d.name)
		return
	}
	t.strikeWith(target, &blow{source: actor.ID, name: d.ref, record: true, rolls: t.rollAll(actor, d, false, nil)})
}
