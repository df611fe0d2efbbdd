// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// StepKind is what changed an amount of damage.
type StepKind string

// The steps of damage, in the order they are taken (Damage and Healing:
// Order of Application).
const (
	StepImmunity      StepKind = "immunity"
	StepAdjustment    StepKind = "adjustment"
	StepSave          StepKind = "save"
	StepResistance    StepKind = "resistance"
	StepVulnerability StepKind = "vulnerability"
	StepThreshold     StepKind = "threshold"
)

// DamageStep is one change of an amount of damage.
type DamageStep struct {
	Kind StepKind `json:"kind"`
	// Source names what did it.
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

// blow is damage on its way to one creature.
type blow struct {
	source string // creature
	name   string // action, spell or zone
	rolls  []DamageRoll
	record bool // the rolls were made for this target alone and are told with it
	crit   bool
	halved string // what halves all of it, such as a reaction
	saved  bool   // a save succeeded
	saves  bool   // there was a save
	evades bool
	melee  bool
	knocks bool // knock out instead of kill
	once   []string
}

// soak is how a creature takes damage of each type.
type soak struct {
	immune, resists, vulnerable []DamageType
	all                         string // what resists every type, by name
}

// soaks gathers what a creature is immune, resistant and vulnerable to.
func (t *table) soaks(c *Creature) soak {
	k := soak{immune: c.block.Immunities, resists: c.block.Resistances, vulnerable: c.block.Vulnerabilities}
	t.each(c, func(m *content.Modifier, from origin) {
		switch m.Kind {
		case content.KindImmunity:
			k.immune = append(slices.Clip(k.immune), m.DamageTypes...)
		case content.KindResistance:
			if len(m.DamageTypes) == 0 {
				k.all = from.name
			}
			k.resists = append(slices.Clip(k.resists), m.DamageTypes...)
		case content.KindVulnerability:
			k.vulnerable = append(slices.Clip(k.vulnerable), m.DamageTypes...)
		}
	})
	return k
}

// resolveDamage adds the rolls up by type and takes each type through
// immunity, adjustments (a save for half among them), resistance and
// vulnerability, in this order, each at most once and rounding down each time.
func (t *table) resolveDamage(c *Creature, b *blow) []DamagePart {
	k := t.soaks(c)
	parts := partsByType(b)
	for i := range parts {
		if slices.Contains(k.immune, parts[i].Type) {
			parts[i].step(StepImmunity, "", 0)
		}
	}
	for _, adjustment := range c.block.DamageAdjustments {
		adjust(k.immune, parts, adjustment)
	}
	if b.halved != "" {
		for i := range parts {
			parts[i].step(StepAdjustment, b.halved, parts[i].Dealt/2)
		}
	}
	for i := range parts {
		part := &parts[i]
		if slices.Contains(k.immune, part.Type) {
			continue
		}
		if k.all != "" || slices.Contains(k.resists, part.Type) {
			part.step(StepResistance, k.all, part.Dealt/2)
		}
		if slices.Contains(k.vulnerable, part.Type) {
			part.step(StepVulnerability, "", part.Dealt*2)
		}
	}
	if threshold := c.block.DamageThreshold; threshold > 0 && total(parts) < threshold {
		for i := range parts {
			parts[i].step(StepThreshold, "", 0)
		}
	}
	return parts
}

// partsByType adds up rolls of the same type, in the order they first appear,
// each type less what the save took.
func partsByType(b *blow) []DamagePart {
	parts := make([]DamagePart, 0, len(b.rolls))
	for i := range b.rolls {
		if kind := b.rolls[i].Type; !slices.ContainsFunc(parts, func(p DamagePart) bool { return p.Type == kind }) {
			parts = append(parts, b.part(kind))
		}
	}
	return parts
}

// part adds up the rolls of one type. What a save halves is halved once, however
// many rolls it came from (Saving Throws and Damage; Evasion).
func (b *blow) part(kind DamageType) DamagePart {
	var whole, halved, gone int
	for i := range b.rolls {
		roll := &b.rolls[i]
		if roll.Type != kind {
			continue
		}
		switch b.leaves(roll.OnSave) {
		case content.SaveHalf:
			halved += roll.Total
		case content.SaveNone:
			gone += roll.Total
		default:
			whole += roll.Total
		}
	}
	part := DamagePart{Type: kind, Rolled: whole + halved + gone, Dealt: whole + halved + gone}
	if halved+gone > 0 {
		part.step(StepSave, "", whole+halved/2)
	}
	return part
}

// leaves tells what the save leaves of a roll.
func (b *blow) leaves(onSave content.OnSave) content.OnSave {
	switch {
	case !b.saves:
		return content.SaveFull
	case !b.saved:
		if b.evades && onSave == content.SaveHalf {
			return content.SaveHalf
		}
		return content.SaveFull
	case onSave == "", b.evades && onSave == content.SaveHalf:
		return content.SaveNone
	default:
		return onSave
	}
}

func total(parts []DamagePart) int {
	sum := 0
	for i := range parts {
		sum += parts[i].Dealt
	}
	return sum
}

// adjust spends one adjustment once on the whole instance of damage: part by
// part, none below 0, none that the target is immune to.
func adjust(immune []DamageType, parts []DamagePart, adjustment DamageAdjustment) {
	rest := adjustment.Amount
	for i := range parts {
		part := &parts[i]
		fits := adjustment.Type == "" || adjustment.Type == part.Type
		if rest == 0 || !fits || slices.Contains(immune, part.Type) {
			continue
		}
		to := max(part.Dealt+rest, 0)
		rest -= to - part.Dealt
		part.step(StepAdjustment, adjustment.Source, to)
	}
}

// strikeWith deals damage to a creature and draws all that follows from it. It
// gives what was dealt.
func (t *table) strikeWith(target *Creature, b *blow) int {
	event := DamageDealt{Attacker: b.source, Target: target.ID, Attack: b.name, Once: b.once}
	if b.record {
		event.Rolls = b.rolls
	}
	event.Parts = t.resolveDamage(target, b)
	event.Dealt = total(event.Parts)
	event.Absorbed = min(event.Dealt, target.TempHP)
	event.HPBefore = target.HP
	event.HPAfter = max(target.HP-(event.Dealt-event.Absorbed), 0)
	was := target.HP
	t.emit(event)
	if event.Dealt > 0 {
		t.afterDamage(target, b, &event, was)
	} else {
		t.offerHurt(target, t.creature(b.source), &event, false)
	}
	return event.Dealt
}

// DamageDealt is the damage of one attack or effect to one target.
type DamageDealt struct {
	Attacker string `json:"attacker,omitempty"`
	Target   string `json:"target"`
	// Attack names the action, spell or zone.
	Attack string       `json:"attack"`
	Rolls  []DamageRoll `json:"rolls,omitempty"`
	Parts  []DamagePart `json:"parts"`
	Dealt  int          `json:"dealt"`
	// Absorbed is what temporary hit points took.
	Absorbed int `json:"absorbed,omitempty"`
	HPBefore int `json:"hpBefore"`
	HPAfter  int `json:"hpAfter"`
	// Once lists what counts once a turn and was used for it.
	Once []string `json:"once,omitempty"`
}

// Kind names the event.
func (DamageDealt) Kind() string { return "damage_dealt" }

func (e DamageDealt) apply(s *State) error {
	target := s.creature(e.Target)
	if target == nil {
		return unknown(e.Target)
	}
	if target.HP != e.HPBefore || e.HPAfter < 0 || e.HPAfter > e.HPBefore {
		return fmt.Errorf("%q has %d hit points, not %d going to %d", e.Target, target.HP, e.HPBefore, e.HPAfter)
	}
	if e.Absorbed < 0 || e.Absorbed > target.TempHP || len(e.Once)+len(s.Combat.Budget.Once) > maxListed || len(e.Parts) > maxListed {
		return fmt.Errorf("%q cannot absorb %d", e.Target, e.Absorbed)
	}
	for i := range e.Parts {
		if !slices.Contains(content.DamageTypes, e.Parts[i].Type) {
			return fmt.Errorf("there is no damage type %.40q", string(e.Parts[i].Type))
		}
	}
	if err := s.rolled(func(k *rollCheck) error { return k.damage(e.Rolls) }); err != nil {
		return err
	}
	target.HP = e.HPAfter
	target.TempHP -= e.Absorbed
	if len(e.Once) > 0 {
		s.Combat.Budget.Once = append(slices.Clone(s.Combat.Budget.Once), e.Once...)
	}
	for i := range e.Parts {
		// Only what keeps a creature from regenerating is remembered.
		if kind := e.Parts[i].Type; e.Parts[i].Dealt > 0 && s.regenerates(target) && !slices.Contains(target.Harmed, kind) {
			target.Harmed = append(slices.Clip(target.Harmed), kind)
		}
	}
	return nil
}

func (e DamageDealt) touch(t *touched) { t.creature(e.Target) }

// damageSeen is DamageDealt without the dice of a secret attacker and
// without the hit points, resistances and the like of a secret target.
type damageSeen struct {
	Attacker string       `json:"attacker,omitempty"`
	Target   string       `json:"target"`
	Attack   string       `json:"attack"`
	Rolls    []DamageRoll `json:"rolls,omitempty"`
	Parts    []DamagePart `json:"parts,omitempty"`
	Dealt    *int         `json:"dealt,omitempty"`
	Absorbed int          `json:"absorbed,omitempty"`
	HPBefore *int         `json:"hpBefore,omitempty"`
	HPAfter  *int         `json:"hpAfter,omitempty"`
	// Health is told instead of hit points while the target has any.
	Health Health `json:"health,omitempty"`
}

func (e DamageDealt) redact(s *State, v View) any {
	seen := damageSeen{Attacker: e.Attacker, Target: e.Target, Attack: e.Attack}
	if from := cmp.Or(e.Attacker, e.Target); !s.secretID(v, from) {
		seen.Rolls = e.Rolls
	}
	if target := s.creature(e.Target); target != nil && !target.secretTo(v) {
		seen.Parts, seen.Dealt, seen.Absorbed = e.Parts, &e.Dealt, e.Absorbed
		seen.HPBefore, seen.HPAfter = &e.HPBefore, &e.HPAfter
	} else if target != nil && e.HPAfter > 0 {
		seen.Health = healthOf(e.HPAfter, target.block.HP.Max)
	}
	return seen
}

// DamageRolled is one roll of damage for all targets of an effect (Damage
// Rolls: Multiple Targets).
type DamageRolled struct {
	Source string       `json:"source"`
	Name   string       `json:"name"`
	Rolls  []DamageRoll `json:"rolls"`
}

// Kind names the event.
func (DamageRolled) Kind() string { return "damage_rolled" }

func (e DamageRolled) apply(s *State) error {
	return s.rolled(func(k *rollCheck) error { return k.damage(e.Rolls) })
}

func (DamageRolled) touch(*touched) {}

func (e DamageRolled) redact(s *State, v View) any {
	if s.secretID(v, e.Source) {
		return nil
	}
	return e
}
