// SPDX-License-Identifier: Apache-2.0

package dice

import "fmt"

// Listed gives the faces of a list, in order. It panics when a die is rolled
// that the list does not have or cannot show, so an unplanned roll fails the
// test that made it.
type Listed struct {
	faces []int
}

// NewListed returns a generator of exactly these faces.
func NewListed(faces ...int) *Listed {
	return &Listed{faces: faces}
}

// Roll gives the next face of the list.
func (l *Listed) Roll(sides int) int {
	if len(l.faces) == 0 {
		panic(fmt.Sprintf("dice: a d%d is rolled that is not on the list", sides))
	}
	face := l.faces[0]
	if face < 1 || face > sides {
		panic(fmt.Sprintf("dice: the list has %d for a d%d", face, sides))
	}
	l.faces = l.faces[1:]
	return face
}

// Left gives the faces that were not used; a test wants none.
func (l *Listed) Left() []int { return l.faces }
