// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"
	"strings"
)

// Window is a question to one creature in the middle of what happens: whether
// it reacts. Play waits for the answer, and at most so many seconds; then the
// default answer, not to react, is given for it (Playing the Game: Reactions).
type Window struct {
	ID       int    `json:"id"`
	Creature string `json:"creature"`
	// Kind is what it is asked for.
	Kind WindowKind `json:"kind"`
	// By is who gave the occasion, Ally the one it was done to, if that is
	// another than Creature; Why tells it in words.
	By   string `json:"by,omitempty"`
	Ally string `json:"ally,omitempty"`
	Why  string `json:"why"`
	// Options are the references of the actions it may take.
	Options []string `json:"options"`
	// Seconds that the answer may take; 0 is for ever.
	Seconds int `json:"seconds,omitempty"`
	// Tasks wait for the answer; the last one is next.
	Tasks []Task `json:"tasks,omitempty"`
}

// WindowKind is what a creature is asked for.
type WindowKind string

// The kinds of windows.
const (
	AskOpportunity WindowKind = "opportunity_attack"
	AskReaction    WindowKind = "reaction"
	AskReady       WindowKind = "ready"
	AskLegendary   WindowKind = "legendary_action"
	AskResistance  WindowKind = "legendary_resistance"
	AskLair        WindowKind = "lair_action"
)

const maxOptions = 40

// ask opens a window, unless there is nothing to ask any more or the orders of
// the creature say the answer. It tells whether play waits.
func (t *table) ask(w *Window) bool {
	c := t.creature(w.Creature)
	if c == nil || !t.answerable(c, w) || c.Orders == OrdersLeave {
		return false
	}
	orders := c.Orders
	if orders == "" && c.Controller == GameMaster {
		orders = OrdersTake
	}
	if w.Kind == AskOpportunity && orders == OrdersTake {
		t.react(c, w, w.Options[0], nil)
		return false
	}
	opened := *w
	opened.ID = t.Serial + 1
	opened.Seconds = t.Options.reaction()
	opened.Tasks = slices.Clone(t.stack)
	t.stack = nil
	t.emit(WindowOpened{Window: opened})
	return true
}

// answerable tells whether a creature can still answer: it can react, and the
// occasion is not gone.
func (t *table) answerable(c *Creature, w *Window) bool {
	if !t.present(c) || c.Status != Standing || len(w.Options) == 0 {
		return false
	}
	switch w.Kind {
	case AskResistance:
		return true
	case AskLegendary, AskLair:
		return !t.incapacitated(c)
	default:
		return t.canReact(c)
	}
}

// canReact tells whether a creature has its reaction and is able to take it.
func (t *table) canReact(c *Creature) bool {
	if c.ReactionSpent || c.Status != Standing || t.cannot(c, "reaction") {
		return false
	}
	return !t.surprised(c)
}

// surprised tells whether a creature is surprised and may not act (SRD 5.1,
// Surprise): until its first turn ends.
func (t *table) surprised(c *Creature) bool {
	return t.rules.surpriseLoses && c.Surprise && t.Combat.Round == 1 && !t.hadTurn(c)
}

// hadTurn tells whether a creature's turn of the round is over.
func (t *table) hadTurn(c *Creature) bool {
	for place, placing := range t.Combat.Order {
		if placing.Creature == c.ID {
			return place < t.Combat.Turn
		}
	}
	return false
}

// whileWaiting refuses what cannot be done while an answer is awaited.
func (t *table) whileWaiting(c Command) *Refusal {
	switch c.(type) {
	case React, Decline, Lapse, GiveOrders, SetHP, SetCondition, Place, EndCombat, Grant:
		return nil
	}
	w := t.Window
	if asked := t.creature(w.Creature); asked != nil && !asked.secret() {
		return refuse(CodeWaiting, "Play waits for %s: %s", asked.Name, w.Why).with("window", w.ID)
	}
	return refuse(CodeWaiting, "Play waits for the game master.").with("window", w.ID)
}

