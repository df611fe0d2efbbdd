// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
)

// Readied is what a creature waits to do (Rules Glossary: Ready).
type Readied struct {
	Trigger readyTrigger `json:"trigger"`
	// Within is how near the enemy has to be, in feet; 0 is no limit.
	Within int    `json:"within,omitempty"`
	Action string `json:"action"`
	Level  int    `json:"level,omitempty"`
}

// readyTrigger is what a readied action waits for.
type readyTrigger string

// The triggers.
const (
	readyMove     readyTrigger = "enemy_moves"   // it has moved and is within so many feet
	readyNear     readyTrigger = "enemy_nears"   // it comes within so many feet, or within reach
	readyAttack   readyTrigger = "enemy_attacks" // its attack is over
	readyAlly     readyTrigger = "ally_hit"      // it has hit an ally
	readyMiss     readyTrigger = "enemy_misses"  // its attack missed
	readyCast     readyTrigger = "enemy_casts"
	readyBloodied readyTrigger = "enemy_bloodied"
)

var readyTriggers = []readyTrigger{readyMove, readyNear, readyAttack, readyAlly, readyMiss, readyCast, readyBloodied}

// Ready spends the action to act later, as a reaction: with an attack or a
// spell, against the enemy that gives the occasion, or with a move of up to
// the creature's Speed. A readied spell is cast now, with its slot, and held
// by concentration until then.
type Ready struct {
	Creature string       `json:"creature"`
	Trigger  readyTrigger `json:"trigger"`
	Within   int          `json:"within,omitempty"`
	// Action is the reference of an attack or of a spell, or "move".
	Action string `json:"action"`
	Level  int    `json:"level,omitempty"`
}

// Kind names the command.
func (Ready) Kind() string { return "ready" }

func (c Ready) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	if !slices.Contains(readyTriggers, c.Trigger) || c.Within < 0 || c.Within > MaxRange {
		return refuse(CodeMalformedCommand, "A readied action waits for one of %v, within 0 to %d feet.", readyTriggers, MaxRange)
	}
	price, refusal := t.spending(creature, "ready", false)
	if refusal != nil {
		return refusal
	}
	if id, isSpell := strings.CutPrefix(c.Action, refSpell); isSpell {
		return c.spell(t, creature, id, price)
	}
	if c.Action != refMove {
		d := t.deedOf(creature, c.Action, 0)
		if d == nil || d.act.Attack == nil || d.action == nil || d.action.Cost != content.CostAction {
			return refuse(CodeUnknownAttack, "%s has no attack %.40q.", creature.Name, c.Action)
		}
		if refusal := t.arm(creature, d, d.act.Attack.Kind == content.Ranged, &price); refusal != nil {
			return refusal
		}
		price.LeavesDraw = false // it is that of the attack to come
	}
	t.emit(Acted{Creature: creature.ID, Action: "ready", Name: "Ready", Price: price})
	t.emit(ReadySet{Creature: creature.ID, Ready: &Readied{Trigger: c.Trigger, Within: c.Within, Action: c.Action}})
	return nil
}

// spell readies a spell: it is cast now.
func (c Ready) spell(t *table, creature *Creature, id string, price Price) *Refusal {
	d, cost, refusal := t.castPrice(creature, id, c.Level)
	if refusal != nil {
		return refusal
	}
	if d.spell.CastingTime != content.CastAction || d.act.Target.Kind == content.TargetPoint {
		return refuse(CodeNotNow, "%s cannot be readied.", d.name)
	}
	if refusal := t.oneSpell(creature, d, &cost); refusal != nil {
		return refusal
	}
	if refusal := t.gestures(creature, d.spell); refusal != nil {
		return refusal
	}
	cost.Actions, cost.Extra = price.Actions, price.Extra
	if creature.Concentration != nil {
		t.endConcentration(creature, "it readies "+d.name)
	}
	t.emit(Acted{Creature: creature.ID, Action: "ready", Name: "Ready", Price: cost})
	t.casts(creature, d, cost.Slot, Task{Actor: creature.ID, Action: d.ref, Level: d.level, Trigger: c.Trigger, Amount: c.Within})
	return nil
}

// holdReady holds a spell that was cast to be let go later.
func (t *table) holdReady(c *Creature, d *deed, task *Task) {
	t.emit(ConcentrationBegun{Creature: c.ID, Concentration: Concentration{ID: t.Serial + 1, Spell: d.spell.ID, Name: d.name, Level: d.level}})
	t.emit(ReadySet{Creature: c.ID, Ready: &Readied{Trigger: task.Trigger, Within: task.Amount, Action: d.ref, Level: d.level}})
}

// awaited tells whether anybody waits for something.
func (t *table) awaited(trigger readyTrigger) bool {
	for i := range t.Creatures {
		if ready := t.Creatures[i].Ready; ready != nil && ready.Trigger == trigger {
			return true
		}
	}
	return false
}

// attacked notes for later to ask those who wait for an attack, for a hit on an
// ally, for a miss: they act when it is over.
func (t *table) attacked(attacker, target *Creature, hit bool) {
	outcome := readyMiss
	if hit {
		outcome = readyAlly
	}
	for _, trigger := range [...]readyTrigger{readyAttack, outcome} {
		if t.awaited(trigger) {
			t.push(Task{Do: stepReady, Actor: attacker.ID, Target: target.ID, Trigger: trigger})
		}
	}
}

