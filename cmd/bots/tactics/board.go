// SPDX-License-Identifier: Apache-2.0

// Package tactics decides what a bot does on its turn, from nothing but what
// its view shows. It is pure: a board in, the next command out.
package tactics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/grid"
	"gamesession.dev/operator/shard/wire"
)

// Board is a fight as a view shows it.
type Board struct {
	Width, Height int
	Blocked       map[rules.Point]bool
	// Slow squares cost twice; into Dark ones nobody sees.
	Slow, Dark map[rules.Point]bool
	// Creatures stand in the order of initiative.
	Creatures []Creature
	// Action, Bonus and Movement are what the creature on turn has left, Parts
	// the attacks of an action under way.
	Action, Bonus bool
	Movement      int
	Parts         []Part

	ground *grid.Map // of Blocked and Dark, once somebody has looked
}

// Part is a part of several attacks: so many of these actions.
type Part struct {
	Actions []string `json:"actions"`
	Count   int      `json:"count"`
}

// Creature is one of a fight. What the view hides is empty; Hidden ones have no
// place.
type Creature struct {
	ID         string
	Kind       rules.CreatureKind
	Type       string
	Side       string
	Size       string
	Status     rules.Status
	Position   rules.Point
	Hidden     bool
	Conditions []string
	Health     rules.Health
	// Of the creature that acts only; who Lurks is hidden itself.
	Lurks   bool
	Speed   int
	Attacks []rules.Attack
	Actions []Action
	Spells  []Spell
	Slots   []int
	Used    []string
	Effects []Effect
	Traits  []string
}

// Action is an action as the view shows it.
type Action struct {
	ID     string `json:"id"`
	Cost   string `json:"cost"`
	Attack bool   `json:"attack"`
	Heals  bool   `json:"heals"`
	Target string `json:"target"`
	Range  int    `json:"range"`
	Area   *Area  `json:"area"`
	PerDay int    `json:"perDay"`
	// Reach is that of an attack, MoveUpTo the feet of a move that comes before
	// it, -1 half the Speed.
	Reach    int `json:"reach"`
	MoveUpTo int `json:"moveUpTo"`
	// Multiattack are the attacks that it is made of, if it is several.
	Multiattack []Part `json:"multiattack"`
}

// Area is the shape of an area and its size in feet.
type Area struct {
	Shape string `json:"shape"`
	Size  int    `json:"size"`
}

// Spell is a spell as the view shows it.
type Spell struct {
	ID            string `json:"id"`
	Level         int    `json:"level"`
	CastingTime   string `json:"castingTime"`
	Target        string `json:"target"`
	Range         int    `json:"range"`
	Area          *Area  `json:"area"`
	Harms         bool   `json:"harms"`
	Heals         bool   `json:"heals"`
	Sight         bool   `json:"sight"`
	Concentration bool   `json:"concentration"`
	PerDay        int    `json:"perDay"`
}

// Effect is what lasts on a creature.
type Effect struct {
	Name   string  `json:"name"`
	Escape bool    `json:"escape"`
	Grants []Grant `json:"grants"`
}

// Grant is an action that an effect gives.
type Grant struct {
	Action string `json:"action"`
	Attack bool   `json:"attack"`
	Cost   string `json:"cost"`
	Range  int    `json:"range"`
}

// Turn says where a fight stands.
type Turn struct {
	Phase rules.Phase
	// Creature is who is to act, and Controller who plays it; both are empty
	// outside a fight.
	Creature   string
	Controller string
	// Window is the question that play waits for, nil if there is none;
	// Creature is then who is asked.
	Window *Window
}

// Window is a question to a creature whether it reacts.
type Window struct {
	ID       int              `json:"id"`
	Creature string           `json:"creature"`
	Kind     rules.WindowKind `json:"kind"`
	By       string           `json:"by"`
	Options  []string         `json:"options"`
}

// ReadTurn reads where the fight stands: little enough to ask after every
// update.
func ReadTurn(doc *wire.Document) (Turn, error) {
	var t Turn
	r := reader{doc: doc}
	t.Phase = rules.Phase(r.text("/combat/phase"))
	if t.Phase == rules.Fighting {
		t.Creature = r.text("/combat/turn")
		if doc.Get("/combat/window") != nil {
			t.Window = &Window{}
			r.read("/combat/window", t.Window)
			// A view that does not show who is asked shows that it is the game
			// master's.
			t.Creature = t.Window.Creature
			if t.Creature == "" {
				t.Controller = rules.GameMaster
				return t, r.err
			}
		}
		t.Controller = r.text("/creatures/" + t.Creature + "/controller")
	}
	return t, r.err
}

