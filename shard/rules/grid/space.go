// SPDX-License-Identifier: Apache-2.0

package grid

import "fmt"

// Square is the side of a square in feet (Playing on a Grid: Squares).
const Square = 5

// Point is a square, [x, y].
type Point [2]int

// Add gives the square that lies by dx and dy away.
func (p Point) Add(dx, dy int) Point { return Point{p[0] + dx, p[1] + dy} }

// Size is a size category; sizes compare in their order.
type Size uint8

// The sizes (Rules Glossary: Size). The zero value is no size.
const (
	Tiny Size = iota + 1
	Small
	Medium
	Large
	Huge
	Gargantuan
)

var sizeNames = [...]string{Tiny: "tiny", Small: "small", Medium: "medium", Large: "large", Huge: "huge", Gargantuan: "gargantuan"}

// String gives the name in lower case.
func (s Size) String() string {
	if s < Tiny || s > Gargantuan {
		return fmt.Sprintf("size %d", uint8(s))
	}
	return sizeNames[s]
}

// MarshalText gives the name; sizes are written by name in JSON.
func (s Size) MarshalText() ([]byte, error) {
	if s < Tiny || s > Gargantuan {
		return nil, fmt.Errorf("encoding size: there is no %s", s)
	}
	return []byte(sizeNames[s]), nil
}

// UnmarshalText reads a name in lower case.
func (s *Size) UnmarshalText(text []byte) error {
	for size := Tiny; size <= Gargantuan; size++ {
		if sizeNames[size] == string(text) {
			*s = size
			return nil
		}
	}
	return fmt.Errorf("size must be one of tiny, small, medium, large, huge, gargantuan, not %.20q", text)
}

// Side is how many squares wide and deep the space of the size is (Size and
// Space): 1 up to Medium, then 2, 3 and 4.
func (s Size) Side() int {
	if s <= Medium {
		return 1
	}
	return int(s-Large) + 2
}

// PerSquare is how many creatures of the size fit into one square: four Tiny
// ones, one of any other.
func (s Size) PerSquare() int {
	if s == Tiny {
		return 4
	}
	return 1
}

// Space is where a creature or object is: Side by Side squares with At as the
// one of least x and y, and as high as it is wide. Level is its height above
// the ground in steps of 5 feet; a flat battlefield leaves it 0.
type Space struct {
	At    Point
	Side  int
	Level int
}

// SpaceOf gives the space of a creature of a size that stands at a square.
func SpaceOf(at Point, size Size) Space { return Space{At: at, Side: size.Side()} }

// Contains tells whether a square belongs to the space.
func (s Space) Contains(p Point) bool {
	return p[0] >= s.At[0] && p[0] < s.At[0]+s.Side && p[1] >= s.At[1] && p[1] < s.At[1]+s.Side
}

// Squares gives the squares of the space row by row.
func (s Space) Squares() []Point {
	squares := make([]Point, 0, s.Side*s.Side)
	for y := range s.Side {
		for x := range s.Side {
			squares = append(squares, s.At.Add(x, y))
		}
	}
	return squares
}

// Overlaps tells whether two spaces share a square at the same height.
func (s Space) Overlaps(other Space) bool { return Distance(s, other) == 0 }

// Distance is the range between two spaces in feet: the fewest squares from
// one to the other, a diagonal counted as one, times 5 (Playing on a Grid:
// Ranges). Neighbours are 5 feet apart, overlapping spaces 0.
func Distance(a, b Space) int {
	return Square * max(
		gap(a.At[0], a.Side, b.At[0], b.Side),
		gap(a.At[1], a.Side, b.At[1], b.Side),
		gap(a.Level, a.Side, b.Level, b.Side))
}

// gap counts the steps between two runs of squares: 0 when they overlap, 1
// when they touch.
func gap(a, aSide, b, bSide int) int {
	return max(0, b-(a+aSide)+1, a-(b+bSide)+1)
}

// Spot is a place in half squares, [x, y]; see the package's documentation.
type Spot [2]int

// Corner gives the spot of least x and y of a square.
func Corner(p Point) Spot { return Spot{2 * p[0], 2 * p[1]} }

// Centre gives the spot in the middle of a space.
func Centre(s Space) Spot { return Spot{2*s.At[0] + s.Side, 2*s.At[1] + s.Side} }

// Edge gives the spot on the border of a space that is nearest to a target: a
// corner or a point on an edge. It is where a cone or a line that a creature
// sends towards the target begins. A target inside the space is its own edge.
func Edge(s Space, target Spot) Spot {
	return Spot{
		min(max(target[0], 2*s.At[0]), 2*(s.At[0]+s.Side)),
		min(max(target[1], 2*s.At[1]), 2*(s.At[1]+s.Side)),
	}
}
