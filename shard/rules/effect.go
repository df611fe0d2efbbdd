// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// Effect is something that lasts on a creature, with who did it and when it
// ends. Effects of the same name from different sources each keep their clock;
// what they do counts once (Combining Game Effects).
type Effect struct {
	// ID numbers the effects of a session.
	ID   int    `json:"id"`
	Name string `json:"name"`
	// Source is the creature that did it; Origin the action or spell.
	Source string `json:"source,omitempty"`
	Origin string `json:"origin,omitempty"`
	// Level at which a spell was cast; 0 for what is no spell.
	Level int            `json:"level,omitempty"`
	Body  content.Effect `json:"body"`
	// Save is the ability and DC that end it or that it recurs with.
	Ability content.Ability `json:"ability,omitempty"`
	DC      int             `json:"dc,omitempty"`
	Attack  int             `json:"attack,omitempty"`
	Magic   bool            `json:"magic,omitempty"`
	Until   *Until          `json:"until,omitempty"`
	// Hold is the number of the concentration that it ends with; 0 is none.
	Hold int `json:"hold,omitempty"`
	// Successes and Failures of the saves that end it.
	Successes int `json:"successes,omitempty"`
	Failures  int `json:"failures,omitempty"`
}

// Until is when an effect ends by itself: when so many turns of a creature
// have started or ended.
type Until struct {
	Of    string         `json:"of"`
	At    content.Moment `json:"at"` // start_of_turn or end_of_turn
	Turns int            `json:"turns"`
}

// Concentration is what a creature concentrates on.
type Concentration struct {
	ID    int    `json:"id"`
	Spell string `json:"spell"`
	Name  string `json:"name"`
	Level int    `json:"level,omitempty"`
}

// origin is where a modifier comes from.
type origin struct {
	name   string
	source string // creature
	effect int
}

// each calls do for every modifier that acts on a creature now: of its traits,
// of its effects and their conditions, of exhaustion and of zones.
func (s *State) each(c *Creature, do func(m *content.Modifier, from origin)) {
	block := c.block
	for i := range block.Traits {
		trait := &block.Traits[i]
		for j := range trait.Modifiers {
			do(&trait.Modifiers[j], origin{name: trait.Name, source: c.ID})
		}
	}
	for i := range c.Effects {
		effect := &c.Effects[i]
		from := origin{name: effect.Name, source: effect.Source, effect: effect.ID}
		for j := range effect.Body.Modifiers {
			do(&effect.Body.Modifiers[j], from)
		}
		for _, condition := range effect.Body.Conditions {
			s.eachOf(condition, from, do)
		}
	}
	rules := editionOf(s.Ruleset)
	if c.Status == Unconscious {
		s.eachOf(content.Unconscious, origin{source: c.ID}, do)
	}
	if c.Hiding > 0 {
		s.eachOf(content.Invisible, origin{source: c.ID}, do)
	}
	if c.Exhaustion > 0 {
		for i := range rules.exhaustion[c.Exhaustion] {
			do(&rules.exhaustion[c.Exhaustion][i], origin{name: "Exhaustion", source: c.ID})
		}
	}
	for i := range s.Zones {
		if zone := &s.Zones[i]; zone.Body.SpeedHalf && s.concerns(zone, c) && s.inZone(zone, c) {
			do(&slowed, origin{name: zone.Name, source: zone.Owner})
		}
	}
}

var slowed = content.Modifier{Kind: content.KindSpeedHalf}

// eachOf calls do for the modifiers of a condition and of those it implies. A
// condition is known by its own name.
func (s *State) eachOf(id ConditionID, from origin, do func(m *content.Modifier, from origin)) {
	condition := editionOf(s.Ruleset).conditions[id]
	if condition == nil {
		return
	}
	from.name = condition.Name
	for i := range condition.Modifiers {
		do(&condition.Modifiers[i], from)
	}
	for _, implied := range condition.Implies {
		s.eachOf(implied, from, do)
	}
}

// has tells whether a creature has a condition, by itself or by another one
// that implies it. Each source counts: it has the condition until the last one
// ends.
func (s *State) has(c *Creature, id ConditionID) bool {
	switch {
	case c.Status == Unconscious && s.implies(content.Unconscious, id),
		c.Hiding > 0 && id == content.Invisible, c.Exhaustion > 0 && id == content.Exhaustion:
		return true
	}
	for i := range c.Effects {
		for _, condition := range c.Effects[i].Body.Conditions {
			if s.implies(condition, id) {
				return true
			}
		}
	}
	return false
}

func (s *State) implies(a, b ConditionID) bool {
	if a == b {
		return true
	}
	if condition := editionOf(s.Ruleset).conditions[a]; condition != nil {
		for _, implied := range condition.Implies {
			if s.implies(implied, b) {
				return true
			}
		}
	}
	return false
}

