// SPDX-License-Identifier: Apache-2.0

package content

import (
	"fmt"
	"strings"
)

// Limits of content. They bound the size of a state and the work of one
// command.
const (
	MaxCreatures = 400
	MaxSpells    = 400
	MaxActions   = 40
	MaxTraits    = 20
	MaxModifiers = 20
	MaxEffects   = 8
	MaxDamage    = 5
	MaxTargets   = 20
	MaxAC        = 40
	MaxHP        = 10000
	MaxSpeed     = 600
	MaxScore     = 30
	MinBonus     = -10
	MaxBonus     = 30
	MaxDC        = 40
	MaxReach     = 60
	MaxRange     = 2000
	MaxArea      = 300
	MaxDuration  = 100000
	MaxAdjust    = 1000
)

// Validate checks every field against its limits, and that what is referred
// to is there. The error is a *Problems.
func (b *Bundle) Validate() error {
	p := &Problems{}
	c := &checker{Problems: p, bundle: b}
	if p.AtMost("creatures", len(b.Creatures), MaxCreatures) {
		unique(p, "creatures", b.Creatures, func(x *Creature) string { return x.ID })
		for i := range b.Creatures {
			c.creature(fmt.Sprintf("creatures[%d]", i), &b.Creatures[i])
		}
	}
	if p.AtMost("spells", len(b.Spells), MaxSpells) {
		unique(p, "spells", b.Spells, func(x *Spell) string { return x.ID })
		for i := range b.Spells {
			c.spell(fmt.Sprintf("spells[%d]", i), &b.Spells[i])
		}
	}
	if p.AtMost("weapons", len(b.Weapons), 100) {
		unique(p, "weapons", b.Weapons, func(x *Weapon) string { return x.ID })
		for i := range b.Weapons {
			c.weapon(fmt.Sprintf("weapons[%d]", i), &b.Weapons[i])
		}
	}
	if p.AtMost("armor", len(b.Armor), 50) {
		unique(p, "armor", b.Armor, func(x *Armor) string { return x.ID })
		for i := range b.Armor {
			a, path := &b.Armor[i], fmt.Sprintf("armor[%d]", i)
			p.Name(path+".name", a.Name)
			p.OneOf(path+".category", a.Category, "light", "medium", "heavy", "shield")
			p.Between(path+".ac", a.AC, 1, MaxAC)
		}
	}
	return p.Err()
}

// Validate checks one creature by itself, as part of no bundle: what it names
// of spells and weapons is not looked up.
func (c *Creature) Validate(p *Problems, path string) {
	(&checker{Problems: p}).creature(path, c)
}

// checker checks with a bundle to look things up in; nil looks nothing up.
type checker struct {
	*Problems
	bundle *Bundle
}

func unique[T any](p *Problems, path string, list []T, id func(*T) string) {
	seen := make(map[string]bool, len(list))
	for i := range list {
		at, name := fmt.Sprintf("%s[%d].id", path, i), id(&list[i])
		p.ID(at, name)
		if seen[name] {
			p.Addf(at, "%q is listed twice", name)
		}
		seen[name] = true
	}
}

func (c *checker) creature(path string, b *Creature) {
	c.Name(path+".name", b.Name)
	words(c.Problems, path+".size", []Size{b.Size}, Sizes)
	c.OneOf(path+".type", b.Type, CreatureTypes...)
	c.Between(path+".ac", b.AC, 1, MaxAC)
	c.Between(path+".hp.max", b.HP.Max, 1, MaxHP)
	c.Dice(path+".hp.dice", b.HP.Dice, true)
	for _, speed := range []struct {
		name string
		feet int
	}{{"walk", b.Speed.Walk}, {"fly", b.Speed.Fly}, {"climb", b.Speed.Climb}, {"swim", b.Speed.Swim}, {"burrow", b.Speed.Burrow}} {
		c.Feet(path+".speed."+speed.name, speed.feet, 0, MaxSpeed)
	}
	for _, a := range AbilityList {
		c.Between(path+".abilities."+string(a), b.Abilities.Score(a), 1, MaxScore)
	}
	for _, a := range AbilityList {
		if bonus, has := b.Saves[a]; has {
			c.Between(path+".saves."+string(a), bonus, MinBonus, MaxBonus)
		}
	}
	if len(b.Saves) > len(AbilityList) || len(b.Skills) > len(SkillAbility) {
		c.Addf(path, "lists saves or skills that there are not")
	}
	known := 0
	for skill := range SkillAbility {
		if _, has := b.Skills[skill]; has {
			known++
		}
	}
	if known != len(b.Skills) {
		c.Addf(path+".skills", "names a skill that there is not")
	}
	c.Between(path+".pb", b.ProficiencyBonus, 0, 9)
	words(c.Problems, path+".resistances", b.Resistances, DamageTypes)
	words(c.Problems, path+".immunities", b.Immunities, DamageTypes)
	words(c.Problems, path+".vulnerabilities", b.Vulnerabilities, DamageTypes)
	words(c.Problems, path+".conditionImmunities", b.ConditionImmunities, ConditionIDs)
	c.adjustments(path+".damageAdjustments", b.DamageAdjustments)
	c.hands(path+".hands", b)
	c.abilitiesOf(path, b)
}

