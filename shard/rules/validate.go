// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/rules/grid"
)

// Limits of a scenario. They bound the size of a state and of a snapshot.
const (
	MaxMapSide          = 200
	MaxSquares          = 4000 // of each kind of terrain
	MaxDoors            = 100
	MinCombatants       = 2
	MaxCombatants       = 100
	MaxAttacks          = 20
	MaxDamageDice       = content.MaxDamage
	MaxAdjustments      = 8
	MaxIDLength         = content.MaxIDLength
	MaxNameLength       = content.MaxNameLength
	MaxControllerLength = 63
	MaxAC               = content.MaxAC
	MaxHP               = content.MaxHP
	MaxSpeed            = content.MaxSpeed
	MaxAbilityScore     = content.MaxScore
	MinAttackBonus      = content.MinBonus
	MaxAttackBonus      = content.MaxBonus
	MaxDC               = content.MaxDC
	MaxReach            = content.MaxReach
	MaxRange            = content.MaxRange
)

// FieldError is one wrong field of a scenario. Path is in the words of the
// JSON form, such as combatants[2].attacks[0].reach.
type FieldError = content.Problem

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

// scenarioError gives the problems of a scenario as its error; nil if there
// are none.
func scenarioError(p *content.Problems) error {
	if len(p.List) == 0 {
		return nil
	}
	return &ScenarioError{Fields: p.List}
}

// Validate checks every field against its limits and against each other. The
// error is a *ScenarioError. What the scenario names of content must be in it,
// see Resolve.
func (sc Scenario) Validate() error { return sc.validate(true) }

// ValidateAlone checks a scenario whose content is still to be resolved.
func (sc Scenario) ValidateAlone() error { return sc.validate(false) }

func (sc Scenario) validate(resolved bool) error {
	check := &content.Problems{}
	sc.Map.check(check)
	sc.Options.check(check)
	if err := sc.Content.Validate(); err != nil && resolved {
		check.Addf("content", "%v", err)
	}
	if n := len(sc.Combatants); n < MinCombatants || n > MaxCombatants {
		check.Addf("combatants", "must list %d to %d creatures, not %d", MinCombatants, MaxCombatants, n)
		return scenarioError(check)
	}
	for i := range sc.Combatants {
		c, path := &sc.Combatants[i], fmt.Sprintf("combatants[%d]", i)
		c.check(check, path)
		if resolved && c.StatBlock != "" && sc.Content.Creature(c.StatBlock) == nil {
			check.Addf(path+".statBlock", "there is no creature %.40q", c.StatBlock)
		}
	}
	if resolved {
		for i := range sc.Content.Creatures {
			if strings.HasPrefix(sc.Content.Creatures[i].ID, inlinePrefix) {
				check.Addf(fmt.Sprintf("content.creatures[%d].id", i), "must not begin with %s", inlinePrefix)
			}
		}
	}
	sc.checkTogether(check)
	return scenarioError(check)
}

// checkTogether checks what combatants owe each other.
func (sc Scenario) checkTogether(check *content.Problems) {
	filled := sc.Map.filled()
	ids := map[string]int{}
	squares := map[Point][]*Combatant{}
	groups := map[string]*Combatant{}
	otherSide := false
	for i := range sc.Combatants {
		c := &sc.Combatants[i]
		path := fmt.Sprintf("combatants[%d]", i)
		if first, taken := ids[c.ID]; taken {
			check.Addf(path+".id", "%q is already the id of combatants[%d]", c.ID, first)
		}
		ids[c.ID] = i
		for _, square := range sc.squaresOf(c) {
			if others := squares[square]; !sc.haveRoom(others, c) {
				check.Addf(path+".position", "square %v already holds %q", square, others[len(others)-1].ID)
			}
			squares[square] = append(squares[square], c)
			switch {
			case !sc.Map.contains(square):
				check.Addf(path+".position", "%v is outside the map of %d by %d squares", square, sc.Map.Width, sc.Map.Height)
			case filled[square]:
				check.Addf(path+".position", "square %v is blocked", square)
			}
		}
		if first := groups[c.Group]; c.Group != "" && first != nil && !sameGroup(first, c) {
			check.Addf(path+".group", "%q must share side, controller and dexterity with %q", c.Group, first.ID)
		}
		if groups[c.Group] == nil {
			groups[c.Group] = c
		}
		otherSide = otherSide || c.Side != sc.Combatants[0].Side
	}
	if !otherSide {
		check.Addf("combatants", "must belong to at least two sides")
	}
}

