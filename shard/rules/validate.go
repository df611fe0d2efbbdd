// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gamesession.dev/operator/shard/rules/dice"
)

// Limits of a scenario. They bound the size of a state and of a snapshot.
const (
	MaxMapSide          = 200
	MaxBlocked          = 4000
	MinCombatants       = 2
	MaxCombatants       = 100
	MaxAttacks          = 20
	MaxDamageDice       = 5
	MaxAdjustments      = 8
	MaxIDLength         = 40
	MaxNameLength       = 80
	MaxControllerLength = 63
	MaxAC               = 40
	MaxHP               = 10000
	MaxSpeed            = 600
	MaxAbilityScore     = 30
	MinAttackBonus      = -10
	MaxAttackBonus      = 30
	MaxReach            = 60
	MaxRange            = 2000
	MaxAdjustment       = 1000
)

// maxFieldErrors bounds how much of a broken scenario one error names.
const maxFieldErrors = 20

// FieldError is one wrong field of a scenario. Path is in the words of the
// JSON form, such as combatants[2].attacks[0].reach.
type FieldError struct {
	Path    string
	Message string
}

func (e FieldError) String() string { return e.Path + ": " + e.Message }

// ScenarioError names the wrong fields of a scenario, at most 20, in the
// order of the document. Its text is safe to show to a user.
type ScenarioError struct {
	Fields []FieldError
}

func (e *ScenarioError) Error() string {
	texts := make([]string, len(e.Fields))
	for i, field := range e.Fields {
		texts[i] = field.String()
	}
	return "scenario is not valid: " + strings.Join(texts, "; ")
}

// Validate checks every field against its limits and against each other. The
// error is a *ScenarioError.
func (sc Scenario) Validate() error {
	check := &checker{}
	sc.Map.check(check)
	if n := len(sc.Combatants); n < MinCombatants || n > MaxCombatants {
		check.failf("combatants", "must list %d to %d creatures, not %d", MinCombatants, MaxCombatants, n)
		return check.err()
	}
	for i := range sc.Combatants {
		sc.Combatants[i].check(check, fmt.Sprintf("combatants[%d]", i))
	}
	sc.checkTogether(check)
	return check.err()
}

// checkTogether checks what combatants owe each other.
func (sc Scenario) checkTogether(check *checker) {
	blocked := make(map[Point]bool, len(sc.Map.Blocked))
	for _, square := range sc.Map.Blocked {
		blocked[square] = true
	}
	ids := map[string]int{}
	squares := map[Point]string{}
	groups := map[string]*Combatant{}
	otherSide := false
	for i := range sc.Combatants {
		c := &sc.Combatants[i]
		path := fmt.Sprintf("combatants[%d]", i)
		if first, taken := ids[c.ID]; taken {
			check.failf(path+".id", "%q is already the id of combatants[%d]", c.ID, first)
		}
		ids[c.ID] = i
		if other, taken := squares[c.Position]; taken {
			check.failf(path+".position", "square %v already holds %q", c.Position, other)
		}
		squares[c.Position] = c.ID
		switch {
		case !sc.Map.contains(c.Position):
			check.failf(path+".position", "%v is outside the map of %d by %d squares", c.Position, sc.Map.Width, sc.Map.Height)
		case blocked[c.Position]:
			check.failf(path+".position", "square %v is blocked", c.Position)
		}
		if first := groups[c.Group]; c.Group != "" && first != nil && !sameGroup(first, c) {
			check.failf(path+".group", "%q must share side, controller and dexterity with %q", c.Group, first.ID)
		}
		if groups[c.Group] == nil {
			groups[c.Group] = c
		}
		otherSide = otherSide || c.Side != sc.Combatants[0].Side
	}
	if !otherSide {
		check.failf("combatants", "must belong to at least two sides")
	}
}

func sameGroup(a, b *Combatant) bool {
	return a.Side == b.Side && a.Controller == b.Controller && a.Dexterity == b.Dexterity
}

