// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// MaxHeight bounds how high the ground rises and creatures fly, in feet.
const MaxHeight = 300

// Rise is a square whose ground is higher, by so many feet.
type Rise struct {
	At   Point `json:"at"`
	Feet int   `json:"feet"`
}

// relief is how high the ground is, in feet; nil where it is flat.
type relief map[Point]int

func (m *Map) relief() relief {
	if len(m.Raised) == 0 {
		return nil
	}
	r := make(relief, len(m.Raised))
	for _, rise := range m.Raised {
		r[rise.At] = rise.Feet
	}
	return r
}

// under is the height of the ground below a space: of its highest square.
func (r relief) under(space grid.Space) int {
	if r == nil {
		return 0
	}
	highest := 0
	for y := range space.Side {
		for x := range space.Side {
			highest = max(highest, r[Point{space.At[0] + x, space.At[1] + y}])
		}
	}
	return highest
}

// groundAt is the height of the ground where a creature would stand.
func (c *Creature) groundAt(p Point) int {
	return c.relief.under(grid.Space{At: grid.Point(p), Side: side(c.size())})
}

// climb is what a change of height adds to a step: each foot costs one, and one
// more without a climb speed (Rules Glossary: Climbing). Who flies keeps its
// height for nothing.
func (c *Creature) climb(w *grid.Walker, from, to Point) int {
	if c.relief == nil || w.Flies {
		return 0
	}
	feet := abs(c.groundAt(to) - c.groundAt(from))
	if !w.Climbs {
		feet *= 2
	}
	return feet
}

// Fly changes how high above the ground a creature flies; 0 lands. Each foot
// costs one foot of movement, and leaving an enemy's reach provokes it.
type Fly struct {
	Creature string `json:"creature"`
	Altitude int    `json:"altitude"`
}

// Kind names the command.
func (Fly) Kind() string { return "altitude" }

func (f Fly) decide(t *table) *Refusal {
	c, refusal := t.actor(f.Creature)
	if refusal != nil {
		return refusal
	}
	cost := abs(f.Altitude - c.Altitude)
	switch {
	case f.Altitude < 0 || f.Altitude > MaxHeight || f.Altitude%5 != 0 || cost == 0:
		return refuse(CodeInvalidPoint, "%s can fly at another height of 0 to %d feet, in steps of 5.", c.Name, MaxHeight)
	case !t.aloft(c) || t.cannot(c, "move"):
		return refuse(CodeCannotMove, "%s cannot fly.", c.Name)
	case cost > t.movementLeft(c):
		return refuse(CodeNotEnoughMovement, "%s has %d ft of movement left; that takes %d.", c.Name, t.movementLeft(c), cost).
			with("cost", cost).with("left", t.movementLeft(c))
	}
	there := *c
	there.Altitude = f.Altitude
	if t.crowded(c, there.space()) {
		return refuse(CodeSquareOccupied, "Somebody is there.")
	}
	t.push(Task{Do: stepFly, Actor: c.ID, Altitude: f.Altitude})
	return nil
}

// fly changes a creature's height, after those were asked whose reach it leaves, if
// it still can.
func (t *table) fly(task *Task) {
	c := t.creature(task.Actor)
	from, there := c.space(), *c
	there.Altitude = task.Altitude
	to, cost := there.space(), abs(task.Altitude-c.Altitude)
	if !t.aloft(c) || cost > t.movementLeft(c) {
		return
	}
	if asks := t.provoked(c, from, to, task, t.Combat.Budget.Safe >= cost); len(asks) > 0 {
		again := *task
		again.Amount = 1
		t.push(append(asks, again)...)
		return
	}
	t.emit(HeightChanged{Creature: c.ID, Altitude: task.Altitude, Cost: cost, Unseen: c.Hiding > 0})
	t.checkGrips(c)
	t.push(t.comesNear(c, from, to)...)
}

// aloft tells whether a creature stays in the air: it flies, and its Speed is
// not 0, or it hovers (Flying).
func (s *State) aloft(c *Creature) bool {
	return s.flies(c) && (c.block.Speed.Hover || s.speed(c) > 0)
}

// gravity lets those fall that nothing keeps in the air.
func (t *table) gravity() {
	for i := range t.Creatures {
		c := &t.Creatures[i]
		if c.Altitude > 0 && !c.removed() && !t.aloft(c) {
			t.plunge(c, c.Altitude)
		}
	}
}

// plunge lets a creature fall: 1d6 for each 10 feet, at most 20d6, and prone if
// it takes damage (Rules Glossary: Falling).
func (t *table) plunge(c *Creature, feet int) {
	t.emit(HeightChanged{Creature: c.ID, Fall: feet})
	if c.Status == Dead {
		return
	}
	if dice := min(feet/10, 20); dice > 0 {
		roll := t.rollDamage(fmt.Sprintf("%dd6", dice), content.Bludgeoning, 1, false)
		if t.strikeWith(c, &blow{name: "fall", record: true, rolls: []DamageRoll{roll}}) > 0 && c.Status == Standing {
			t.fallProne(c, "")
		}
	}
	if t.present(c) && t.crowded(c, c.space()) {
		t.comeBack(c)
	}
}

// HeightChanged tells how high above the ground a creature is now, and how many
// feet it fell, if it did.
type HeightChanged struct {
	Creature string `json:"creature"`
	Altitude int    `json:"altitude"`
	Cost     int    `json:"cost,omitempty"`
	Fall     int    `json:"fall,omitempty"`
	// Unseen: it hides; who does not see its numbers sees nothing of it.
	Unseen bool `json:"unseen,omitempty"`
}

// Kind names the event.
func (HeightChanged) Kind() string { return "height_changed" }

func (e HeightChanged) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || !validAltitude(e.Altitude) || e.Fall < 0 || e.Fall > MaxHeight || e.Cost < 0 || e.Cost > 0 && e.Cost > s.movementLeft(c) {
		return fmt.Errorf("%.40q cannot be %d feet up", e.Creature, e.Altitude)
	}
	c.Altitude = e.Altitude
	s.Combat.Budget.move(e.Cost)
	return nil
}

func validAltitude(feet int) bool { return feet >= 0 && feet <= MaxHeight && feet%5 == 0 }

func (e HeightChanged) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

func (e HeightChanged) redact(s *State, v View) any {
	if e.Unseen && s.secretID(v, e.Creature) {
		return nil
	}
	return e
}