// haveRoom tells whether a combatant may begin in a square beside those who do: up
// to four Tiny ones may. Of stat blocks that are still to be resolved the size is
// not known yet.
func (sc *Scenario) haveRoom(others []*Combatant, c *Combatant) bool {
	small := func(c *Combatant) bool {
		block := sc.Content.Creature(c.StatBlock)
		return c.StatBlock != "" && (block == nil || block.Size == content.Tiny)
	}
	if len(others) == 0 {
		return true
	}
	return len(others) < grid.Tiny.PerSquare() && small(c) && !slices.ContainsFunc(others, func(other *Combatant) bool { return !small(other) })
}

// squaresOf lists the squares that a combatant fills at the start.
func (sc *Scenario) squaresOf(c *Combatant) []Point {
	wide := 1
	if block := sc.Content.Creature(c.StatBlock); block != nil {
		wide = side(block.Size)
	}
	list := make([]Point, 0, wide*wide)
	for y := range wide {
		for x := range wide {
			list = append(list, Point{c.Position[0] + x, c.Position[1] + y})
		}
	}
	return list
}

func sameGroup(a, b *Combatant) bool {
	return a.Side == b.Side && a.Controller == b.Controller && a.Dexterity == b.Dexterity && a.StatBlock == b.StatBlock
}

// filled gives the squares that nobody can stand in when a fight begins.
func (m Map) filled() map[Point]bool {
	filled := make(map[Point]bool, len(m.Blocked)+len(m.Doors))
	for _, square := range m.Blocked {
		filled[square] = true
	}
	for _, door := range m.Doors {
		filled[door.At] = !door.Open
	}
	return filled
}

func (m Map) check(check *content.Problems) {
	check.Between("map.width", m.Width, 1, MaxMapSide)
	check.Between("map.height", m.Height, 1, MaxMapSide)
	m.checkSquares(check, "map.blocked", m.Blocked)
	m.checkSquares(check, "map.difficult", m.Difficult)
	m.checkSquares(check, "map.water", m.Water)
	m.checkSquares(check, "map.obscured", m.Obscured)
	m.checkSquares(check, "map.low", m.Low)
	rises := make([]Point, len(m.Raised))
	for i, rise := range m.Raised {
		rises[i] = rise.At
		if i < MaxSquares {
			check.Feet(fmt.Sprintf("map.raised[%d].feet", i), rise.Feet, 5, MaxHeight)
		}
	}
	m.checkSquares(check, "map.raised", rises)
	if len(m.Doors) > MaxDoors {
		check.Addf("map.doors", "must list at most %d doors, not %d", MaxDoors, len(m.Doors))
		return
	}
	doors := make([]Point, len(m.Doors))
	for i, door := range m.Doors {
		doors[i] = door.At
	}
	m.checkSquares(check, "map.doors", doors)
}

func (m Map) checkSquares(check *content.Problems, name string, list []Point) {
	if len(list) > MaxSquares {
		check.Addf(name, "must list at most %d squares, not %d", MaxSquares, len(list))
		return
	}
	seen := make(map[Point]bool, len(list))
	for i, square := range list {
		path := fmt.Sprintf("%s[%d]", name, i)
		if !m.contains(square) {
			check.Addf(path, "%v is outside the map of %d by %d squares", square, m.Width, m.Height)
		}
		if seen[square] {
			check.Addf(path, "%v is listed twice", square)
		}
		seen[square] = true
	}
}

func (m Map) contains(p Point) bool {
	return p[0] >= 0 && p[0] < m.Width && p[1] >= 0 && p[1] < m.Height
}

