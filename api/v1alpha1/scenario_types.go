// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Scenario is what a fight starts from: the map and who stands on it. All
// numbers are whole; distances are feet, positions are squares of 5 feet.
// Its JSON is that of the engine's own scenario; a test keeps the two alike.
//
// +kubebuilder:validation:XValidation:rule="self.combatants.all(c, c.position[0] < self.map.width && c.position[1] < self.map.height)",message="combatants must stand on the map: position [x, y] with x below map.width and y below map.height"
// +kubebuilder:validation:XValidation:rule="self.combatants.exists(c, c.side != self.combatants[0].side)",message="combatants must belong to at least two sides"
type Scenario struct {
	// map is the grid.
	// +required
	Map Map `json:"map"`

	// options are what the table chooses for its session.
	// +optional
	Options Options `json:"options,omitzero"`

	// combatants lists who stands on it: 2 to 100.
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=100
	// +listType=map
	// +listMapKey=id
	// +required
	Combatants []Combatant `json:"combatants"`
}

// Map is a grid of squares: x from 0 to width-1, y from 0 to height-1.
//
// +kubebuilder:validation:XValidation:rule="!has(self.blocked) || self.blocked.all(p, p[0] < self.width && p[1] < self.height)",message="blocked squares must lie on the map: [x, y] with x below width and y below height"
type Map struct {
	// width in squares, 1 to 200.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200
	// +required
	Width int32 `json:"width"`

	// height in squares, 1 to 200.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200
	// +required
	Height int32 `json:"height"`

	// blocked lists the squares that nobody enters.
	// +kubebuilder:validation:MaxItems=4000
	// +listType=atomic
	// +optional
	Blocked []Point `json:"blocked,omitempty"`

	// difficult lists the squares that cost twice.
	// +kubebuilder:validation:MaxItems=4000
	// +listType=atomic
	// +optional
	Difficult []Point `json:"difficult,omitempty"`

	// water lists the squares that cost twice without a swim speed.
	// +kubebuilder:validation:MaxItems=4000
	// +listType=atomic
	// +optional
	Water []Point `json:"water,omitempty"`

	// obscured lists the squares that nobody sees into or through.
	// +kubebuilder:validation:MaxItems=4000
	// +listType=atomic
	// +optional
	Obscured []Point `json:"obscured,omitempty"`

	// low lists the squares that give half cover to who is behind them.
	// +kubebuilder:validation:MaxItems=4000
	// +listType=atomic
	// +optional
	Low []Point `json:"low,omitempty"`

	// raised lists the squares whose ground is higher than that of the others.
	// +kubebuilder:validation:MaxItems=4000
	// +listType=atomic
	// +optional
	Raised []Rise `json:"raised,omitempty"`

	// doors are squares that are filled while they are closed.
	// +kubebuilder:validation:MaxItems=100
	// +listType=atomic
	// +optional
	Doors []Door `json:"doors,omitempty"`
}

// Rise is a square whose ground is higher.
type Rise struct {
	// at is the square.
	// +required
	At Point `json:"at"`

	// feet is by how much, a multiple of 5.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=300
	// +kubebuilder:validation:MultipleOf=5
	// +required
	Feet int32 `json:"feet"`
}

// Door is a square that is filled while it is closed.
type Door struct {
	// at is the square.
	// +required
	At Point `json:"at"`

	// open says how it is when a fight begins.
	// +optional
	Open bool `json:"open,omitempty"`
}

// Options are what a table chooses for its session.
type Options struct {
	// coverage says when an area covers a square: by its centre (the default),
	// half or any of it.
	// +kubebuilder:validation:Enum=centre;half;any
	// +optional
	Coverage string `json:"coverage,omitempty"`

	// initiative is rolled (the default), or a score: 10 plus the modifier.
	// +kubebuilder:validation:Enum=roll;score
	// +optional
	Initiative string `json:"initiative,omitempty"`

	// lair says that the monsters are at home.
	// +optional
	Lair bool `json:"lair,omitempty"`

	// reactionSeconds is how long play waits for a reaction: 0 is 30, -1 is for ever.
	// +kubebuilder:validation:Minimum=-1
	// +kubebuilder:validation:Maximum=3600
	// +optional
	ReactionSeconds int32 `json:"reactionSeconds,omitempty"`

	// turnSeconds is how long play waits for whose turn it is: 0 is 180, -1 is
	// for ever.
	// +kubebuilder:validation:Minimum=-1
	// +kubebuilder:validation:Maximum=3600
	// +optional
	TurnSeconds int32 `json:"turnSeconds,omitempty"`
}

// Point is a square: [x, y].
// +kubebuilder:validation:MinItems=2
// +kubebuilder:validation:MaxItems=2
// +kubebuilder:validation:items:Minimum=0
// +kubebuilder:validation:items:Maximum=199
// +listType=atomic
type Point []int32

// ID names a thing within a scenario.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=40
// +kubebuilder:validation:Pattern=`^[a-z0-9-]+$`
type ID string

// DisplayName is shown to players.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=80
type DisplayName string

// CreatureKind is character or monster.
// +kubebuilder:validation:Enum=character;monster
type CreatureKind string

// DamageType is one of the thirteen damage types.
// +kubebuilder:validation:Enum=acid;bludgeoning;cold;fire;force;lightning;necrotic;piercing;poison;psychic;radiant;slashing;thunder
type DamageType string