// offerReady asks those who wait for what an enemy, the task's actor, just did.
func (t *table) offerReady(task *Task) {
	by, trigger := t.creature(task.Actor), task.Trigger
	var asks []Task
	for c := range t.afterTurn() {
		if c.Ready == nil || c.Ready.Trigger != trigger || !enemies(c, by) || !t.canReact(c) || !t.sees(c, by) || !t.present(by) {
			continue
		}
		switch target := t.creature(task.Target); trigger {
		case readyAlly:
			if target == nil || target == c || enemies(c, target) {
				continue
			}
		case readyNear:
			if target != c {
				continue
			}
		}
		if c.Ready.Within > 0 && distance(c, by) > c.Ready.Within || !t.readyReaches(c, by) {
			continue
		}
		option := optionReady
		if c.Ready.Action == refMove {
			option = refMove
		}
		asks = append(asks, Task{Do: stepAsk, Ask: &Window{
			Creature: c.ID, Kind: AskReady, By: by.ID, Options: []string{option}, Why: fmt.Sprintf("%s waited for %s.", c.Name, by.Name),
		}})
	}
	t.push(asks...)
}

// readyReaches tells whether what a creature readied can reach an enemy, and
// whether it still holds its spell.
func (t *table) readyReaches(c, by *Creature) bool {
	if c.Ready.Action == refMove {
		return t.mobile(c)
	}
	d := t.deedOf(c, c.Ready.Action, c.Ready.Level)
	if d == nil || d.spell != nil && (c.Concentration == nil || c.Concentration.Spell != d.spell.ID) {
		return false
	}
	_, refusal := t.readyTask(c, by, d)
	return refusal == nil
}

// readyReach is how near an enemy has to come to who waits for that, in feet.
func (t *table) readyReach(c *Creature) int {
	if c.Ready.Within > 0 {
		return c.Ready.Within
	}
	d := t.deedOf(c, c.Ready.Action, c.Ready.Level)
	switch {
	case d == nil:
		return 5
	case d.act.Attack != nil:
		return max(d.limit(), 5)
	default:
		return max(d.act.Target.Range, 5)
	}
}

// readyTask aims what was readied at who gave the occasion.
func (t *table) readyTask(c, by *Creature, d *deed) (Task, *Refusal) {
	if d.spell == nil {
		target, ranged, refusal := t.attackTarget(c, d, by.ID)
		if refusal != nil {
			return Task{}, refusal
		}
		if !t.wields(c, d.act.Attack) {
			return Task{}, refuse(CodeNotInHand, "%s is not ready in the hands of %s.", d.name, c.Name)
		}
		return Task{Do: stepStrike, Actor: c.ID, Target: target.ID, Action: d.ref, Ranged: ranged, Price: &Price{Reaction: true}}, nil
	}
	return t.aimed(c, d, aim{targets: []string{by.ID}, point: &by.Position})
}

// readiedMove aims the move that was readied where the answer says.
func (t *table) readiedMove(c *Creature, r *React) (Task, *Refusal) {
	walk, refusal := t.route(c, r.Path, r.Drag, t.speed(c))
	walk.How, walk.Action = WayExtra, refMove
	return walk, refusal
}

// release does what was readied.
func (t *table) release(c *Creature, w *Window, r *React) {
	if c.Ready == nil {
		return
	}
	readied := *c.Ready
	t.emit(ReadySet{Creature: c.ID})
	if readied.Action == refMove {
		if walk, refusal := t.readiedMove(c, r); refusal == nil {
			t.emit(Acted{Creature: c.ID, Action: refMove, Name: "Move", Price: Price{Reaction: true}})
			t.push(walk)
		}
		return
	}
	d := t.deedOf(c, readied.Action, readied.Level)
	by := t.creature(w.By)
	if d == nil || by == nil {
		return
	}
	task, refusal := t.readyTask(c, by, d)
	if refusal != nil {
		return
	}
	if d.spell == nil {
		t.push(task)
		return
	}
	t.endConcentration(c, "it lets the spell go")
	t.emit(Acted{Creature: c.ID, Action: d.ref, Name: d.name, Level: d.level, Targets: task.Targets, Point: task.Point, Price: Price{Reaction: true}})
	task.Do = stepCast
	t.push(task)
}

// ReadySet tells what a creature waits to do; without Ready it waits no more.
type ReadySet struct {
	Creature string   `json:"creature"`
	Ready    *Readied `json:"ready,omitempty"`
}

// Kind names the event.
func (ReadySet) Kind() string { return "ready_set" }

func (e ReadySet) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || e.Ready != nil && (c.Status != Standing || e.Ready.Within < 0 || e.Ready.Within > MaxRange || e.Ready.Level < 0 || e.Ready.Level > 9) {
		return fmt.Errorf("%.40q cannot wait so", e.Creature)
	}
	c.Ready = e.Ready
	return nil
}

func (e ReadySet) touch(t *touched) { t.creature(e.Creature) }

// What somebody waits for is known to who plays it, and to the game master.
func (e ReadySet) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		return nil
	}
	return e
}
