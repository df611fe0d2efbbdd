// SPDX-License-Identifier: Apache-2.0

package grid

import "fmt"

// Shape is one of the shapes of areas of effect (Rules Glossary: Area of
// Effect).
type Shape string

// The six shapes.
const (
	Cone      Shape = "cone"
	Cube      Shape = "cube"
	Line      Shape = "line"
	Sphere    Shape = "sphere"
	Cylinder  Shape = "cylinder"
	Emanation Shape = "emanation"
)

// MaxLength bounds each length of an area in feet.
const MaxLength = 1000

// Area is an area of effect as it is placed on a map. Lengths are feet.
type Area struct {
	Shape Shape
	// Size is the length of a cone or a line, the side of a cube, the radius of
	// a sphere or a cylinder, the reach of an emanation.
	Size int
	// Width is that of a line, Height that of a cylinder; 0 counts as 5.
	Width, Height int
	// Origin is the point of origin; an emanation has Source instead.
	Origin Spot
	// Toward gives cones, lines and cubes their direction from Origin: the
	// axis of a cone or a line goes through it. A cube is never turned: its
	// origin is the middle of a face, or a corner when Toward is diagonal.
	Toward Spot
	// Level is the height of Origin in steps of 5 feet: spheres and cones have
	// their middle there, cubes and cylinders their bottom.
	Level int
	// Source is the space of who makes the area, Side 0 if there is none. An
	// emanation goes out from it; its squares belong only to spheres and
	// cylinders.
	Source Space
}

// Validate tells what is missing or out of bounds.
func (a Area) Validate() error {
	switch a.Shape {
	case Cone, Cube, Line:
		if a.Origin == a.Toward {
			return fmt.Errorf("a %s needs a direction", a.Shape)
		}
	case Sphere, Cylinder:
	case Emanation:
		if a.Source.Side < 1 {
			return fmt.Errorf("an emanation needs a source")
		}
	default:
		return fmt.Errorf("shape must be cone, cube, line, sphere, cylinder or emanation, not %.20q", string(a.Shape))
	}
	if a.Size < Square || a.Size > MaxLength {
		return fmt.Errorf("the size must be %d to %d feet, not %d", Square, MaxLength, a.Size)
	}
	if a.Width < 0 || a.Width > MaxLength || a.Height < 0 || a.Height > MaxLength {
		return fmt.Errorf("width and height must be 0 to %d feet", MaxLength)
	}
	return nil
}

// Lengths below are counted in quarter feet, so that the middle of a half-foot
// cell is a whole number.
const (
	perFoot   = 4
	perSquare = perFoot * Square
	perSpot   = perSquare / 2
)

// solid is an area at one height, as a test of points in quarter feet.
type solid func(x, y int) bool

// rectangle is a range of points in quarter feet, borders included.
type rectangle struct{ left, top, right, bottom int }

// cut gives the slice of the area at a height, and a rectangle it lies in.
// Nothing of the area at that height gives nil.
func (a Area) cut(level int) (solid, rectangle) {
	ox, oy := perSpot*a.Origin[0], perSpot*a.Origin[1]
	dx, dy := a.Toward[0]-a.Origin[0], a.Toward[1]-a.Origin[1]
	size, up := perFoot*a.Size, perSquare*(level-a.Level)
	switch a.Shape {
	case Cone:
		around := square(ox, oy, size+size/8) // its far corners are 1.12 lengths away
		return func(x, y int) bool { return inCone(x-ox, y-oy, up, dx, dy, size) }, around
	case Line:
		width := perFoot * max(a.Width, Square)
		if 2*max(up, -up) > width {
			return nil, rectangle{}
		}
		return func(x, y int) bool { return inLine(x-ox, y-oy, dx, dy, size, width) }, square(ox, oy, size+width)
	case Cube:
		if up < 0 || up >= size {
			return nil, rectangle{}
		}
		r := cubeAt(ox, oy, dx, dy, size)
		return r.contains, r
	case Cylinder:
		if up < 0 || up >= perFoot*max(a.Height, Square) {
			return nil, rectangle{}
		}
		up = 0
	case Emanation:
		return a.around(level)
	}
	return func(x, y int) bool {
		x, y = x-ox, y-oy
		return x*x+y*y+up*up <= size*size
	}, square(ox, oy, size)
}

// square gives the rectangle of points no farther than d from a middle.
func square(x, y, d int) rectangle { return rectangle{x - d, y - d, x + d, y + d} }

// inCone tells whether a point at x, y, z from the origin is in a cone along
// dx, dy: not farther along than its length, and across no more than half of
// how far along it is (Cone: its width equals the distance from the origin).
// Both sides are multiplied by the length of dx, dy, and squared: no roots.
func inCone(x, y, z, dx, dy, length int) bool {
	along, across, norm := x*dx+y*dy, x*dy-y*dx, dx*dx+dy*dy
	return along >= 0 && along*along <= length*length*norm &&
		4*(across*across+z*z*norm) <= along*along
}

// inLine tells the same for a line of a width.
func inLine(x, y, dx, dy, length, width int) bool {
	along, across, norm := x*dx+y*dy, x*dy-y*dx, dx*dx+dy*dy
	return along >= 0 && along*along <= length*length*norm &&
		4*across*across <= width*width*norm
}

// cubeAt gives the square that a cube with that origin and direction stands on.
func cubeAt(ox, oy, dx, dy, side int) rectangle {
	dx, dy = octant(dx, dy)
	left := ox - side*(1-dx)/2
	top := oy - side*(1-dy)/2
	return rectangle{left, top, left + side, top + side}
}

// around gives an emanation: what is no farther from the source than its size.
func (a Area) around(level int) (solid, rectangle) {
	s, size := a.Source, perFoot*a.Size
	up := perSquare * max(0, s.Level-level, level-(s.Level+s.Side-1))
	if up > size {
		return nil, rectangle{}
	}
	left, top := perSquare*s.At[0], perSquare*s.At[1]
	right, bottom := left+perSquare*s.Side, top+perSquare*s.Side
	return func(x, y int) bool {
		x, y = max(0, left-x, x-right), max(0, top-y, y-bottom)
		return x*x+y*y+up*up <= size*size
	}, rectangle{left - size, top - size, right + size, bottom + size}
}

func (r rectangle) contains(x, y int) bool {
	return x >= r.left && x <= r.right && y >= r.top && y <= r.bottom
}
