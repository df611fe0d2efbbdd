// SPDX-License-Identifier: Apache-2.0

package content

import "slices"

// ModifierKind is a mechanic of the engine.
type ModifierKind string

// The mechanics. Value, Dice and the lists say what they are about.
const (
	// Rolls named by On.
	KindAdvantage    ModifierKind = "advantage"
	KindDisadvantage ModifierKind = "disadvantage"
	KindBonus        ModifierKind = "bonus"     // Value and Dice ("1d4", "-1d4")
	KindAutoFail     ModifierKind = "auto_fail" // saves
	KindAutoCrit     ModifierKind = "auto_crit" // hits on the bearer are critical

	// Damage.
	KindResistance    ModifierKind = "resistance" // DamageTypes; none is all
	KindImmunity      ModifierKind = "immunity"
	KindVulnerability ModifierKind = "vulnerability"
	KindExtraDamage   ModifierKind = "extra_damage" // of the bearer's hits: Dice, DamageTypes[0] (none: the attack's)
	KindEvasion       ModifierKind = "evasion"      // Dex saves for half: none, or half
	KindMaxHP         ModifierKind = "max_hp"       // Value

	// Conditions and spells.
	KindConditionImmunity ModifierKind = "condition_immunity" // Conditions
	KindSpellImmunity     ModifierKind = "spell_immunity"     // Spells

	// Movement.
	KindSpeedBonus   ModifierKind = "speed_bonus" // Value feet, may be negative
	KindSpeedZero    ModifierKind = "speed_zero"
	KindSpeedHalf    ModifierKind = "speed_half"
	KindSpeedDouble  ModifierKind = "speed_double"
	KindFreeTerrain  ModifierKind = "ignore_difficult_terrain"
	KindNoProvoke    ModifierKind = "no_opportunity_attacks" // Flyby
	KindCrawl        ModifierKind = "crawl"
	KindSharesSpaces ModifierKind = "shares_spaces" // moves through and stays in the spaces of others

	// What the bearer cannot do: Deeds "action", "bonus", "reaction", "move",
	// "speak", "concentrate", "cast", "attack_source", "approach_source",
	// "see", "hear", "regain_hp", "action_and_bonus" (only one of both),
	// "second_attack" (one attack an action), "attack".
	KindCannot ModifierKind = "cannot"

	// More to do.
	KindExtraAction ModifierKind = "extra_action" // Haste: one attack, Dash, Disengage, Hide or Utilize
	KindBonusDeed   ModifierKind = "bonus_deed"   // Deeds as a bonus action: dash, disengage, hide

	// Being somewhere else.
	KindInvisible ModifierKind = "invisible" // cannot be seen, but by who sees through it
	KindRemoved   ModifierKind = "removed"   // off the map, out of everything

	// Staying alive.
	KindRegeneration    ModifierKind = "regeneration"     // Value at the start of its turn, unless it took DamageTypes
	KindUndeadFortitude ModifierKind = "undead_fortitude" // Con save DC Value + damage or 1 hit point; not DamageTypes, not a critical hit
	KindDeathWard       ModifierKind = "death_ward"       // 1 hit point instead of 0, once
)

// RollKind is what a modifier changes.
type RollKind string

// What a modifier can be on.
const (
	RollAttack        RollKind = "attack"   // attack rolls of the bearer
	RollAttacked      RollKind = "attacked" // attack rolls against the bearer
	RollSave          RollKind = "save"
	RollCheck         RollKind = "check"
	RollInfluenced    RollKind = "influenced" // checks to influence the bearer
	RollInitiative    RollKind = "initiative"
	RollConcentration RollKind = "concentration" // saves to keep it
	RollDeathSave     RollKind = "death_save"
	RollDamage        RollKind = "damage" // damage of the bearer's attacks
	RollAC            RollKind = "ac"
	RollSpellDC       RollKind = "spell_dc"
)

