// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// StartCombat begins a fight, also the next one after an end: everyone is put
// back to the scenario, initiative is rolled, the first turn starts. It is the
// game master's command.
type StartCombat struct{}

// Kind names the command.
func (StartCombat) Kind() string { return "start_combat" }

func (StartCombat) decide(t *table) *Refusal {
	if t.by.Role != RoleGM {
		return refuse(CodeRoleNotAllowed, "Only a game master starts a fight.")
	}
	if t.Combat.Phase == Fighting {
		return refuse(CodeCombatRunning, "A fight is going on already.")
	}
	if !t.twoSides() {
		return refuse(CodeNoFoes, "All creatures are on one side: there is nobody to fight.")
	}
	t.emit(CombatStarted{Fight: t.Combat.Fight + 1, By: t.by.Player})
	t.lurk()
	rolled := t.initiative()
	t.emit(rolled)
	if t.broken == nil {
		t.push(Task{Do: stepNext, Actor: rolled.Order[0].Creature})
	}
	return nil
}

// EndCombat ends a fight without a winner. It is the game master's command.
type EndCombat struct{}

// Kind names the command.
func (EndCombat) Kind() string { return "end_combat" }

func (EndCombat) decide(t *table) *Refusal {
	if t.by.Role != RoleGM {
		return refuse(CodeRoleNotAllowed, "Only a game master ends a fight.")
	}
	if t.Combat.Phase != Fighting {
		return refuse(CodeNoCombat, "There is no fight going on.")
	}
	t.emit(CombatEnded{Round: t.Combat.Round, By: t.by.Player})
	return nil
}

// twoSides tells whether there is anybody to fight.
func (s *State) twoSides() bool {
	return slices.ContainsFunc(s.Creatures, func(c Creature) bool { return !c.Spawned && c.Side != s.Creatures[0].Side })
}

// lurk lets those who hide before the fight make their Stealth checks.
func (t *table) lurk() {
	for i := range t.Creatures {
		if c := &t.Creatures[i]; c.Lurks {
			t.hides(c)
		}
	}
}

// hides makes the Stealth check of who hides (Rules Glossary: Hide).
func (t *table) hides(c *Creature) {
	dc := t.hideDC(c)
	if roll := t.check(c, content.Stealth, dc, "Hide"); roll.Total >= dc {
		t.emit(Hidden{Creature: c.ID, Total: max(roll.Total, 1)})
	}
}

// initiative rolls once for each creature, once for each group of identical
// monsters, in the order of their ids (Initiative; Surprise).
func (t *table) initiative() InitiativeRolled {
	event := InitiativeRolled{Rolls: make([]InitiativeRoll, 0, len(t.Creatures))}
	groups := map[string]int{}
	for i := range t.Creatures {
		c := &t.Creatures[i]
		if at, rolled := groups[c.Group]; rolled && c.Group != "" {
			event.Rolls[at].Creatures = append(event.Rolls[at].Creatures, c.ID)
			continue
		}
		groups[c.Group] = len(event.Rolls)
		event.Rolls = append(event.Rolls, InitiativeRoll{Creatures: []string{c.ID}, Roll: t.initiativeRoll(c)})
	}
	event.Order = t.order(event.Rolls)
	return event
}

// initiativeRoll is a Dexterity check; surprise is disadvantage under 5.2.1.
// As a score it is 10 plus the modifier, 5 more or less for advantage or
// disadvantage.
func (t *table) initiativeRoll(c *Creature) D20Roll {
	modifier := Modifier{Source: "Dexterity", Value: c.block.Abilities.Modifier(content.Dexterity)}
	if c.block.Initiative != nil {
		modifier = Modifier{Source: "Initiative", Value: *c.block.Initiative}
	}
	var disadvantage []string
	if c.Surprise && !t.rules.surpriseLoses {
		disadvantage = []string{"Surprise"}
	}
	k := contest{roll: content.RollInitiative, bearer: c, ability: content.Dexterity}
	if !t.rules.score || t.Options.Initiative != "score" {
		return t.test(&k, nil, disadvantage, modifier)
	}
	roll := D20Roll{First: t.next, Disadvantage: disadvantage, Modifiers: []Modifier{modifier}}
	t.weigh(&k, &roll)
	roll.Natural = 10 + 5*leaning(roll.Advantage, roll.Disadvantage)
	roll.Total = roll.Natural
	for _, m := range roll.Modifiers {
		roll.Total += m.Value
	}
	return roll
}

