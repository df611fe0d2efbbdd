// SPDX-License-Identifier: Apache-2.0

package grid

import "fmt"

// Passage is what a creature meets in a square beside the terrain: who stands
// there, as the rules judge it.
type Passage uint8

// The kinds of passage, worse ones greater (Moving around Other Creatures).
// Free squares can be ended in, through and slow ones only be passed, slow ones
// at the cost of difficult terrain; nobody enters barred ones.
const (
	Free Passage = iota
	Through
	Slow
	Barred
)

// Walker is who moves and how. Speeds of its own (Swims, Climbs) spare it the
// extra foot of that terrain; Flies spares it all costs of the ground.
type Walker struct {
	// Side is the width of its space in squares; 0 counts as 1.
	Side int
	// Crawls costs an extra foot for each foot.
	Crawls               bool
	Swims, Climbs, Flies bool
	// Meets judges a square by those who are in it; nil: nobody is.
	Meets func(Point) Passage
}

func (w Walker) space(at Point) Space { return Space{At: at, Side: max(w.Side, 1)} }

// meets gives the worst passage among the squares of its space.
func (w Walker) meets(at Point) Passage {
	if w.Meets == nil {
		return Free
	}
	worst := Free
	for y := range max(w.Side, 1) {
		for x := range max(w.Side, 1) {
			worst = max(worst, w.Meets(at.Add(x, y)))
		}
	}
	return worst
}

// Reason says why a step or a path is impossible.
type Reason uint8

// The reasons.
const (
	Empty Reason = iota + 1 // a path without squares
	Outside
	Apart // not next to the last square
	Filled
	FilledCorner // a diagonal step would cut the corner of a filled square
	InTheWay     // somebody does not let it pass
	Taken        // it would end in another's space
)

var reasonTexts = [...]string{
	Empty: "the path has no squares", Outside: "outside the map", Apart: "not next to the last square", Filled: "filled",
	FilledCorner: "round the corner of a filled square", InTheWay: "somebody is in the way", Taken: "in the space of somebody else",
}

// Obstacle is the error of a path: which step of it, from 0, cannot be taken.
type Obstacle struct {
	Step   int
	Square Point
	Reason Reason
}

// Error describes the obstacle.
func (o *Obstacle) Error() string {
	return fmt.Sprintf("step %d to %v: %s", o.Step, o.Square, reasonTexts[o.Reason])
}

// Walk gives what a path costs in feet: the squares after from, each next to
// the one before. It is an *Obstacle if a step cannot be taken, or if the last
// square is in another's space. The caller compares the cost with the budget.
func (m *Map) Walk(w Walker, from Point, path []Point) (int, *Obstacle) {
	if len(path) == 0 {
		return 0, &Obstacle{Reason: Empty, Square: from}
	}
	total, at := 0, from
	for i, to := range path {
		cost, reason := m.Step(w, at, to)
		if reason != 0 {
			return 0, &Obstacle{Step: i, Square: to, Reason: reason}
		}
		total, at = total+cost, to
	}
	if w.meets(at) != Free {
		return 0, &Obstacle{Step: len(path) - 1, Square: at, Reason: Taken}
	}
	return total, nil
}

// Step gives the cost in feet of one step to a neighbouring square, or why it
// cannot be taken. Each foot costs one, one more on difficult ground (once,
// whatever makes it difficult), and one more for crawling, or for climbing or
// swimming without such a speed (Rules Glossary: Climbing, Crawling,
// Swimming, Difficult Terrain). A diagonal costs as much as a straight step
// (Playing on a Grid: Entering a Square).
func (m *Map) Step(w Walker, from, to Point) (int, Reason) {
	dx, dy := to[0]-from[0], to[1]-from[1]
	if max(dx, -dx, dy, -dy) != 1 {
		return 0, Apart
	}
	space := w.space(to)
	if !m.inside(space) {
		return 0, Outside
	}
	ground := m.ground(space)
	if ground.Has(Impassable) {
		return 0, Filled
	}
	if dx != 0 && dy != 0 && (m.impassable(w.space(from.Add(dx, 0))) || m.impassable(w.space(from.Add(0, dy)))) {
		return 0, FilledCorner
	}
	passage := w.meets(to)
	if passage == Barred {
		return 0, InTheWay
	}
	cost := Square
	if passage == Slow || ground.Has(Difficult) && !w.Flies {
		cost += Square
	}
	if w.labours(ground) {
		cost += Square
	}
	return cost, 0
}

// labours tells whether the way of moving itself costs an extra foot.
func (w Walker) labours(ground Terrain) bool {
	switch {
	case w.Flies:
		return false
	case w.Crawls:
		return true
	}
	return ground.Has(Water) && !w.Swims || ground.Has(Steep) && !w.Climbs
}

// Push moves a space in a straight line directly away from a source, square by
// square, up to a number of feet, and gives where it ends: forced movement ends
// before what cannot be entered and where somebody else stands. It costs no
// movement, so only Side and Meets of the walker count.
func (m *Map) Push(w Walker, from Point, source Spot, feet int) Point {
	dx, dy := Away(w.space(from), source)
	if dx == 0 && dy == 0 {
		return from
	}
	w.Flies = true
	at := from
	for ; feet >= Square; feet -= Square {
		next := at.Add(dx, dy)
		if _, reason := m.Step(w, at, next); reason != 0 || w.meets(next) != Free {
			break
		}
		at = next
	}
	return at
}

// Away gives the one of the eight directions that leads a space away from a
// source most directly; 0, 0 when the source is its centre.
func Away(s Space, source Spot) (dx, dy int) {
	centre := Centre(s)
	return octant(centre[0]-source[0], centre[1]-source[1])
}

// octant gives the nearest of the eight directions: an axis when the way along
// it is more than twice the way across, else a diagonal.
func octant(x, y int) (dx, dy int) {
	if ax, ay := max(x, -x), max(y, -y); ax > 2*ay {
		y = 0
	} else if ay > 2*ax {
		x = 0
	}
	return sign(x), sign(y)
}

func sign(n int) int { return max(-1, min(n, 1)) }
