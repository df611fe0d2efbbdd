// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// MaxPath bounds the squares of one Move.
const MaxPath = 2 * MaxSpeed / 5

// Way is how a creature comes from one square to another.
type Way string

// The ways. Empty is walking, crawling or flying: movement of its own.
const (
	WayPushed   Way = "pushed"   // forced movement
	WayTeleport Way = "teleport" // without crossing what is between
	WayDragged  Way = "dragged"  // by who holds it
	WayPlaced   Way = "placed"   // by a game master
	WayFree     Way = "free"     // its own movement that provokes nobody
)

// Move walks a creature along squares, each next to the last one; the square
// it stands in is not listed. Movement may be split around an action. Who it
// grapples comes along with Drag.
type Move struct {
	Creature string  `json:"creature"`
	Path     []Point `json:"path"`
	Drag     bool    `json:"drag,omitempty"`
}

// Kind names the command.
func (Move) Kind() string { return "move" }

func (c Move) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	if n := len(c.Path); n < 1 || n > MaxPath {
		return refuse(CodeInvalidPath, "A path has 1 to %d squares, not %d.", MaxPath, n)
	}
	if t.speed(creature) == 0 || t.cannot(creature, "move") {
		return refuse(CodeCannotMove, "%s cannot move: its Speed is 0.", creature.Name)
	}
	held := t.heldBy(creature)
	drags := c.Drag && len(held) > 0
	walker := t.walker(creature, drags)
	cost, at := 0, creature.Position
	for i, square := range c.Path {
		step, refusal := t.stepCost(creature, walker, at, square, drags)
		if refusal == nil {
			refusal = t.approaches(creature, at, square)
		}
		if refusal != nil {
			return refusal.with("step", i).with("square", square)
		}
		cost, at = cost+step, square
	}
	if at == creature.Position {
		return refuse(CodeInvalidPath, "The path leads back to where %s stands.", creature.Name)
	}
	if other := t.inTheWay(creature, at, drags); other != nil && !t.modified(creature, content.KindSharesSpaces) {
		return refuse(CodeSquareOccupied, "%s cannot end its move in the space of %s.", creature.Name, other.Name).
			with("square", at).with("occupant", other.ID)
	}
	if left := t.movementLeft(creature); cost > left {
		return refuse(CodeNotEnoughMovement, "%s has %d ft of movement left; that square is %d ft away.", creature.Name, left, cost).
			with("cost", cost).with("left", left)
	}
	if !c.Drag {
		for _, other := range held {
			t.letGo(other, creature, "it is left behind")
		}
	}
	t.push(Task{Do: stepWalk, Actor: creature.ID, Path: slices.Clone(c.Path), Success: drags})
	return nil
}

// walker is how a creature moves now.
func (t *table) walker(c *Creature, drags bool) grid.Walker {
	w := grid.Walker{
		Side: side(c.block.Size), Crawls: t.modified(c, content.KindCrawl), Swims: c.block.Speed.Swim > 0,
		Climbs: c.block.Speed.Climb > 0, Flies: t.flies(c),
	}
	free := t.modified(c, content.KindFreeTerrain)
	w.Meets = func(p grid.Point) grid.Passage {
		passage := t.passage(c, p, drags)
		if passage < grid.Slow && !w.Flies && !free && t.hard(p) {
			return grid.Slow
		}
		return passage
	}
	if free {
		w.Swims, w.Climbs = true, true
	}
	return w
}

// passage tells what a creature meets in a square: who is there (Moving around
// Other Creatures).
func (t *table) passage(c *Creature, p grid.Point, drags bool) grid.Passage {
	worst := grid.Free
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if other == c || !t.fills(other) || !other.space().Contains(p) || !sameHeight(c, other, Point(p)) || drags && t.grapples(c, other) {
			continue
		}
		worst = max(worst, t.passing(c, other))
	}
	return worst
}

// sameHeight tells whether a creature that comes into another's square is as high
// as the other: else it passes over or under it.
func sameHeight(c, other *Creature, p Point) bool {
	if c.Altitude == 0 && other.Altitude == 0 && c.relief == nil {
		return true
	}
	level, space := (c.groundAt(p)+c.Altitude)/grid.Square, other.space()
	return level < space.Level+space.Side && space.Level < level+side(c.block.Size)
}

