// SPDX-License-Identifier: Apache-2.0

package grid

import (
	"slices"
	"strings"
	"testing"
)

// drawing is a map drawn in text, one character a square:
//
//	.  open      #  wall           ~  water    f  fog
//	,  difficult =  portcullis     ^  steep    -  low wall
//
// Any other character is open ground with a name, by which tests find it.
type drawing struct {
	*Map
	named map[rune]Point
}

var terrains = map[rune]Terrain{
	'#': Wall, ',': Difficult, '~': Water, '^': Steep, 'f': Opaque,
	'=': Impassable.With(ThreeQuartersCover), '-': Terrain(0).With(HalfCover),
}

func draw(t *testing.T, rows ...string) drawing {
	t.Helper()
	m, err := New(len(rows[0]), len(rows))
	if err != nil {
		t.Fatal(err)
	}
	d := drawing{m, map[rune]Point{}}
	for y, row := range rows {
		for x, c := range row {
			m.Put(Point{x, y}, terrains[c])
			d.named[c] = Point{x, y}
		}
	}
	return d
}

func (d drawing) space(name rune) Space { return Space{At: d.named[name], Side: 1} }

// show draws a set of squares: x in it, . not.
func (m *Map) show(squares []Point) string {
	var b strings.Builder
	for y := range m.height {
		for x := range m.width {
			if slices.Contains(squares, Point{x, y}) {
				b.WriteByte('x')
			} else {
				b.WriteByte('.')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func picture(rows ...string) string { return strings.Join(rows, "\n") + "\n" }
