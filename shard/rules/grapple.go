// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// Grapple takes hold of a creature: it saves with Strength or Dexterity, or is
// grappled (Unarmed Strike: Grapple). Under 5.1 it is a contest of Athletics.
type Grapple struct {
	Creature string `json:"creature"`
	Target   string `json:"target"`
}

// Kind names the command.
func (Grapple) Kind() string { return "grapple" }

func (c Grapple) decide(t *table) *Refusal {
	grappler, target, price, refusal := t.unarmed(c.Creature, c.Target)
	if refusal != nil {
		return refusal
	}
	if t.grapples(grappler, target) {
		return refuse(CodeInvalidTarget, "%s holds %s already.", grappler.Name, target.Name)
	}
	if t.immuneTo(target, content.Grappled) {
		return refuse(CodeWrongTarget, "%s cannot be grappled.", target.Name)
	}
	if grappler.handed() {
		if refusal := t.handle(grappler, &price, &need{what: "a grapple", hands: 1, own: t.ownDraw(&price)}); refusal != nil {
			return refusal
		}
	}
	t.emit(Acted{Creature: grappler.ID, Action: refGrapple, Name: "Grapple", Targets: []string{target.ID}, Price: price})
	t.seize(grappler, target, refGrapple, "Grapple")
	return nil
}

// gripOf is the effect of being held by a creature.
func gripOf(c *Creature) Effect {
	return Effect{Name: "Grappled", Source: c.ID, Origin: refGrapple, DC: grappleDC(c), Body: content.Effect{
		Conditions: []ConditionID{content.Grappled},
		EndsOn:     []content.EndOn{content.EndOnDistance, content.EndOnSourceOut},
		Escape:     &content.Escape{DC: grappleDC(c), Skills: []content.Skill{content.Athletics, content.Acrobatics}},
	}}
}

// grappleDC is 8 + Strength modifier + proficiency bonus.
func grappleDC(c *Creature) int {
	return max(8+c.block.Abilities.Modifier(content.Strength)+c.block.ProficiencyBonus, 1)
}

// unarmed prepares a grapple or a shove: it takes an attack of the action, and
// works on who is at most one size bigger.
func (t *table) unarmed(id, other string) (*Creature, *Creature, Price, *Refusal) {
	c, target, refusal := t.beside(id, other)
	if refusal != nil {
		return nil, nil, Price{}, refusal
	}
	switch {
	case bulk(target.size()) > bulk(c.size())+1:
		return nil, nil, Price{}, refuse(CodeTooBig, "%s is too big for %s.", target.Name, c.Name)
	case t.charmedBy(c, target):
		return nil, nil, Price{}, refuse(CodeCharmed, "%s is charmed by %s and cannot harm it.", c.Name, target.Name)
	case target.Hiding > 0 && !t.sees(c, target) && enemies(c, target):
		return nil, nil, Price{}, refuse(CodeTargetHidden, "%s does not know where %s is.", c.Name, target.Name)
	}
	if budget := &t.Combat.Budget; len(budget.Attacks) > 0 && !t.cannot(c, "action") {
		return c, target, Price{Attack: 1}, nil
	}
	price, refusal := t.spending(c, "attack", false)
	if refusal == nil && price.Actions > 0 {
		price.Opens = t.opensAny(c)
	}
	return c, target, price, refusal
}

// opensAny gives the attacks that follow when a grapple or a shove takes the
// place of the first of several.
func (t *table) opensAny(c *Creature) []content.Multiattack {
	for i := range c.block.Actions {
		if parts := c.block.Actions[i].Multiattack; len(parts) > 0 && !t.cannot(c, "second_attack") {
			return takeAttack(parts, 0)
		}
	}
	return nil
}

// seize tries a grapple or a shove: the target withstands it by the better of two
// saves, or in a contest, where a tie changes nothing.
func (t *table) seize(by, target *Creature, what, why string) {
	next := Task{Do: stepSeize, Actor: by.ID, Target: target.ID, Action: what}
	if !t.rules.contests {
		ability := content.Strength
		if target.saveBonus(content.Dexterity) > target.saveBonus(content.Strength) {
			ability = content.Dexterity
		}
		t.saveThen(target, saving{ability: ability, dc: grappleDC(by), why: why, source: by.ID}, next)
		return
	}
	if !t.incapacitated(target) {
		own := t.check(by, content.Athletics, 0, why)
		next.Success = t.check(target, target.better(content.Athletics, content.Acrobatics), 0, why).Total >= own.Total
	}
	t.push(next)
}

// seized does what was not withstood.
func (t *table) seized(task *Task) {
	by, target := t.creature(task.Actor), t.creature(task.Target)
	if task.Success || by == nil || target == nil || !t.present(target) {
		return
	}
	switch task.Action {
	case refGrapple:
		t.addEffect(target, gripOf(by))
	case refTopple:
		t.fallProne(target, by.ID)
	case refShove:
		t.shoveAway(by, target, 5)
	}
}

// Shove pushes a creature 5 feet away or, with Prone, knocks it down (Unarmed
// Strike: Shove).
type Shove struct {
	Creature string `json:"creature"`
	Target   string `json:"target"`
	Prone    bool   `json:"prone,omitempty"`
}

// Kind names the command.
func (Shove) Kind() string { return "shove" }

func (c Shove) decide(t *table) *Refusal {
	by, target, price, refusal := t.unarmed(c.Creature, c.Target)
	if refusal != nil {
		return refusal
	}
	if c.Prone && (t.has(target, content.Prone) || t.immuneTo(target, content.Prone)) {
		return refuse(CodeInvalidTarget, "%s cannot be knocked down.", target.Name)
	}
	price.LeavesDraw = by.handed() && t.ownDraw(&price) > 0
	t.emit(Acted{Creature: by.ID, Action: refShove, Name: "Shove", Targets: []string{target.ID}, Price: price})
	what := refShove
	if c.Prone {
		what = refTopple
	}
	t.seize(by, target, what, "Shove")
	return nil
}

