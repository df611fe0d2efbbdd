// SPDX-License-Identifier: Apache-2.0

package srd

import (
	"slices"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
)

// Each slip that Check is for is made once, in data that is right otherwise.
func TestCheckFindsSlips(t *testing.T) {
	creature := func(id string, slip func(*content.Creature)) func(*content.Bundle) {
		return func(b *content.Bundle) { slip(b.Creature(id)) }
	}
	tests := map[string]struct {
		slip func(*content.Bundle)
		want string
	}{
		"hit points":         {creature("ogre", func(c *content.Creature) { c.HP.Max = 59 }), "creatures.ogre.hp.max: is 59, and 68"},
		"hit dice":           {creature("ogre", func(c *content.Creature) { c.HP.Dice = "7d10+24" }), "creatures.ogre.hp.dice: is 24, and 21"},
		"constitution":       {creature("ogre", func(c *content.Creature) { c.Abilities.Con = 18 }), "creatures.ogre.hp.dice: is 24, and 32"},
		"no hit dice":        {creature("ogre", func(c *content.Creature) { c.HP.Dice = "" }), "creatures.ogre.hp.dice"},
		"character's HP":     {creature("fighter", func(c *content.Creature) { c.HP.Max = 42 }), "creatures.fighter.hp.max: is 42, and 49"},
		"character's level":  {creature("fighter", func(c *content.Creature) { c.Level = 4 }), "creatures.fighter.hp.dice: is 5, and 4"},
		"experience":         {creature("troll", func(c *content.Creature) { c.XP = 180 }), "creatures.troll.xp: is 180, and 1800"},
		"proficiency":        {creature("troll", func(c *content.Creature) { c.ProficiencyBonus = 4 }), "creatures.troll.pb: is 4, and 3"},
		"challenge":          {creature("troll", func(c *content.Creature) { c.CR = "1/3" }), "creatures.troll.cr: there is no"},
		"save":               {creature("lich", func(c *content.Creature) { c.Saves[content.Wisdom] = 8 }), "creatures.lich.saves.wis: is 8, and 9"},
		"skill":              {creature("lich", func(c *content.Creature) { c.Skills[content.Perception] = 12 }), "creatures.lich.skills.perception: +12 does not follow from Wisdom 14"},
		"initiative":         {creature("lich", func(c *content.Creature) { *c.Initiative = 7 }), "creatures.lich.initiative: +7"},
		"spell DC":           {creature("mage", func(c *content.Creature) { c.Spellcasting.DC = 15 }), "creatures.mage.spellcasting.dc: is 15, and 14"},
		"spell attack":       {creature("mage", func(c *content.Creature) { c.Spellcasting.AttackBonus = 9 }), "creatures.mage.spellcasting.attackBonus: is 9, and 6"},
		"DC":                 {creature("medusa", func(c *content.Creature) { c.Action("petrifying-gaze").Save.DC = 15 }), "creatures.medusa.actions.petrifying-gaze.save.dc: 15"},
		"attack":             {creature("wolf", func(c *content.Creature) { c.Action("bite").Attack.Bonus = 5 }), "creatures.wolf.actions.bite.attack.bonus: +5 follows from neither"},
		"attack by another":  {creature("medusa", func(c *content.Creature) { c.Action("poison-ray").Attack.Bonus = 6 }), "attack.bonus: +6 does not follow from Charisma"},
		"damage":             {creature("wolf", func(c *content.Creature) { c.Action("bite").Damage[0].Dice = "1d6+3" }), "creatures.wolf.actions.bite.damage[0]: 1d6+3"},
		"field out of range": {creature("wolf", func(c *content.Creature) { c.AC = 0 }), "ac: must be 1 to"},
		"no such spell":      {creature("mage", func(c *content.Creature) { c.Spellcasting.Spells[0].ID = "wish" }), `there is no spell "wish"`},
		"no such weapon":     {func(b *content.Bundle) { b.Weapons = b.Weapons[1:] }, `there is no weapon "club"`},
	}
	for name, tc := range tests {
		b := load(t)
		tc.slip(b)
		if err := Check(b); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v; want %q", name, err, tc.want)
		}
	}
}

// Attacks with a weapon of the table deal its dice, or more of them.
func TestWeaponAttacksUseTheirWeapon(t *testing.T) {
	b := load(t)
	for _, c := range b.Creatures {
		for _, a := range c.Actions {
			if a.Attack == nil || a.Attack.Weapon == "" {
				continue
			}
			weapon := b.Weapon(a.Attack.Weapon)
			_, die, _ := strings.Cut(weapon.Dice, "d")
			if got := a.Damage[0]; got.Type != weapon.DamageType || !strings.Contains(got.Dice, "d"+die) {
				t.Errorf("%s: %s deals %s %s, the weapon %s %s", c.ID, a.ID, got.Dice, got.Type, weapon.Dice, weapon.DamageType)
			}
		}
	}
}

// Mastery Properties; Weapon Properties: each is on some weapon.
func TestEveryMasteryAndPropertyHasAWeapon(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range load(t).Weapons {
		seen[string(w.Mastery)] = true
		for _, property := range w.Properties {
			seen[string(property)] = true
		}
		if (w.Versatile != "") != slices.Contains(w.Properties, content.Versatile) {
			t.Errorf("%s: dice in two hands and the property do not go together", w.ID)
		}
		if ranged := slices.Contains(w.Properties, content.Ammunition) || slices.Contains(w.Properties, content.Thrown); ranged != (w.Range > 0) {
			t.Errorf("%s: range and properties do not go together", w.ID)
		}
	}
	words := strings.Fields("cleave graze nick push sap slow topple vex " +
		"ammunition finesse heavy light loading reach thrown two_handed versatile")
	for _, word := range words {
		if !seen[word] {
			t.Errorf("no weapon has %s", word)
		}
	}
}
