// SPDX-License-Identifier: Apache-2.0

package rules

import "slices"

// Draw takes a weapon in hand, or picks it up within 5 feet: as a part of an attack
// that was made, with the free object interaction, else with the action (Attack:
// Equipping and Unequipping Weapons; Utilize). A shield takes the action.
type Draw struct {
	Creature string `json:"creature"`
	// Item is the id of a weapon of one of its attacks, or of its shield.
	Item string `json:"item"`
}

// Kind names the command.
func (Draw) Kind() string { return "draw" }

func (c Draw) decide(t *table) *Refusal {
	creature, refusal := t.handling(c.Creature, c.Item)
	switch {
	case refusal != nil:
		return refusal
	case creature.holds(c.Item):
		return refuse(CodeNothingToEnd, "%s has %s in hand.", creature.Name, creature.nameOf(c.Item))
	case t.freeHands(creature) < 1:
		return t.handsFull(creature, &need{what: creature.nameOf(c.Item), hands: 1})
	}
	if refusal := creature.finds(c.Item); refusal != nil {
		return refusal
	}
	price, refusal := t.handPrice(creature, c.Item)
	if refusal != nil {
		return refusal
	}
	t.emit(*creature.handsChanged(append(slices.Clone(creature.Held), c.Item), price))
	return nil
}

// Stow puts a weapon or the shield away, at the price of drawing it. With Drop it
// falls where the creature stands, which takes nothing under SRD 5.1.
type Stow struct {
	Creature string `json:"creature"`
	Item     string `json:"item"`
	Drop     bool   `json:"drop,omitempty"`
}

// Kind names the command.
func (Stow) Kind() string { return "stow" }

func (c Stow) decide(t *table) *Refusal {
	creature, refusal := t.handling(c.Creature, c.Item)
	if refusal != nil {
		return refusal
	}
	at := slices.Index(creature.Held, c.Item)
	if at < 0 {
		return refuse(CodeNotInHand, "%s does not have %s in hand.", creature.Name, creature.nameOf(c.Item))
	}
	price := Price{}
	if !c.Drop || t.rules.attackDraws || creature.block.Hands.IsShield(c.Item) {
		if price, refusal = t.handPrice(creature, c.Item); refusal != nil {
			return refusal
		}
	}
	change := creature.handsChanged(slices.Delete(slices.Clone(creature.Held), at, at+1), price)
	if c.Drop {
		change.drops(creature, c.Item)
	}
	t.emit(*change)
	return nil
}

// handling finds who is to do something with a thing of its own.
func (t *table) handling(id, item string) (*Creature, *Refusal) {
	c, refusal := t.actor(id)
	if refusal != nil {
		return nil, refusal
	}
	if !c.handed() {
		return nil, refuse(CodeUnknownItem, "What %s has in its hands is not counted.", c.Name)
	}
	if !c.block.Carries(item) {
		return nil, refuse(CodeUnknownItem, "%s carries no %.40q.", c.Name, item)
	}
	return c, nil
}

// handPrice is what drawing or stowing a thing takes.
func (t *table) handPrice(c *Creature, item string) (Price, *Refusal) {
	budget := &t.Combat.Budget
	switch {
	case t.cannot(c, "action"):
		return Price{}, refuse(CodeIncapacitated, "%s is incapacitated.", c.Name)
	case c.block.Hands.IsShield(item):
	case budget.Draws > 0:
		return Price{Draws: 1}, nil
	case budget.Objects > 0:
		return Price{Objects: 1}, nil
	}
	return t.spending(c, "utilize", false)
}
