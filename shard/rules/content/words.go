// SPDX-License-Identifier: Apache-2.0

package content

// Ability is one of the six abilities.
type Ability string

// The abilities.
const (
	Strength     Ability = "str"
	Dexterity    Ability = "dex"
	Constitution Ability = "con"
	Intelligence Ability = "int"
	Wisdom       Ability = "wis"
	Charisma     Ability = "cha"
)

// AbilityList lists the abilities in the order of a stat block.
var AbilityList = []Ability{Strength, Dexterity, Constitution, Intelligence, Wisdom, Charisma}

// Name gives the ability's name in full.
func (a Ability) Name() string {
	switch a {
	case Strength:
		return "Strength"
	case Dexterity:
		return "Dexterity"
	case Constitution:
		return "Constitution"
	case Intelligence:
		return "Intelligence"
	case Wisdom:
		return "Wisdom"
	case Charisma:
		return "Charisma"
	default:
		return string(a)
	}
}

// Skill is one of the skills, in lower case: "sleight of hand".
type Skill string

// The skills that the engine itself asks for.
const (
	Acrobatics Skill = "acrobatics"
	Athletics  Skill = "athletics"
	Medicine   Skill = "medicine"
	Perception Skill = "perception"
	Stealth    Skill = "stealth"
)

// SkillAbility gives the ability of each skill (Playing the Game: Skills).
var SkillAbility = map[Skill]Ability{
	Acrobatics: Dexterity, "animal handling": Wisdom, "arcana": Intelligence, Athletics: Strength,
	"deception": Charisma, "history": Intelligence, "insight": Wisdom, "intimidation": Charisma,
	"investigation": Intelligence, Medicine: Wisdom, "nature": Intelligence, Perception: Wisdom,
	"performance": Charisma, "persuasion": Charisma, "religion": Intelligence, "sleight of hand": Dexterity,
	Stealth: Dexterity, "survival": Wisdom,
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

// DamageTypes lists them all, sorted.
var DamageTypes = []DamageType{
	Acid, Bludgeoning, Cold, Fire, Force, Lightning, Necrotic,
	Piercing, Poison, Psychic, Radiant, Slashing, Thunder,
}

// Size of a creature.
type Size string

// The sizes.
const (
	Tiny       Size = "tiny"
	Small      Size = "small"
	Medium     Size = "medium"
	Large      Size = "large"
	Huge       Size = "huge"
	Gargantuan Size = "gargantuan"
)

// Sizes lists them from the smallest.
var Sizes = []Size{Tiny, Small, Medium, Large, Huge, Gargantuan}

// CreatureTypes lists the types of creatures, sorted.
var CreatureTypes = []string{
	"aberration", "beast", "celestial", "construct", "dragon", "elemental", "fey", "fiend",
	"giant", "humanoid", "monstrosity", "ooze", "plant", "undead",
}

// ConditionID names a condition.
type ConditionID string

// The conditions (Rules Glossary: Condition).
const (
	Blinded       ConditionID = "blinded"
	Charmed       ConditionID = "charmed"
	Deafened      ConditionID = "deafened"
	Exhaustion    ConditionID = "exhaustion"
	Frightened    ConditionID = "frightened"
	Grappled      ConditionID = "grappled"
	Incapacitated ConditionID = "incapacitated"
	Invisible     ConditionID = "invisible"
	Paralyzed     ConditionID = "paralyzed"
	Petrified     ConditionID = "petrified"
	Poisoned      ConditionID = "poisoned"
	Prone         ConditionID = "prone"
	Restrained    ConditionID = "restrained"
	Stunned       ConditionID = "stunned"
	Unconscious   ConditionID = "unconscious"
)

// ConditionIDs lists them all, sorted.
var ConditionIDs = []ConditionID{
	Blinded, Charmed, Deafened, Exhaustion, Frightened, Grappled, Incapacitated, Invisible,
	Paralyzed, Petrified, Poisoned, Prone, Restrained, Stunned, Unconscious,
}
