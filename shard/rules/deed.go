// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
)

// deed is an action or a spell, ready to be resolved by a creature.
type deed struct {
	ref    string
	name   string
	action *content.Action // nil for a spell
	spell  *content.Spell  // nil for an action
	act    *content.Activity
	level  int // at which a spell is cast
	dc     int
	attack int
	mod    int // spellcasting ability modifier
	magic  bool
}

// deedOf finds what a reference means for a creature; nil if it means nothing. The
// last one is kept, for the steps of an attack or a spell all ask for the same; but
// not what an effect grants, which ends with it.
func (t *table) deedOf(c *Creature, ref string, level int) *deed {
	if last := &t.last; last.deed != nil && last.of == c.ID && last.ref == ref && last.level == level {
		return last.deed
	}
	d := t.makeDeed(c, ref, level)
	if !strings.HasPrefix(ref, refGrant) {
		t.last = lastDeed{of: c.ID, ref: ref, level: level, deed: d}
	}
	return d
}

// lastDeed is what deedOf found last, and what it was asked.
type lastDeed struct {
	of, ref string
	level   int
	deed    *deed
}

// makeDeed is deedOf without a memory.
func (s *State) makeDeed(c *Creature, ref string, level int) *deed {
	if id, is := strings.CutPrefix(ref, refSpell); is {
		return s.spellDeed(c, id, level)
	}
	if rest, is := strings.CutPrefix(ref, refGrant); is {
		return grantDeed(c, ref, rest)
	}
	if id, is := strings.CutPrefix(ref, refTrait); is {
		for i := range c.block.Traits {
			if trait := &c.block.Traits[i]; trait.ID == id && trait.Activity != nil {
				return &deed{ref: ref, name: trait.Name, act: trait.Activity, magic: trait.Activity.Save != nil && trait.Activity.Save.Magic}
			}
		}
		return nil
	}
	action := c.block.Action(ref)
	if action == nil {
		return nil
	}
	if action.Spell != "" {
		d := s.spellDeed(c, action.Spell, action.SpellLevel)
		if d != nil {
			d.ref, d.action = ref, action
		}
		return d
	}
	d := &deed{ref: ref, name: action.Name, action: action, act: &action.Activity}
	d.of(c)
	return d
}

// of takes over what the creature's spellcasting says.
func (d *deed) of(c *Creature) {
	if d.act.Save != nil {
		d.dc, d.magic = d.act.Save.DC, d.act.Save.Magic
	}
	if d.act.Attack != nil {
		d.attack = d.act.Attack.Bonus
		d.magic = d.magic || d.act.Attack.Spell
	}
	casting := c.block.Spellcasting
	if casting == nil {
		return
	}
	d.mod = c.block.Abilities.Modifier(casting.Ability)
	if d.dc == 0 {
		d.dc = casting.DC
	}
	if d.act.Attack != nil && d.act.Attack.Spell && d.attack == 0 {
		d.attack = casting.AttackBonus
	}
}

// spellDeed makes a spell ready to be cast at a level.
func (s *State) spellDeed(c *Creature, id string, level int) *deed {
	spell := s.spell(id)
	if spell == nil {
		return nil
	}
	d := &deed{ref: refSpell + id, name: spell.Name, spell: spell, act: &spell.Activity, level: max(level, spell.Level), magic: true}
	d.of(c)
	d.magic = true
	return d
}

// grantDeed finds an action that an effect grants: "<effect>:<id>".
func grantDeed(c *Creature, ref, rest string) *deed {
	number, id, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil
	}
	effect := c.effect(n)
	if effect == nil {
		return nil
	}
	for i := range effect.Body.Grants {
		action := &effect.Body.Grants[i]
		if action.ID == id {
			d := &deed{ref: ref, name: action.Name, action: action, act: &action.Activity, level: effect.Level, magic: effect.Magic}
			d.of(c)
			if d.act.Save != nil && d.act.Save.DC == 0 {
				d.dc = effect.DC
			}
			if d.act.Attack != nil && d.act.Attack.Bonus == 0 {
				d.attack = effect.Attack
			}
			return d
		}
	}
	return nil
}

