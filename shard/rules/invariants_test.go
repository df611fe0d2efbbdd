// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	gocmp "github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// checkViews wants that what is not touched looks as before, to everybody.
func checkViews(prior, s *State, events []Event) string {
	touched := s.Touched(events)
	for _, entity := range s.Entities() {
		if slices.Contains(touched, entity) {
			continue
		}
		for _, view := range Views() {
			if was, is := prior.Render(view, entity), s.Render(view, entity); !slices.EqualFunc(was, is, sameLeaf) {
				return fmt.Sprintf("%s is not touched but changed for %s: %s", entity, view, gocmp.Diff(was, is))
			}
		}
	}
	return ""
}

func sameLeaf(a, b Leaf) bool { return a.Path == b.Path && bytes.Equal(a.Value, b.Value) }

// checkDead wants who was dead to be dead, unless an event tells of a revival.
func checkDead(prior, s *State, events []Event) string {
	for i := range prior.Creatures {
		id := prior.Creatures[i].ID
		if c := s.creature(id); c == nil || c.Status == Dead || prior.Creatures[i].Status != Dead {
			continue
		}
		if !slices.ContainsFunc(events, func(e Event) bool { back, is := e.(Revived); return is && back.Creature == id }) {
			return id + " was dead and is not"
		}
	}
	return ""
}

// checkTable tells which rule of the table is broken.
func checkTable(s *State) string {
	if !s.Combat.Budget.valid() {
		return fmt.Sprintf("the budget is %+v", s.Combat.Budget)
	}
	if c := s.onTurn(); c != nil && c.Status == Dead && s.Window == nil {
		return c.ID + " is dead and has the turn"
	}
	if w := s.Window; w != nil && s.creature(w.Creature).Status != Standing {
		return w.Creature + " lies and is asked"
	}
	for i := range s.Zones {
		if z := &s.Zones[i]; !s.held(z.Hold) {
			return z.Name + " outlasts the concentration on it"
		}
	}
	for i := range s.Creatures {
		c := &s.Creatures[i]
		for j := range c.Effects {
			if e := &c.Effects[j]; !s.held(e.Hold) {
				return e.Name + " on " + c.ID + " outlasts the concentration on it"
			}
		}
		if problem := cmp.Or(crowding(s, i), checkBody(s, c)); problem != "" {
			return problem
		}
	}
	return ""
}

// crowding tells whether a creature shares a square with a later one, though it may not.
func crowding(s *State, i int) string {
	c, beside := &s.Creatures[i], 1
	for j := i + 1; j < len(s.Creatures); j++ {
		other := &s.Creatures[j]
		if !s.fills(c) || !s.fills(other) || !c.space().Overlaps(other.space()) {
			continue
		}
		if c.Status != Standing || other.Status != Standing || s.Window != nil || s.onTurn() == nil || excused(s, c) || excused(s, other) {
			continue
		}
		if share(c, other) {
			if beside++; beside > grid.Tiny.PerSquare() {
				return c.ID + " shares its square with more than three"
			}
		} else if c.block.Size == other.block.Size {
			return c.ID + " and " + other.ID + " share a square"
		}
	}
	return ""
}

// checkBody tells what a creature cannot have or hold.
func checkBody(s *State, c *Creature) string {
	switch {
	case c.HP < 0 || c.HP > max(c.MaxHP(), 1) || (c.HP == 0) == (c.Status == Standing):
		return fmt.Sprintf("%s is %s with %d of %d hit points", c.ID, c.Status, c.HP, c.MaxHP())
	case c.handed() && s.freeHands(c) < 0:
		return c.ID + " has more in its hands than they hold"
	case c.handed() && c.Status != Standing && slices.ContainsFunc(c.Held, func(item string) bool { return !c.block.Hands.IsShield(item) }):
		return c.ID + " lies and holds a weapon"
	case c.Concentration != nil && s.incapacitated(c):
		return c.ID + " concentrates while it cannot"
	case c.Status == Dead && (c.Concentration != nil || c.Hiding > 0 || c.Ready != nil || c.TempHP > 0):
		return c.ID + " is dead and does something still"
	}
	return ""
}

// excused tells whether a creature may share a space with one of its size (the
// bigger of two may, see stumble): it is its turn still, it stumbled or could
// not, or shares spaces by nature.
func excused(s *State, c *Creature) bool {
	return s.onTurn() == c || s.has(c, content.Prone) || s.immuneTo(c, content.Prone) || s.modified(c, content.KindSharesSpaces)
}
