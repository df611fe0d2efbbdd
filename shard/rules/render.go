// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

func (s *State) renderMap(out *Leaves) {
	m := &s.Map
	out.Begin("/map/", "")
	out.value("blocked", m.Blocked)
	out.value("difficult", m.Difficult)
	out.value("doors", listed(m.Doors, func(d Door) doorLeaf { return doorLeaf(d) }))
	out.int("height", m.Height)
	out.value("low", m.Low)
	out.value("obscured", m.Obscured)
	if len(m.Raised) > 0 {
		out.value("raised", listed(m.Raised, func(r Rise) riseLeaf { return riseLeaf(r) }))
	}
	out.value("water", m.Water)
	out.int("width", m.Width)
}

func (s *State) renderCombat(out *Leaves, v View) {
	combat := &s.Combat
	current := s.onTurn()
	budgetSeen := current != nil && !current.secretTo(v)
	out.Begin("/combat/", "")
	if budgetSeen {
		out.bool("action", combat.Budget.Actions > 0)
		if len(combat.Budget.Attacks) > 0 {
			out.value("attacks", partLeaves(combat.Budget.Attacks))
		}
		out.bool("bonus", combat.Budget.Bonus > 0)
		if combat.Budget.Draws > 0 {
			out.int("draws", combat.Budget.Draws)
		}
	}
	out.int("fight", combat.Fight)
	if budgetSeen {
		out.int("movement", s.movementLeft(current))
	}
	out.order("order", combat.Order)
	out.string("phase", string(combat.Phase))
	out.int("round", combat.Round)
	if current != nil {
		out.string("turn", current.ID)
	}
	if w := s.Window; w != nil {
		asked := s.creature(w.Creature)
		out.value("window", windowLeafOf(w, v == ViewGM || asked != nil && !asked.secretTo(v)))
	}
	if combat.Phase == Over {
		out.string("winner", combat.Winner)
	}
}

func (s *State) renderZones(out *Leaves) {
	out.Begin("/zones/", "")
	for i := range s.Zones {
		out.value(zoneName(s.Zones[i].ID), zoneLeafOf(&s.Zones[i]))
	}
	out.Sort()
}

// renderCreature gives what changes in play. Who hides has no place that
// others see, and what a creature of the game master has left is its secret.
func (s *State) renderCreature(out *Leaves, c *Creature, v View) {
	open := !c.secretTo(v)
	out.Begin("/creatures/", c.ID)
	if c.Altitude > 0 && (open || c.Hiding == 0) {
		out.int("altitude", c.Altitude)
	}
	if conditions := s.conditionsOf(c); len(conditions) > 0 {
		out.value("conditions", conditions)
	}
	if c.Concentration != nil {
		out.string("concentration", c.Concentration.Name)
	}
	if open && c.Status == Unconscious {
		out.value("death", deathLeaf{Failures: c.Death.Failures, Stable: c.Death.Stable, Successes: c.Death.Successes})
	}
	out.bool("dodging", s.dodges(c))
	if len(c.Effects) > 0 {
		out.value("effects", effectLeaves(c, open))
	}
	if c.Exhaustion > 0 {
		out.int("exhaustion", c.Exhaustion)
	}
	out.string("health", string(c.health()))
	if c.handed() {
		s.renderHands(out, c, open)
	}
	if c.Hiding > 0 {
		out.bool("hidden", true)
	}
	if open {
		out.int("hp", c.HP)
		if c.MaxLoss > 0 {
			out.int("maxLoss", c.MaxLoss)
		}
		if c.Orders != "" {
			out.string("orders", string(c.Orders))
		}
	}
	if open || c.Hiding == 0 {
		out.point("position", c.Position)
	}
	if open {
		out.bool("reaction", !c.ReactionSpent)
		if c.block.Spellcasting != nil && len(c.block.Spellcasting.Slots) > 0 {
			out.value("slots", c.slots())
		}
	}
	out.string("status", string(c.Status))
	if open && c.TempHP > 0 {
		out.int("tempHP", c.TempHP)
	}
	if open && len(c.Used) > 0 {
		out.value("used", listed(c.Used, func(u Use) useLeaf { return useLeaf(u) }))
	}
	out.Sort()
}

