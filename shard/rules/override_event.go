// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
)

// IsOverride says whether an event is what a game master set right.
func IsOverride(e Event) bool {
	switch e := e.(type) {
	case HPSet:
		return e.By != ""
	case Revived:
		return e.By != ""
	case EffectAdded:
		return e.By != ""
	case EffectEnded:
		return e.By != ""
	case Moved:
		return e.How == WayPlaced
	case Granted:
		return e.By != "" // dashing is granted too
	case Revealed:
		return e.By != ""
	case TurnEnded:
		return e.Override
	case OrderSet:
		return true
	}
	return false
}

// OrderSet is the order of initiative as a game master wants it.
type OrderSet struct {
	Order []Placing `json:"order"`
	// Turn is the place of whose turn it is.
	Turn int    `json:"turn"`
	By   string `json:"by"`
}

// Kind names the event.
func (OrderSet) Kind() string { return "order_set" }

func (e OrderSet) apply(s *State) error {
	current := s.onTurn()
	if err := s.checkOrder(e.Order); err != nil {
		return err
	}
	if current == nil || e.Turn < 0 || e.Turn >= len(e.Order) || e.Order[e.Turn].Creature != current.ID {
		return fmt.Errorf("turn %d is not that of who is on turn", e.Turn)
	}
	s.Combat.Order, s.Combat.Turn = slices.Clone(e.Order), e.Turn
	return nil
}

func (OrderSet) touch(t *touched) { t.combat() }

func (e OrderSet) redact(*State, View) any { return e }
