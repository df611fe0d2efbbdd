// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"

	"gamesession.dev/operator/shard/rules/grid"
)

// teleport puts a creature into a square without crossing what is between.
func (t *table) teleport(c *Creature, to Point) {
	if to == c.Position || !t.ground.Fits(c.spaceAt(to)) || t.crowded(c, c.spaceAt(to)) {
		return
	}
	from := c.Position
	t.emit(Moved{Creature: c.ID, From: from, Path: []Point{to}, How: WayTeleport, Unseen: c.Hiding > 0})
	t.carry(c, from)
	t.checkGrips(c)
	t.push(t.crossed(c, from, to)...)
}

// shoveAway moves a creature straight away from another, or towards it, as far as
// there is room: forced movement, which provokes nobody (Forced Movement).
func (t *table) shoveAway(by, c *Creature, feet int) {
	source := grid.Centre(by.space())
	at := grid.Point(c.Position)
	walker := grid.Walker{Side: side(c.size()), Meets: func(p grid.Point) grid.Passage {
		if t.passage(c, p, false) != grid.Free {
			return grid.Barred
		}
		if c.relief[Point(p)] > c.groundAt(c.Position) {
			return grid.Barred // nobody is pushed up
		}
		return grid.Free
	}}
	if feet < 0 {
		own := grid.Centre(c.space())
		source = grid.Spot{2*own[0] - source[0], 2*own[1] - source[1]}
		feet = -feet
	}
	way := line(c.Position, Point(t.ground.Push(walker, at, source, feet)))
	if len(way) == 0 {
		return
	}
	before := c.Position
	t.emit(Moved{Creature: c.ID, From: before, Path: way, How: WayPushed})
	t.carry(c, before)
	if drop := c.groundAt(before) - c.groundAt(c.Position); drop > 0 && !t.aloft(c) {
		t.plunge(c, drop)
	}
	t.checkGrips(c)
	t.push(t.crossed(c, before, way...)...)
}

// line lists the squares after one up to another, in one of the eight directions.
func line(from, to Point) []Point {
	dx, dy := cmp.Compare(to[0], from[0]), cmp.Compare(to[1], from[1])
	var way []Point
	for from != to {
		from = Point{from[0] + dx, from[1] + dy}
		way = append(way, from)
	}
	return way
}
