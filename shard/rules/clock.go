// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// moments gives the tasks of a creature's effects at a moment of its turn, and of
// those that it has on others and that count its turns.
func (t *table) moments(c *Creature, when content.Moment) []Task {
	var recur, save []Task
	for i := range c.Effects {
		effect := &c.Effects[i]
		if r := effect.Body.Recurs; r != nil && r.When == when && (r.Of != content.OfSource || effect.Source == c.ID) {
			recur = append(recur, Task{Do: stepRecur, Target: c.ID, Effect: effect.ID})
		}
		if ends := effect.Body.SaveEnds; ends != nil && ends.When == when {
			save = append(save, Task{Do: stepRepeat, Target: c.ID, Effect: effect.ID})
		}
	}
	for i := range t.Creatures {
		other := &t.Creatures[i]
		for j := range other.Effects {
			effect := &other.Effects[j]
			if r := effect.Body.Recurs; r != nil && r.When == when && r.Of == content.OfSource && effect.Source == c.ID && other != c {
				recur = append(recur, Task{Do: stepRecur, Target: other.ID, Effect: effect.ID})
			}
		}
	}
	return append(recur, save...)
}

// clocks moves every duration that counts the turns of a creature, and ends
// those that are over.
func (t *table) clocks(of string, at content.Moment) {
	for i := range t.Creatures {
		c := &t.Creatures[i]
		for j := 0; j < len(c.Effects); j++ {
			effect := &c.Effects[j]
			if effect.Until == nil || effect.Until.Of != of || effect.Until.At != at {
				continue
			}
			if effect.Until.Turns <= 1 {
				t.endEffect(c, effect.ID, "its time is over")
				j = -1
				continue
			}
			if effect.Until.Turns > 0 {
				t.tick(c, effect)
			}
		}
	}
	for i := 0; i < len(t.Zones); i++ {
		z := &t.Zones[i]
		if z.Until == nil || z.Until.Of != of || z.Until.At != at {
			continue
		}
		if z.Until.Turns <= 1 {
			hold := z.Hold
			t.emit(ZoneEnded{Zone: z.ID, Name: z.Name, Reason: "its time is over"})
			t.dropHold(hold)
			i = -1
			continue
		}
		t.emit(ZoneClocked{Zone: z.ID, Turns: z.Until.Turns - 1})
	}
}

// tick counts one turn of an effect.
func (t *table) tick(c *Creature, e *Effect) {
	t.emit(EffectChanged{Target: c.ID, Effect: e.ID, Successes: e.Successes, Failures: e.Failures, Turns: e.Until.Turns - 1})
}

// dropHold ends a concentration on which nothing hangs any more.
func (t *table) dropHold(hold int) {
	if hold == 0 {
		return
	}
	for i := range t.Creatures {
		if slices.ContainsFunc(t.Creatures[i].Effects, func(e Effect) bool { return e.Hold == hold }) {
			return
		}
	}
	if slices.ContainsFunc(t.Zones, func(z Zone) bool { return z.Hold == hold }) {
		return
	}
	for i := range t.Creatures {
		if c := &t.Creatures[i]; c.Concentration != nil && c.Concentration.ID == hold {
			t.endConcentration(c, "nothing is left of it")
		}
	}
}

// repeatSave repeats the save that ends an effect.
func (t *table) repeatSave(task *Task) {
	c := t.creature(task.Target)
	effect := c.effect(task.Effect)
	if effect == nil || c.Status == Dead {
		return
	}
	ends := effect.Body.SaveEnds
	if ends.OutOfSight {
		if source := t.creature(effect.Source); source != nil && t.present(source) && t.inSight(c.space(), source.space()) {
			return
		}
	}
	v := saving{ability: effect.Ability, dc: effect.DC, why: effect.Name, source: effect.Source, magic: effect.Magic, against: effect.Body.Conditions}
	if task.Swayed > 0 && ends.AdvantageOnDamage {
		v.swayed = []string{"Damage"}
	}
	task.Do = stepRepeated
	t.saveThen(c, v, *task)
}

// savedAgain counts a repeated save: enough successes end the effect, enough
// failures make it worse.
func (t *table) savedAgain(task *Task) {
	c := t.creature(task.Target)
	effect := c.effect(task.Effect)
	if effect == nil {
		return
	}
	ends := effect.Body.SaveEnds
	next := EffectChanged{Target: c.ID, Effect: effect.ID, Successes: effect.Successes, Failures: effect.Failures}
	if effect.Until != nil {
		next.Turns = effect.Until.Turns
	}
	if task.Success {
		next.Successes++
	} else {
		next.Failures++
	}
	switch {
	case task.Success && next.Successes >= max(ends.Successes, 1):
		t.endEffect(c, effect.ID, "it saved")
	case !task.Success && effect.Body.Worsens != nil && next.Failures >= max(ends.Failures, 1):
		worse := t.derived(effect, *effect.Body.Worsens, c)
		t.emit(EffectEnded{Target: c.ID, Effect: effect.ID, Name: effect.Name, Reason: "it gets worse"})
		t.addEffect(c, worse)
	case ends.Successes > 1 || ends.Failures > 1:
		t.emit(next)
	}
}

// recur lets an effect do again what it does each turn.
func (t *table) recur(task *Task) {
	c := t.creature(task.Target)
	effect := c.effect(task.Effect)
	if effect == nil || c.Status == Dead {
		return
	}
	r := effect.Body.Recurs
	for i := range r.Damage {
		roll := t.rollDamage(r.Damage[i].Dice, r.Damage[i].Type, 1, false)
		roll.OnSave = r.Damage[i].OnSave
		task.Rolls = append(task.Rolls, roll)
	}
	if len(task.Rolls) > 0 {
		t.emit(DamageRolled{Source: effect.Source, Name: effect.Name, Rolls: task.Rolls})
	}
	task.Do = stepRecurred
	if r.Save == nil {
		t.recurred(task)
		return
	}
	dc := r.Save.DC
	if dc == 0 {
		dc = effect.DC
	}
	t.saveThen(c, saving{ability: r.Save.Ability, dc: dc, why: effect.Name, source: effect.Source, magic: effect.Magic}, *task)
}

// recurred is what an effect does each turn, after its save.
func (t *table) recurred(task *Task) {
	c := t.creature(task.Target)
	effect := c.effect(task.Effect)
	if effect == nil {
		return
	}
	if len(task.Rolls) > 0 {
		t.strikeWith(c, &blow{source: effect.Source, name: effect.Name, rolls: task.Rolls, saves: task.Saved, saved: task.Success, evades: t.evades(c, effect.Body.Recurs.Save)})
	}
	if dice := effect.Body.Recurs.Heal; dice != "" {
		roll := t.rollDamage(dice, "", 1, false)
		t.heal(c, roll.Total, []DamageRoll{roll}, effect.Name)
	}
}
