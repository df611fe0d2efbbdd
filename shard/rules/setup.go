// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// New prepares a session: everyone stands at the scenario's position with
// full hit points and nobody fights yet. The scenario must bring all content
// that it names, see Resolve. The seed decides all dice; it must be
// unpredictable to players and is never rendered.
func New(sc Scenario, ruleset string, seed [32]byte) (*State, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if editionOf(ruleset) == nil {
		return nil, fmt.Errorf("%w %.40q: it must be one of %s, %s", ErrRuleset, ruleset, RulesetSRD521, RulesetSRD51)
	}
	s := &State{
		Ruleset: ruleset, Data: sc.Content.Version, Seed: seed,
		Map: sc.Map.clone(), Options: sc.Options,
		Creatures: make([]Creature, len(sc.Combatants)),
		Combat:    Combat{Phase: Idle},
	}
	for i := range sc.Combatants {
		s.Creatures[i] = s.enlist(&sc, &sc.Combatants[i])
	}
	slices.SortFunc(s.Creatures, func(a, b Creature) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Blocks, func(a, b content.Creature) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Spells, func(a, b content.Spell) int { return cmp.Compare(a.ID, b.ID) })
	if err := s.link(); err != nil {
		return nil, err
	}
	for i := range s.Creatures {
		s.Creatures[i].restore()
	}
	return s, nil
}

// enlist makes a creature of a combatant and takes its stat block over.
func (s *State) enlist(sc *Scenario, c *Combatant) Creature {
	creature := Creature{
		ID: c.ID, Name: c.Name, Kind: c.kind(), Side: c.Side, Controller: c.Controller, Group: c.Group,
		Start: c.Position, Surprise: c.Surprised, Lurks: c.Hidden,
	}
	if c.StatBlock == "" {
		creature.Block = s.inline(c)
		return creature
	}
	creature.Block = c.StatBlock
	if !slices.ContainsFunc(s.Blocks, func(b content.Creature) bool { return b.ID == c.StatBlock }) {
		block := *sc.Content.Creature(c.StatBlock)
		block.Actions = armed(&block, &sc.Content)
		s.Blocks = append(s.Blocks, block)
		s.learn(&block, &sc.Content)
	}
	return creature
}

// kind is what it is by itself, or by who plays it.
func (c *Combatant) kind() CreatureKind {
	switch {
	case c.Kind != "":
		return c.Kind
	case c.Controller == GameMaster:
		return Monster
	default:
		return Character
	}
}

// learn takes over the spells that a stat block names.
func (s *State) learn(block *content.Creature, from *content.Bundle) {
	for _, id := range spellsOf(block) {
		if s.spell(id) == nil {
			s.Spells = append(s.Spells, *from.Spell(id))
		}
	}
}