// order sorts everyone: higher count, then higher Dexterity modifier, then
// characters before monsters, then group or id. It is total: no two creatures
// compare equal, so no tie is left to chance.
func (s *State) order(rolls []InitiativeRoll) []Placing {
	type entry struct {
		Placing
		c *Creature
	}
	entries := make([]entry, 0, len(s.Creatures))
	for _, roll := range rolls {
		for _, id := range roll.Creatures {
			entries = append(entries, entry{Placing{Creature: id, Count: roll.Roll.Total}, s.creature(id)})
		}
	}
	dex := func(e entry) int { return e.c.block.Abilities.Modifier(content.Dexterity) }
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(b.Count, a.Count),
			cmp.Compare(dex(b), dex(a)),
			cmp.Compare(a.c.Kind, b.c.Kind), // "character" < "monster"
			cmp.Compare(cmp.Or(a.c.Group, a.Creature), cmp.Or(b.c.Group, b.Creature)),
			cmp.Compare(a.Creature, b.Creature),
		)
	})
	order := make([]Placing, len(entries))
	for i, entry := range entries {
		order[i] = entry.Placing
	}
	return order
}

// CombatStarted puts everyone back to the scenario.
type CombatStarted struct {
	// Fight is the number of the fight in this session, from 1.
	Fight int    `json:"fight"`
	By    string `json:"by"`
}

// Kind names the event.
func (CombatStarted) Kind() string { return "combat_started" }

func (e CombatStarted) apply(s *State) error {
	if s.Combat.Phase == Fighting || e.Fight != s.Combat.Fight+1 || e.Fight > maxCount {
		return fmt.Errorf("fight %d cannot follow fight %d, which is %s", e.Fight, s.Combat.Fight, s.Combat.Phase)
	}
	s.Combat = Combat{Phase: Fighting, Fight: e.Fight}
	s.Zones, s.Window = nil, nil
	s.Creatures = slices.DeleteFunc(s.Creatures, func(c Creature) bool { return c.Spawned })
	for i := range s.Creatures {
		s.Creatures[i].restore()
	}
	return nil
}

func (CombatStarted) touch(t *touched) {
	t.combat()
	t.zones()
	for i := range t.state.Creatures {
		c := &t.state.Creatures[i]
		if t.creature(c.ID); c.Spawned {
			t.sheet(c.ID) // it goes
		}
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

func (e InitiativeRolled) apply(s *State) error {
	if s.Combat.Phase != Fighting || len(s.Combat.Order) != 0 {
		return errors.New("initiative is rolled once, at the start of a fight")
	}
	if err := s.checkOrder(e.Order); err != nil {
		return err
	}
	err := s.rolled(func(k *rollCheck) error {
		for i := range e.Rolls {
			if len(e.Rolls[i].Roll.Faces) == 0 { // a score
				continue
			}
			if err := k.d20(&e.Rolls[i].Roll); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Combat.Order, s.Combat.Round = slices.Clone(e.Order), 1
	return nil
}

func (InitiativeRolled) touch(t *touched) { t.combat() }

// redact keeps everyone's count, which is called out at the table, and the
// rolls of the creatures whose numbers are open.
func (e InitiativeRolled) redact(s *State, v View) any {
	open := slices.DeleteFunc(slices.Clone(e.Rolls), func(roll InitiativeRoll) bool {
		return len(roll.Creatures) == 0 || s.secretID(v, roll.Creatures[0])
	})
	return InitiativeRolled{Rolls: open, Order: e.Order}
}

// CombatEnded ends the fight.
type CombatEnded struct {
	// Winner is the side that still stands; empty if none does, or if a game
	// master ended the fight (By).
	Winner string `json:"winner"`
	Round  int    `json:"round"`
	By     string `json:"by,omitempty"`
}

// Kind names the event.
func (CombatEnded) Kind() string { return "combat_ended" }

func (e CombatEnded) apply(s *State) error {
	winner, fighting := s.standingSide()
	if s.Combat.Phase != Fighting || len(s.Combat.Order) == 0 || s.Combat.Round != e.Round || e.By == "" && (fighting || winner != e.Winner) {
		return fmt.Errorf("the fight is not over in round %d with %.40q standing", e.Round, e.Winner)
	}
	if e.Winner != "" && !slices.ContainsFunc(s.Creatures, func(c Creature) bool { return c.Side == e.Winner }) {
		return fmt.Errorf("there is no side %.40q", e.Winner)
	}
	s.Combat.Phase = Over
	s.Combat.Turn = 0
	s.Combat.Budget = Budget{}
	s.Combat.Winner = e.Winner
	s.Window = nil
	return nil
}

func (CombatEnded) touch(t *touched) { t.combat() }

func (e CombatEnded) redact(*State, View) any { return e }
