// SPDX-License-Identifier: Apache-2.0

package grid

import "fmt"

// Coverage is the policy that says when an area covers a square. The SRD has no
// rule for it, so a session chooses one and keeps it. A square is looked at as
// 10 by 10 cells of half a foot, each of which is in the area when its middle
// is; borders belong to the area.
type Coverage string

// The policies: the middle of the square is in the area; at least half of its
// cells are; any of them is.
const (
	ByCentre Coverage = "centre"
	ByHalf   Coverage = "half"
	ByAny    Coverage = "any"
)

// Validate tells whether the policy is known.
func (c Coverage) Validate() error {
	switch c {
	case ByCentre, ByHalf, ByAny:
		return nil
	}
	return fmt.Errorf("coverage must be centre, half or any, not %.20q", string(c))
}

// covers applies the policy to a square.
func (c Coverage) covers(p Point, in solid) bool {
	left, top := perSquare*p[0], perSquare*p[1]
	needed := 1
	switch c {
	case ByHalf:
		needed = cells * cells / 2
	case ByAny:
	default:
		return in(left+perSquare/2, top+perSquare/2)
	}
	for y := 1; y < perSquare; y += 2 {
		for x := 1; x < perSquare; x += 2 {
			if in(left+x, top+y) {
				if needed--; needed == 0 {
					return true
				}
			}
		}
	}
	return false
}

// cells is how many half-foot cells a square has in each direction.
const cells = perSquare / 2

// Covered gives the squares of the map that an area covers at a height, row by
// row. A square is left out if no line from the origin (of an emanation: from
// its source) to one of the square's four points is free of total cover (Areas
// of Effect: Point of Origin). The area must be valid; an unknown policy counts
// as ByCentre.
func (m *Map) Covered(a Area, policy Coverage, level int) []Point {
	in, bounds := a.cut(level)
	if in == nil {
		return nil
	}
	left, right := max(floor(bounds.left, perSquare), 0), min(floor(bounds.right, perSquare), m.width-1)
	top, bottom := max(floor(bounds.top, perSquare), 0), min(floor(bounds.bottom, perSquare), m.height-1)
	// The rectangle holds the origin, so without cover in it all lines are free.
	open := m.clear(Point{left - 1, top - 1}, Point{right + 1, bottom + 1}, anyCover)
	if left > right || top > bottom {
		return nil
	}
	squares := make([]Point, 0, (right-left+1)*(bottom-top+1))
	for y := top; y <= bottom; y++ {
		for x := left; x <= right; x++ {
			p := Point{x, y}
			if !a.leavesOut(p, level) && policy.covers(p, in) && (open || m.exposed(a, p)) {
				squares = append(squares, p)
			}
		}
	}
	return squares
}

// leavesOut tells that a square belongs to who makes the area and not to it.
func (a Area) leavesOut(p Point, level int) bool {
	return a.Shape != Sphere && a.Shape != Cylinder && a.Source.Contains(p) &&
		level >= a.Source.Level && level < a.Source.Level+a.Source.Side
}

// exposed tells whether any line from the origin of an area reaches a square.
func (m *Map) exposed(a Area, p Point) bool {
	at := func(x, y int) Cover {
		if m.at(x, y).Cover() == TotalCover {
			return TotalCover
		}
		return NoCover
	}
	if a.Shape != Emanation {
		return reaches(a.Origin.mark(), p, at)
	}
	for _, from := range a.Source.Squares() {
		if joined(from, p, at) {
			return true
		}
	}
	return false
}

func reaches(from mark, p Point, at obstacles) bool {
	for i := range insets {
		if ray(from, inset(p, i), at) == NoCover {
			return true
		}
	}
	return false
}
