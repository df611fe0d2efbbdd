// SPDX-License-Identifier: Apache-2.0

package rules

import "gamesession.dev/operator/shard/rules/content"

// Scenario is what a fight starts from: the map and who stands on it. Its
// JSON form is the one users write in a GameSession. All numbers are whole;
// distances are feet, positions are squares of 5 feet.
type Scenario struct {
	Map        Map         `json:"map"`
	Combatants []Combatant `json:"combatants"`
	Options    Options     `json:"options,omitzero"`
	// Content is what the combatants name: stat blocks and spells. What a
	// scenario does not bring itself, Resolve adds from a library.
	Content content.Bundle `json:"content,omitzero"`
}

// Map is a grid of squares. X runs from 0 to Width-1, Y from 0 to Height-1.
type Map struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	// Blocked squares are filled: nobody enters them, sees through them or
	// cuts their corners.
	Blocked []Point `json:"blocked,omitempty"`
	// Difficult squares cost twice, as Water does without a swim speed.
	Difficult []Point `json:"difficult,omitempty"`
	Water     []Point `json:"water,omitempty"`
	// Obscured squares are heavily obscured: nobody sees into them or through.
	Obscured []Point `json:"obscured,omitempty"`
	// Low squares have a low wall or the like: half cover for who is behind.
	Low   []Point `json:"low,omitempty"`
	Doors []Door  `json:"doors,omitempty"`
	// Raised squares are higher than the others.
	Raised []Rise `json:"raised,omitempty"`
}

// Door is a square that is filled while it is closed.
type Door struct {
	At   Point `json:"at"`
	Open bool  `json:"open,omitempty"`
}

// Point is a square, [x, y].
type Point [2]int

// Combatant is one creature as the scenario describes it: by a stat block of
// the content, or by numbers of its own.
type Combatant struct {
	// ID is unique in the scenario: [a-z0-9-], 1 to 40 characters.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Kind decides what 0 hit points mean. Empty means character for a
	// creature of a player and monster for a creature of the game master.
	Kind CreatureKind `json:"kind,omitempty"`
	// Side is who fights together; same form as ID.
	Side string `json:"side"`
	// Controller is the id of the player who acts for it, or "gm".
	Controller string `json:"controller"`
	// Group names identical monsters that share one initiative roll.
	Group    string `json:"group,omitempty"`
	Position Point  `json:"position"`
	// StatBlock is the id of a creature of the content. The numbers below are
	// then left out.
	StatBlock string `json:"statBlock,omitempty"`
	// Surprised when the fight begins; Hidden: it hides before the fight.
	Surprised  bool         `json:"surprised,omitempty"`
	Hidden     bool         `json:"hidden,omitempty"`
	AC         int          `json:"ac,omitempty"`
	MaxHP      int          `json:"maxHP,omitempty"`
	Speed      int          `json:"speed,omitempty"`
	Dexterity  int          `json:"dexterity,omitempty"`
	Attacks    []Attack     `json:"attacks,omitempty"`
	Immunities []DamageType `json:"immunities,omitempty"`
	// DamageAdjustments are taken before resistance and vulnerability.
	DamageAdjustments []DamageAdjustment `json:"damageAdjustments,omitempty"`
	Resistances       []DamageType       `json:"resistances,omitempty"`
	Vulnerabilities   []DamageType       `json:"vulnerabilities,omitempty"`
}

// CreatureKind is "character" or "monster".
type CreatureKind string

// The kinds of creatures.
const (
	Character CreatureKind = "character"
	Monster   CreatureKind = "monster"
)

// GameMaster is the controller of creatures that any game master plays.
const GameMaster = "gm"

// Attack is one thing a creature can attack with.
type Attack struct {
	// ID is unique among the creature's attacks; form as Combatant.ID.
	ID   string     `json:"id"`
	Name string     `json:"name"`
	Kind AttackKind `json:"kind"`
	// AttackBonus is added to the d20.
	AttackBonus int `json:"attackBonus"`
	// Reach in feet, of a melee attack.
	Reach int `json:"reach,omitempty"`
	// Range and LongRange in feet, of a ranged attack. LongRange 0 means
	// that nothing beyond Range can be attacked.
	Range     int          `json:"range,omitempty"`
	LongRange int          `json:"longRange,omitempty"`
	Damage    []DamageDice `json:"damage"`
}

// DamageDice is dice of one damage type, in notation: "2d6+3", "d8", "1".
type DamageDice struct {
	Dice string     `json:"dice"`
	Type DamageType `json:"type"`
}

// AttackKind is "melee" or "ranged".
type AttackKind = content.AttackKind

// DamageType is one of the thirteen damage types.
type DamageType = content.DamageType

// DamageAdjustment is a lasting bonus or penalty to damage taken.
type DamageAdjustment = content.DamageAdjustment

// ConditionID names a condition.
type ConditionID = content.ConditionID

// The kinds of attacks.
const (
	Melee  = content.Melee
	Ranged = content.Ranged
)

// The damage types (Rules Glossary: Damage Types).
const (
	Acid        = content.Acid
	Bludgeoning = content.Bludgeoning
	Cold        = content.Cold
	Fire        = content.Fire
	Force       = content.Force
	Lightning   = content.Lightning
	Necrotic    = content.Necrotic
	Piercing    = content.Piercing
	Poison      = content.Poison
	Psychic     = content.Psychic
	Radiant     = content.Radiant
	Slashing    = content.Slashing
	Thunder     = content.Thunder
)
