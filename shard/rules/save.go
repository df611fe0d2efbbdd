// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// saving is one saving throw to be made.
type saving struct {
	ability content.Ability
	dc      int
	// why is shown: the spell, the action, "Concentration".
	why     string
	source  string // creature
	magic   bool
	against []ConditionID
	roll    content.RollKind // empty for any save, or concentration
	cover   int              // bonus of cover to a Dexterity save
	swayed  []string         // what gives advantage besides
}

// save makes a saving throw. A natural 20 or 1 means nothing special (Saving
// Throws).
func (t *table) save(c *Creature, v saving) bool {
	event := SaveRolled{Creature: c.ID, Ability: v.ability, DC: v.dc, Why: v.why, Source: v.source}
	k := contest{roll: cmp.Or(v.roll, content.RollSave), bearer: c, other: t.creature(v.source), ability: v.ability, magic: v.magic, against: v.against}
	if t.autoFails(&k) {
		event.Auto = true
		t.emit(event)
		return false
	}
	var more []Modifier
	if v.cover > 0 && v.ability == content.Dexterity {
		more = append(more, Modifier{Source: "Cover", Value: v.cover})
	}
	roll := t.test(&k, slices.Clone(v.swayed), nil, append([]Modifier{{Source: v.ability.Name(), Value: c.saveBonus(v.ability)}}, more...)...)
	event.Roll = &roll
	event.Success = roll.Total >= v.dc
	t.emit(event)
	return event.Success
}

// autoFails tells whether a save fails without a roll.
func (t *table) autoFails(k *contest) bool {
	fails := false
	t.each(k.bearer, func(m *content.Modifier, from origin) {
		if m.Kind == content.KindAutoFail && m.Concerns(k.roll) && t.holds(m, from, k) {
			fails = true
		}
	})
	return fails
}

// saveBonus is a creature's modifier to saves of an ability.
func (c *Creature) saveBonus(a content.Ability) int {
	if bonus, trained := c.block.Saves[a]; trained {
		return bonus
	}
	return c.block.Abilities.Modifier(a)
}

// skillBonus is a creature's modifier to checks of a skill.
func (c *Creature) skillBonus(skill content.Skill) int {
	if bonus, trained := c.block.Skills[skill]; trained {
		return bonus
	}
	return c.block.Abilities.Modifier(content.SkillAbility[skill])
}

// passivePerception is what a creature notices without looking (Passive Perception).
func (c *Creature) passivePerception() int {
	if p := c.block.Senses.PassivePerception; p > 0 {
		return p
	}
	return 10 + c.skillBonus(content.Perception)
}

// check makes an ability check of a skill against a DC; DC 0 only wants the
// total.
func (t *table) check(c *Creature, skill content.Skill, dc int, why string) D20Roll {
	return t.checked(contest{bearer: c, skill: skill}, dc, why)
}

// checked is check for what is known of the contest beside its kind.
func (t *table) checked(k contest, dc int, why string) D20Roll {
	k.roll, k.ability = content.RollCheck, content.SkillAbility[k.skill]
	roll := t.test(&k, nil, nil, Modifier{Source: string(k.skill), Value: k.bearer.skillBonus(k.skill)})
	t.emit(CheckRolled{Creature: k.bearer.ID, Skill: k.skill, DC: dc, Roll: roll, Success: roll.Total >= dc, Why: why})
	t.endOnOwnRoll(k.bearer, content.RollCheck)
	return roll
}

// better gives the skill of two that a creature is better at.
func (c *Creature) better(a, b content.Skill) content.Skill {
	if c.skillBonus(b) > c.skillBonus(a) {
		return b
	}
	return a
}

// SaveRolled is a saving throw.
type SaveRolled struct {
	Creature string          `json:"creature"`
	Ability  content.Ability `json:"ability"`
	DC       int             `json:"dc"`
	// Roll is nil when the save fails by itself (Auto).
	Roll    *D20Roll `json:"roll,omitempty"`
	Auto    bool     `json:"auto,omitempty"`
	Success bool     `json:"success"`
	Why     string   `json:"why"`
	Source  string   `json:"source,omitempty"`
}

// Kind names the event.
func (SaveRolled) Kind() string { return "save_rolled" }

func (e SaveRolled) apply(s *State) error {
	if s.creature(e.Creature) == nil {
		return unknown(e.Creature)
	}
	if e.Roll == nil {
		return nil
	}
	return s.rolled(func(k *rollCheck) error { return k.d20(e.Roll) })
}

// rolled takes dice into the count if they are the next ones.
func (s *State) rolled(check func(k *rollCheck) error) error {
	k := rollCheck{next: s.Rolled}
	if err := check(&k); err != nil {
		return err
	}
	s.Rolled = k.next
	return nil
}

func (SaveRolled) touch(*touched) {}

// saveSeen is SaveRolled without the roll of a secret creature, and without
// the DC of a secret source.
type saveSeen struct {
	Creature string          `json:"creature"`
	Ability  content.Ability `json:"ability"`
	DC       int             `json:"dc,omitempty"`
	Roll     *D20Roll        `json:"roll,omitempty"`
	Auto     bool            `json:"auto,omitempty"`
	Success  bool            `json:"success"`
	Why      string          `json:"why"`
	Source   string          `json:"source,omitempty"`
}

func (e SaveRolled) redact(s *State, v View) any {
	seen := saveSeen(e)
	if s.secretID(v, e.Creature) {
		seen.Roll = nil
	}
	if e.Source == "" || s.secretID(v, e.Source) {
		seen.DC = 0
	}
	return seen
}

// CheckRolled is an ability check.
type CheckRolled struct {
	Creature string        `json:"creature"`
	Skill    content.Skill `json:"skill"`
	// DC is 0 where only the total counts.
	DC      int     `json:"dc,omitempty"`
	Roll    D20Roll `json:"roll"`
	Success bool    `json:"success"`
	Why     string  `json:"why"`
}

// Kind names the event.
func (CheckRolled) Kind() string { return "check_rolled" }

func (e CheckRolled) apply(s *State) error {
	if s.creature(e.Creature) == nil {
		return unknown(e.Creature)
	}
	return s.rolled(func(k *rollCheck) error { return k.d20(&e.Roll) })
}

func (CheckRolled) touch(*touched) {}

// A check of a secret creature is not told at all: that it hides, or looks
// for who hides, is its secret.
func (e CheckRolled) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		return nil
	}
	return e
}
