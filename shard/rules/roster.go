// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// AddCreature brings a creature to the table, also into a fight that goes on:
// it stands at its position and takes its place in the order of initiative. It
// stays for the fights that follow. It is the game master's command.
type AddCreature struct {
	// Combatant is as in a scenario. Its stat block is one of the session's, or
	// of Content.
	Combatant Combatant `json:"combatant"`
	// Content is what the session does not have yet of stat blocks, spells and
	// weapons.
	Content content.Bundle `json:"content,omitzero"`
	// Initiative is its count in the order; without it, it is rolled.
	Initiative *int `json:"initiative,omitempty"`
}

// Kind names the command.
func (AddCreature) Kind() string { return "add_creature" }

// maxInitiative bounds the count that a game master can give.
const maxInitiative = 99

func (c AddCreature) decide(t *table) *Refusal {
	if t.by.Role != RoleGM {
		return refuse(CodeRoleNotAllowed, "Only a game master brings in creatures.")
	}
	event, refusal := t.newcomer(c)
	if refusal != nil {
		return refusal
	}
	if t.Combat.Phase == Fighting {
		t.placeInOrder(&event, c.Initiative)
	} else {
		event.Place = len(t.Combat.Order)
	}
	t.emit(event)
	if added := t.creature(event.Combatant.ID); t.broken == nil && t.Combat.Phase == Fighting && added.Lurks {
		t.hides(added)
	}
	return nil
}

// newcomer checks who is to come and gathers the content it needs.
func (t *table) newcomer(c AddCreature) (CreatureAdded, *Refusal) {
	who := c.Combatant
	p := &content.Problems{}
	who.check(p, "combatant")
	if c.Initiative != nil {
		p.Between("initiative", *c.Initiative, -maxInitiative, maxInitiative)
	}
	if err := c.Content.Validate(); err != nil {
		p.Addf("content", "%v", err)
	}
	switch {
	case p.Err() != nil:
		return CreatureAdded{}, refuse(CodeMalformedCommand, "%v", p.Err())
	case t.creature(who.ID) != nil:
		return CreatureAdded{}, refuse(CodeIDTaken, "%s is at the table already; give the newcomer another id.", who.ID)
	case len(t.Creatures) >= MaxCombatants:
		return CreatureAdded{}, refuse(CodeTableFull, "There are %d creatures already, which is all there can be.", MaxCombatants)
	}
	event := CreatureAdded{Combatant: who, By: t.by.Player}
	if who.StatBlock == "" {
		block := who.block()
		block.ID, block.Name = fmt.Sprintf("%s%.30s", inlinePrefix, who.ID), who.Name
		event.Block = &block
	} else if !t.hasBlock(who.StatBlock) {
		block := c.Content.Creature(who.StatBlock)
		if block == nil {
			return CreatureAdded{}, refuse(CodeUnknownBlock, "The session has no stat block %.40q, and none came with the command.", who.StatBlock)
		}
		full := *block
		full.Actions = armed(&full, &c.Content)
		event.Block = &full
		for _, id := range spellsOf(&full) {
			if t.spell(id) == nil && !slices.ContainsFunc(event.Spells, func(s content.Spell) bool { return s.ID == id }) {
				event.Spells = append(event.Spells, *c.Content.Spell(id))
			}
		}
	}
	if event.Block != nil && t.hasBlock(event.Block.ID) {
		return CreatureAdded{}, refuse(CodeIDTaken, "There is a stat block %.40q already.", event.Block.ID)
	}
	if !t.finds(event) {
		return CreatureAdded{}, refuse(CodeSquareOccupied, "%s finds no room at %v.", who.Name, who.Position)
	}
	return event, nil
}

func (s *State) hasBlock(id string) bool {
	return slices.ContainsFunc(s.Blocks, func(b content.Creature) bool { return b.ID == id })
}

// finds tells whether a newcomer has room where it is to stand.
func (t *table) finds(e CreatureAdded) bool {
	c := e.creature(t.State)
	return t.ground.Fits(c.space()) && !t.crowded(&c, c.space())
}

