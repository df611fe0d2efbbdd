// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"strings"

	"gamesession.dev/operator/shard/rules/content"
)

// Options of windows that are no references of actions.
const (
	optionReady  = "ready"
	optionResist = "resist"
)

// anySlot finds the lowest level at which a creature can cast a spell as a reaction
// now.
func (t *table) anySlot(c *Creature, spell *content.Spell) (*deed, Price, bool) {
	for level := spell.Level; level <= 9; level++ {
		if d, price, refusal := t.reactionPrice(c, spell.ID, level); refusal == nil {
			return d, price, true
		}
	}
	return nil, Price{}, false
}

// reactionPrice is castPrice for a reaction: in its own turn a creature is held to
// what it may cast in one.
func (t *table) reactionPrice(c *Creature, id string, level int) (*deed, Price, *Refusal) {
	d, price, refusal := t.castPrice(c, id, level)
	switch {
	case refusal != nil:
	case t.handsBound(c, d.spell):
		refusal = t.handsFull(c, &need{what: d.name, hands: 1})
	case t.onTurn() == c:
		refusal = t.oneSpell(c, d, &price)
	}
	return d, price, refusal
}

// mayReact refuses an answer that cannot be given as it is.
func (t *table) mayReact(c *Creature, w *Window, r *React) *Refusal {
	switch w.Kind {
	case AskReady:
		if r.Option == refMove {
			_, refusal := t.readiedMove(c, r)
			return refusal
		}
	case AskLegendary, AskLair:
		d := t.deedOf(c, r.Option, 0)
		if refusal := t.usable(c, d); refusal != nil {
			return refusal
		}
		if d.act.MoveUpTo != 0 {
			_, refusal := t.movesThen(c, d, w, r)
			return refusal
		}
		if refusal := noMove(c, d.name, r); refusal != nil {
			return refusal
		}
		_, refusal := t.aimedReaction(c, d, w, r)
		return refusal
	}
	if refusal := noMove(c, r.Option, r); refusal != nil || w.Kind != AskReaction {
		return refusal
	}
	if spell, is := strings.CutPrefix(r.Option, refSpell); is && r.Level > 0 {
		if _, _, refusal := t.reactionPrice(c, spell, r.Level); refusal != nil {
			return refusal
		}
	}
	return nil
}

// aim gives what an answer chooses; nothing if there is none.
func (r *React) aim() aim {
	switch {
	case r == nil:
		return aim{}
	case r.Target != "":
		return aim{targets: []string{r.Target}, point: r.Point}
	default:
		return aim{targets: r.Targets, point: r.Point}
	}
}

// aimedReaction finds what a reaction is aimed at: what the answer says, or
// who gave the occasion, or the creature itself.
func (t *table) aimedReaction(c *Creature, d *deed, w *Window, r *React) (Task, *Refusal) {
	a := r.aim()
	kind := d.act.Target.Kind
	if chooses := kind == content.TargetCreature || kind == content.TargetCreatures; chooses && len(a.targets) == 0 {
		switch {
		case w.Ally != "" && !harms(d.act):
			a.targets = []string{w.Ally}
		case w.By != "":
			a.targets = []string{w.By}
		}
	}
	if d.act.Attack != nil && len(a.targets) == 1 {
		target, ranged, refusal := t.attackTarget(c, d, a.targets[0])
		if refusal != nil {
			return Task{}, refusal
		}
		return Task{Do: stepStrike, Actor: c.ID, Target: target.ID, Action: d.ref, Ranged: ranged}, nil
	}
	return t.aimed(c, d, a)
}

// react does what an answer says. What waits is on the stack already.
func (t *table) react(c *Creature, w *Window, option string, r *React) {
	switch w.Kind {
	case AskOpportunity:
		t.push(Task{Do: stepStrike, Actor: c.ID, Target: w.By, Action: option, Price: &Price{Reaction: true}})
	case AskResistance:
		t.emit(Resisted{Creature: c.ID})
		if n := len(t.stack); n > 0 {
			t.stack[n-1].Success, t.stack[n-1].FailBy = true, 0
		}
	case AskReady:
		t.release(c, w, r)
	case AskLegendary, AskLair:
		t.reactLegendary(c, w, option, r)
	default:
		t.reactWith(c, w, option, r)
	}
}

// reactWith takes a reaction of the stat block, or casts a spell as one.
func (t *table) reactWith(c *Creature, w *Window, option string, r *React) {
	level := 0
	if r != nil {
		level = r.Level
	}
	price := Price{Reaction: true}
	var d *deed
	if id, is := strings.CutPrefix(option, refSpell); is {
		var slot Price
		var ok bool
		if level > 0 {
			var refusal *Refusal
			d, slot, refusal = t.reactionPrice(c, id, level)
			ok = refusal == nil
		} else {
			d, slot, ok = t.anySlot(c, t.spell(id))
		}
		if !ok {
			return
		}
		price.Slot, price.Use, price.Spell = slot.Slot, slot.Use, slot.Spell
	} else if d = t.deedOf(c, option, 0); d != nil {
		price.Use = d.use()
	}
	if d == nil {
		return
	}
	task, refusal := t.aimedReaction(c, d, w, r)
	if refusal != nil {
		return
	}
	if task.Do == stepStrike {
		task.Price = &price
		t.push(task)
		return
	}
	if d.act.HalvesDamage {
		t.halve(d.name)
	}
	if d.spell != nil {
		t.cast(c, d, price, task)
		return
	}
	t.emit(Acted{Creature: c.ID, Action: d.ref, Name: d.name, Targets: task.Targets, Price: price})
	t.push(task)
}
