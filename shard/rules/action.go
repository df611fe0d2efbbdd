// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// Dash spends the action to move as far again as the creature's Speed (Rules
// Glossary: Dash). With Bonus it takes a bonus action, where something allows
// that; so with Disengage and Hide.
type Dash struct {
	Creature string `json:"creature"`
	Bonus    bool   `json:"bonus,omitempty"`
}

// Kind names the command.
func (Dash) Kind() string { return "dash" }

func (c Dash) decide(t *table) *Refusal { return t.standard(c.Creature, "dash", "Dash", c.Bonus) }

// Disengage spends the action so that moving provokes no opportunity attacks
// this turn (Rules Glossary: Disengage).
type Disengage struct {
	Creature string `json:"creature"`
	Bonus    bool   `json:"bonus,omitempty"`
}

// Kind names the command.
func (Disengage) Kind() string { return "disengage" }

func (c Disengage) decide(t *table) *Refusal {
	return t.standard(c.Creature, "disengage", "Disengage", c.Bonus)
}

// Dodge spends the action so that attacks against the creature have
// disadvantage until its next turn starts (Rules Glossary: Dodge).
type Dodge struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (Dodge) Kind() string { return "dodge" }

func (c Dodge) decide(t *table) *Refusal { return t.standard(c.Creature, "dodge", "Dodge", false) }

// standard takes a standard action that needs nothing but itself.
func (t *table) standard(id, what, name string, bonus bool) *Refusal {
	c, refusal := t.actor(id)
	if refusal != nil {
		return refusal
	}
	price, refusal := t.spending(c, what, bonus)
	if refusal != nil {
		return refusal
	}
	t.emit(Acted{Creature: c.ID, Action: what, Name: name, Price: price})
	t.doStandard(c, what)
	return nil
}

// doStandard does what a standard action does, however it was paid for.
func (t *table) doStandard(c *Creature, what string) {
	switch what {
	case "dash":
		t.emit(Granted{Creature: c.ID, Dashes: 1})
	case "disengage":
		t.emit(Granted{Creature: c.ID, Disengage: true})
	case "dodge":
		t.addEffect(c, Effect{Name: "Dodge", Source: c.ID, Origin: "dodge", Body: dodging, Until: t.until(dodging.Duration, c.ID, c.ID)})
	}
}

// dodging is what the Dodge action gives; it is lost while incapacitated or
// without Speed.
var dodging = content.Effect{
	Duration: content.Duration{Kind: content.DurationStart, Of: content.OfSource},
	EndsOn:   []content.EndOn{content.EndOnSourceOut},
	Modifiers: []content.Modifier{
		{Kind: content.KindDisadvantage, On: []content.RollKind{content.RollAttacked}, When: []content.Predicate{content.WhenMobile, content.WhenSeesOther}},
		{Kind: content.KindAdvantage, On: []content.RollKind{content.RollSave}, Abilities: []content.Ability{content.Dexterity}, When: []content.Predicate{content.WhenMobile}},
	},
}

// Help gives an ally advantage: on the next attack roll against an enemy
// within 5 feet of the helper, or on its next check (Rules Glossary: Help).
type Help struct {
	Creature string `json:"creature"`
	// Ally whose next check it helps, or Enemy whom it distracts.
	Ally  string `json:"ally,omitempty"`
	Enemy string `json:"enemy,omitempty"`
}

// Kind names the command.
func (Help) Kind() string { return "help" }

func (c Help) decide(t *table) *Refusal {
	helper, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	price, refusal := t.spending(helper, "help", false)
	if refusal != nil {
		return refusal
	}
	id, body := c.Ally, helpsCheck
	if c.Enemy != "" {
		id, body = c.Enemy, helpsAttack
	}
	other := t.creature(id)
	switch {
	case other == nil:
		return refuse(CodeUnknownCreature, "There is no creature %.40q.", id)
	case other == helper || (c.Enemy != "") != enemies(helper, other) || !t.present(other):
		return refuse(CodeInvalidTarget, "%s cannot help so with %s.", helper.Name, other.Name)
	case distance(helper, other) > 5:
		return refuse(CodeOutOfRange, "%s is %d feet away; help reaches 5.", other.Name, distance(helper, other))
	}
	t.emit(Acted{Creature: helper.ID, Action: "help", Name: "Help", Targets: []string{id}, Price: price})
	t.addEffect(other, Effect{Name: "Help", Source: helper.ID, Origin: "help", Body: body, Until: t.until(body.Duration, helper.ID, other.ID)})
	return nil
}

