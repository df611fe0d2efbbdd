// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
)

// What a creature has in its hands is counted for who has Hands in its stat block;
// all others do what their stat block says. What an attack, a grapple or a spell
// needs of the hands is drawn and stowed by itself, as far as that takes no action.

// Lying is a thing that a creature dropped.
type Lying struct {
	Item string `json:"item"`
	At   Point  `json:"at"`
}

// handed tells whether a creature's hands are counted.
func (c *Creature) handed() bool { return c.block.Hands != nil }

// holds tells whether a creature has a thing in hand.
func (c *Creature) holds(item string) bool { return slices.Contains(c.Held, item) }

// freeHands counts the hands in which a creature has neither a thing nor somebody.
func (s *State) freeHands(c *Creature) int { return content.HandCount - len(c.Held) - s.gripping(c) }

// gripping counts the hands with which a creature holds others.
func (s *State) gripping(c *Creature) int {
	hands := 0
	for i := range s.Creatures {
		for j := range s.Creatures[i].Effects {
			if e := &s.Creatures[i].Effects[j]; e.Source == c.ID && e.Origin == refGrapple {
				hands++
			}
		}
	}
	return hands
}

// armor is a creature's AC by itself: without the shield while that is not in hand.
func (c *Creature) armor() int {
	if h := c.block.Hands; h != nil && h.Shield != nil && !c.holds(h.Shield.ID) {
		return c.block.AC - h.Shield.AC
	}
	return c.block.AC
}

// wields tells whether an attack can be made with what a creature has in its hands
// now, as a reaction has to be.
func (s *State) wields(c *Creature, a *content.Attack) bool {
	if !c.handed() || a == nil || a.Weapon == "" {
		return true
	}
	return c.holds(a.Weapon) && s.freeHands(c)+1 >= a.Takes()
}

// inBothHands tells whether a melee attack is made with both hands on the weapon
// (Weapon Properties: Versatile).
func (s *State) inBothHands(c *Creature, a *content.Attack, ranged bool) bool {
	return a != nil && a.Versatile != "" && !ranged && c.handed() && s.freeHands(c) > 0
}

// need is what something asks of the hands.
type need struct {
	what  string // asks it, in the words of a refusal
	item  string // is a weapon that has to be in hand; empty if only a hand has to be free
	hands int    // it takes, with the weapon's
	// own is how many weapons may be drawn or stowed as a part of it.
	own int
	// free: drawing the weapon is no work of its own, for it is thrown.
	free bool
}

// arm gets a weapon ready for an attack: at most one is drawn or stowed as a part of
// each attack of the action (Attack: Equipping and Unequipping Weapons), others with
// what was left of the attacks before it and with the free object interaction.
func (t *table) arm(c *Creature, d *deed, ranged bool, price *Price) *Refusal {
	a := d.act.Attack
	if !c.handed() {
		return nil
	}
	return t.handle(c, price, &need{
		what: d.name, item: a.Weapon, hands: a.Takes(), own: t.ownDraw(price),
		free: ranged && t.rules.attackDraws && slices.Contains(a.Properties, content.Thrown),
	})
}

// ownDraw is how many weapons may be drawn or stowed as a part of an attack that is
// paid so: one, if it belongs to the Attack action.
func (t *table) ownDraw(price *Price) int {
	if t.rules.attackDraws && (price.Actions+price.Extra+price.Attack > 0 || price.Once != "") {
		return 1
	}
	return 0
}

// handle does with the hands what is needed; price is that of what needs it.
func (t *table) handle(c *Creature, price *Price, n *need) *Refusal {
	change, left, refusal := t.reach(c, n)
	if refusal != nil {
		return refusal
	}
	price.LeavesDraw = left > 0
	if change != nil {
		t.emit(*change)
	}
	return nil
}

// reach finds what a creature does with its hands so that they are as needed: nil if
// they are; and how many of the need's own draws are left.
func (t *table) reach(c *Creature, n *need) (change *HandsChanged, left int, refusal *Refusal) {
	held, work := c.Held, 0
	others := len(held) + t.gripping(c)
	draws := n.item != "" && !c.holds(n.item)
	if n.item != "" && !draws {
		others--
	}
	for ; content.HandCount-others < n.hands; others-- {
		at := slices.IndexFunc(held, func(item string) bool { return item != n.item && !c.block.Hands.IsShield(item) })
		if at < 0 {
			return nil, 0, t.handsFull(c, n)
		}
		held = slices.Delete(slices.Clone(held), at, at+1)
		work++
	}
	if draws {
		if refusal := c.finds(n.item); refusal != nil {
			return nil, 0, refusal
		}
		held = append(slices.Clip(held), n.item)
		if !n.free {
			work++
		}
	}
	if work == 0 && !draws {
		return nil, n.own, nil
	}
	budget := t.Combat.Budget
	price := Price{Draws: min(work, budget.Draws)}
	own := min(work-price.Draws, n.own)
	price.Objects = work - price.Draws - own
	if price.Objects > budget.Objects {
		return nil, 0, refuse(CodeHandsFull, "%s has no time to draw and stow all that %s takes: it holds %s.", c.Name, n.what, c.heldInWords()).
			with("held", c.inHands())
	}
	return c.handsChanged(held, price), n.own - own, nil
}

