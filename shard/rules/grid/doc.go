// SPDX-License-Identifier: Apache-2.0

// Package grid is the geometry of a battlefield of 5-foot squares: who is how
// far away, who can walk where at what cost, who sees whom, who has cover, and
// which squares an area of effect covers. It knows no creature, no turn and no
// rule beyond space; everything is exact integer arithmetic, so each shard and
// each replay gets the same answer.
//
// # Squares and spots
//
// A [Point] is a square, counted from the corner at (0,0). A [Spot] is a place
// on the map in half squares: even numbers lie on the lines between squares,
// odd ones in the middle, so Spot{2*x, 2*y} is a corner of square (x,y) and
// Spot{2*x+1, 2*y+1} its centre. Lengths at the package's edge are feet.
//
// # Terrain
//
// Walls and doors are squares, not edges: a square is filled as a whole or not
// at all. A closed door is a [Wall], an open one is not; who opens it puts the
// other terrain there. What blocks movement, what blocks sight and what gives
// cover are told apart, so a portcullis or a bank of fog needs no special case.
//
// # Rulings
//
// The SRD leaves four things to the table that a program has to fix. They are
// fixed here and nowhere else:
//
//   - Lines between two squares run from and to four points of each square,
//     an eighth of a square in from its corners. A line is stopped by a square it
//     passes through, and by two squares that leave it no gap: on both sides of
//     an edge it runs along, or of a corner it passes.
//   - Cover is judged from the point of the attacker that is best for the
//     attacker (see [Map.Cover]).
//   - A square is covered by an area by a named policy (see [Coverage]).
//   - A step of a big creature costs what the worst square of its new space
//     costs.
package grid