func (m Map) check(check *checker) {
	check.between("map.width", m.Width, 1, MaxMapSide)
	check.between("map.height", m.Height, 1, MaxMapSide)
	if len(m.Blocked) > MaxBlocked {
		check.failf("map.blocked", "must list at most %d squares, not %d", MaxBlocked, len(m.Blocked))
		return
	}
	seen := make(map[Point]bool, len(m.Blocked))
	for i, square := range m.Blocked {
		path := fmt.Sprintf("map.blocked[%d]", i)
		if !m.contains(square) {
			check.failf(path, "%v is outside the map of %d by %d squares", square, m.Width, m.Height)
		}
		if seen[square] {
			check.failf(path, "%v is listed twice", square)
		}
		seen[square] = true
	}
}

func (m Map) contains(p Point) bool {
	return p[0] >= 0 && p[0] < m.Width && p[1] >= 0 && p[1] < m.Height
}

func (c *Combatant) check(check *checker, path string) {
	check.id(path+".id", c.ID)
	check.name(path+".name", c.Name)
	check.oneOf(path+".kind", string(c.Kind), "", string(Character), string(Monster))
	check.id(path+".side", c.Side)
	check.controller(path+".controller", c.Controller)
	if c.Group != "" {
		check.id(path+".group", c.Group)
	}
	check.between(path+".ac", c.AC, 1, MaxAC)
	check.between(path+".maxHP", c.MaxHP, 1, MaxHP)
	check.feet(path+".speed", c.Speed, 0, MaxSpeed)
	check.between(path+".dexterity", c.Dexterity, 1, MaxAbilityScore)
	if len(c.Attacks) > MaxAttacks {
		check.failf(path+".attacks", "must list at most %d attacks, not %d", MaxAttacks, len(c.Attacks))
	}
	seen := map[string]bool{}
	for i := range min(len(c.Attacks), MaxAttacks) {
		attack := &c.Attacks[i]
		attackPath := fmt.Sprintf("%s.attacks[%d]", path, i)
		attack.check(check, attackPath)
		if seen[attack.ID] {
			check.failf(attackPath+".id", "%q is listed twice", attack.ID)
		}
		seen[attack.ID] = true
	}
	check.damageTypes(path+".immunities", c.Immunities)
	c.checkAdjustments(check, path+".damageAdjustments")
	check.damageTypes(path+".resistances", c.Resistances)
	check.damageTypes(path+".vulnerabilities", c.Vulnerabilities)
}

func (c *Combatant) checkAdjustments(check *checker, path string) {
	if len(c.DamageAdjustments) > MaxAdjustments {
		check.failf(path, "must list at most %d adjustments, not %d", MaxAdjustments, len(c.DamageAdjustments))
		return
	}
	for i, adjustment := range c.DamageAdjustments {
		at := fmt.Sprintf("%s[%d]", path, i)
		check.name(at+".source", adjustment.Source)
		if adjustment.Type != "" {
			check.damageType(at+".type", adjustment.Type)
		}
		check.between(at+".amount", adjustment.Amount, -MaxAdjustment, MaxAdjustment)
	}
}

func (a *Attack) check(check *checker, path string) {
	check.id(path+".id", a.ID)
	check.name(path+".name", a.Name)
	check.oneOf(path+".kind", string(a.Kind), string(Melee), string(Ranged))
	check.between(path+".attackBonus", a.AttackBonus, MinAttackBonus, MaxAttackBonus)
	switch a.Kind {
	case Melee:
		check.feet(path+".reach", a.Reach, 5, MaxReach)
		check.absent(path+".range", a.Range, "a ranged attack")
		check.absent(path+".longRange", a.LongRange, "a ranged attack")
	case Ranged:
		check.absent(path+".reach", a.Reach, "a melee attack")
		check.feet(path+".range", a.Range, 5, MaxRange)
		if a.LongRange != 0 {
			check.feet(path+".longRange", a.LongRange, a.Range, MaxRange)
		}
	}
	if n := len(a.Damage); n < 1 || n > MaxDamageDice {
		check.failf(path+".damage", "must list 1 to %d kinds of damage, not %d", MaxDamageDice, n)
		return
	}
	for i, damage := range a.Damage {
		at := fmt.Sprintf("%s.damage[%d]", path, i)
		if _, err := dice.Parse(damage.Dice); err != nil {
			check.failf(at+".dice", "%v", err)
		}
		check.damageType(at+".type", damage.Type)
	}
}

