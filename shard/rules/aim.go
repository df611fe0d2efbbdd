// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// aim is what a command chooses: creatures, where an area is, or a zone.
type aim struct {
	targets []string
	point   *Point
	spared  []string
	zone    int
}

// aimed finds the targets of a deed, or refuses what cannot be targeted. The
// task resolves it.
func (t *table) aimed(actor *Creature, d *deed, a aim) (Task, *Refusal) {
	task := Task{Do: stepDo, Actor: actor.ID, Action: d.ref, Level: d.level, Point: a.point, Spared: a.spared}
	want := &d.act.Target
	if a.zone != 0 {
		task.Zone = a.zone
		return task, t.aimedZone(actor, d, a)
	}
	var refusal *Refusal
	switch want.Kind {
	case content.TargetArea:
		task.Targets, refusal = t.aimedArea(actor, d, a)
	case content.TargetPoint:
		if d.act.Teleport == 0 {
			refusal = t.aimedPoint(actor, d, a.point)
		}
	case content.TargetCreature, content.TargetCreatures:
		task.Targets, refusal = t.aimedCreatures(actor, d, a)
	default:
		task.Targets = []string{actor.ID}
	}
	// What strikes an area besides may do so without a teleport.
	if refusal == nil && d.act.Teleport > 0 && (a.point != nil || want.Kind != content.TargetArea) {
		refusal = t.aimedTeleport(actor, d, a.point)
	}
	return task, refusal
}

// aimedCreatures checks the creatures that were chosen.
func (t *table) aimedCreatures(actor *Creature, d *deed, a aim) ([]string, *Refusal) {
	want := &d.act.Target
	count := max(want.Count, 1) + want.CountPerSlot*d.above()
	if want.Kind == content.TargetCreature {
		count = 1 + want.CountPerSlot*d.above()
	}
	if n := len(a.targets); n < 1 || n > count {
		return nil, refuse(CodeWrongCount, "%s takes 1 to %d targets, not %d.", d.name, count, n).with("most", count)
	}
	for i, id := range a.targets {
		if !want.Repeat && slices.Index(a.targets, id) != i {
			return nil, refuse(CodeWrongCount, "%s takes each target only once.", d.name)
		}
		if refusal := t.aimedCreature(actor, d, id); refusal != nil {
			return nil, refusal
		}
		if want.Sight && (i == 0 || want.Spread == 0) && !t.sees(actor, t.creature(id)) {
			return nil, refuse(CodeNotSeen, "%s does not see %s.", actor.Name, t.creature(id).Name)
		}
		if want.Spread > 0 && distance(t.creature(a.targets[0]), t.creature(id)) > want.Spread {
			return nil, refuse(CodeOutOfRange, "The targets of %s must be within %d feet of each other.", d.name, want.Spread)
		}
	}
	return slices.Clone(a.targets), nil
}

// aimedCreature refuses a creature that is out of range, behind total cover,
// not seen, or nothing that the deed works on.
func (t *table) aimedCreature(actor *Creature, d *deed, id string) *Refusal {
	if d.act.Attack != nil {
		_, _, refusal := t.attackTarget(actor, d, id)
		return refusal
	}
	target := t.creature(id)
	if target == nil {
		return refuse(CodeUnknownCreature, "There is no creature %.40q.", id)
	}
	if refusal := t.suits(d, target); refusal != nil {
		return refusal
	}
	if target.removed() {
		return refuse(CodeInvalidTarget, "%s is not here.", target.Name)
	}
	harms := len(d.act.Damage) > 0 || d.act.Save != nil
	if harms && target.Status != Dead {
		if _, refusal := t.victim(actor, id); refusal != nil {
			return refusal
		}
	}
	limit := max(d.act.Target.Range, 5)
	if away := distance(actor, target); away > limit {
		return refuse(CodeOutOfRange, "%s is %d feet away; %s carries %d.", target.Name, away, d.name, limit).
			with("distance", away).with("limit", limit)
	}
	if actor != target && t.ground.Cover(actor.space(), target.space(), nil) == grid.TotalCover {
		return refuse(CodeNoLine, "%s is behind total cover.", target.Name)
	}
	return nil
}

