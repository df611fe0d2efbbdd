// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"slices"

	"gamesession.dev/operator/shard/rules"
)

// walk is every square that a creature can walk to, with the cost in feet and
// the square before it on a cheapest way.
type walk struct {
	board *Board
	start rules.Point
	cost  map[rules.Point]int
	prev  map[rules.Point]rules.Point
	order []rules.Point // by cost
	held  map[rules.Point]bool
}

// explore walks from where me stands. Squares of others who lie or stand there
// count as closed: passing through friends is legal, but never needed to have a
// fight.
func (b *Board) explore(me *Creature) *walk {
	w := &walk{
		board: b, start: me.Position,
		cost: map[rules.Point]int{me.Position: 0},
		prev: map[rules.Point]rules.Point{},
		held: map[rules.Point]bool{},
	}
	for _, c := range b.Creatures {
		if c.ID != me.ID && c.Status != rules.Dead {
			w.held[c.Position] = true
		}
	}
	w.order = append(w.order, me.Position)
	for i := 0; i < len(w.order); i++ {
		at := w.order[i]
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				to := rules.Point{at[0] + dx, at[1] + dy}
				if _, seen := w.cost[to]; seen || !w.open(at, to) {
					continue
				}
				w.cost[to] = w.cost[at] + 5
				w.prev[to] = at
				w.order = append(w.order, to)
			}
		}
	}
	return w
}

// open says whether a step from a square to the next one is allowed.
func (w *walk) open(from, to rules.Point) bool {
	b := w.board
	inside := to[0] >= 0 && to[0] < b.Width && to[1] >= 0 && to[1] < b.Height
	return inside && !b.Blocked[to] && !w.held[to] &&
		!b.Blocked[rules.Point{from[0], to[1]}] && !b.Blocked[rules.Point{to[0], from[1]}]
}

// pathToAttack returns the squares of a cheapest way to where me can attack
// well; none when there is no such square. The first of the equally near ones
// wins, so that equal boards lead to equal plans.
func (w *walk) pathToAttack(me *Creature) []rules.Point {
	for _, p := range w.order[1:] {
		if target, _ := w.board.attackFrom(me, p, true); target != nil {
			return w.path(p)
		}
	}
	return nil
}

func (w *walk) path(to rules.Point) []rules.Point {
	var out []rules.Point
	for p := to; p != w.start; p = w.prev[p] {
		out = append(out, p)
	}
	slices.Reverse(out)
	return out
}

// affordable cuts a path to what the movement left pays for.
func (w *walk) affordable(path []rules.Point, movement int) []rules.Point {
	n := 0
	for n < len(path) && n < rules.MaxPath && w.cost[path[n]] <= movement {
		n++
	}
	return path[:n]
}
