// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// StartCombat begins a fight, also the next one after an end: everyone is put
// back to the scenario, initiative is rolled, the first turn starts. It is the
// game master's command.
type StartCombat struct{}

// Kind names the command.
func (StartCombat) Kind() string { return "start_combat" }

func decodeStartCombat(raw []byte) (Command, error) {
	var read struct {
		Type string `json:"type"`
		StartCombat
	}
	err := strict(raw, &read)
	return read.StartCombat, err
}

func (StartCombat) decide(t *table) ([]Event, *Refusal) {
	if t.by.Role != RoleGM {
		return nil, refuse(CodeRoleNotAllowed, "Only a game master starts a fight.")
	}
	if t.Combat.Phase == Fighting {
		return nil, refuse(CodeCombatRunning, "A fight is going on already.")
	}
	rolled := t.initiative()
	return []Event{
		CombatStarted{Fight: t.Combat.Fight + 1, By: t.by.Player},
		rolled,
		t.startTurn(rolled.Order[0].Creature, 1, 0),
	}, nil
}

// initiative rolls once for each creature, once for each group of identical
// monsters, in the order of their ids (Initiative: Tying, Surprise aside).
func (t *table) initiative() InitiativeRolled {
	var event InitiativeRolled
	groups := map[string]int{}
	for i := range t.Creatures {
		sheet := &t.Creatures[i].Sheet
		if at, rolled := groups[sheet.Group]; rolled && sheet.Group != "" {
			event.Rolls[at].Creatures = append(event.Rolls[at].Creatures, sheet.ID)
			continue
		}
		groups[sheet.Group] = len(event.Rolls)
		event.Rolls = append(event.Rolls, InitiativeRoll{
			Creatures: []string{sheet.ID},
			Roll:      t.d20(nil, nil, Modifier{Source: "Dexterity", Value: abilityModifier(sheet.Dexterity)}),
		})
	}
	event.Order = t.order(event.Rolls)
	return event
}

// order sorts everyone: higher count, then higher Dexterity modifier, then
// characters before monsters, then group or id. It is total: no two creatures
// compare equal, so no tie is left to chance.
func (s *State) order(rolls []InitiativeRoll) []Placing {
	type entry struct {
		Placing
		sheet *Combatant
	}
	var entries []entry
	for _, roll := range rolls {
		for _, id := range roll.Creatures {
			entries = append(entries, entry{Placing{Creature: id, Count: roll.Roll.Total}, &s.creature(id).Sheet})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(b.Count, a.Count),
			cmp.Compare(abilityModifier(b.sheet.Dexterity), abilityModifier(a.sheet.Dexterity)),
			cmp.Compare(a.sheet.Kind, b.sheet.Kind), // "character" < "monster"
			cmp.Compare(cmp.Or(a.sheet.Group, a.Creature), cmp.Or(b.sheet.Group, b.Creature)),
			cmp.Compare(a.Creature, b.Creature),
		)
	})
	order := make([]Placing, len(entries))
	for i, entry := range entries {
		order[i] = entry.Placing
	}
	return order
}

// abilityModifier is (score - 10) / 2, rounded down (Ability Modifiers).
func abilityModifier(score int) int { return (score - 10) >> 1 }

// CombatStarted puts everyone back to the scenario.
type CombatStarted struct {
	// Fight is the number of the fight in this session, from 1.
	Fight int    `json:"fight"`
	By    string `json:"by"`
}

// Kind names the event.
func (CombatStarted) Kind() string { return "combat_started" }

func decodeCombatStarted(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		CombatStarted
	}
	err := strict(raw, &read)
	return read.CombatStarted, err
}

func (e CombatStarted) apply(s *State) error {
	if s.Combat.Phase == Fighting || e.Fight != s.Combat.Fight+1 {
		return fmt.Errorf("fight %d cannot follow fight %d, which is %s", e.Fight, s.Combat.Fight, s.Combat.Phase)
	}
	s.Combat = Combat{Phase: Fighting, Fight: e.Fight}
	for i := range s.Creatures {
		s.Creatures[i].restore()
	}
	return nil
}

func (CombatStarted) touch(t *touched) {
	t.combat()
	for i := range t.state.Creatures {
		t.creature(t.state.Creatures[i].Sheet.ID)
	}
}

func (e CombatStarted) redact(*State, View) any { return e }

// InitiativeRolled is the rolls and the order of the fight.
type InitiativeRolled struct {
	Rolls []InitiativeRoll `json:"rolls"`
	Order []Placing        `json:"order"`
}

// InitiativeRoll is one roll and those it counts for: a group of identical
// monsters shares one.
type InitiativeRoll struct {
	Creatures []string `json:"creatures"`
	Roll      D20Roll  `json:"roll"`
}

// Kind names the event.
func (InitiativeRolled) Kind() string { return "initiative_rolled" }

func decodeInitiativeRolled(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		InitiativeRolled
	}
	err := strict(raw, &read)
	return read.InitiativeRolled, err
}

func (e InitiativeRolled) apply(s *State) error {
	if s.Combat.Phase != Fighting || len(s.Combat.Order) != 0 {
		return errors.New("initiative is rolled once, at the start of a fight")
	}
	check := rollCheck{next: s.Rolled}
	for _, roll := range e.Rolls {
		if err := check.take(roll.Roll.First, roll.Roll.Faces, 20); err != nil {
			return err
		}
	}
	if err := s.checkOrder(e.Order); err != nil {
		return err
	}
	s.Rolled = check.next
	s.Combat.Order = slices.Clone(e.Order)
	return nil
}

func (InitiativeRolled) touch(t *touched) { t.combat() }

// redact keeps everyone's count, which is called out at the table, and the
// rolls of the creatures whose numbers are open.
func (e InitiativeRolled) redact(s *State, _ View) any {
	open := slices.DeleteFunc(slices.Clone(e.Rolls), func(roll InitiativeRoll) bool {
		return s.secretID(roll.Creatures[0])
	})
	return InitiativeRolled{Rolls: open, Order: e.Order}
}
