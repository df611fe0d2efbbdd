// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"slices"

	"gamesession.dev/operator/shard/rules"
)

// The views tell neither what a creature cannot suffer nor what a trait does; these
// words of the shipped data do, mostly.
var (
	upright  = []string{"humanoid", "giant", "fey"} // types that stand on two legs
	sneaking = []string{"nimble-escape", "cunning-action"}
	sizes    = []string{tiny, "small", "medium", "large", "huge", "gargantuan"}
)

// unarmed does what needs no weapon and serves better than a blow. A character with
// several attacks knocks down whom a friend can reach too, with the first of them. A
// giant takes hold of whom is smaller, once, so that it cannot get away.
func (b *Board) unarmed(me *Creature) rules.Command {
	target, with := b.attackFrom(me, me.Position, true)
	if target == nil || with.Kind != rules.Melee || away(me, me.Position, target) > 5 || !slices.Contains(upright, target.Type) {
		return nil
	}
	bigger := slices.Index(sizes, me.Size) - slices.Index(sizes, target.Size)
	switch several := slices.ContainsFunc(me.Actions, func(a Action) bool { return len(a.Multiattack) > 0 }); {
	case me.Kind == rules.Character && several && bigger >= -1 && !slices.Contains(target.Conditions, "prone") && b.helped(me, target):
		return rules.Shove{Creature: me.ID, Target: target.ID, Prone: true}
	case me.Type == "giant" && !several && bigger > 0 && !slices.Contains(target.Conditions, "grappled"):
		return rules.Grapple{Creature: me.ID, Target: target.ID}
	}
	return nil
}

// helped tells whether a friend stands beside an enemy.
func (b *Board) helped(me, enemy *Creature) bool {
	return slices.ContainsFunc(b.Creatures, func(c Creature) bool {
		return c.ID != me.ID && c.Side == me.Side && c.Status == rules.Standing && !c.Hidden && away(&c, c.Position, enemy) <= 5
	})
}

// hide goes out of sight before a shot, where nobody can see: with a bonus action, for
// who has a trait for it.
func (b *Board) hide(me *Creature) rules.Command {
	sneaks := slices.ContainsFunc(me.Traits, func(id string) bool { return slices.Contains(sneaking, id) })
	if !sneaks || me.Lurks || !b.Action || !b.Dark[me.Position] {
		return nil
	}
	if target, with := b.attackFrom(me, me.Position, true); target == nil || with.Kind != rules.Ranged {
		return nil
	}
	return rules.Hide{Creature: me.ID, Bonus: true}
}
