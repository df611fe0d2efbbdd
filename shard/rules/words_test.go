// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"fmt"
	"strings"
)

// inWords tells an event as a reader of the transcript wants it.
func inWords(e Event) string {
	switch e := e.(type) {
	case CombatStarted:
		return fmt.Sprintf("fight %d begins", e.Fight)
	case InitiativeRolled:
		return initiativeInWords(e)
	case TurnStarted:
		return fmt.Sprintf("round %d, turn of %s: %d action, %d feet", e.Round, e.Creature, e.Budget.Actions, e.Movement)
	case TurnEnded:
		switch {
		case e.Override:
			return fmt.Sprintf("turn of %s ended by %s (override)", e.Creature, e.By)
		case e.Lapsed:
			return fmt.Sprintf("turn of %s ended: the wait is over", e.Creature)
		}
		return fmt.Sprintf("turn of %s ended", e.Creature)
	case Moved:
		if e.How == WayExtra {
			return fmt.Sprintf("%s moves %v -> %v for %d feet beside its turn's", e.Creature, e.From, e.Path, e.Cost)
		}
		if e.How != "" {
			return fmt.Sprintf("%s is %s %v -> %v", e.Creature, e.How, e.From, e.Path)
		}
		return fmt.Sprintf("%s moves %v -> %v for %d feet", e.Creature, e.From, e.Path, e.Cost)
	case AttackRolled:
		cover := ""
		if e.Cover > 0 {
			cover = fmt.Sprintf(" (%d of it cover)", e.Cover)
		}
		return fmt.Sprintf("%s attacks %s (%s): %s against AC %d%s: %s", e.Attacker, e.Target, e.Attack, rollInWords(e.Roll), e.AC, cover, e.Outcome)
	case HandsChanged:
		return handsInWords(e)
	case AttackTurned:
		return fmt.Sprintf("the attack of %s on %s misses: AC is %d", e.Attacker, e.Target, e.AC)
	case DamageRolled:
		return fmt.Sprintf("%s of %s rolls %s", e.Name, e.Source, damageRollsInWords(e.Rolls))
	case DamageDealt:
		return damageInWords(e)
	case CreatureFell:
		return fmt.Sprintf("%s is %s", e.Creature, e.Status)
	case CombatEnded:
		return fmt.Sprintf("the fight ends in round %d, %s stand", e.Round, e.Winner)
	case SaveRolled:
		return saveInWords(e)
	case CheckRolled:
		if e.DC == 0 {
			return fmt.Sprintf("%s: %s check for %s: %s", e.Creature, e.Skill, e.Why, rollInWords(e.Roll))
		}
		return fmt.Sprintf("%s: %s check for %s: %s against DC %d: %v", e.Creature, e.Skill, e.Why, rollInWords(e.Roll), e.DC, e.Success)
	case WindowOpened:
		return fmt.Sprintf("%s is asked (%s): %s %s", e.Window.Creature, e.Window.Kind, e.Window.Why, strings.Join(e.Window.Options, ", "))
	default:
		return moreInWords(e)
	}
}

func moreInWords(e Event) string {
	switch e := e.(type) {
	case Acted:
		text := fmt.Sprintf("%s: %s", e.Creature, e.Name)
		if e.Level > 0 {
			text += fmt.Sprintf(" at level %d", e.Level)
		}
		if len(e.Targets) > 0 {
			text += " on " + strings.Join(e.Targets, ", ")
		}
		if e.Zone > 0 {
			text += fmt.Sprintf(" on zone %d", e.Zone)
		}
		return text
	case EffectAdded:
		if levels := e.Effect.Body.Exhaustion; levels != 0 {
			return fmt.Sprintf("%s: %s, %+d", e.Target, e.Effect.Name, levels)
		}
		return fmt.Sprintf("%s: %s begins %s", e.Target, e.Effect.Name, conditionsInWords(e.Effect.Body.Conditions))
	case EffectEnded:
		return fmt.Sprintf("%s: %s ends, %s", e.Target, e.Name, e.Reason)
	case ConcentrationBegun:
		return fmt.Sprintf("%s concentrates on %s", e.Creature, e.Concentration.Name)
	case ConcentrationEnded:
		return fmt.Sprintf("%s concentrates no more on %s: %s", e.Creature, e.Name, e.Reason)
	case Healed:
		return fmt.Sprintf("%s is healed by %s: HP %d -> %d", e.Target, e.Source, e.HPBefore, e.HPAfter)
	case ZoneAdded:
		if e.Zone.Reach > 0 {
			return fmt.Sprintf("%s surrounds %s, %d feet", e.Zone.Name, e.Zone.Owner, e.Zone.Reach)
		}
		return fmt.Sprintf("%s lies on %v to %v", e.Zone.Name, e.Zone.Squares[0], e.Zone.Squares[len(e.Zone.Squares)-1])
	case ZoneStruck:
		return fmt.Sprintf("zone %d strikes %s", e.Zone, e.Creature)
	case ZoneEnded:
		return fmt.Sprintf("%s ends, %s", e.Name, e.Reason)
	case HeightChanged:
		if e.Fall > 0 {
			return fmt.Sprintf("%s falls %d feet", e.Creature, e.Fall)
		}
		return fmt.Sprintf("%s flies to %d feet for %d feet", e.Creature, e.Altitude, e.Cost)
	case WindowClosed:
		switch {
		case e.Lapsed:
			return fmt.Sprintf("%s does not answer in time", e.Creature)
		case e.Answer == "":
			return fmt.Sprintf("%s does not react", e.Creature)
		}
		return fmt.Sprintf("%s reacts: %s", e.Creature, e.Answer)
	default:
		raw, _ := json.Marshal(e)
		return fmt.Sprintf("%s %s", e.Kind(), raw)
	}
}