// abilitiesOf checks what a creature can do.
func (c *checker) abilitiesOf(path string, b *Creature) {
	if c.AtMost(path+".traits", len(b.Traits), MaxTraits) {
		unique(c.Problems, path+".traits", b.Traits, func(x *Trait) string { return x.ID })
		for i := range b.Traits {
			t, at := &b.Traits[i], fmt.Sprintf("%s.traits[%d]", path, i)
			c.Name(at+".name", t.Name)
			c.modifiers(at+".modifiers", t.Modifiers)
			c.trigger(at+".trigger", t.Trigger, traitMoments)
			if t.Activity != nil {
				c.activity(at+".activity", t.Activity, false)
			}
			if (t.Trigger == nil) != (t.Activity == nil) {
				c.Addf(at, "a trigger and an activity come together")
			}
		}
	}
	if c.AtMost(path+".actions", len(b.Actions), MaxActions) {
		unique(c.Problems, path+".actions", b.Actions, func(x *Action) string { return x.ID })
		for i := range b.Actions {
			c.action(fmt.Sprintf("%s.actions[%d]", path, i), &b.Actions[i], b)
		}
	}
	for _, legendary := range []*Legendary{b.Legendary, b.LegendaryResistance} {
		if legendary != nil {
			c.Between(path+".legendary.uses", legendary.Uses, 0, 10)
			c.Between(path+".legendary.lairUses", legendary.LairUses, 0, 10)
		}
	}
	if s := b.Spellcasting; s != nil {
		c.spellcasting(path+".spellcasting", s)
	}
}

func (c *checker) adjustments(path string, list []DamageAdjustment) {
	if !c.AtMost(path, len(list), 8) {
		return
	}
	for i, a := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.Name(at+".source", a.Source)
		if a.Type != "" {
			words(c.Problems, at+".type", []DamageType{a.Type}, DamageTypes)
		}
		c.Between(at+".amount", a.Amount, -MaxAdjust, MaxAdjust)
	}
}

func (c *checker) spellcasting(path string, s *Spellcasting) {
	words(c.Problems, path+".ability", []Ability{s.Ability}, AbilityList)
	c.Between(path+".dc", s.DC, 1, MaxDC)
	c.Between(path+".attackBonus", s.AttackBonus, MinBonus, MaxBonus)
	c.Between(path+".casterLevel", s.CasterLevel, 0, 30)
	if c.AtMost(path+".slots", len(s.Slots), 9) {
		for i, n := range s.Slots {
			c.Between(fmt.Sprintf("%s.slots[%d]", path, i), n, 0, 9)
		}
	}
	if !c.AtMost(path+".spells", len(s.Spells), 60) {
		return
	}
	unique(c.Problems, path+".spells", s.Spells, func(x *KnownSpell) string { return x.ID })
	for i, known := range s.Spells {
		at := fmt.Sprintf("%s.spells[%d]", path, i)
		c.spellRef(at+".id", known.ID)
		c.Between(at+".perDay", known.PerDay, 0, 9)
		c.Between(at+".level", known.Level, 0, 9)
	}
}