// checker gathers field errors in the order of the document.
type checker struct {
	fields []FieldError
}

func (k *checker) err() error {
	if len(k.fields) == 0 {
		return nil
	}
	return &ScenarioError{Fields: k.fields}
}

func (k *checker) failf(path, format string, args ...any) {
	if len(k.fields) < maxFieldErrors {
		k.fields = append(k.fields, FieldError{Path: path, Message: fmt.Sprintf(format, args...)})
	}
}

func (k *checker) between(path string, value, low, high int) {
	if value < low || value > high {
		k.failf(path, "must be %d to %d, not %d", low, high, value)
	}
}

func (k *checker) feet(path string, value, low, high int) {
	if value < low || value > high || value%5 != 0 {
		k.failf(path, "must be a multiple of 5 feet from %d to %d, not %d", low, high, value)
	}
}

func (k *checker) absent(path string, value int, owner string) {
	if value != 0 {
		k.failf(path, "belongs to %s only", owner)
	}
}

func (k *checker) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		named := slices.DeleteFunc(slices.Clone(allowed), func(text string) bool { return text == "" })
		k.failf(path, "must be one of %s, not %.60q", strings.Join(named, ", "), value)
	}
}

func (k *checker) id(path, value string) {
	if !validID(value) {
		k.failf(path, "must be 1 to %d characters of a-z, 0-9 and -, not %.60q", MaxIDLength, value)
	}
}

func (k *checker) controller(path, value string) {
	if !validPlayer(value) {
		k.failf(path, "must be %q or a player id of 1 to %d characters of a-z, A-Z, 0-9, '.', '_' and -, not %.80q",
			GameMaster, MaxControllerLength, value)
	}
}

// name accepts text that every JSON writer spells alike, so that views hash
// to the same value everywhere: printable, valid UTF-8.
func (k *checker) name(path, value string) {
	printable := utf8.ValidString(value) && !strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) })
	if n := utf8.RuneCountInString(value); n < 1 || n > MaxNameLength || !printable {
		k.failf(path, "must be 1 to %d printable characters, not %.100q", MaxNameLength, value)
	}
}

func (k *checker) damageType(path string, value DamageType) {
	if _, known := slices.BinarySearch(damageTypes, value); !known {
		texts := make([]string, len(damageTypes))
		for i, known := range damageTypes {
			texts[i] = string(known)
		}
		k.failf(path, "must be one of %s, not %.60q", strings.Join(texts, ", "), string(value))
	}
}

func (k *checker) damageTypes(path string, values []DamageType) {
	if len(values) > len(damageTypes) {
		k.failf(path, "must list at most %d damage types, not %d", len(damageTypes), len(values))
		return
	}
	for i, value := range values {
		at := fmt.Sprintf("%s[%d]", path, i)
		k.damageType(at, value)
		if slices.Index(values, value) != i {
			k.failf(at, "%q is listed twice", string(value))
		}
	}
}

func validID(text string) bool {
	return validText(text, MaxIDLength, func(b byte) bool {
		return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-'
	})
}

func validPlayer(text string) bool {
	return validText(text, MaxControllerLength, func(b byte) bool {
		return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '.' || b == '_' || b == '-'
	})
}

func validText(text string, limit int, allowed func(byte) bool) bool {
	if text == "" || len(text) > limit {
		return false
	}
	for _, b := range []byte(text) {
		if !allowed(b) {
			return false
		}
	}
	return true
}