// grants lists the references of the actions that effects grant a creature.
func (c *Creature) grants() []string {
	var refs []string
	for i := range c.Effects {
		for j := range c.Effects[i].Body.Grants {
			refs = append(refs, fmt.Sprintf("%s%d:%s", refGrant, c.Effects[i].ID, c.Effects[i].Body.Grants[j].ID))
		}
	}
	return refs
}

// above is how many levels above its own a spell is cast.
func (d *deed) above() int {
	if d.spell == nil {
		return 0
	}
	return max(d.level-d.spell.Level, 0)
}

// cantripDice is how often the dice of a cantrip count (Damage: Cantrips).
func (c *Creature) cantripDice() int {
	level := max(c.block.Level, 1)
	if casting := c.block.Spellcasting; casting != nil && casting.CasterLevel > 0 {
		level = casting.CasterLevel
	}
	switch {
	case level >= 17:
		return 4
	case level >= 11:
		return 3
	case level >= 5:
		return 2
	default:
		return 1
	}
}

// rollAll rolls the damage of a deed: cantrips grow with their caster, spells
// with their slot.
func (t *table) rollAll(c *Creature, d *deed, crit bool, k *contest) []DamageRoll {
	rolls := make([]DamageRoll, 0, len(d.act.Damage)+1)
	for i := range d.act.Damage {
		damage := &d.act.Damage[i]
		if len(damage.When) > 0 && (k == nil || !t.holds(&content.Modifier{When: damage.When}, origin{name: d.name, source: c.ID}, k)) {
			continue
		}
		times := 1
		if damage.Cantrip {
			times = c.cantripDice()
		}
		dice := damage.Dice
		if i == 0 && k != nil && t.inBothHands(c, d.act.Attack, k.ranged) {
			dice = d.act.Attack.Versatile
		}
		roll := t.rollDamage(dice, damage.Type, times, crit)
		roll.OnSave = damage.OnSave
		rolls = append(rolls, roll)
		if damage.AddAbility && d.mod > 0 {
			rolls = append(rolls, DamageRoll{
				Dice: "0", Type: damage.Type, First: t.next, Bonus: d.mod, Total: d.mod,
				Source: c.block.Spellcasting.Ability.Name(), OnSave: damage.OnSave,
			})
		}
		if more := d.above(); damage.PerSlot != "" && more > 0 {
			extra := t.rollDamage(damage.PerSlot, damage.Type, more, crit)
			extra.Source, extra.OnSave = "Higher slot", damage.OnSave
			rolls = append(rolls, extra)
		}
	}
	return rolls
}

// usable refuses an action whose uses are spent.
func (t *table) usable(c *Creature, d *deed) *Refusal {
	if d.action == nil {
		return nil
	}
	uses := d.action.Uses
	switch spent := c.used(d.action.ID); {
	case uses.PerDay > 0 && spent >= uses.PerDay:
		return refuse(CodeNoUsesLeft, "%s has used %s %d times, which is all for today.", c.Name, d.name, spent)
	case uses.Recharge > 0 && spent > 0:
		return refuse(CodeNotRecharged, "%s of %s has not recharged yet.", d.name, c.Name)
	case uses.OncePerTurn && spent > 0:
		return refuse(CodeNoUsesLeft, "%s cannot use %s again before its next turn.", c.Name, d.name)
	}
	return nil
}

// use names what using an action uses up; empty if nothing.
func (d *deed) use() string {
	if d.action == nil {
		return ""
	}
	if u := d.action.Uses; d.action.Cost == content.CostLair || u.PerDay > 0 || u.Recharge > 0 || u.OncePerTurn {
		return d.action.ID
	}
	return ""
}

// inParts tells whether a multiattack part names an action, and where.
func inParts(parts []content.Multiattack, ref string) int {
	return slices.IndexFunc(parts, func(m content.Multiattack) bool { return slices.Contains(m.Actions, ref) })
}
