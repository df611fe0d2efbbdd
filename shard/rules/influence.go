// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// Influence spends the action to urge a creature to do something (Rules Glossary:
// Influence). What it then does is the game master's business.
type Influence struct {
	Creature string `json:"creature"`
	Target   string `json:"target"`
	// Skill is deception, intimidation, performance, persuasion or animal handling.
	Skill content.Skill `json:"skill"`
}

// urging are the skills of Influence.
var urging = []content.Skill{"deception", "intimidation", "performance", "persuasion", "animal handling"}

// Kind names the command.
func (Influence) Kind() string { return "influence" }

func (c Influence) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	target := t.creature(c.Target)
	switch {
	case target == nil:
		return refuse(CodeUnknownCreature, "There is no creature %.40q.", c.Target)
	case target == creature || !t.present(target):
		return refuse(CodeInvalidTarget, "%s cannot influence %s now.", creature.Name, target.Name)
	case !slices.Contains(urging, c.Skill):
		return refuse(CodeMalformedCommand, "To influence takes deception, intimidation, performance, persuasion or animal handling, not %.40q.", string(c.Skill))
	}
	price, refusal := t.spending(creature, "influence", false)
	if refusal != nil {
		return refusal
	}
	dc := t.rules.influenceDC
	if dc > 0 {
		dc = max(dc, target.block.Abilities.Int)
	}
	t.emit(Acted{Creature: creature.ID, Action: "influence", Name: "Influence", Targets: []string{target.ID}, Price: price})
	t.checked(contest{bearer: creature, other: target, skill: c.Skill, urges: true}, dc, "Influence")
	return nil
}