// placeInOrder rolls initiative for who comes into a fight, and finds its place:
// behind all who have as much or more.
func (t *table) placeInOrder(e *CreatureAdded, given *int) {
	c := e.creature(t.State)
	if given != nil {
		e.Count = *given
	} else {
		roll := t.initiativeRoll(&c)
		e.Roll, e.Count = &roll, roll.Total
	}
	e.Place = len(t.Combat.Order)
	for place, placing := range t.Combat.Order {
		if placing.Count < e.Count {
			e.Place = place
			return
		}
	}
}

// CreatureAdded brings a creature to the table: an override of a game master.
type CreatureAdded struct {
	Combatant Combatant `json:"combatant"`
	// Block and Spells are what of its content the session did not have.
	Block  *content.Creature `json:"block,omitempty"`
	Spells []content.Spell   `json:"spells,omitempty"`
	// Place is the one it takes in the order, with Count, which Roll came to.
	Place int      `json:"place"`
	Count int      `json:"count"`
	Roll  *D20Roll `json:"roll,omitempty"`
	By    string   `json:"by"`
}

// Kind names the event.
func (CreatureAdded) Kind() string { return "creature_added" }

// creature makes the creature, as a fight begins for it.
func (e CreatureAdded) creature(s *State) Creature {
	who := &e.Combatant
	c := Creature{
		ID: who.ID, Name: who.Name, Kind: who.kind(), Side: who.Side, Controller: who.Controller, Group: who.Group,
		Block: who.StatBlock, Start: who.Position, Surprise: who.Surprised, Lurks: who.Hidden, block: e.Block,
		relief: s.Map.relief(), rules: editionOf(s.Ruleset),
	}
	if e.Block != nil {
		c.Block = e.Block.ID
	}
	for i := range s.Blocks {
		if s.Blocks[i].ID == c.Block {
			c.block = &s.Blocks[i]
		}
	}
	if c.block != nil {
		c.restore()
	}
	return c
}

func (e CreatureAdded) apply(s *State) error {
	if s.creature(e.Combatant.ID) != nil || len(s.Creatures) >= MaxCombatants || s.Window != nil ||
		e.Place < 0 || e.Place > len(s.Combat.Order) || e.Count < -maxCount || e.Count > maxCount {
		return fmt.Errorf("%.40q cannot come", e.Combatant.ID)
	}
	if e.Block != nil && (s.hasBlock(e.Block.ID) || !content.ValidID(e.Block.ID)) {
		return fmt.Errorf("there is a stat block %.40q already", e.Block.ID)
	}
	next := *s
	if e.Block != nil {
		next.Blocks = sortedWith(s.Blocks, *e.Block, func(b content.Creature) string { return b.ID })
	}
	for _, spell := range e.Spells {
		if s.spell(spell.ID) != nil {
			return fmt.Errorf("there is a spell %.40q already", spell.ID)
		}
		next.Spells = sortedWith(next.Spells, spell, func(s content.Spell) string { return s.ID })
	}
	if err := next.checkContent(); err != nil {
		return err
	}
	c := e.creature(&next)
	if c.block == nil {
		return fmt.Errorf("%q has no stat block", c.ID)
	}
	next.Creatures = sortedWith(s.Creatures, c, func(c Creature) string { return c.ID })
	if e.Combatant.StatBlock == "" && e.Block == nil {
		return fmt.Errorf("%q has no stat block", c.ID)
	}
	if err := next.checkCreature(&c); err != nil {
		return err
	}
	if e.Roll != nil && len(e.Roll.Faces) > 0 {
		if err := next.rolled(func(k *rollCheck) error { return k.d20(e.Roll) }); err != nil {
			return err
		}
	}
	if s.Combat.Phase != Idle {
		next.Combat.Order = slices.Insert(slices.Clone(s.Combat.Order), e.Place, Placing{Creature: c.ID, Count: e.Count})
		if e.Place <= s.Combat.Turn && s.Combat.Phase == Fighting {
			next.Combat.Turn++
		}
	}
	for i := range next.Creatures {
		at, _ := slices.BinarySearchFunc(next.Blocks, next.Creatures[i].Block, func(b content.Creature, id string) int { return cmp.Compare(b.ID, id) })
		next.Creatures[i].block = &next.Blocks[at]
	}
	*s = next
	return nil
}

