// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// share tells whether two creatures have room in the same square: Tiny ones do, up to
// so many, any other has its squares for itself (Creature Size and Space).
func share(a, b *Creature) bool {
	return a.size() == content.Tiny && b.size() == content.Tiny
}

// occupant gives somebody who leaves a creature no room in a space; nil if it has
// room there. Who is spared does not count.
func (t *table) occupant(c *Creature, space grid.Space, spared func(*Creature) bool) *Creature {
	beside := 1 // itself
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if other == c || !t.fills(other) || !other.space().Overlaps(space) || spared != nil && spared(other) {
			continue
		}
		if share(c, other) {
			if beside++; beside <= grid.Tiny.PerSquare() {
				continue
			}
		}
		return other
	}
	return nil
}

// crowded tells whether a creature has no room in a space because of others.
func (t *table) crowded(c *Creature, space grid.Space) bool { return t.occupant(c, space, nil) != nil }

// inTheWay gives who is where a creature would end its move; nil if it may end
// there.
func (t *table) inTheWay(c *Creature, at Point, drags bool) *Creature {
	return t.occupant(c, c.spaceAt(at), func(other *Creature) bool {
		return t.modified(other, content.KindSharesSpaces) || drags && t.grapples(c, other)
	})
}

// taken refuses a move that would end where another creature leaves no room.
func taken(c, other *Creature) *Refusal {
	text := "%s cannot end its move in the space of %s."
	if share(c, other) {
		text = "%s finds no room beside %s: four Tiny creatures fill a square."
	}
	return refuse(CodeSquareOccupied, text, c.Name, other.Name).with("occupant", other.ID)
}

// passage tells what a creature meets in a square: who is there (Moving around
// Other Creatures). The square is free to who has room in it beside them.
func (t *table) passage(c *Creature, p grid.Point, drags bool) grid.Passage {
	worst, tight, beside := grid.Free, grid.Free, 1
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if other == c || !t.fills(other) || !other.space().Contains(p) || !sameHeight(c, other, Point(p)) || drags && t.grapples(c, other) {
			continue
		}
		if share(c, other) {
			beside++
			tight = max(tight, t.passing(c, other))
			continue
		}
		worst = max(worst, t.passing(c, other))
	}
	if beside > grid.Tiny.PerSquare() {
		worst = max(worst, tight)
	}
	return worst
}

// sameHeight tells whether a creature that comes into another's square is as high
// as the other: else it passes over or under it.
func sameHeight(c, other *Creature, p Point) bool {
	if c.Altitude == 0 && other.Altitude == 0 && c.relief == nil {
		return true
	}
	level, space := (c.groundAt(p)+c.Altitude)/grid.Square, other.space()
	return level < space.Level+space.Side && space.Level < level+side(c.size())
}

// passing tells how one creature gets past another.
func (t *table) passing(c, other *Creature) grid.Passage {
	ally := !enemies(c, other)
	apart := bulk(c.size()) - bulk(other.size())
	tiny := other.size() == content.Tiny
	shares := t.modified(c, content.KindSharesSpaces) || t.modified(other, content.KindSharesSpaces)
	switch {
	case ally || shares || t.rules.enterIncapacitated && (t.incapacitated(other) || tiny) || apart >= 2 || apart <= -2:
	default:
		return grid.Barred
	}
	if t.rules.allySpaceDifficult || !ally && !tiny && !shares {
		return grid.Slow
	}
	return grid.Through
}

// blocker gives who does not let a creature into a square.
func (t *table) blocker(c *Creature, at Point) *Creature {
	space := c.spaceAt(at)
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if other != c && t.fills(other) && other.space().Overlaps(space) && t.passing(c, other) == grid.Barred {
			return other
		}
	}
	return nil
}

// stumble makes a creature prone that has to end its turn in the space of
// another one of its size or bigger, unless it is Tiny (Moving around Other
// Creatures).
func (t *table) stumble(c *Creature) {
	if c.Status != Standing || !t.fills(c) || c.size() == content.Tiny || t.modified(c, content.KindSharesSpaces) {
		return
	}
	if t.occupant(c, c.space(), func(other *Creature) bool {
		return bulk(other.size()) < bulk(c.size()) || t.modified(other, content.KindSharesSpaces)
	}) != nil {
		t.fallProne(c, c.ID)
	}
}