// React answers a window: it takes one of the options.
type React struct {
	Window int    `json:"window"`
	Option string `json:"option"`
	// Target, Targets and Point are wanted by some options; Level is that of
	// the spell slot.
	Target  string   `json:"target,omitempty"`
	Targets []string `json:"targets,omitempty"`
	Point   *Point   `json:"point,omitempty"`
	Level   int      `json:"level,omitempty"`
	// Path is the way of a move that was readied or is part of a legendary
	// action, Drag as in Move.
	Path []Point `json:"path,omitempty"`
	Drag bool    `json:"drag,omitempty"`
}

// Kind names the command.
func (React) Kind() string { return "react" }

func (r React) decide(t *table) *Refusal {
	w, c, refusal := t.asked(r.Window)
	if refusal != nil {
		return refusal
	}
	if !slices.Contains(w.Options, r.Option) {
		return refuse(CodeUnknownAction, "%s may answer with %s.", c.Name, strings.Join(w.Options, ", "))
	}
	if !t.answerable(c, w) {
		return refuse(CodeNotNow, "%s is not able to do that any more.", c.Name)
	}
	if refusal := t.mayReact(c, w, &r); refusal != nil {
		return refusal
	}
	t.emit(WindowClosed{Window: w.ID, Creature: c.ID, Answer: r.Option, By: t.by.Player})
	t.stack = slices.Clone(w.Tasks)
	t.react(c, w, r.Option, &r)
	return nil
}

// asked gives the open window, if the caller may answer it.
func (t *table) asked(id int) (*Window, *Creature, *Refusal) {
	w := t.Window
	if w == nil || w.ID != id {
		return nil, nil, refuse(CodeNoWindow, "Nothing is asked any more: that moment has passed.")
	}
	c := t.creature(w.Creature)
	if !t.controls(c) && t.by.Role != RoleGM {
		return nil, nil, refuse(CodeNotYourCreature, "%s is not yours to answer for.", c.Name)
	}
	return w, c, nil
}

// Decline answers a window: the creature does not react.
type Decline struct {
	Window int `json:"window"`
}

// Kind names the command.
func (Decline) Kind() string { return "decline" }

func (d Decline) decide(t *table) *Refusal {
	w, c, refusal := t.asked(d.Window)
	if refusal != nil {
		return refusal
	}
	t.emit(WindowClosed{Window: w.ID, Creature: c.ID, By: t.by.Player, Override: !t.controls(c)})
	t.stack = slices.Clone(w.Tasks)
	return nil
}

// Lapse is what the session gives when a wait is over, see Deadline: the
// window is answered with no, or the turn ended.
type Lapse struct {
	Deadline Deadline `json:"deadline"`
}

// Kind names the command.
func (Lapse) Kind() string { return "lapse" }

func (l Lapse) decide(t *table) *Refusal {
	deadline, waiting := t.Deadline()
	if t.by.Role != RoleTable || !waiting || deadline != l.Deadline {
		return refuse(CodeNoWindow, "Nothing waits for that any more.")
	}
	if w := t.Window; w != nil {
		t.emit(WindowClosed{Window: w.ID, Creature: w.Creature, Lapsed: true})
		t.stack = slices.Clone(w.Tasks)
		return nil
	}
	current := t.onTurn()
	t.emit(TurnEnded{Creature: current.ID, Lapsed: true})
	t.push(Task{Do: stepEndTurn, Actor: current.ID})
	return nil
}

// Deadline is what play waits for and how long at most, in the table's own
// time. Two are equal while play waits for the same.
type Deadline struct {
	// Window waits for an answer; 0 is the turn that Fight, Round and Turn name.
	Window  int `json:"window,omitempty"`
	Fight   int `json:"fight"`
	Round   int `json:"round"`
	Turn    int `json:"turn"`
	Seconds int `json:"seconds"`
}

// Deadline tells what play waits for; false if it waits for nothing, or for
// ever.
func (s *State) Deadline() (Deadline, bool) {
	d := Deadline{Fight: s.Combat.Fight, Round: s.Combat.Round, Turn: s.Combat.Turn, Seconds: s.Options.turn()}
	if w := s.Window; w != nil {
		d.Window, d.Seconds = w.ID, w.Seconds
	} else if s.Combat.Phase != Fighting {
		return Deadline{}, false
	}
	return d, d.Seconds > 0
}
