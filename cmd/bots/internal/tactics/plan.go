// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"gamesession.dev/operator/shard/rules"
)

// Next returns the next command of the creature whose turn it is: an attack on
// the nearest enemy it can hurt from where it stands; else a step to where it
// can; else a dash towards it; else, with nothing better to do, a dodge; and
// the end of its turn when nothing is left to spend.
func Next(b *Board, actor string) rules.Command {
	end := rules.EndTurn{Creature: actor}
	me := b.find(actor)
	if me == nil || !b.Action {
		return end
	}
	if target, attack := b.attackFrom(me, me.Position, true); target != nil {
		return rules.MakeAttack{Attacker: actor, Target: target.ID, Attack: attack.ID}
	}
	path := b.pathToAttack(me)
	if steps := affordable(path, b.Movement); len(steps) > 0 {
		return rules.Move{Creature: actor, Path: steps}
	}
	// Long range is better than nothing, once walking does not help.
	if target, attack := b.attackFrom(me, me.Position, false); target != nil {
		return rules.MakeAttack{Attacker: actor, Target: target.ID, Attack: attack.ID}
	}
	if len(path) > 0 {
		return rules.Dash{Creature: actor}
	}
	if len(me.Attacks) > 0 {
		return rules.Dodge{Creature: actor}
	}
	return end
}

// attackFrom returns the nearest enemy that me can attack from a square, and
// what with: a blade before a bow when both carry. With well, shots beyond the
// normal range do not count.
func (b *Board) attackFrom(me *Creature, from rules.Point, well bool) (*Creature, *rules.Attack) {
	var target *Creature
	var with *rules.Attack
	for i := range b.Creatures {
		c := &b.Creatures[i]
		if c.Side == me.Side || c.Status != rules.Standing {
			continue
		}
		away := distance(from, c.Position)
		if target != nil && away >= distance(from, target.Position) {
			continue
		}
		if a := choose(me.Attacks, away, well); a != nil {
			target, with = c, a
		}
	}
	return target, with
}

func choose(attacks []rules.Attack, away int, well bool) *rules.Attack {
	var best *rules.Attack
	for i := range attacks {
		a := &attacks[i]
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
