// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/rules/grid"
)

// State is the whole truth of one session's combat, the dice and the content
// it is played with included. Its JSON form is deterministic: equal states have
// equal bytes. Only Apply changes it. Treat the exported fields as read-only.
type State struct {
	Ruleset string `json:"ruleset"`
	// Data is the version of the content.
	Data string `json:"data,omitempty"`
	Seed Seed   `json:"seed"`
	// Rolled counts the dice rolled since the session began; it is the
	// number of the next die and never falls.
	Rolled uint64 `json:"rolled"`
	// Serial numbers effects, zones and windows; it never falls.
	Serial  int     `json:"serial,omitempty"`
	Map     Map     `json:"map"`
	Options Options `json:"options,omitzero"`
	// Blocks and Spells are the content that the creatures use. They never
	// change in play.
	Blocks []content.Creature `json:"blocks"`
	Spells []content.Spell    `json:"spells,omitempty"`
	// Creatures are sorted by id.
	Creatures []Creature `json:"creatures"`
	Zones     []Zone     `json:"zones,omitempty"`
	Combat    Combat     `json:"combat"`
	// Window is the question that play waits for; nil while it waits for
	// nothing but the creature on turn.
	Window *Window `json:"window,omitempty"`

	ground *grid.Map // of Map; shared by clones
}

// Creature is a combatant in play.
type Creature struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Kind       CreatureKind `json:"kind"`
	Side       string       `json:"side"`
	Controller string       `json:"controller"`
	Group      string       `json:"group,omitempty"`
	// Block is the id of its stat block in State.Blocks.
	Block string `json:"block"`
	// Start is where it stands when a fight begins.
	Start    Point `json:"start"`
	Surprise bool  `json:"surprise,omitempty"`
	Lurks    bool  `json:"lurks,omitempty"`
	// Spawned creatures came in the fight and go with it.
	Spawned bool `json:"spawned,omitempty"`

	Position Point `json:"position"`
	// Altitude is how high above the ground it flies, in feet.
	Altitude int `json:"altitude,omitempty"`
	HP       int `json:"hp"`
	// MaxLoss is what its hit point maximum is reduced by.
	MaxLoss int    `json:"maxLoss,omitempty"`
	TempHP  int    `json:"tempHP,omitempty"`
	Status  Status `json:"status"`
	Death   Death  `json:"death,omitzero"`
	// Effects are sorted by number.
	Effects       []Effect       `json:"effects,omitempty"`
	Concentration *Concentration `json:"concentration,omitempty"`
	Exhaustion    int            `json:"exhaustion,omitempty"`
	// Hiding is what its Stealth check came to while it hides, else 0.
	Hiding int `json:"hiding,omitempty"`

	ReactionSpent bool `json:"reactionSpent,omitempty"`
	// LegendarySpent counts legendary actions since its turn, Resisted
	// legendary resistances since the fight began.
	LegendarySpent int `json:"legendarySpent,omitempty"`
	Resisted       int `json:"resisted,omitempty"`
	// SlotsSpent are spent spell slots by level, from 1.
	SlotsSpent []int `json:"slotsSpent,omitempty"`
	Used       []Use `json:"used,omitempty"`
	// Harmed are the types of damage it took since its last turn began.
	Harmed []DamageType `json:"harmed,omitempty"`
	Ready  *Readied     `json:"ready,omitempty"`
	// Shrunk is by how many sizes it is smaller than its stat block.
	Shrunk int `json:"shrunk,omitempty"`
	// Held is what it has in its hands, Dropped what of its things lies about; both only
	// if its stat block counts its hands.
	Held    []string `json:"held,omitempty"`
	Dropped []Lying  `json:"dropped,omitempty"`
	// Orders say how it answers chances to react; empty is the default.
	Orders Orders `json:"orders,omitempty"`

	block  *content.Creature
	relief relief   // of the map
	rules  *edition // of the session
}

