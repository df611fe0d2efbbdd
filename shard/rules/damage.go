// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
)

// StepKind is what changed an amount of damage.
type StepKind string

// The steps of damage, in the order they are taken (Damage and Healing:
// Order of Application).
const (
	StepImmunity      StepKind = "immunity"
	StepAdjustment    StepKind = "adjustment"
	StepResistance    StepKind = "resistance"
	StepVulnerability StepKind = "vulnerability"
)

// DamageStep is one change of an amount of damage.
type DamageStep struct {
	Kind StepKind `json:"kind"`
	// Source names an adjustment.
	Source string `json:"source,omitempty"`
	From   int    `json:"from"`
	To     int    `json:"to"`
}

// DamagePart is the damage of one type: what was rolled, what changed it and
// what was dealt.
type DamagePart struct {
	Type   DamageType   `json:"type"`
	Rolled int          `json:"rolled"`
	Steps  []DamageStep `json:"steps,omitempty"`
	Dealt  int          `json:"dealt"`
}

func (p *DamagePart) step(kind StepKind, source string, to int) {
	p.Steps = append(p.Steps, DamageStep{Kind: kind, Source: source, From: p.Dealt, To: to})
	p.Dealt = to
}

// dealDamage rolls the damage of a hit and takes it through what the target
// is immune, resistant or vulnerable to.
func (t *table) dealDamage(attacker, target *Creature, attack *Attack, critical bool) DamageDealt {
	event := DamageDealt{
		Attacker: attacker.Sheet.ID, Target: target.Sheet.ID, Attack: attack.ID,
		Rolls: make([]DamageRoll, len(attack.Damage)),
	}
	for i, damage := range attack.Damage {
		event.Rolls[i] = t.damage(damage, critical)
	}
	event.Parts = resolveDamage(&target.Sheet, event.Rolls)
	for _, part := range event.Parts {
		event.Dealt += part.Dealt
	}
	event.HPBefore = target.HP
	event.HPAfter = max(target.HP-event.Dealt, 0)
	return event
}

// resolveDamage adds the rolls up by type and takes each type through
// immunity, adjustments, resistance and vulnerability, in this order, each at
// most once and rounding down each time.
func resolveDamage(target *Combatant, rolls []DamageRoll) []DamagePart {
	parts := partsByType(rolls)
	for i := range parts {
		if slices.Contains(target.Immunities, parts[i].Type) {
			parts[i].step(StepImmunity, "", 0)
		}
	}
	for _, adjustment := range target.DamageAdjustments {
		adjust(target, parts, adjustment)
	}
	for i := range parts {
		part := &parts[i]
		if slices.Contains(target.Immunities, part.Type) {
			continue
		}
		if slices.Contains(target.Resistances, part.Type) {
			part.step(StepResistance, "", part.Dealt/2)
		}
		if slices.Contains(target.Vulnerabilities, part.Type) {
			part.step(StepVulnerability, "", part.Dealt*2)
		}
	}
	return parts
}

// partsByType adds up rolls of the same type, in the order they first appear.
func partsByType(rolls []DamageRoll) []DamagePart {
	parts := make([]DamagePart, 0, len(rolls))
	for _, roll := range rolls {
		at := slices.IndexFunc(parts, func(p DamagePart) bool { return p.Type == roll.Type })
		if at < 0 {
			at = len(parts)
			parts = append(parts, DamagePart{Type: roll.Type})
		}
		parts[at].Rolled += roll.Total
		parts[at].Dealt += roll.Total
	}
	return parts
}

// adjust spends one adjustment once on the whole instance of damage: part by
// part, none below 0, none that the target is immune to.
func adjust(target *Combatant, parts []DamagePart, adjustment DamageAdjustment) {
	rest := adjustment.Amount
	for i := range parts {
		part := &parts[i]
		fits := adjustment.Type == "" || adjustment.Type == part.Type
		if rest == 0 || !fits || slices.Contains(target.Immunities, part.Type) {
			continue
		}
		to := max(part.Dealt+rest, 0)
		rest -= to - part.Dealt
		part.step(StepAdjustment, adjustment.Source, to)
	}
}

// DamageDealt is the damage of one attack to one target.
type DamageDealt struct {
	Attacker string       `json:"attacker"`
	Target   string       `json:"target"`
	Attack   string       `json:"attack"`
	Rolls    []DamageRoll `json:"rolls"`
	Parts    []DamagePart `json:"parts"`
	Dealt    int          `json:"dealt"`
	HPBefore int          `json:"hpBefore"`
	HPAfter  int          `json:"hpAfter"`
}

// Kind names the event.
func (DamageDealt) Kind() string { return "damage_dealt" }

func decodeDamageDealt(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		DamageDealt
	}
	err := strict(raw, &read)
	return read.DamageDealt, err
}

func (e DamageDealt) apply(s *State) error {
	target := s.creature(e.Target)
	if target == nil {
		return fmt.Errorf("there is no creature %.40q", e.Target)
	}
	if target.HP != e.HPBefore || e.HPAfter < 0 || e.HPAfter > e.HPBefore {
		return fmt.Errorf("%q has %d hit points, not %d going to %d", e.Target, target.HP, e.HPBefore, e.HPAfter)
	}
	check := rollCheck{next: s.Rolled}
	for _, roll := range e.Rolls {
		if err := check.take(roll.First, roll.Faces, roll.sides()); err != nil {
			return err
		}
	}
	s.Rolled = check.next
	target.HP = e.HPAfter
	return nil
}

func (e DamageDealt) touch(t *touched) { t.creature(e.Target) }

// damageSeen is DamageDealt without the dice of a secret attacker and
// without the hit points, resistances and the like of a secret target.
type damageSeen struct {
	Attacker string       `json:"attacker"`
	Target   string       `json:"target"`
	Attack   string       `json:"attack"`
	Rolls    []DamageRoll `json:"rolls,omitempty"`
	Parts    []DamagePart `json:"parts,omitempty"`
	Dealt    *int         `json:"dealt,omitempty"`
	HPBefore *int         `json:"hpBefore,omitempty"`
	HPAfter  *int         `json:"hpAfter,omitempty"`
	// Health is told instead of hit points while the target has any.
	Health Health `json:"health,omitempty"`
}

func (e DamageDealt) redact(s *State, _ View) any {
	seen := damageSeen{Attacker: e.Attacker, Target: e.Target, Attack: e.Attack}
	if !s.secretID(e.Attacker) {
		seen.Rolls = e.Rolls
	}
	target := s.creature(e.Target)
	if target == nil {
		return seen
	}
	if !target.secret() {
		seen.Parts, seen.Dealt, seen.HPBefore, seen.HPAfter = e.Parts, &e.Dealt, &e.HPBefore, &e.HPAfter
	}
	if e.HPAfter > 0 {
		seen.Health = healthOf(e.HPAfter, target.Sheet.MaxHP)
	}
	return seen
}
