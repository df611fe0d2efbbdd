// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/dice"
)

// Dice is where faces come from: 1 to sides, one die per call.
type Dice interface {
	Roll(sides int) int
}

// Modifier is a number added to a roll, and where it comes from. Dice and
// Faces are set when it was rolled.
type Modifier struct {
	Source string `json:"source"`
	Value  int    `json:"value"`
	Dice   string `json:"dice,omitempty"`
	Faces  []int  `json:"faces,omitempty"`
}

// D20Roll is one D20 Test with everything that went into its total.
type D20Roll struct {
	// First is the number of the first die, see State.Rolled. The dice of
	// modifiers follow, in their order.
	First uint64 `json:"first"`
	// Faces are the dice in the order rolled: one, or two with advantage or
	// disadvantage. Natural is the one that counts.
	Faces   []int `json:"faces"`
	Natural int   `json:"natural"`
	// Advantage and Disadvantage name what gave them. If both are there,
	// they cancel out.
	Advantage    []string   `json:"advantage,omitempty"`
	Disadvantage []string   `json:"disadvantage,omitempty"`
	Modifiers    []Modifier `json:"modifiers"`
	Total        int        `json:"total"`
}

// leaning tells which way the sources point: 1 advantage, -1 disadvantage, 0
// neither or both. They never add up (Playing the Game: Advantage/Disadvantage).
func leaning(advantage, disadvantage []string) int {
	return min(len(advantage), 1) - min(len(disadvantage), 1)
}

// contest is what a D20 Test is about: who rolls what against whom.
type contest struct {
	roll    content.RollKind
	bearer  *Creature
	other   *Creature // nil where there is none
	ability content.Ability
	skill   content.Skill
	attack  *content.Attack // nil but for attack rolls and their damage
	ranged  bool
	magic   bool
	against []ConditionID // what a save is to avoid
	swayed  int           // which way the attack roll leaned, for its damage
	urges   bool          // a check to influence the other
}

// test rolls a D20 Test: the sources given, and those that the modifiers of
// the creatures add.
func (t *table) test(k *contest, advantage, disadvantage []string, modifiers ...Modifier) D20Roll {
	if modifiers == nil {
		modifiers = []Modifier{} // a list in JSON, too: clients go through it
	}
	roll := D20Roll{Advantage: advantage, Disadvantage: disadvantage, Modifiers: modifiers}
	t.weigh(k, &roll)
	if k.roll == content.RollAttack && k.other != nil {
		attacked := contest{roll: content.RollAttacked, bearer: k.other, other: k.bearer, attack: k.attack, ranged: k.ranged, magic: k.magic}
		t.weigh(&attacked, &roll)
	}
	if k.urges {
		urged := contest{roll: content.RollInfluenced, bearer: k.other, other: k.bearer, skill: k.skill}
		t.weigh(&urged, &roll)
	}
	roll.First = t.next
	count := 1
	if lean := leaning(roll.Advantage, roll.Disadvantage); lean != 0 {
		count = 2
	}
	roll.Faces = t.roll(count, 20)
	switch leaning(roll.Advantage, roll.Disadvantage) {
	case 1:
		roll.Natural = max(roll.Faces[0], roll.Faces[1])
	case -1:
		roll.Natural = min(roll.Faces[0], roll.Faces[1])
	default:
		roll.Natural = roll.Faces[0]
	}
	roll.Total = roll.Natural
	for i := range roll.Modifiers {
		m := &roll.Modifiers[i]
		if m.Dice != "" {
			t.rollModifier(m)
		}
		roll.Total += m.Value
	}
	return roll
}

// weigh adds what the modifiers of the one who rolls, or is rolled against,
// say.
func (t *table) weigh(k *contest, roll *D20Roll) {
	t.each(k.bearer, func(m *content.Modifier, from origin) {
		switch m.Kind {
		case content.KindAdvantage, content.KindDisadvantage, content.KindBonus:
			if !m.Concerns(k.roll) || !t.holds(m, from, k) {
				return
			}
		default:
			return
		}
		switch {
		case m.Kind == content.KindAdvantage:
			roll.Advantage = named(roll.Advantage, from.name)
		case m.Kind == content.KindDisadvantage:
			roll.Disadvantage = named(roll.Disadvantage, from.name)
		case !slices.ContainsFunc(roll.Modifiers, func(x Modifier) bool { return x.Source == from.name && (x.Value == m.Value || m.Dice != "") }):
			// The same effect twice counts once.
			roll.Modifiers = append(roll.Modifiers, Modifier{Source: from.name, Value: m.Value, Dice: m.Dice})
		}
	})
}

