// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// EffectAdded puts an effect on a creature.
type EffectAdded struct {
	Target string `json:"target"`
	Effect Effect `json:"effect"`
	// By names the game master who did it, if one did (an override).
	By string `json:"by,omitempty"`
}

// Kind names the event.
func (EffectAdded) Kind() string { return "effect_added" }

func (e EffectAdded) apply(s *State) error {
	c := s.creature(e.Target)
	switch {
	case c == nil:
		return unknown(e.Target)
	case e.Effect.ID != s.Serial+1:
		return fmt.Errorf("effect %d is not the next one, %d", e.Effect.ID, s.Serial+1)
	case len(c.Effects) >= maxListed:
		return fmt.Errorf("%q has %d effects already", e.Target, len(c.Effects))
	}
	if err := s.checkEffect(&e.Effect); err != nil {
		return err
	}
	s.Serial++
	if e.Effect.lasts() {
		c.Effects = append(slices.Clone(c.Effects), e.Effect)
	}
	c.Exhaustion = min(max(c.Exhaustion+e.Effect.Body.Exhaustion, 0), len(srd521.exhaustion)-1)
	c.HP = min(c.HP, max(c.MaxHP(), min(c.HP, 1)))
	return nil
}

func (e EffectAdded) touch(t *touched) {
	t.creature(e.Target)
	t.combat()
}

// effectSeen is what everyone sees of an effect.
type effectSeen struct {
	ID         int           `json:"id"`
	Name       string        `json:"name"`
	Source     string        `json:"source,omitempty"`
	Conditions []ConditionID `json:"conditions,omitempty"`
}

func (e EffectAdded) redact(s *State, v View) any {
	if s.secretID(v, e.Effect.Source) {
		return struct {
			Target string     `json:"target"`
			Effect effectSeen `json:"effect"`
			By     string     `json:"by,omitempty"`
		}{e.Target, seenEffect(&e.Effect), e.By}
	}
	return e
}

func seenEffect(e *Effect) effectSeen {
	return effectSeen{ID: e.ID, Name: e.Name, Source: e.Source, Conditions: e.Body.Conditions}
}

// EffectChanged counts a save against an effect, or a turn towards its end.
type EffectChanged struct {
	Target    string `json:"target"`
	Effect    int    `json:"effect"`
	Successes int    `json:"successes,omitempty"`
	Failures  int    `json:"failures,omitempty"`
	Turns     int    `json:"turns,omitempty"`
}

// Kind names the event.
func (EffectChanged) Kind() string { return "effect_changed" }

func (e EffectChanged) apply(s *State) error {
	c, effect, err := s.effectOf(e.Target, e.Effect)
	if err != nil {
		return err
	}
	if e.Successes < 0 || e.Failures < 0 || e.Turns < 0 || e.Successes > 10 || e.Failures > 10 || e.Turns > maxCount {
		return fmt.Errorf("effect %d cannot count so", e.Effect)
	}
	changed := *effect
	changed.Successes, changed.Failures = e.Successes, e.Failures
	if changed.Until != nil {
		until := *changed.Until
		until.Turns = e.Turns
		changed.Until = &until
	}
	c.Effects = slices.Clone(c.Effects)
	*c.effect(e.Effect) = changed
	return nil
}

func (e EffectChanged) touch(t *touched) { t.creature(e.Target) }

// A count towards the end of an effect is nobody's business but the table's
// clock keeper's.
func (EffectChanged) redact(*State, View) any { return nil }

// EffectEnded takes an effect off a creature.
type EffectEnded struct {
	Target string `json:"target"`
	Effect int    `json:"effect"`
	Name   string `json:"name"`
	// Reason says why, in words.
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
}

// Kind names the event.
func (EffectEnded) Kind() string { return "effect_ended" }

func (e EffectEnded) apply(s *State) error {
	c, _, err := s.effectOf(e.Target, e.Effect)
	if err != nil {
		return err
	}
	c.Effects = slices.DeleteFunc(slices.Clone(c.Effects), func(x Effect) bool { return x.ID == e.Effect })
	c.HP = min(c.HP, max(c.MaxHP(), min(c.HP, 1)))
	return nil
}

func (e EffectEnded) touch(t *touched) {
	t.creature(e.Target)
	t.combat()
}

func (e EffectEnded) redact(*State, View) any { return e }

// effectOf finds a creature and its effect.
func (s *State) effectOf(id string, effect int) (*Creature, *Effect, error) {
	c := s.creature(id)
	if c == nil {
		return nil, nil, unknown(id)
	}
	found := c.effect(effect)
	if found == nil {
		return nil, nil, fmt.Errorf("%q has no effect %d", id, effect)
	}
	return c, found, nil
}

func unknown(id string) error { return fmt.Errorf("there is no creature %.40q", id) }

// checkEffect tells what in an effect cannot be.
func (s *State) checkEffect(e *Effect) error {
	p := &content.Problems{}
	p.Name("name", e.Name)
	p.Between("dc", e.DC, 0, MaxDC)
	p.Between("attack", e.Attack, -MaxDC, MaxDC)
	p.Between("level", e.Level, 0, 9)
	if e.Until != nil {
		p.Between("until.turns", e.Until.Turns, 0, maxCount)
		p.OneOf("until.at", string(e.Until.At), string(content.OnTurnStart), string(content.OnTurnEnd))
	}
	e.Body.Validate(p, "body")
	return p.Err()
}