// passing tells how one creature gets past another.
func (t *table) passing(c, other *Creature) grid.Passage {
	ally := !enemies(c, other)
	apart := bulk(c.block.Size) - bulk(other.block.Size)
	tiny := other.block.Size == content.Tiny
	shares := t.modified(c, content.KindSharesSpaces) || t.modified(other, content.KindSharesSpaces)
	switch {
	case ally || shares || t.rules.enterIncapacitated && (t.incapacitated(other) || tiny) || apart >= 2 || apart <= -2:
	default:
		return grid.Barred
	}
	if t.rules.allySpaceDifficult || !ally && !tiny && !shares {
		return grid.Slow
	}
	return grid.Through
}

// inTheWay gives who is where a creature would end its move; nil if it is free.
func (t *table) inTheWay(c *Creature, at Point, drags bool) *Creature {
	space := c.spaceAt(at)
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if other != c && t.fills(other) && other.space().Overlaps(space) && !t.modified(other, content.KindSharesSpaces) && (!drags || !t.grapples(c, other)) {
			return other
		}
	}
	return nil
}

// stepCost gives the cost in feet of one step, or why it cannot be taken
// (Playing on a Grid; Moving around Other Creatures; Grappling).
func (t *table) stepCost(c *Creature, w grid.Walker, from, to Point, drags bool) (int, *Refusal) {
	cost, reason := t.ground.Step(w, grid.Point(from), grid.Point(to))
	if reason != 0 {
		return 0, t.obstacle(c, from, to, reason)
	}
	if drags {
		cost += 5
	}
	return cost + c.climb(&w, from, to), nil
}

// obstacle puts the reason why a step cannot be taken into words.
func (t *table) obstacle(c *Creature, from, to Point, reason grid.Reason) *Refusal {
	switch reason {
	case grid.Outside:
		return refuse(CodeInvalidPath, "Square %v is outside the map.", to)
	case grid.Apart:
		return refuse(CodeInvalidPath, "Square %v is not next to %v.", to, from)
	case grid.Filled:
		return refuse(CodeSquareBlocked, "Square %v is blocked.", to)
	case grid.FilledCorner:
		return refuse(CodeSquareBlocked, "A blocked square is at the corner between %v and %v.", from, to)
	}
	if other := t.blocker(c, to); other != nil {
		return refuse(CodeSquareOccupied, "%s stands in the way.", other.Name).with("occupant", other.ID)
	}
	return refuse(CodeSquareOccupied, "Somebody stands in the way.")
}

// blocker gives who does not let a creature into a square.
func (t *table) blocker(c *Creature, at Point) *Creature {
	space := c.spaceAt(at)
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if other != c && t.fills(other) && other.space().Overlaps(space) && t.passing(c, other) == grid.Barred {
			return other
		}
	}
	return nil
}

// approaches refuses a step nearer to what frightens a creature (Frightened).
func (t *table) approaches(c *Creature, from, to Point) *Refusal {
	if len(c.Effects) == 0 {
		return nil
	}
	var refusal *Refusal
	t.each(c, func(m *content.Modifier, by origin) {
		if m.Kind != content.KindCannot || !slices.Contains(m.Deeds, "approach_source") {
			return
		}
		source := t.creature(by.source)
		if source != nil && t.present(source) && grid.Distance(c.spaceAt(to), source.space()) < grid.Distance(c.spaceAt(from), source.space()) {
			refusal = refuse(CodeFrightened, "%s is frightened of %s and cannot come nearer.", c.Name, source.Name)
		}
	})
	return refusal
}