// renderHands gives what a creature holds and, to who sees its numbers, its AC, which
// hangs on its shield.
func (s *State) renderHands(out *Leaves, c *Creature, open bool) {
	if open {
		out.int("ac", c.armor())
	}
	if len(c.Dropped) > 0 && (open || c.Hiding == 0) {
		out.value("dropped", listed(c.Dropped, func(l Lying) lyingLeaf { return lyingLeaf(l) }))
	}
	out.value("held", c.inHands())
}

// dodges tells whether the Dodge action protects a creature now.
func (s *State) dodges(c *Creature) bool {
	return slices.ContainsFunc(c.Effects, func(e Effect) bool { return e.Origin == "dodge" }) && s.speed(c) > 0
}

// slots gives the spell slots left, by level from 1.
func (c *Creature) slots() []int {
	left := make([]int, len(c.block.Spellcasting.Slots))
	for i := range left {
		left[i] = c.slotsLeft(i + 1)
	}
	return left
}

// renderSheet gives what never changes in play.
func (s *State) renderSheet(out *Leaves, c *Creature, v View) {
	open := !c.secretTo(v)
	block := c.block
	out.Begin("/creatures/", c.ID)
	if open {
		out.value("abilities", abilityLeafOf(block.Abilities))
		if !c.handed() {
			out.int("ac", block.AC)
		}
		out.value("actions", actionLeaves(block.Actions))
		out.value("attacks", attackLeaves(block.Actions))
	}
	out.string("controller", c.Controller)
	if open {
		out.value("damageAdjustments", adjustmentLeaves(block.DamageAdjustments))
		out.int("dexterity", block.Abilities.Dex)
		out.string("group", c.Group)
		out.value("immunities", block.Immunities)
	}
	out.string("kind", string(c.Kind))
	if open {
		out.int("maxHP", block.HP.Max)
	}
	out.string("name", c.Name)
	if open {
		out.value("resistances", block.Resistances)
	}
	out.string("side", c.Side)
	out.string("size", string(c.size()))
	if open {
		out.int("speed", max(block.Speed.Walk, block.Speed.Fly))
		if block.Spellcasting != nil {
			out.value("spells", s.spellLeaves(block.Spellcasting))
		}
		out.value("traits", listed(block.Traits, func(t content.Trait) traitLeaf { return traitLeaf{ID: t.ID, Name: t.Name} }))
	}
	out.string("type", block.Type)
	if open {
		out.value("vulnerabilities", block.Vulnerabilities)
	}
}

// spellLeaf is what a player needs to know of a spell to cast it.
type spellLeaf struct {
	Affects     content.Affects     `json:"affects,omitempty"`
	Area        *areaLeaf           `json:"area,omitempty"`
	CastingTime content.CastingTime `json:"castingTime"`
	Hold        bool                `json:"concentration,omitempty"`
	Count       int                 `json:"count,omitempty"`
	Harms       bool                `json:"harms,omitempty"`
	Heals       bool                `json:"heals,omitempty"`
	ID          string              `json:"id"`
	Level       int                 `json:"level"`
	Name        string              `json:"name"`
	PerDay      int                 `json:"perDay,omitempty"`
	Range       int                 `json:"range,omitempty"`
	Ritual      bool                `json:"ritual,omitempty"`
	Sight       bool                `json:"sight,omitempty"`
	Target      content.TargetKind  `json:"target,omitempty"`
}

func (s *State) spellLeaves(casting *content.Spellcasting) []spellLeaf {
	out := make([]spellLeaf, 0, len(casting.Spells))
	for _, known := range casting.Spells {
		spell := s.spell(known.ID)
		if spell == nil {
			continue
		}
		out = append(out, spellLeaf{
			Affects: spell.Target.Affects, Area: areaLeafOf(spell.Target.Area), CastingTime: spell.CastingTime, Count: spell.Target.Count,
			Harms: harms(&spell.Activity), Heals: spell.Heal != nil, Hold: spell.Concentration, ID: spell.ID, Level: spell.Level,
			Name: spell.Name, PerDay: known.PerDay, Range: spell.Target.Range, Ritual: spell.Ritual,
			Sight: spell.Target.Sight, Target: spell.Target.Kind,
		})
	}
	return out
}

// harms tells whether an activity is meant for enemies.
func harms(a *content.Activity) bool {
	return len(a.Damage) > 0 || a.Attack != nil || a.Save != nil || a.Slays > 0 || a.Zone != nil && (len(a.Zone.Damage) > 0 || a.Zone.Save != nil)
}
