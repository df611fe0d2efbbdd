// SPDX-License-Identifier: Apache-2.0

package content

import "fmt"

// What reactions and what traits can wait for.
var (
	reactionMoments = []Moment{OnHit, OnSpellCast, OnDamaged, OnMiss, OnAllyHit, OnEnterReach, OnBloodied, OnSplit}
	traitMoments    = []Moment{OnDamaged, OnHitByMelee, OnDeath, OnTurnStart, OnTurnEnd, OnLookedAt, OnBloodied, OnSplit, OnTouched}
)

func (c *checker) trigger(path string, t *Trigger, moments []Moment) {
	if t == nil {
		return
	}
	words(c.Problems, path+".on", []Moment{t.On}, moments)
	c.Feet(path+".within", t.Within, 0, MaxRange)
	words(c.Problems, path+".damageTypes", t.DamageTypes, DamageTypes)
	for i, id := range t.Spells {
		c.spellRef(fmt.Sprintf("%s.spells[%d]", path, i), id)
	}
}

// activity checks what happens; ofSpell: DC and attack bonus may be the caster's.
func (c *checker) activity(path string, a *Activity, ofSpell bool) {
	c.target(path+".target", &a.Target)
	if a.Attack != nil {
		c.attack(path+".attack", a.Attack, ofSpell)
	}
	if a.Target.Sight && (a.Attack != nil || a.Target.Kind != TargetCreature && a.Target.Kind != TargetCreatures) {
		c.Addf(path+".target.sight", "belongs to creatures that no attack roll is made against")
	}
	c.save(path+".save", a.Save, ofSpell)
	c.damage(path+".damage", a.Damage)
	if a.Heal != nil {
		c.Dice(path+".heal.dice", a.Heal.Dice, false)
		c.Dice(path+".heal.perSlot", a.Heal.PerSlot, true)
	}
	c.Dice(path+".tempHP", a.TempHP, true)
	c.effects(path+".effects", a.Effects, 0)
	c.Feet(path+".push", max(a.Push, -a.Push), 0, 100)
	c.Feet(path+".teleport", a.Teleport, 0, MaxRange)
	c.Between(path+".dispel", a.Dispel, 0, 9)
	c.Between(path+".revive", a.Revive, 0, MaxDuration)
	c.Between(path+".slays", a.Slays, 0, MaxHP)
	c.Between(path+".grantActions", a.GrantActions, 0, 3)
	c.Between(path+".moveUpTo", a.MoveUpTo, -1, MaxSpeed)
	c.Between(path+".splits", a.Splits, 0, MaxHP)
	words(c.Problems, path+".deeds", a.Deeds, []Deed{DeedDash, DeedDisengage, DeedDodge, DeedHide})
	if a.Zone != nil {
		c.zone(path+".zone", a.Zone, &a.Target, ofSpell)
	}
}

func (c *checker) target(path string, t *Target) {
	c.OneOf(path+".kind", string(t.Kind), "", string(TargetSelf), string(TargetCreature), string(TargetCreatures), string(TargetArea), string(TargetPoint))
	c.Feet(path+".range", t.Range, 0, MaxRange)
	c.Between(path+".count", t.Count, 0, MaxTargets)
	c.Between(path+".countPerSlot", t.CountPerSlot, 0, MaxTargets)
	c.Feet(path+".spread", t.Spread, 0, MaxRange)
	if (t.Kind == TargetArea) != (t.Area != nil) && t.Kind != TargetPoint {
		c.Addf(path+".area", "belongs to a target of kind area or point")
	}
	c.area(path+".area", t.Area)
	words(c.Problems, path+".types", t.Types, CreatureTypes)
	words(c.Problems, path+".notTypes", t.NotTypes, CreatureTypes)
	if t.MaxSize != "" {
		words(c.Problems, path+".maxSize", []Size{t.MaxSize}, Sizes)
	}
	c.OneOf(path+".affects", string(t.Affects), "", string(AffectsAll), string(AffectsEnemies), string(AffectsAllies), string(AffectsChosen))
	words(c.Problems, path+".conditions", t.Conditions, ConditionIDs)
}

func (c *checker) area(path string, a *Area) {
	if a == nil {
		return
	}
	c.OneOf(path+".shape", string(a.Shape), string(Cone), string(Cube), string(Cylinder), string(Emanation), string(Line), string(Sphere))
	c.Feet(path+".size", a.Size, 5, MaxArea)
	c.Feet(path+".width", a.Width, 0, MaxArea)
}

func (c *checker) attack(path string, a *Attack, ofSpell bool) {
	c.Between(path+".bonus", a.Bonus, MinBonus, MaxBonus)
	words(c.Problems, path+".properties", a.Properties, properties)
	c.Dice(path+".versatile", a.Versatile, true)
	if a.Mastery != "" {
		words(c.Problems, path+".mastery", []Mastery{a.Mastery}, masteries)
	}
	if a.Ability != "" {
		words(c.Problems, path+".ability", []Ability{a.Ability}, AbilityList)
	}
	if a.CritOn != 0 {
		c.Between(path+".critOn", a.CritOn, 18, 20)
	}
	c.OneOf(path+".missDamage", string(a.MissDamage), "", string(SaveHalf), string(SaveFull))
	if a.Weapon != "" {
		if c.bundle != nil && c.bundle.Weapon(a.Weapon) == nil {
			c.Addf(path+".weapon", "there is no weapon %.40q", a.Weapon)
		}
		return
	}
	c.OneOf(path+".kind", string(a.Kind), string(Melee), string(Ranged))
	switch a.Kind {
	case Melee:
		c.Feet(path+".reach", a.Reach, 5, MaxReach)
	case Ranged:
		if a.Reach != 0 {
			c.Addf(path+".reach", "belongs to a melee attack only")
		}
		if a.Range == 0 && ofSpell {
			return // the spell's own range
		}
		c.Feet(path+".range", a.Range, 5, MaxRange)
	}
	if a.LongRange != 0 {
		c.Feet(path+".longRange", a.LongRange, a.Range, MaxRange)
	}
}

