// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// lairCount is the count of initiative at which lairs act; they lose ties (SRD
// 5.1, Legendary Creatures: Lair Actions).
const lairCount = 20

// lairPlace is the place in the order before which lairs act: the first one
// below the count, the end of the order if there is none.
func (s *State) lairPlace() int {
	for place, placing := range s.Combat.Order {
		if placing.Count < lairCount {
			return place
		}
	}
	return len(s.Combat.Order)
}

// passesLair tells whether play comes by the place of the lairs on its way from
// the turn of one place to that of another, in the next round if it wraps.
func (s *State) passesLair(from, to int, wraps bool) bool {
	at := s.lairPlace()
	if wraps {
		return from < at || at <= to
	}
	return from < at && at <= to
}

// offerLair gives the questions to the creatures that are at home: which of
// their lair actions they take. None can be taken two rounds in a row, by nobody
// who is incapacitated or still surprised.
func (t *table) offerLair() []Task {
	if !t.rules.lairActs || !t.Options.Lair {
		return nil
	}
	var asks []Task
	for c := range t.afterTurn() {
		if !t.present(c) || t.incapacitated(c) || t.surprised(c) {
			continue
		}
		var options []string
		for i := range c.block.Actions {
			action := &c.block.Actions[i]
			switch {
			case action.Cost != content.CostLair:
			case c.used(action.ID) > 0:
				t.emit(Recharged{Creature: c.ID, Action: action.ID, Back: true})
			default:
				options = append(options, action.ID)
			}
		}
		if len(options) > 0 {
			asks = append(asks, Task{Do: stepAsk, Ask: &Window{
				Creature: c.ID, Kind: AskLair, Options: options, Why: fmt.Sprintf("Initiative count %d: the lair of %s.", lairCount, c.Name),
			}})
		}
	}
	return asks
}

// betweenTurns tells whether a turn is over and the next one has not begun.
func (t *table) betweenTurns() bool {
	return slices.ContainsFunc(t.stack, func(task Task) bool { return task.Do == stepNext })
}
