// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// afterDamage draws what damage leads to: failed death saves or a fall,
// concentration, effects that it ends, traits and reactions that it wakes.
func (t *table) afterDamage(target *Creature, b *blow, dealt *DamageDealt, before int) {
	leftover := dealt.Dealt - dealt.Absorbed - before
	switch {
	case before == 0 && target.Status == Unconscious:
		t.hurtDying(target, b, dealt.Dealt)
	case target.HP == 0 && target.Status == Standing:
		t.fall(target, b, leftover, dealt)
	}
	if target.Status == Dead {
		return
	}
	bloodied := target.becameBloodied(before)
	t.endOn(target, content.EndOnDamage, "it took damage")
	if source := t.creature(b.source); source != nil {
		t.endHarmed(target, source)
		t.wakeTraits(target, source, b, dealt, bloodied)
	}
	t.offerHurt(target, t.creature(b.source), dealt, bloodied)
	if bloodied && t.awaited(readyBloodied) {
		t.push(Task{Do: stepReady, Actor: target.ID, Trigger: readyBloodied})
	}
	for _, effect := range slices.Clone(target.Effects) {
		if ends := effect.Body.SaveEnds; ends != nil && ends.When == content.OnDamaged {
			t.push(Task{Do: stepRepeat, Target: target.ID, Effect: effect.ID, Swayed: 1})
		}
	}
	t.keepConcentration(target, dealt.Dealt) // the last on the stack: before all that
}

// endHarmed ends effects of the source's side that end when it harms the
// bearer (Charmed).
func (t *table) endHarmed(target, source *Creature) {
	for _, effect := range slices.Clone(target.Effects) {
		by := t.creature(effect.Source)
		if by != nil && by.Side == source.Side && slices.Contains(effect.Body.EndsOn, content.EndOnSourceHit) {
			t.endEffect(target, effect.ID, "it was harmed")
		}
	}
}

// hurtDying is damage at 0 hit points: a failed death save, two for a critical
// hit, death if it is as much as the maximum (Damage at 0 Hit Points).
func (t *table) hurtDying(c *Creature, b *blow, damage int) {
	if damage >= c.MaxHP() {
		t.kill(c, b.name)
		return
	}
	failures := 1
	if b.crit {
		failures = 2
	}
	t.death(c, 0, failures)
}

// fall is what 0 hit points make of a creature: a monster dies; a character
// dies if the damage left over is at least its hit point maximum, else it is
// Unconscious (Dropping to 0 Hit Points: Monster Death, Instant Death, Falling
// Unconscious; Knocking Out a Creature).
func (t *table) fall(c *Creature, b *blow, leftover int, dealt *DamageDealt) {
	switch {
	case b.knocks && b.melee:
		t.knockOut(c, b)
	case t.enduresDeath(c, b, dealt):
	case c.Kind == Monster && !t.regenerates(c) || leftover >= c.MaxHP():
		t.kill(c, b.name)
	default:
		t.emit(CreatureFell{Creature: c.ID, Status: Unconscious})
		t.afterFall(c)
	}
}

// knockOut leaves a creature unconscious instead of dying.
func (t *table) knockOut(c *Creature, b *blow) {
	if t.rules.knockOutStable {
		t.emit(CreatureFell{Creature: c.ID, Status: Unconscious, Stable: true})
		t.afterFall(c)
		return
	}
	t.emit(HPSet{Target: c.ID, Before: 0, After: 1, Reason: "Knocked out"})
	t.addEffect(c, Effect{Name: "Knocked out", Source: b.source, Body: content.Effect{
		Conditions: []ConditionID{content.Unconscious}, EndsOn: []content.EndOn{content.EndOnHealed, content.EndOnShaken},
	}})
	t.checkEnd()
}

// enduresDeath lets a trait keep a creature at 1 hit point: with a save that
// gets harder with the damage, or once.
func (t *table) enduresDeath(c *Creature, b *blow, dealt *DamageDealt) bool {
	var fortitude, ward *content.Modifier
	var effect int
	t.each(c, func(m *content.Modifier, from origin) {
		switch m.Kind {
		case content.KindUndeadFortitude:
			fortitude = m
		case content.KindDeathWard:
			ward, effect = m, from.effect
		}
	})
	if ward != nil {
		t.emit(HPSet{Target: c.ID, Before: 0, After: 1, Reason: "Death ward"})
		t.endEffect(c, effect, "it was used")
		return true
	}
	if fortitude == nil || b.crit || slices.ContainsFunc(dealt.Parts, func(p DamagePart) bool {
		return p.Dealt > 0 && slices.Contains(fortitude.DamageTypes, p.Type)
	}) {
		return false
	}
	if !t.save(c, saving{ability: content.Constitution, dc: fortitude.Value + dealt.Dealt, why: "Fortitude"}) {
		return false
	}
	t.emit(HPSet{Target: c.ID, Before: 0, After: 1, Reason: "Fortitude"})
	return true
}