// walk goes on along a path, up to where somebody reacts: just before a step
// that leaves an enemy's reach, and after one that enters a zone.
func (t *table) walk(task *Task) {
	c := t.creature(task.Actor)
	from := c.Position
	moved := Moved{Creature: c.ID, From: from, How: task.How, Unseen: c.Hiding > 0}
	walker := t.walker(c, task.Success)
	at := from
	for i, to := range task.Path {
		cost, refusal := t.stepCost(c, walker, at, to, task.Success)
		if refusal != nil || c.Status != Standing || moved.Cost+cost > t.movementLeft(c) || t.approaches(c, at, to) != nil {
			break // something on the way ended the move
		}
		// Who was asked about this step is not asked again: Amount counts.
		if asks := t.opportunities(c, at, to, task); len(asks) > 0 {
			t.finishWalk(c, &moved, task)
			rest := *task
			rest.Path = task.Path[i:]
			rest.Amount = 1
			t.push(append(asks, rest)...)
			return
		}
		task.Amount = 0
		moved.Path = append(moved.Path, to)
		moved.Cost += cost
		before := at
		at = to
		stops := t.entered(c, moved.Path, from)
		if stops = append(stops, t.comesNear(c, before, to)...); len(stops) > 0 {
			t.finishWalk(c, &moved, task)
			rest := *task
			rest.Path = task.Path[i+1:]
			if len(rest.Path) == 0 {
				rest = Task{Do: stepReady, Actor: c.ID, Trigger: readyMove}
			}
			t.push(append(stops, rest)...)
			return
		}
	}
	t.finishWalk(c, &moved, task)
	if len(moved.Path) > 0 {
		t.offerReady(&Task{Actor: c.ID, Trigger: readyMove})
	}
}

// finishWalk tells what was walked so far. Who is dragged comes along.
func (t *table) finishWalk(c *Creature, moved *Moved, task *Task) {
	if len(moved.Path) == 0 {
		return
	}
	t.emit(*moved)
	t.carry(c, moved.From)
	t.endOn(c, content.EndOnMove, "it moved")
	for _, held := range t.heldBy(c) {
		if task.Success {
			t.drag(c, held, moved)
		} else if distance(c, held) > 5 {
			t.letGo(held, c, "it is out of reach")
		}
	}
	t.checkGrips(c)
}

// drag takes a grappled creature along: into the squares its grappler left.
func (t *table) drag(c, held *Creature, moved *Moved) {
	trail := append([]Point{moved.From}, moved.Path[:len(moved.Path)-1]...)
	for _, to := range slices.Backward(trail) {
		space := held.spaceAt(to)
		if grid.Distance(space, c.space()) <= 5 && !space.Overlaps(c.space()) && t.ground.Fits(space) && !t.crowded(held, space) {
			if to != held.Position {
				t.emit(Moved{Creature: held.ID, From: held.Position, Path: []Point{to}, How: WayDragged})
			}
			return
		}
	}
	if distance(c, held) > 5 {
		t.letGo(held, c, "it is out of reach")
	}
}

// entered gives the tasks of the zones that a step came into.
func (t *table) entered(c *Creature, path []Point, from Point) []Task {
	if len(t.Zones) == 0 {
		return nil
	}
	before := from
	if len(path) > 1 {
		before = path[len(path)-2]
	}
	to := path[len(path)-1]
	var list []Task
	for i := range t.Zones {
		z := &t.Zones[i]
		if slices.Contains(z.Body.Triggers, content.ZoneEnter) && !slices.Contains(z.Struck, c.ID) && t.concerns(z, c) &&
			t.zoneHolds(z, c.spaceAt(to)) && !t.zoneHolds(z, c.spaceAt(before)) {
			list = append(list, Task{Do: stepZone, Zone: z.ID, Target: c.ID})
		}
	}
	return list
}

// opportunities gives the questions to the enemies whose reach a step leaves
// (Opportunity Attacks). Task.Amount above 0 says that they were asked.
func (t *table) opportunities(c *Creature, from, to Point, task *Task) []Task {
	if task.Amount > 0 || task.How != "" || t.Combat.Budget.Disengaged && t.onTurn() == c || t.modified(c, content.KindNoProvoke) {
		return nil
	}
	var asks []Task
	for i := range t.Creatures {
		enemy := &t.Creatures[i]
		if !enemies(c, enemy) || enemy.Status != Standing {
			continue
		}
		before, after := grid.Distance(enemy.space(), c.spaceAt(from)), grid.Distance(enemy.space(), c.spaceAt(to))
		if after <= before || before > MaxReach || !t.canReact(enemy) {
			continue
		}
		options := t.meleeOptions(enemy, before, after)
		if len(options) == 0 || !t.sees(enemy, c) || t.charmedBy(enemy, c) || t.cannot(enemy, "attack") {
			continue
		}
		asks = append(asks, Task{Do: stepAsk, Ask: &Window{
			Creature: enemy.ID, Kind: AskOpportunity, By: c.ID, Options: options, Why: fmt.Sprintf("%s leaves the reach of %s.", c.Name, enemy.Name),
		}})
	}
	return asks
}

