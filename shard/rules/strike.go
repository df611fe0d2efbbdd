// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// Sources of advantage and disadvantage on an attack roll.
const (
	sourceCloseEnemy     = "Enemy within 5 feet"
	sourceLongRange      = "Long range"
	sourceUnseenTarget   = "Unseen target"
	sourceUnseenAttacker = "Unseen attacker"
	sourceHeavy          = "Heavy weapon"
)

// strike rolls an attack against the target's AC. A natural 20 hits and is a
// critical hit, a natural 1 misses, whatever the total (Attack Rolls: Rolling
// 20 or 1).
func (t *table) strike(task *Task) {
	attacker, target := t.creature(task.Actor), t.creature(task.Target)
	if attacker == nil || target == nil || attacker.Status != Standing || !t.present(target) {
		return
	}
	d := t.deedOf(attacker, task.Action, task.Level)
	if d == nil {
		return
	}
	k := contest{roll: content.RollAttack, bearer: attacker, other: target, attack: d.act.Attack, ranged: task.Ranged, magic: d.magic,
		ability: d.ability(task.Ranged)}
	advantage, disadvantage := t.attackSources(attacker, target, d, task.Ranged)
	roll := t.test(&k, advantage, disadvantage, Modifier{Source: d.name, Value: d.attack})
	task.Swayed = leaning(roll.Advantage, roll.Disadvantage)
	task.AC, task.Cover = t.armorClass(attacker, target)
	task.Natural, task.Total = roll.Natural, roll.Total
	event := AttackRolled{Attacker: attacker.ID, Target: target.ID, Attack: d.ref, Roll: roll, AC: task.AC, Outcome: Miss, Cover: task.Cover}
	if task.Price != nil {
		event.Price = *task.Price
	}
	critical := 20
	if on := d.act.Attack.CritOn; on > 0 {
		critical = on
	}
	switch {
	case roll.Natural >= critical:
		event.Outcome = CriticalHit
	case roll.Natural != 1 && roll.Total >= task.AC:
		event.Outcome = Hit
		if t.critsNear(attacker, target) {
			event.Outcome = CriticalHit
		}
	}
	task.Hit, task.Crit = event.Outcome != Miss, event.Outcome == CriticalHit
	t.emit(event)
	if task.Ranged {
		t.throws(attacker, d.act.Attack)
	}
	t.afterRoll(&k)
	task.Do, task.Price = stepLand, nil
	if asks := t.onHit(task, attacker, target); len(asks) > 0 {
		t.push(append(asks, *task, Task{Do: stepSettle})...)
		return
	}
	t.land(task)
}

// ability is the ability an attack is made with.
func (d *deed) ability(ranged bool) content.Ability {
	switch {
	case d.act.Attack.Ability != "":
		return d.act.Attack.Ability
	case ranged && !slices.Contains(d.act.Attack.Properties, content.Thrown):
		return content.Dexterity
	default:
		return content.Strength
	}
}

// critsNear tells whether every hit of the attacker on the target is critical
// (Paralyzed, Unconscious).
func (t *table) critsNear(attacker, target *Creature) bool {
	crits := false
	k := contest{roll: content.RollAttacked, bearer: target, other: attacker}
	t.each(target, func(m *content.Modifier, from origin) {
		crits = crits || m.Kind == content.KindAutoCrit && t.holds(m, from, &k)
	})
	return crits
}

// attackSources lists what gives an attack advantage and disadvantage beside
// the modifiers of the two creatures (Ranged Attacks in Close Combat; Range;
// Unseen Attackers and Targets; Heavy).
func (t *table) attackSources(attacker, target *Creature, d *deed, ranged bool) (advantage, disadvantage []string) {
	if ranged {
		if t.enemyBeside(attacker) {
			disadvantage = append(disadvantage, sourceCloseEnemy)
		}
		if distance(attacker, target) > d.normalRange() {
			disadvantage = append(disadvantage, sourceLongRange)
		}
	}
	if !t.sees(attacker, target) {
		disadvantage = append(disadvantage, sourceUnseenTarget)
	}
	if !t.sees(target, attacker) {
		if target.Status == Standing { // else its condition says so already
			advantage = append(advantage, sourceUnseenAttacker)
		}
	}
	if slices.Contains(d.act.Attack.Properties, content.Heavy) && t.tooHeavy(attacker, ranged) {
		disadvantage = append(disadvantage, sourceHeavy)
	}
	return advantage, disadvantage
}

// tooHeavy tells whether a heavy weapon is too much for a creature.
func (t *table) tooHeavy(c *Creature, ranged bool) bool {
	if t.rules.heavySmall {
		return bulk(c.size()) <= bulk(content.Small)
	}
	if ranged {
		return c.block.Abilities.Dex < 13
	}
	return c.block.Abilities.Str < 13
}

// enemyBeside tells whether an enemy that sees the creature and is not
// incapacitated is within 5 feet.
func (s *State) enemyBeside(c *Creature) bool {
	for i := range s.Creatures {
		other := &s.Creatures[i]
		if enemies(c, other) && other.Status == Standing && !other.removed() && distance(other, c) <= 5 &&
			!s.incapacitated(other) && s.sees(other, c) {
			return true
		}
	}
	return false
}

// armorClass is a target's AC against an attacker, cover included, and the
// bonus of that cover (Cover).
func (t *table) armorClass(attacker, target *Creature) (ac, cover int) {
	cover = t.coverAgainst(attacker, target)
	ac = target.armor() + cover
	k := contest{roll: content.RollAC, bearer: target, other: attacker}
	var counted []string
	t.each(target, func(m *content.Modifier, from origin) {
		if m.Kind == content.KindBonus && slices.Contains(m.On, content.RollAC) && t.holds(m, from, &k) && !slices.Contains(counted, from.name) {
			counted = append(counted, from.name)
			ac += m.Value
		}
	})
	return max(ac, 1), cover
}

// coverAgainst is the bonus of the cover that a target has against an
// attacker; creatures in between give half.
func (t *table) coverAgainst(attacker, target *Creature) int {
	if distance(attacker, target) <= 5 {
		return 0
	}
	others := make([]grid.Space, 0, len(t.Creatures))
	for i := range t.Creatures {
		if c := &t.Creatures[i]; c != attacker && c != target && t.present(c) && !t.has(c, content.Prone) {
			others = append(others, c.space())
		}
	}
	return t.ground.Cover(attacker.space(), target.space(), others).Bonus()
}

// afterRoll draws what follows from the roll itself: who attacks is hidden no
// more, and effects that wait for an attack end.
func (t *table) afterRoll(k *contest) {
	t.reveal(k.bearer, "it attacks")
	t.endOn(k.bearer, content.EndOnAttack, "it attacks")
	t.endAttacked(k)
	t.endOnOwnRoll(k.bearer, content.RollAttack)
}
