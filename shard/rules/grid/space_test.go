// SPDX-License-Identifier: Apache-2.0

package grid

import (
	"encoding/json"
	"testing"
)

// Rules Glossary: Size; Size and Space.
func TestSizes(t *testing.T) {
	tests := map[Size]struct {
		name            string
		side, perSquare int
	}{
		Tiny: {"tiny", 1, 4}, Small: {"small", 1, 1}, Medium: {"medium", 1, 1},
		Large: {"large", 2, 1}, Huge: {"huge", 3, 1}, Gargantuan: {"gargantuan", 4, 1},
	}
	for size, tc := range tests {
		if size.String() != tc.name || size.Side() != tc.side || size.PerSquare() != tc.perSquare {
			t.Errorf("%s: side %d, %d per square; want %+v", size, size.Side(), size.PerSquare(), tc)
		}
		text, err := json.Marshal(size)
		var back Size
		if err != nil || string(text) != `"`+tc.name+`"` || json.Unmarshal(text, &back) != nil || back != size {
			t.Errorf("%s is written %s and read as %s, %v", size, text, back, err)
		}
	}
	var size Size
	if err := json.Unmarshal([]byte(`"gigantic"`), &size); err == nil {
		t.Error("an unknown size is read")
	}
	if _, err := json.Marshal(Size(0)); err == nil {
		t.Error("no size is written")
	}
}

// Playing on a Grid: Ranges.
func TestDistance(t *testing.T) {
	at := func(x, y int, size Size) Space { return SpaceOf(Point{x, y}, size) }
	tests := map[string]struct {
		a, b Space
		want int
	}{
		"itself":              {at(3, 3, Medium), at(3, 3, Medium), 0},
		"neighbour":           {at(3, 3, Medium), at(4, 3, Medium), 5},
		"diagonal":            {at(3, 3, Medium), at(4, 4, Medium), 5},
		"a knight's move":     {at(3, 3, Medium), at(5, 4, Medium), 10},
		"far":                 {at(0, 0, Medium), at(12, 5, Medium), 60},
		"large neighbour":     {at(3, 3, Large), at(5, 3, Medium), 5},
		"large, other side":   {at(3, 3, Large), at(2, 4, Medium), 5},
		"huge to huge":        {at(0, 0, Huge), at(5, 5, Huge), 15},
		"inside a gargantuan": {at(0, 0, Gargantuan), at(3, 3, Tiny), 0},
		"above":               {at(3, 3, Medium), Space{Point{3, 3}, 1, 6}, 30},
		"above a large one":   {at(3, 3, Large), Space{Point{3, 3}, 1, 2}, 5},
		"above and aside":     {at(3, 3, Medium), Space{Point{9, 3}, 1, 4}, 30},
	}
	for name, tc := range tests {
		if got := Distance(tc.a, tc.b); got != tc.want {
			t.Errorf("%s: %d ft, want %d", name, got, tc.want)
		}
	}
}

func TestEdge(t *testing.T) {
	ogre := SpaceOf(Point{2, 2}, Large) // spots 4 to 8
	tests := map[string]struct{ target, want Spot }{
		"right":   {Spot{13, 7}, Spot{8, 7}},
		"above":   {Spot{5, 1}, Spot{5, 4}},
		"corner":  {Spot{1, 13}, Spot{4, 8}},
		"in it":   {Spot{6, 6}, Spot{6, 6}},
		"its rim": {Spot{8, 5}, Spot{8, 5}},
	}
	for name, tc := range tests {
		if got := Edge(ogre, tc.target); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
