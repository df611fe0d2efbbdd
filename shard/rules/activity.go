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
		feet := act.MoveUpTo
		if feet < 0 {
			feet = t.speed(actor) / 2
		}
		if t.onTurn() == actor {
			t.emit(Granted{Creature: actor.ID, Actions: act.GrantActions, Movement: feet})
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
	task.Do = stepOutcome
	if d.act.Save == nil {
		t.outcome(task)
		return
	}
	v := saving{ability: d.act.Save.Ability, dc: t.saveDC(actor, d), why: d.name, source: actor.ID, magic: d.magic, against: conditionsOfEffects(d.act.Effects)}
	if v.ability == content.Dexterity {
		v.cover = t.coverFromArea(actor, target, d, task)
	}
	task.Success, task.FailBy = t.saveBy(target, v)
	task.Saved = true
	t.push(*task)
	if !task.Success {
		t.offerResistance(target, d.name)
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

// affectable tells whether an activity can do something to a creature now.
func (t *table) affectable(d *deed, target *Creature) bool {
	if d.act.Revive > 0 {
		return target.Status == Dead
	}
	if !t.present(target) {
		return false
	}
	if d.spell != nil && t.immuneToSpell(target, d.spell.ID) {
		return false
	}
	return t.suits(d, target) == nil
}

func (t *table) immuneToSpell(c *Creature, id string) bool {
	immune := false
	t.each(c, func(m *content.Modifier, _ origin) {
		immune = immune || m.Kind == content.KindSpellImmunity && slices.Contains(m.Spells, id)
	})
	return immune
}

// suits refuses a target that an activity does not work on.
func (t *table) suits(d *deed, target *Creature) *Refusal {
	want := &d.act.Target
	kind := target.block.Type
	switch {
	case len(want.Types) > 0 && !slices.Contains(want.Types, kind), slices.Contains(want.NotTypes, kind):
		return refuse(CodeWrongTarget, "%s does not work on a %s such as %s.", d.name, kind, target.Name)
	case want.MaxSize != "" && bulk(target.block.Size) > bulk(want.MaxSize):
		return refuse(CodeTooBig, "%s is too big for %s.", target.Name, d.name)
	case want.Dead != (target.Status == Dead) && (want.Dead || d.act.Revive == 0):
		return refuse(CodeTargetDown, "%s is %s.", target.Name, target.Status)
	case len(want.Conditions) > 0 && !slices.ContainsFunc(want.Conditions, func(id ConditionID) bool { return t.has(target, id) }):
		return refuse(CodeWrongTarget, "%s only works on who is %s.", d.name, want.Conditions[0])
	}
	return nil
}

// coverFromArea is the bonus of cover to a Dexterity save, seen from where the
// area comes from.
func (t *table) coverFromArea(actor, target *Creature, d *deed, task *Task) int {
	if d.act.Target.Area == nil || task.Point == nil || d.act.Target.Range == 0 {
		return t.coverAgainst(actor, target)
	}
	return t.ground.Cover(grid.Space{At: grid.Point(*task.Point), Side: 1}, target.space(), nil).Bonus()
}

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
		if body.MaxSize != "" && bulk(target.block.Size) > bulk(body.MaxSize) || body.FailBy > 0 && task.FailBy < body.FailBy {
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
		t.emit(DamageDealt{Attacker: actor.ID, Target: target.ID, Attack: d.ref, HPBefore: target.HP, HPAfter: 0})
		t.kill(target, d.name)
		return
	}
	t.strikeWith(target, &blow{source: actor.ID, name: d.ref, record: true, rolls: t.rollAll(actor, d, false, nil)})
}

// dispel ends the spells on a target: those of a low level at once, others by
// a check.
func (t *table) dispel(actor, target *Creature, d *deed) {
	limit := max(d.act.Dispel, d.level)
	for _, effect := range slices.Clone(target.Effects) {
		if effect.Level == 0 || target.effect(effect.ID) == nil {
			continue
		}
		ends := effect.Level <= limit
		if !ends {
			k := contest{roll: content.RollCheck, bearer: actor}
			roll := t.test(&k, nil, nil, Modifier{Source: "Spellcasting", Value: d.mod})
			ends = roll.Total >= 10+effect.Level
			t.emit(CheckRolled{Creature: actor.ID, Skill: "arcana", DC: 10 + effect.Level, Roll: roll, Success: ends, Why: d.name})
		}
		if ends {
			t.endEffect(target, effect.ID, d.name)
		}
	}
}

// UseAction does one of a creature's actions that is more than an attack, or
// starts several attacks.
type UseAction struct {
	Creature string `json:"creature"`
	// Action is its reference.
	Action  string   `json:"action"`
	Targets []string `json:"targets,omitempty"`
	// Point is where an area or a zone is, or what it points at.
	Point  *Point   `json:"point,omitempty"`
	Spared []string `json:"spared,omitempty"`
}

// Kind names the command.
func (UseAction) Kind() string { return "act" }

func (c UseAction) decide(t *table) *Refusal {
	actor, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	d := t.deedOf(actor, c.Action, 0)
	if d == nil || d.action == nil || d.action.Cost == content.CostReaction || d.action.Cost == content.CostLegendary || d.action.Cost == content.CostLair {
		return refuse(CodeUnknownAction, "%s has no action %.40q.", actor.Name, c.Action)
	}
	if len(d.action.Multiattack) == 0 && d.act.Attack != nil {
		return refuse(CodeUnknownAction, "%s is an attack: use attack.", d.name)
	}
	price, refusal := t.actionPrice(actor, d)
	if refusal != nil {
		return refusal
	}
	if len(d.action.Multiattack) > 0 {
		price.Opens = d.action.Multiattack
		t.emit(Acted{Creature: actor.ID, Action: d.ref, Name: d.name, Price: price})
		return nil
	}
	aim := aim{targets: c.Targets, point: c.Point, spared: c.Spared}
	task, refusal := t.aimed(actor, d, aim)
	if refusal != nil {
		return refusal
	}
	t.emit(Acted{Creature: actor.ID, Action: d.ref, Name: d.name, Targets: task.Targets, Point: c.Point, Price: price})
	if d.magic {
		t.endOn(actor, content.EndOnAttack, "it casts")
	}
	t.push(task)
	return nil
}

// actionPrice finds what an action is paid with.
func (t *table) actionPrice(c *Creature, d *deed) (Price, *Refusal) {
	if refusal := t.usable(c, d); refusal != nil {
		return Price{}, refusal
	}
	switch d.action.Cost {
	case content.CostFree:
		return Price{Use: d.use()}, nil
	case content.CostBonus:
		price, refusal := t.bonusPrice(c)
		price.Use = d.use()
		return price, refusal
	}
	if at := inParts(t.Combat.Budget.Attacks, d.ref); at >= 0 {
		return Price{Attack: at + 1, Use: d.use()}, nil
	}
	if refusal := t.mayAct(c); refusal != nil {
		return Price{}, refusal
	}
	if t.Combat.Budget.Actions < 1 {
		return Price{}, refuse(CodeNoActionLeft, "%s has used its action this turn.", c.Name)
	}
	return Price{Actions: 1, Use: d.use()}, nil
}