// ReadBoard reads the fight for the turn of a creature.
func ReadBoard(doc *wire.Document, actor string) (*Board, error) {
	b := &Board{Blocked: map[rules.Point]bool{}, Slow: map[rules.Point]bool{}, Dark: map[rules.Point]bool{}}
	r := reader{doc: doc}
	r.read("/map/width", &b.Width)
	r.read("/map/height", &b.Height)
	r.squares("/map/blocked", b.Blocked)
	r.maybe("/combat/action", &b.Action)
	r.maybe("/combat/bonus", &b.Bonus)
	r.maybe("/combat/movement", &b.Movement)
	r.maybe("/combat/attacks", &b.Parts)
	r.squares("/map/difficult", b.Slow)
	r.squares("/map/water", b.Slow)
	r.squares("/map/obscured", b.Dark)
	var doors []struct {
		At   rules.Point `json:"at"`
		Open bool        `json:"open"`
	}
	r.maybe("/map/doors", &doors)
	for _, door := range doors {
		b.Blocked[door.At] = b.Blocked[door.At] || !door.Open
	}
	var order []struct {
		Creature string `json:"creature"`
	}
	r.read("/combat/order", &order)
	for _, place := range order {
		c := Creature{ID: place.Creature}
		prefix := "/creatures/" + c.ID + "/"
		c.Kind = rules.CreatureKind(r.text(prefix + "kind"))
		c.Type = r.text(prefix + "type")
		c.Side = r.text(prefix + "side")
		c.Status = rules.Status(r.text(prefix + "status"))
		c.Size = r.text(prefix + "size")
		c.Health = rules.Health(r.text(prefix + "health"))
		c.Hidden = doc.Get(prefix+"position") == nil
		r.maybe(prefix+"position", &c.Position)
		r.maybe(prefix+"conditions", &c.Conditions)
		if c.ID == actor {
			r.actor(prefix, &c)
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

// actor reads what only who plays a creature sees of it.
func (r *reader) actor(prefix string, c *Creature) {
	r.read(prefix+"speed", &c.Speed)
	r.read(prefix+"attacks", &c.Attacks)
	r.read(prefix+"actions", &c.Actions)
	r.maybe(prefix+"spells", &c.Spells)
	r.maybe(prefix+"slots", &c.Slots)
	r.maybe(prefix+"effects", &c.Effects)
	var used []struct {
		ID string `json:"id"`
	}
	r.maybe(prefix+"used", &used)
	for _, use := range used {
		c.Used = append(c.Used, use.ID)
	}
	var traits []struct {
		ID string `json:"id"`
	}
	r.maybe(prefix+"traits", &traits)
	for _, trait := range traits {
		c.Traits = append(c.Traits, trait.ID)
	}
	r.maybe(prefix+"hidden", &c.Lurks)
}

// squares reads a list of squares that need not be there into a set.
func (r *reader) squares(path string, into map[rules.Point]bool) {
	var list []rules.Point
	r.maybe(path, &list)
	for _, p := range list {
		into[p] = true
	}
}

// maybe reads a leaf that need not be there.
func (r *reader) maybe(path string, into any) {
	if r.doc.Get(path) != nil {
		r.read(path, into)
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

// side is the width of a creature's space in squares.
func (c *Creature) side() int {
	switch c.Size {
	case "large":
		return 2
	case "huge":
		return 3
	case "gargantuan":
		return 4
	default:
		return 1
	}
}

func (c *Creature) spaceAt(at rules.Point) grid.Space {
	return grid.Space{At: grid.Point(at), Side: c.side()}
}

// away is the distance in feet from a creature at a place to another one; a
// diagonal counts as one square.
func away(c *Creature, at rules.Point, other *Creature) int {
	gap := func(axis int) int {
		return max(0, other.Position[axis]-(at[axis]+c.side())+1, at[axis]-(other.Position[axis]+other.side())+1)
	}
	return 5 * max(gap(0), gap(1))
}

// clear tells whether nothing covers a creature wholly from one that stands at
// a place.
func (b *Board) clear(c *Creature, at rules.Point, other *Creature) bool {
	ground := b.lay()
	if ground == nil {
		return true // a board without a map has nothing to hide behind
	}
	return ground.Cover(c.spaceAt(at), other.spaceAt(other.Position), nil) != grid.TotalCover
}

// visible tells whether me sees another, as far as its view shows that: of zones
// and of special senses it knows nothing.
func (b *Board) visible(me, other *Creature) bool {
	if me == other {
		return true
	}
	if slices.Contains(me.Conditions, "blinded") || slices.Contains(other.Conditions, "invisible") {
		return false
	}
	ground := b.lay()
	return ground == nil || ground.Sees(me.spaceAt(me.Position), other.spaceAt(other.Position))
}

// lay gives the ground of the board, nil if it has no map.
func (b *Board) lay() *grid.Map {
	if b.ground != nil {
		return b.ground
	}
	ground, err := grid.New(b.Width, b.Height)
	if err != nil {
		return nil
	}
	for p, blocked := range b.Blocked {
		if blocked {
			ground.Put(grid.Point(p), grid.Wall)
		}
	}
	for p, dark := range b.Dark {
		if dark && !b.Blocked[p] {
			ground.Put(grid.Point(p), grid.Opaque)
		}
	}
	b.ground = ground
	return ground
}

// target tells whether a creature is an enemy that can be fought.
func (c *Creature) target(me *Creature) bool {
	return c.Side != me.Side && c.Status == rules.Standing && !c.Hidden
}
