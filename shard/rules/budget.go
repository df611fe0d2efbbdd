// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// Budget is what the creature on turn has done and may still do (Your Turn).
// None of it is ever negative.
type Budget struct {
	Actions int `json:"actions"`
	// Bonus is 1 until the bonus action is taken.
	Bonus int `json:"bonus"`
	// Extra actions are good for one attack, Dash, Disengage, Hide or Utilize.
	Extra int `json:"extra,omitempty"`
	// Objects to interact with for free.
	Objects int `json:"objects"`
	// Draws are the weapons that may still be drawn or stowed as a part of attacks
	// that were made.
	Draws int `json:"draws,omitempty"`
	// Moved are the feet of movement spent, Dashes how often Speed was added,
	// Grant the feet that came from elsewhere.
	Moved  int `json:"moved"`
	Dashes int `json:"dashes,omitempty"`
	Grant  int `json:"grant,omitempty"`
	// Safe are the next feet of movement that provoke nobody.
	Safe int `json:"safe,omitempty"`
	// Attacks are the attacks that an action under way still has.
	Attacks []content.Multiattack `json:"attacks,omitempty"`
	// Made are the attacks of the turn that let others follow: light weapons,
	// a cleave.
	Made []Made `json:"made,omitempty"`
	// Fired are the attacks of the action under way that fire only once in it.
	Fired []string `json:"fired,omitempty"`
	// Once lists what counts once a turn and was used.
	Once []string `json:"once,omitempty"`
	// Slot: a spell was cast with a slot; BonusSpell: one with a bonus action.
	Slot       bool `json:"slot,omitempty"`
	BonusSpell bool `json:"bonusSpell,omitempty"`
	LevelSpell bool `json:"levelSpell,omitempty"`
	// Disengaged: moving provokes nobody.
	Disengaged bool `json:"disengaged,omitempty"`
	// Acted: an action or bonus action was taken (for who may take one only).
	Acted bool `json:"acted,omitempty"`
}

// Made is an attack that was made.
type Made struct {
	Attack string `json:"attack"`
	Weapon string `json:"weapon,omitempty"`
}

// Bounds of stored numbers: far above what play reaches, far below what
// overflows.
const (
	maxActions  = 10
	maxMovement = 10 * MaxSpeed
	maxCount    = 1_000_000_000
	maxListed   = 64
)

func (b *Budget) valid() bool {
	within := func(n, most int) bool { return n >= 0 && n <= most }
	return within(b.Actions, maxActions) && within(b.Bonus, maxActions) && within(b.Extra, maxActions) &&
		within(b.Objects, maxActions) && within(b.Draws, maxActions) && within(b.Moved, 10*maxMovement) && within(b.Dashes, maxActions) &&
		within(b.Grant, maxMovement) && within(b.Safe, maxMovement) && len(b.Attacks) <= maxListed && len(b.Made) <= maxListed &&
		len(b.Fired) <= maxListed && len(b.Once) <= maxListed
}

// move takes feet of movement, of the safe ones first.
func (b *Budget) move(feet int) {
	b.Moved += feet
	b.Safe = max(b.Safe-feet, 0)
}

// Price is what something takes of a creature. Zero is free.
type Price struct {
	Actions  int  `json:"actions,omitempty"`
	Bonus    int  `json:"bonus,omitempty"`
	Extra    int  `json:"extra,omitempty"`
	Objects  int  `json:"objects,omitempty"`
	Draws    int  `json:"draws,omitempty"`
	Movement int  `json:"movement,omitempty"`
	Reaction bool `json:"reaction,omitempty"`
	// Attack is one of the attacks of the action under way: its place in
	// Budget.Attacks, from 1.
	Attack int `json:"attack,omitempty"`
	// Opens are the attacks that an action makes possible after this one.
	Opens     []content.Multiattack `json:"opens,omitzero"`
	Legendary int                   `json:"legendary,omitempty"`
	// Slot is the level of the spell slot.
	Slot int `json:"slot,omitempty"`
	// Use names what is used up: an action, or a spell without a slot.
	Use string `json:"use,omitempty"`
	// Once names what counts once a turn.
	Once string `json:"once,omitempty"`
	// Made is remembered for attacks that may follow.
	Made *Made `json:"made,omitempty"`
	// Fires is the attack, if it fires only once in an action.
	Fires string `json:"fires,omitempty"`
	// LeavesDraw: a weapon may still be drawn or stowed as a part of it.
	LeavesDraw bool `json:"leavesDraw,omitempty"`
	// Spell marks a spell of level 1 or more, for the rules of one a turn.
	Spell bool `json:"spell,omitempty"`
}

