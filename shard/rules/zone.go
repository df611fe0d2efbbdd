// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// Zone is an area that stays on the map: a cloud, a wall, an aura.
type Zone struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Owner  string `json:"owner"`
	Origin string `json:"origin"`
	Level  int    `json:"level,omitempty"`
	// Above is how many levels above its own the spell was cast.
	Above int          `json:"above,omitempty"`
	Body  content.Zone `json:"body"`
	DC    int          `json:"dc,omitempty"`
	// Squares it covers; none if it follows its owner, Reach feet around.
	Squares []Point  `json:"squares,omitempty"`
	Reach   int      `json:"reach,omitempty"`
	Spared  []string `json:"spared,omitempty"`
	Until   *Until   `json:"until,omitempty"`
	Hold    int      `json:"hold,omitempty"`
	// Struck lists who it struck this turn.
	Struck []string `json:"struck,omitempty"`
}

const (
	maxZones   = 32
	maxSquares = 4000
)

// inZone tells whether a creature is in a zone.
func (s *State) inZone(z *Zone, c *Creature) bool { return s.zoneHolds(z, c.space()) }

// zoneHolds tells whether a space touches a zone.
func (s *State) zoneHolds(z *Zone, space grid.Space) bool {
	if z.Reach > 0 {
		owner := s.creature(z.Owner)
		return owner != nil && s.present(owner) && s.reaches(z, owner.space(), space)
	}
	for y := range space.Side {
		for x := range space.Side {
			at := Point{space.At[0] + x, space.At[1] + y}
			if _, found := slices.BinarySearchFunc(z.Squares, at, comparePoints); found {
				return true
			}
		}
	}
	return false
}

// silenceOver gives a silent zone that a creature is wholly inside of; nil if there is
// none.
func (s *State) silenceOver(c *Creature) *Zone {
	for i := range s.Zones {
		if z := &s.Zones[i]; z.Body.Silent && s.concerns(z, c) && s.zoneCovers(z, c.space()) {
			return z
		}
	}
	return nil
}

// zoneCovers tells whether a space is wholly inside a zone.
func (s *State) zoneCovers(z *Zone, space grid.Space) bool {
	for y := range space.Side {
		for x := range space.Side {
			if !s.zoneHolds(z, grid.Space{At: grid.Point{space.At[0] + x, space.At[1] + y}, Side: 1, Level: space.Level}) {
				return false
			}
		}
	}
	return true
}

// reaches tells whether an aura touches a space while its owner fills another.
func (s *State) reaches(z *Zone, owner, space grid.Space) bool {
	return grid.Distance(owner, space) <= z.Reach && s.ground.Cover(owner, space, nil) != grid.TotalCover
}

// crossed gives the tasks of the zones that a way of a creature, square by square,
// leads into: those that it enters, and its own that come over others.
func (t *table) crossed(c *Creature, before Point, way ...Point) []Task {
	if len(t.Zones) == 0 {
		return nil
	}
	var list []Task
	for _, to := range way {
		from, at := c.spaceAt(before), c.spaceAt(to)
		for i := range t.Zones {
			z := &t.Zones[i]
			switch {
			case !slices.Contains(z.Body.Triggers, content.ZoneEnter):
			case z.Reach > 0 && z.Owner == c.ID:
				list = append(list, t.sweeps(z, from, at)...)
			case t.strikes(z, c) && t.zoneHolds(z, at) && !t.zoneHolds(z, from):
				list = append(list, Task{Do: stepZone, Zone: z.ID, Target: c.ID})
			}
		}
		before = to
	}
	return list
}

// sweeps gives the tasks of those over whom an aura comes as its owner moves.
func (t *table) sweeps(z *Zone, from, to grid.Space) []Task {
	var list []Task
	for i := range t.Creatures {
		c := &t.Creatures[i]
		if t.present(c) && t.strikes(z, c) && t.reaches(z, to, c.space()) && !t.reaches(z, from, c.space()) {
			list = append(list, Task{Do: stepZone, Zone: z.ID, Target: c.ID})
		}
	}
	return list
}

// strikes tells whether a zone concerns a creature and has not struck it this turn.
func (t *table) strikes(z *Zone, c *Creature) bool {
	return t.concerns(z, c) && !slices.Contains(z.Struck, c.ID)
}

// concerns tells whether a zone does something to a creature.
func (s *State) concerns(z *Zone, c *Creature) bool {
	owner := s.creature(z.Owner)
	if owner == nil || slices.Contains(z.Spared, c.ID) || z.Reach > 0 && c == owner {
		return false
	}
	return concerned(owner, c, z.Body.Affects)
}

// hard tells whether a zone makes a square difficult terrain.
func (s *State) hard(at grid.Point) bool {
	for i := range s.Zones {
		if z := &s.Zones[i]; z.Body.Difficult && s.zoneHolds(z, grid.Space{At: at, Side: 1}) {
			return true
		}
	}
	return false
}