// regenerates tells whether a creature at 0 hit points comes back by itself.
func (s *State) regenerates(c *Creature) bool { return s.modified(c, content.KindRegeneration) }

// kill makes a creature dead.
func (t *table) kill(c *Creature, why string) {
	if c.Status == Dead {
		return
	}
	if c.HP > 0 {
		t.emit(HPSet{Target: c.ID, Before: c.HP, After: 0, Reason: why})
	}
	t.emit(CreatureFell{Creature: c.ID, Status: Dead})
	t.afterFall(c)
	for i := range c.block.Traits {
		if trait := &c.block.Traits[i]; trait.Trigger != nil && trait.Trigger.On == content.OnDeath {
			t.push(Task{Do: stepTrait, Actor: c.ID, Action: refTrait + trait.ID})
		}
	}
}

// afterFall is what ends with a creature that fell: its concentration, its
// grip, what it readied, and perhaps the fight.
func (t *table) afterFall(c *Creature) {
	if c.Concentration != nil {
		t.endConcentration(c, "it fell")
	}
	t.loseGrip(c)
	t.dropAll(c)
	if c.Status == Unconscious {
		t.fallProne(c, c.ID)
	}
	t.checkEnd()
}

// checkEnd ends the fight when fewer than two sides still stand.
func (t *table) checkEnd() {
	if t.Combat.Phase != Fighting || len(t.Combat.Order) == 0 {
		return
	}
	if winner, fighting := t.standingSide(); !fighting {
		t.emit(CombatEnded{Winner: winner, Round: t.Combat.Round})
	}
}

// standingSide tells whether two sides or more still stand. If not, it gives
// the side that does, or "".
func (s *State) standingSide() (side string, fighting bool) {
	for i := range s.Creatures {
		c := &s.Creatures[i]
		comesBack := c.Status == Unconscious && c.Kind == Monster && s.regenerates(c)
		if (c.Status != Standing || c.knockedOut()) && !comesBack {
			continue
		}
		if side != "" && side != c.Side {
			return "", true
		}
		side = c.Side
	}
	return side, false
}

// knockedOut tells whether a creature lies unconscious with hit points left,
// until somebody heals or wakes it.
func (c *Creature) knockedOut() bool {
	for i := range c.Effects {
		e := &c.Effects[i]
		if e.Until == nil && e.Hold == 0 && slices.Contains(e.Body.Conditions, content.Unconscious) && e.Body.SaveEnds == nil {
			return true
		}
	}
	return false
}

// death counts death saves: three successes make stable, three failures kill
// (Death Saving Throws).
func (t *table) death(c *Creature, successes, failures int) {
	next := Death{Successes: c.Death.Successes + successes, Failures: min(c.Death.Failures+failures, 3)}
	if next.Successes >= 3 {
		next = Death{Stable: true}
	}
	t.emit(DeathCounted{Creature: c.ID, Death: next})
	if next.Failures >= 3 {
		t.kill(c, "three failed death saves")
	}
}

// deathSave is the save at the start of a dying character's turn: 10 or more
// succeeds, a natural 20 brings back 1 hit point, a natural 1 fails twice.
func (t *table) deathSave(task *Task) {
	c := t.creature(task.Actor)
	if c == nil || c.Status != Unconscious || c.Death.Stable {
		return
	}
	k := contest{roll: content.RollDeathSave, bearer: c}
	roll := t.test(&k, nil, nil)
	success := roll.Natural == 20 || roll.Natural != 1 && roll.Total >= 10
	t.emit(SaveRolled{Creature: c.ID, DC: 10, Roll: &roll, Success: success, Why: "Death save", Source: c.ID})
	switch {
	case roll.Natural == 20:
		t.heal(c, 1, nil, "Natural 20")
	case roll.Natural == 1:
		t.death(c, 0, 2)
	case success:
		t.death(c, 1, 0)
	default:
		t.death(c, 0, 1)
	}
}

// heal restores hit points, up to the maximum, and brings back who lies at 0
// (Healing).
func (t *table) heal(c *Creature, amount int, rolls []DamageRoll, source string) {
	if c.Status == Dead {
		return
	}
	blocked := false
	t.each(c, func(m *content.Modifier, _ origin) {
		blocked = blocked || m.Kind == content.KindCannot && slices.Contains(m.Deeds, "regain_hp")
	})
	if blocked || c.block.Swarm {
		amount = 0
	}
	after := max(min(c.HP+amount, c.MaxHP()), c.HP)
	t.emit(Healed{Target: c.ID, Amount: amount, Rolls: rolls, HPBefore: c.HP, HPAfter: after, Source: source})
	if amount > 0 {
		t.endOn(c, content.EndOnHealed, "it was healed")
	}
}

// revive brings back who died within so many rounds, with 1 hit point.
func (t *table) revive(c *Creature, rounds int) {
	if c.Status != Dead || t.Combat.Round-c.Death.Round > rounds || t.crowded(c, c.space()) || !t.ground.Fits(c.space()) {
		return
	}
	t.emit(Revived{Creature: c.ID, HP: 1})
}
