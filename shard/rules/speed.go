// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// speed is how far a creature can move now, in feet (Rules Glossary: Speed).
func (s *State) speed(c *Creature) int {
	if c.Status != Standing {
		return 0
	}
	base := c.block.Speed
	feet := max(base.Walk, base.Fly)
	half, double, zero := false, false, false
	var counted []string
	s.each(c, func(m *content.Modifier, from origin) {
		switch m.Kind {
		case content.KindSpeedBonus:
			if !slices.Contains(counted, from.name) { // the same twice counts once
				counted = append(counted, from.name)
				feet += m.Value
			}
		case content.KindSpeedHalf:
			half = true
		case content.KindSpeedDouble:
			double = true
		case content.KindSpeedZero, content.KindRemoved:
			zero = true
		}
	})
	if double {
		feet *= 2
	}
	if half {
		feet /= 2
	}
	if zero {
		return 0
	}
	return max(feet-feet%5, 0)
}

// flies tells whether a creature moves through the air: it has the speed, and
// nothing makes it fall (Flying).
func (s *State) flies(c *Creature) bool {
	return c.block.Speed.Fly > 0 && !s.has(c, content.Prone) && (c.block.Speed.Hover || !s.incapacitated(c))
}

// movementLeft are the feet the creature on turn may still move.
func (s *State) movementLeft(c *Creature) int {
	if s.onTurn() != c {
		return 0
	}
	budget := &s.Combat.Budget
	speed := s.speed(c)
	if speed == 0 {
		return 0
	}
	return max(speed*(1+budget.Dashes)+budget.Grant-budget.Moved, 0)
}
