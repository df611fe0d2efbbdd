// SPDX-License-Identifier: Apache-2.0

package grid

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The golden file draws every shape under every policy; read it as a picture.
func TestAreasGolden(t *testing.T) {
	caster := SpaceOf(Point{2, 4}, Medium)
	ogre := SpaceOf(Point{4, 4}, Large)
	east, diagonal, slant := Spot{6, 9}, Spot{6, 8}, Spot{6, 9}
	areas := []struct {
		name string
		area Area
	}{
		{"cone 15 ft east", Area{Shape: Cone, Size: 15, Origin: east, Toward: Spot{8, 9}, Source: caster}},
		{"cone 15 ft north-east", Area{Shape: Cone, Size: 15, Origin: diagonal, Toward: Spot{8, 6}, Source: caster}},
		{"cone 30 ft, two right one down", Area{Shape: Cone, Size: 30, Origin: slant, Toward: Spot{10, 11}, Source: caster}},
		{"cube 15 ft east", Area{Shape: Cube, Size: 15, Origin: east, Toward: Spot{8, 9}, Source: caster}},
		{"cube 15 ft south-east", Area{Shape: Cube, Size: 15, Origin: Spot{6, 10}, Toward: Spot{8, 12}, Source: caster}},
		{"line 30 ft east", Area{Shape: Line, Size: 30, Origin: east, Toward: Spot{8, 9}, Source: caster}},
		{"line 30 ft, two right one up", Area{Shape: Line, Size: 30, Origin: east, Toward: Spot{10, 7}, Source: caster}},
		{"line 20 ft, 10 ft wide", Area{Shape: Line, Size: 20, Width: 10, Origin: Spot{8, 10}, Toward: Spot{8, 0}}},
		{"sphere 10 ft round a corner", Area{Shape: Sphere, Size: 10, Origin: Spot{10, 10}}},
		{"sphere 10 ft round a square", Area{Shape: Sphere, Size: 10, Origin: Spot{9, 9}}},
		{"cylinder 15 ft", Area{Shape: Cylinder, Size: 15, Height: 20, Origin: Spot{10, 10}}},
		{"emanation 5 ft of one", Area{Shape: Emanation, Size: 5, Source: caster}},
		{"emanation 10 ft of an ogre", Area{Shape: Emanation, Size: 10, Source: ogre}},
	}
	m, err := New(10, 10)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, tc := range areas {
		if err := tc.area.Validate(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		fmt.Fprintf(&b, "%s\n%-12s%-12s%s\n", tc.name, "centre", "half", "any")
		centre, half, some := m.lines(tc.area, ByCentre), m.lines(tc.area, ByHalf), m.lines(tc.area, ByAny)
		for i := range centre {
			fmt.Fprintf(&b, "%s  %s  %s\n", centre[i], half[i], some[i])
		}
		b.WriteByte('\n')
	}
	const golden = "testdata/areas.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("areas differ (-golden +now), -update writes them anew:\n%s", diff)
	}
}

func (m *Map) lines(a Area, policy Coverage) []string {
	return strings.Split(strings.TrimSpace(m.show(m.Covered(a, policy, a.Level))), "\n")
}

// Areas of Effect: what the origin has no line to is left out.
func TestAreasStopAtTotalCover(t *testing.T) {
	tests := map[string]struct {
		rows []string
		area Area
		want []string
	}{
		"sphere before a wall": {
			[]string{"......", "...#..", "...#..", "......"},
			Area{Shape: Sphere, Size: 10, Origin: Spot{4, 4}},
			[]string{".xx...", "xxx...", "xxx...", ".xx..."},
		},
		"sphere, closed room": {
			[]string{"#####.", "#...#.", "#...#.", "#####."},
			Area{Shape: Sphere, Size: 40, Origin: Spot{4, 4}},
			[]string{"......", ".xxx..", ".xxx..", "......"},
		},
		"a low wall and bars stop nothing": {
			[]string{"...-..", "...=.."},
			Area{Shape: Cube, Size: 20, Origin: Spot{2, 2}, Toward: Spot{4, 2}},
			[]string{".xxxx.", ".xxxx."},
		},
		"line through a wall": {
			[]string{"......", "...#..", "......"},
			Area{Shape: Line, Size: 30, Origin: Spot{2, 3}, Toward: Spot{4, 3}},
			[]string{"......", ".xx...", "......"},
		},
		"emanation round a pillar": {
			[]string{".....", "..#..", ".....", "....."},
			Area{Shape: Emanation, Size: 10, Source: Space{At: Point{2, 2}, Side: 1}},
			[]string{".x.x.", "xx.xx", "xx.xx", "xxxxx"},
		},
	}
	for name, tc := range tests {
		d := draw(t, tc.rows...)
		want := picture(tc.want...)
		if got := d.show(d.Covered(tc.area, ByCentre, 0)); got != want {
			t.Errorf("%s:\n%swant\n%s", name, got, want)
		}
	}
}

func TestAreasAtHeights(t *testing.T) {
	m, err := New(20, 20)
	if err != nil {
		t.Fatal(err)
	}
	middle := Spot{20, 20}
	tests := map[string]struct {
		area Area
		want []int // squares covered at levels 0, 1, 2 …
	}{
		"sphere":    {Area{Shape: Sphere, Size: 10, Origin: middle}, []int{12, 12, 0, 0}},
		"raised":    {Area{Shape: Sphere, Size: 10, Origin: middle, Level: 2}, []int{0, 12, 12, 12, 0}},
		"cylinder":  {Area{Shape: Cylinder, Size: 10, Height: 10, Origin: middle}, []int{12, 12, 0}},
		"cube":      {Area{Shape: Cube, Size: 10, Origin: middle, Toward: Spot{22, 22}, Level: 1}, []int{0, 4, 4, 0}},
		"line":      {Area{Shape: Line, Size: 20, Origin: Spot{20, 21}, Toward: Spot{30, 21}}, []int{4, 0}},
		"cone":      {Area{Shape: Cone, Size: 20, Origin: Spot{20, 21}, Toward: Spot{30, 21}}, []int{8, 4, 0}},
		"emanation": {Area{Shape: Emanation, Size: 5, Source: Space{Point{9, 9}, 2, 0}}, []int{12, 12, 4, 0}},
	}
	for name, tc := range tests {
		for level, want := range tc.want {
			if got := len(m.Covered(tc.area, ByCentre, level)); got != want {
				t.Errorf("%s at level %d: %d squares, want %d", name, level, got, want)
			}
		}
	}
}

func TestAreaValidate(t *testing.T) {
	tests := map[string]struct {
		area Area
		want string
	}{
		"no shape":     {Area{Size: 10}, "shape must be"},
		"no size":      {Area{Shape: Sphere}, "the size must be 5 to 1000"},
		"too big":      {Area{Shape: Sphere, Size: MaxLength + 1}, "the size must be"},
		"no direction": {Area{Shape: Cone, Size: 15}, "a cone needs a direction"},
		"no source":    {Area{Shape: Emanation, Size: 15}, "needs a source"},
		"width":        {Area{Shape: Line, Size: 15, Width: -5, Toward: Spot{1, 0}}, "width and height"},
	}
	for name, tc := range tests {
		if err := tc.area.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	if ByHalf.Validate() != nil || Coverage("most").Validate() == nil {
		t.Error("policies are not told apart")
	}
}
