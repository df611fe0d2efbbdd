// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// holds tells whether a modifier counts in a contest: its abilities, skills
// and predicates all fit.
func (s *State) holds(m *content.Modifier, from origin, k *contest) bool {
	if len(m.Abilities) > 0 && !slices.Contains(m.Abilities, k.ability) ||
		len(m.Skills) > 0 && !slices.Contains(m.Skills, k.skill) {
		return false
	}
	for _, predicate := range m.When {
		if !s.fits(predicate, m, from, k) {
			return false
		}
	}
	return true
}

// fits tells whether one predicate holds.
func (s *State) fits(p content.Predicate, m *content.Modifier, from origin, k *contest) bool {
	switch p {
	case content.WhenWithin, content.WhenBeyond:
		return k.other != nil && (distance(k.bearer, k.other) <= m.Range) == (p == content.WhenWithin)
	case content.WhenMelee:
		return k.attack != nil && !k.ranged
	case content.WhenRanged:
		return k.attack != nil && k.ranged
	case content.WhenWeapon:
		return k.attack != nil && !k.attack.Spell
	case content.WhenFinesse:
		return k.attack != nil && (k.ranged || slices.Contains(k.attack.Properties, content.Finesse))
	case content.WhenMagic:
		return k.magic
	case content.WhenCondition:
		return slices.ContainsFunc(k.against, func(id ConditionID) bool { return slices.Contains(m.Conditions, id) })
	case content.WhenOncePerTurn:
		return !slices.Contains(s.Combat.Budget.Once, onceKey(k.bearer, from))
	case content.WhenAdvantage:
		return k.swayed > 0
	case content.WhenSneak:
		return k.swayed > 0 || k.swayed == 0 && k.other != nil && s.allyBeside(k.bearer, k.other)
	case content.WhenBloodied, content.WhenNotBloodied:
		return bloodied(k.bearer) == (p == content.WhenBloodied)
	case content.WhenMobile:
		return s.speed(k.bearer) > 0
	case content.WhenOnOwnTurn:
		return s.onTurn() == k.bearer
	case content.WhenMoved:
		return s.onTurn() == k.bearer && s.Combat.Budget.Moved >= 20
	default:
		return s.fitsOther(p, from, k)
	}
}

// fitsOther tells whether a predicate about the other creature holds, or one
// about the source.
func (s *State) fitsOther(p content.Predicate, from origin, k *contest) bool {
	if p == content.WhenSourceVisible {
		source := s.creature(from.source)
		return source != nil && s.present(source) && s.inSight(k.bearer.space(), source.space())
	}
	if k.other == nil {
		return false
	}
	switch p {
	case content.WhenAgainstSource:
		return k.other.ID == from.source
	case content.WhenNotSource:
		return k.other.ID != from.source
	case content.WhenAllyNear:
		return s.allyBeside(k.bearer, k.other)
	case content.WhenOtherBloodied:
		return bloodied(k.other)
	case content.WhenUnhurt:
		return k.other.HP == k.other.MaxHP()
	case content.WhenOtherGrappled:
		return s.grapples(k.bearer, k.other)
	case content.WhenSeesBearer:
		return s.sees(k.other, k.bearer)
	case content.WhenCannotSee:
		return !s.sees(k.other, k.bearer)
	case content.WhenSeesOther:
		return s.sees(k.bearer, k.other)
	case content.WhenAllyOfSource:
		source := s.creature(from.source)
		return source != nil && source != k.other && source.Side == k.other.Side
	default:
		return false
	}
}

// onceKey names what a creature may do once a turn.
func onceKey(c *Creature, from origin) string { return c.ID + "/" + from.name }

// bloodied: half its hit points or fewer (Rules Glossary: Bloodied).
func bloodied(c *Creature) bool { return c.HP*2 <= c.MaxHP() }

// allyBeside tells whether an ally of the first, not incapacitated, is within
// 5 feet of the other.
func (s *State) allyBeside(c, other *Creature) bool {
	for i := range s.Creatures {
		ally := &s.Creatures[i]
		if ally != c && ally != other && ally.Side == c.Side && s.present(ally) && distance(ally, other) <= 5 && !s.incapacitated(ally) {
			return true
		}
	}
	return false
}

// inSight tells whether nothing between two spaces blocks sight.
func (s *State) inSight(a, b grid.Space) bool {
	if !s.ground.Sees(a, b) {
		return false
	}
	for i := range s.Zones {
		zone := &s.Zones[i]
		if !zone.Body.Obscured {
			continue
		}
		if within := s.zoneHolds(zone, a); within != s.zoneHolds(zone, b) || within && grid.Distance(a, b) > 5 {
			return false
		}
	}
	return true
}

// senses tells whether a space is where blindsight of a creature reaches, which
// neither darkness nor hiding keeps out (Rules Glossary: Blindsight).
func (s *State) senses(c *Creature, space grid.Space) bool {
	reach := c.block.Senses.Blindsight
	return reach > 0 && reach >= grid.Distance(c.space(), space) && s.ground.Cover(c.space(), space, nil) != grid.TotalCover
}

// seesInto tells whether a creature sees what is open to sight in a space: it is
// not blinded and nothing is in between, or its senses reach there.
func (s *State) seesInto(c *Creature, space grid.Space) bool {
	return s.senses(c, space) || c.Status == Standing && !s.blind(c) && s.inSight(c.space(), space)
}

// sees tells whether one creature can see another: it sees into its space, and
// the other is neither hidden nor invisible, or is where special senses reach
// (Vision and Light; Rules Glossary: Invisible, Truesight).
func (s *State) sees(c, other *Creature) bool {
	if c == other || s.senses(c, other.space()) {
		return true
	}
	if c.Status != Standing || s.blind(c) || !s.inSight(c.space(), other.space()) {
		return false
	}
	truesight := c.block.Senses.Truesight
	return !s.unseen(other) || truesight > 0 && truesight >= distance(c, other)
}

// blind tells whether a creature cannot see at all.
func (s *State) blind(c *Creature) bool {
	return (len(c.Effects) > 0) && s.cannot(c, "see")
}

// unseen tells whether a creature hides or is invisible.
func (s *State) unseen(c *Creature) bool {
	return c.Hiding > 0 || len(c.Effects) > 0 && s.modified(c, content.KindInvisible)
}