func conditionsInWords(list []ConditionID) string {
	if len(list) == 0 {
		return ""
	}
	texts := make([]string, len(list))
	for i, id := range list {
		texts[i] = string(id)
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

func initiativeInWords(e InitiativeRolled) string {
	var rolls, order []string
	for _, roll := range e.Rolls {
		rolls = append(rolls, fmt.Sprintf("%s %s", strings.Join(roll.Creatures, "+"), rollInWords(roll.Roll)))
	}
	for _, placing := range e.Order {
		order = append(order, fmt.Sprintf("%s (%d)", placing.Creature, placing.Count))
	}
	return "initiative: " + strings.Join(rolls, "; ") + "\n| order: " + strings.Join(order, ", ")
}

func saveInWords(e SaveRolled) string {
	name := e.Ability.Name()
	if e.Roll == nil {
		return fmt.Sprintf("%s fails its %s save against %s by itself", e.Creature, name, e.Why)
	}
	outcome := "fails"
	if e.Success {
		outcome = "succeeds"
	}
	return fmt.Sprintf("%s: %s save for %s: %s against DC %d: %s", e.Creature, name, e.Why, rollInWords(*e.Roll), e.DC, outcome)
}

func rollInWords(roll D20Roll) string {
	text := fmt.Sprintf("d20%v", roll.Faces)
	if len(roll.Advantage) > 0 {
		text += " advantage: " + strings.Join(roll.Advantage, ", ")
	}
	if len(roll.Disadvantage) > 0 {
		text += " disadvantage: " + strings.Join(roll.Disadvantage, ", ")
	}
	for _, modifier := range roll.Modifiers {
		text += fmt.Sprintf(" %+d %s", modifier.Value, modifier.Source)
	}
	return fmt.Sprintf("%s = %d", text, roll.Total)
}

func damageRollsInWords(rolls []DamageRoll) string {
	var parts []string
	for _, roll := range rolls {
		source := ""
		if roll.Source != "" {
			source = " from " + roll.Source
		}
		parts = append(parts, fmt.Sprintf("%s%v = %d %s%s", roll.Dice, roll.Faces, roll.Total, roll.Type, source))
	}
	return strings.Join(parts, "; ")
}

func damageInWords(e DamageDealt) string {
	var parts []string
	if len(e.Rolls) > 0 {
		parts = append(parts, damageRollsInWords(e.Rolls))
	}
	for _, part := range e.Parts {
		if len(e.Rolls) == 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.Rolled, part.Type))
		}
		for _, step := range part.Steps {
			name := string(step.Kind)
			if step.Source != "" {
				name = step.Source
			}
			parts = append(parts, fmt.Sprintf("%s: %s %d -> %d", part.Type, name, step.From, step.To))
		}
	}
	return fmt.Sprintf("%s takes %d (%s): HP %d -> %d", e.Target, e.Dealt, strings.Join(parts, "; "), e.HPBefore, e.HPAfter)
}

func handsInWords(e HandsChanged) string {
	text := fmt.Sprintf("%s holds %v", e.Creature, e.Held)
	for _, lying := range e.Dropped {
		text += fmt.Sprintf(", %s lies at %v", lying.Item, lying.At)
	}
	for _, paid := range []struct {
		n    int
		what string
	}{{e.Price.Actions, "the action"}, {e.Price.Objects, "the free interaction"}, {e.Price.Draws, "an attack before"}} {
		if paid.n > 0 {
			text += ", with " + paid.what
		}
	}
	return text
}
