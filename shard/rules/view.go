// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"strings"
)

// View names what one kind of viewer may see. Treat it as opaque: ViewFor is
// the only place that knows who sees what.
type View string

// The views. Everyone who is not a game master sees the same, so one encoding
// of an update serves them all.
const (
	ViewGM    View = "gm"
	ViewTable View = "table"
)

// ViewFor gives the view of an actor.
func ViewFor(a Actor) View {
	if a.Role == RoleGM {
		return ViewGM
	}
	return ViewTable
}

// Views lists every view that ViewFor can give.
func Views() []View { return []View{ViewGM, ViewTable} }

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
	return healthOf(c.HP, c.Sheet.MaxHP)
}

// secretID tells whether an id is that of a creature with secret numbers. An
// unknown id is secret.
func (s *State) secretID(id string) bool {
	c := s.creature(id)
	return c == nil || c.secret()
}

// Entities are the parts of a view that are rendered on their own: "map",
// "combat", and for each creature "creatures/<id>" and the never changing
// "creatures/<id>/sheet".
const (
	entityMap      = "map"
	entityCombat   = "combat"
	entityCreature = "creatures/"
	suffixSheet    = "/sheet"
)

// Entities lists all entities, in a fixed order.
func (s *State) Entities() []string {
	list := make([]string, 0, 2+2*len(s.Creatures))
	list = append(list, entityMap, entityCombat)
	for i := range s.Creatures {
		name := entityCreature + s.Creatures[i].Sheet.ID
		list = append(list, name, name+suffixSheet)
	}
	return list
}

// Render gives what a view sees of an entity, sorted by path. A path that an
// earlier render of the entity had and this one has not was removed. An
// unknown entity has no leaves.
func (s *State) Render(v View, entity string) []Leaf {
	switch entity {
	case entityMap:
		return s.renderMap()
	case entityCombat:
		return s.renderCombat(v)
	}
	rest, isCreature := strings.CutPrefix(entity, entityCreature)
	id, isSheet := strings.CutSuffix(rest, suffixSheet)
	creature := s.creature(id)
	switch {
	case !isCreature || creature == nil:
		return nil
	case isSheet:
		return creature.renderSheet(v)
	default:
		return creature.render(v)
	}
}

func (s *State) renderMap() []Leaf {
	out := newLeaves("/map/", 3)
	out.value("blocked", s.Map.Blocked)
	out.int("height", s.Map.Height)
	out.int("width", s.Map.Width)
	return out.list
}

func (s *State) renderCombat(v View) []Leaf {
	combat := &s.Combat
	current := s.onTurn()
	budgetSeen := current != nil && (v == ViewGM || !current.secret())
	out := newLeaves("/combat/", 8)
	if budgetSeen {
		out.bool("action", combat.Budget.Actions > 0)
	}
	out.int("fight", combat.Fight)
	if budgetSeen {
		out.int("movement", combat.Budget.Movement)
	}
	out.order("order", combat.Order)
	out.string("phase", string(combat.Phase))
	out.int("round", combat.Round)
	if current != nil {
		out.string("turn", current.Sheet.ID)
	}
	if combat.Phase == Over {
		out.string("winner", combat.Winner)
	}
	return out.list
}

// render gives what changes in play.
func (c *Creature) render(v View) []Leaf {
	out := newLeaves(c.prefix(), 5)
	out.bool("dodging", c.Dodging)
	out.string("health", string(c.health()))
	if v == ViewGM || !c.secret() {
		out.int("hp", c.HP)
	}
	out.point("position", c.Position)
	out.string("status", string(c.Status))
	return out.list
}

// renderSheet gives what never changes in play.
func (c *Creature) renderSheet(v View) []Leaf {
	sheet, open := &c.Sheet, v == ViewGM || !c.secret()
	out := newLeaves(c.prefix(), 16)
	if open {
		out.int("ac", sheet.AC)
		out.value("attacks", attackLeaves(sheet.Attacks))
	}
	out.string("controller", sheet.Controller)
	if open {
		out.value("damageAdjustments", adjustmentLeaves(sheet.DamageAdjustments))
		out.int("dexterity", sheet.Dexterity)
		out.string("group", sheet.Group)
		out.value("immunities", sheet.Immunities)
	}
	out.string("kind", string(sheet.Kind))
	if open {
		out.int("maxHP", sheet.MaxHP)
	}
	out.string("name", sheet.Name)
	if open {
		out.value("resistances", sheet.Resistances)
	}
	out.string("side", sheet.Side)
	if open {
		out.int("speed", sheet.Speed)
		out.value("vulnerabilities", sheet.Vulnerabilities)
	}
	return out.list
}

func (c *Creature) prefix() string { return "/creatures/" + c.Sheet.ID + "/" }

// Redact gives what a view sees of events, one JSON object with "type" each;
// an event that it may not see at all is left out. It looks only at what
// never changes in play, so it may be asked before or after Apply.
func (s *State) Redact(v View, list []Event) []json.RawMessage {
	out := make([]json.RawMessage, 0, len(list))
	for _, event := range list {
		var seen any = event
		if v != ViewGM {
			seen = event.redact(s, v)
		}
		if seen == nil {
			continue
		}
		encoded, err := encodeTyped(event.Kind(), seen)
		if err != nil {
			panic("rules: an event does not encode: " + err.Error())
		}
		out = append(out, encoded)
	}
	return out
}
