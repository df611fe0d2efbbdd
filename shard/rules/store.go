// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"gamesession.dev/operator/shard/rules/content"
)

// Seed is the secret all dice come from. Its text form is 64 hex digits.
type Seed [32]byte

// MarshalText writes the seed in hex.
func (s Seed) MarshalText() ([]byte, error) {
	return hex.AppendEncode(nil, s[:]), nil
}

// UnmarshalText reads the form that MarshalText writes.
func (s *Seed) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(s)) {
		return fmt.Errorf("seed must be %d hex digits, not %d", hex.EncodedLen(len(s)), len(text))
	}
	if _, err := hex.Decode(s[:], text); err != nil {
		return errors.New("seed must be hex digits")
	}
	return nil
}

// UnmarshalJSON reads a stored state and checks it, so that a damaged
// snapshot is an error here and not a wrong game later. On error the
// receiver is unchanged.
func (s *State) UnmarshalJSON(raw []byte) error {
	type plain State
	var read plain
	if err := strict(raw, &read); err != nil {
		return fmt.Errorf("reading combat state: %w", err)
	}
	stored := State(read)
	if err := stored.check(); err != nil {
		return fmt.Errorf("checking combat state: %w", err)
	}
	*s = stored
	return nil
}

// check tells what in a stored state cannot be, and links it.
func (s *State) check() error {
	if editionOf(s.Ruleset) == nil {
		return fmt.Errorf("%w %.40q", ErrRuleset, s.Ruleset)
	}
	p := &content.Problems{}
	s.Map.check(p)
	s.Options.check(p)
	if err := p.Err(); err != nil {
		return err
	}
	if err := s.checkContent(); err != nil {
		return err
	}
	if n := len(s.Creatures); n < MinCombatants || n > MaxCombatants {
		return fmt.Errorf("%d creatures", n)
	}
	if err := s.link(); err != nil {
		return err
	}
	for i := range s.Creatures {
		if i > 0 && s.Creatures[i-1].ID >= s.Creatures[i].ID {
			return errors.New("creatures are not sorted by id")
		}
		if err := s.checkCreature(&s.Creatures[i]); err != nil {
			return fmt.Errorf("creature %q: %w", s.Creatures[i].ID, err)
		}
	}
	for i := range s.Zones {
		if err := s.checkZone(&s.Zones[i]); err != nil {
			return err
		}
		if s.Zones[i].ID > s.Serial {
			return fmt.Errorf("zone %d has no number yet", s.Zones[i].ID)
		}
	}
	return s.checkCombat()
}

// checkContent checks the stat blocks and spells, and that the map has its
// squares in order.
func (s *State) checkContent() error {
	for _, list := range [][]Point{s.Map.Blocked, s.Map.Difficult, s.Map.Water, s.Map.Obscured, s.Map.Low} {
		if !slices.IsSortedFunc(list, comparePoints) {
			return errors.New("the squares of the map are not sorted")
		}
	}
	if s.Serial < 0 || s.Serial > maxCount || len(s.Blocks) > MaxCombatants || len(s.Spells) > content.MaxSpells || len(s.Zones) > maxZones {
		return errors.New("a count is out of its bounds")
	}
	p := &content.Problems{}
	for i := range s.Blocks {
		s.Blocks[i].Validate(p, fmt.Sprintf("blocks[%d]", i))
		if i > 0 && s.Blocks[i-1].ID >= s.Blocks[i].ID {
			return errors.New("blocks are not sorted by id")
		}
		for _, id := range spellsOf(&s.Blocks[i]) {
			if s.spell(id) == nil {
				return fmt.Errorf("there is no spell %.40q", id)
			}
		}
	}
	for i := range s.Spells {
		s.Spells[i].Validate(p, fmt.Sprintf("spells[%d]", i))
		if i > 0 && s.Spells[i-1].ID >= s.Spells[i].ID {
			return errors.New("spells are not sorted by id")
		}
	}
	return p.Err()
}

func (s *State) checkCreature(c *Creature) error {
	p := &content.Problems{}
	p.ID("id", c.ID)
	p.Name("name", c.Name)
	p.ID("side", c.Side)
	p.OneOf("kind", string(c.Kind), string(Character), string(Monster))
	if !validPlayer(c.Controller) {
		p.Addf("controller", "cannot be %.80q", c.Controller)
	}
	if c.Group != "" {
		p.ID("group", c.Group)
	}
	p.Between("maxLoss", c.MaxLoss, 0, c.block.HP.Max)
	p.Between("tempHP", c.TempHP, 0, MaxHP)
	p.Between("exhaustion", c.Exhaustion, 0, len(srd521.exhaustion)-1)
	p.Between("hiding", c.Hiding, 0, maxCount)
	p.Between("legendarySpent", c.LegendarySpent, 0, maxActions)
	p.Between("resisted", c.Resisted, 0, maxActions)
	p.Between("shrunk", c.Shrunk, 0, len(content.Sizes)-1)
	if err := p.Err(); err != nil {
		return err
	}
	if !s.Map.contains(c.Position) || s.present(c) && !s.ground.Fits(c.space()) || !s.Map.contains(c.Start) || !s.ground.Fits(c.spaceAt(c.Start)) && !s.closedIn(c) {
		return fmt.Errorf("cannot stand at %v", c.Position)
	}
	if most := c.MaxHP(); c.HP < 0 || c.HP > most && c.HP > 1 {
		return fmt.Errorf("has %d of %d hit points", c.HP, most)
	}
	if c.Status != Standing && c.Status != Unconscious && c.Status != Dead {
		return fmt.Errorf("unknown status %.40q", string(c.Status))
	}
	if !validAltitude(c.Altitude) {
		return fmt.Errorf("cannot be %d feet up", c.Altitude)
	}
	if !c.Death.valid() || !knownOrders(c.Orders) || len(c.Effects) > maxListed || len(c.Used) > maxListed || len(c.Harmed) > len(content.DamageTypes) {
		return errors.New("a count is out of its bounds")
	}
	for i := range c.Effects {
		if err := s.checkEffect(&c.Effects[i]); err != nil {
			return err
		}
		if c.Effects[i].ID > s.Serial || c.Effects[i].ID < 1 || i > 0 && c.Effects[i-1].ID >= c.Effects[i].ID {
			return fmt.Errorf("effect %d has a wrong number", c.Effects[i].ID)
		}
	}
	if err := s.checkHands(c, c.Held, c.Dropped); err != nil {
		return err
	}
	return c.checkSpent(s)
}