// Status is whether a creature takes part: standing, unconscious or dead.
type Status string

// The states of a creature. Unconscious is a character at 0 hit points.
const (
	Standing    Status = "standing"
	Unconscious Status = "unconscious"
	Dead        Status = "dead"
)

// Death is how far a character at 0 hit points is (Death Saving Throws).
type Death struct {
	Successes int  `json:"successes,omitempty"`
	Failures  int  `json:"failures,omitempty"`
	Stable    bool `json:"stable,omitempty"`
	// Round it died in.
	Round int `json:"round,omitempty"`
}

// Use counts how often an action or a spell was used up, or that it waits to
// recharge.
type Use struct {
	ID    string `json:"id"`
	Spent int    `json:"spent"`
}

// Orders are how chances to react are answered.
type Orders string

// The orders. The default takes every opportunity attack for creatures of the
// game master, and asks in all other cases.
const (
	OrdersAsk   Orders = "ask"
	OrdersTake  Orders = "take"  // opportunity attacks are made without asking
	OrdersLeave Orders = "leave" // nothing is asked, nothing done
)

// Combat is the fight in progress, or the last one.
type Combat struct {
	Phase Phase `json:"phase"`
	// Fight counts the fights of the session from 1; Round the rounds of the
	// fight from 1.
	Fight int `json:"fight"`
	Round int `json:"round"`
	// Turn is the place in Order of the creature whose turn it is.
	Turn   int       `json:"turn"`
	Order  []Placing `json:"order,omitempty"`
	Budget Budget    `json:"budget"`
	// Winner is the side that still stood at the end; empty if none did.
	Winner string `json:"winner,omitempty"`
}

// Phase is idle before the first fight, fighting, or over.
type Phase string

// The phases of combat.
const (
	Idle     Phase = "idle"
	Fighting Phase = "fighting"
	Over     Phase = "over"
)

// Placing is a creature's place in the initiative order.
type Placing struct {
	Creature string `json:"creature"`
	Count    int    `json:"count"`
}

// clone gives a copy to change: what a slice holds is replaced as a whole,
// never written into, but for the creatures themselves.
func (s *State) clone() *State {
	copied := *s
	copied.Creatures = slices.Clone(s.Creatures)
	return &copied
}

// BackTo gives the state of an earlier version to go on from: as it was, but
// the dice and the numbers of effects go on, so that going back does not show
// what will be rolled.
func (s *State) BackTo(earlier *State) *State {
	back := earlier.clone()
	back.Seed, back.Rolled, back.Serial = s.Seed, max(s.Rolled, back.Rolled), max(s.Serial, back.Serial)
	return back
}

// Clone gives an independent copy.
func (s *State) Clone() *State { return s.clone() }

// Dice gives the generator of the session, set to the next die. It is good
// for one Decide; after the events are applied, ask again.
func (s *State) Dice() Dice { return dice.NewCounter(s.Seed, s.Rolled) }

// MaxHP is the hit point maximum as it is now.
func (c *Creature) MaxHP() int {
	most := c.block.HP.Max - c.MaxLoss
	for i := range c.Effects {
		for j := range c.Effects[i].Body.Modifiers {
			if m := &c.Effects[i].Body.Modifiers[j]; m.Kind == content.KindMaxHP {
				most += m.Value
			}
		}
	}
	if level := c.rules.exhaustionHalvesHP; level > 0 && c.Exhaustion >= level {
		most /= 2
	}
	return max(most, 0)
}

// Sheet gives the creature's stat block. It must not be changed.
func (c *Creature) Sheet() *content.Creature { return c.block }

// secret tells whether a creature's numbers are the game master's alone.
func (c *Creature) secret() bool { return c.Controller == GameMaster }

// space gives the squares it fills.
func (c *Creature) space() grid.Space { return c.spaceAt(c.Position) }

