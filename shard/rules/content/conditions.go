// SPDX-License-Identifier: Apache-2.0

package content

// The conditions of the two rulesets (Rules Glossary: Condition; SRD 5.1,
// Appendix PH-A). Exhaustion has levels, which the engine counts by itself.

// attacks and their kin spell the modifiers that conditions share.
var (
	ownAttacksWorse  = Modifier{Kind: KindDisadvantage, On: []RollKind{RollAttack}}
	ownChecksWorse   = Modifier{Kind: KindDisadvantage, On: []RollKind{RollCheck}}
	attackedBetter   = Modifier{Kind: KindAdvantage, On: []RollKind{RollAttacked}}
	failsPhysical    = Modifier{Kind: KindAutoFail, On: []RollKind{RollSave}, Abilities: []Ability{Strength, Dexterity}}
	rooted           = Modifier{Kind: KindSpeedZero}
	criticalNear     = Modifier{Kind: KindAutoCrit, When: []Predicate{WhenWithin}, Range: 5}
	cannotMove       = Modifier{Kind: KindCannot, Deeds: []string{"move"}}
	conditionsCommon = []Condition{
		{ID: Blinded, Name: "Blinded", Modifiers: []Modifier{
			{Kind: KindCannot, Deeds: []string{"see"}}, ownAttacksWorse, attackedBetter,
		}},
		{ID: Charmed, Name: "Charmed", Modifiers: []Modifier{
			{Kind: KindCannot, Deeds: []string{"attack_source"}},
			{Kind: KindAdvantage, On: []RollKind{RollInfluenced}, When: []Predicate{WhenAgainstSource}},
		}},
		{ID: Deafened, Name: "Deafened", Modifiers: []Modifier{{Kind: KindCannot, Deeds: []string{"hear"}}}},
		{ID: Exhaustion, Name: "Exhaustion"},
		{ID: Frightened, Name: "Frightened", Modifiers: []Modifier{
			{Kind: KindDisadvantage, On: []RollKind{RollAttack, RollCheck}, When: []Predicate{WhenSourceVisible}},
			{Kind: KindCannot, Deeds: []string{"approach_source"}},
		}},
		{ID: Paralyzed, Name: "Paralyzed", Implies: []ConditionID{Incapacitated}, Modifiers: []Modifier{
			rooted, failsPhysical, attackedBetter, criticalNear,
		}},
		{ID: Petrified, Name: "Petrified", Implies: []ConditionID{Incapacitated}, Modifiers: []Modifier{
			rooted, failsPhysical, attackedBetter, {Kind: KindResistance},
			{Kind: KindConditionImmunity, Conditions: []ConditionID{Poisoned}},
		}},
		{ID: Poisoned, Name: "Poisoned", Modifiers: []Modifier{ownAttacksWorse, ownChecksWorse}},
		{ID: Prone, Name: "Prone", Lasting: true, Modifiers: []Modifier{
			{Kind: KindCrawl}, ownAttacksWorse,
			{Kind: KindAdvantage, On: []RollKind{RollAttacked}, When: []Predicate{WhenWithin}, Range: 5},
			{Kind: KindDisadvantage, On: []RollKind{RollAttacked}, When: []Predicate{WhenBeyond}, Range: 5},
		}},
		{ID: Restrained, Name: "Restrained", Modifiers: []Modifier{
			rooted, ownAttacksWorse, attackedBetter,
			{Kind: KindDisadvantage, On: []RollKind{RollSave}, Abilities: []Ability{Dexterity}},
		}},
		{ID: Unconscious, Name: "Unconscious", Implies: []ConditionID{Incapacitated, Prone}, Modifiers: []Modifier{
			rooted, failsPhysical, attackedBetter, criticalNear,
			{Kind: KindCannot, Deeds: []string{"see", "hear"}},
		}},
	}
	conditions521 = []Condition{
		{ID: Grappled, Name: "Grappled", Modifiers: []Modifier{
			rooted, {Kind: KindDisadvantage, On: []RollKind{RollAttack}, When: []Predicate{WhenNotSource}},
		}},
		{ID: Incapacitated, Name: "Incapacitated", Modifiers: []Modifier{
			{Kind: KindCannot, Deeds: []string{"action", "bonus", "reaction", "concentrate", "speak"}},
			{Kind: KindDisadvantage, On: []RollKind{RollInitiative}},
		}},
		{ID: Invisible, Name: "Invisible", Modifiers: []Modifier{
			{Kind: KindInvisible}, {Kind: KindAdvantage, On: []RollKind{RollInitiative}},
		}},
		{ID: Stunned, Name: "Stunned", Implies: []ConditionID{Incapacitated}, Modifiers: []Modifier{failsPhysical, attackedBetter}},
	}
	conditions51 = []Condition{
		{ID: Grappled, Name: "Grappled", Modifiers: []Modifier{rooted}},
		{ID: Incapacitated, Name: "Incapacitated", Modifiers: []Modifier{
			{Kind: KindCannot, Deeds: []string{"action", "bonus", "reaction", "concentrate"}},
		}},
		{ID: Invisible, Name: "Invisible", Modifiers: []Modifier{{Kind: KindInvisible}}},
		{ID: Stunned, Name: "Stunned", Implies: []ConditionID{Incapacitated}, Modifiers: []Modifier{failsPhysical, attackedBetter, cannotMove, rooted}},
	}
)

// Conditions gives what the conditions do under SRD 5.2.1, or under SRD 5.1
// with old.
func Conditions(old bool) []Condition {
	own := conditions521
	if old {
		own = conditions51
	}
	return append(append(make([]Condition, 0, len(conditionsCommon)+len(own)), conditionsCommon...), own...)
}
