// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// walk goes on along a path, up to where somebody reacts: just before a step
// that leaves an enemy's reach, and after one that enters a zone.
func (t *table) walk(task *Task) {
	c := t.creature(task.Actor)
	from := c.Position
	moved := Moved{Creature: c.ID, From: from, How: task.How, Unseen: c.Hiding > 0}
	walker := t.walker(c, task.Success)
	at := from
	left, safe := t.feetLeft(c, task), t.safeFeet(c, task)
	for i, to := range task.Path {
		cost, refusal := t.stepCost(c, walker, at, to, task.Success)
		if refusal != nil || c.Status != Standing || moved.Cost+cost > left || t.approaches(c, at, to) != nil {
			break // something on the way ended the move
		}
		// Who was asked about this step is not asked again: Amount counts.
		if asks := t.provoked(c, c.spaceAt(at), c.spaceAt(to), task, safe >= moved.Cost+cost); len(asks) > 0 {
			rest := *task
			rest.Path = task.Path[i:]
			rest.Amount, rest.Walked = 1, task.Walked+moved.Cost
			t.push(append(asks, rest)...)
			t.finishWalk(c, &moved, task)
			return
		}
		task.Amount = 0
		moved.Path = append(moved.Path, to)
		moved.Cost += cost
		stops := t.crossed(c, at, to)
		stops = append(stops, t.comesNear(c, c.spaceAt(at), c.spaceAt(to))...)
		if at = to; len(stops) > 0 {
			rest := *task
			rest.Path = task.Path[i+1:]
			rest.Walked = task.Walked + moved.Cost
			if len(rest.Path) == 0 {
				rest = Task{Do: stepReady, Actor: c.ID, Trigger: readyMove}
			}
			t.push(append(stops, rest)...)
			t.finishWalk(c, &moved, task)
			return
		}
	}
	t.finishWalk(c, &moved, task)
	if len(moved.Path) > 0 {
		t.offerReady(&Task{Actor: c.ID, Trigger: readyMove})
	}
}

// finishWalk tells what was walked so far. Who is dragged comes along.
func (t *table) finishWalk(c *Creature, moved *Moved, task *Task) {
	if len(moved.Path) == 0 {
		return
	}
	t.emit(*moved)
	t.carry(c, moved.From)
	t.endOn(c, content.EndOnMove, "it moved")
	if task.Success {
		for _, held := range t.heldBy(c) {
			t.drag(c, held, moved)
		}
	}
	t.checkGrips(c)
}

// drag takes a grappled creature along: into the squares its grappler left.
func (t *table) drag(c, held *Creature, moved *Moved) {
	trail := append([]Point{moved.From}, moved.Path[:len(moved.Path)-1]...)
	for _, to := range slices.Backward(trail) {
		space := held.spaceAt(to)
		if grid.Distance(space, c.space()) <= 5 && !space.Overlaps(c.space()) && t.ground.Fits(space) && !t.crowded(held, space) {
			if from := held.Position; to != from {
				t.emit(Moved{Creature: held.ID, From: from, Path: []Point{to}, How: WayDragged})
				t.push(t.crossed(held, from, to)...)
			}
			return
		}
	}
}

// provoked gives the questions to the enemies whose reach a step leaves
// (Opportunity Attacks), unless it is safe. Task.Amount above 0 says that they were
// asked.
func (t *table) provoked(c *Creature, from, to grid.Space, task *Task, safe bool) []Task {
	if safe || task.Amount > 0 || task.How != "" && task.How != WayExtra || t.Combat.Budget.Disengaged && t.onTurn() == c || t.modified(c, content.KindNoProvoke) {
		return nil
	}
	var asks []Task
	for i := range t.Creatures {
		enemy := &t.Creatures[i]
		if !enemies(c, enemy) || enemy.Status != Standing || task.Success && t.grapples(c, enemy) { // who is dragged comes along
			continue
		}
		before, after := grid.Distance(enemy.space(), from), grid.Distance(enemy.space(), to)
		if after <= before || before > MaxReach || !t.canReact(enemy) {
			continue
		}
		options := t.meleeOptions(enemy, before, after)
		if len(options) == 0 || !t.sees(enemy, c) || t.charmedBy(enemy, c) || t.cannot(enemy, "attack") {
			continue
		}
		asks = append(asks, Task{Do: stepAsk, Ask: &Window{
			Creature: enemy.ID, Kind: AskOpportunity, By: c.ID, Options: options, Why: fmt.Sprintf("%s leaves the reach of %s.", c.Name, enemy.Name),
		}})
	}
	return asks
}

// meleeOptions lists the melee attacks whose reach a creature leaves.
func (t *table) meleeOptions(c *Creature, before, after int) []string {
	var options []string
	for i := range c.block.Actions {
		action := &c.block.Actions[i]
		a := action.Attack
		if a == nil || a.Kind != content.Melee || a.Spell || action.Cost != content.CostAction || a.Reach < before || a.Reach >= after {
			continue
		}
		if d := t.deedOf(c, action.ID, 0); t.usable(c, d) == nil && t.wields(c, a) {
			options = append(options, action.ID)
		}
	}
	return options
}
