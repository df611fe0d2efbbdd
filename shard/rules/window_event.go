// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"

	"gamesession.dev/operator/shard/rules/content"
)

// WindowOpened tells that play waits for an answer.
type WindowOpened struct {
	Window Window `json:"window"`
}

// Kind names the event.
func (WindowOpened) Kind() string { return "window_opened" }

func (e WindowOpened) apply(s *State) error {
	w := &e.Window
	switch {
	case s.Combat.Phase != Fighting:
		return errors.New("nobody is asked without a fight")
	case s.Window != nil:
		return fmt.Errorf("window %d is open already", s.Window.ID)
	case w.ID != s.Serial+1:
		return fmt.Errorf("window %d is not the next one, %d", w.ID, s.Serial+1)
	}
	if err := s.checkWindow(w); err != nil {
		return err
	}
	s.Serial++
	s.Window = w
	return nil
}

func (WindowOpened) touch(t *touched) { t.combat() }

// windowSeen is what everyone sees of a window: that play waits, and for whom
// if that is no secret.
type windowSeen struct {
	ID       int        `json:"id"`
	Creature string     `json:"creature,omitempty"`
	Kind     WindowKind `json:"kind,omitempty"`
	By       string     `json:"by,omitempty"`
	Ally     string     `json:"ally,omitempty"`
	Why      string     `json:"why,omitempty"`
	Options  []string   `json:"options,omitempty"`
	Seconds  int        `json:"seconds,omitempty"`
}

func (w *Window) seen(open bool) windowSeen {
	if !open {
		return windowSeen{ID: w.ID, Seconds: w.Seconds}
	}
	return windowSeen{ID: w.ID, Creature: w.Creature, Kind: w.Kind, By: w.By, Ally: w.Ally, Why: w.Why, Options: w.Options, Seconds: w.Seconds}
}

func (e WindowOpened) redact(s *State, v View) any {
	return struct {
		Window windowSeen `json:"window"`
	}{e.Window.seen(!s.secretID(v, e.Window.Creature))}
}

// WindowClosed tells the answer. Without one the creature does not react.
type WindowClosed struct {
	Window   int    `json:"window"`
	Creature string `json:"creature"`
	Answer   string `json:"answer,omitempty"`
	By       string `json:"by,omitempty"`
	// Lapsed: the wait was over and the default answer was given.
	Lapsed   bool `json:"lapsed,omitempty"`
	Override bool `json:"override,omitempty"`
}

// Kind names the event.
func (WindowClosed) Kind() string { return "window_closed" }

func (e WindowClosed) apply(s *State) error {
	if s.Window == nil || s.Window.ID != e.Window {
		return fmt.Errorf("window %d is not open", e.Window)
	}
	s.Window = nil
	return nil
}

func (WindowClosed) touch(t *touched) { t.combat() }

func (e WindowClosed) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		return WindowClosed{Window: e.Window, Lapsed: e.Lapsed}
	}
	return e
}

// checkWindow tells what in a window cannot be.
func (s *State) checkWindow(w *Window) error {
	if s.creature(w.Creature) == nil {
		return unknown(w.Creature)
	}
	if len(w.Options) == 0 || len(w.Options) > maxOptions || len(w.Tasks) > maxListed*4 || w.Seconds < 0 || w.Seconds > MaxSeconds {
		return fmt.Errorf("window %d is out of its bounds", w.ID)
	}
	p := &content.Problems{}
	if len(w.Why) > 300 {
		p.Addf("why", "is too long")
	}
	return p.Err()
}