// spaceAt gives the squares it would fill.
func (c *Creature) spaceAt(p Point) grid.Space {
	space := grid.Space{At: grid.Point(p), Side: side(c.size())}
	if c.Altitude > 0 || c.relief != nil {
		space.Level = (c.relief.under(space) + c.Altitude) / grid.Square
	}
	return space
}

// side is the width of a size's space in squares (Size and Space).
func side(size content.Size) int {
	switch size {
	case content.Large:
		return 2
	case content.Huge:
		return 3
	case content.Gargantuan:
		return 4
	default:
		return 1
	}
}

// size is a creature's size now.
func (c *Creature) size() content.Size {
	if c.Shrunk == 0 {
		return c.block.Size
	}
	return content.Sizes[max(bulk(c.block.Size)-c.Shrunk, 0)]
}

// bulk numbers the sizes from the smallest.
func bulk(size content.Size) int { return slices.Index(content.Sizes, size) }

// creature finds a creature by id; nil if there is none.
func (s *State) creature(id string) *Creature {
	// They are sorted by id. By hand: this is asked some fifty times for each
	// command, and what the library offers calls a function for every comparison.
	from, to := 0, len(s.Creatures)
	for from < to {
		if middle := (from + to) / 2; s.Creatures[middle].ID < id {
			from = middle + 1
		} else {
			to = middle
		}
	}
	if from == len(s.Creatures) || s.Creatures[from].ID != id {
		return nil
	}
	return &s.Creatures[from]
}

// spell finds a spell of the session's content; nil if there is none.
func (s *State) spell(id string) *content.Spell {
	for i := range s.Spells {
		if s.Spells[i].ID == id {
			return &s.Spells[i]
		}
	}
	return nil
}

// onTurn gives the creature whose turn it is; nil outside a fight.
func (s *State) onTurn() *Creature {
	if s.Combat.Phase != Fighting || s.Combat.Turn >= len(s.Combat.Order) {
		return nil
	}
	return s.creature(s.Combat.Order[s.Combat.Turn].Creature)
}

// present tells whether a creature is on the map: not dead, not taken away.
func (s *State) present(c *Creature) bool {
	return c.Status != Dead && !c.removed()
}

// removed tells whether something took it off the map.
func (c *Creature) removed() bool {
	for i := range c.Effects {
		for j := range c.Effects[i].Body.Modifiers {
			if c.Effects[i].Body.Modifiers[j].Kind == content.KindRemoved {
				return true
			}
		}
	}
	return false
}

// distance between two creatures in feet.
func distance(a, b *Creature) int { return grid.Distance(a.space(), b.space()) }

// enemies tells whether two creatures fight each other: they are on different
// sides.
func enemies(a, b *Creature) bool { return a.Side != b.Side }

// used gives how often something was used up.
func (c *Creature) used(id string) int {
	for _, use := range c.Used {
		if use.ID == id {
			return use.Spent
		}
	}
	return 0
}

// setUsed counts uses; 0 forgets them.
func (c *Creature) setUsed(id string, spent int) {
	list := make([]Use, 0, len(c.Used)+1)
	for _, use := range c.Used {
		if use.ID != id {
			list = append(list, use)
		}
	}
	if spent > 0 {
		list = append(list, Use{ID: id, Spent: spent})
		slices.SortFunc(list, func(a, b Use) int { return cmp.Compare(a.ID, b.ID) })
	}
	c.Used = list
}

// slotsSpent gives how many slots of a level are spent.
func (c *Creature) slotsSpent(level int) int {
	if level < 1 || level > len(c.SlotsSpent) {
		return 0
	}
	return c.SlotsSpent[level-1]
}

// slotsLeft gives how many slots of a level are left.
func (c *Creature) slotsLeft(level int) int {
	casting := c.block.Spellcasting
	if casting == nil || level < 1 || level > len(casting.Slots) {
		return 0
	}
	return casting.Slots[level-1] - c.slotsSpent(level)
}