var (
	helpsAttack = content.Effect{
		Duration:  content.Duration{Kind: content.DurationStart, Of: content.OfSource},
		EndsOn:    []content.EndOn{content.EndOnAttacked},
		Modifiers: []content.Modifier{{Kind: content.KindAdvantage, On: []content.RollKind{content.RollAttacked}, When: []content.Predicate{content.WhenAllyOfSource}}},
	}
	helpsCheck = content.Effect{
		Duration:  content.Duration{Kind: content.DurationStart, Of: content.OfSource},
		EndsOn:    []content.EndOn{content.EndOnOwnRoll},
		Modifiers: []content.Modifier{{Kind: content.KindAdvantage, On: []content.RollKind{content.RollCheck}}},
	}
)

// Study spends the action to recall what is known; what it tells is the game
// master's business.
type Study struct {
	Creature string        `json:"creature"`
	Skill    content.Skill `json:"skill"`
}

// Kind names the command.
func (Study) Kind() string { return "study" }

func (c Study) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	if content.SkillAbility[c.Skill] == "" {
		return refuse(CodeMalformedCommand, "There is no skill %.40q.", string(c.Skill))
	}
	price, refusal := t.spending(creature, "study", false)
	if refusal != nil {
		return refusal
	}
	t.emit(Acted{Creature: creature.ID, Action: "study", Name: "Study", Price: price})
	t.check(creature, c.Skill, 0, "Study")
	return nil
}

// Utilize opens or closes a door beside the creature: with its free object
// interaction, else with the action (Utilize; Time-Limited Object
// Interactions).
type Utilize struct {
	Creature string `json:"creature"`
	Door     Point  `json:"door"`
}

// Kind names the command.
func (Utilize) Kind() string { return "utilize" }

func (c Utilize) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	at := slices.IndexFunc(t.Map.Doors, func(d Door) bool { return d.At == c.Door })
	if at < 0 {
		return refuse(CodeInvalidPoint, "There is no door at %v.", c.Door)
	}
	if away := squaresAway(creature, c.Door); away > 5 {
		return refuse(CodeOutOfRange, "That door is %d feet away.", away)
	}
	if t.occupied(c.Door) {
		return refuse(CodeSquareOccupied, "Somebody stands in the door.")
	}
	price := Price{Objects: 1}
	if t.Combat.Budget.Objects < 1 {
		if price, refusal = t.spending(creature, "utilize", false); refusal != nil {
			return refusal
		}
	} else if t.cannot(creature, "action") {
		return refuse(CodeIncapacitated, "%s is incapacitated.", creature.Name)
	}
	t.emit(Acted{Creature: creature.ID, Action: "utilize", Name: "Utilize", Point: &c.Door, Price: price})
	t.emit(DoorMoved{At: c.Door, Open: !t.Map.Doors[at].Open})
	return nil
}

// DoorMoved tells that a door is open or closed now.
type DoorMoved struct {
	At   Point `json:"at"`
	Open bool  `json:"open"`
}

// Kind names the event.
func (DoorMoved) Kind() string { return "door_moved" }

func (e DoorMoved) apply(s *State) error {
	at := slices.IndexFunc(s.Map.Doors, func(d Door) bool { return d.At == e.At })
	if at < 0 {
		return fmt.Errorf("there is no door at %v", e.At)
	}
	if !e.Open && s.occupied(e.At) {
		return fmt.Errorf("somebody is in the door at %v", e.At)
	}
	changed := s.Map
	changed.Doors = slices.Clone(changed.Doors)
	changed.Doors[at].Open = e.Open
	ground, err := changed.terrain()
	if err != nil {
		return err
	}
	s.Map, s.ground = changed, ground
	return nil
}

// occupied tells whether anybody is in a square.
func (s *State) occupied(p Point) bool {
	return slices.ContainsFunc(s.Creatures, func(c Creature) bool {
		return s.present(&c) && c.space().Contains([2]int(p))
	})
}

func (DoorMoved) touch(t *touched) { t.floor() }

func (e DoorMoved) redact(*State, View) any { return e }