// within gives the kind of roll that a kind is one of, if it is: what is on the
// wider kind is on it too. A save for concentration and a death save are saving
// throws, initiative is a Dexterity check (Concentration; Death Saving Throws;
// Initiative).
func (k RollKind) within() RollKind {
	switch k {
	case RollConcentration, RollDeathSave:
		return RollSave
	case RollInitiative:
		return RollCheck
	default:
		return k
	}
}

// Predicate narrows a modifier. All of a list must hold.
type Predicate string

// The predicates. "The other" is who attacks the bearer or is attacked by it.
const (
	WhenWithin        Predicate = "within"         // the other is within Range feet
	WhenBeyond        Predicate = "beyond"         // the other is not
	WhenMelee         Predicate = "melee"          // a melee attack
	WhenRanged        Predicate = "ranged"         // a ranged attack
	WhenWeapon        Predicate = "weapon"         // no spell attack
	WhenSourceVisible Predicate = "source_visible" // the effect's source is in line of sight
	WhenAgainstSource Predicate = "against_source" // the other is the effect's source
	WhenNotSource     Predicate = "not_against_source"
	WhenAllyNear      Predicate = "ally_near_target"  // an ally of the bearer, not incapacitated, is within 5 feet of the other
	WhenSneak         Predicate = "advantage_or_ally" // advantage, or an ally near and no disadvantage
	WhenOncePerTurn   Predicate = "once_per_turn"
	WhenBloodied      Predicate = "bloodied"        // the bearer is
	WhenOtherBloodied Predicate = "target_bloodied" // the other is
	WhenNotBloodied   Predicate = "not_bloodied"
	WhenMagic         Predicate = "magic"       // a save against a spell or magic
	WhenCondition     Predicate = "condition"   // a save against one of Conditions
	WhenSeesBearer    Predicate = "other_sees"  // the other can see the bearer
	WhenCannotSee     Predicate = "other_blind" // the other cannot see the bearer
	WhenFinesse       Predicate = "finesse_or_ranged"
	WhenAdvantage     Predicate = "with_advantage"
	WhenMoved         Predicate = "moved_20"           // the bearer moved 20 feet this turn (charge)
	WhenSeesOther     Predicate = "sees_other"         // the bearer sees the other
	WhenMobile        Predicate = "mobile"             // the bearer's Speed is not 0
	WhenAllyOfSource  Predicate = "by_ally_of_source"  // the other is an ally of the effect's source
	WhenOnOwnTurn     Predicate = "on_own_turn"        // it is the bearer's turn
	WhenUnhurt        Predicate = "target_unhurt"      // the other has all its hit points
	WhenOtherGrappled Predicate = "target_is_grappled" // the other is grappled by the bearer
)

// Modifier is one mechanic with its parameters. Which fields count is said at
// its kind.
type Modifier struct {
	Kind        ModifierKind  `json:"kind"`
	On          []RollKind    `json:"on,omitempty"`
	Abilities   []Ability     `json:"abilities,omitempty"` // empty is all
	Skills      []Skill       `json:"skills,omitempty"`
	Value       int           `json:"value,omitempty"`
	Dice        string        `json:"dice,omitempty"`
	DamageTypes []DamageType  `json:"damageTypes,omitempty"`
	Conditions  []ConditionID `json:"conditions,omitempty"`
	Spells      []string      `json:"spells,omitempty"`
	Deeds       []string      `json:"deeds,omitempty"`
	When        []Predicate   `json:"when,omitempty"`
	Range       int           `json:"range,omitempty"`
}

// Concerns tells whether a modifier is on a kind of roll, or on the wider kind
// that it is one of.
func (m *Modifier) Concerns(roll RollKind) bool {
	return slices.Contains(m.On, roll) || slices.Contains(m.On, roll.within())
}

// Condition is what a condition does, as data.
type Condition struct {
	ID      ConditionID   `json:"id"`
	Name    string        `json:"name"`
	Implies []ConditionID `json:"implies,omitempty"`
	// Modifiers hold while a creature has the condition.
	Modifiers []Modifier `json:"modifiers,omitempty"`
	// Lasting conditions stay when what implied them ends: prone.
	Lasting bool `json:"lasting,omitempty"`
}
