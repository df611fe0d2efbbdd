// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
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

// effect finds an effect of a creature; nil if there is none.
func (c *Creature) effect(id int) *Effect {
	for i := range c.Effects {
		if c.Effects[i].ID == id {
			return &c.Effects[i]
		}
	}
	return nil
}

// lasts tells whether anything is left of an effect but the levels of exhaustion
// that it gave.
func (e *Effect) lasts() bool {
	body := &e.Body
	return body.Exhaustion == 0 || len(body.Conditions)+len(body.Modifiers)+len(body.Grants) > 0 || body.Recurs != nil || body.Leaves != nil
}

// held tells whether what hangs on a concentration can still be: somebody holds it.
// Who casts a spell may have lost it while others suffer what it does, or by it.
func (s *State) held(hold int) bool {
	if hold == 0 {
		return true
	}
	for i := range s.Creatures {
		if on := s.Creatures[i].Concentration; on != nil && on.ID == hold {
			return true
		}
	}
	return false
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
	if target.Status == Dead || len(target.Effects) >= maxListed-1 || !t.held(e.Hold) {
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
	if c.handed() && t.has(c, content.Unconscious) {
		t.dropAll(c)
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
	ended, away := *effect, c.removed() || effect.Body.Inside
	t.emit(EffectEnded{Target: c.ID, Effect: id, Name: ended.Name, Reason: reason, By: by})
	defer t.dropHold(ended.Hold)
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
		left := t.derived(ended, *next, c)
		left.Hold = 0 // it outlasts the concentration
		t.addEffect(c, left)
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
		if current := t.onTurn(); current != nil && current.ID == of && !t.betweenTurns() {
			until.Turns = 2
		}
	case content.DurationRounds:
		until.At, until.Turns = content.OnTurnStart, max(d.Rounds, 1)
		if d.Of != "" {
			until.At = content.OnTurnEnd
			if current := t.onTurn(); current != nil && current.ID == of && !t.betweenTurns() {
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

// endOn ends the effects of a creature that wait for something.
func (t *table) endOn(c *Creature, what content.EndOn, reason string) {
	for i := 0; i < len(c.Effects); {
		if effect := &c.Effects[i]; slices.Contains(effect.Body.EndsOn, what) {
			t.endEffect(c, effect.ID, reason)
			i = 0
			continue
		}
		i++
	}
}

// endAttacked ends the effects that waited for an attack on their bearer: for one
// that they change, if they change any.
func (t *table) endAttacked(k *contest) {
	target := k.other
	attacked := contest{roll: content.RollAttacked, bearer: target, other: k.bearer, attack: k.attack, ranged: k.ranged, magic: k.magic}
	for i := 0; i < len(target.Effects); i++ {
		effect := &target.Effects[i]
		if !slices.Contains(effect.Body.EndsOn, content.EndOnAttacked) {
			continue
		}
		from := origin{name: effect.Name, source: effect.Source, effect: effect.ID}
		changes, changed := 0, 0
		for j := range effect.Body.Modifiers {
			if m := &effect.Body.Modifiers[j]; slices.Contains(m.On, content.RollAttacked) {
				if changes++; t.holds(m, from, &attacked) {
					changed++
				}
			}
		}
		if changes == 0 || changed > 0 {
			t.endEffect(target, effect.ID, "it was attacked")
			i = -1
		}
	}
}

// endOnOwnRoll ends the effects that change the next roll of a kind.
func (t *table) endOnOwnRoll(c *Creature, roll content.RollKind) {
	for i := 0; i < len(c.Effects); {
		effect := &c.Effects[i]
		waits := slices.Contains(effect.Body.EndsOn, content.EndOnOwnRoll) &&
			slices.ContainsFunc(effect.Body.Modifiers, func(m content.Modifier) bool { return slices.Contains(m.On, roll) })
		if waits {
			t.endEffect(c, effect.ID, "it was used")
			i = 0
			continue
		}
		i++
	}
}
