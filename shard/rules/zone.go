// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"fmt"
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
		return owner != nil && s.present(owner) && grid.Distance(owner.space(), space) <= z.Reach &&
			s.ground.Cover(owner.space(), space, nil) != grid.TotalCover
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
	if len(t.Zones) >= maxZones {
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
		if slices.Contains(z.Body.Triggers, when) && !slices.Contains(z.Struck, c.ID) && t.concerns(z, c) && t.inZone(z, c) {
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
	task.Saved = true
	task.Success, task.FailBy = t.saveBy(c, saving{
		ability: z.Body.Save.Ability, dc: z.DC, why: z.Name, source: z.Owner, magic: true, against: conditionsOfEffects(z.Body.Effects),
	})
	t.push(*task)
	if !task.Success {
		t.offerResistance(c, z.Name)
	}
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

// ZoneAdded puts a zone on the map.
type ZoneAdded struct {
	Zone Zone `json:"zone"`
}

// Kind names the event.
func (ZoneAdded) Kind() string { return "zone_added" }

func (e ZoneAdded) apply(s *State) error {
	if e.Zone.ID != s.Serial+1 || len(s.Zones) >= maxZones {
		return fmt.Errorf("zone %d cannot be added", e.Zone.ID)
	}
	if err := s.checkZone(&e.Zone); err != nil {
		return err
	}
	s.Serial++
	s.Zones = append(slices.Clone(s.Zones), e.Zone)
	return nil
}

// checkZone tells what in a zone cannot be.
func (s *State) checkZone(z *Zone) error {
	p := &content.Problems{}
	p.Name("name", z.Name)
	p.Between("dc", z.DC, 0, MaxDC)
	p.Between("level", z.Level, 0, 9)
	p.Between("above", z.Above, 0, 9)
	p.Between("reach", z.Reach, 0, content.MaxArea)
	if z.Until != nil {
		p.Between("until.turns", z.Until.Turns, 0, maxCount)
	}
	z.Body.Validate(p, "body")
	if err := p.Err(); err != nil {
		return err
	}
	if s.creature(z.Owner) == nil || len(z.Squares) > maxSquares || len(z.Struck) > MaxCombatants || len(z.Spared) > MaxCombatants ||
		!slices.IsSortedFunc(z.Squares, comparePoints) {
		return fmt.Errorf("zone %d is out of its bounds", z.ID)
	}
	return nil
}

func (ZoneAdded) touch(t *touched) { t.zones() }

// zoneSeen is what everyone sees of a zone.
type zoneSeen struct {
	ID        int     `json:"id"`
	Name      string  `json:"name"`
	Owner     string  `json:"owner"`
	Squares   []Point `json:"squares,omitempty"`
	Reach     int     `json:"reach,omitempty"`
	Difficult bool    `json:"difficult,omitempty"`
	Obscured  bool    `json:"obscured,omitempty"`
}

func (z *Zone) seen() zoneSeen {
	return zoneSeen{ID: z.ID, Name: z.Name, Owner: z.Owner, Squares: z.Squares, Reach: z.Reach, Difficult: z.Body.Difficult, Obscured: z.Body.Obscured}
}

func (e ZoneAdded) redact(s *State, v View) any {
	if s.secretID(v, e.Zone.Owner) {
		return struct {
			Zone zoneSeen `json:"zone"`
		}{e.Zone.seen()}
	}
	return e
}

// ZoneStruck remembers that a zone struck a creature this turn.
type ZoneStruck struct {
	Zone     int    `json:"zone"`
	Creature string `json:"creature"`
}

// Kind names the event.
func (ZoneStruck) Kind() string { return "zone_struck" }

func (e ZoneStruck) apply(s *State) error {
	z := s.zone(e.Zone)
	if z == nil || s.creature(e.Creature) == nil || len(z.Struck) >= MaxCombatants {
		return fmt.Errorf("zone %d cannot strike %.40q", e.Zone, e.Creature)
	}
	s.Zones = slices.Clone(s.Zones)
	z = s.zone(e.Zone)
	z.Struck = append(slices.Clip(z.Struck), e.Creature)
	return nil
}

func (ZoneStruck) touch(*touched) {}

func (e ZoneStruck) redact(*State, View) any { return e }

// ZoneEnded takes a zone off the map.
type ZoneEnded struct {
	Zone   int    `json:"zone"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Kind names the event.
func (ZoneEnded) Kind() string { return "zone_ended" }

func (e ZoneEnded) apply(s *State) error {
	if s.zone(e.Zone) == nil {
		return fmt.Errorf("there is no zone %d", e.Zone)
	}
	s.Zones = slices.DeleteFunc(slices.Clone(s.Zones), func(z Zone) bool { return z.ID == e.Zone })
	return nil
}

func (ZoneEnded) touch(t *touched) { t.zones() }

func (e ZoneEnded) redact(*State, View) any { return e }

// ZoneClocked counts a turn towards the end of a zone.
type ZoneClocked struct {
	Zone  int `json:"zone"`
	Turns int `json:"turns"`
}

// Kind names the event.
func (ZoneClocked) Kind() string { return "zone_clocked" }

func (e ZoneClocked) apply(s *State) error {
	z := s.zone(e.Zone)
	if z == nil || z.Until == nil || e.Turns < 0 || e.Turns > maxCount {
		return fmt.Errorf("zone %d cannot count so", e.Zone)
	}
	s.Zones = slices.Clone(s.Zones)
	z = s.zone(e.Zone)
	until := *z.Until
	until.Turns = e.Turns
	z.Until = &until
	return nil
}

func (ZoneClocked) touch(*touched) {}

func (ZoneClocked) redact(*State, View) any { return nil }
