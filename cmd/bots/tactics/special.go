// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"slices"

	"gamesession.dev/operator/shard/rules"
)

// special uses what is better than a blow: an area that catches enemies and no
// friends, a spell, which is for two or for the only one.
func (b *Board) special(me *Creature) rules.Command {
	for i := range me.Actions {
		a := &me.Actions[i]
		if a.Attack || a.Cost != "action" || a.Area == nil || slices.Contains(me.Used, a.ID) {
			continue
		}
		if at, caught := b.aim(me, a.Area, a.Range); caught > 0 {
			return rules.UseAction{Creature: me.ID, Action: a.ID, Point: &at}
		}
	}
	for i := range me.Spells {
		s := &me.Spells[i]
		if s.CastingTime != "action" || !b.castable(me, s) {
			continue
		}
		if c := b.cast(me, s, min(2, b.enemies(me))); c != nil {
			return c
		}
	}
	if len(me.Attacks) > 0 && b.nearEnemy(me) {
		return nil
	}
	for i := range me.Spells {
		if s := &me.Spells[i]; s.Level == 0 && s.CastingTime == "action" {
			if c := b.cast(me, s, 1); c != nil {
				return c
			}
		}
	}
	return nil
}

// enemies counts those that can be fought.
func (b *Board) enemies(me *Creature) (count int) {
	for i := range b.Creatures {
		if b.Creatures[i].target(me) {
			count++
		}
	}
	return count
}

// castable tells whether me has what a spell takes.
func (b *Board) castable(me *Creature, s *Spell) bool {
	if s.Concentration && slices.ContainsFunc(me.Effects, func(e Effect) bool { return len(e.Grants) > 0 }) {
		return false
	}
	switch {
	case s.Level == 0:
		return true
	case s.PerDay > 0:
		return !slices.Contains(me.Used, "spell:"+s.ID)
	default:
		return s.Level <= len(me.Slots) && me.Slots[s.Level-1] > 0
	}
}

// cast aims a spell at enemies, at least so many for an area; nil if it does not
// help.
func (b *Board) cast(me *Creature, s *Spell, least int) rules.Command {
	cast := rules.Cast{Creature: me.ID, Spell: s.ID}
	switch {
	case s.Heals || !s.Harms:
		return nil
	case s.Target == "area" && s.Area != nil:
		at, caught := b.aim(me, s.Area, s.Range)
		if caught < least {
			return nil
		}
		cast.Point = &at
	case s.Target == "creature" || s.Target == "creatures":
		target := b.nearest(me, max(s.Range, 5), s.Sight)
		if target == nil || s.Level > 0 && s.Concentration {
			return nil
		}
		cast.Targets = []string{target.ID}
	default:
		return nil
	}
	return cast
}

// nearest gives the nearest enemy within a range, with sight one that me sees.
func (b *Board) nearest(me *Creature, within int, sight bool) *Creature {
	var best *Creature
	for i := range b.Creatures {
		c := &b.Creatures[i]
		far := away(me, me.Position, c)
		if !c.target(me) || far > within || best != nil && far >= away(me, me.Position, best) {
			continue
		}
		if b.clear(me, me.Position, c) && (!sight || b.visible(me, c)) {
			best = c
		}
	}
	return best
}

// aim finds the enemy to put an area on, or to point it at, so that it catches
// the most enemies and no friend. It is a guess: the engine decides who is in.
func (b *Board) aim(me *Creature, area *Area, reach int) (rules.Point, int) {
	var best rules.Point
	most := 0
	for i := range b.Creatures {
		c := &b.Creatures[i]
		limit := reach
		if reach == 0 {
			limit = area.Size
		}
		if !c.target(me) || away(me, me.Position, c) > limit || !b.clear(me, me.Position, c) {
			continue
		}
		if caught := b.caught(me, c, area, reach); caught > most {
			best, most = c.Position, caught
		}
	}
	return best, most
}

// caught guesses how many enemies an area at an enemy catches; none if it would
// catch a friend, or who makes it.
func (b *Board) caught(me, at *Creature, area *Area, reach int) int {
	radius := area.Size
	if area.Shape == "cube" || reach == 0 {
		radius = area.Size / 2
	}
	if reach > 0 && away(me, me.Position, at) <= radius+5 {
		return 0
	}
	count := 0
	for i := range b.Creatures {
		c := &b.Creatures[i]
		near := c == at || !c.Hidden && away(at, at.Position, c) <= radius
		switch {
		case !near || c.Status == rules.Dead || c == me:
		case c.Side == me.Side:
			return 0
		case c.Status == rules.Standing:
			count++
		}
	}
	return count
}

// bonus uses the bonus action: what an effect grants, a healing word for who lies
// at 0 hit points, or for me when I bleed, and to hide.
func (b *Board) bonus(me *Creature) rules.Command {
	if !b.Bonus {
		return nil
	}
	for _, effect := range me.Effects {
		for _, grant := range effect.Grants {
			if target := b.nearest(me, grant.Range, false); grant.Attack && grant.Cost == "bonus" && target != nil {
				return rules.MakeAttack{Attacker: me.ID, Target: target.ID, Attack: grant.Action}
			}
		}
	}
	for i := range me.Spells {
		s := &me.Spells[i]
		if s.Heals && s.CastingTime == "bonus" && b.castable(me, s) {
			if hurt := b.lying(me, s.Range, s.Sight); hurt != nil {
				return rules.Cast{Creature: me.ID, Spell: s.ID, Targets: []string{hurt.ID}}
			}
		}
	}
	for i := range me.Actions {
		a := &me.Actions[i]
		if a.Heals && a.Cost == "bonus" && a.Target == "self" && !slices.Contains(me.Used, a.ID) && me.Health == rules.Bloodied {
			return rules.UseAction{Creature: me.ID, Action: a.ID}
		}
	}
	return b.hide(me)
}

// lying gives a friend at 0 hit points within a range, with sight one that me sees.
func (b *Board) lying(me *Creature, within int, sight bool) *Creature {
	for i := range b.Creatures {
		c := &b.Creatures[i]
		if c.Side == me.Side && c.Status == rules.Unconscious && away(me, me.Position, c) <= within && (!sight || b.visible(me, c)) {
			return c
		}
	}
	return nil
}