// spellsOf lists the spells that a stat block names.
func spellsOf(block *content.Creature) []string {
	var ids []string
	if block.Spellcasting != nil {
		for _, known := range block.Spellcasting.Spells {
			ids = append(ids, known.ID)
		}
	}
	for i := range block.Actions {
		if id := block.Actions[i].Spell; id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// armed gives actions with what their weapons say filled in.
func armed(block *content.Creature, from *content.Bundle) []content.Action {
	out := slices.Clone(block.Actions)
	for i := range out {
		attack := out[i].Attack
		if attack == nil || attack.Weapon == "" {
			continue
		}
		weapon := from.Weapon(attack.Weapon)
		full := *attack
		full.Kind = cmp.Or(full.Kind, weapon.Kind)
		if len(full.Properties) == 0 {
			full.Properties = weapon.Properties
		}
		full.Mastery = cmp.Or(full.Mastery, weapon.Mastery)
		if full.Kind == Melee && full.Reach == 0 {
			full.Reach = 5
			if slices.Contains(full.Properties, content.Reach) {
				full.Reach = 10
			}
		}
		full.Range, full.LongRange = cmp.Or(full.Range, weapon.Range), cmp.Or(full.LongRange, weapon.LongRange)
		if block.Hands != nil {
			full.Versatile = twoHanded(out[i].Damage, weapon)
		}
		out[i].Attack = &full
	}
	return out
}

// twoHanded gives the damage of a versatile weapon in two hands: the dice of the
// table in place of those of one hand; empty if the attack has others.
func twoHanded(damage []content.Damage, weapon *content.Weapon) string {
	if weapon.Versatile == "" || len(damage) == 0 {
		return ""
	}
	bonus, same := strings.CutPrefix(damage[0].Dice, weapon.Dice)
	if !same || bonus != "" && bonus[0] != '+' && bonus[0] != '-' {
		return ""
	}
	return weapon.Versatile + bonus
}

// inlinePrefix begins the ids of stat blocks that scenarios write inline.
const inlinePrefix = "inline-"

// inline makes a stat block of a combatant's own numbers; equal ones share it.
func (s *State) inline(c *Combatant) string {
	block := c.block()
	form, err := json.Marshal(block)
	if err != nil {
		panic("rules: a stat block does not encode: " + err.Error())
	}
	for i := range s.Blocks {
		if !strings.HasPrefix(s.Blocks[i].ID, inlinePrefix) {
			continue
		}
		other := s.Blocks[i]
		other.ID, other.Name = "", ""
		if raw, err := json.Marshal(other); err == nil && bytes.Equal(raw, form) {
			return s.Blocks[i].ID
		}
	}
	block.ID, block.Name = fmt.Sprintf("%s%03d", inlinePrefix, len(s.Blocks)), c.Name
	s.Blocks = append(s.Blocks, block)
	return block.ID
}

// block gives a combatant's own numbers as a stat block without a name.
func (c *Combatant) block() content.Creature {
	block := content.Creature{
		Size: content.Medium, Type: "humanoid", AC: c.AC, HP: content.HitPoints{Max: c.MaxHP},
		Speed: content.Speed{Walk: c.Speed}, ProficiencyBonus: 2,
		Abilities:   content.Abilities{Str: 10, Dex: c.Dexterity, Con: 10, Int: 10, Wis: 10, Cha: 10},
		Resistances: slices.Clone(c.Resistances), Immunities: slices.Clone(c.Immunities),
		Vulnerabilities: slices.Clone(c.Vulnerabilities), DamageAdjustments: slices.Clone(c.DamageAdjustments),
	}
	for _, a := range c.Attacks {
		action := content.Action{ID: a.ID, Name: a.Name, Cost: content.CostAction, Activity: content.Activity{
			Target: content.Target{Kind: content.TargetCreature},
			Attack: &content.Attack{Kind: a.Kind, Bonus: a.AttackBonus, Reach: a.Reach, Range: a.Range, LongRange: a.LongRange},
		}}
		for _, d := range a.Damage {
			action.Damage = append(action.Damage, content.Damage{Dice: d.Dice, Type: d.Type})
		}
		block.Actions = append(block.Actions, action)
	}
	return block
}

// Resolve gives a scenario that brings all content it names: what it does not
// have itself it takes from the library. The error is a *ScenarioError that
// names what is nowhere.
func Resolve(sc Scenario, library *content.Bundle) (Scenario, error) {
	own := sc.Content
	out := content.Bundle{Version: cmp.Or(own.Version, library.Version)}
	check := &content.Problems{}
	for i := range sc.Combatants {
		id := sc.Combatants[i].StatBlock
		if id == "" || out.Creature(id) != nil {
			continue
		}
		block := own.Creature(id)
		if block == nil {
			block = library.Creature(id)
		}
		if block == nil {
			check.Addf(fmt.Sprintf("combatants[%d].statBlock", i), "there is no creature %.40q", id)
			continue
		}
		out.Creatures = append(out.Creatures, *block)
	}
	for i := range out.Creatures {
		gather(check, &out, &own, library, &out.Creatures[i])
	}
	if err := scenarioError(check); err != nil {
		return Scenario{}, err
	}
	sc.Content = out
	if len(out.Creatures)+len(out.Spells) == 0 {
		sc.Content = content.Bundle{}
	}
	return sc, nil
}

// gather adds the spells and weapons that a stat block names, and the spells that what
// it casts waits for.
func gather(check *content.Problems, out, own, library *content.Bundle, block *content.Creature) {
	path := "content." + block.ID
	ids := spellsOf(block)
	for i := range block.Actions {
		ids = append(ids, block.Actions[i].Trigger.Named()...)
	}
	for at := 0; at < len(ids); at++ {
		id := ids[at]
		if out.Spell(id) != nil {
			continue
		}
		found := own.Spell(id)
		if found == nil {
			found = library.Spell(id)
		}
		if found == nil {
			check.Addf(path, "there is no spell %.40q", id)
			continue
		}
		out.Spells = append(out.Spells, *found)
		ids = append(ids, found.Trigger.Named()...)
	}
	for i := range block.Actions {
		attack := block.Actions[i].Attack
		if attack == nil || attack.Weapon == "" || out.Weapon(attack.Weapon) != nil {
			continue
		}
		found := own.Weapon(attack.Weapon)
		if found == nil {
			found = library.Weapon(attack.Weapon)
		}
		if found == nil {
			check.Addf(path, "there is no weapon %.40q", attack.Weapon)
			continue
		}
		out.Weapons = append(out.Weapons, *found)
	}
}

func (m Map) clone() Map {
	for _, list := range []*[]Point{&m.Blocked, &m.Difficult, &m.Water, &m.Obscured, &m.Low} {
		*list = slices.Clone(*list)
		slices.SortFunc(*list, comparePoints)
	}
	m.Raised = slices.Clone(m.Raised)
	slices.SortFunc(m.Raised, func(a, b Rise) int { return comparePoints(a.At, b.At) })
	m.Doors = slices.Clone(m.Doors)
	slices.SortFunc(m.Doors, func(a, b Door) int { return comparePoints(a.At, b.At) })
	return m
}

func comparePoints(a, b Point) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

// terrain builds the battlefield of the map.
func (m *Map) terrain() (*grid.Map, error) {
	ground, err := grid.New(m.Width, m.Height)
	if err != nil {
		return nil, fmt.Errorf("building the map: %w", err)
	}
	lay := func(list []Point, flags grid.Terrain) {
		for _, p := range list {
			ground.Put(grid.Point(p), ground.At(grid.Point(p))|flags)
		}
	}
	lay(m.Difficult, grid.Difficult)
	lay(m.Water, grid.Water)
	lay(m.Obscured, grid.Opaque)
	for _, p := range m.Low {
		ground.Put(grid.Point(p), ground.At(grid.Point(p)).With(grid.HalfCover))
	}
	for _, p := range m.Blocked {
		ground.Put(grid.Point(p), grid.Wall)
	}
	for _, door := range m.Doors {
		if !door.Open {
			ground.Put(grid.Point(door.At), grid.Wall)
		}
	}
	return ground, nil
}

// link finds again what a stored state leaves out: the battlefield, and the
// stat block of each creature.
func (s *State) link() error {
	var err error
	if s.ground, err = s.Map.terrain(); err != nil {
		return err
	}
	high := s.Map.relief()
	for i := range s.Creatures {
		c := &s.Creatures[i]
		c.relief, c.rules = high, editionOf(s.Ruleset)
		at, found := slices.BinarySearchFunc(s.Blocks, c.Block, func(b content.Creature, id string) int { return cmp.Compare(b.ID, id) })
		if !found {
			return fmt.Errorf("creature %q has no stat block %.40q", c.ID, c.Block)
		}
		c.block = &s.Blocks[at]
	}
	return nil
}

// restore puts a creature back to how a fight begins.
func (c *Creature) restore() {
	*c = Creature{
		ID: c.ID, Name: c.Name, Kind: c.Kind, Side: c.Side, Controller: c.Controller, Group: c.Group,
		Block: c.Block, Start: c.Start, Surprise: c.Surprise, Lurks: c.Lurks, Orders: c.Orders, block: c.block, relief: c.relief, rules: c.rules,
		Position: c.Start, HP: c.block.HP.Max, Status: Standing,
	}
	if c.handed() {
		c.Held = c.block.Hands.Holds
	}
}
