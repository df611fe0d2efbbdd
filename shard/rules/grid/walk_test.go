// SPDX-License-Identifier: Apache-2.0

package grid

import (
	"testing"
)

func path(points ...Point) []Point { return points }

// Playing on a Grid; Difficult Terrain; Climbing, Crawling, Swimming.
func TestWalkCosts(t *testing.T) {
	tests := map[string]struct {
		rows   []string
		walker Walker
		want   int
	}{
		"open":                      {[]string{"A..."}, Walker{}, 15},
		"difficult":                 {[]string{"A,,."}, Walker{}, 25},
		"crawling":                  {[]string{"A..."}, Walker{Crawls: true}, 30},
		"crawling, difficult":       {[]string{"A,,,"}, Walker{Crawls: true}, 45},
		"water":                     {[]string{"A~~."}, Walker{}, 25},
		"water, swimmer":            {[]string{"A~~."}, Walker{Swims: true}, 15},
		"cliff":                     {[]string{"A^^."}, Walker{}, 25},
		"cliff, climber":            {[]string{"A^^."}, Walker{Climbs: true}, 15},
		"cliff, swimmer":            {[]string{"A^^."}, Walker{Swims: true}, 25},
		"flying over everything":    {[]string{"A,~^"}, Walker{Flies: true, Crawls: true}, 15},
		"big one, one foot in mud":  {[]string{"A...", "..,.", "...."}, Walker{Side: 2}, 20},
		"through a friend":          {[]string{"Af.."}, Walker{Meets: only(Point{1, 0}, Through)}, 15},
		"past a stranger":           {[]string{"A..."}, Walker{Meets: only(Point{1, 0}, Slow)}, 20},
		"a stranger in the mud":     {[]string{"A,.."}, Walker{Meets: only(Point{1, 0}, Slow)}, 20},
		"flying past a stranger":    {[]string{"A..."}, Walker{Flies: true, Meets: only(Point{1, 0}, Slow)}, 20},
		"crawling past, in the mud": {[]string{"A,.."}, Walker{Crawls: true, Meets: only(Point{1, 0}, Slow)}, 35},
	}
	for name, tc := range tests {
		d := draw(t, tc.rows...)
		steps := path(Point{1, 0}, Point{2, 0}, Point{3, 0})
		if tc.walker.Side == 2 {
			steps = steps[:2]
		}
		got, obstacle := d.Walk(tc.walker, d.named['A'], steps)
		if obstacle != nil || got != tc.want {
			t.Errorf("%s: %d ft, %v; want %d ft", name, got, obstacle, tc.want)
		}
	}
}

// only judges one square.
func only(p Point, passage Passage) func(Point) Passage {
	return func(q Point) Passage {
		if q == p {
			return passage
		}
		return Free
	}
}

func TestWalkObstacles(t *testing.T) {
	open := []string{"A...", "....", "...."}
	tests := map[string]struct {
		rows   []string
		walker Walker
		path   []Point
		want   Obstacle
	}{
		"no path":          {open, Walker{}, nil, Obstacle{0, Point{0, 0}, Empty}},
		"standing still":   {open, Walker{}, path(Point{0, 0}), Obstacle{0, Point{0, 0}, Apart}},
		"a jump":           {open, Walker{}, path(Point{1, 0}, Point{3, 0}), Obstacle{1, Point{3, 0}, Apart}},
		"off the map":      {open, Walker{}, path(Point{0, -1}), Obstacle{0, Point{0, -1}, Outside}},
		"too big":          {open, Walker{Side: 2}, path(Point{0, 1}, Point{0, 2}), Obstacle{1, Point{0, 2}, Outside}},
		"into a wall":      {[]string{"A#"}, Walker{}, path(Point{1, 0}), Obstacle{0, Point{1, 0}, Filled}},
		"into bars":        {[]string{"A="}, Walker{}, path(Point{1, 0}), Obstacle{0, Point{1, 0}, Filled}},
		"flying, a wall":   {[]string{"A#"}, Walker{Flies: true}, path(Point{1, 0}), Obstacle{0, Point{1, 0}, Filled}},
		"cutting a corner": {[]string{"A#", ".."}, Walker{}, path(Point{1, 1}), Obstacle{0, Point{1, 1}, FilledCorner}},
		"other corner":     {[]string{"A.", "#."}, Walker{}, path(Point{1, 1}), Obstacle{0, Point{1, 1}, FilledCorner}},
		"big, a corner":    {[]string{"A.#.", "....", "....", "...."}, Walker{Side: 2}, path(Point{1, 1}), Obstacle{0, Point{1, 1}, FilledCorner}},
		"barred":           {open, Walker{Meets: only(Point{1, 0}, Barred)}, path(Point{1, 0}, Point{2, 0}), Obstacle{0, Point{1, 0}, InTheWay}},
		"big, barred":      {open, Walker{Side: 2, Meets: only(Point{2, 1}, Barred)}, path(Point{1, 0}), Obstacle{0, Point{1, 0}, InTheWay}},
		"ends on a friend": {open, Walker{Meets: only(Point{1, 0}, Through)}, path(Point{1, 0}), Obstacle{0, Point{1, 0}, Taken}},
		"ends on another":  {open, Walker{Meets: only(Point{2, 0}, Slow)}, path(Point{1, 0}, Point{2, 0}), Obstacle{1, Point{2, 0}, Taken}},
	}
	for name, tc := range tests {
		d := draw(t, tc.rows...)
		cost, got := d.Walk(tc.walker, d.named['A'], tc.path)
		if got == nil || *got != tc.want || cost != 0 {
			t.Errorf("%s: %d, %v; want %v", name, cost, got, &tc.want)
		}
	}
}