func (c *checker) spellRef(path, id string) {
	if c.bundle != nil && c.bundle.Spell(id) == nil {
		c.Addf(path, "there is no spell %.40q", id)
	}
}

func (c *checker) spell(path string, s *Spell) {
	c.Name(path+".name", s.Name)
	c.Between(path+".level", s.Level, 0, 9)
	c.OneOf(path+".castingTime", string(s.CastingTime), string(CastAction), string(CastBonus), string(CastReaction), string(CastMinutes))
	words(c.Problems, path+".components", s.Components, []Component{Verbal, Somatic, Material})
	if (s.CastingTime == CastReaction) != (s.Trigger != nil) {
		c.Addf(path+".trigger", "belongs to a spell that is cast as a reaction, and to no other")
	}
	c.trigger(path+".trigger", s.Trigger, reactionMoments)
	c.activity(path, &s.Activity, true)
}

func (c *checker) weapon(path string, w *Weapon) {
	c.Name(path+".name", w.Name)
	c.OneOf(path+".category", w.Category, "simple", "martial")
	c.OneOf(path+".kind", string(w.Kind), string(Melee), string(Ranged))
	c.Dice(path+".dice", w.Dice, false)
	c.Dice(path+".versatile", w.Versatile, true)
	words(c.Problems, path+".damageType", []DamageType{w.DamageType}, DamageTypes)
	words(c.Problems, path+".properties", w.Properties, properties)
	if w.Mastery != "" {
		words(c.Problems, path+".mastery", []Mastery{w.Mastery}, masteries)
	}
	c.Feet(path+".range", w.Range, 0, MaxRange)
	c.Feet(path+".longRange", w.LongRange, 0, MaxRange)
}

var (
	properties = []Property{Ammunition, Finesse, Heavy, Light, Loading, Reach, Thrown, TwoHanded, Versatile}
	masteries  = []Mastery{Cleave, Graze, Nick, Push, Sap, Slow, Topple, Vex}
)

func (c *checker) action(path string, a *Action, owner *Creature) {
	c.Name(path+".name", a.Name)
	c.OneOf(path+".cost", string(a.Cost), string(CostAction), string(CostBonus), string(CostReaction),
		string(CostLegendary), string(CostLair), string(CostFree))
	c.Between(path+".uses.perDay", a.Uses.PerDay, 0, 20)
	if a.Uses.Recharge != 0 {
		c.Between(path+".uses.recharge", a.Uses.Recharge, 2, 6)
	}
	c.Between(path+".uses.legendaryCost", a.Uses.LegendaryCost, 0, 5)
	if (a.Cost == CostReaction) != (a.Trigger != nil) {
		c.Addf(path+".trigger", "belongs to a reaction, and to nothing else")
	}
	c.trigger(path+".trigger", a.Trigger, reactionMoments)
	if a.Spell != "" {
		c.spellRef(path+".spell", a.Spell)
		c.Between(path+".spellLevel", a.SpellLevel, 0, 9)
		return
	}
	if len(a.Multiattack) == 0 {
		c.activity(path, &a.Activity, a.Attack != nil && a.Attack.Spell)
		return
	}
	if c.AtMost(path+".multiattack", len(a.Multiattack), 8) {
		for i, part := range a.Multiattack {
			c.multiattack(fmt.Sprintf("%s.multiattack[%d]", path, i), part, owner)
		}
	}
}

func (c *checker) multiattack(path string, part Multiattack, owner *Creature) {
	c.Between(path+".count", part.Count, 1, 10)
	c.AtMost(path+".actions", len(part.Actions), 10)
	if len(part.Actions) == 0 {
		c.Addf(path+".actions", "must name actions")
	}
	for i, id := range part.Actions {
		if spell, isSpell := strings.CutPrefix(id, "spell:"); isSpell {
			c.spellRef(fmt.Sprintf("%s.actions[%d]", path, i), spell)
		} else if owner.Action(id) == nil {
			c.Addf(fmt.Sprintf("%s.actions[%d]", path, i), "there is no action %.40q", id)
		}
	}
}

// Action finds an action by id; nil if there is none.
func (c *Creature) Action(id string) *Action {
	for i := range c.Actions {
		if c.Actions[i].ID == id {
			return &c.Actions[i]
		}
	}
	return nil
}
