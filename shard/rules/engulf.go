// SPDX-License-Identifier: Apache-2.0

package rules

// inside tells what a creature is inside of; "" for most.
func (c *Creature) inside() string {
	for i := range c.Effects {
		if c.Effects[i].Body.Inside {
			return c.Effects[i].Source
		}
	}
	return ""
}

// fills tells whether a creature fills its space, so that it is in the way of
// another: it is there, and inside nobody.
func (s *State) fills(c *Creature) bool { return s.present(c) && c.inside() == "" }

// engulf takes a creature in: the actor moves over it, if it finds a place for
// that and has room inside, as many squares as it fills itself. It tells whether
// it did.
func (t *table) engulf(c, target *Creature) bool {
	room := c.space().Side * c.space().Side
	for i := range t.Creatures {
		if other := &t.Creatures[i]; other.inside() == c.ID && t.present(other) {
			room -= other.space().Side * other.space().Side
		}
	}
	if target.space().Side*target.space().Side > room || target.inside() != "" {
		return false
	}
	at, found := t.over(c, target)
	if !found {
		return false
	}
	if at != c.Position {
		from := c.Position
		t.emit(Moved{Creature: c.ID, From: from, Path: []Point{at}, How: WayFree})
		t.carry(c, from)
		t.checkGrips(c)
	}
	return true
}

// over finds a place for a creature's space that covers another's, and where
// nobody else is: the one nearest to where it is.
func (t *table) over(c, target *Creature) (best Point, found bool) {
	wide, inner := c.space().Side, target.space().Side
	least := 0
	for dy := range wide - inner + 1 {
		for dx := range wide - inner + 1 {
			at := Point{target.Position[0] - dx, target.Position[1] - dy}
			space := c.spaceAt(at)
			away := max(abs(at[0]-c.Position[0]), abs(at[1]-c.Position[1]))
			if !t.ground.Fits(space) || found && away >= least {
				continue
			}
			if t.occupant(c, space, func(other *Creature) bool { return other == target }) == nil {
				best, found, least = at, true, away
			}
		}
	}
	return best, found
}

// carry takes along who is inside a creature that has moved.
func (t *table) carry(c *Creature, from Point) {
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if len(other.Effects) == 0 || other.inside() != c.ID || !t.present(other) {
			continue
		}
		to := Point{other.Position[0] + c.Position[0] - from[0], other.Position[1] + c.Position[1] - from[1]}
		if to != other.Position && t.ground.Fits(other.spaceAt(to)) {
			was := other.Position
			t.emit(Moved{Creature: other.ID, From: was, Path: []Point{to}, How: WayDragged})
			t.push(t.crossed(other, was, to)...)
		}
	}
}