// aimedPoint checks a square that was chosen: on the map, in range, with a
// clear path.
func (t *table) aimedPoint(actor *Creature, d *deed, point *Point) *Refusal {
	if refusal := t.inReach(actor, d, point, d.act.Target.Range); refusal != nil {
		return refusal
	}
	if !t.ground.Sees(actor.space(), grid.Space{At: grid.Point(*point), Side: 1}) {
		return refuse(CodeNoLine, "There is no clear path to that square.")
	}
	return nil
}

// aimedTeleport checks where a creature is to appear: in range, where it sees,
// and where it finds room.
func (t *table) aimedTeleport(c *Creature, d *deed, point *Point) *Refusal {
	if refusal := t.inReach(c, d, point, d.act.Teleport); refusal != nil {
		return refusal
	}
	there := c.spaceAt(*point)
	if !t.seesInto(c, there) {
		return refuse(CodeNotSeen, "%s does not see that square.", c.Name)
	}
	if !t.ground.Fits(there) || t.crowded(c, there) {
		return refuse(CodeSquareOccupied, "%s finds no room at %v.", c.Name, *point)
	}
	return nil
}

// inReach refuses a square that is not on the map, or too far away.
func (t *table) inReach(actor *Creature, d *deed, point *Point, limit int) *Refusal {
	if point == nil || !t.Map.contains(*point) {
		return refuse(CodeInvalidPoint, "%s wants a square on the map.", d.name)
	}
	if away := squaresAway(actor, *point); away > limit {
		return refuse(CodeOutOfRange, "That square is %d feet away; %s carries %d.", away, d.name, limit).
			with("distance", away).with("limit", limit)
	}
	return nil
}

// aimedArea places the area and lists who is in it, by id.
func (t *table) aimedArea(actor *Creature, d *deed, a aim) ([]string, *Refusal) {
	area, refusal := t.placed(actor, d.name, d.act.Target.Area, d.act.Target.Range, a.point)
	if refusal != nil {
		return nil, refusal
	}
	list := t.within(actor, area, d.act.Target.Affects, a.spared)
	return slices.DeleteFunc(list, func(id string) bool { return t.suits(d, t.creature(id)) != nil }), nil
}

// within lists who is in an area and concerned, sorted: each at its own height.
func (t *table) within(actor *Creature, area grid.Area, affects content.Affects, spared []string) []string {
	covered := map[int][]grid.Point{}
	var list []string
	for i := range t.Creatures {
		c := &t.Creatures[i]
		if !t.present(c) || !concerned(actor, c, affects) || slices.Contains(spared, c.ID) && affects == content.AffectsChosen {
			continue
		}
		space := c.space()
		level := max(space.Level, min(area.Level, space.Level+space.Side-1))
		squares, known := covered[level]
		if !known {
			squares = t.ground.Covered(area, t.Options.coverage(), level)
			covered[level] = squares
		}
		if slices.ContainsFunc(squares, space.Contains) {
			list = append(list, c.ID)
		}
	}
	return list
}

// concerned tells whether an area of one creature concerns another.
func concerned(owner, c *Creature, affects content.Affects) bool {
	switch affects {
	case content.AffectsEnemies:
		return enemies(owner, c)
	case content.AffectsAllies:
		return !enemies(owner, c)
	default:
		return true
	}
}