func (c *Combatant) check(check *content.Problems, path string) {
	check.ID(path+".id", c.ID)
	check.Name(path+".name", c.Name)
	check.OneOf(path+".kind", string(c.Kind), "", string(Character), string(Monster))
	check.ID(path+".side", c.Side)
	if !validPlayer(c.Controller) {
		check.Addf(path+".controller", "must be %q or a player id of 1 to %d characters of a-z, A-Z, 0-9, '.', '_' and -, not %.80q",
			GameMaster, MaxControllerLength, c.Controller)
	}
	if c.Group != "" {
		check.ID(path+".group", c.Group)
	}
	if c.StatBlock != "" {
		c.checkReference(check, path)
		return
	}
	check.Between(path+".ac", c.AC, 1, MaxAC)
	check.Between(path+".maxHP", c.MaxHP, 1, MaxHP)
	check.Feet(path+".speed", c.Speed, 0, MaxSpeed)
	check.Between(path+".dexterity", c.Dexterity, 1, MaxAbilityScore)
	if len(c.Attacks) > MaxAttacks {
		check.Addf(path+".attacks", "must list at most %d attacks, not %d", MaxAttacks, len(c.Attacks))
	}
	seen := map[string]bool{}
	for i := range min(len(c.Attacks), MaxAttacks) {
		attack := &c.Attacks[i]
		attackPath := fmt.Sprintf("%s.attacks[%d]", path, i)
		attack.check(check, attackPath)
		if seen[attack.ID] {
			check.Addf(attackPath+".id", "%q is listed twice", attack.ID)
		}
		seen[attack.ID] = true
	}
	check.DamageTypes(path+".immunities", c.Immunities)
	c.checkAdjustments(check, path+".damageAdjustments")
	check.DamageTypes(path+".resistances", c.Resistances)
	check.DamageTypes(path+".vulnerabilities", c.Vulnerabilities)
}

// checkReference checks a combatant that names its stat block: it brings no
// numbers of its own.
func (c *Combatant) checkReference(check *content.Problems, path string) {
	check.ID(path+".statBlock", c.StatBlock)
	own := len(c.Attacks) + len(c.Immunities) + len(c.DamageAdjustments) + len(c.Resistances) + len(c.Vulnerabilities)
	if c.AC != 0 || c.MaxHP != 0 || c.Speed != 0 || c.Dexterity != 0 || own > 0 {
		check.Addf(path+".statBlock", "brings all numbers; leave ac, maxHP, speed, dexterity, attacks and the like out")
	}
}

func (c *Combatant) checkAdjustments(check *content.Problems, path string) {
	if len(c.DamageAdjustments) > MaxAdjustments {
		check.Addf(path, "must list at most %d adjustments, not %d", MaxAdjustments, len(c.DamageAdjustments))
		return
	}
	for i, adjustment := range c.DamageAdjustments {
		at := fmt.Sprintf("%s[%d]", path, i)
		check.Name(at+".source", adjustment.Source)
		if adjustment.Type != "" {
			damageType(check, at+".type", adjustment.Type)
		}
		check.Between(at+".amount", adjustment.Amount, -content.MaxAdjust, content.MaxAdjust)
	}
}

func (a *Attack) check(check *content.Problems, path string) {
	check.ID(path+".id", a.ID)
	check.Name(path+".name", a.Name)
	check.OneOf(path+".kind", string(a.Kind), string(Melee), string(Ranged))
	check.Between(path+".attackBonus", a.AttackBonus, MinAttackBonus, MaxAttackBonus)
	switch a.Kind {
	case Melee:
		check.Feet(path+".reach", a.Reach, 5, MaxReach)
		absent(check, path+".range", a.Range, "a ranged attack")
		absent(check, path+".longRange", a.LongRange, "a ranged attack")
	case Ranged:
		absent(check, path+".reach", a.Reach, "a melee attack")
		check.Feet(path+".range", a.Range, 5, MaxRange)
		if a.LongRange != 0 {
			check.Feet(path+".longRange", a.LongRange, a.Range, MaxRange)
		}
	}
	if n := len(a.Damage); n < 1 || n > MaxDamageDice {
		check.Addf(path+".damage", "must list 1 to %d kinds of damage, not %d", MaxDamageDice, n)
		return
	}
	for i, damage := range a.Damage {
		at := fmt.Sprintf("%s.damage[%d]", path, i)
		if _, err := dice.Parse(damage.Dice); err != nil {
			check.Addf(at+".dice", "%v", err)
		}
		damageType(check, at+".type", damage.Type)
	}
}

func damageType(check *content.Problems, path string, value DamageType) {
	if _, known := slices.BinarySearch(content.DamageTypes, value); !known {
		texts := make([]string, len(content.DamageTypes))
		for i, known := range content.DamageTypes {
			texts[i] = string(known)
		}
		check.Addf(path, "must be one of %s, not %.60q", strings.Join(texts, ", "), string(value))
	}
}

func absent(check *content.Problems, path string, value int, owner string) {
	if value != 0 {
		check.Addf(path, "belongs to %s only", owner)
	}
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
