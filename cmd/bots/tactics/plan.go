// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"slices"

	"gamesession.dev/operator/shard/rules"
)

// Next returns the next command of the creature whose turn it is: it gets free
// and up, helps who lies, hides, uses what it has against many, casts, knocks down
// or holds the nearest enemy, strikes it from where it stands; else steps to where it can;
// else dashes towards it; else, with nothing better to do, dodges; and ends its
// turn when nothing is left to spend.
func Next(b *Board, actor string) rules.Command {
	end := rules.EndTurn{Creature: actor}
	me := b.find(actor)
	if me == nil {
		return end
	}
	if slices.Contains(me.Conditions, "incapacitated") {
		return end
	}
	if c := b.recover(me); c != nil {
		return c
	}
	if c := b.bonus(me); c != nil {
		return c
	}
	if !b.Action && len(b.Parts) == 0 {
		return end
	}
	if b.Action && len(b.Parts) == 0 {
		if c := b.special(me); c != nil {
			return c
		}
		if c := b.unarmed(me); c != nil {
			return c
		}
	}
	if target, attack := b.attackFrom(me, me.Position, true); target != nil {
		return rules.MakeAttack{Attacker: actor, Target: target.ID, Attack: attack.ID}
	}
	return b.approach(me)
}

// approach goes to where me can attack, or does the best it can instead.
func (b *Board) approach(me *Creature) rules.Command {
	path := b.pathToAttack(me)
	if steps := b.affordable(me, path); len(steps) > 0 {
		return rules.Move{Creature: me.ID, Path: steps}
	}
	// Long range is better than nothing, once walking does not help.
	if target, attack := b.attackFrom(me, me.Position, false); target != nil {
		return rules.MakeAttack{Attacker: me.ID, Target: target.ID, Attack: attack.ID}
	}
	switch {
	case !b.Action:
	case len(path) > 0:
		return rules.Dash{Creature: me.ID}
	case b.looksFor(me):
		return rules.Search{Creature: me.ID}
	case len(me.Attacks) > 0:
		return rules.Dodge{Creature: me.ID}
	}
	return rules.EndTurn{Creature: me.ID}
}

// recover stands up, or gets free of what holds me.
func (b *Board) recover(me *Creature) rules.Command {
	held := slices.ContainsFunc(me.Effects, func(e Effect) bool { return e.Escape })
	switch {
	case held && b.Action && (slices.Contains(me.Conditions, "restrained") || slices.Contains(me.Conditions, "grappled") && b.Movement == 0 && !b.nearEnemy(me)):
		return rules.Escape{Creature: me.ID}
	case slices.Contains(me.Conditions, "prone") && b.Movement >= 15:
		return rules.Stand{Creature: me.ID}
	}
	return nil
}

func (b *Board) nearEnemy(me *Creature) bool {
	target, _ := b.attackFrom(me, me.Position, true)
	return target != nil
}

// looksFor tells whether enemies hide.
func (b *Board) looksFor(me *Creature) bool {
	return slices.ContainsFunc(b.Creatures, func(c Creature) bool { return c.Side != me.Side && c.Hidden && c.Status == rules.Standing })
}

// attackFrom returns the nearest enemy that me can attack from a square, and
// what with: a blade before a bow when both carry. With well, shots beyond the
// normal range do not count.
func (b *Board) attackFrom(me *Creature, from rules.Point, well bool) (*Creature, *rules.Attack) {
	var target *Creature
	var with *rules.Attack
	for i := range b.Creatures {
		c := &b.Creatures[i]
		if !c.target(me) {
			continue
		}
		far := away(me, from, c)
		if target != nil && far >= away(me, from, target) {
			continue
		}
		if a := b.choose(me.Attacks, far, well); a != nil && b.clear(me, from, c) {
			target, with = c, a
		}
	}
	return target, with
}

func (b *Board) choose(attacks []rules.Attack, away int, well bool) *rules.Attack {
	var best *rules.Attack
	for i := range attacks {
		a := &attacks[i]
		if !b.allowed(a.ID) {
			continue
		}
		limit := a.Reach
		if a.Kind == rules.Ranged {
			limit = a.Range
			if !well {
				limit = max(limit, a.LongRange)
			}
		}
		if away <= limit && (best == nil || best.Kind == rules.Ranged && a.Kind == rules.Melee) {
			best = a
		}
	}
	return best
}

// allowed tells whether an attack can be made: with the action, or as one of
// the attacks of an action under way.
func (b *Board) allowed(attack string) bool {
	return b.Action || slices.ContainsFunc(b.Parts, func(p Part) bool { return slices.Contains(p.Actions, attack) })
}
