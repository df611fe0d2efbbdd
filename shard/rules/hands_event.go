// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// HandsChanged tells what a creature has in its hands now, and what of its things
// lies about.
type HandsChanged struct {
	Creature string   `json:"creature"`
	Held     []string `json:"held,omitempty"`
	Dropped  []Lying  `json:"dropped,omitempty"`
	Price    Price    `json:"price,omitzero"`
}

// handsChanged makes the event that a creature holds something else now. What is in
// hand lies about no more.
func (c *Creature) handsChanged(held []string, price Price) *HandsChanged {
	lies := slices.Clone(c.Dropped)
	lies = slices.DeleteFunc(lies, func(l Lying) bool { return slices.Contains(held, l.Item) })
	return &HandsChanged{Creature: c.ID, Held: held, Dropped: lies, Price: price}
}

// drops notes that a thing falls where the creature stands.
func (e *HandsChanged) drops(c *Creature, item string) {
	if !slices.Contains(e.Held, item) && !c.hasMore(item) {
		e.Dropped = append(e.Dropped, Lying{Item: item, At: c.Position})
	}
}

// Kind names the event.
func (HandsChanged) Kind() string { return "hands_changed" }

func (e HandsChanged) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil {
		return unknown(e.Creature)
	}
	if err := s.checkHands(c, e.Held, e.Dropped); err != nil {
		return err
	}
	if !s.pay(c, &e.Price) {
		return fmt.Errorf("%q cannot pay %+v", e.Creature, e.Price)
	}
	c.Held, c.Dropped = e.Held, e.Dropped
	return nil
}

// checkHands tells what a creature cannot hold, or have dropped.
func (s *State) checkHands(c *Creature, held []string, dropped []Lying) error {
	if len(held)+len(dropped) > 0 && !c.handed() {
		return fmt.Errorf("the hands of %q are not counted", c.ID)
	}
	if len(held) > content.HandCount || len(dropped) > content.MaxActions {
		return fmt.Errorf("%q holds or has dropped too much", c.ID)
	}
	for i, item := range held {
		if !c.block.Carries(item) || slices.Index(held, item) != i {
			return fmt.Errorf("%q cannot hold %.40q", c.ID, item)
		}
	}
	for _, lying := range dropped {
		if !c.block.Carries(lying.Item) || slices.Contains(held, lying.Item) || !s.Map.contains(lying.At) {
			return fmt.Errorf("%q cannot have dropped %.40q", c.ID, lying.Item)
		}
	}
	return nil
}

func (e HandsChanged) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

// What somebody holds is seen; not what a secret creature has left of its turn, nor
// where its things lie, for it may hide there.
func (e HandsChanged) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		e.Price, e.Dropped = Price{}, nil
	}
	return e
}
