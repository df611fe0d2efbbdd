// SPDX-License-Identifier: Apache-2.0

package grid

// Lines are drawn in eighths of a square, so that the four points of a square
// lie strictly inside it: at 1 and 7 of 8 in each direction.
const eighths = 8

var insets = [4][2]int{{1, 1}, {7, 1}, {1, 7}, {7, 7}}

// mark is a point in eighths of a square.
type mark struct{ x, y int }

// inset gives one of the four points of a square.
func inset(p Point, i int) mark {
	return mark{eighths*p[0] + insets[i][0], eighths*p[1] + insets[i][1]}
}

// mark gives the spot in eighths of a square.
func (s Spot) mark() mark { return mark{eighths / 2 * s[0], eighths / 2 * s[1]} }

// obstacles tells how much the square at x, y stops a line that crosses it.
type obstacles func(x, y int) Cover

// ray gives the strongest thing that stops the line from a to b: the greatest
// value among the squares whose inside it crosses, and, where it touches only
// the border of squares, the lesser of the greatest values on its two sides.
// The line back gives the same.
func ray(a, b mark, at obstacles) Cover {
	if a.x > b.x || a.x == b.x && a.y > b.y {
		a, b = b, a
	}
	switch {
	case a == b:
		return NoCover
	case a.x == b.x:
		return straight(a.x, a.y, b.y, func(across, along int) Cover { return at(across, along) })
	case a.y == b.y:
		return straight(a.y, a.x, b.x, func(across, along int) Cover { return at(along, across) })
	}
	return slanted(a, b, at)
}

// straight follows a line parallel to an axis: its place across the axis and
// its two ends, from < to, along it.
func straight(across, from, to int, at obstacles) Cover {
	worst := NoCover
	first, last := floor(from, eighths), floor(to-1, eighths)
	column := floor(across, eighths)
	if across != column*eighths {
		for row := first; row <= last; row++ {
			worst = max(worst, at(column, row))
		}
		return worst
	}
	// It runs along edges: one side alone does not stop it.
	for row := first; row <= last; row++ {
		one, other := at(column-1, row), at(column, row)
		worst = max(worst, min(one, other))
		if row > first { // the corner between the last square and this one
			before, beyond := at(column-1, row-1), at(column, row-1)
			worst = max(worst, min(max(one, before), max(other, beyond)))
		}
	}
	return worst
}

// slanted follows a line that is parallel to no axis, from a to b with
// a.x < b.x, column by column.
func slanted(a, b mark, at obstacles) Cover {
	worst := NoCover
	dx, dy := b.x-a.x, b.y-a.y
	unit := eighths * dx // the height of a square, in the units of height below
	height := func(x int) int { return a.y*dx + (x-a.x)*dy }
	for column := floor(a.x, eighths); column*eighths < b.x; column++ {
		left, right := max(column*eighths, a.x), min((column+1)*eighths, b.x)
		low, high := height(left), height(right)
		if low > high {
			low, high = high, low
		}
		for row := floor(low, unit); row*unit < high; row++ {
			worst = max(worst, at(column, row))
		}
		if enter := height(left); left > a.x && enter%unit == 0 {
			row := enter / unit // it enters the column exactly at a corner
			if dy > 0 {
				worst = max(worst, min(at(column-1, row), at(column, row-1)))
			} else {
				worst = max(worst, min(at(column-1, row-1), at(column, row)))
			}
		}
	}
	return worst
}

// floor divides and rounds down, below zero too; b is positive.
func floor(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
