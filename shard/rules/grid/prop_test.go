// SPDX-License-Identifier: Apache-2.0

package grid

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// turn is a symmetry of the square: some quarter turns, then perhaps a mirror.
type turn struct {
	quarterTurns int
	mirror       bool
	width        int // of the map before it
	height       int
}

func (s turn) spot(p Spot) Spot {
	x, y, w, h := p[0], p[1], 2*s.width, 2*s.height
	for range s.quarterTurns {
		x, y, w, h = h-y, x, h, w
	}
	if s.mirror {
		x = w - x
	}
	return Spot{x, y}
}

func (s turn) space(a Space) Space {
	one, other := s.spot(Corner(a.At)), s.spot(Corner(a.At.Add(a.Side, a.Side)))
	return Space{Point{min(one[0], other[0]) / 2, min(one[1], other[1]) / 2}, a.Side, a.Level}
}

func (s turn) point(p Point) Point { return s.space(Space{At: p, Side: 1}).At }

func (s turn) board(m *Map) *Map {
	w, h := m.width, m.height
	if s.quarterTurns%2 == 1 {
		w, h = h, w
	}
	turned, err := New(w, h)
	if err != nil {
		panic(err)
	}
	for y := range m.height {
		for x := range m.width {
			turned.Put(s.point(Point{x, y}), m.at(x, y))
		}
	}
	return turned
}

func (s turn) points(points []Point) []Point {
	var turned []Point
	for _, p := range points {
		turned = append(turned, s.point(p))
	}
	slices.SortFunc(turned, func(a, b Point) int {
		if a[1] != b[1] {
			return a[1] - b[1]
		}
		return a[0] - b[0]
	})
	return turned
}

func drawMap(t *rapid.T) (*Map, turn) {
	m, err := New(rapid.IntRange(6, 14).Draw(t, "width"), rapid.IntRange(6, 14).Draw(t, "height"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := []Terrain{Wall, Wall, Difficult, Water, Opaque, terrains['='], terrains['-']}
	for range rapid.IntRange(0, 25).Draw(t, "things") {
		m.Put(drawPoint(t, m), rapid.SampledFrom(kinds).Draw(t, "terrain"))
	}
	return m, turn{rapid.IntRange(0, 3).Draw(t, "turns"), rapid.Bool().Draw(t, "mirror"), m.width, m.height}
}

func drawPoint(t *rapid.T, m *Map) Point {
	return Point{rapid.IntRange(0, m.width-1).Draw(t, "x"), rapid.IntRange(0, m.height-1).Draw(t, "y")}
}

func drawSpace(t *rapid.T, m *Map) Space {
	s := Space{At: drawPoint(t, m), Side: rapid.IntRange(1, 4).Draw(t, "side")}
	s.At = Point{min(s.At[0], m.width-s.Side), min(s.At[1], m.height-s.Side)}
	return s
}

func TestDistanceIsAMetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := drawMap(t)
		a, b, c := drawSpace(t, m), drawSpace(t, m), drawSpace(t, m)
		a.Level, b.Level = rapid.IntRange(-3, 9).Draw(t, "level"), rapid.IntRange(-3, 9).Draw(t, "level")
		d := Distance(a, b)
		if back := Distance(b, a); back != d {
			t.Fatalf("%d ft there, %d ft back", d, back)
		}
		if turned := Distance(s.space(a), s.space(b)); turned != d {
			t.Fatalf("%d ft, turned %d ft", d, turned)
		}
		c.Side, c.Level = 1, a.Level // a detour over one square is never shorter
		if over := Distance(a, c) + Distance(c, b); over < d {
			t.Fatalf("%d ft, but %d ft over %v", d, over, c.At)
		}
	})
}

func TestSightIsMutualAndTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := drawMap(t)
		a, b := drawSpace(t, m), drawSpace(t, m)
		sees := m.Sees(a, b)
		if m.Sees(b, a) != sees {
			t.Fatalf("%v sees %v: %v, but not back", a, b, sees)
		}
		if s.board(m).Sees(s.space(a), s.space(b)) != sees {
			t.Fatalf("%v sees %v: %v, but not turned by %+v", a, b, sees, s)
		}
	})
}

func TestCoverTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := drawMap(t)
		a, b, c := drawSpace(t, m), drawSpace(t, m), drawSpace(t, m)
		cover := m.Cover(a, b, []Space{c})
		if turned := s.board(m).Cover(s.space(a), s.space(b), []Space{s.space(c)}); turned != cover {
			t.Fatalf("%s, turned %s", cover, turned)
		}
		if less := m.Cover(a, b, nil); less > cover {
			t.Fatalf("%s with a creature between, %s without", cover, less)
		}
		if cover == TotalCover && m.Sees(a, b) && !a.Overlaps(b) && onlyWalls(m) {
			t.Fatal("total cover between two who see each other, with nothing there but walls")
		}
	})
}

func onlyWalls(m *Map) bool {
	return !slices.ContainsFunc(m.cells, func(t Terrain) bool { return t.Has(Opaque) != (t.Cover() == TotalCover) })
}

