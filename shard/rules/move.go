// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
)

// MaxPath bounds the squares of one Move.
const MaxPath = 2 * MaxSpeed / 5

// Move walks a creature along squares, each next to the last one; the square
// it stands in is not listed. Movement may be split around an action.
type Move struct {
	Creature string  `json:"creature"`
	Path     []Point `json:"path"`
}

// Kind names the command.
func (Move) Kind() string { return "move" }

func decodeMove(raw []byte) (Command, error) {
	var read struct {
		Type string `json:"type"`
		Move
	}
	err := strict(raw, &read)
	return read.Move, err
}

func (c Move) decide(t *table) ([]Event, *Refusal) {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return nil, refusal
	}
	if n := len(c.Path); n < 1 || n > MaxPath {
		return nil, refuse(CodeInvalidPath, "A path has 1 to %d squares, not %d.", MaxPath, n)
	}
	cost, at := 0, creature.Position
	for i, square := range c.Path {
		step, refusal := t.step(creature, at, square)
		if refusal != nil {
			return nil, refusal.with("step", i).with("square", square)
		}
		cost, at = cost+step, square
	}
	if at == creature.Position {
		return nil, refuse(CodeInvalidPath, "The path leads back to where %s stands.", creature.Sheet.Name)
	}
	if other := t.occupant(at); other != nil {
		return nil, refuse(CodeSquareOccupied, "%s cannot end its move in the space of %s.", creature.Sheet.Name, other.Sheet.Name).
			with("square", at).with("occupant", other.Sheet.ID)
	}
	if left := t.Combat.Budget.Movement; cost > left {
		return nil, refuse(CodeNotEnoughMovement, "The path takes %d feet, %d are left.", cost, left).
			with("cost", cost).with("left", left)
	}
	return []Event{Moved{Creature: c.Creature, From: creature.Position, Path: slices.Clone(c.Path), Cost: cost}}, nil
}

// step gives the cost in feet of one step (Playing on a Grid; Moving around
// Other Creatures).
func (t *table) step(mover *Creature, from, to Point) (int, *Refusal) {
	if !t.Map.contains(to) {
		return 0, refuse(CodeInvalidPath, "Square %v is outside the map.", to)
	}
	if distance(from, to) != 5 {
		return 0, refuse(CodeInvalidPath, "Square %v is not next to %v.", to, from)
	}
	if t.blocked(to) {
		return 0, refuse(CodeSquareBlocked, "Square %v is blocked.", to)
	}
	if t.blocked(Point{from[0], to[1]}) || t.blocked(Point{to[0], from[1]}) {
		return 0, refuse(CodeSquareBlocked, "A blocked square is at the corner between %v and %v.", from, to)
	}
	other := t.occupant(to)
	if other == nil || other == mover {
		return 5, nil
	}
	ally := other.Sheet.Side == mover.Sheet.Side
	passable := ally || t.rules.enterIncapacitated && other.Status == Unconscious
	if !passable {
		return 0, refuse(CodeSquareOccupied, "%s stands in the way.", other.Sheet.Name).with("occupant", other.Sheet.ID)
	}
	if ally && !t.rules.allySpaceDifficult {
		return 5, nil
	}
	return 10, nil
}

// Moved tells the squares a creature walked and what they cost in feet.
type Moved struct {
	Creature string  `json:"creature"`
	From     Point   `json:"from"`
	Path     []Point `json:"path"`
	Cost     int     `json:"cost"`
}

// Kind names the event.
func (Moved) Kind() string { return "moved" }

func decodeMoved(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		Moved
	}
	err := strict(raw, &read)
	return read.Moved, err
}

func (e Moved) apply(s *State) error {
	creature, err := s.acting(e.Creature)
	if err != nil {
		return err
	}
	if creature.Position != e.From || len(e.Path) == 0 {
		return fmt.Errorf("%q does not walk from %v", e.Creature, creature.Position)
	}
	to := e.Path[len(e.Path)-1]
	if !s.Map.contains(to) || s.blocked(to) || s.occupant(to) != nil {
		return fmt.Errorf("square %v cannot be entered", to)
	}
	if e.Cost < 0 || e.Cost > s.Combat.Budget.Movement {
		return fmt.Errorf("%d feet of %d are spent", e.Cost, s.Combat.Budget.Movement)
	}
	creature.Position = to
	s.Combat.Budget.Movement -= e.Cost
	return nil
}

func (e Moved) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

func (e Moved) redact(*State, View) any { return e }
