// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"gamesession.dev/operator/shard/rules/dice"
)

// State is the whole truth of one session's combat, the dice included. Its
// JSON form is deterministic: equal states have equal bytes. Only Apply
// changes it. Treat the exported fields as read-only.
type State struct {
	Ruleset string `json:"ruleset"`
	Seed    Seed   `json:"seed"`
	// Rolled counts the dice rolled since the session began; it is the
	// number of the next die and never falls.
	Rolled uint64 `json:"rolled"`
	Map    Map    `json:"map"`
	// Creatures are sorted by id.
	Creatures []Creature `json:"creatures"`
	Combat    Combat     `json:"combat"`
}

// Creature is a combatant in play.
type Creature struct {
	// Sheet is what the scenario says; it never changes in play.
	Sheet    Combatant `json:"sheet"`
	Position Point     `json:"position"`
	HP       int       `json:"hp"`
	Status   Status    `json:"status"`
	// Dodging holds from the Dodge action to the start of the next turn.
	Dodging bool `json:"dodging,omitempty"`
}

// Status is whether a creature takes part: standing, unconscious or dead.
type Status string

// The states of a creature. Unconscious is a character at 0 hit points; it is
// out of the fight, since death saves and healing are not part of the rules
// yet.
const (
	Standing    Status = "standing"
	Unconscious Status = "unconscious"
	Dead        Status = "dead"
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

// Budget is what the creature on turn may still do: actions, and feet of
// movement. Neither is ever negative.
type Budget struct {
	Actions  int `json:"actions"`
	Movement int `json:"movement"`
}

// Bounds of stored numbers: far above what play reaches, far below what
// overflows.
const (
	maxActions  = 10
	maxMovement = 10 * MaxSpeed
	maxCount    = 1_000_000_000
)

func (b Budget) valid() bool {
	return b.Actions >= 0 && b.Actions <= maxActions && b.Movement >= 0 && b.Movement <= maxMovement
}

// New prepares a session: everyone stands at the scenario's position with
// full hit points and nobody fights yet. The seed decides all dice; it must
// be unpredictable to players and is never rendered.
func New(sc Scenario, ruleset string, seed [32]byte) (*State, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if _, known := editionOf(ruleset); !known {
		return nil, fmt.Errorf("ruleset must be one of %s, %s, not %.40q", RulesetSRD521, RulesetSRD51, ruleset)
	}
	s := &State{
		Ruleset:   ruleset,
		Seed:      seed,
		Map:       sc.Map,
		Creatures: make([]Creature, len(sc.Combatants)),
		Combat:    Combat{Phase: Idle},
	}
	s.Map.Blocked = slices.Clone(sc.Map.Blocked)
	slices.SortFunc(s.Map.Blocked, comparePoints)
	for i := range sc.Combatants {
		s.Creatures[i].Sheet = sc.Combatants[i].clone()
		s.Creatures[i].restore()
	}
	slices.SortFunc(s.Creatures, func(a, b Creature) int { return cmp.Compare(a.Sheet.ID, b.Sheet.ID) })
	return s, nil
}

// Clone gives an independent copy.
func (s *State) Clone() *State {
	copied := *s
	// Sheets, the map and the order are replaced as a whole or not at all.
	copied.Creatures = slices.Clone(s.Creatures)
	return &copied
}

// Dice gives the generator of the session, set to the next die. It is good
// for one Decide; after the events are applied, ask again.
func (s *State) Dice() Dice { return dice.NewCounter(s.Seed, s.Rolled) }

// clone copies a combatant deeply and names its kind.
func (c Combatant) clone() Combatant {
	if c.Kind == "" {
		c.Kind = Character
		if c.Controller == GameMaster {
			c.Kind = Monster
		}
	}
	c.Attacks = slices.Clone(c.Attacks)
	for i := range c.Attacks {
		c.Attacks[i].Damage = slices.Clone(c.Attacks[i].Damage)
	}
	c.Immunities = slices.Clone(c.Immunities)
	c.DamageAdjustments = slices.Clone(c.DamageAdjustments)
	c.Resistances = slices.Clone(c.Resistances)
	c.Vulnerabilities = slices.Clone(c.Vulnerabilities)
	return c
}

// restore puts a creature back to what its sheet says.
func (c *Creature) restore() {
	c.Position = c.Sheet.Position
	c.HP = c.Sheet.MaxHP
	c.Status = Standing
	c.Dodging = false
}

// dodges tells whether the Dodge action protects it now (Rules Glossary:
// Dodge): not while incapacitated, not with Speed 0.
func (c *Creature) dodges() bool {
	return c.Dodging && c.Status == Standing && c.Sheet.Speed > 0
}

// secret tells whether a creature's numbers are the game master's alone.
func (c *Creature) secret() bool { return c.Sheet.Controller == GameMaster }

// creature finds a creature by id; nil if there is none.
func (s *State) creature(id string) *Creature {
	// By index: a creature is too big to copy for every comparison.
	at, found := sort.Find(len(s.Creatures), func(i int) int {
		return strings.Compare(id, s.Creatures[i].Sheet.ID)
	})
	if !found {
		return nil
	}
	return &s.Creatures[at]
}

// onTurn gives the creature whose turn it is; nil outside a fight.
func (s *State) onTurn() *Creature {
	if s.Combat.Phase != Fighting || s.Combat.Turn >= len(s.Combat.Order) {
		return nil
	}
	return s.creature(s.Combat.Order[s.Combat.Turn].Creature)
}

// blocked tells whether a square is filled.
func (s *State) blocked(p Point) bool {
	_, found := slices.BinarySearchFunc(s.Map.Blocked, p, comparePoints)
	return found
}

// occupant gives the creature in a square; nil if it is free. The dead hold
// no space.
func (s *State) occupant(p Point) *Creature {
	for i := range s.Creatures {
		if c := &s.Creatures[i]; c.Position == p && c.Status != Dead {
			return c
		}
	}
	return nil
}

func comparePoints(a, b Point) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

// distance in feet: the shortest count of squares, a diagonal counts one
// (Playing on a Grid: Ranges).
func distance(a, b Point) int {
	return 5 * max(abs(a[0]-b[0]), abs(a[1]-b[1]))
}

func abs(n int) int { return max(n, -n) }
