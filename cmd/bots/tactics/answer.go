// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"slices"

	"gamesession.dev/operator/shard/rules"
)

// readied is the option of a window to make a move that was readied.
const readied = "move"

// Answer answers a question: yes, with the first thing that can be done, but
// for legendary actions, which want a target in reach.
func Answer(b *Board, w *Window) rules.Command {
	no := rules.Decline{Window: w.ID}
	me := b.find(w.Creature)
	switch {
	case me == nil || len(w.Options) == 0:
		return no
	case w.Kind == rules.AskReady && w.Options[0] == readied:
		free := b.within(me.Speed)
		if path := free.affordable(me, free.pathToAttack(me)); len(path) > 0 {
			return rules.React{Window: w.ID, Option: readied, Path: path}
		}
		return no
	case w.Kind != rules.AskLegendary && w.Kind != rules.AskLair:
		return rules.React{Window: w.ID, Option: w.Options[0]}
	}
	for _, option := range w.Options {
		at := slices.IndexFunc(me.Actions, func(a Action) bool { return a.ID == option })
		if at < 0 || me.Actions[at].Target != "creature" {
			continue
		}
		if target, path := b.reach(me, &me.Actions[at]); target != nil {
			return rules.React{Window: w.ID, Option: option, Target: target.ID, Path: path}
		}
	}
	return no
}

// reach finds a target of an action, and the way to where it can be reached, if
// the action allows a move and it is needed.
func (b *Board) reach(me *Creature, a *Action) (*Creature, []rules.Point) {
	if !a.Attack {
		return b.nearest(me, max(a.Range, 5), false), nil
	}
	striker := *me
	striker.Attacks = []rules.Attack{{ID: a.ID, Kind: rules.Melee, Reach: max(a.Reach, 5)}}
	feet := a.MoveUpTo
	if feet < 0 {
		feet = me.Speed / 2
	}
	free := b.within(feet)
	if target, _ := free.attackFrom(&striker, me.Position, true); target != nil || feet == 0 {
		return target, nil
	}
	path := free.pathToAttack(&striker)
	if n := len(path); n == 0 || len(free.affordable(&striker, path)) < n {
		return nil, nil
	}
	target, _ := free.attackFrom(&striker, path[len(path)-1], true)
	return target, path
}

// within is the board to who may go so many feet and strike, whoever's turn it is.
func (b *Board) within(feet int) *Board {
	free := *b
	free.Action, free.Movement = true, feet
	return &free
}
