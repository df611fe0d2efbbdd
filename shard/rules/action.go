// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"
)

// Dash spends the action to move as far again as the creature's Speed (Rules
// Glossary: Dash).
type Dash struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (Dash) Kind() string { return "dash" }

func decodeDash(raw []byte) (Command, error) {
	var read struct {
		Type string `json:"type"`
		Dash
	}
	err := strict(raw, &read)
	return read.Dash, err
}

func (c Dash) decide(t *table) ([]Event, *Refusal) {
	creature, refusal := t.actorWithAction(c.Creature)
	if refusal != nil {
		return nil, refusal
	}
	return []Event{Dashed{Creature: c.Creature, Movement: creature.Sheet.Speed}}, nil
}

// Dashed adds Movement feet to what the creature may move this turn.
type Dashed struct {
	Creature string `json:"creature"`
	Movement int    `json:"movement"`
}

// Kind names the event.
func (Dashed) Kind() string { return "dashed" }

func decodeDashed(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		Dashed
	}
	err := strict(raw, &read)
	return read.Dashed, err
}

func (e Dashed) apply(s *State) error {
	after := Budget{Actions: 1, Movement: s.Combat.Budget.Movement + min(e.Movement, maxMovement+1)}
	if e.Movement < 0 || !after.valid() {
		return fmt.Errorf("a dash cannot give %d feet", e.Movement)
	}
	if err := s.spendAction(e.Creature); err != nil {
		return err
	}
	s.Combat.Budget.Movement = after.Movement
	return nil
}

func (Dashed) touch(t *touched) { t.combat() }

// dashSeen is Dashed without the Speed of a secret creature.
type dashSeen struct {
	Creature string `json:"creature"`
}

func (e Dashed) redact(s *State, _ View) any {
	if s.secretID(e.Creature) {
		return dashSeen{Creature: e.Creature}
	}
	return e
}

// Dodge spends the action so that attacks against the creature have
// disadvantage until its next turn starts (Rules Glossary: Dodge).
type Dodge struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (Dodge) Kind() string { return "dodge" }

func decodeDodge(raw []byte) (Command, error) {
	var read struct {
		Type string `json:"type"`
		Dodge
	}
	err := strict(raw, &read)
	return read.Dodge, err
}

func (c Dodge) decide(t *table) ([]Event, *Refusal) {
	if _, refusal := t.actorWithAction(c.Creature); refusal != nil {
		return nil, refusal
	}
	return []Event{Dodged(c)}, nil
}

// Dodged tells that a creature took the Dodge action.
type Dodged struct {
	Creature string `json:"creature"`
}

// Kind names the event.
func (Dodged) Kind() string { return "dodged" }

func decodeDodged(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		Dodged
	}
	err := strict(raw, &read)
	return read.Dodged, err
}

func (e Dodged) apply(s *State) error {
	if err := s.spendAction(e.Creature); err != nil {
		return err
	}
	s.creature(e.Creature).Dodging = true
	return nil
}

func (e Dodged) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

func (e Dodged) redact(*State, View) any { return e }

// spendAction takes the action of the creature on turn.
func (s *State) spendAction(id string) error {
	if _, err := s.acting(id); err != nil {
		return err
	}
	if s.Combat.Budget.Actions < 1 {
		return errors.New("no action is left")
	}
	s.Combat.Budget.Actions--
	return nil
}
