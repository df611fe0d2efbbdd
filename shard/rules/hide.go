// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// Hide makes a Stealth check to be unseen: DC 15, out of every enemy's sight
// behind heavy obscurement, three-quarters or total cover (Rules Glossary:
// Hide). Under 5.1 the best passive Perception of the enemies is the DC.
type Hide struct {
	Creature string `json:"creature"`
	Bonus    bool   `json:"bonus,omitempty"`
}

// Kind names the command.
func (Hide) Kind() string { return "hide" }

func (c Hide) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	if seer := t.watcher(creature); seer != nil {
		return refuse(CodeInPlainSight, "%s cannot hide here: it is in plain sight.", creature.Name)
	}
	price, refusal := t.spending(creature, "hide", c.Bonus)
	if refusal != nil {
		return refusal
	}
	t.emit(Acted{Creature: creature.ID, Action: "hide", Name: "Hide", Price: price, Secret: true})
	t.hides(creature)
	return nil
}

// watcher gives an enemy that keeps a creature from hiding: it sees it, and
// there is less than three-quarters cover between them.
func (t *table) watcher(c *Creature) *Creature {
	for i := range t.Creatures {
		enemy := &t.Creatures[i]
		if !enemies(c, enemy) || enemy.Status != Standing || !t.present(enemy) {
			continue
		}
		if t.sees(enemy, c) && t.ground.Cover(enemy.space(), c.space(), nil) < grid.ThreeQuartersCover {
			return enemy
		}
	}
	return nil
}

// hideDC is what the Stealth check must reach.
func (t *table) hideDC(c *Creature) int {
	if !t.rules.contests {
		return 15
	}
	dc := 1
	for i := range t.Creatures {
		if enemy := &t.Creatures[i]; enemies(c, enemy) && enemy.Status == Standing {
			dc = max(dc, enemy.passivePerception())
		}
	}
	return dc
}

// Search spends the action to look for who hides: a Perception check against
// what their Stealth came to. It goes by sight: who is blinded finds nobody
// (Rules Glossary: Search, Blinded).
type Search struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (Search) Kind() string { return "search" }

func (c Search) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	price, refusal := t.spending(creature, "search", false)
	if refusal != nil {
		return refusal
	}
	t.emit(Acted{Creature: creature.ID, Action: "search", Name: "Search", Price: price})
	total := t.check(creature, content.Perception, 0, "Search").Total
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if enemies(creature, other) && other.Hiding > 0 && other.Hiding <= total && t.seesInto(creature, other.space()) {
			t.reveal(other, "it was found")
		}
	}
	return nil
}

// reveal ends a creature's hiding.
func (t *table) reveal(c *Creature, reason string) {
	if c.Hiding > 0 {
		t.emit(Revealed{Creature: c.ID, At: c.Position, Reason: reason})
	}
}

// Hidden tells that a creature hides, and what its Stealth came to.
type Hidden struct {
	Creature string `json:"creature"`
	Total    int    `json:"total"`
}

// Kind names the event.
func (Hidden) Kind() string { return "hidden" }

func (e Hidden) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Status != Standing || e.Total < 1 || e.Total > maxCount {
		return fmt.Errorf("%.40q cannot hide", e.Creature)
	}
	c.Hiding = e.Total
	return nil
}

func (e Hidden) touch(t *touched) { t.creature(e.Creature) }

// redact tells that a creature is gone from sight, not how well it hides.
func (e Hidden) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		return Hidden{Creature: e.Creature}
	}
	return e
}

// Revealed tells that a creature is hidden no more.
type Revealed struct {
	Creature string `json:"creature"`
	At       Point  `json:"at"`
	Reason   string `json:"reason"`
	// By names the game master who did it, if one did (an override).
	By string `json:"by,omitempty"`
}

// Kind names the event.
func (Revealed) Kind() string { return "revealed" }

func (e Revealed) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Hiding == 0 {
		return fmt.Errorf("%.40q does not hide", e.Creature)
	}
	c.Hiding = 0
	return nil
}

func (e Revealed) touch(t *touched) { t.creature(e.Creature) }

func (e Revealed) redact(*State, View) any { return e }