// Combatant is one creature as the scenario describes it: by a stat block of
// the rules' data, or by numbers of its own.
//
// +kubebuilder:validation:XValidation:rule="has(self.statBlock) ? !has(self.ac) && !has(self.maxHP) && !has(self.speed) && !has(self.dexterity) && !has(self.attacks) : has(self.ac) && has(self.maxHP) && has(self.dexterity)",message="a combatant has either a statBlock, or ac, maxHP, speed and dexterity of its own"
type Combatant struct {
	// id is unique in the scenario.
	// +required
	ID ID `json:"id"`

	// name is shown to players.
	// +required
	Name DisplayName `json:"name"`

	// kind decides what 0 hit points mean: character or monster. Absent means
	// character for a creature of a player, monster for one of the game master.
	// +optional
	Kind CreatureKind `json:"kind,omitempty"`

	// side is who fights together.
	// +required
	Side ID `json:"side"`

	// controller is the id of the player who acts for it, or "gm".
	// +required
	Controller PlayerID `json:"controller"`

	// group names identical monsters that share one initiative roll.
	// +optional
	Group ID `json:"group,omitempty"`

	// position is the square it starts on: [x, y].
	// +required
	Position Point `json:"position"`

	// statBlock names a creature of the rules' data; it brings all numbers, and
	// those below are left out.
	// +optional
	StatBlock ID `json:"statBlock,omitempty"`

	// surprised when the fight begins.
	// +optional
	Surprised bool `json:"surprised,omitempty"`

	// hidden says that it hides before the fight begins.
	// +optional
	Hidden bool `json:"hidden,omitempty"`

	// ac is the armour class, 1 to 40.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=40
	// +optional
	AC int32 `json:"ac,omitempty"`

	// maxHP are the hit points it starts with, 1 to 10000.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	MaxHP int32 `json:"maxHP,omitempty"`

	// speed in feet, a multiple of 5 from 0 to 600.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=600
	// +kubebuilder:validation:MultipleOf=5
	// +optional
	Speed int32 `json:"speed,omitempty"`

	// dexterity is the ability score, 1 to 30.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=30
	// +optional
	Dexterity int32 `json:"dexterity,omitempty"`

	// attacks it can make, at most 20.
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=id
	// +optional
	Attacks []Attack `json:"attacks,omitempty"`

	// immunities: damage of these types is none.
	// +kubebuilder:validation:MaxItems=13
	// +listType=set
	// +optional
	Immunities []DamageType `json:"immunities,omitempty"`

	// damageAdjustments are taken before resistance and vulnerability.
	// +kubebuilder:validation:MaxItems=8
	// +listType=atomic
	// +optional
	DamageAdjustments []DamageAdjustment `json:"damageAdjustments,omitempty"`

	// resistances: damage of these types is halved.
	// +kubebuilder:validation:MaxItems=13
	// +listType=set
	// +optional
	Resistances []DamageType `json:"resistances,omitempty"`

	// vulnerabilities: damage of these types is doubled.
	// +kubebuilder:validation:MaxItems=13
	// +listType=set
	// +optional
	Vulnerabilities []DamageType `json:"vulnerabilities,omitempty"`
}

// AttackKind is melee or ranged.
// +kubebuilder:validation:Enum=melee;ranged
type AttackKind string

// Attack is one thing a creature can attack with.
//
// +kubebuilder:validation:XValidation:rule="self.kind != 'melee' || (has(self.reach) && !has(self.range) && !has(self.longRange))",message="a melee attack must have reach and neither range nor longRange"
// +kubebuilder:validation:XValidation:rule="self.kind != 'ranged' || (has(self.range) && !has(self.reach))",message="a ranged attack must have range and no reach"
// +kubebuilder:validation:XValidation:rule="!has(self.longRange) || !has(self.range) || self.longRange >= self.range",message="longRange must not be below range"
type Attack struct {
	// id is unique among the creature's attacks.
	// +required
	ID ID `json:"id"`

	// name is shown to players.
	// +required
	Name DisplayName `json:"name"`

	// kind is melee or ranged.
	// +required
	Kind AttackKind `json:"kind"`

	// attackBonus is added to the d20, -10 to 30.
	// +kubebuilder:validation:Minimum=-10
	// +kubebuilder:validation:Maximum=30
	// +required
	AttackBonus int32 `json:"attackBonus"`

	// reach in feet of a melee attack, a multiple of 5 from 5 to 60.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=60
	// +kubebuilder:validation:MultipleOf=5
	// +optional
	Reach int32 `json:"reach,omitempty"`

	// range in feet of a ranged attack, a multiple of 5 from 5 to 2000.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=2000
	// +kubebuilder:validation:MultipleOf=5
	// +optional
	Range int32 `json:"range,omitempty"`

	// longRange in feet: up to here a ranged attack is made with disadvantage.
	// Absent: nothing beyond range can be attacked.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=2000
	// +kubebuilder:validation:MultipleOf=5
	// +optional
	LongRange int32 `json:"longRange,omitempty"`

	// damage it does, 1 to 5 kinds.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	// +listType=atomic
	// +required
	Damage []DamageDice `json:"damage"`
}

// DamageDice are dice of one damage type.
type DamageDice struct {
	// dice in notation: 2d6+3, d8, 1.
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^([0-9]{0,2}d[0-9]{1,3}([+-][0-9]{1,3})?|[0-9]{1,3})$`
	// +required
	Dice string `json:"dice"`

	// type of the damage.
	// +required
	Type DamageType `json:"type"`
}

// DamageAdjustment is a lasting bonus or penalty to damage taken.
type DamageAdjustment struct {
	// source is shown to players.
	// +required
	Source DisplayName `json:"source"`

	// type of damage it is for. Absent: taken once off the whole damage of an
	// attack.
	// +optional
	Type DamageType `json:"type,omitempty"`

	// amount is added to the damage, -1000 to 1000.
	// +kubebuilder:validation:Minimum=-1000
	// +kubebuilder:validation:Maximum=1000
	// +required
	Amount int32 `json:"amount"`
}
