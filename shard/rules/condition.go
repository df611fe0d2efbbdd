// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// origin is where a modifier comes from.
type origin struct {
	name   string
	source string // creature
	effect int
}

// each calls do for every modifier that acts on a creature now: of its traits,
// of its effects and their conditions, of exhaustion and of zones.
func (s *State) each(c *Creature, do func(m *content.Modifier, from origin)) {
	block := c.block
	for i := range block.Traits {
		trait := &block.Traits[i]
		for j := range trait.Modifiers {
			do(&trait.Modifiers[j], origin{name: trait.Name, source: c.ID})
		}
	}
	for i := range c.Effects {
		effect := &c.Effects[i]
		from := origin{name: effect.Name, source: effect.Source, effect: effect.ID}
		for j := range effect.Body.Modifiers {
			do(&effect.Body.Modifiers[j], from)
		}
		for _, condition := range effect.Body.Conditions {
			s.eachOf(condition, from, do)
		}
	}
	rules := editionOf(s.Ruleset)
	if c.Status == Unconscious {
		s.eachOf(content.Unconscious, origin{source: c.ID}, do)
	}
	if c.Hiding > 0 {
		s.eachOf(content.Invisible, origin{source: c.ID}, do)
	}
	if c.Exhaustion > 0 {
		for i := range rules.exhaustion[c.Exhaustion] {
			do(&rules.exhaustion[c.Exhaustion][i], origin{name: "Exhaustion", source: c.ID})
		}
	}
	for i := range s.Zones {
		if zone := &s.Zones[i]; zone.Body.SpeedHalf && s.concerns(zone, c) && s.inZone(zone, c) {
			do(&slowed, origin{name: zone.Name, source: zone.Owner})
		}
	}
	if zone := s.silenceOver(c); zone != nil {
		for i := range silenced {
			do(&silenced[i], origin{name: zone.Name, source: zone.Owner})
		}
	}
}

var slowed = content.Modifier{Kind: content.KindSpeedHalf}

// silenced is what holds for who is wholly inside a silent zone.
var silenced = []content.Modifier{
	{Kind: content.KindCannot, Deeds: []string{"speak", "hear"}},
	{Kind: content.KindImmunity, DamageTypes: []DamageType{content.Thunder}},
}

// eachOf calls do for the modifiers of a condition and of those it implies. A
// condition is known by its own name.
func (s *State) eachOf(id ConditionID, from origin, do func(m *content.Modifier, from origin)) {
	condition := editionOf(s.Ruleset).conditions[id]
	if condition == nil {
		return
	}
	from.name = condition.Name
	for i := range condition.Modifiers {
		do(&condition.Modifiers[i], from)
	}
	for _, implied := range condition.Implies {
		s.eachOf(implied, from, do)
	}
}

// has tells whether a creature has a condition, by itself or by another one
// that implies it. Each source counts: it has the condition until the last one
// ends.
func (s *State) has(c *Creature, id ConditionID) bool {
	switch {
	case c.Status == Unconscious && s.implies(content.Unconscious, id),
		c.Hiding > 0 && id == content.Invisible, c.Exhaustion > 0 && id == content.Exhaustion:
		return true
	}
	for i := range c.Effects {
		for _, condition := range c.Effects[i].Body.Conditions {
			if s.implies(condition, id) {
				return true
			}
		}
	}
	return false
}

func (s *State) implies(a, b ConditionID) bool {
	if a == b {
		return true
	}
	if condition := editionOf(s.Ruleset).conditions[a]; condition != nil {
		for _, implied := range condition.Implies {
			if s.implies(implied, b) {
				return true
			}
		}
	}
	return false
}

// conditionsOf lists the conditions a creature has, sorted, each once.
func (s *State) conditionsOf(c *Creature) []ConditionID {
	var list []ConditionID
	for _, id := range content.ConditionIDs {
		if s.has(c, id) {
			list = append(list, id)
		}
	}
	return list
}

// cannot tells whether something keeps a creature from a deed.
func (s *State) cannot(c *Creature, deed string) bool {
	if c.Status != Standing {
		return true
	}
	found := false
	s.each(c, func(m *content.Modifier, _ origin) {
		found = found || m.Kind == content.KindCannot && slices.Contains(m.Deeds, deed)
	})
	return found
}

// modified tells whether any modifier of a kind acts on a creature.
func (s *State) modified(c *Creature, kind content.ModifierKind) bool {
	found := false
	s.each(c, func(m *content.Modifier, _ origin) { found = found || m.Kind == kind })
	return found
}

// incapacitated tells whether a creature cannot act at all.
func (s *State) incapacitated(c *Creature) bool {
	return c.Status != Standing || len(c.Effects) > 0 && s.has(c, content.Incapacitated)
}

// immuneTo tells whether a creature cannot get a condition.
func (s *State) immuneTo(c *Creature, id ConditionID) bool {
	if slices.Contains(c.block.ConditionImmunities, id) {
		return true
	}
	found := false
	s.each(c, func(m *content.Modifier, _ origin) {
		found = found || m.Kind == content.KindConditionImmunity && slices.Contains(m.Conditions, id)
	})
	return found
}