// conditionsOf lists the conditions a creature has, sorted, each once.
func (s *State) conditionsOf(c *Creature) []ConditionID {
	var list []ConditionID
	for _, id := range content.ConditionIDs {
		if s.has(c, id) {
			list = append(list, id)
		}
	}
	return list
}

// cannot tells whether something keeps a creature from a deed.
func (s *State) cannot(c *Creature, deed string) bool {
	if c.Status != Standing {
		return true
	}
	found := false
	s.each(c, func(m *content.Modifier, _ origin) {
		found = found || m.Kind == content.KindCannot && slices.Contains(m.Deeds, deed)
	})
	return found
}

// modified tells whether any modifier of a kind acts on a creature.
func (s *State) modified(c *Creature, kind content.ModifierKind) bool {
	found := false
	s.each(c, func(m *content.Modifier, _ origin) { found = found || m.Kind == kind })
	return found
}

// incapacitated tells whether a creature cannot act at all.
func (s *State) incapacitated(c *Creature) bool {
	return c.Status != Standing || len(c.Effects) > 0 && s.has(c, content.Incapacitated)
}

// immuneTo tells whether a creature cannot get a condition.
func (s *State) immuneTo(c *Creature, id ConditionID) bool {
	if slices.Contains(c.block.ConditionImmunities, id) {
		return true
	}
	found := false
	s.each(c, func(m *content.Modifier, _ origin) {
		found = found || m.Kind == content.KindConditionImmunity && slices.Contains(m.Conditions, id)
	})
	return found
}

// speed is how far a creature can move now, in feet (Rules Glossary: Speed).
func (s *State) speed(c *Creature) int {
	if c.Status != Standing {
		return 0
	}
	base := c.block.Speed
	feet := max(base.Walk, base.Fly)
	half, double, zero := false, false, false
	s.each(c, func(m *content.Modifier, _ origin) {
		switch m.Kind {
		case content.KindSpeedBonus:
			feet += m.Value
		case content.KindSpeedHalf:
			half = true
		case content.KindSpeedDouble:
			double = true
		case content.KindSpeedZero, content.KindRemoved:
			zero = true
		}
	})
	if double {
		feet *= 2
	}
	if half {
		feet /= 2
	}
	if zero {
		return 0
	}
	return max(feet-feet%5, 0)
}

// flies tells whether a creature moves through the air: it has the speed, and
// nothing makes it fall (Flying).
func (s *State) flies(c *Creature) bool {
	return c.block.Speed.Fly > 0 && !s.has(c, content.Prone) && (c.block.Speed.Hover || !s.incapacitated(c))
}

// movementLeft are the feet the creature on turn may still move.
func (s *State) movementLeft(c *Creature) int {
	if s.onTurn() != c {
		return 0
	}
	budget := &s.Combat.Budget
	speed := s.speed(c)
	if speed == 0 {
		return 0
	}
	return max(speed*(1+budget.Dashes)+budget.Grant-budget.Moved, 0)
}

// effect finds an effect of a creature; nil if there is none.
func (c *Creature) effect(id int) *Effect {
	for i := range c.Effects {
		if c.Effects[i].ID == id {
			return &c.Effects[i]
		}
	}
	return nil
}

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
	c.Effects = append(slices.Clone(c.Effects), e.Effect)
	c.Exhaustion = min(c.Exhaustion+e.Effect.Body.Exhaustion, len(srd521.exhaustion)-1)
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

