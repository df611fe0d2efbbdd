// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"

	"gamesession.dev/operator/shard/rules/dice"
)

// Dice is where faces come from: 1 to sides, one die per call.
type Dice interface {
	Roll(sides int) int
}

// Modifier is a number added to a roll, and where it comes from.
type Modifier struct {
	Source string `json:"source"`
	Value  int    `json:"value"`
}

// D20Roll is one D20 Test with everything that went into its total.
type D20Roll struct {
	// First is the number of the first die, see State.Rolled.
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

// d20 rolls a D20 Test.
func (t *table) d20(advantage, disadvantage []string, modifiers ...Modifier) D20Roll {
	roll := D20Roll{First: t.next, Advantage: advantage, Disadvantage: disadvantage, Modifiers: modifiers}
	switch leaning(advantage, disadvantage) {
	case 1:
		roll.Faces = t.roll(2, 20)
		roll.Natural = max(roll.Faces[0], roll.Faces[1])
	case -1:
		roll.Faces = t.roll(2, 20)
		roll.Natural = min(roll.Faces[0], roll.Faces[1])
	default:
		roll.Faces = t.roll(1, 20)
		roll.Natural = roll.Faces[0]
	}
	roll.Total = roll.Natural
	for _, modifier := range modifiers {
		roll.Total += modifier.Value
	}
	return roll
}

// DamageRoll is the dice of one kind of damage of an attack.
type DamageRoll struct {
	Dice  string     `json:"dice"`
	Type  DamageType `json:"type"`
	First uint64     `json:"first"`
	// Faces are twice as many on a critical hit; Bonus counts once.
	Faces []int `json:"faces,omitempty"`
	Bonus int   `json:"bonus,omitempty"`
	Total int   `json:"total"`
}

// damage rolls the dice of one kind of damage. A critical hit rolls the dice
// twice and adds the bonus once; a total is never below 0 (Damage Rolls;
// Critical Hits).
func (t *table) damage(of DamageDice, critical bool) DamageRoll {
	expr, err := dice.Parse(of.Dice)
	if err != nil {
		panic("rules: a validated sheet has wrong dice: " + err.Error())
	}
	count := expr.Count
	if critical {
		count *= 2
	}
	roll := DamageRoll{Dice: of.Dice, Type: of.Type, First: t.next, Bonus: expr.Bonus, Total: expr.Bonus}
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
func (r DamageRoll) sides() int {
	expr, err := dice.Parse(r.Dice)
	if err != nil {
		return 0
	}
	return expr.Sides
}
