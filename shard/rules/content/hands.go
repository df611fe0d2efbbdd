// SPDX-License-Identifier: Apache-2.0

package content

import (
	"fmt"
	"slices"
)

// HandCount is how many hands a creature has whose hands are counted.
const HandCount = 2

// Hands say what a creature has in its two hands. Of a stat block without them
// nobody asks: it does what it says, and its hands are where it needs them.
type Hands struct {
	// Holds are the weapons, and the shield, that it holds as a fight begins.
	Holds []string `json:"holds,omitempty"`
	// Shield that it has, in hand or not; its AC counts it in.
	Shield *Shield `json:"shield,omitempty"`
	// Focus is what of it, in hand, takes the place of the materials of spells: a
	// shield with a holy symbol, a staff. Without one it reaches into a pouch.
	Focus string `json:"focus,omitempty"`
}

// Shield is a shield of the equipment table and what it gives to AC.
type Shield struct {
	ID string `json:"id"`
	AC int    `json:"ac"`
}

// IsShield tells whether a thing is the shield.
func (h *Hands) IsShield(item string) bool { return h.Shield != nil && h.Shield.ID == item }

// Carries tells whether a creature whose hands are counted has a thing: a weapon
// of one of its attacks, or its shield.
func (c *Creature) Carries(item string) bool {
	return c.Hands.IsShield(item) || item != "" && c.Wielded(item) != nil
}

// Wielded finds an action whose attack is made with a weapon; nil if none is.
func (c *Creature) Wielded(weapon string) *Action {
	for i := range c.Actions {
		if a := c.Actions[i].Attack; a != nil && a.Weapon == weapon {
			return &c.Actions[i]
		}
	}
	return nil
}

// Takes is how many hands an attack takes with its weapon (Weapon Properties:
// Two-Handed; Ammunition wants a free hand to load).
func (a *Attack) Takes() int {
	switch {
	case a.Weapon == "":
		return 0
	case slices.Contains(a.Properties, TwoHanded), slices.Contains(a.Properties, Ammunition):
		return HandCount
	default:
		return 1
	}
}

// hands checks what a creature holds.
func (c *checker) hands(path string, b *Creature) {
	h := b.Hands
	if h == nil {
		return
	}
	c.AtMost(path+".holds", len(h.Holds), HandCount)
	for i, item := range h.Holds {
		at := fmt.Sprintf("%s.holds[%d]", path, i)
		if !b.Carries(item) {
			c.Addf(at, "%.40q is neither a weapon of its attacks nor its shield", item)
		}
		if slices.Index(h.Holds, item) != i {
			c.Addf(at, "%q is listed twice", item)
		}
	}
	if h.Shield != nil {
		c.ID(path+".shield.id", h.Shield.ID)
		c.Between(path+".shield.ac", h.Shield.AC, 1, 5)
	}
	if h.Focus != "" && !b.Carries(h.Focus) {
		c.Addf(path+".focus", "%.40q is neither a weapon of its attacks nor its shield", h.Focus)
	}
}
