// SPDX-License-Identifier: Apache-2.0

package grid

import "fmt"

// Cover is a degree of cover; degrees compare in their order, and only the
// best one counts (Cover: "if behind multiple sources").
type Cover uint8

// The degrees of cover (Playing the Game: Cover).
const (
	NoCover Cover = iota
	HalfCover
	ThreeQuartersCover
	TotalCover
)

// String names the degree.
func (c Cover) String() string {
	switch c {
	case NoCover:
		return "no cover"
	case HalfCover:
		return "half cover"
	case ThreeQuartersCover:
		return "three-quarters cover"
	case TotalCover:
		return "total cover"
	}
	return fmt.Sprintf("cover %d", uint8(c))
}

// Bonus is what the degree adds to AC and to Dexterity saving throws: 2 and 5.
// Behind total cover nothing can be targeted, so it adds nothing.
func (c Cover) Bonus() int {
	switch c {
	case HalfCover:
		return 2
	case ThreeQuartersCover:
		return 5
	}
	return 0
}

// Sees tells whether two spaces have a line of sight: a line between a point of
// one and a point of the other that no opaque square stops. A square that is
// opaque itself, such as one in fog, neither sees nor is seen, but for those
// who share it. Sight is mutual. Creatures do not block it.
func (m *Map) Sees(a, b Space) bool {
	if a.Overlaps(b) {
		return true
	}
	open := m.hullClear(a, b, Opaque)
	at := func(x, y int) Cover {
		if m.at(x, y).Has(Opaque) {
			return TotalCover
		}
		return NoCover
	}
	for _, from := range a.Squares() {
		if m.At(from).Has(Opaque) {
			continue
		}
		for _, to := range b.Squares() {
			if m.At(to).Has(Opaque) {
				continue
			}
			if open || joined(from, to, at) {
				return true
			}
		}
	}
	return false
}

// joined tells whether any line between the points of two squares is free.
func joined(from, to Point, at obstacles) bool {
	for i := range insets {
		for j := range insets {
			if ray(inset(from, i), inset(to, j), at) == NoCover {
				return true
			}
		}
	}
	return false
}

// hullClear tells that the rectangle around two spaces has none of the flags;
// then every line between them is free of such squares.
func (m *Map) hullClear(a, b Space, flags Terrain) bool {
	low := Point{min(a.At[0], b.At[0]), min(a.At[1], b.At[1])}
	high := Point{max(a.At[0]+a.Side, b.At[0]+b.Side) - 1, max(a.At[1]+a.Side, b.At[1]+b.Side) - 1}
	return m.clear(low, high, flags)
}

// Cover is the cover that a target has against an attacker. Of each pair of a
// point of the attacker and a square of the target, four lines go to the four
// points of that square: half cover needs two of them stopped, three-quarters
// three, total all four, each by something that gives that degree or more. The
// pair that is best for the attacker counts. Terrain gives its own degree, the
// spaces in others (creatures) give half; the squares of the attacker and of
// the target themselves give none.
func (m *Map) Cover(attacker, target Space, others []Space) Cover {
	between := m.between(attacker, target, others)
	if len(between) == 0 && m.hullClear(attacker, target, anyCover) {
		return NoCover
	}
	at := func(x, y int) Cover {
		p := Point{x, y}
		if attacker.Contains(p) || target.Contains(p) {
			return NoCover
		}
		cover := m.at(x, y).Cover()
		for _, other := range between {
			if other.Contains(p) {
				return max(cover, HalfCover)
			}
		}
		return cover
	}
	best := TotalCover
	for _, from := range attacker.Squares() {
		for _, to := range target.Squares() {
			for i := range insets {
				if best = min(best, coverFrom(inset(from, i), to, at)); best == NoCover {
					return best
				}
			}
		}
	}
	return best
}

// anyCover are the bits of the terrain that hold its degree of cover.
const anyCover = ^Terrain(1<<coverShift - 1)

// between gives those of the spaces that can stand in a line from one space to
// another: the ones that meet the rectangle around the two.
func (m *Map) between(a, b Space, others []Space) []Space {
	var found []Space
	for _, o := range others {
		if o.At[0] < max(a.At[0]+a.Side, b.At[0]+b.Side) && o.At[0]+o.Side > min(a.At[0], b.At[0]) &&
			o.At[1] < max(a.At[1]+a.Side, b.At[1]+b.Side) && o.At[1]+o.Side > min(a.At[1], b.At[1]) &&
			!o.Overlaps(a) && !o.Overlaps(b) {
			found = append(found, o)
		}
	}
	return found
}

// coverFrom judges the four lines from a point to the points of a square.
func coverFrom(from mark, to Point, at obstacles) Cover {
	var stopped [TotalCover + 1]int // how many lines are stopped by that degree or more
	for i := range insets {
		for degree := ray(from, inset(to, i), at); degree > NoCover; degree-- {
			stopped[degree]++
		}
	}
	for degree := TotalCover; degree > NoCover; degree-- {
		if stopped[degree] >= int(degree)+1 {
			return degree
		}
	}
	return NoCover
}
