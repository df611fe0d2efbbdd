// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// Movement that is not a turn's: what was readied, and what is part of a legendary
// action. It takes nothing of the turn's movement, and enemies strike at who leaves
// their reach by it.

// movesUpTo is how far an activity lets its actor move, in feet.
func (t *table) movesUpTo(c *Creature, act *content.Activity) int {
	if act.MoveUpTo < 0 {
		return t.speed(c) / 2
	}
	return act.MoveUpTo
}

// feetLeft are the feet that a creature may still go on a way: as much as its Speed
// gives now.
func (t *table) feetLeft(c *Creature, task *Task) int {
	if task.How != WayExtra {
		return t.movementLeft(c)
	}
	if task.Action == refMove {
		return t.speed(c) - task.Walked
	}
	if d := t.deedOf(c, task.Action, 0); d != nil && t.mobile(c) {
		return t.movesUpTo(c, d.act) - task.Walked
	}
	return 0
}

// safeFeet are the next feet of a way that provoke nobody.
func (t *table) safeFeet(c *Creature, task *Task) int {
	if task.How != WayExtra {
		return t.Combat.Budget.Safe
	}
	if d := t.deedOf(c, task.Action, 0); task.Action != refMove && d != nil && d.act.Safe {
		return maxMovement
	}
	return 0
}

// movesThen gives what an action comes to that begins with a move: the way of the
// answer, and what is done where it ends. Either may be left out.
func (t *table) movesThen(c *Creature, d *deed, w *Window, r *React) ([]Task, *Refusal) {
	if len(r.Path) == 0 {
		task, refusal := t.aimedReaction(c, d, w, r)
		return []Task{task}, refusal
	}
	walk, refusal := t.route(c, r.Path, r.Drag, t.movesUpTo(c, d.act))
	if refusal != nil {
		return nil, refusal
	}
	walk.How, walk.Action = WayExtra, d.ref
	a := r.aim()
	if len(a.targets) == 0 && a.point == nil {
		return []Task{walk}, nil
	}
	there := *c
	there.Position = r.Path[len(r.Path)-1]
	_, refusal = t.aimedReaction(&there, d, w, r)
	return []Task{walk, {Do: stepArrived, Actor: c.ID, Action: d.ref, Targets: slices.Clone(a.targets), Point: a.point}}, refusal
}

// arrived does what an action does after its move, if that can be done from where
// the move ended.
func (t *table) arrived(task *Task) {
	c := t.creature(task.Actor)
	if c == nil || c.Status != Standing || t.incapacitated(c) {
		return
	}
	d := t.deedOf(c, task.Action, 0)
	if d == nil {
		return
	}
	if next, refusal := t.aimedReaction(c, d, &Window{}, &React{Targets: task.Targets, Point: task.Point}); refusal == nil {
		t.push(next)
	}
}

// noMove refuses a way where none belongs.
func noMove(c *Creature, what string, r *React) *Refusal {
	if len(r.Path) == 0 {
		return nil
	}
	return refuse(CodeInvalidPath, "%s does not move with %s: leave the path out.", c.Name, what)
}