// placed puts an area on the map: an emanation around the actor, a cone, a
// line or a cube from it towards the point, anything else at the point. The
// origin of what has a range is the corner of least x and y of the square.
func (t *table) placed(actor *Creature, name string, area *content.Area, reach int, point *Point) (grid.Area, *Refusal) {
	placed := grid.Area{Shape: grid.Shape(area.Shape), Size: area.Size, Width: area.Width, Source: actor.space(), Level: actor.space().Level}
	if area.Shape == content.Emanation || reach == 0 && point == nil && (area.Shape == content.Sphere || area.Shape == content.Cylinder) {
		placed.Origin = grid.Centre(actor.space())
		return placed, nil
	}
	if point == nil || !t.Map.contains(*point) {
		return placed, refuse(CodeInvalidPoint, "%s wants a square on the map.", name)
	}
	at := grid.Space{At: grid.Point(*point), Side: 1}
	directed := area.Shape == content.Cone || area.Shape == content.Line || area.Shape == content.Cube
	if directed && reach == 0 {
		if actor.space().Contains(grid.Point(*point)) {
			return placed, refuse(CodeInvalidPoint, "%s wants a direction: a square beside its maker.", name)
		}
		placed.Origin, placed.Toward = grid.Edge(actor.space(), grid.Centre(at)), grid.Centre(at)
		return placed, nil
	}
	if away := grid.Distance(actor.space(), at); away > reach {
		return placed, refuse(CodeOutOfRange, "That square is %d feet away; %s carries %d.", away, name, reach).
			with("distance", away).with("limit", reach)
	}
	if t.ground.Cover(actor.space(), at, nil) == grid.TotalCover {
		return placed, refuse(CodeNoLine, "There is no clear path to that square.")
	}
	placed.Origin, placed.Source = grid.Corner(grid.Point(*point)), grid.Space{}
	placed.Level = actor.relief[*point] / grid.Square
	if directed {
		// Away from the caster: a wall or a cube grows from its point.
		from, to := grid.Centre(actor.space()), grid.Centre(at)
		placed.Toward = grid.Spot{placed.Origin[0] + to[0] - from[0], placed.Origin[1] + to[1] - from[1]}
		if area.Shape == content.Cube {
			placed.Toward = grid.Spot{placed.Origin[0] + 1, placed.Origin[1] + 1}
		}
		if placed.Toward == placed.Origin {
			placed.Toward[0]++
		}
	}
	return placed, nil
}

// affectable tells whether an activity can do something to a creature now.
func (t *table) affectable(d *deed, target *Creature) bool {
	if d.act.Revive > 0 {
		return target.Status == Dead
	}
	if !t.present(target) {
		return false
	}
	if d.spell != nil && t.immuneToSpell(target, d.spell.ID) {
		return false
	}
	return t.suits(d, target) == nil
}

func (t *table) immuneToSpell(c *Creature, id string) bool {
	immune := false
	t.each(c, func(m *content.Modifier, _ origin) {
		immune = immune || m.Kind == content.KindSpellImmunity && slices.Contains(m.Spells, id)
	})
	return immune
}

// suits refuses a target that an activity does not work on.
func (t *table) suits(d *deed, target *Creature) *Refusal {
	want := &d.act.Target
	kind := target.block.Type
	switch {
	case len(want.Types) > 0 && !slices.Contains(want.Types, kind), slices.Contains(want.NotTypes, kind):
		return refuse(CodeWrongTarget, "%s does not work on a %s such as %s.", d.name, kind, target.Name)
	case want.MaxSize != "" && bulk(target.size()) > bulk(want.MaxSize):
		return refuse(CodeTooBig, "%s is too big for %s.", target.Name, d.name)
	case want.Dead != (target.Status == Dead) && (want.Dead || d.act.Revive == 0):
		return refuse(CodeTargetDown, "%s is %s.", target.Name, target.Status)
	case len(want.Conditions) > 0 && !slices.ContainsFunc(want.Conditions, func(id ConditionID) bool { return t.has(target, id) }):
		return refuse(CodeWrongTarget, "%s only works on who is %s.", d.name, want.Conditions[0])
	}
	return nil
}