// pay takes the price of something. It has changed nothing when it cannot be
// paid.
func (s *State) pay(c *Creature, p *Price) bool {
	budget := s.Combat.Budget
	ownTurn := s.onTurn() == c
	if !ownTurn && (p.Actions > 0 || p.Bonus > 0 || p.Extra > 0 || p.Objects > 0 || p.Draws > 0 || p.Attack > 0 || p.Movement > 0) {
		return false
	}
	if p.Actions < 0 || p.Bonus < 0 || p.Extra < 0 || p.Objects < 0 || p.Draws < 0 || p.Movement < 0 || p.Legendary < 0 || p.Slot < 0 || p.Attack < 0 {
		return false
	}
	budget.Actions -= p.Actions
	budget.Bonus -= p.Bonus
	budget.Extra -= p.Extra
	budget.Objects -= p.Objects
	budget.Draws -= p.Draws
	budget.Moved += p.Movement
	if p.Actions > 0 {
		budget.Attacks, budget.Fired = nil, nil
	}
	if p.Actions+p.Bonus+p.Extra > 0 {
		budget.Acted = true
	}
	if p.Attack > 0 {
		if p.Attack > len(budget.Attacks) {
			return false
		}
		budget.Attacks = takeAttack(budget.Attacks, p.Attack-1)
	}
	if len(p.Opens) > 0 {
		budget.Attacks = p.Opens
	}
	if p.LeavesDraw && ownTurn {
		budget.Draws = min(budget.Draws+1, maxActions)
	}
	if p.Once != "" {
		budget.Once = append(slices.Clone(budget.Once), p.Once)
	}
	if p.Made != nil && ownTurn {
		budget.Made = append(slices.Clone(budget.Made), *p.Made)
	}
	if p.Fires != "" && ownTurn {
		budget.Fired = append(slices.Clone(budget.Fired), p.Fires)
	}
	budget.Slot = budget.Slot || p.Slot > 0 && ownTurn
	budget.LevelSpell = budget.LevelSpell || p.Spell && ownTurn
	budget.BonusSpell = budget.BonusSpell || p.Spell && p.Bonus > 0
	if !budget.valid() || p.Reaction && c.ReactionSpent || p.Slot > 0 && c.slotsLeft(p.Slot) < 1 ||
		len(p.Use) > MaxIDLength+10 || p.Legendary > maxActions || len(c.Used) > maxListed || c.LegendarySpent+p.Legendary > maxActions {
		return false
	}
	s.Combat.Budget = budget
	c.ReactionSpent = c.ReactionSpent || p.Reaction
	c.LegendarySpent += p.Legendary
	if p.Slot > 0 {
		spent := make([]int, len(c.block.Spellcasting.Slots))
		copy(spent, c.SlotsSpent)
		spent[p.Slot-1]++
		c.SlotsSpent = spent
	}
	if p.Use != "" {
		c.setUsed(p.Use, min(c.used(p.Use)+1, maxCount))
	}
	return true
}

// takeAttack takes one attack from a part of a multiattack.
func takeAttack(list []content.Multiattack, at int) []content.Multiattack {
	left := slices.Clone(list)
	left[at].Count--
	return slices.DeleteFunc(left, func(m content.Multiattack) bool { return m.Count < 1 })
}
