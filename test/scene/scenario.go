// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"fmt"

	"gamesession.dev/operator/api/v1alpha1"
)

// playersPerSession is a full table.
const playersPerSession = 10

// player is the id of the i-th player of a session.
func player(i int) string { return fmt.Sprintf("player-%02d", i+1) }

// Ambush is a goblin ambush on a forest road: ten heroes in the middle of a
// 24×16 map, nine goblins and an ogre in the trees on both sides. Both sides have
// archers, those of the goblins in the undergrowth. Some are of the shipped data, with
// all that it lets them do, the others of numbers of their own.
func Ambush() *v1alpha1.Scenario {
	s := &v1alpha1.Scenario{Map: v1alpha1.Map{Width: 24, Height: 16, Blocked: trees()}}
	for i := range playersPerSession {
		s.Combatants = append(s.Combatants, hero(i), goblin(i))
		if archer(i) {
			s.Map.Obscured = append(s.Map.Obscured, goblin(i).Position)
		}
	}
	return s
}

func trees() []v1alpha1.Point {
	var t []v1alpha1.Point
	for x := int32(1); x < 24; x += 5 {
		t = append(t, v1alpha1.Point{x, 3}, v1alpha1.Point{x + 1, 12})
	}
	return t
}

func hero(i int) v1alpha1.Combatant {
	c := v1alpha1.Combatant{
		ID: v1alpha1.ID(fmt.Sprintf("hero-%d", i+1)), Name: v1alpha1.DisplayName(fmt.Sprintf("Hero %d", i+1)),
		Side: "heroes", Controller: v1alpha1.PlayerID(player(i)),
		Position: v1alpha1.Point{int32(5 + 3*(i/2)), int32(7 + i%2)},
		AC:       15, MaxHP: 32, Speed: 30, Dexterity: 14,
		Attacks: []v1alpha1.Attack{melee("longsword", "Longsword", 5, "1d8+3", "slashing")},
	}
	switch i % 3 {
	case 0:
		return ofData(c, "fighter")
	case 2:
		c.AC, c.MaxHP = 13, 24
		c.Attacks = []v1alpha1.Attack{
			ranged("longbow", "Longbow", 6, 150, 600, "1d8+4"),
			melee("dagger", "Dagger", 6, "1d4+4", "piercing"),
		}
	}
	return c
}

func goblin(i int) v1alpha1.Combatant {
	y := int32(1)
	if i%2 == 1 {
		y = 14
	}
	c := v1alpha1.Combatant{
		ID: v1alpha1.ID(fmt.Sprintf("goblin-%d", i+1)), Name: v1alpha1.DisplayName(fmt.Sprintf("Goblin %d", i+1)),
		Side: "goblins", Controller: "gm", Group: "goblins",
		Position: v1alpha1.Point{int32(4 + 2*i), y},
		AC:       15, MaxHP: 27, Speed: 30, Dexterity: 15,
		Attacks: []v1alpha1.Attack{melee("scimitar", "Scimitar", 4, "1d6+2", "slashing")},
	}
	switch {
	case archer(i):
		c.Group, c.Name = "goblin-archers", v1alpha1.DisplayName(fmt.Sprintf("Goblin Archer %d", i+1))
		return ofData(c, "goblin-warrior")
	case i == 9:
		c.ID, c.Group, c.Name = "ogre", "", "Ogre"
		return ofData(c, "ogre")
	case i == 8:
		c.Group, c.Name, c.AC, c.MaxHP = "goblin-boss", "Goblin Boss", 17, 45
		c.Resistances = []v1alpha1.DamageType{"piercing"}
	}
	return c
}

// archer tells whether the i-th goblin is one.
func archer(i int) bool { return i%3 == 0 && i < 9 }

// ofData has a combatant be what a stat block of the shipped data says.
func ofData(c v1alpha1.Combatant, block v1alpha1.ID) v1alpha1.Combatant {
	c.StatBlock = block
	c.AC, c.MaxHP, c.Speed, c.Dexterity, c.Attacks = 0, 0, 0, 0, nil
	return c
}

func melee(id, name string, bonus int32, dice, damage string) v1alpha1.Attack {
	return v1alpha1.Attack{
		ID: v1alpha1.ID(id), Name: v1alpha1.DisplayName(name), Kind: "melee", AttackBonus: bonus, Reach: 5,
		Damage: []v1alpha1.DamageDice{{Dice: dice, Type: v1alpha1.DamageType(damage)}},
	}
}

func ranged(id, name string, bonus, near, far int32, dice string) v1alpha1.Attack {
	return v1alpha1.Attack{
		ID: v1alpha1.ID(id), Name: v1alpha1.DisplayName(name), Kind: "ranged", AttackBonus: bonus, Range: near, LongRange: far,
		Damage: []v1alpha1.DamageDice{{Dice: dice, Type: "piercing"}},
	}
}