// closedIn tells whether a creature's starting place was closed by a door.
func (s *State) closedIn(c *Creature) bool {
	return slices.ContainsFunc(s.Map.Doors, func(d Door) bool { return c.spaceAt(c.Start).Contains([2]int(d.At)) })
}

// checkSpent checks what a creature used up and holds.
func (c *Creature) checkSpent(s *State) error {
	for level := range c.SlotsSpent {
		if c.SlotsSpent[level] < 0 || c.slotsLeft(level+1) < 0 {
			return errors.New("more spell slots are spent than there are")
		}
	}
	for i, use := range c.Used {
		if use.Spent < 1 || use.Spent > maxCount || i > 0 && c.Used[i-1].ID >= use.ID {
			return errors.New("uses are out of their bounds")
		}
	}
	if c.Concentration != nil {
		if err := checkConcentration(c.Concentration); err != nil {
			return err
		}
		if c.Concentration.ID > s.Serial || c.Concentration.ID < 1 {
			return errors.New("the concentration has a wrong number")
		}
	}
	if r := c.Ready; r != nil && (r.Within < 0 || r.Within > MaxRange || r.Level < 0 || r.Level > 9) {
		return errors.New("what it readied is out of its bounds")
	}
	return nil
}

func (s *State) checkCombat() error {
	combat := &s.Combat
	if combat.Fight < 0 || combat.Fight > maxCount || combat.Round < 0 || combat.Round > maxCount || !combat.Budget.valid() {
		return errors.New("a count of the fight is out of its bounds")
	}
	switch combat.Phase {
	case Idle:
		if combat.Fight != 0 || combat.Round != 0 || len(combat.Order) != 0 {
			return errors.New("idle, but with a fight")
		}
	case Fighting, Over:
		if combat.Fight < 1 || combat.Round < 1 {
			return errors.New("a fight without number or round")
		}
		if err := s.checkOrder(combat.Order); err != nil {
			return err
		}
	default:
		return fmt.Errorf("unknown phase %.40q", string(combat.Phase))
	}
	if combat.Turn < 0 || combat.Turn > 0 && combat.Turn >= len(combat.Order) {
		return fmt.Errorf("turn %d is not in the order", combat.Turn)
	}
	if w := s.Window; w != nil {
		if combat.Phase != Fighting || w.ID > s.Serial || w.ID < 1 {
			return errors.New("a window without a fight")
		}
		if err := s.checkWindow(w); err != nil {
			return err
		}
	}
	return s.settled()
}

// settled wants what holds between commands, though not between the events
// of one: nobody stands at 0 hit points, and a fight has its order and two
// sides that stand.
func (s *State) settled() error {
	for i := range s.Creatures {
		if c := &s.Creatures[i]; (c.HP == 0) == (c.Status == Standing) {
			return fmt.Errorf("creature %q is %s with %d hit points", c.ID, c.Status, c.HP)
		}
	}
	if s.Combat.Phase != Fighting {
		return nil
	}
	if s.onTurn() == nil || s.Combat.Round < 1 {
		return errors.New("a fight without a turn")
	}
	if _, fighting := s.standingSide(); !fighting {
		return errors.New("a fight with fewer than two sides standing")
	}
	return nil
}

// checkOrder wants every creature in the initiative order exactly once.
func (s *State) checkOrder(order []Placing) error {
	if len(order) != len(s.Creatures) {
		return fmt.Errorf("the order has %d places for %d creatures", len(order), len(s.Creatures))
	}
	seen := make(map[string]bool, len(order))
	for _, placing := range order {
		if s.creature(placing.Creature) == nil || seen[placing.Creature] {
			return fmt.Errorf("the order names %.40q wrongly", placing.Creature)
		}
		seen[placing.Creature] = true
	}
	return nil
}

// strict decodes exactly one JSON value without unknown fields. The error
// speaks of the document, not of Go.
func strict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return fmt.Errorf("field %q cannot be a %s", jsonPath(wrong.Field), wrong.Value)
		}
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// jsonPath takes the name of an embedded Go struct off a field's path.
func jsonPath(field string) string {
	head, tail, nested := strings.Cut(field, ".")
	if nested && head != "" && unicode.IsUpper(rune(head[0])) {
		return tail
	}
	return field
}
