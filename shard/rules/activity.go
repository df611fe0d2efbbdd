// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// perform resolves an activity that is paid for and whose targets are known:
// first what it does by itself, then each target in turn.
func (t *table) perform(task *Task) {
	actor := t.creature(task.Actor)
	if actor == nil || actor.Status == Dead && task.Action[:min(len(task.Action), len(refTrait))] != refTrait {
		return
	}
	d := t.deedOf(actor, task.Action, task.Level)
	if d == nil {
		return
	}
	task.Level = d.level
	if d.act.Negates {
		t.negate(actor, d, task)
		return
	}
	if task.Zone > 0 {
		t.dispelZone(actor, task.Zone, d)
		return
	}
	t.performSelf(actor, d, task)
	next := Task{Do: stepTarget, Actor: actor.ID, Action: d.ref, Level: task.Level, Hold: task.Hold, Point: task.Point}
	if d.act.Attack == nil && len(task.Targets) > 0 && d.act.Slays == 0 {
		next.Rolls = t.rollAll(actor, d, false, nil)
		if d.act.Heal != nil || d.act.TempHP != "" {
			next.Rolls = nil
		}
		if len(next.Rolls) > 0 {
			t.emit(DamageRolled{Source: actor.ID, Name: d.ref, Rolls: next.Rolls})
		}
	}
	list := make([]Task, 0, len(task.Targets))
	for _, id := range task.Targets {
		one := next
		one.Target = id
		list = append(list, one)
	}
	t.push(list...)
}

// performSelf does what an activity does beside its targets.
func (t *table) performSelf(actor *Creature, d *deed, task *Task) {
	act := d.act
	for _, deed := range act.Deeds {
		t.doStandard(actor, string(deed))
	}
	if act.GrantActions > 0 || act.MoveUpTo != 0 {
		feet := t.movesUpTo(actor, act)
		granted := Granted{Creature: actor.ID, Actions: act.GrantActions, Movement: feet}
		if act.Safe {
			granted.Safe = feet
		}
		if t.onTurn() == actor {
			t.emit(granted)
		}
	}
	if act.Teleport > 0 && task.Point != nil {
		t.teleport(actor, *task.Point)
	}
	for i := range act.Effects {
		if effect := &act.Effects[i]; effect.On == content.OnSelf {
			t.addEffect(actor, t.newEffect(actor, actor, d, effect, task.Hold))
		}
	}
	if act.Zone != nil {
		t.addZone(actor, d, task)
	}
	if act.Splits > 0 {
		t.push(Task{Do: stepSplit, Actor: actor.ID})
	}
}

// newEffect makes an effect of an activity.
func (t *table) newEffect(actor, target *Creature, d *deed, body *content.Effect, hold int) Effect {
	e := Effect{
		Name: d.name, Source: actor.ID, Origin: d.ref, Level: d.level, Body: *body,
		DC: d.dc, Attack: d.attack, Magic: d.magic, Hold: hold,
		Until: t.until(body.Duration, actor.ID, target.ID),
	}
	if d.act.Save != nil {
		e.Ability = d.act.Save.Ability
	}
	if body.SaveEnds != nil {
		e.Ability = cmp.Or(body.SaveEnds.Ability, e.Ability)
	}
	if body.Escape != nil {
		escape := *body.Escape
		if escape.DC == 0 {
			escape.DC = cmp.Or(d.dc, grappleDC(actor))
		}
		e.Body.Escape = &escape
	}
	return e
}

// affect does an activity to one target: it attacks it, or the target saves,
// or it just happens.
func (t *table) affect(task *Task) {
	actor, target := t.creature(task.Actor), t.creature(task.Target)
	if actor == nil || target == nil {
		return
	}
	d := t.deedOf(actor, task.Action, task.Level)
	if d == nil || !t.affectable(d, target) {
		return
	}
	if d.act.Attack != nil && !task.Hit {
		ranged := d.act.Attack.Kind == content.Ranged
		t.push(Task{Do: stepStrike, Actor: actor.ID, Target: target.ID, Action: d.ref, Level: task.Level, Ranged: ranged, Hold: task.Hold})
		return
	}
	next := *task
	next.Do = stepOutcome
	if d.act.Save == nil {
		t.outcome(&next)
		return
	}
	v := saving{ability: d.act.Save.Ability, dc: t.saveDC(actor, d), why: d.name, source: actor.ID, magic: d.magic, against: conditionsOfEffects(d.act.Effects)}
	if v.ability == content.Dexterity {
		v.cover = t.coverFromArea(actor, target, d, task)
	}
	t.saveThen(target, v, next)
}

// saveThen makes a save and leaves what comes of it to a task: between the two
// who failed may still resist (Legendary Resistance).
func (t *table) saveThen(c *Creature, v saving, next Task) {
	next.Saved = true
	next.Success, next.FailBy = t.saveBy(c, v)
	t.push(next)
	if !next.Success {
		t.offerResistance(c, v.why)
	}
}

// saveBy makes a save and tells by how much it failed.
func (t *table) saveBy(c *Creature, v saving) (bool, int) {
	at := len(t.events)
	if t.save(c, v) {
		return true, 0
	}
	if at < len(t.events) {
		if rolled, ok := t.events[at].(SaveRolled); ok && rolled.Roll != nil {
			return false, v.dc - rolled.Roll.Total
		}
	}
	return false, v.dc
}

// saveDC is the DC of an actor's save now.
func (t *table) saveDC(c *Creature, d *deed) int {
	dc := d.dc
	if d.spell == nil {
		return dc
	}
	t.each(c, func(m *content.Modifier, from origin) {
		if m.Kind == content.KindBonus && slices.Contains(m.On, content.RollSpellDC) {
			dc += m.Value
		}
	})
	return dc
}

// conditionsOfEffects lists the conditions that effects put on a target.
func conditionsOfEffects(effects []content.Effect) []ConditionID {
	var list []ConditionID
	for i := range effects {
		list = append(list, effects[i].Conditions...)
	}
	return list
}

// coverFromArea is the bonus of cover to a Dexterity save, seen from where the
// area comes from.
func (t *table) coverFromArea(actor, target *Creature, d *deed, task *Task) int {
	if d.act.Target.Area == nil || task.Point == nil || d.act.Target.Range == 0 {
		return t.coverAgainst(actor, target)
	}
	return t.ground.Cover(grid.Space{At: grid.Point(*task.Point), Side: 1}, target.space(), nil).Bonus()
}
