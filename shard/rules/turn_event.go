// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
)

// TurnStarted begins a creature's turn: its reaction and its legendary actions
// are back.
type TurnStarted struct {
	Creature string `json:"creature"`
	Round    int    `json:"round"`
	// Place is the creature's place in the initiative order, from 0.
	Place  int    `json:"place"`
	Budget Budget `json:"budget"`
	// Movement is its Speed now, if it may move.
	Movement int `json:"movement"`
}

// Kind names the event.
func (TurnStarted) Kind() string { return "turn_started" }

func (e TurnStarted) apply(s *State) error {
	combat := &s.Combat
	switch {
	case combat.Phase != Fighting:
		return fmt.Errorf("no turn starts while combat is %s", combat.Phase)
	case e.Place < 0 || e.Place >= len(combat.Order) || combat.Order[e.Place].Creature != e.Creature:
		return fmt.Errorf("%.40q is not in place %d of the order", e.Creature, e.Place)
	case e.Round < 1 || e.Round < combat.Round || e.Round > combat.Round+1 || e.Round > maxCount:
		return fmt.Errorf("round %d cannot follow round %d", e.Round, combat.Round)
	case !e.Budget.valid():
		return fmt.Errorf("budget %+v is out of its bounds", e.Budget)
	}
	creature := s.creature(e.Creature)
	if creature == nil || creature.Status == Dead {
		return fmt.Errorf("%q takes no turn", e.Creature)
	}
	combat.Round, combat.Turn, combat.Budget = e.Round, e.Place, e.Budget
	creature.ReactionSpent, creature.LegendarySpent, creature.Ready = false, 0, nil
	if slices.ContainsFunc(s.Zones, func(z Zone) bool { return len(z.Struck) > 0 }) {
		s.Zones = slices.Clone(s.Zones)
		for i := range s.Zones {
			s.Zones[i].Struck = nil
		}
	}
	return nil
}

func (e TurnStarted) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

// turnSeen is TurnStarted without the Speed of a secret creature.
type turnSeen struct {
	Creature string `json:"creature"`
	Round    int    `json:"round"`
	Place    int    `json:"place"`
}

func (e TurnStarted) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		return turnSeen{Creature: e.Creature, Round: e.Round, Place: e.Place}
	}
	return e
}

// TurnEnded ends a creature's turn.
type TurnEnded struct {
	Creature string `json:"creature"`
	By       string `json:"by,omitempty"`
	// Override: a game master ended the turn of a creature that is not theirs.
	Override bool `json:"override,omitempty"`
	// Lapsed: the wait was over.
	Lapsed bool `json:"lapsed,omitempty"`
}

// Kind names the event.
func (TurnEnded) Kind() string { return "turn_ended" }

func (e TurnEnded) apply(s *State) error {
	if err := s.acting(e.Creature); err != nil {
		return err
	}
	s.Combat.Budget = Budget{}
	return nil
}

func (TurnEnded) touch(t *touched) { t.combat() }

func (e TurnEnded) redact(*State, View) any { return e }

// acting wants it to be the turn of the creature an event is about.
func (s *State) acting(id string) error {
	if current := s.onTurn(); current == nil || current.ID != id {
		return fmt.Errorf("it is not the turn of %.40q", id)
	}
	return nil
}

// Recharged tells whether an action that was used comes back.
type Recharged struct {
	Creature string `json:"creature"`
	Action   string `json:"action"`
	// Roll is the d6; nil for what comes back by itself.
	Roll *DamageRoll `json:"roll,omitempty"`
	Back bool        `json:"back"`
}

// Kind names the event.
func (Recharged) Kind() string { return "recharged" }

func (e Recharged) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.used(e.Action) == 0 {
		return fmt.Errorf("%.40q has nothing to recharge", e.Creature)
	}
	if e.Roll != nil {
		if err := s.rolled(func(k *rollCheck) error { return k.damage([]DamageRoll{*e.Roll}) }); err != nil {
			return err
		}
	}
	if e.Back {
		c.setUsed(e.Action, 0)
	}
	return nil
}

func (e Recharged) touch(t *touched) { t.creature(e.Creature) }

func (e Recharged) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		return nil
	}
	return e
}

// HarmForgotten tells that the damage since its last turn keeps a creature from
// nothing any more.
type HarmForgotten struct {
	Creature string `json:"creature"`
}

// Kind names the event.
func (HarmForgotten) Kind() string { return "harm_forgotten" }

func (e HarmForgotten) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil {
		return unknown(e.Creature)
	}
	c.Harmed = nil
	return nil
}

func (HarmForgotten) touch(*touched) {}

func (HarmForgotten) redact(*State, View) any { return nil }

// Granted gives the creature on turn more to do: by a trait or a spell, or by
// a game master (By), which is an override.
type Granted struct {
	Creature string `json:"creature"`
	Actions  int    `json:"actions,omitempty"`
	Bonus    int    `json:"bonus,omitempty"`
	Extra    int    `json:"extra,omitempty"`
	Movement int    `json:"movement,omitempty"`
	// Safe are feet of that movement that provoke nobody.
	Safe   int `json:"safe,omitempty"`
	Dashes int `json:"dashes,omitempty"`
	// Disengage: moving provokes nobody this turn. Reaction: it is back.
	Disengage bool   `json:"disengage,omitempty"`
	Reaction  bool   `json:"reaction,omitempty"`
	By        string `json:"by,omitempty"`
}

// Kind names the event.
func (Granted) Kind() string { return "granted" }

func (e Granted) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil {
		return unknown(e.Creature)
	}
	if e.Actions < 0 || e.Bonus < 0 || e.Extra < 0 || e.Movement < 0 || e.Dashes < 0 || e.Safe < 0 {
		return fmt.Errorf("nothing is granted below 0")
	}
	budget := s.Combat.Budget
	budget.Actions = min(budget.Actions+e.Actions, maxActions)
	budget.Bonus = min(budget.Bonus+e.Bonus, maxActions)
	budget.Extra = min(budget.Extra+e.Extra, maxActions)
	budget.Grant = min(budget.Grant+e.Movement, maxMovement)
	budget.Safe = min(budget.Safe+e.Safe, maxMovement)
	budget.Dashes = min(budget.Dashes+e.Dashes, maxActions)
	budget.Disengaged = budget.Disengaged || e.Disengage
	if s.onTurn() == c {
		s.Combat.Budget = budget
	} else if !e.Reaction {
		return fmt.Errorf("it is not the turn of %.40q", e.Creature)
	}
	if e.Reaction {
		c.ReactionSpent = false
	}
	return nil
}

func (e Granted) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

// redact tells that a game master gave a monster more, not what.
func (e Granted) redact(s *State, v View) any {
	switch {
	case !s.secretID(v, e.Creature):
		return e
	case e.By != "":
		return Granted{Creature: e.Creature, By: e.By}
	}
	return nil
}