func TestPush(t *testing.T) {
	tests := map[string]struct {
		rows   []string
		walker Walker
		feet   int
		want   Point
	}{
		"straight":              {[]string{"SA..."}, Walker{}, 10, Point{3, 0}},
		"not a whole square":    {[]string{"SA..."}, Walker{}, 9, Point{2, 0}},
		"diagonal":              {[]string{"S...", ".A..", "....", "...."}, Walker{}, 10, Point{3, 3}},
		"to a wall":             {[]string{"SA.#."}, Walker{}, 15, Point{2, 0}},
		"to the end of the map": {[]string{"SA.."}, Walker{}, 50, Point{3, 0}},
		"through mud":           {[]string{"SA,~,"}, Walker{Crawls: true}, 15, Point{4, 0}},
		"to somebody":           {[]string{"SA..."}, Walker{Meets: only(Point{3, 0}, Through)}, 15, Point{2, 0}},
		"mostly along the axis": {[]string{"S....", "...A.", "....."}, Walker{}, 5, Point{4, 1}},
	}
	for name, tc := range tests {
		d := draw(t, tc.rows...)
		if got := d.Push(tc.walker, d.named['A'], Centre(d.space('S')), tc.feet); got != tc.want {
			t.Errorf("%s: to %v, want %v", name, got, tc.want)
		}
	}
	d := draw(t, "A..")
	if got := d.Push(Walker{}, Point{0, 0}, Centre(d.space('A')), 10); got != (Point{0, 0}) {
		t.Errorf("without a direction it goes to %v", got)
	}
}

func TestReach(t *testing.T) {
	d := draw(t,
		".......",
		".##,...",
		".#A,.c.",
		".###...",
		".......")
	r := d.Reach(Walker{Meets: only(d.named['c'], Slow)}, d.named['A'], 20)
	want := picture(
		"...xxx.",
		"...xxx.",
		"..xxx..",
		"....xx.",
		".......")
	if got := d.show(r.Squares()); got != want {
		t.Errorf("reached\n%swant\n%s", got, want)
	}
	for to, want := range map[Point]int{{2, 2}: 0, {3, 2}: 10, {3, 1}: 20, {4, 2}: 15, {3, 0}: 20, {5, 1}: 20} {
		if got, ok := r.Cost(to); !ok || got != want {
			t.Errorf("%v costs %d, %v; want %d", to, got, ok, want)
		}
	}
	for _, to := range []Point{{5, 2}, {1, 2}, {6, 1}, {50, 50}} {
		if cost, ok := r.Cost(to); ok {
			t.Errorf("%v is reached for %d", to, cost)
		}
	}
}

func TestReachNothing(t *testing.T) {
	m, err := New(3, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Reach(Walker{}, Point{1, 1}, 4).Squares(); len(got) != 1 {
		t.Errorf("4 feet reach %v", got)
	}
	if got := m.Reach(Walker{}, Point{1, 1}, -10).Squares(); len(got) != 1 {
		t.Errorf("no feet reach %v", got)
	}
	if got := m.Reach(Walker{}, Point{9, 9}, 30).Squares(); got != nil {
		t.Errorf("from outside: %v", got)
	}
}

func TestNew(t *testing.T) {
	for _, side := range []int{0, -1, MaxSide + 1} {
		if _, err := New(side, 5); err == nil {
			t.Errorf("a map of %d squares", side)
		}
		if _, err := New(5, side); err == nil {
			t.Errorf("a map of %d squares", side)
		}
	}
	m, err := New(MaxSide, 1)
	if err != nil {
		t.Fatal(err)
	}
	m.Put(Point{-1, 0}, Wall)
	m.Put(Point{0, 1}, Wall)
	if m.At(Point{-1, 0}) != 0 || m.At(Point{0, 0}) != 0 || m.Fits(SpaceOf(Point{0, 0}, Large)) || !m.Fits(SpaceOf(Point{0, 0}, Tiny)) {
		t.Error("the outside of the map changes it")
	}
	if t1 := Wall.With(HalfCover); t1.Cover() != HalfCover || !t1.Has(Impassable|Opaque) {
		t.Errorf("terrain %b", t1)
	}
}