func (e EffectAdded) redact(s *State, _ View) any {
	if s.secretID(e.Effect.Source) {
		return struct {
			Target string     `json:"target"`
			Effect effectSeen `json:"effect"`
		}{e.Target, seenEffect(&e.Effect)}
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

// addEffect puts an effect on a creature, less the conditions that it is
// immune to; nothing comes of one that would do nothing.
func (t *table) addEffect(target *Creature, e Effect) {
	if len(e.Body.Conditions) > 0 {
		kept := slices.DeleteFunc(slices.Clone(e.Body.Conditions), func(id ConditionID) bool { return t.immuneTo(target, id) })
		if len(kept) == 0 && len(e.Body.Modifiers) == 0 && e.Body.Recurs == nil && len(e.Body.Grants) == 0 {
			return
		}
		e.Body.Conditions = kept
	}
	if target.Status == Dead || len(target.Effects) >= maxListed-1 {
		return
	}
	e.Name = cmp.Or(e.Body.Name, e.Name)
	e.ID = t.Serial + 1
	t.emit(EffectAdded{Target: target.ID, Effect: e})
	t.afterEffect(target)
}

// afterEffect draws what follows from a new effect: a creature that is
// incapacitated concentrates no more, holds nobody, and hides no more; six
// levels of exhaustion kill.
func (t *table) afterEffect(c *Creature) {
	if c.Exhaustion >= len(srd521.exhaustion)-1 && c.Status != Dead {
		t.kill(c, "exhaustion")
		return
	}
	if c.Status == Standing && t.incapacitated(c) {
		t.loseGrip(c)
	}
	if c.Concentration != nil && t.cannot(c, "concentrate") {
		t.endConcentration(c, "it cannot concentrate")
	}
}

// endEffect takes an effect off a creature and leaves what it leaves.
func (t *table) endEffect(c *Creature, id int, reason string) { t.endEffectBy(c, id, reason, "") }

// endEffectBy is endEffect by a game master, if one is named.
func (t *table) endEffectBy(c *Creature, id int, reason, by string) {
	effect := c.effect(id)
	if effect == nil {
		return
	}
	ended, away := *effect, c.removed()
	t.emit(EffectEnded{Target: c.ID, Effect: id, Name: ended.Name, Reason: reason, By: by})
	if away && !c.removed() && c.Status != Dead {
		t.comeBack(c)
	}
	t.leave(c, &ended)
}

// comeBack puts a creature that was away back to where it was, or to the free
// space nearest to it.
func (t *table) comeBack(c *Creature) {
	if !t.crowded(c, c.space()) && t.ground.Fits(c.space()) {
		return
	}
	for ring := 1; ring <= MaxMapSide; ring++ {
		for dy := -ring; dy <= ring; dy++ {
			for dx := -ring; dx <= ring; dx++ {
				at := Point{c.Position[0] + dx, c.Position[1] + dy}
				if max(abs(dx), abs(dy)) == ring && t.ground.Fits(c.spaceAt(at)) && !t.crowded(c, c.spaceAt(at)) {
					t.emit(Moved{Creature: c.ID, From: c.Position, Path: []Point{at}, How: WayTeleport})
					return
				}
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }

// leave puts on a creature what an effect leaves behind: an effect of its
// own, and conditions that last although what implied them ended.
func (t *table) leave(c *Creature, ended *Effect) {
	if c.Status == Dead {
		return
	}
	if next := ended.Body.Leaves; next != nil {
		t.addEffect(c, t.derived(ended, *next, c))
	}
	for _, id := range ended.Body.Conditions {
		if t.leavesProne(id) && !t.has(c, content.Prone) {
			t.fallProne(c, ended.Source)
		}
	}
}

// leavesProne tells whether a condition implies one that lasts: the
// unconscious stay prone when they wake.
func (t *table) leavesProne(id ConditionID) bool {
	condition := t.rules.conditions[id]
	if condition == nil {
		return false
	}
	for _, implied := range condition.Implies {
		if next := t.rules.conditions[implied]; next != nil && next.Lasting {
			return true
		}
	}
	return false
}

// derived makes an effect of one that another leads to.
func (t *table) derived(from *Effect, body content.Effect, target *Creature) Effect {
	next := Effect{
		Name: from.Name, Source: from.Source, Origin: from.Origin, Level: from.Level, Body: body,
		Ability: from.Ability, DC: from.DC, Attack: from.Attack, Magic: from.Magic, Hold: from.Hold,
	}
	next.Until = t.until(body.Duration, from.Source, target.ID)
	return next
}

// until sets the clock of a duration. The turn that is going on is not the
// next one.
func (t *table) until(d content.Duration, source, target string) *Until {
	of := source
	if d.Of == content.OfTarget || of == "" {
		of = target
	}
	until := &Until{Of: of, Turns: 1}
	switch d.Kind {
	case content.DurationStart:
		until.At = content.OnTurnStart
	case content.DurationEnd:
		until.At = content.OnTurnEnd
		if current := t.onTurn(); current != nil && current.ID == of {
			until.Turns = 2
		}
	case content.DurationRounds:
		until.At, until.Turns = content.OnTurnStart, max(d.Rounds, 1)
		if d.Of != "" {
			until.At = content.OnTurnEnd
			if current := t.onTurn(); current != nil && current.ID == of {
				until.Turns++
			}
		}
	default:
		return nil
	}
	return until
}

// fallProne knocks a creature down.
func (t *table) fallProne(c *Creature, source string) {
	lies := slices.ContainsFunc(c.Effects, func(e Effect) bool { return slices.Contains(e.Body.Conditions, content.Prone) })
	if lies || t.immuneTo(c, content.Prone) {
		return
	}
	t.addEffect(c, Effect{Name: "Prone", Source: source, Body: content.Effect{
		Conditions: []ConditionID{content.Prone}, EndsOn: []content.EndOn{content.EndOnStand},
	}})
}
