// SPDX-License-Identifier: Apache-2.0

package srd

import (
	"slices"
	"strconv"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/dice"
)

// Check is the second reading of a bundle. The first ([content.Bundle.Validate])
// asks whether every field is possible; this one asks whether the numbers of
// each stat block agree with each other, as they do in the SRD: hit points are
// the mean of their dice, experience and proficiency bonus follow from the
// challenge rating, and every save, skill, attack, damage bonus and DC from an
// ability score. A slip of the finger breaks one of them.
func Check(b *content.Bundle) error {
	if err := b.Validate(); err != nil {
		return err
	}
	p := &content.Problems{}
	for i := range b.Creatures {
		c := &b.Creatures[i]
		s := sheet{p, c, "creatures." + c.ID}
		s.hitPoints()
		s.challenge()
		s.proficiencies()
		s.spellcasting()
		s.shield(b)
		for j := range c.Actions {
			s.action(&c.Actions[j])
		}
	}
	return p.Err()
}

// sheet checks one creature.
type sheet struct {
	*content.Problems
	*content.Creature
	path string
}

// hitPoints wants the mean of the dice, rounded down, of a monster (Monsters:
// Hit Points), and of a character the most of the first die and a little over
// the mean of the others (Character Creation: Hit Points).
func (s sheet) hitPoints() {
	expr, err := dice.Parse(s.HP.Dice)
	if err != nil {
		s.Addf(s.path+".hp.dice", "%v", err)
		return
	}
	want := expr.Count*(expr.Sides+1)/2 + expr.Bonus
	if s.Level > 0 {
		want = expr.Sides + (expr.Count-1)*(expr.Sides/2+1) + expr.Bonus
		s.equal(".hp.dice", expr.Count, s.Level)
	}
	s.equal(".hp.max", s.HP.Max, want)
	s.equal(".hp.dice", expr.Bonus, expr.Count*s.Abilities.Modifier(content.Constitution))
}

// rating is what a challenge rating means (Monsters: Experience Points by
// Challenge Rating, Proficiency Bonus by Challenge Rating).
type rating struct{ xp, pb int }

var ratings = map[string]rating{
	"0": {10, 2}, "1/8": {25, 2}, "1/4": {50, 2}, "1/2": {100, 2}, "1": {200, 2}, "2": {450, 2}, "3": {700, 2},
	"4": {1100, 2}, "5": {1800, 3}, "6": {2300, 3}, "7": {2900, 3}, "8": {3900, 3}, "9": {5000, 4}, "10": {5900, 4},
	"11": {7200, 4}, "12": {8400, 4}, "13": {10000, 5}, "14": {11500, 5}, "15": {13000, 5}, "16": {15000, 5},
	"17": {18000, 6}, "18": {20000, 6}, "19": {22000, 6}, "20": {25000, 6}, "21": {33000, 7}, "22": {41000, 7},
	"23": {50000, 7}, "24": {62000, 7}, "30": {155000, 9},
}

func (s sheet) challenge() {
	if s.Level > 0 {
		s.equal(".pb", s.ProficiencyBonus, 2+(s.Level-1)/4)
		return
	}
	want, known := ratings[s.CR]
	if !known {
		s.Addf(s.path+".cr", "there is no challenge rating %.10q", s.CR)
		return
	}
	s.equal(".xp", s.XP, want.xp)
	s.equal(".pb", s.ProficiencyBonus, want.pb)
}

// proficiencies wants saves with the proficiency bonus once, skills with it
// once or twice, initiative with it up to twice (a lich is proficient, and
// expert).
func (s sheet) proficiencies() {
	for _, ability := range content.AbilityList {
		if bonus, has := s.Saves[ability]; has {
			s.equal(".saves."+string(ability), bonus, s.Abilities.Modifier(ability)+s.ProficiencyBonus)
		}
	}
	for skill, ability := range content.SkillAbility {
		if bonus, has := s.Skills[skill]; has {
			s.follows(".skills."+string(skill), bonus, ability)
		}
	}
	if s.Initiative != nil {
		s.follows(".initiative", *s.Initiative, content.Dexterity)
	}
}

// follows wants a modifier with the proficiency bonus once or twice.
func (s sheet) follows(field string, got int, ability content.Ability) {
	extra := got - s.Abilities.Modifier(ability)
	if extra != s.ProficiencyBonus && extra != 2*s.ProficiencyBonus {
		s.Addf(s.path+field, "%+d does not follow from %s %d and proficiency %+d",
			got, ability.Name(), s.Abilities.Score(ability), s.ProficiencyBonus)
	}
}

func (s sheet) spellcasting() {
	if c := s.Spellcasting; c != nil {
		modifier := s.Abilities.Modifier(c.Ability)
		s.equal(".spellcasting.dc", c.DC, 8+s.ProficiencyBonus+modifier)
		s.equal(".spellcasting.attackBonus", c.AttackBonus, s.ProficiencyBonus+modifier)
	}
}

// shield wants the shield in a creature's hands to be one that it wears, with what the
// table says that it gives.
func (s sheet) shield(b *content.Bundle) {
	if s.Hands == nil || s.Hands.Shield == nil {
		return
	}
	at := slices.IndexFunc(b.Armor, func(a content.Armor) bool { return a.ID == s.Hands.Shield.ID && a.Category == "shield" })
	if at < 0 || !slices.Contains(s.Armor, s.Hands.Shield.ID) {
		s.Addf(s.path+".hands.shield", "%.40q is no shield that it wears", s.Hands.Shield.ID)
		return
	}
	s.equal(".hands.shield.ac", s.Hands.Shield.AC, b.Armor[at].AC)
}

// action wants an attack bonus of some ability and proficiency, the same
// ability or nothing added to its damage, and a DC of 8, proficiency and some
// ability.
func (s sheet) action(a *content.Action) {
	path := ".actions." + a.ID
	if a.Save != nil && a.Save.DC != 0 && !s.some(a.Save.DC-8-s.ProficiencyBonus) {
		s.Addf(s.path+path+".save.dc", "%d does not follow from an ability", a.Save.DC)
	}
	if a.Attack == nil || a.Attack.Spell {
		return
	}
	modifier := a.Attack.Bonus - s.ProficiencyBonus
	named := a.Attack.Ability
	switch {
	case named != "" && modifier != s.Abilities.Modifier(named):
		s.Addf(s.path+path+".attack.bonus", "%+d does not follow from %s", a.Attack.Bonus, named.Name())
	case named == "" && modifier != s.Abilities.Modifier(content.Strength) && modifier != s.Abilities.Modifier(content.Dexterity):
		s.Addf(s.path+path+".attack.bonus", "%+d follows from neither Strength nor Dexterity", a.Attack.Bonus)
	}
	for i, d := range a.Damage {
		if expr, err := dice.Parse(d.Dice); err != nil || expr.Bonus != 0 && expr.Bonus != modifier {
			s.Addf(s.path+path+".damage["+strconv.Itoa(i)+"]", "%s does not follow from a modifier of %+d", d.Dice, modifier)
		}
	}
}

// some tells whether any ability has the modifier.
func (s sheet) some(modifier int) bool {
	for _, ability := range content.AbilityList {
		if s.Abilities.Modifier(ability) == modifier {
			return true
		}
	}
	return false
}

func (s sheet) equal(field string, got, want int) {
	if got != want {
		s.Addf(s.path+field, "is %d, and %d by the other numbers", got, want)
	}
}
