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

// check tells what in a stored state cannot be.
func (s *State) check() error {
	if _, known := editionOf(s.Ruleset); !known {
		return fmt.Errorf("unknown ruleset %.40q", s.Ruleset)
	}
	sc := Scenario{Map: s.Map, Combatants: make([]Combatant, len(s.Creatures))}
	for i := range s.Creatures {
		sc.Combatants[i] = s.Creatures[i].Sheet
		if i > 0 && s.Creatures[i-1].Sheet.ID >= s.Creatures[i].Sheet.ID {
			return errors.New("creatures are not sorted by id")
		}
		if s.Creatures[i].Sheet.Kind == "" {
			return fmt.Errorf("creature %q has no kind", s.Creatures[i].Sheet.ID)
		}
	}
	if err := sc.Validate(); err != nil {
		return err
	}
	if !slices.IsSortedFunc(s.Map.Blocked, comparePoints) {
		return errors.New("blocked squares are not sorted")
	}
	held := map[Point]string{}
	for i := range s.Creatures {
		if err := s.checkCreature(&s.Creatures[i], held); err != nil {
			return fmt.Errorf("creature %q: %w", s.Creatures[i].Sheet.ID, err)
		}
	}
	return s.checkCombat()
}

func (s *State) checkCreature(c *Creature, held map[Point]string) error {
	if !s.Map.contains(c.Position) || s.blocked(c.Position) {
		return fmt.Errorf("cannot stand at %v", c.Position)
	}
	if other, taken := held[c.Position]; taken && c.Status != Dead {
		return fmt.Errorf("stands in the square of %q", other)
	}
	if c.Status != Dead {
		held[c.Position] = c.Sheet.ID
	}
	if c.HP < 0 || c.HP > c.Sheet.MaxHP {
		return fmt.Errorf("has %d of %d hit points", c.HP, c.Sheet.MaxHP)
	}
	switch c.Status {
	case Standing, Unconscious, Dead:
		return nil
	default:
		return fmt.Errorf("unknown status %.40q", string(c.Status))
	}
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
	return s.settled()
}

// settled wants what holds between commands, though not between the events
// of one: nobody stands at 0 hit points, and a fight has its order and two
// sides that stand.
func (s *State) settled() error {
	for i := range s.Creatures {
		if c := &s.Creatures[i]; (c.HP == 0) == (c.Status == Standing) {
			return fmt.Errorf("creature %q is %s with %d hit points", c.Sheet.ID, c.Status, c.HP)
		}
	}
	if s.Combat.Phase != Fighting {
		return nil
	}
	if s.onTurn() == nil || s.Combat.Round < 1 {
		return errors.New("a fight without a turn")
	}
	if _, fighting := s.standingSide(""); !fighting {
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
