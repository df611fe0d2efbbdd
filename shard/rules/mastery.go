// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// mastery does what the mastery property of a weapon adds to a hit, for who
// has mastered it (Equipment: Mastery Properties). Slow and Vex ask for damage
// dealt. Graze is dealt with a miss, Nick with the extra attack.
func (t *table) mastery(attacker, target *Creature, d *deed, task *Task, dealt int) {
	if !t.masters(attacker) {
		return
	}
	if !t.present(target) {
		if d.act.Attack.Mastery == content.Cleave {
			t.cleave(attacker, target, d, task)
		}
		return
	}
	mastery := d.act.Attack.Mastery
	if dealt == 0 && (mastery == content.Slow || mastery == content.Vex) {
		return
	}
	switch mastery {
	case content.Cleave:
		t.cleave(attacker, target, d, task)
	case content.Push:
		if bulk(target.size()) <= bulk(content.Large) {
			t.shoveAway(attacker, target, 10)
		}
	case content.Sap:
		t.masteryEffect(attacker, target, "Sap", content.Effect{
			Duration:  content.Duration{Kind: content.DurationStart, Of: content.OfSource},
			EndsOn:    []content.EndOn{content.EndOnOwnRoll},
			Modifiers: []content.Modifier{{Kind: content.KindDisadvantage, On: []content.RollKind{content.RollAttack}}},
		})
	case content.Slow:
		t.masteryEffect(attacker, target, "Slow", content.Effect{
			Duration:  content.Duration{Kind: content.DurationStart, Of: content.OfSource},
			Modifiers: []content.Modifier{{Kind: content.KindSpeedBonus, Value: -10}},
		})
	case content.Topple:
		mod := attacker.block.Abilities.Modifier(d.ability(task.Ranged))
		dc := max(8+mod+attacker.block.ProficiencyBonus, 1)
		t.saveThen(target, saving{ability: content.Constitution, dc: dc, why: "Topple", source: attacker.ID, against: []ConditionID{content.Prone}},
			Task{Do: stepSeize, Actor: attacker.ID, Target: target.ID, Action: refTopple})
	case content.Vex:
		t.masteryEffect(attacker, target, "Vex", content.Effect{
			Duration:  content.Duration{Kind: content.DurationEnd, Of: content.OfSource},
			EndsOn:    []content.EndOn{content.EndOnAttacked},
			Modifiers: []content.Modifier{{Kind: content.KindAdvantage, On: []content.RollKind{content.RollAttacked}, When: []content.Predicate{content.WhenAgainstSource}}},
		})
	}
}

// masteryEffect puts the effect of a mastery on a target; the same one does not
// add up.
func (t *table) masteryEffect(attacker, target *Creature, name string, body content.Effect) {
	for _, e := range slices.Clone(target.Effects) {
		if e.Name == name && e.Source == attacker.ID {
			t.endEffect(target, e.ID, "it begins anew")
		}
	}
	t.addEffect(target, Effect{Name: name, Source: attacker.ID, Origin: "mastery", Body: body, Until: t.until(body.Duration, attacker.ID, target.ID)})
}

// cleave strikes a second creature beside the first, once a turn, without the
// ability modifier to damage: the nearest one by id.
func (t *table) cleave(attacker, target *Creature, d *deed, task *Task) {
	key := attacker.ID + "/Cleave"
	if task.Ranged || slices.Contains(t.Combat.Budget.Once, key) || t.onTurn() != attacker {
		return
	}
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if other == target || !enemies(attacker, other) || !t.present(other) || distance(other, target) > 5 ||
			distance(attacker, other) > d.act.Attack.Reach || other.Hiding > 0 {
			continue
		}
		t.push(Task{Do: stepStrike, Actor: attacker.ID, Target: other.ID, Action: d.ref, Off: true, Price: &Price{Once: key}})
		return
	}
}