func drawArea(t *rapid.T, m *Map) Area {
	a := Area{
		Shape:  rapid.SampledFrom([]Shape{Cone, Cube, Line, Sphere, Cylinder, Emanation}).Draw(t, "shape"),
		Size:   Square * rapid.IntRange(1, 8).Draw(t, "size"),
		Width:  Square * rapid.IntRange(0, 2).Draw(t, "width"),
		Height: Square * rapid.IntRange(0, 4).Draw(t, "height"),
		Level:  rapid.IntRange(0, 2).Draw(t, "level"),
		Origin: Spot{rapid.IntRange(0, 2*m.width).Draw(t, "ox"), rapid.IntRange(0, 2*m.height).Draw(t, "oy")},
		Toward: Spot{rapid.IntRange(0, 2*m.width).Draw(t, "tx"), rapid.IntRange(0, 2*m.height).Draw(t, "ty")},
	}
	if a.Shape == Emanation || rapid.Bool().Draw(t, "has a source") {
		a.Source = drawSpace(t, m)
	}
	if a.Toward == a.Origin {
		a.Toward[0]++
	}
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAreasTurn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := drawMap(t)
		a := drawArea(t, m)
		policy := rapid.SampledFrom([]Coverage{ByCentre, ByHalf, ByAny}).Draw(t, "policy")
		level := rapid.IntRange(0, 3).Draw(t, "at level")
		want := s.points(m.Covered(a, policy, level))
		turned := a
		turned.Origin, turned.Toward, turned.Source = s.spot(a.Origin), s.spot(a.Toward), Space{}
		if a.Source.Side > 0 {
			turned.Source = s.space(a.Source)
		}
		board := s.board(m)
		if got := board.Covered(turned, policy, level); !slices.Equal(got, want) {
			t.Fatalf("%+v turned by %+v covers\n%swant\n%s", a, s, board.show(got), board.show(want))
		}
	})
}

func TestAreasByPolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, _ := drawMap(t)
		a := drawArea(t, m)
		some := m.Covered(a, ByAny, a.Level)
		for _, policy := range []Coverage{ByCentre, ByHalf} {
			for _, p := range m.Covered(a, policy, a.Level) {
				if !slices.Contains(some, p) {
					t.Fatalf("%v is covered by %s and not by any", p, policy)
				}
			}
		}
		bigger := a
		bigger.Size += Square
		if a.Shape == Cube {
			return // a bigger one stands elsewhere around its origin
		}
		more := m.Covered(bigger, ByCentre, a.Level)
		for _, p := range m.Covered(a, ByCentre, a.Level) {
			if !slices.Contains(more, p) {
				t.Fatalf("%v is covered by %d ft and not by %d ft", p, a.Size, bigger.Size)
			}
		}
	})
}

func drawWalker(t *rapid.T, m *Map) Walker {
	w := Walker{Side: rapid.IntRange(0, 3).Draw(t, "side"), Crawls: rapid.Bool().Draw(t, "crawls"), Swims: rapid.Bool().Draw(t, "swims")}
	others := map[Point]Passage{}
	for range rapid.IntRange(0, 6).Draw(t, "others") {
		others[drawPoint(t, m)] = rapid.SampledFrom([]Passage{Through, Slow, Barred}).Draw(t, "passage")
	}
	w.Meets = func(p Point) Passage { return others[p] }
	return w
}

// What Reach finds is what Walk allows, no cheaper way exists, and no way is
// shorter than the distance.
func TestReachAndWalkAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := drawMap(t)
		w, from := drawWalker(t, m), drawPoint(t, m)
		budget := rapid.IntRange(0, 60).Draw(t, "budget")
		r := m.Reach(w, from, budget)
		for _, to := range r.Squares() {
			cost, _ := r.Cost(to)
			if to == from {
				continue
			}
			walked, obstacle := m.Walk(w, from, r.Path(to))
			if obstacle != nil || walked != cost || cost > budget {
				t.Fatalf("to %v: found %d ft of %d, walked %d ft, %v", to, cost, budget, walked, obstacle)
			}
			if d := Distance(w.space(from), w.space(to)) - Square*(w.space(to).Side-1); cost < d {
				t.Fatalf("%v is %d ft away and costs %d ft", to, d, cost)
			}
		}
		if got, want := r.costs(m), leastCosts(m, w, from, budget); !slices.Equal(got, want) {
			t.Fatalf("costs %v, want %v", got, want)
		}
		turned := w
		if side := max(w.Side, 1); side == 1 {
			turned.Meets = func(p Point) Passage { return w.Meets(s.back(p)) }
			if got, want := s.board(m).Reach(turned, s.point(from), budget).Squares(), s.points(r.Squares()); !slices.Equal(got, want) {
				t.Fatalf("turned by %+v it reaches %v, want %v", s, got, want)
			}
		}
	})
}

// back finds the square that is turned to p.
func (s turn) back(p Point) Point {
	for y := range s.height {
		for x := range s.width {
			if s.point(Point{x, y}) == p {
				return Point{x, y}
			}
		}
	}
	return Point{-1, -1}
}

func (r *Reach) costs(m *Map) []int {
	costs := make([]int, 0, m.width*m.height)
	for y := range m.height {
		for x := range m.width {
			cost, ok := r.Cost(Point{x, y})
			if !ok {
				cost = -1
			}
			costs = append(costs, cost)
		}
	}
	return costs
}

// leastCosts finds the costs another way: it relaxes all steps until nothing
// changes.
func leastCosts(m *Map, w Walker, from Point, budget int) []int {
	least := map[Point]int{from: 0}
	for changed := true; changed; {
		changed = false
		for at, cost := range least {
			for _, d := range directions {
				to := at.Add(d[0], d[1])
				step, reason := m.Step(w, at, to)
				if old, known := least[to]; reason == 0 && cost+step <= budget && (!known || cost+step < old) {
					least[to], changed = cost+step, true
				}
			}
		}
	}
	costs := make([]int, 0, m.width*m.height)
	for y := range m.height {
		for x := range m.width {
			p := Point{x, y}
			cost, known := least[p]
			if !known || p != from && w.meets(p) != Free {
				cost = -1
			}
			costs = append(costs, cost)
		}
	}
	return costs
}