// sortedWith gives a new list with one more, sorted by id.
func sortedWith[T any](list []T, more T, id func(T) string) []T {
	at, _ := slices.BinarySearchFunc(list, id(more), func(x T, want string) int { return cmp.Compare(id(x), want) })
	out := make([]T, 0, len(list)+1)
	return append(append(append(out, list[:at]...), more), list[at:]...)
}

func (e CreatureAdded) touch(t *touched) {
	t.combat()
	t.creature(e.Combatant.ID)
	t.sheet(e.Combatant.ID)
}

// What is seen of a newcomer beside the event is rendered as of all creatures.
func (e CreatureAdded) redact(*State, View) any {
	return struct {
		Creature string `json:"creature"`
		Name     string `json:"name"`
		Side     string `json:"side"`
		Place    int    `json:"place"`
		Count    int    `json:"count"`
		By       string `json:"by"`
	}{e.Combatant.ID, e.Combatant.Name, e.Combatant.Side, e.Place, e.Count, e.By}
}

// RemoveCreature takes a creature from the table, with what hangs on it. It is
// the game master's command.
type RemoveCreature struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (RemoveCreature) Kind() string { return "remove_creature" }

func (r RemoveCreature) decide(t *table) *Refusal {
	c, refusal := t.overrides(r.Creature)
	switch {
	case refusal != nil:
		return refusal
	case t.onTurn() == c:
		return refuse(CodeItsTurn, "It is the turn of %s: end it first.", c.Name)
	case len(t.Creatures) <= MinCombatants:
		return refuse(CodeTooFew, "A table needs at least %d creatures.", MinCombatants)
	}
	t.detach(c)
	t.emit(CreatureRemoved{Creature: c.ID, By: t.by.Player})
	t.checkEnd()
	return nil
}

// detach ends what cannot go on without a creature: its concentration, its
// zones, its grip, what counts its turns, and spells that hold nobody else.
func (t *table) detach(c *Creature) {
	const reason = "it left the table"
	if c.Concentration != nil {
		t.endConcentration(c, reason)
	}
	for _, zone := range slices.Clone(t.Zones) {
		if zone.Owner == c.ID {
			t.emit(ZoneEnded{Zone: zone.ID, Name: zone.Name, Reason: reason})
		}
	}
	for i := range t.Creatures {
		other := &t.Creatures[i]
		for _, e := range slices.Clone(other.Effects) {
			bound := e.Source == c.ID && (slices.Contains(e.Body.EndsOn, content.EndOnSourceOut) || slices.Contains(e.Body.EndsOn, content.EndOnDistance))
			if other != c && (bound || e.Until != nil && e.Until.Of == c.ID) && other.effect(e.ID) != nil {
				t.endEffect(other, e.ID, reason)
			}
		}
	}
	for _, e := range slices.Clone(c.Effects) {
		if e.Hold > 0 && c.effect(e.ID) != nil {
			t.emit(EffectEnded{Target: c.ID, Effect: e.ID, Name: e.Name, Reason: reason})
			t.dropHold(e.Hold)
		}
	}
}

// CreatureRemoved takes a creature from the table: an override of a game master.
type CreatureRemoved struct {
	Creature string `json:"creature"`
	By       string `json:"by"`
}

// Kind names the event.
func (CreatureRemoved) Kind() string { return "creature_removed" }

func (e CreatureRemoved) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || s.onTurn() == c || len(s.Creatures) <= MinCombatants || s.Window != nil ||
		slices.ContainsFunc(s.Zones, func(z Zone) bool { return z.Owner == e.Creature }) {
		return fmt.Errorf("%.40q cannot leave", e.Creature)
	}
	s.Creatures = slices.DeleteFunc(slices.Clone(s.Creatures), func(c Creature) bool { return c.ID == e.Creature })
	if place := slices.IndexFunc(s.Combat.Order, func(p Placing) bool { return p.Creature == e.Creature }); place >= 0 {
		s.Combat.Order = slices.Delete(slices.Clone(s.Combat.Order), place, place+1)
		if place < s.Combat.Turn {
			s.Combat.Turn--
		}
	}
	return nil
}

func (e CreatureRemoved) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
	t.sheet(e.Creature)
}

func (e CreatureRemoved) redact(*State, View) any { return e }
