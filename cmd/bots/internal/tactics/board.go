// SPDX-License-Identifier: Apache-2.0

// Package tactics decides what a bot does on its turn, from nothing but what
// its view shows. It is pure: a board in, the next command out.
package tactics

import (
	"bytes"
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
	t.Phase = rules.Phase(r.text("/combat/phase"))
	if t.Phase == rules.Fighting {
		t.Creature = r.text("/combat/turn")
		t.Controller = r.text("/creatures/" + t.Creature + "/controller")
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
		c.Side = r.text(prefix + "side")
		c.Status = rules.Status(r.text(prefix + "status"))
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

// text reads a string. Most need no unescaping, and every bot asks after every
// update whose turn it is.
func (r *reader) text(path string) string {
	leaf := r.doc.Get(path)
	if n := len(leaf); n >= 2 && leaf[0] == '"' && bytes.IndexByte(leaf, '\\') < 0 {
		return string(leaf[1 : n-1])
	}
	var s string
	r.read(path, &s)
	return s
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
