// SPDX-License-Identifier: Apache-2.0

package rules

import "fmt"

// EndTurn ends a creature's turn. Who plays the creature may end it; a game
// master may end anybody's, which is recorded as an override.
type EndTurn struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (EndTurn) Kind() string { return "end_turn" }

func decodeEndTurn(raw []byte) (Command, error) {
	var read struct {
		Type string `json:"type"`
		EndTurn
	}
	err := strict(raw, &read)
	return read.EndTurn, err
}

func (c EndTurn) decide(t *table) ([]Event, *Refusal) {
	creature := t.creature(c.Creature)
	if creature == nil {
		return nil, refuse(CodeUnknownCreature, "There is no creature %.40q.", c.Creature)
	}
	own := t.controls(creature)
	if !own && t.by.Role != RoleGM {
		return nil, refuse(CodeNotYourCreature, "%s is not yours to act for.", creature.Sheet.Name)
	}
	if refusal := t.itsTurn(creature); refusal != nil {
		return nil, refusal
	}
	next, found := t.nextTurn()
	if !found {
		return nil, refuse(CodeNoCombat, "Nobody is left to fight.")
	}
	return []Event{TurnEnded{Creature: c.Creature, By: t.by.Player, Override: !own}, next}, nil
}

// nextTurn starts the turn of the next creature in the order that stands; a
// new round begins at the top of the order (Combat: Step 3).
func (t *table) nextTurn() (next TurnStarted, found bool) {
	round, place := t.Combat.Round, t.Combat.Turn
	for range t.Combat.Order {
		place++
		if place == len(t.Combat.Order) {
			round, place = round+1, 0
		}
		if id := t.Combat.Order[place].Creature; t.creature(id).Status == Standing {
			return t.startTurn(id, round, place), true
		}
	}
	return TurnStarted{}, false
}

// startTurn gives a creature one action and movement up to its Speed (Your Turn).
func (t *table) startTurn(id string, round, place int) TurnStarted {
	return TurnStarted{
		Creature: id,
		Round:    round,
		Place:    place,
		Budget:   Budget{Actions: 1, Movement: t.creature(id).Sheet.Speed},
	}
}

// TurnStarted begins a creature's turn.
type TurnStarted struct {
	Creature string `json:"creature"`
	Round    int    `json:"round"`
	// Place is the creature's place in the initiative order, from 0.
	Place  int    `json:"place"`
	Budget Budget `json:"budget"`
}

// Kind names the event.
func (TurnStarted) Kind() string { return "turn_started" }

func decodeTurnStarted(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		TurnStarted
	}
	err := strict(raw, &read)
	return read.TurnStarted, err
}

func (e TurnStarted) apply(s *State) error {
	combat := &s.Combat
	switch {
	case combat.Phase != Fighting:
		return fmt.Errorf("no turn starts while combat is %s", combat.Phase)
	case e.Place < 0 || e.Place >= len(combat.Order) || combat.Order[e.Place].Creature != e.Creature:
		return fmt.Errorf("%.40q is not in place %d of the order", e.Creature, e.Place)
	case e.Round < 1 || e.Round < combat.Round || e.Round > combat.Round+1:
		return fmt.Errorf("round %d cannot follow round %d", e.Round, combat.Round)
	case !e.Budget.valid():
		return fmt.Errorf("budget %+v is out of its bounds", e.Budget)
	}
	creature := s.creature(e.Creature)
	if creature.Status != Standing {
		return fmt.Errorf("%q does not stand", e.Creature)
	}
	combat.Round, combat.Turn, combat.Budget = e.Round, e.Place, e.Budget
	creature.Dodging = false
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

func (e TurnStarted) redact(s *State, _ View) any {
	if s.secretID(e.Creature) {
		return turnSeen{Creature: e.Creature, Round: e.Round, Place: e.Place}
	}
	return e
}

// TurnEnded ends a creature's turn.
type TurnEnded struct {
	Creature string `json:"creature"`
	By       string `json:"by"`
	// Override: a game master ended the turn of a creature that is not theirs.
	Override bool `json:"override,omitempty"`
}

// Kind names the event.
func (TurnEnded) Kind() string { return "turn_ended" }

func decodeTurnEnded(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		TurnEnded
	}
	err := strict(raw, &read)
	return read.TurnEnded, err
}

func (e TurnEnded) apply(s *State) error {
	if _, err := s.acting(e.Creature); err != nil {
		return err
	}
	s.Combat.Budget = Budget{}
	return nil
}

func (TurnEnded) touch(t *touched) { t.combat() }

func (e TurnEnded) redact(*State, View) any { return e }

// acting gives the creature an event is about, if it is its turn.
func (s *State) acting(id string) (*Creature, error) {
	current := s.onTurn()
	if current == nil || current.Sheet.ID != id {
		return nil, fmt.Errorf("it is not the turn of %.40q", id)
	}
	return current, nil
}
