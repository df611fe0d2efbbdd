// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
)

// Task is a step that is still to be taken. What a command leads to is a stack
// of them, so that play can stop at any of them to ask somebody: the rest then
// waits in the state, as data.
type Task struct {
	Do Step `json:"do"`
	// Actor does it, with the action or spell named, to the targets.
	Actor  string `json:"actor,omitempty"`
	Target string `json:"target,omitempty"`
	// Action is the reference of an action, see deedOf.
	Action string `json:"action,omitempty"`
	// Level at which a spell is cast.
	Level   int      `json:"level,omitempty"`
	Targets []string `json:"targets,omitempty"`
	// Spared are creatures that the actor leaves out of an area.
	Spared []string `json:"spared,omitempty"`
	Point  *Point   `json:"point,omitempty"`
	Path   []Point  `json:"path,omitempty"`
	How    Way      `json:"how,omitempty"`
	// Roll and the rest are how far an attack or a save has come.
	Natural int          `json:"natural,omitempty"`
	Total   int          `json:"total,omitempty"`
	AC      int          `json:"ac,omitempty"`
	Hit     bool         `json:"hit,omitempty"`
	Crit    bool         `json:"crit,omitempty"`
	Swayed  int          `json:"swayed,omitempty"`
	Ranged  bool         `json:"ranged,omitempty"`
	Off     bool         `json:"off,omitempty"`
	Knocks  bool         `json:"knocks,omitempty"`
	Success bool         `json:"success,omitempty"`
	Saved   bool         `json:"saved,omitempty"`
	FailBy  int          `json:"failBy,omitempty"`
	Halved  string       `json:"halved,omitempty"`
	Rolls   []DamageRoll `json:"rolls,omitempty"`
	Cover   int          `json:"cover,omitempty"`
	Effect  int          `json:"effect,omitempty"`
	Zone    int          `json:"zone,omitempty"`
	Hold    int          `json:"hold,omitempty"`
	Amount  int          `json:"amount,omitempty"`
	// Walked are the feet gone already of a move that is not the turn's.
	Walked int `json:"walked,omitempty"`
	// Altitude is the height that a creature flies to.
	Altitude int          `json:"altitude,omitempty"`
	Trigger  readyTrigger `json:"trigger,omitempty"`
	Price    *Price       `json:"price,omitempty"`
	Ask      *Window      `json:"ask,omitempty"`
}

// Step is what a task does.
type Step string

// The steps.
const (
	stepAsk      Step = "ask"       // open a window
	stepWalk     Step = "walk"      // go on along a path
	stepStrike   Step = "strike"    // roll an attack
	stepLand     Step = "land"      // let an attack hit or miss, after reactions
	stepCast     Step = "cast"      // let a spell take effect, after reactions
	stepDo       Step = "do"        // resolve an activity
	stepTarget   Step = "target"    // resolve it for one target
	stepOutcome  Step = "outcome"   // after the save of a target
	stepRepeat   Step = "repeat"    // repeat the save against an effect
	stepRepeated Step = "repeated"  // after it
	stepRecur    Step = "recur"     // let an effect recur
	stepRecurred Step = "recurred"  // after its save
	stepZone     Step = "zone"      // let a zone strike
	stepZoned    Step = "zoned"     // after its save
	stepTrait    Step = "trait"     // let a trait act
	stepEndTurn  Step = "end_turn"  // the end of a turn begins
	stepTurnOver Step = "turn_over" // durations that end with it
	stepNext     Step = "next"      // find whose turn is next
	stepBegin    Step = "begin"     // what happens at the start of a turn
	stepDeath    Step = "death"     // a death saving throw
	stepSplit    Step = "split"     // make two of a creature
	stepSettle   Step = "settle"    // end what lasted for one attack only
	stepReady    Step = "ready"     // ask who waits for what Actor did
	stepSeize    Step = "seize"     // a grapple or a shove, after the save
	stepKeep     Step = "keep"      // a concentration, after the save
	stepNegated  Step = "negated"   // a spell that another one is to stop, after the save
	stepHolds    Step = "holds"     // does anything hang on a concentration?
	stepFly      Step = "fly"       // change the height
	stepArrived  Step = "arrived"   // do what follows a move, from where it ended
)

// maxTasks bounds the work of one command.
const maxTasks = 2000

// push puts tasks on the stack, so that the first one is done first.
func (t *table) push(list ...Task) {
	for _, task := range slices.Backward(list) {
		t.stack = append(t.stack, task)
	}
}

// run takes steps until nothing is left to do, play waits for an answer, or
// the fight is over.
func (t *table) run() {
	for range maxTasks {
		if t.Combat.Phase != Fighting {
			t.stack = t.stack[:0]
		}
		t.gravity()
		if len(t.stack) == 0 {
			t.skip()
		}
		if t.broken != nil || len(t.stack) == 0 {
			return
		}
		task := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		if task.Do == stepAsk {
			if t.ask(task.Ask) {
				return
			}
			continue
		}
		t.step(&task)
	}
	t.broken = fmt.Errorf("more than %d steps", maxTasks)
}

// skip ends the turn of who cannot take it: nobody has to wait for the dead
// and the dying.
func (t *table) skip() {
	if c := t.onTurn(); c != nil && c.Status != Standing && t.Window == nil {
		t.emit(TurnEnded{Creature: c.ID})
		t.push(Task{Do: stepEndTurn, Actor: c.ID})
	}
}

// step takes one step.
func (t *table) step(task *Task) {
	switch task.Do {
	case stepWalk:
		t.walk(task)
	case stepStrike:
		t.strike(task)
	case stepLand:
		t.land(task)
	case stepCast:
		t.takeEffect(task)
	case stepDo:
		t.perform(task)
	case stepTarget:
		t.affect(task)
	case stepOutcome:
		t.outcome(task)
	case stepRepeat:
		t.repeatSave(task)
	case stepRepeated:
		t.savedAgain(task)
	case stepRecur:
		t.recur(task)
	case stepRecurred:
		t.recurred(task)
	case stepZone:
		t.zoneStrikes(task)
	case stepZoned:
		t.zoneStruck(task)
	case stepTrait:
		t.traitActs(task)
	case stepEndTurn:
		t.endOfTurn(task)
	case stepTurnOver:
		t.turnOver(task)
	case stepNext:
		t.nextTurn(task)
	case stepBegin:
		t.beginTurn(task)
	case stepDeath:
		t.deathSave(task)
	case stepSplit:
		t.split(task)
	case stepSettle:
		t.settle()
	case stepReady:
		t.offerReady(task)
	case stepSeize:
		t.seized(task)
	case stepKeep:
		t.keeps(task)
	case stepNegated:
		t.negated(task)
	case stepHolds:
		t.dropHold(task.Hold)
	case stepFly:
		t.fly(task)
	case stepArrived:
		t.arrived(task)
	default:
		t.broken = fmt.Errorf("unknown step %.40q", string(task.Do))
	}
}

// References of actions: the id of an action of the stat block; a spell; an
// action that an effect grants; a trait; what everybody can do to another; a move
// that was readied.
const (
	refSpell = "spell:"
	refGrant = "grant:"
	refTrait = "trait:"

	refGrapple = "grapple"
	refShove   = "shove"
	refTopple  = "topple" // knock prone
	refMove    = "move"
)
