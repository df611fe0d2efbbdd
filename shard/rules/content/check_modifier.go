// SPDX-License-Identifier: Apache-2.0

package content

import "fmt"

var kinds = []ModifierKind{
	KindAdvantage, KindDisadvantage, KindBonus, KindAutoFail, KindAutoCrit, KindResistance, KindImmunity,
	KindVulnerability, KindExtraDamage, KindEvasion, KindMaxHP, KindConditionImmunity, KindSpellImmunity,
	KindSpeedBonus, KindSpeedZero, KindSpeedHalf, KindSpeedDouble, KindFreeTerrain, KindNoProvoke, KindCrawl,
	KindSharesSpaces, KindCannot, KindExtraAction, KindBonusDeed, KindInvisible, KindRemoved, KindRegeneration,
	KindUndeadFortitude, KindDeathWard,
}

var rolls = []RollKind{
	RollAttack, RollAttacked, RollSave, RollCheck, RollInfluenced, RollInitiative, RollConcentration, RollDeathSave, RollDamage,
	RollAC, RollSpellDC,
}

var predicates = []Predicate{
	WhenWithin, WhenBeyond, WhenMelee, WhenRanged, WhenWeapon, WhenSourceVisible, WhenAgainstSource, WhenNotSource,
	WhenAllyNear, WhenSneak, WhenOncePerTurn, WhenBloodied, WhenOtherBloodied, WhenNotBloodied, WhenMagic,
	WhenCondition, WhenSeesBearer, WhenCannotSee, WhenFinesse, WhenAdvantage, WhenMoved,
	WhenSeesOther, WhenMobile, WhenAllyOfSource, WhenOnOwnTurn, WhenUnhurt, WhenOtherGrappled,
}

var deeds = []string{
	"action", "bonus", "reaction", "move", "speak", "concentrate", "cast", "attack", "attack_source",
	"approach_source", "see", "hear", "regain_hp", "action_and_bonus", "second_attack",
	string(DeedDash), string(DeedDisengage), string(DeedDodge), string(DeedHide),
}

func (c *checker) modifiers(path string, list []Modifier) {
	if !c.AtMost(path, len(list), MaxModifiers) {
		return
	}
	for i := range list {
		c.modifier(fmt.Sprintf("%s[%d]", path, i), &list[i])
	}
}

func (c *checker) modifier(path string, m *Modifier) {
	words(c.Problems, path+".kind", []ModifierKind{m.Kind}, kinds)
	words(c.Problems, path+".on", m.On, rolls)
	words(c.Problems, path+".abilities", m.Abilities, AbilityList)
	c.Between(path+".value", m.Value, -MaxAdjust, MaxAdjust)
	c.Dice(path+".dice", m.Dice, true)
	words(c.Problems, path+".damageTypes", m.DamageTypes, DamageTypes)
	words(c.Problems, path+".conditions", m.Conditions, ConditionIDs)
	words(c.Problems, path+".deeds", m.Deeds, deeds)
	words(c.Problems, path+".when", m.When, predicates)
	c.Feet(path+".range", m.Range, 0, MaxRange)
	switch m.Kind {
	case KindAdvantage, KindDisadvantage, KindBonus, KindAutoFail:
		if len(m.On) == 0 {
			c.Addf(path+".on", "must name rolls for %s", m.Kind)
		}
	case KindCannot, KindBonusDeed:
		if len(m.Deeds) == 0 {
			c.Addf(path+".deeds", "must name deeds for %s", m.Kind)
		}
	case KindExtraDamage:
		if m.Dice == "" {
			c.Addf(path+".dice", "must be given for %s", m.Kind)
		}
	}
}
