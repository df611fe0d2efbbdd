// SPDX-License-Identifier: Apache-2.0

package rules

import "fmt"

// Healed restores hit points.
type Healed struct {
	Target   string       `json:"target"`
	Amount   int          `json:"amount"`
	Rolls    []DamageRoll `json:"rolls,omitempty"`
	HPBefore int          `json:"hpBefore"`
	HPAfter  int          `json:"hpAfter"`
	Source   string       `json:"source"`
}

// Kind names the event.
func (Healed) Kind() string { return "healed" }

func (e Healed) apply(s *State) error {
	c := s.creature(e.Target)
	if c == nil || c.Status == Dead || c.HP != e.HPBefore || e.HPAfter < e.HPBefore || e.HPAfter > max(c.MaxHP(), e.HPBefore) {
		return fmt.Errorf("%.40q cannot be healed from %d to %d", e.Target, e.HPBefore, e.HPAfter)
	}
	if err := s.rolled(func(k *rollCheck) error { return k.damage(e.Rolls) }); err != nil {
		return err
	}
	c.raise(e.HPAfter)
	return nil
}

// raise sets hit points and brings back who lay at 0.
func (c *Creature) raise(hp int) {
	c.HP = hp
	if hp > 0 && c.Status == Unconscious {
		c.Status, c.Death = Standing, Death{}
	}
}

func (e Healed) touch(t *touched) {
	t.creature(e.Target)
	t.combat()
}

// healSeen is Healed without the numbers of a secret creature.
type healSeen struct {
	Target string `json:"target"`
	Source string `json:"source"`
	Health Health `json:"health"`
}

func (e Healed) redact(s *State, v View) any {
	if c := s.creature(e.Target); c == nil || c.secretTo(v) {
		seen := healSeen{Target: e.Target, Source: e.Source}
		if c != nil {
			seen.Health = healthOf(e.HPAfter, c.block.HP.Max)
		}
		return seen
	}
	return e
}

// TempHPGained gives temporary hit points: the better of both counts
// (Temporary Hit Points).
type TempHPGained struct {
	Target string       `json:"target"`
	Amount int          `json:"amount"`
	Rolls  []DamageRoll `json:"rolls,omitempty"`
	Source string       `json:"source"`
}

// Kind names the event.
func (TempHPGained) Kind() string { return "temp_hp_gained" }

func (e TempHPGained) apply(s *State) error {
	c := s.creature(e.Target)
	if c == nil || e.Amount < 0 || e.Amount > MaxHP {
		return fmt.Errorf("%.40q cannot gain %d temporary hit points", e.Target, e.Amount)
	}
	if err := s.rolled(func(k *rollCheck) error { return k.damage(e.Rolls) }); err != nil {
		return err
	}
	if c.Status != Dead {
		c.TempHP = max(c.TempHP, e.Amount)
	}
	return nil
}

func (e TempHPGained) touch(t *touched) { t.creature(e.Target) }

func (e TempHPGained) redact(s *State, v View) any {
	if s.secretID(v, e.Target) {
		return struct {
			Target string `json:"target"`
			Source string `json:"source"`
		}{e.Target, e.Source}
	}
	return e
}

// HPSet sets hit points: by something that is neither damage nor healing, or
// by a game master (By), which is an override.
type HPSet struct {
	Target string `json:"target"`
	Before int    `json:"before"`
	After  int    `json:"after"`
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
}

// Kind names the event.
func (HPSet) Kind() string { return "hp_set" }

func (e HPSet) apply(s *State) error {
	c := s.creature(e.Target)
	if c == nil || c.HP != e.Before || c.Status == Dead || e.After < 0 || e.After > c.MaxHP() {
		return fmt.Errorf("%.40q cannot have %d hit points", e.Target, e.After)
	}
	c.raise(e.After)
	return nil
}

func (e HPSet) touch(t *touched) {
	t.creature(e.Target)
	t.combat()
}

func (e HPSet) redact(s *State, v View) any {
	if s.secretID(v, e.Target) {
		return struct {
			Target string `json:"target"`
			Reason string `json:"reason"`
			By     string `json:"by,omitempty"`
		}{e.Target, e.Reason, e.By}
	}
	return e
}

// MaxDrained takes off a hit point maximum.
type MaxDrained struct {
	Target string `json:"target"`
	Amount int    `json:"amount"`
}

// Kind names the event.
func (MaxDrained) Kind() string { return "max_hp_drained" }

func (e MaxDrained) apply(s *State) error {
	c := s.creature(e.Target)
	if c == nil || e.Amount < 0 || e.Amount > MaxHP {
		return fmt.Errorf("%.40q cannot lose %d of its maximum", e.Target, e.Amount)
	}
	c.MaxLoss = min(c.MaxLoss+e.Amount, c.block.HP.Max)
	if most := c.MaxHP(); most > 0 {
		c.HP = min(c.HP, most)
	}
	return nil
}

func (e MaxDrained) touch(t *touched) { t.creature(e.Target) }

func (e MaxDrained) redact(s *State, v View) any {
	if s.secretID(v, e.Target) {
		return struct {
			Target string `json:"target"`
		}{e.Target}
	}
	return e
}