// addZone puts the zone of an activity on the map.
func (t *table) addZone(actor *Creature, d *deed, task *Task) {
	if len(t.Zones) >= maxZones || !t.held(task.Hold) {
		return
	}
	body := *d.act.Zone
	if body.Area == nil {
		body.Area = d.act.Target.Area
	}
	z := Zone{
		ID: t.Serial + 1, Name: d.name, Owner: actor.ID, Origin: d.ref, Level: d.level, Above: d.above(), Body: body,
		DC: d.dc, Hold: task.Hold, Spared: task.Spared,
	}
	if body.Save != nil && body.Save.DC > 0 {
		z.DC = body.Save.DC
	}
	if body.Follows {
		z.Reach = body.Area.Size
	} else {
		area, refusal := t.placed(actor, d.name, body.Area, d.act.Target.Range, task.Point)
		if refusal != nil {
			return // the place was checked when the spell was aimed
		}
		for _, square := range t.ground.Covered(area, t.Options.coverage(), area.Level) {
			z.Squares = append(z.Squares, Point(square))
		}
		slices.SortFunc(z.Squares, comparePoints)
	}
	if body.Rounds > 0 {
		z.Until = &Until{Of: actor.ID, At: content.OnTurnStart, Turns: body.Rounds}
	}
	t.emit(ZoneAdded{Zone: z})
	if body.Now {
		for i := range t.Creatures {
			if c := &t.Creatures[i]; t.present(c) && t.concerns(&z, c) && t.inZone(&z, c) {
				t.push(Task{Do: stepZone, Zone: z.ID, Target: c.ID})
			}
		}
	}
}

// zone finds a zone; nil if it is gone.
func (s *State) zone(id int) *Zone {
	for i := range s.Zones {
		if s.Zones[i].ID == id {
			return &s.Zones[i]
		}
	}
	return nil
}

// zonesAt gives the tasks of the zones that strike a creature at a moment.
func (t *table) zonesAt(c *Creature, when content.ZoneTrigger) []Task {
	var list []Task
	for i := range t.Zones {
		z := &t.Zones[i]
		if slices.Contains(z.Body.Triggers, when) && t.strikes(z, c) && t.inZone(z, c) {
			list = append(list, Task{Do: stepZone, Zone: z.ID, Target: c.ID})
		}
	}
	return list
}

// zoneStrikes lets a zone do what it does to a creature, once a turn.
func (t *table) zoneStrikes(task *Task) {
	z, c := t.zone(task.Zone), t.creature(task.Target)
	if z == nil || c == nil || !t.present(c) || slices.Contains(z.Struck, c.ID) {
		return
	}
	t.emit(ZoneStruck{Zone: z.ID, Creature: c.ID})
	task.Do = stepZoned
	for i := range z.Body.Damage {
		damage := &z.Body.Damage[i]
		roll := t.rollDamage(damage.Dice, damage.Type, 1, false)
		roll.OnSave = damage.OnSave
		task.Rolls = append(task.Rolls, roll)
		if damage.PerSlot != "" && z.Above > 0 {
			roll := t.rollDamage(damage.PerSlot, damage.Type, z.Above, false)
			roll.OnSave, roll.Source = damage.OnSave, "Higher slot"
			task.Rolls = append(task.Rolls, roll)
		}
	}
	if len(task.Rolls) > 0 {
		t.emit(DamageRolled{Source: z.Owner, Name: z.Name, Rolls: task.Rolls})
	}
	if z.Body.Save == nil {
		t.zoneStruck(task)
		return
	}
	t.saveThen(c, saving{
		ability: z.Body.Save.Ability, dc: z.DC, why: z.Name, source: z.Owner, magic: true, against: conditionsOfEffects(z.Body.Effects),
	}, *task)
}

// zoneStruck is what a zone does after the save.
func (t *table) zoneStruck(task *Task) {
	z, c := t.zone(task.Zone), t.creature(task.Target)
	if z == nil || c == nil || !t.present(c) {
		return
	}
	zone := *z
	if len(task.Rolls) > 0 {
		t.strikeWith(c, &blow{source: zone.Owner, name: zone.Name, rolls: task.Rolls, saves: task.Saved, saved: task.Success, evades: t.evades(c, zone.Body.Save)})
	}
	if task.Saved && task.Success || !t.present(c) {
		return
	}
	for i := range zone.Body.Effects {
		body := &zone.Body.Effects[i]
		if slices.ContainsFunc(c.Effects, func(e Effect) bool { return e.Origin == zone.Origin && e.Source == zone.Owner }) {
			continue
		}
		e := Effect{
			Name: cmp.Or(body.Name, zone.Name), Source: zone.Owner, Origin: zone.Origin, Level: zone.Level, Body: *body, DC: zone.DC,
			Magic: true, Hold: zone.Hold, Until: t.until(body.Duration, zone.Owner, c.ID),
		}
		if zone.Body.Save != nil {
			e.Ability = zone.Body.Save.Ability
		}
		if body.Escape != nil && body.Escape.DC == 0 {
			escape := *body.Escape
			escape.DC = zone.DC
			e.Body.Escape = &escape
		}
		t.addEffect(c, e)
	}
}
