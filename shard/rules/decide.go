// SPDX-License-Identifier: Apache-2.0

package rules

import "gamesession.dev/operator/shard/rules/dice"

// Decide tells what a command does: its events, never none, or why not. It
// changes nothing. The dice stand at the state's next die (see State.Dice).
func Decide(s *State, by Actor, c Command, d Dice) ([]Event, *Refusal) {
	var draft Draft
	draft.Begin(s)
	return draft.Decide(by, c, d)
}

// Draft is a copy of a state on which commands are decided one after the other,
// each on what those before it left. Its memory is used again, so one draft that
// is kept spares the copies of many. The zero value awaits Begin. A Draft is not
// safe for concurrent use.
type Draft struct {
	state     State
	creatures []Creature
	table     table         // of the command being decided
	dice      *dice.Counter // of seed; nil before the first die
	seed      Seed
}

// Begin makes the draft a copy of s.
func (d *Draft) Begin(s *State) {
	d.creatures = append(d.creatures[:0], s.Creatures...)
	d.state = *s
	d.state.Creatures = d.creatures
}

// Dice gives the generator of the session, set to the next die. It is good for
// one Decide.
func (d *Draft) Dice() Dice {
	if d.dice == nil || d.seed != d.state.Seed {
		d.dice, d.seed = dice.NewCounter(d.state.Seed, 0), d.state.Seed
	}
	d.dice.Seek(d.state.Rolled)
	return d.dice
}

// Decide is [Decide] on the draft, which has changed by the events then. After a
// refusal it may have changed by some of them, and is good for nothing but Begin.
func (d *Draft) Decide(by Actor, c Command, from Dice) ([]Event, *Refusal) {
	t := &d.table
	// The memory for tasks is used again: what a window keeps of them is a copy.
	*t = table{State: &d.state, by: by, rules: editionOf(d.state.Ruleset), dice: from, next: d.state.Rolled, stack: t.stack[:0]}
	if t.Window != nil {
		if refusal := t.whileWaiting(c); refusal != nil {
			return nil, refusal
		}
	}
	if refusal := c.decide(t); refusal != nil {
		return nil, refusal
	}
	t.run()
	if t.broken == nil && len(t.events) > 0 {
		t.broken = t.settled()
	}
	if t.broken != nil || len(t.events) == 0 || len(t.events) > MaxEvents {
		// The rules contradict themselves; a test that sees this has found a
		// mistake in this package.
		return nil, refuse(CodeInternal, "The rules cannot tell what follows from this (%v).", t.broken)
	}
	return t.events, nil
}