func (c *checker) save(path string, s *Save, ofSpell bool) {
	if s == nil {
		return
	}
	words(c.Problems, path+".ability", []Ability{s.Ability}, AbilityList)
	low := 1
	if ofSpell {
		low = 0
	}
	c.Between(path+".dc", s.DC, low, MaxDC)
}

func (c *checker) damage(path string, list []Damage) {
	if !c.AtMost(path, len(list), MaxDamage) {
		return
	}
	for i, d := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.Dice(at+".dice", d.Dice, false)
		words(c.Problems, at+".type", []DamageType{d.Type}, DamageTypes)
		c.OneOf(at+".onSave", string(d.OnSave), "", string(SaveNone), string(SaveHalf), string(SaveFull))
		c.Dice(at+".perSlot", d.PerSlot, true)
		words(c.Problems, at+".when", d.When, predicates)
	}
}

func (c *checker) zone(path string, z *Zone, t *Target, ofSpell bool) {
	if z.Area == nil && t.Area == nil {
		c.Addf(path+".area", "must be given here or by the target")
	}
	c.area(path+".area", z.Area)
	c.OneOf(path+".affects", string(z.Affects), "", string(AffectsAll), string(AffectsEnemies), string(AffectsAllies), string(AffectsChosen))
	words(c.Problems, path+".triggers", z.Triggers, []ZoneTrigger{ZoneEnter, ZoneStart, ZoneEnd})
	c.save(path+".save", z.Save, ofSpell)
	c.damage(path+".damage", z.Damage)
	c.effects(path+".effects", z.Effects, 0)
	c.Between(path+".rounds", z.Rounds, 0, MaxDuration)
}

// maxDepth bounds what effects lead to: what worsens, what is left.
const maxDepth = 3

func (c *checker) effects(path string, list []Effect, depth int) {
	if !c.AtMost(path, len(list), MaxEffects) {
		return
	}
	for i := range list {
		c.effect(fmt.Sprintf("%s[%d]", path, i), &list[i], depth)
	}
}

var endings = []EndOn{
	EndOnDamage, EndOnAttack, EndOnAttacked, EndOnOwnRoll, EndOnShaken, EndOnSourceHit, EndOnMove, EndOnDistance,
	EndOnSourceOut, EndOnHealed, EndOnStand,
}

func (c *checker) effect(path string, e *Effect, depth int) {
	if depth > maxDepth {
		c.Addf(path, "effects lead to effects too deep")
		return
	}
	if e.Name != "" {
		c.Name(path+".name", e.Name)
	}
	c.OneOf(path+".on", string(e.On), "", string(OnSuccess), string(OnAny), string(OnSelf), string(OnCrit))
	words(c.Problems, path+".conditions", e.Conditions, ConditionIDs)
	c.Between(path+".exhaustion", e.Exhaustion, -6, 6)
	c.modifiers(path+".modifiers", e.Modifiers)
	c.OneOf(path+".duration.kind", string(e.Duration.Kind), "", string(DurationRounds), string(DurationStart), string(DurationEnd), string(DurationTrigger), string(DurationInstant))
	c.OneOf(path+".duration.of", string(e.Duration.Of), "", string(OfSource), string(OfTarget))
	c.Between(path+".duration.rounds", e.Duration.Rounds, 0, MaxDuration)
	words(c.Problems, path+".endsOn", e.EndsOn, endings)
	if s := e.SaveEnds; s != nil {
		words(c.Problems, path+".saveEnds.when", []Moment{s.When}, []Moment{OnTurnStart, OnTurnEnd, OnDamaged})
		c.Between(path+".saveEnds.successes", s.Successes, 0, 5)
		c.Between(path+".saveEnds.failures", s.Failures, 0, 5)
	}
	if e.Escape != nil {
		c.Between(path+".escape.dc", e.Escape.DC, 0, MaxDC)
	}
	if r := e.Recurs; r != nil {
		words(c.Problems, path+".recurs.when", []Moment{r.When}, []Moment{OnTurnStart, OnTurnEnd})
		c.OneOf(path+".recurs.of", string(r.Of), "", string(OfSource), string(OfTarget))
		c.save(path+".recurs.save", r.Save, true)
		c.damage(path+".recurs.damage", r.Damage)
		c.Dice(path+".recurs.heal", r.Heal, true)
	}
	for name, next := range map[string]*Effect{"worsens": e.Worsens, "leaves": e.Leaves} {
		if next != nil {
			c.effect(path+"."+name, next, depth+1)
		}
	}
	if c.AtMost(path+".grants", len(e.Grants), 4) {
		for i := range e.Grants {
			at := fmt.Sprintf("%s.grants[%d]", path, i)
			c.ID(at+".id", e.Grants[i].ID)
			c.Name(at+".name", e.Grants[i].Name)
			if depth < maxDepth {
				c.activity(at, &e.Grants[i].Activity, true)
			}
		}
	}
}
