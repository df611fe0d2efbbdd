// SPDX-License-Identifier: Apache-2.0

package rules

import "fmt"

// consequences are what damage leads to: a creature falls, and the fight ends
// when fewer than two sides still stand.
func (t *table) consequences(target *Creature, dealt DamageDealt) []Event {
	if dealt.HPAfter > 0 {
		return nil
	}
	list := []Event{CreatureFell{Creature: target.Sheet.ID, Status: target.fallen(dealt)}}
	if winner, fighting := t.standingSide(target.Sheet.ID); !fighting {
		list = append(list, CombatEnded{Winner: winner, Round: t.Combat.Round})
	}
	return list
}

// fallen is what 0 hit points make of a creature: a monster dies; a character
// dies if the damage left over is at least its hit point maximum, else it is
// Unconscious (Dropping to 0 Hit Points: Monster Death, Instant Death, Falling
// Unconscious).
func (c *Creature) fallen(dealt DamageDealt) Status {
	leftover := dealt.Dealt - dealt.HPBefore
	if c.Sheet.Kind == Monster || leftover >= c.Sheet.MaxHP {
		return Dead
	}
	return Unconscious
}

// standingSide tells whether two sides or more still stand once the creature
// named has fallen. If not, it gives the side that does, or "".
func (s *State) standingSide(fallen string) (side string, fighting bool) {
	for i := range s.Creatures {
		c := &s.Creatures[i]
		if c.Status != Standing || c.Sheet.ID == fallen {
			continue
		}
		if side != "" && side != c.Sheet.Side {
			return "", true
		}
		side = c.Sheet.Side
	}
	return side, false
}

// CreatureFell tells that a creature is out of the fight.
type CreatureFell struct {
	Creature string `json:"creature"`
	// Status is unconscious or dead.
	Status Status `json:"status"`
}

// Kind names the event.
func (CreatureFell) Kind() string { return "creature_fell" }

func decodeCreatureFell(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		CreatureFell
	}
	err := strict(raw, &read)
	return read.CreatureFell, err
}

func (e CreatureFell) apply(s *State) error {
	creature := s.creature(e.Creature)
	if creature == nil || creature.Status != Standing || creature.HP != 0 {
		return fmt.Errorf("%.40q does not stand at 0 hit points", e.Creature)
	}
	if e.Status != Unconscious && e.Status != Dead {
		return fmt.Errorf("nobody falls %.40q", string(e.Status))
	}
	creature.Status = e.Status
	creature.Dodging = false
	return nil
}

func (e CreatureFell) touch(t *touched) { t.creature(e.Creature) }

func (e CreatureFell) redact(*State, View) any { return e }

// CombatEnded ends the fight.
type CombatEnded struct {
	// Winner is the side that still stands; empty if none does.
	Winner string `json:"winner"`
	Round  int    `json:"round"`
}

// Kind names the event.
func (CombatEnded) Kind() string { return "combat_ended" }

func decodeCombatEnded(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		CombatEnded
	}
	err := strict(raw, &read)
	return read.CombatEnded, err
}

func (e CombatEnded) apply(s *State) error {
	winner, fighting := s.standingSide("")
	if s.Combat.Phase != Fighting || fighting || winner != e.Winner || s.Combat.Round != e.Round {
		return fmt.Errorf("the fight is not over in round %d with %.40q standing", e.Round, e.Winner)
	}
	s.Combat.Phase = Over
	s.Combat.Turn = 0
	s.Combat.Budget = Budget{}
	s.Combat.Winner = e.Winner
	return nil
}

func (CombatEnded) touch(t *touched) { t.combat() }

func (e CombatEnded) redact(*State, View) any { return e }
