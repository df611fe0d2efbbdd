// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// split makes two of a creature, each with half of its hit points and one size
// smaller. The new one stands beside it and acts after it.
func (t *table) split(task *Task) {
	c := t.creature(task.Actor)
	if c == nil || !t.canSplit(c) {
		return
	}
	at, found := t.room(c, c.smaller())
	if !found {
		return
	}
	id := ""
	for n := 2; n < MaxCombatants+2; n++ {
		if id = fmt.Sprintf("%.36s-%d", c.ID, n); t.creature(id) == nil {
			break
		}
	}
	half := c.HP / 2
	t.emit(HPSet{Target: c.ID, Before: c.HP, After: half, Reason: "Split"})
	t.emit(Spawned{From: c.ID, ID: id, At: at, HP: half})
}

// smaller is a creature as it is after it has split.
func (c *Creature) smaller() *Creature {
	half := *c
	half.Shrunk++
	return &half
}

// canSplit tells whether a creature is there, big and whole enough to split.
func (t *table) canSplit(c *Creature) bool {
	return c.Status == Standing && c.HP >= 2 && bulk(c.size()) > bulk(content.Small) && len(t.Creatures) < MaxCombatants
}

// room finds a free place beside what a creature will be, the first one row by row.
func (t *table) room(c, smaller *Creature) (Point, bool) {
	wide := side(smaller.size())
	for dy := -wide; dy <= wide; dy++ {
		for dx := -wide; dx <= wide; dx++ {
			at := Point{c.Position[0] + dx, c.Position[1] + dy}
			space := smaller.spaceAt(at)
			if !space.Overlaps(smaller.space()) && grid.Distance(space, smaller.space()) <= 5 && t.ground.Fits(space) && !t.crowded(c, space) {
				return at, true
			}
		}
	}
	return Point{}, false
}

// Spawned brings a new creature into the fight, made of another one: both are one
// size smaller than that was.
type Spawned struct {
	From string `json:"from"`
	ID   string `json:"id"`
	At   Point  `json:"at"`
	HP   int    `json:"hp"`
}

// Kind names the event.
func (Spawned) Kind() string { return "spawned" }

func (e Spawned) apply(s *State) error {
	from := s.creature(e.From)
	if from == nil || s.creature(e.ID) != nil || !content.ValidID(e.ID) || len(s.Creatures) >= MaxCombatants ||
		e.HP < 1 || e.HP > from.block.HP.Max || !s.ground.Fits(from.smaller().spaceAt(e.At)) || bulk(from.size()) == 0 || s.Combat.Phase != Fighting || len(s.Combat.Order) == 0 {
		return fmt.Errorf("%.40q cannot come of %.40q", e.ID, e.From)
	}
	from.Shrunk++
	c := *from
	c.ID, c.Start = e.ID, e.At
	c.restore()
	c.Spawned, c.Position, c.HP, c.Shrunk = true, e.At, e.HP, from.Shrunk
	at, _ := slices.BinarySearchFunc(s.Creatures, e.ID, func(c Creature, id string) int { return cmp.Compare(c.ID, id) })
	s.Creatures = slices.Insert(s.Creatures, at, c)
	place := slices.IndexFunc(s.Combat.Order, func(p Placing) bool { return p.Creature == e.From })
	order := slices.Insert(slices.Clone(s.Combat.Order), place+1, Placing{Creature: e.ID, Count: s.Combat.Order[place].Count})
	if place < s.Combat.Turn {
		s.Combat.Turn++
	}
	s.Combat.Order = order
	return nil
}

func (e Spawned) touch(t *touched) {
	t.combat()
	t.creature(e.ID)
	t.sheet(e.ID)
	t.sheet(e.From)
}

func (e Spawned) redact(s *State, v View) any {
	if s.secretID(v, e.From) {
		e.HP = 0
	}
	return e
}
