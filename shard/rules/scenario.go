// SPDX-License-Identifier: Apache-2.0

package rules

// Scenario is what a fight starts from: the map and who stands on it. Its
// JSON form is the one users write in a GameSession. All numbers are whole;
// distances are feet, positions are squares of 5 feet.
type Scenario struct {
	Map        Map         `json:"map"`
	Combatants []Combatant `json:"combatants"`
}

// Map is a grid of squares. X runs from 0 to Width-1, Y from 0 to Height-1.
type Map struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	// Blocked squares are filled: nobody enters them or cuts their corners.
	Blocked []Point `json:"blocked,omitempty"`
}

// Point is a square, [x, y].
type Point [2]int

// Combatant is one creature as the scenario describes it.
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
	Group      string       `json:"group,omitempty"`
	Position   Point        `json:"position"`
	AC         int          `json:"ac"`
	MaxHP      int          `json:"maxHP"`
	Speed      int          `json:"speed"`
	Dexterity  int          `json:"dexterity"`
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

// AttackKind is "melee" or "ranged".
type AttackKind string

// The kinds of attacks.
const (
	Melee  AttackKind = "melee"
	Ranged AttackKind = "ranged"
)

// DamageDice is dice of one damage type, in notation: "2d6+3", "d8", "1".
type DamageDice struct {
	Dice string     `json:"dice"`
	Type DamageType `json:"type"`
}

// DamageAdjustment is a lasting bonus or penalty to damage taken, such as an
// aura that takes 5 off. Without a type it is taken once off the whole damage
// of an attack.
type DamageAdjustment struct {
	Source string     `json:"source"`
	Type   DamageType `json:"type,omitempty"`
	Amount int        `json:"amount"`
}

// DamageType is a damage type.
type DamageType string

// The damage types (Rules Glossary: Damage Types).
const (
	Acid        DamageType = "acid"
	Bludgeoning DamageType = "bludgeoning"
	Cold        DamageType = "cold"
	Fire        DamageType = "fire"
	Force       DamageType = "force"
	Lightning   DamageType = "lightning"
	Necrotic    DamageType = "necrotic"
	Piercing    DamageType = "piercing"
	Poison      DamageType = "poison"
	Psychic     DamageType = "psychic"
	Radiant     DamageType = "radiant"
	Slashing    DamageType = "slashing"
	Thunder     DamageType = "thunder"
)

// damageTypes lists them all, sorted.
var damageTypes = []DamageType{
	Acid, Bludgeoning, Cold, Fire, Force, Lightning, Necrotic,
	Piercing, Poison, Psychic, Radiant, Slashing, Thunder,
}
