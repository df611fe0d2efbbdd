// SPDX-License-Identifier: Apache-2.0

package grid

import "slices"

// Reach is where a walker can get with a budget of movement, at what cost and
// on which way.
type Reach struct {
	from   Point
	radius int
	// cells is the square of 2*radius+1 around from, row by row.
	cells []reached
}

type reached struct {
	// paid is the cost in feet plus 1; 0 means not reached.
	paid int32
	// back are the steps to the square before, each 0 to 2.
	back [2]uint8
	// free tells that the walker may end here.
	free bool
}

// Reach finds every square that a walker gets to from a square for at most
// budget feet, each at its least cost. Ways of equal cost are always the same
// ones. The work is bounded by the square of the budget and by the map.
func (m *Map) Reach(w Walker, from Point, budget int) *Reach {
	radius := min(max(budget, 0)/Square, MaxSide)
	r := &Reach{from: from, radius: radius, cells: make([]reached, (2*radius+1)*(2*radius+1))}
	if !m.Contains(from) {
		return r
	}
	// Costs are multiples of 5, so the queue is a bucket for each of them.
	queue := make([][]Point, radius+1)
	queue[0] = append(queue[0], from)
	*r.cell(from) = reached{paid: 1, back: [2]uint8{1, 1}, free: true}
	for cost := 0; cost <= radius; cost++ {
		for i := 0; i < len(queue[cost]); i++ {
			at := queue[cost][i]
			if int(r.cell(at).paid) == cost*Square+1 {
				m.spread(w, r, queue, at, cost)
			}
		}
	}
	return r
}

// spread enters the neighbours of a square: straight ones first, so that of two
// ways of equal cost the straighter one stays.
func (m *Map) spread(w Walker, r *Reach, queue [][]Point, at Point, cost int) {
	for _, d := range directions {
		to := at.Add(d[0], d[1])
		cell := r.cell(to)
		if cell == nil || cell.paid != 0 && int(cell.paid) <= (cost+1)*Square+1 {
			continue
		}
		step, reason := m.Step(w, at, to)
		total := cost + step/Square
		if reason != 0 || total > r.radius || cell.paid != 0 && int(cell.paid) <= total*Square+1 {
			continue
		}
		*cell = reached{
			paid: int32(total*Square + 1),
			back: [2]uint8{uint8(1 - d[0]), uint8(1 - d[1])},
			free: w.meets(to) == Free,
		}
		queue[total] = append(queue[total], to)
	}
}

var directions = [8][2]int{{0, -1}, {1, 0}, {0, 1}, {-1, 0}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}}

func (r *Reach) cell(p Point) *reached {
	x, y, side := p[0]-r.from[0]+r.radius, p[1]-r.from[1]+r.radius, 2*r.radius+1
	if x < 0 || y < 0 || x >= side || y >= side {
		return nil
	}
	return &r.cells[y*side+x]
}

// Cost gives the least cost in feet of a square that the walker may end in;
// false if it cannot.
func (r *Reach) Cost(p Point) (int, bool) {
	cell := r.cell(p)
	if cell == nil || cell.paid == 0 || !cell.free {
		return 0, false
	}
	return int(cell.paid) - 1, true
}

// Path gives a way of least cost to a square that the walker may end in, as
// Walk takes it; nil for the starting square and where it cannot get to.
func (r *Reach) Path(to Point) []Point {
	if _, ok := r.Cost(to); !ok {
		return nil
	}
	var path []Point
	for at := to; at != r.from; {
		path = append(path, at)
		back := r.cell(at).back
		at = at.Add(int(back[0])-1, int(back[1])-1)
	}
	slices.Reverse(path)
	return path
}

// Squares gives all squares that the walker may end in, row by row, the
// starting square included.
func (r *Reach) Squares() []Point {
	var squares []Point
	for i, cell := range r.cells {
		if cell.paid != 0 && cell.free {
			side := 2*r.radius + 1
			squares = append(squares, r.from.Add(i%side-r.radius, i/side-r.radius))
		}
	}
	return squares
}
