// SPDX-License-Identifier: Apache-2.0

package rules

// The rulesets a session can be pinned to.
const (
	RulesetSRD521 = "srd-5.2.1"
	RulesetSRD51  = "srd-5.1"
)

// edition holds what the rulesets do differently. It is looked up once per
// decision; no rule asks for the name of the ruleset.
type edition struct {
	// allySpaceDifficult: an ally's space costs extra movement.
	allySpaceDifficult bool
	// enterIncapacitated: the space of an incapacitated enemy can be crossed.
	enterIncapacitated bool
}

// editionOf gives the edition of a ruleset; false if there is none.
func editionOf(ruleset string) (edition, bool) {
	switch ruleset {
	case RulesetSRD521:
		return edition{enterIncapacitated: true}, true
	case RulesetSRD51:
		return edition{allySpaceDifficult: true}, true
	default:
		return edition{}, false
	}
}
