// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// MaxPath bounds the squares of one Move.
const MaxPath = 2 * MaxSpeed / 5

// Way is how a creature comes from one square to another.
type Way string

// The ways. Empty is walking, crawling or flying: movement of its own.
const (
	WayPushed   Way = "pushed"   // forced movement
	WayTeleport Way = "teleport" // without crossing what is between
	WayDragged  Way = "dragged"  // by who holds it
	WayPlaced   Way = "placed"   // by a game master
	WayFree     Way = "free"     // its own movement that provokes nobody
	WayExtra    Way = "extra"    // its own, but not its turn's: readied, or part of a legendary action
)

// Move walks a creature along squares, each next to the last one; the square
// it stands in is not listed. Movement may be split around an action. Who it
// grapples comes along with Drag.
type Move struct {
	Creature string  `json:"creature"`
	Path     []Point `json:"path"`
	Drag     bool    `json:"drag,omitempty"`
}

// Kind names the command.
func (Move) Kind() string { return "move" }

func (c Move) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	walk, refusal := t.route(creature, c.Path, c.Drag, t.movementLeft(creature))
	if refusal != nil {
		return refusal
	}
	t.push(walk)
	return nil
}

// mobile tells whether a creature is able to move at all.
func (t *table) mobile(c *Creature) bool { return t.speed(c) > 0 && !t.cannot(c, "move") }

// route checks the way that a creature is to go with so many feet of movement. The
// task goes it.
func (t *table) route(c *Creature, path []Point, drag bool, left int) (Task, *Refusal) {
	if n := len(path); n < 1 || n > MaxPath {
		return Task{}, refuse(CodeInvalidPath, "A path has 1 to %d squares, not %d.", MaxPath, n)
	}
	if !t.mobile(c) {
		return Task{}, refuse(CodeCannotMove, "%s cannot move: its Speed is 0.", c.Name)
	}
	drags := drag && len(t.heldBy(c)) > 0
	walker := t.walker(c, drags)
	cost, at := 0, c.Position
	for i, square := range path {
		step, refusal := t.stepCost(c, walker, at, square, drags)
		if refusal == nil {
			refusal = t.approaches(c, at, square)
		}
		if refusal != nil {
			return Task{}, refusal.with("step", i).with("square", square)
		}
		cost, at = cost+step, square
	}
	if at == c.Position {
		return Task{}, refuse(CodeInvalidPath, "The path leads back to where %s stands.", c.Name)
	}
	if other := t.inTheWay(c, at, drags); other != nil && !t.modified(c, content.KindSharesSpaces) {
		return Task{}, taken(c, other).with("square", at)
	}
	if cost > left {
		return Task{}, refuse(CodeNotEnoughMovement, "%s has %d ft of movement left; that square is %d ft away.", c.Name, left, cost).
			with("cost", cost).with("left", left)
	}
	return Task{Do: stepWalk, Actor: c.ID, Path: slices.Clone(path), Success: drags}, nil
}

// walker is how a creature moves now.
func (t *table) walker(c *Creature, drags bool) grid.Walker {
	w := grid.Walker{
		Side: side(c.size()), Crawls: t.modified(c, content.KindCrawl), Swims: c.block.Speed.Swim > 0,
		Climbs: c.block.Speed.Climb > 0, Flies: t.flies(c),
	}
	free := t.modified(c, content.KindFreeTerrain)
	w.Meets = func(p grid.Point) grid.Passage {
		passage := t.passage(c, p, drags)
		if passage < grid.Slow && !w.Flies && !free && t.hard(p) {
			return grid.Slow
		}
		return passage
	}
	if free {
		w.Swims, w.Climbs = true, true
	}
	return w
}

// stepCost gives the cost in feet of one step, or why it cannot be taken
// (Playing on a Grid; Moving around Other Creatures; Grappling).
func (t *table) stepCost(c *Creature, w grid.Walker, from, to Point, drags bool) (int, *Refusal) {
	cost, reason := t.ground.Step(w, grid.Point(from), grid.Point(to))
	if reason != 0 {
		return 0, t.obstacle(c, from, to, reason)
	}
	if drags && t.burdened(c) {
		cost += 5
	}
	return cost + c.climb(&w, from, to), nil
}

// burdened tells whether a creature holds anybody that it does not drag with ease:
// who is neither Tiny nor two sizes smaller (Grappling).
func (t *table) burdened(c *Creature) bool {
	return slices.ContainsFunc(t.heldBy(c), func(held *Creature) bool {
		return held.size() != content.Tiny && bulk(held.size())+2 > bulk(c.size())
	})
}

// obstacle puts the reason why a step cannot be taken into words.
func (t *table) obstacle(c *Creature, from, to Point, reason grid.Reason) *Refusal {
	switch reason {
	case grid.Outside:
		return refuse(CodeInvalidPath, "Square %v is outside the map.", to)
	case grid.Apart:
		return refuse(CodeInvalidPath, "Square %v is not next to %v.", to, from)
	case grid.Filled:
		return refuse(CodeSquareBlocked, "Square %v is blocked.", to)
	case grid.FilledCorner:
		return refuse(CodeSquareBlocked, "A blocked square is at the corner between %v and %v.", from, to)
	}
	if other := t.blocker(c, to); other != nil {
		return refuse(CodeSquareOccupied, "%s stands in the way.", other.Name).with("occupant", other.ID)
	}
	return refuse(CodeSquareOccupied, "Somebody stands in the way.")
}

// approaches refuses a step nearer to what frightens a creature (Frightened).
func (t *table) approaches(c *Creature, from, to Point) *Refusal {
	if len(c.Effects) == 0 {
		return nil
	}
	var refusal *Refusal
	t.each(c, func(m *content.Modifier, by origin) {
		if m.Kind != content.KindCannot || !slices.Contains(m.Deeds, "approach_source") {
			return
		}
		source := t.creature(by.source)
		if source != nil && t.present(source) && grid.Distance(c.spaceAt(to), source.space()) < grid.Distance(c.spaceAt(from), source.space()) {
			refusal = refuse(CodeFrightened, "%s is frightened of %s and cannot come nearer.", c.Name, source.Name)
		}
	})
	return refusal
}
