// SPDX-License-Identifier: Apache-2.0

package content

// CastingTime is what casting takes of a turn.
type CastingTime string

// The casting times of spells that are cast in a fight.
const (
	CastAction   CastingTime = "action"
	CastBonus    CastingTime = "bonus"
	CastReaction CastingTime = "reaction"
	CastMinutes  CastingTime = "minutes" // not in a fight
)

// Component of a spell.
type Component string

// The components.
const (
	Verbal   Component = "v"
	Somatic  Component = "s"
	Material Component = "m"
)

// Spell is a spell. Its activity is resolved with the caster's spell save DC
// and spell attack bonus, unless it says others.
type Spell struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Source string `json:"source,omitempty"`
	// Level 0 is a cantrip.
	Level       int         `json:"level"`
	School      string      `json:"school,omitempty"`
	CastingTime CastingTime `json:"castingTime"`
	// Trigger of a spell that is cast as a reaction.
	Trigger    *Trigger    `json:"trigger,omitempty"`
	Components []Component `json:"components,omitempty"`
	// Costly: its materials have a price or are used up; no focus takes their place.
	Costly        bool `json:"costly,omitempty"`
	Concentration bool `json:"concentration,omitempty"`
	// Ritual: out of a fight it may be cast without a slot, in 10 minutes more.
	// Players read it; the engine does not cast so.
	Ritual bool `json:"ritual,omitempty"`
	// Text is a short description for players, in words of our own.
	Text string `json:"text,omitempty"`
	Activity
}

// Component tells whether the spell needs one.
func (s *Spell) Component(of Component) bool {
	for _, c := range s.Components {
		if c == of {
			return true
		}
	}
	return false
}
