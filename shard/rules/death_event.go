// SPDX-License-Identifier: Apache-2.0

package rules

import "fmt"

// CreatureFell tells that a creature dropped to 0 hit points or died.
type CreatureFell struct {
	Creature string `json:"creature"`
	// Status is unconscious or dead.
	Status Status `json:"status"`
	Stable bool   `json:"stable,omitempty"`
}

// Kind names the event.
func (CreatureFell) Kind() string { return "creature_fell" }

func (e CreatureFell) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Status == Dead || c.HP != 0 && e.Status != Dead {
		return fmt.Errorf("%.40q cannot fall", e.Creature)
	}
	switch e.Status {
	case Unconscious:
		if c.Status != Standing {
			return fmt.Errorf("%q lies already", e.Creature)
		}
		c.Death = Death{Stable: e.Stable}
	case Dead:
		c.HP, c.TempHP = 0, 0
		c.Death = Death{Round: s.Combat.Round}
	default:
		return fmt.Errorf("nobody falls %.40q", string(e.Status))
	}
	c.Status = e.Status
	c.Hiding, c.Ready = 0, nil
	return nil
}

func (e CreatureFell) touch(t *touched) {
	t.creature(e.Creature)
	t.combat()
}

func (e CreatureFell) redact(*State, View) any { return e }

// DeathCounted tells how far a dying character is.
type DeathCounted struct {
	Creature string `json:"creature"`
	Death    Death  `json:"death"`
}

// Kind names the event.
func (DeathCounted) Kind() string { return "death_counted" }

func (e DeathCounted) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Status != Unconscious || !e.Death.valid() {
		return fmt.Errorf("%.40q is not dying", e.Creature)
	}
	c.Death = e.Death
	return nil
}

func (d Death) valid() bool {
	return d.Successes >= 0 && d.Successes <= 3 && d.Failures >= 0 && d.Failures <= 3 && d.Round >= 0 && d.Round <= maxCount
}

func (e DeathCounted) touch(t *touched) { t.creature(e.Creature) }

func (e DeathCounted) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		return nil
	}
	return e
}

// Revived brings back a dead creature.
type Revived struct {
	Creature string `json:"creature"`
	HP       int    `json:"hp"`
	By       string `json:"by,omitempty"`
}

// Kind names the event.
func (Revived) Kind() string { return "revived" }

func (e Revived) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Status != Dead || e.HP < 1 || e.HP > c.MaxHP() || !s.ground.Fits(c.space()) {
		return fmt.Errorf("%.40q cannot be revived", e.Creature)
	}
	c.Status, c.HP, c.Death = Standing, e.HP, Death{}
	return nil
}

func (e Revived) touch(t *touched) {
	t.creature(e.Creature)
	t.combat()
}

func (e Revived) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		e.HP = 0
	}
	return e
}
