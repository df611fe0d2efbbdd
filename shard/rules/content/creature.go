// SPDX-License-Identifier: Apache-2.0

package content

// Creature is a stat block.
type Creature struct {
	// ID is [a-z0-9-], 1 to 40 characters.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Source says where the block is from, such as "SRD 5.2.1".
	Source string `json:"source,omitempty"`
	Size   Size   `json:"size"`
	Type   string `json:"type"`
	// Tags are the words in brackets behind the type: "goblinoid".
	Tags []string `json:"tags,omitempty"`
	// Swarm: it shares a space with others, and heals not at all.
	Swarm     bool      `json:"swarm,omitempty"`
	AC        int       `json:"ac"`
	HP        HitPoints `json:"hp"`
	Speed     Speed     `json:"speed"`
	Abilities Abilities `json:"abilities"`
	// Saves and Skills hold the whole modifier where it is more than the
	// ability's.
	Saves  map[Ability]int `json:"saves,omitempty"`
	Skills map[Skill]int   `json:"skills,omitempty"`
	Senses Senses          `json:"senses,omitzero"`
	// Initiative is the whole modifier; nil is the Dexterity modifier.
	Initiative       *int   `json:"initiative,omitempty"`
	ProficiencyBonus int    `json:"pb"`
	CR               string `json:"cr,omitempty"` // "1/4"; empty for a character
	XP               int    `json:"xp,omitempty"`
	Level            int    `json:"level,omitempty"` // of a character

	Resistances         []DamageType  `json:"resistances,omitempty"`
	Immunities          []DamageType  `json:"immunities,omitempty"`
	Vulnerabilities     []DamageType  `json:"vulnerabilities,omitempty"`
	ConditionImmunities []ConditionID `json:"conditionImmunities,omitempty"`
	// DamageThreshold: an instance of less deals nothing.
	DamageThreshold int `json:"damageThreshold,omitempty"`
	// DamageAdjustments are taken before resistance and vulnerability.
	DamageAdjustments []DamageAdjustment `json:"damageAdjustments,omitempty"`

	Traits []Trait `json:"traits,omitempty"`
	// Actions are all it can do, of every cost.
	Actions []Action `json:"actions,omitempty"`
	// Masteries says that it uses the mastery properties of its weapons.
	Masteries bool `json:"masteries,omitempty"`
	// Armor it wears; for information, AC is what counts.
	Armor               []string      `json:"armor,omitempty"`
	Hands               *Hands        `json:"hands,omitempty"`
	Legendary           *Legendary    `json:"legendary,omitempty"`
	LegendaryResistance *Legendary    `json:"legendaryResistance,omitempty"`
	Spellcasting        *Spellcasting `json:"spellcasting,omitempty"`
}

// HitPoints are the maximum and the dice whose mean it is.
type HitPoints struct {
	Max  int    `json:"max"`
	Dice string `json:"dice,omitempty"`
}

// Speed in feet.
type Speed struct {
	Walk   int  `json:"walk"`
	Fly    int  `json:"fly,omitempty"`
	Climb  int  `json:"climb,omitempty"`
	Swim   int  `json:"swim,omitempty"`
	Burrow int  `json:"burrow,omitempty"`
	Hover  bool `json:"hover,omitempty"`
}

// Abilities are the six scores.
type Abilities struct {
	Str int `json:"str"`
	Dex int `json:"dex"`
	Con int `json:"con"`
	Int int `json:"int"`
	Wis int `json:"wis"`
	Cha int `json:"cha"`
}

// Score gives one of them.
func (a Abilities) Score(of Ability) int {
	switch of {
	case Strength:
		return a.Str
	case Dexterity:
		return a.Dex
	case Constitution:
		return a.Con
	case Intelligence:
		return a.Int
	case Wisdom:
		return a.Wis
	default:
		return a.Cha
	}
}

// Modifier is (score - 10) / 2, rounded down (Ability Modifiers).
func (a Abilities) Modifier(of Ability) int { return (a.Score(of) - 10) >> 1 }

// Senses in feet.
type Senses struct {
	Darkvision  int `json:"darkvision,omitempty"`
	Blindsight  int `json:"blindsight,omitempty"`
	Tremorsense int `json:"tremorsense,omitempty"`
	Truesight   int `json:"truesight,omitempty"`
	// PassivePerception is 0 where it is 10 plus Perception.
	PassivePerception int `json:"passivePerception,omitempty"`
}

// DamageAdjustment is a lasting bonus or penalty to damage taken, such as an
// aura that takes 5 off. Without a type it is taken once off the whole damage
// of an attack.
type DamageAdjustment struct {
	Source string     `json:"source"`
	Type   DamageType `json:"type,omitempty"`
	Amount int        `json:"amount"`
}

// Legendary counts uses: a turn's for legendary actions, a day's for
// legendary resistance. LairUses count instead in a lair.
type Legendary struct {
	Uses     int `json:"uses"`
	LairUses int `json:"lairUses,omitempty"`
}

// Trait is something always true of a creature (Modifiers), or something that
// happens to others by itself (Trigger and Activity).
type Trait struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Modifiers []Modifier `json:"modifiers,omitempty"`
	Trigger   *Trigger   `json:"trigger,omitempty"`
	Activity  *Activity  `json:"activity,omitempty"`
}

// Spellcasting is how a creature casts.
type Spellcasting struct {
	Ability Ability `json:"ability"`
	DC      int     `json:"dc"`
	// AttackBonus of spell attacks.
	AttackBonus int `json:"attackBonus"`
	// CasterLevel decides what cantrips do; 0 is 1.
	CasterLevel int `json:"casterLevel,omitempty"`
	// Slots of levels 1 to 9, for casters that have slots.
	Slots  []int        `json:"slots,omitempty"`
	Spells []KnownSpell `json:"spells"`
}

// KnownSpell is a spell that a creature can cast: with a slot, or so many
// times a day without, or at will (a cantrip is always at will).
type KnownSpell struct {
	ID     string `json:"id"`
	PerDay int    `json:"perDay,omitempty"`
	AtWill bool   `json:"atWill,omitempty"`
	// Level at which a spell without a slot is cast; 0 is its own.
	Level int `json:"level,omitempty"`
}

// Known finds how a spell is known; nil if it is not.
func (s *Spellcasting) Known(id string) *KnownSpell {
	if s == nil {
		return nil
	}
	for i := range s.Spells {
		if s.Spells[i].ID == id {
			return &s.Spells[i]
		}
	}
	return nil
}
