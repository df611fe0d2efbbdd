// SPDX-License-Identifier: Apache-2.0

package rules

import "fmt"

// MakeAttack spends the action on one attack.
type MakeAttack struct {
	Attacker string `json:"attacker"`
	Target   string `json:"target"`
	// Attack is the id of one of the attacker's attacks.
	Attack string `json:"attack"`
}

// Kind names the command.
func (MakeAttack) Kind() string { return "attack" }

func decodeMakeAttack(raw []byte) (Command, error) {
	var read struct {
		Type string `json:"type"`
		MakeAttack
	}
	err := strict(raw, &read)
	return read.MakeAttack, err
}

func (c MakeAttack) decide(t *table) ([]Event, *Refusal) {
	attacker, refusal := t.actorWithAction(c.Attacker)
	if refusal != nil {
		return nil, refusal
	}
	attack := attacker.Sheet.attack(c.Attack)
	if attack == nil {
		return nil, refuse(CodeUnknownAttack, "%s has no attack %.40q.", attacker.Sheet.Name, c.Attack)
	}
	target, refusal := t.target(attacker, attack, c.Target)
	if refusal != nil {
		return nil, refusal
	}
	rolled := t.attackRoll(attacker, target, attack)
	if rolled.Outcome == Miss {
		return []Event{rolled}, nil
	}
	dealt := t.dealDamage(attacker, target, attack, rolled.Outcome == CriticalHit)
	return append([]Event{rolled, dealt}, t.consequences(target, dealt)...), nil
}

// target finds who is attacked, if it can be (Making an Attack; Range; Reach).
func (t *table) target(attacker *Creature, attack *Attack, id string) (*Creature, *Refusal) {
	target := t.creature(id)
	switch {
	case target == nil:
		return nil, refuse(CodeUnknownCreature, "There is no creature %.40q.", id)
	case target == attacker:
		return nil, refuse(CodeInvalidTarget, "%s cannot attack itself.", attacker.Sheet.Name)
	case target.Status != Standing:
		return nil, refuse(CodeTargetDown, "%s is %s.", target.Sheet.Name, target.Status)
	}
	away, limit := distance(attacker.Position, target.Position), attack.limit()
	if away > limit {
		return nil, refuse(CodeOutOfRange, "%s is %d feet away; %s carries %d.", target.Sheet.Name, away, attack.Name, limit).
			with("distance", away).with("limit", limit)
	}
	return target, nil
}

// attackRoll rolls against the target's AC. A natural 20 hits and is a
// critical hit, a natural 1 misses, whatever the total (Attack Rolls:
// Rolling 20 or 1).
func (t *table) attackRoll(attacker, target *Creature, attack *Attack) AttackRolled {
	disadvantage := t.attackDisadvantage(attacker, target, attack)
	roll := t.d20(nil, disadvantage, Modifier{Source: attack.Name, Value: attack.AttackBonus})
	event := AttackRolled{
		Attacker: attacker.Sheet.ID, Target: target.Sheet.ID, Attack: attack.ID,
		Roll: roll, AC: target.Sheet.AC, Outcome: Miss,
	}
	switch {
	case roll.Natural == 20:
		event.Outcome = CriticalHit
	case roll.Natural != 1 && roll.Total >= target.Sheet.AC:
		event.Outcome = Hit
	}
	return event
}

// Sources of disadvantage on an attack roll.
const (
	sourceDodge      = "Dodge"
	sourceCloseEnemy = "Enemy within 5 feet"
	sourceLongRange  = "Long range"
)

// attackDisadvantage lists why an attack has disadvantage (Rules Glossary:
// Dodge; Ranged Attacks in Close Combat; Range).
func (t *table) attackDisadvantage(attacker, target *Creature, attack *Attack) []string {
	var sources []string
	if target.dodges() {
		sources = append(sources, sourceDodge)
	}
	if attack.Kind == Ranged {
		if t.enemyBeside(attacker) {
			sources = append(sources, sourceCloseEnemy)
		}
		if distance(attacker.Position, target.Position) > attack.Range {
			sources = append(sources, sourceLongRange)
		}
	}
	return sources
}

// enemyBeside tells whether an enemy that is not incapacitated is within 5 feet.
func (s *State) enemyBeside(c *Creature) bool {
	for i := range s.Creatures {
		other := &s.Creatures[i]
		if other.Sheet.Side != c.Sheet.Side && other.Status == Standing && distance(other.Position, c.Position) <= 5 {
			return true
		}
	}
	return false
}

// attack finds an attack of the sheet by id; nil if there is none.
func (c *Combatant) attack(id string) *Attack {
	for i := range c.Attacks {
		if c.Attacks[i].ID == id {
			return &c.Attacks[i]
		}
	}
	return nil
}

// limit is how far an attack carries, in feet.
func (a *Attack) limit() int {
	if a.Kind == Melee {
		return a.Reach
	}
	return max(a.Range, a.LongRange)
}

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
}

// Kind names the event.
func (AttackRolled) Kind() string { return "attack_rolled" }

func decodeAttackRolled(raw []byte) (Event, error) {
	var read struct {
		Type string `json:"type"`
		AttackRolled
	}
	err := strict(raw, &read)
	return read.AttackRolled, err
}

func (e AttackRolled) apply(s *State) error {
	if s.creature(e.Target) == nil {
		return fmt.Errorf("there is no creature %.40q", e.Target)
	}
	check := rollCheck{next: s.Rolled}
	if err := check.take(e.Roll.First, e.Roll.Faces, 20); err != nil {
		return err
	}
	if err := s.spendAction(e.Attacker); err != nil {
		return err
	}
	s.Rolled = check.next
	return nil
}

func (AttackRolled) touch(t *touched) { t.combat() }

// attackSeen is AttackRolled without the AC of a secret target and without
// the numbers of a secret attacker.
type attackSeen struct {
	Attacker string   `json:"attacker"`
	Target   string   `json:"target"`
	Attack   string   `json:"attack"`
	Roll     *D20Roll `json:"roll,omitempty"`
	AC       int      `json:"ac,omitempty"`
	Outcome  Outcome  `json:"outcome"`
}

func (e AttackRolled) redact(s *State, _ View) any {
	seen := attackSeen{Attacker: e.Attacker, Target: e.Target, Attack: e.Attack, Outcome: e.Outcome}
	if !s.secretID(e.Attacker) {
		seen.Roll = &e.Roll
	}
	if !s.secretID(e.Target) {
		seen.AC = e.AC
	}
	return seen
}
