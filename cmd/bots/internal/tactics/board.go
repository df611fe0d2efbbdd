// SPDX-License-Identifier: Apache-2.0

// Package tactics decides what a bot does on its turn, from nothing but what
// its view shows. It is pure: a board in, the next command out.
package tactics

import (
	"encoding/json"
	"fmt"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Board is a fight as a view shows it.
type Board struct {
	Width, Height int
	Blocked       map[rules.Point]bool
	// Creatures stand in the order of initiative.
	Creatures []Creature
	// Action and Movement are what the creature on turn has left.
	Action   bool
	Movement int
}

// Creature is one of a fight. Attacks are empty when the view hides them.
type Creature struct {
	ID       string
	Side     string
	Status   rules.Status
	Position rules.Point
	Attacks  []rules.Attack
}

// Turn says where a fight stands.
type Turn struct {
	Phase rules.Phase
	// Creature is who is to act, and Controller who plays it; both are empty
	// outside a fight.
	Creature   string
	Controller string
}

// ReadTurn reads where the fight stands: little enough to ask after every
// update.
func ReadTurn(doc *wire.Document) (Turn, error) {
	var t Turn
	r := reader{doc: doc}
	r.read("/combat/phase", &t.Phase)
	if t.Phase == rules.Fighting {
		r.read("/combat/turn", &t.Creature)
		r.read("/creatures/"+t.Creature+"/controller", &t.Controller)
	}
	return t, r.err
}

// ReadBoard reads the fight for the turn of a creature.
func ReadBoard(doc *wire.Document, actor string) (*Board, error) {
	b := &Board{Blocked: map[rules.Point]bool{}}
	r := reader{doc: doc}
	r.read("/map/width", &b.Width)
	r.read("/map/height", &b.Height)
	var blocked []rules.Point
	r.read("/map/blocked", &blocked)
	for _, p := range blocked {
		b.Blocked[p] = true
	}
	r.read("/combat/action", &b.Action)
	r.read("/combat/movement", &b.Movement)
	var order []struct {
		Creature string `json:"creature"`
	}
	r.read("/combat/order", &order)
	for _, place := range order {
		c := Creature{ID: place.Creature}
		prefix := "/creatures/" + c.ID + "/"
		r.read(prefix+"side", &c.Side)
		r.read(prefix+"status", &c.Status)
		r.read(prefix+"position", &c.Position)
		if c.ID == actor {
			r.read(prefix+"attacks", &c.Attacks)
		}
		b.Creatures = append(b.Creatures, c)
	}
	return b, r.err
}

// reader reads leaves and keeps the first error.
type reader struct {
	doc *wire.Document
	err error
}

func (r *reader) read(path string, into any) {
	if r.err != nil {
		return
	}
	leaf := r.doc.Get(path)
	if leaf == nil {
		r.err = fmt.Errorf("reading the view: there is no leaf %s", path)
		return
	}
	if err := json.Unmarshal(leaf, into); err != nil {
		r.err = fmt.Errorf("reading the view: leaf %s: %w", path, err)
	}
}

func (b *Board) find(id string) *Creature {
	for i := range b.Creatures {
		if b.Creatures[i].ID == id {
			return &b.Creatures[i]
		}
	}
	return nil
}

// distance in feet; a diagonal counts as one square.
func distance(a, b rules.Point) int {
	return 5 * max(abs(a[0]-b[0]), abs(a[1]-b[1]))
}

func abs(n int) int { return max(n, -n) }