// named adds a name to a list that has each once.
func named(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

// rollModifier rolls the dice of a modifier such as 1d4 or -1d4.
func (t *table) rollModifier(m *Modifier) {
	text, negative := strings.CutPrefix(m.Dice, "-")
	expr := mustParse(text)
	m.Faces = t.roll(expr.Count, expr.Sides)
	sum := expr.Bonus
	for _, face := range m.Faces {
		sum += face
	}
	if negative {
		sum = -sum
	}
	m.Value += sum
}

// mustParse reads dice that were checked when they came in.
func mustParse(text string) dice.Expr {
	expr, err := dice.Parse(text)
	if err != nil {
		panic("rules: checked content has wrong dice: " + err.Error())
	}
	return expr
}

// DamageRoll is the dice of one kind of damage, or of healing.
type DamageRoll struct {
	Dice  string     `json:"dice"`
	Type  DamageType `json:"type,omitempty"`
	First uint64     `json:"first"`
	// Faces are twice as many on a critical hit; Bonus counts once.
	Faces []int `json:"faces,omitempty"`
	Bonus int   `json:"bonus,omitempty"`
	Total int   `json:"total"`
	// Source names what added it, where it is not the attack itself.
	Source string `json:"source,omitempty"`
	// OnSave is what a successful save leaves of it.
	OnSave content.OnSave `json:"onSave,omitempty"`
}

// rollDamage rolls the dice of one kind of damage, so many times over. A
// critical hit rolls the dice twice and adds the bonus once; a total is never
// below 0 (Damage Rolls; Critical Hits).
func (t *table) rollDamage(text string, kind DamageType, times int, critical bool) DamageRoll {
	expr := mustParse(text)
	count := expr.Count * times
	if critical {
		count *= 2
	}
	roll := DamageRoll{Dice: text, Type: kind, First: t.next, Bonus: expr.Bonus, Total: expr.Bonus}
	roll.Faces = t.roll(count, expr.Sides)
	for _, face := range roll.Faces {
		roll.Total += face
	}
	roll.Total = max(roll.Total, 0)
	return roll
}

func (t *table) roll(count, sides int) []int {
	if count == 0 {
		return nil
	}
	faces := make([]int, count)
	for i := range faces {
		faces[i] = t.dice.Roll(sides)
	}
	t.next += uint64(count)
	return faces
}

// rollCheck follows the numbers of the dice through recorded rolls.
type rollCheck struct {
	next uint64
}

// d20 checks that the dice of a test are the next ones.
func (k *rollCheck) d20(roll *D20Roll) error {
	if len(roll.Faces) < 1 || len(roll.Faces) > 2 {
		return fmt.Errorf("a test has one or two dice, not %d", len(roll.Faces))
	}
	if err := k.take(roll.First, roll.Faces, 20); err != nil {
		return err
	}
	for i := range roll.Modifiers {
		m := &roll.Modifiers[i]
		if len(m.Faces) == 0 {
			continue
		}
		if err := k.take(k.next, m.Faces, sides(strings.TrimPrefix(m.Dice, "-"))); err != nil {
			return err
		}
	}
	return nil
}

// damage checks the dice of damage rolls.
func (k *rollCheck) damage(list []DamageRoll) error {
	for i := range list {
		if err := k.take(list[i].First, list[i].Faces, sides(list[i].Dice)); err != nil {
			return err
		}
	}
	return nil
}

// take checks that a roll's dice are the next ones, each with a possible face.
func (k *rollCheck) take(first uint64, faces []int, sides int) error {
	if first != k.next {
		return fmt.Errorf("roll begins at die %d, the next one is %d", first, k.next)
	}
	for _, face := range faces {
		if face < 1 || face > sides {
			return fmt.Errorf("a d%d shows %d", sides, face)
		}
	}
	k.next += uint64(len(faces))
	return nil
}

// sides reads the sides of the dice from the notation; 0 if it has none.
func sides(text string) int {
	expr, err := dice.Parse(text)
	if err != nil {
		return 0
	}
	return expr.Sides
}
