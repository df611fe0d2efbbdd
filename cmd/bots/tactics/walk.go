// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"slices"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/grid"
)

// pathToAttack returns the squares of a shortest way to where me can attack
// well; none when there is no such square. Of equally near ones the first found
// wins, so that equal boards lead to equal plans. Squares of others who stand
// or lie there count as closed: passing through friends is legal, but never
// needed to have a fight.
func (b *Board) pathToAttack(me *Creature) []rules.Point {
	w := newWalk(b, me)
	w.prev[w.at(me.Position)] = w.at(me.Position)
	queue := append(make([]rules.Point, 0, len(w.prev)), me.Position)
	for i := 0; i < len(queue); i++ {
		from := queue[i]
		if i > 0 {
			if target, _ := b.attackFrom(me, from, true); target != nil {
				return w.path(from)
			}
		}
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				to := rules.Point{from[0] + dx, from[1] + dy}
				if w.open(from, to) && w.prev[w.at(to)] < 0 {
					w.prev[w.at(to)] = w.at(from)
					queue = append(queue, to)
				}
			}
		}
	}
	return nil
}

// tiny is the size of creatures that share a square.
const tiny = "tiny"

// walk is a search over the squares of a board, numbered row by row.
type walk struct {
	board *Board
	side  int    // of who walks, in squares
	held  []bool // somebody else is there and leaves no room
	prev  []int  // the square before on a shortest way; -1 where none is known
}

func newWalk(b *Board, me *Creature) *walk {
	w := &walk{board: b, side: me.side(), held: make([]bool, b.Width*b.Height), prev: make([]int, b.Width*b.Height)}
	for i := range w.prev {
		w.prev[i] = -1
	}
	beside := map[rules.Point]int{} // Tiny ones, to who is one itself
	for _, c := range b.Creatures {
		if c.ID == me.ID || c.Status == rules.Dead || c.Hidden {
			continue
		}
		if c.Size == tiny && me.Size == tiny {
			if beside[c.Position]++; beside[c.Position] < grid.Tiny.PerSquare() {
				continue
			}
		}
		for i := range c.side() * c.side() {
			if p := (rules.Point{c.Position[0] + i%c.side(), c.Position[1] + i/c.side()}); b.contains(p) {
				w.held[w.at(p)] = true
			}
		}
	}
	return w
}

func (w *walk) at(p rules.Point) int { return p[1]*w.board.Width + p[0] }

// open says whether a step from a square to the next one is allowed, for all
// squares of who walks.
func (w *walk) open(from, to rules.Point) bool {
	for i := range w.side * w.side {
		dx, dy := i%w.side, i/w.side
		b := w.board
		there := rules.Point{to[0] + dx, to[1] + dy}
		if !b.contains(there) || w.held[w.at(there)] || b.Blocked[there] ||
			b.Blocked[rules.Point{from[0] + dx, there[1]}] || b.Blocked[rules.Point{there[0], from[1] + dy}] {
			return false
		}
	}
	return true
}

func (b *Board) contains(p rules.Point) bool {
	return p[0] >= 0 && p[0] < b.Width && p[1] >= 0 && p[1] < b.Height
}

// path follows the way to a square back to its start, which is not listed.
func (w *walk) path(to rules.Point) []rules.Point {
	var out []rules.Point
	for i := w.at(to); w.prev[i] != i; i = w.prev[i] {
		out = append(out, rules.Point{i % w.board.Width, i / w.board.Width})
	}
	slices.Reverse(out)
	return out
}

// affordable cuts a path to what the movement left pays for: 5 feet a square,
// twice on slow ground, and 5 more for who crawls.
func (b *Board) affordable(me *Creature, path []rules.Point) []rules.Point {
	left := b.Movement
	crawls := slices.Contains(me.Conditions, "prone")
	for i, p := range path {
		cost := 5
		for j := range me.side() * me.side() {
			if b.Slow[rules.Point{p[0] + j%me.side(), p[1] + j/me.side()}] {
				cost = 10
			}
		}
		if crawls {
			cost += 5
		}
		if left -= cost; left < 0 || i == rules.MaxPath {
			return path[:i]
		}
	}
	return path
}
