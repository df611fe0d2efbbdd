// SPDX-License-Identifier: Apache-2.0

package grid

import "fmt"

// MaxSide bounds the width and the height of a map in squares.
const MaxSide = 200

// Terrain is what a square is made of: flags that can be combined, and the
// cover that the square gives to who is behind it (Terrain.With).
type Terrain uint8

// The flags of terrain. Difficult, Water and Steep cost movement, Impassable
// stops it, Opaque stops sight (a wall, but also fog or dense foliage).
const (
	Difficult Terrain = 1 << iota
	Water
	Steep
	Impassable
	Opaque

	coverShift = 5
)

// Wall is a filled square, and a closed door: nobody enters it, sees through
// it or cuts its corner, and it is total cover.
const Wall = Impassable | Opaque | Terrain(TotalCover)<<coverShift

// With gives the terrain with a degree of cover for those behind it: a low wall
// gives half, a portcullis or an arrow slit three quarters.
func (t Terrain) With(c Cover) Terrain {
	return t&(1<<coverShift-1) | Terrain(c)<<coverShift
}

// Has tells whether all of the flags are set.
func (t Terrain) Has(flags Terrain) bool { return t&flags == flags }

// Cover is the cover that the square gives to those behind it.
func (t Terrain) Cover() Cover { return Cover(t >> coverShift) }

// Map is a battlefield. Reading is safe for concurrent use, Put is not.
type Map struct {
	width, height int
	cells         []Terrain
}

// New makes an open battlefield. Each side must be 1 to MaxSide squares.
func New(width, height int) (*Map, error) {
	if width < 1 || width > MaxSide || height < 1 || height > MaxSide {
		return nil, fmt.Errorf("a map has 1 to %d squares on each side, not %d by %d", MaxSide, width, height)
	}
	return &Map{width: width, height: height, cells: make([]Terrain, width*height)}, nil
}

// Put sets the terrain of a square; a square outside the map stays outside.
func (m *Map) Put(p Point, t Terrain) {
	if m.Contains(p) {
		m.cells[p[1]*m.width+p[0]] = t
	}
}

// At gives the terrain of a square: open ground outside the map.
func (m *Map) At(p Point) Terrain { return m.at(p[0], p[1]) }

func (m *Map) at(x, y int) Terrain {
	if x < 0 || y < 0 || x >= m.width || y >= m.height {
		return 0
	}
	return m.cells[y*m.width+x]
}

// Contains tells whether a square is on the map.
func (m *Map) Contains(p Point) bool {
	return p[0] >= 0 && p[1] >= 0 && p[0] < m.width && p[1] < m.height
}

// Fits tells whether a space is on the map as a whole and on ground that can
// be entered.
func (m *Map) Fits(s Space) bool { return m.inside(s) && !m.impassable(s) }

func (m *Map) inside(s Space) bool {
	return m.Contains(s.At) && m.Contains(s.At.Add(s.Side-1, s.Side-1))
}

func (m *Map) impassable(s Space) bool { return m.ground(s).Has(Impassable) }

// ground gives every flag that some square of the space has.
func (m *Map) ground(s Space) Terrain {
	var all Terrain
	for y := range s.Side {
		for x := range s.Side {
			all |= m.at(s.At[0]+x, s.At[1]+y)
		}
	}
	return all & (1<<coverShift - 1)
}

// clear tells that no square of the rectangle between two squares, both
// included, has any of the flags or gives any cover.
func (m *Map) clear(from, to Point, flags Terrain) bool {
	left, right := min(from[0], to[0]), max(from[0], to[0])
	top, bottom := min(from[1], to[1]), max(from[1], to[1])
	for y := max(top, 0); y <= min(bottom, m.height-1); y++ {
		for x := max(left, 0); x <= min(right, m.width-1); x++ {
			if cell := m.cells[y*m.width+x]; cell&flags != 0 {
				return false
			}
		}
	}
	return true
}