// FirstAid makes a dying creature stable: a Medicine check, DC 10 (Stabilizing
// a Character).
type FirstAid struct {
	Creature string `json:"creature"`
	Target   string `json:"target"`
}

// Kind names the command.
func (FirstAid) Kind() string { return "first_aid" }

func (c FirstAid) decide(t *table) *Refusal {
	helper, target, refusal := t.beside(c.Creature, c.Target)
	if refusal != nil {
		return refusal
	}
	if target.Status != Unconscious || target.Death.Stable {
		return refuse(CodeInvalidTarget, "%s does not need first aid.", target.Name)
	}
	price, refusal := t.spending(helper, "help", false)
	if refusal != nil {
		return refusal
	}
	t.emit(Acted{Creature: helper.ID, Action: "first_aid", Name: "First aid", Targets: []string{target.ID}, Price: price})
	if t.check(helper, content.Medicine, 10, "First aid").Total >= 10 {
		t.emit(DeathCounted{Creature: target.ID, Death: Death{Stable: true}})
	}
	return nil
}

// beside finds the creature that acts and another one within its reach.
func (t *table) beside(id, other string) (*Creature, *Creature, *Refusal) {
	c, refusal := t.actor(id)
	if refusal != nil {
		return nil, nil, refusal
	}
	target := t.creature(other)
	switch {
	case target == nil:
		return nil, nil, refuse(CodeUnknownCreature, "There is no creature %.40q.", other)
	case target == c || target.removed():
		return nil, nil, refuse(CodeInvalidTarget, "%s cannot do that to %s.", c.Name, target.Name)
	case target.Status == Dead:
		return nil, nil, refuse(CodeTargetDown, "%s is dead.", target.Name)
	case distance(c, target) > 5:
		return nil, nil, refuse(CodeOutOfRange, "%s is %d feet away; that reaches 5.", target.Name, distance(c, target)).
			with("distance", distance(c, target)).with("limit", 5)
	}
	return c, target, nil
}

// Wake shakes a creature awake: it ends what ends when somebody shakes the
// bearer, and rouses the knocked out.
type Wake struct {
	Creature string `json:"creature"`
	Target   string `json:"target"`
}

// Kind names the command.
func (Wake) Kind() string { return "wake" }

func (c Wake) decide(t *table) *Refusal {
	helper, target, refusal := t.beside(c.Creature, c.Target)
	if refusal != nil {
		return refusal
	}
	shaken := func(e Effect) bool { return slices.Contains(e.Body.EndsOn, content.EndOnShaken) }
	if !slices.ContainsFunc(target.Effects, shaken) {
		return refuse(CodeNothingToEnd, "Shaking %s would end nothing.", target.Name)
	}
	price, refusal := t.spending(helper, "help", false)
	if refusal != nil {
		return refusal
	}
	t.emit(Acted{Creature: helper.ID, Action: "wake", Name: "Wake", Targets: []string{target.ID}, Price: price})
	t.endOn(target, content.EndOnShaken, "it was shaken")
	return nil
}

// Stand gets up from prone, which takes half the creature's Speed (Prone).
type Stand struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (Stand) Kind() string { return "stand" }

func (c Stand) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	if !t.has(creature, content.Prone) {
		return refuse(CodeNothingToEnd, "%s is not prone.", creature.Name)
	}
	cost := t.speed(creature) / 2
	if cost == 0 {
		return refuse(CodeCannotMove, "%s cannot stand up: its Speed is 0.", creature.Name)
	}
	if left := t.movementLeft(creature); cost > left {
		return refuse(CodeNotEnoughMovement, "%s has %d ft of movement left; standing up takes %d.", creature.Name, left, cost).
			with("cost", cost).with("left", left)
	}
	t.emit(Acted{Creature: creature.ID, Action: "stand", Name: "Stand up", Price: Price{Movement: cost}})
	t.endOn(creature, content.EndOnStand, "it stands up")
	return nil
}

// DropProne lies down, which takes nothing.
type DropProne struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (DropProne) Kind() string { return "drop_prone" }

func (c DropProne) decide(t *table) *Refusal {
	creature, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	if t.has(creature, content.Prone) || t.immuneTo(creature, content.Prone) {
		return refuse(CodeNothingToEnd, "%s cannot drop prone.", creature.Name)
	}
	t.fallProne(creature, creature.ID)
	return nil
}
