// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"
)

// Moved tells the squares a creature went and what they cost in feet.
type Moved struct {
	Creature string  `json:"creature"`
	From     Point   `json:"from"`
	Path     []Point `json:"path"`
	Cost     int     `json:"cost"`
	How      Way     `json:"how,omitempty"`
	// Unseen: it hides; who does not see its numbers sees nothing of it.
	Unseen bool   `json:"unseen,omitempty"`
	By     string `json:"by,omitempty"`
}

// Kind names the event.
func (Moved) Kind() string { return "moved" }

func (e Moved) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Position != e.From || len(e.Path) == 0 || len(e.Path) > MaxPath {
		return fmt.Errorf("%.40q does not move from %v", e.Creature, e.From)
	}
	to := e.Path[len(e.Path)-1]
	if !s.ground.Fits(c.spaceAt(to)) {
		return fmt.Errorf("square %v cannot be entered", to)
	}
	left := s.movementLeft(c)
	if e.How == WayExtra && s.speed(c) > 0 {
		left = maxMovement
	}
	if e.Cost < 0 || e.Cost > left && e.Cost > 0 {
		return fmt.Errorf("%d feet of %d are spent", e.Cost, left)
	}
	if e.How == "" && s.onTurn() != c {
		return errors.New("who is not on turn does not walk")
	}
	if c.Altitude > 0 { // it stays as high as it was, over higher ground too
		c.Altitude = min(max(c.Altitude+c.groundAt(c.Position)-c.groundAt(to), 0), MaxHeight)
	}
	c.Position = to
	if e.How != WayExtra {
		s.Combat.Budget.move(e.Cost)
	}
	return nil
}

func (e Moved) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

func (e Moved) redact(s *State, v View) any {
	if e.Unseen && s.secretID(v, e.Creature) {
		return nil
	}
	return e
}
