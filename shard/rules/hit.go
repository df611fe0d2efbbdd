// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// land lets an attack hit or miss, now that everybody has reacted.
func (t *table) land(task *Task) {
	attacker, target := t.creature(task.Actor), t.creature(task.Target)
	if !t.present(target) {
		return
	}
	d := t.deedOf(attacker, task.Action, task.Level)
	if d == nil {
		return
	}
	if task.Hit && !task.Crit {
		if ac, _ := t.armorClass(attacker, target); ac > task.AC && task.Total < ac {
			task.Hit = false
			t.emit(AttackTurned{Attacker: attacker.ID, Target: target.ID, AC: ac})
		}
	}
	t.attacked(attacker, target, task.Hit)
	if !task.Hit {
		t.missed(attacker, target, d, task)
		return
	}
	k := contest{roll: content.RollDamage, bearer: attacker, other: target, attack: d.act.Attack, ranged: task.Ranged, magic: d.magic, swayed: task.Swayed}
	b := &blow{source: attacker.ID, name: d.ref, record: true, crit: task.Crit, melee: !task.Ranged, knocks: task.Knocks, halved: task.Halved}
	rolls := t.rollAll(attacker, d, task.Crit, &k)
	if task.Off && len(rolls) > 0 && rolls[0].Bonus > 0 {
		rolls[0].Total -= rolls[0].Bonus
		rolls[0].Bonus = 0
	}
	rolls = t.extraDamage(rolls, &k, task.Crit, b)
	later := splitRolls(&rolls, d.act.Save != nil)
	b.rolls = rolls
	if len(later) > 0 {
		// All dice of the hit are told in the order they were rolled.
		t.emit(DamageRolled{Source: attacker.ID, Name: d.ref, Rolls: append(slices.Clone(rolls), later...)})
		b.record = false
	}
	follow := Task{Do: stepOutcome, Actor: attacker.ID, Target: target.ID, Action: d.ref, Level: task.Level, Hit: true, Crit: task.Crit, Rolls: later}
	if d.act.Save != nil {
		follow.Do = stepTarget
	}
	follows := d.act.Save != nil || hasOutcome(d.act)
	at := len(t.stack)
	if follows {
		t.push(follow)
	}
	dealt := 0
	if len(rolls) > 0 {
		if dealt = t.strikeWith(target, b); follows {
			t.stack[at].Amount = dealt
		}
	}
	t.mastery(attacker, target, d, task, dealt)
}

// hasOutcome tells whether an activity does more to its target than damage.
func hasOutcome(a *content.Activity) bool {
	return len(a.Effects) > 0 || a.Push != 0 || a.DrainMax || a.HealsActor || a.Heal != nil
}

// splitRolls parts the damage that waits for the save behind a hit from what
// the hit deals at once.
func splitRolls(rolls *[]DamageRoll, saves bool) (later []DamageRoll) {
	if !saves {
		return nil
	}
	var now []DamageRoll
	for _, roll := range *rolls {
		if roll.OnSave == "" {
			now = append(now, roll)
		} else {
			later = append(later, roll)
		}
	}
	if len(later) > 0 {
		*rolls = now
	}
	return later
}

// extraDamage adds what traits and effects add to the damage of a hit.
func (t *table) extraDamage(rolls []DamageRoll, k *contest, crit bool, b *blow) []DamageRoll {
	t.each(k.bearer, func(m *content.Modifier, from origin) {
		switch {
		case m.Kind == content.KindExtraDamage && t.holds(m, from, k):
			kind := DamageType("")
			if len(m.DamageTypes) > 0 {
				kind = m.DamageTypes[0]
			} else if len(rolls) > 0 {
				kind = rolls[0].Type
			}
			roll := t.rollDamage(m.Dice, kind, 1, crit)
			roll.Source = from.name
			rolls = append(rolls, roll)
			if slices.Contains(m.When, content.WhenOncePerTurn) {
				b.once = append(b.once, onceKey(k.bearer, from))
			}
		case m.Kind == content.KindBonus && slices.Contains(m.On, content.RollDamage) && m.Value != 0 && len(rolls) > 0 && t.holds(m, from, k):
			rolls = append(rolls, DamageRoll{Dice: "0", Type: rolls[0].Type, First: t.next, Bonus: m.Value, Total: m.Value, Source: from.name})
		}
	})
	return rolls
}

// missed deals what a miss deals, and asks who was missed.
func (t *table) missed(attacker, target *Creature, d *deed, task *Task) {
	t.offerMissed(attacker, target, task.Ranged)
	graze := t.masters(attacker) && d.act.Attack.Mastery == content.Graze
	switch {
	case graze && len(d.act.Damage) > 0:
		mod := attacker.block.Abilities.Modifier(d.ability(task.Ranged))
		if mod > 0 {
			t.strikeWith(target, &blow{source: attacker.ID, name: d.ref, record: true, melee: !task.Ranged, rolls: []DamageRoll{
				{Dice: "0", Type: d.act.Damage[0].Type, First: t.next, Bonus: mod, Total: mod, Source: "Graze"},
			}})
		}
	case d.act.Attack.MissDamage == content.SaveHalf:
		rolls := t.rollAll(attacker, d, false, nil)
		b := &blow{source: attacker.ID, name: d.ref, record: true, rolls: rolls, halved: "Miss"}
		t.strikeWith(target, b)
	}
}

// settle ends what reactions gave for one attack only.
func (t *table) settle() {
	for i := range t.Creatures {
		c := &t.Creatures[i]
		for j := 0; j < len(c.Effects); {
			if effect := &c.Effects[j]; effect.Body.Duration.Kind == content.DurationTrigger {
				t.endEffect(c, effect.ID, "the attack is over")
				j = 0
				continue
			}
			j++
		}
	}
}
