// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

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
	Silent    bool    `json:"silent,omitempty"`
}

func (z *Zone) seen() zoneSeen {
	return zoneSeen{ID: z.ID, Name: z.Name, Owner: z.Owner, Squares: z.Squares, Reach: z.Reach, Difficult: z.Body.Difficult, Obscured: z.Body.Obscured, Silent: z.Body.Silent}
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
