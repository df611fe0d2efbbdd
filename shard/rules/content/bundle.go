// SPDX-License-Identifier: Apache-2.0

package content

// Bundle is a set of content. Ids are unique within each list; what refers to
// another thing names its id.
type Bundle struct {
	// Version names the data, such as "srd-5.2.1/1". A session keeps it.
	Version   string     `json:"version,omitempty"`
	Meta      *Meta      `json:"meta,omitempty"`
	Creatures []Creature `json:"creatures,omitempty"`
	Spells    []Spell    `json:"spells,omitempty"`
	Weapons   []Weapon   `json:"weapons,omitempty"`
	Armor     []Armor    `json:"armor,omitempty"`
}

// Meta says what whoever passes the content on has to say with it.
type Meta struct {
	// License is an SPDX identifier, such as "CC-BY-4.0".
	License string `json:"license"`
	// Attribution is the credit that the licence asks for, word for word.
	Attribution string `json:"attribution"`
	// Changes says how the content differs from what it was taken from.
	Changes string `json:"changes,omitempty"`
}

// Creature finds a creature; nil if there is none.
func (b *Bundle) Creature(id string) *Creature {
	for i := range b.Creatures {
		if b.Creatures[i].ID == id {
			return &b.Creatures[i]
		}
	}
	return nil
}

// Spell finds a spell; nil if there is none.
func (b *Bundle) Spell(id string) *Spell {
	for i := range b.Spells {
		if b.Spells[i].ID == id {
			return &b.Spells[i]
		}
	}
	return nil
}

// Weapon finds a weapon; nil if there is none.
func (b *Bundle) Weapon(id string) *Weapon {
	for i := range b.Weapons {
		if b.Weapons[i].ID == id {
			return &b.Weapons[i]
		}
	}
	return nil
}

// Property is a property of a weapon (Equipment: Weapon Properties).
type Property string

// The properties that the engine knows.
const (
	Ammunition Property = "ammunition"
	Finesse    Property = "finesse"
	Heavy      Property = "heavy"
	Light      Property = "light"
	Loading    Property = "loading"
	Reach      Property = "reach"
	Thrown     Property = "thrown"
	TwoHanded  Property = "two_handed"
	Versatile  Property = "versatile"
)

// Mastery is what a weapon does for who has mastered it (Equipment: Mastery
// Properties). SRD 5.1 has none.
type Mastery string

// The masteries.
const (
	Cleave Mastery = "cleave"
	Graze  Mastery = "graze"
	Nick   Mastery = "nick"
	Push   Mastery = "push"
	Sap    Mastery = "sap"
	Slow   Mastery = "slow"
	Topple Mastery = "topple"
	Vex    Mastery = "vex"
)

// Weapon is a weapon as the equipment table has it.
type Weapon struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Category   string     `json:"category"` // simple or martial
	Kind       AttackKind `json:"kind"`
	Dice       string     `json:"dice"`
	Versatile  string     `json:"versatile,omitempty"` // dice in two hands
	DamageType DamageType `json:"damageType"`
	Properties []Property `json:"properties,omitempty"`
	Mastery    Mastery    `json:"mastery,omitempty"`
	// Range and LongRange of a ranged or thrown weapon.
	Range     int `json:"range,omitempty"`
	LongRange int `json:"longRange,omitempty"`
}

// Armor is a suit of armor or a shield as the equipment table has it.
type Armor struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Category string `json:"category"` // light, medium, heavy or shield
	// AC is the base, or what a shield adds.
	AC int `json:"ac"`
	// MaxDex bounds the Dexterity modifier; nil for none, 0 in heavy armor.
	MaxDex              *int `json:"maxDex,omitempty"`
	Strength            int  `json:"strength,omitempty"`
	StealthDisadvantage bool `json:"stealthDisadvantage,omitempty"`
}
