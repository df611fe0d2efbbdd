// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
)

// halve lets the attack that waits to land deal half.
func (t *table) halve(by string) {
	for i := range slices.Backward(t.stack) {
		if t.stack[i].Do == stepLand {
			t.stack[i].Halved = by
			return
		}
	}
}

// negate stops the spell that gave the occasion: at once, or when its caster
// fails the save.
func (t *table) negate(c *Creature, d *deed, task *Task) {
	next := Task{Do: stepNegated, Actor: c.ID, Action: d.ref, Level: task.Level}
	if len(task.Targets) != 1 {
		return
	}
	if next.Target = task.Targets[0]; d.act.Save == nil {
		t.push(next)
		return
	}
	t.saveThen(t.creature(next.Target), saving{ability: d.act.Save.Ability, dc: t.saveDC(c, d), why: d.name, source: c.ID, magic: true}, next)
}

// negated takes the spell away that waits to take effect. Its caster keeps the
// slot if there was a save (Counterspell, 5.2.1).
func (t *table) negated(task *Task) {
	if task.Success {
		return
	}
	at := len(t.stack) - 1
	for at >= 0 && (t.stack[at].Do != stepCast || t.stack[at].Actor != task.Target) {
		at--
	}
	if at < 0 {
		return
	}
	spell, slot := t.stack[at], 0
	t.stack = slices.Delete(t.stack, at, at+1)
	if task.Saved && spell.Price != nil {
		slot = spell.Price.Slot
	}
	t.emit(SpellStopped{Creature: task.Target, Spell: spell.Action, By: task.Actor, SlotBack: slot})
}

// SpellStopped tells that a spell takes no effect.
type SpellStopped struct {
	Creature string `json:"creature"`
	Spell    string `json:"spell"`
	By       string `json:"by"`
	// SlotBack is the level of the slot that its caster keeps.
	SlotBack int `json:"slotBack,omitempty"`
}

// Kind names the event.
func (SpellStopped) Kind() string { return "spell_stopped" }

func (e SpellStopped) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || e.SlotBack < 0 || e.SlotBack > 0 && c.slotsSpent(e.SlotBack) < 1 {
		return fmt.Errorf("%.40q has no slot of level %d to keep", e.Creature, e.SlotBack)
	}
	if e.SlotBack > 0 {
		c.SlotsSpent = slices.Clone(c.SlotsSpent)
		c.SlotsSpent[e.SlotBack-1]--
		s.Combat.Budget.Slot = s.Combat.Budget.Slot && s.onTurn() != c
	}
	return nil
}

func (e SpellStopped) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

func (e SpellStopped) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		e.SlotBack = 0
	}
	return e
}