// handsFull tells why no hand can be made free.
func (t *table) handsFull(c *Creature, n *need) *Refusal {
	hands := "a free hand"
	if n.item != "" && n.hands > 1 {
		hands = "both hands"
	} else if n.item != "" {
		hands = "a hand"
	}
	return refuse(CodeHandsFull, "%s needs %s for %s, and holds %s.", c.Name, hands, n.what, t.fullOf(c)).with("held", c.inHands())
}

// fullOf names what a creature holds, in words: things and creatures.
func (t *table) fullOf(c *Creature) string {
	words := make([]string, 0, content.HandCount)
	if len(c.Held) > 0 {
		words = append(words, c.heldInWords())
	}
	for _, other := range t.heldBy(c) {
		words = append(words, other.Name)
	}
	return strings.Join(words, " and ")
}

// inHands lists the things that a creature holds; never nil, so that it reads the same
// in each answer.
func (c *Creature) inHands() []string { return append([]string{}, c.Held...) }

// heldInWords names the things that a creature holds.
func (c *Creature) heldInWords() string {
	if len(c.Held) == 0 {
		return "nothing"
	}
	words := make([]string, len(c.Held))
	for i, item := range c.Held {
		words[i] = c.nameOf(item)
	}
	return strings.Join(words, " and ")
}

// nameOf names a thing that a creature carries.
func (c *Creature) nameOf(item string) string {
	if action := c.block.Wielded(item); action != nil {
		return action.Name
	}
	return "the shield"
}

// finds refuses a thing that lies out of reach.
func (c *Creature) finds(item string) *Refusal {
	for _, lying := range c.Dropped {
		if away := squaresAway(c, lying.At); lying.Item == item && away > 5 {
			return refuse(CodeOutOfRange, "%s lies %d feet away from %s.", c.nameOf(item), away, c.Name).with("distance", away).with("limit", 5)
		}
	}
	return nil
}

// hasMore tells whether a creature has more than one of a weapon: it has as many as
// it likes of those that are thrown.
func (c *Creature) hasMore(item string) bool {
	action := c.block.Wielded(item)
	return action != nil && slices.Contains(action.Attack.Properties, content.Thrown)
}

// throws takes a weapon out of the hand that threw it.
func (t *table) throws(c *Creature, a *content.Attack) {
	if c.handed() && slices.Contains(a.Properties, content.Thrown) {
		if at := slices.Index(c.Held, a.Weapon); at >= 0 {
			t.emit(*c.handsChanged(slices.Delete(slices.Clone(c.Held), at, at+1), Price{}))
		}
	}
}

// dropAll lets fall what a creature holds (Unconscious: Inert); a shield is strapped to
// the arm.
func (t *table) dropAll(c *Creature) {
	if !c.handed() || len(c.Held) == 0 || len(c.Held) == 1 && c.block.Hands.IsShield(c.Held[0]) {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(c.Held), func(item string) bool { return !c.block.Hands.IsShield(item) })
	change := c.handsChanged(kept, Price{})
	for _, item := range c.Held {
		change.drops(c, item)
	}
	t.emit(*change)
}

// gestures gets a hand free for what a spell asks of the hands (Components).
func (t *table) gestures(c *Creature, spell *content.Spell) *Refusal {
	if !t.handsBound(c, spell) {
		return nil
	}
	return t.handle(c, &Price{}, &need{what: spell.Name, hands: 1})
}

// handsBound tells whether a spell asks for a hand and there is none: one for the
// gestures, the same for the materials. A focus in hand does for both, if the spell
// has materials that it can take the place of.
func (t *table) handsBound(c *Creature, spell *content.Spell) bool {
	materials := spell.Component(content.Material)
	if !c.handed() || !materials && !spell.Component(content.Somatic) || t.freeHands(c) > 0 {
		return false
	}
	focus := c.block.Hands.Focus
	return !materials || spell.Costly || focus == "" || !c.holds(focus)
}
