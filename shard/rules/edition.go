// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"

	"gamesession.dev/operator/shard/rules/content"
)

// The rulesets a session can be pinned to.
const (
	RulesetSRD521 = "srd-5.2.1"
	RulesetSRD51  = "srd-5.1"
)

// ErrRuleset says that a session is pinned to a ruleset that this build does not
// have.
var ErrRuleset = errors.New("unknown ruleset")

// edition holds what the rulesets do differently. It is looked up once per
// decision; no rule asks for the name of the ruleset.
type edition struct {
	conditions map[ConditionID]*content.Condition
	// exhaustion gives the modifiers of each level, from 0.
	exhaustion [7][]content.Modifier
	// exhaustionHalvesHP from this level on; 0 never.
	exhaustionHalvesHP int

	// Initiative and surprise.
	score            bool // 10 + modifier may be used instead of a roll
	surpriseLoses    bool // surprised: no move, no action, no reaction in the first turn
	lairAddsUses     bool // a lair adds legendary actions and resistances
	lairActs         bool // the lair acts at initiative count 20, losing ties
	masteries        bool
	attackDraws      bool // each attack of the action draws or stows a weapon, a throw draws its own
	heavySmall       bool // heavy weapons are hard for Small creatures, not for weak ones
	concentrationCap int  // the highest DC of a concentration save; 0 is no cap
	influenceDC      int  // the least DC to influence a creature; 0: the game master judges the total

	// Movement: an ally's space costs extra, an incapacitated or Tiny enemy's
	// can be crossed.
	allySpaceDifficult bool
	enterIncapacitated bool

	// Grapple, shove and hide are contests, not saves against a DC.
	contests bool
	// knockOutStable: knocked out at 0 hit points and stable, else at 1.
	knockOutStable bool
	// bonusSpellLimits: with a bonus action spell only a cantrip besides; else
	// one spell slot a turn.
	bonusSpellLimits bool
}

var (
	srd521 = edition{
		conditions: conditionTable(false),
		exhaustion: exhaustionLevels(func(level int) []content.Modifier {
			return []content.Modifier{
				{Kind: content.KindBonus, On: []content.RollKind{content.RollAttack, content.RollSave, content.RollCheck}, Value: -2 * level},
				{Kind: content.KindSpeedBonus, Value: -5 * level},
			}
		}),
		score: true, lairAddsUses: true, masteries: true, attackDraws: true, concentrationCap: 30, influenceDC: 15, enterIncapacitated: true,
	}
	srd51 = edition{
		conditions: conditionTable(true),
		exhaustion: exhaustionLevels(func(level int) []content.Modifier {
			var list []content.Modifier
			if level >= 1 {
				list = append(list, content.Modifier{Kind: content.KindDisadvantage, On: []content.RollKind{content.RollCheck}})
			}
			if level >= 2 {
				list = append(list, content.Modifier{Kind: content.KindSpeedHalf})
			}
			if level >= 3 {
				list = append(list, content.Modifier{Kind: content.KindDisadvantage, On: []content.RollKind{content.RollAttack, content.RollSave}})
			}
			if level >= 5 {
				list = append(list, content.Modifier{Kind: content.KindSpeedZero})
			}
			return list
		}),
		exhaustionHalvesHP: 4,
		lairActs:           true, surpriseLoses: true, heavySmall: true, allySpaceDifficult: true,
		contests: true, knockOutStable: true, bonusSpellLimits: true,
	}
)

func conditionTable(old bool) map[ConditionID]*content.Condition {
	table := map[ConditionID]*content.Condition{}
	for _, condition := range content.Conditions(old) {
		table[condition.ID] = &condition
	}
	return table
}

func exhaustionLevels(of func(level int) []content.Modifier) (levels [7][]content.Modifier) {
	for level := 1; level < len(levels); level++ {
		levels[level] = of(level)
	}
	return levels
}

// editionOf gives the edition of a ruleset; nil if there is none.
func editionOf(ruleset string) *edition {
	switch ruleset {
	case RulesetSRD521:
		return &srd521
	case RulesetSRD51:
		return &srd51
	default:
		return nil
	}
}