// Escape tries to end an effect that can be escaped from: a grapple, a web.
type Escape struct {
	Creature string `json:"creature"`
	// Effect is its number; 0 is the first one that can be escaped from.
	Effect int `json:"effect,omitempty"`
}

// Kind names the command.
func (Escape) Kind() string { return "escape" }

func (c Escape) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	var effect *Effect
	for i := range creature.Effects {
		if e := &creature.Effects[i]; e.Body.Escape != nil && (c.Effect == 0 || c.Effect == e.ID) {
			effect = e
			break
		}
	}
	if effect == nil {
		return refuse(CodeNothingToEnd, "Nothing holds %s that it could escape from.", creature.Name)
	}
	price, refusal := t.spending(creature, "escape", false)
	if refusal != nil {
		return refusal
	}
	held := *effect
	t.emit(Acted{Creature: creature.ID, Action: "escape", Name: "Escape", Price: price})
	if t.breaksFree(creature, &held) {
		t.endEffect(creature, held.ID, "it escaped")
	}
	return nil
}

// breaksFree makes the check that an escape takes.
func (t *table) breaksFree(c *Creature, held *Effect) bool {
	escape := held.Body.Escape
	if escape.Ability != "" {
		k := contest{roll: content.RollCheck, bearer: c, ability: escape.Ability}
		roll := t.test(&k, nil, nil, Modifier{Source: escape.Ability.Name(), Value: c.block.Abilities.Modifier(escape.Ability)})
		skill := content.Athletics
		t.emit(CheckRolled{Creature: c.ID, Skill: skill, DC: escape.DC, Roll: roll, Success: roll.Total >= escape.DC, Why: "Escape"})
		return roll.Total >= escape.DC
	}
	skill := content.Athletics
	for i, option := range escape.Skills {
		if i == 0 || c.skillBonus(option) > c.skillBonus(skill) {
			skill = option
		}
	}
	if grappler := t.creature(held.Source); t.rules.contests && held.Origin == refGrapple && grappler != nil {
		own := t.check(c, skill, 0, "Escape")
		return own.Total > t.check(grappler, content.Athletics, 0, "Escape").Total
	}
	return t.check(c, skill, escape.DC, "Escape").Total >= escape.DC
}

// Release lets go of a creature, which takes nothing.
type Release struct {
	Creature string `json:"creature"`
	Target   string `json:"target"`
}

// Kind names the command.
func (Release) Kind() string { return "release" }

func (c Release) decide(t *table) *Refusal {
	creature, target := t.creature(c.Creature), t.creature(c.Target)
	switch {
	case creature == nil || target == nil:
		return refuse(CodeUnknownCreature, "There is no such creature.")
	case !t.controls(creature):
		return refuse(CodeNotYourCreature, "%s is not yours to act for.", creature.Name)
	case !t.grapples(creature, target):
		return refuse(CodeNothingToEnd, "%s does not hold %s.", creature.Name, target.Name)
	}
	t.letGo(target, creature, "it was let go")
	return nil
}

// grapples tells whether one creature holds another.
func (s *State) grapples(c, other *Creature) bool {
	return slices.ContainsFunc(other.Effects, func(e Effect) bool {
		return e.Source == c.ID && slices.Contains(e.Body.Conditions, content.Grappled)
	})
}

// heldBy lists whom a creature holds.
func (t *table) heldBy(c *Creature) []*Creature {
	var list []*Creature
	for i := range t.Creatures {
		if other := &t.Creatures[i]; len(other.Effects) > 0 && t.grapples(c, other) {
			list = append(list, other)
		}
	}
	return list
}

// letGo ends the hold of one creature on another.
func (t *table) letGo(held, by *Creature, reason string) {
	for _, e := range slices.Clone(held.Effects) {
		if e.Source == by.ID && slices.Contains(e.Body.Conditions, content.Grappled) {
			t.endEffect(held, e.ID, reason)
		}
	}
}

// loseGrip ends what a creature does only while it can act: it lets go of whom
// it holds, and its dodge is over.
func (t *table) loseGrip(c *Creature) {
	for i := range t.Creatures {
		other := &t.Creatures[i]
		for _, e := range slices.Clone(other.Effects) {
			if e.Source == c.ID && slices.Contains(e.Body.EndsOn, content.EndOnSourceOut) {
				t.endEffect(other, e.ID, "its source cannot act")
			}
		}
	}
}

// checkGrips ends the holds on and of a creature that are out of reach.
func (t *table) checkGrips(c *Creature) {
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if other == c {
			continue
		}
		for _, pair := range [2][2]*Creature{{c, other}, {other, c}} {
			holder, held := pair[0], pair[1]
			if len(held.Effects) == 0 || !t.grapples(holder, held) {
				continue
			}
			for _, e := range slices.Clone(held.Effects) {
				if e.Source == holder.ID && slices.Contains(e.Body.Conditions, content.Grappled) && distance(holder, held) > gripReach(holder, &e) {
					t.endEffect(held, e.ID, "it is out of reach")
				}
			}
		}
	}
}

// gripReach is how far a grip holds: the reach of the action that it came of, 5 feet
// for bare hands.
func gripReach(c *Creature, grip *Effect) int {
	action := c.block.Action(grip.Origin)
	switch {
	case action == nil:
		return 5
	case action.Attack != nil:
		return max(action.Attack.Reach, 5)
	default:
		return max(action.Target.Range, 5)
	}
}