// meleeOptions lists the melee attacks whose reach a creature leaves.
func (t *table) meleeOptions(c *Creature, before, after int) []string {
	var options []string
	for i := range c.block.Actions {
		action := &c.block.Actions[i]
		a := action.Attack
		if a == nil || a.Kind != content.Melee || a.Spell || action.Cost != content.CostAction || a.Reach < before || a.Reach >= after {
			continue
		}
		if d := t.deedOf(c, action.ID, 0); t.usable(c, d) == nil {
			options = append(options, action.ID)
		}
	}
	return options
}

// teleport puts a creature into a square without crossing what is between.
func (t *table) teleport(c *Creature, to Point) {
	if to == c.Position || !t.ground.Fits(c.spaceAt(to)) || t.crowded(c, c.spaceAt(to)) {
		return
	}
	from := c.Position
	t.emit(Moved{Creature: c.ID, From: from, Path: []Point{to}, How: WayTeleport, Unseen: c.Hiding > 0})
	t.carry(c, from)
	t.checkGrips(c)
}

// shoveAway moves a creature straight away from another, or towards it, as far as
// there is room: forced movement, which provokes nobody (Forced Movement).
func (t *table) shoveAway(by, c *Creature, feet int) {
	source := grid.Centre(by.space())
	at := grid.Point(c.Position)
	walker := grid.Walker{Side: side(c.block.Size), Meets: func(p grid.Point) grid.Passage {
		for i := range t.Creatures {
			other := &t.Creatures[i]
			if other != c && t.fills(other) && other.space().Contains(p) && sameHeight(c, other, Point(p)) {
				return grid.Barred
			}
		}
		if c.relief[Point(p)] > c.groundAt(c.Position) {
			return grid.Barred // nobody is pushed up
		}
		return grid.Free
	}}
	if feet < 0 {
		own := grid.Centre(c.space())
		source = grid.Spot{2*own[0] - source[0], 2*own[1] - source[1]}
		feet = -feet
	}
	end := t.ground.Push(walker, at, source, feet)
	if end == at {
		return
	}
	before := c.Position
	t.emit(Moved{Creature: c.ID, From: c.Position, Path: []Point{Point(end)}, How: WayPushed})
	t.carry(c, before)
	if drop := c.groundAt(before) - c.groundAt(c.Position); drop > 0 && !t.aloft(c) {
		t.plunge(c, drop)
	}
	t.checkGrips(c)
	t.push(t.entered(c, []Point{Point(end)}, before)...)
}

// Moved tells the squares a creature went and what they cost in feet.
type Moved struct {
	Creature string  `json:"creature"`
	From     Point   `json:"from"`
	Path     []Point `json:"path"`
	Cost     int     `json:"cost"`
	How      Way     `json:"how,omitempty"`
	// Unseen: it hides; who does not see its numbers sees nothing of it.
	Unseen bool   `json:"unseen,omitempty"`
	By     string `json:"by,omitempty"`
}

// Kind names the event.
func (Moved) Kind() string { return "moved" }

func (e Moved) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Position != e.From || len(e.Path) == 0 || len(e.Path) > MaxPath {
		return fmt.Errorf("%.40q does not move from %v", e.Creature, e.From)
	}
	to := e.Path[len(e.Path)-1]
	if !s.ground.Fits(c.spaceAt(to)) {
		return fmt.Errorf("square %v cannot be entered", to)
	}
	if e.Cost < 0 || e.Cost > s.movementLeft(c) && e.Cost > 0 {
		return fmt.Errorf("%d feet of %d are spent", e.Cost, s.movementLeft(c))
	}
	if e.How == "" && s.onTurn() != c {
		return errors.New("who is not on turn does not walk")
	}
	if c.Altitude > 0 { // it stays as high as it was, over higher ground too
		c.Altitude = min(max(c.Altitude+c.groundAt(c.Position)-c.groundAt(to), 0), MaxHeight)
	}
	c.Position = to
	s.Combat.Budget.Moved += e.Cost
	return nil
}

func (e Moved) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

func (e Moved) redact(s *State, v View) any {
	if e.Unseen && s.secretID(v, e.Creature) {
		return nil
	}
	return e
}
