// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"strings"
)

// View names what one kind of viewer may see. Treat it as opaque: ViewFor is
// the only place that knows who sees what.
type View string

// The views. All game masters see the same, so do all players and all
// spectators: one encoding of an update serves them all. To the public all
// creatures are what the game master's are to players.
const (
	ViewGM     View = "gm"
	ViewTable  View = "table"
	ViewPublic View = "public"
)

// ViewFor gives the view of an actor.
func ViewFor(a Actor) View {
	switch a.Role {
	case RoleGM:
		return ViewGM
	case RolePlayer:
		return ViewTable
	default:
		return ViewPublic
	}
}

// Views lists every view that ViewFor can give, each after those that see more.
func Views() []View { return []View{ViewGM, ViewTable, ViewPublic} }

// Leaf is one value of a view: a JSON Pointer and canonical JSON, which is
// compact, with sorted keys, and escapes nothing that need not be.
type Leaf struct {
	Path  string
	Value json.RawMessage
}

// Health is what everyone can see of a creature's hit points.
type Health string

// The bands of health (Rules Glossary: Bloodied is half or less).
const (
	Unhurt            Health = "unhurt"
	Hurt              Health = "hurt"
	Bloodied          Health = "bloodied"
	HealthUnconscious Health = "unconscious"
	HealthDead        Health = "dead"
)

func healthOf(hp, maxHP int) Health {
	switch {
	case hp == maxHP:
		return Unhurt
	case hp*2 > maxHP:
		return Hurt
	default:
		return Bloodied
	}
}

func (c *Creature) health() Health {
	if c.Status != Standing {
		return Health(c.Status)
	}
	return healthOf(c.HP, c.block.HP.Max)
}

// secretID tells whether an id is that of a creature whose numbers a view does
// not see. An unknown id is secret.
func (s *State) secretID(v View, id string) bool {
	c := s.creature(id)
	return c == nil || c.secretTo(v)
}

// secretTo tells whether a view does not see a creature's numbers.
func (c *Creature) secretTo(v View) bool {
	return v == ViewPublic || v != ViewGM && c.secret()
}

// Entities are the parts of a view that are rendered on their own: "map",
// "combat", "zones", and for each creature "creatures/<id>" and the never changing
// "creatures/<id>/sheet".
const (
	entityMap      = "map"
	entityCombat   = "combat"
	entityZones    = "zones"
	entityCreature = "creatures/"
	suffixSheet    = "/sheet"
)

// Entities lists all entities, in a fixed order.
func (s *State) Entities() []string {
	list := make([]string, 0, 3+2*len(s.Creatures))
	list = append(list, entityMap, entityCombat, entityZones)
	for i := range s.Creatures {
		name := entityCreature + s.Creatures[i].ID
		list = append(list, name, name+suffixSheet)
	}
	return list
}

// Render gives what a view sees of an entity, sorted by path. A path that an
// earlier render of the entity had and this one has not was removed. An
// unknown entity has no leaves.
func (s *State) Render(v View, entity string) []Leaf {
	var l Leaves
	s.RenderTo(&l, v, entity)
	var list []Leaf
	for i := range l.Len() {
		list = append(list, Leaf{l.Path(i), l.Value(i)})
	}
	return list
}

// RenderTo adds what Render gives to l, also where that is nothing.
func (s *State) RenderTo(l *Leaves, v View, entity string) {
	switch entity {
	case entityMap:
		s.renderMap(l)
		return
	case entityCombat:
		s.renderCombat(l, v)
		return
	case entityZones:
		s.renderZones(l)
		return
	}
	rest, isCreature := strings.CutPrefix(entity, entityCreature)
	id, isSheet := strings.CutSuffix(rest, suffixSheet)
	creature := s.creature(id)
	switch {
	case !isCreature || creature == nil:
		l.Begin("", "")
	case isSheet:
		s.renderSheet(l, creature, v)
	default:
		s.renderCreature(l, creature, v)
	}
}

// Redact gives what a view sees of events, one JSON object with "type" each;
// an event that it may not see at all is left out. It looks only at what
// never changes in play, so it may be asked before or after Apply.
func (s *State) Redact(v View, list []Event) []json.RawMessage {
	var w Texts
	s.RedactTo(&w, v, list)
	return w.list
}

// RedactTo adds what Redact gives to w.
func (s *State) RedactTo(w *Texts, v View, list []Event) {
	w.expect(len(list))
	for _, event := range list {
		var seen any = event
		if v != ViewGM {
			seen = event.redact(s, v)
		}
		if seen == nil {
			continue
		}
		if err := w.add(event.Kind(), seen); err != nil {
			panic("rules: an event does not encode: " + err.Error())
		}
	}
}
