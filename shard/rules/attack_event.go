// SPDX-License-Identifier: Apache-2.0

package rules

import "fmt"

// Outcome is what an attack roll came to.
type Outcome string

// The outcomes of attack rolls.
const (
	Miss        Outcome = "miss"
	Hit         Outcome = "hit"
	CriticalHit Outcome = "critical"
)

// AttackRolled is one attack roll against an AC.
type AttackRolled struct {
	Attacker string  `json:"attacker"`
	Target   string  `json:"target"`
	Attack   string  `json:"attack"`
	Roll     D20Roll `json:"roll"`
	AC       int     `json:"ac"`
	Outcome  Outcome `json:"outcome"`
	// Cover is what of the AC is the bonus of cover.
	Cover int   `json:"cover,omitempty"`
	Price Price `json:"price,omitzero"`
}

// Kind names the event.
func (AttackRolled) Kind() string { return "attack_rolled" }

func (e AttackRolled) apply(s *State) error {
	attacker := s.creature(e.Attacker)
	if attacker == nil || s.creature(e.Target) == nil {
		return unknown(e.Target)
	}
	next := rollCheck{next: s.Rolled}
	if err := next.d20(&e.Roll); err != nil {
		return err
	}
	if !s.pay(attacker, &e.Price) {
		return fmt.Errorf("%q cannot pay %+v", e.Attacker, e.Price)
	}
	s.Rolled = next.next
	return nil
}

func (e AttackRolled) touch(t *touched) {
	t.combat()
	if e.Price.changesCreature() {
		t.creature(e.Attacker)
	}
}

// changesCreature tells whether a price is paid from what a creature has, not
// from its turn.
func (p *Price) changesCreature() bool {
	return p.Reaction || p.Legendary > 0 || p.Slot > 0 || p.Use != ""
}

// attackSeen is AttackRolled without the AC of a secret target and without
// the numbers of a secret attacker.
type attackSeen struct {
	Attacker string  `json:"attacker"`
	Target   string  `json:"target"`
	Attack   string  `json:"attack"`
	Roll     D20Roll `json:"roll,omitzero"`
	AC       int     `json:"ac,omitempty"`
	Cover    int     `json:"cover,omitempty"`
	Outcome  Outcome `json:"outcome"`
}

func (e AttackRolled) redact(s *State, v View) any {
	seen := attackSeen{Attacker: e.Attacker, Target: e.Target, Attack: e.Attack, Outcome: e.Outcome}
	if !s.secretID(v, e.Attacker) {
		seen.Roll = e.Roll
	}
	if !s.secretID(v, e.Target) {
		seen.AC, seen.Cover = e.AC, e.Cover
	}
	return seen
}

// AttackTurned tells that a reaction made a miss of a hit.
type AttackTurned struct {
	Attacker string `json:"attacker"`
	Target   string `json:"target"`
	// AC is what the target has now.
	AC int `json:"ac,omitempty"`
}

// Kind names the event.
func (AttackTurned) Kind() string { return "attack_turned" }

func (e AttackTurned) apply(s *State) error {
	if s.creature(e.Target) == nil {
		return unknown(e.Target)
	}
	return nil
}

func (AttackTurned) touch(*touched) {}

func (e AttackTurned) redact(s *State, v View) any {
	if s.secretID(v, e.Target) {
		e.AC = 0
	}
	return e
}

// Acted tells that a creature did something, and what it took of it.
type Acted struct {
	Creature string `json:"creature"`
	// Action is the reference or the name of what it did: an action, a spell,
	// a standard action.
	Action string `json:"action"`
	Name   string `json:"name"`
	// Level at which a spell is cast.
	Level   int      `json:"level,omitempty"`
	Targets []string `json:"targets,omitempty"`
	Point   *Point   `json:"point,omitempty"`
	// Zone that it is done to.
	Zone  int   `json:"zone,omitempty"`
	Price Price `json:"price,omitzero"`
	// Secret: others do not see it (the creature hides).
	Secret bool `json:"secret,omitempty"`
	// By names a game master whose override it is.
	By string `json:"by,omitempty"`
}

// Kind names the event.
func (Acted) Kind() string { return "acted" }

func (e Acted) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil {
		return unknown(e.Creature)
	}
	if !s.pay(c, &e.Price) {
		return fmt.Errorf("%q cannot pay %+v", e.Creature, e.Price)
	}
	return nil
}

func (e Acted) touch(t *touched) {
	t.combat()
	t.creature(e.Creature)
}

// actedSeen is Acted without what a secret creature has left.
type actedSeen struct {
	Creature string   `json:"creature"`
	Action   string   `json:"action"`
	Name     string   `json:"name"`
	Targets  []string `json:"targets,omitempty"`
	Point    *Point   `json:"point,omitempty"`
	Zone     int      `json:"zone,omitempty"`
	By       string   `json:"by,omitempty"`
}

func (e Acted) redact(s *State, v View) any {
	if !s.secretID(v, e.Creature) {
		return e
	}
	if e.Secret {
		return nil
	}
	return actedSeen{Creature: e.Creature, Action: e.Action, Name: e.Name, Targets: e.Targets, Point: e.Point, Zone: e.Zone, By: e.By}
}
