// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// Cast casts a spell that the creature knows: with a slot of the level, or
// without where it can.
type Cast struct {
	Creature string `json:"creature"`
	Spell    string `json:"spell"`
	// Level of the slot; 0 is the spell's own.
	Level   int      `json:"level,omitempty"`
	Targets []string `json:"targets,omitempty"`
	Point   *Point   `json:"point,omitempty"`
	Spared  []string `json:"spared,omitempty"`
	// Zone is the number of a zone, for a spell that ends others.
	Zone int `json:"zone,omitempty"`
}

// Kind names the command.
func (Cast) Kind() string { return "cast" }

func (c Cast) decide(t *table) *Refusal {
	caster, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	d, price, refusal := t.castPrice(caster, c.Spell, c.Level)
	if refusal != nil {
		return refusal
	}
	if d.spell.CastingTime == content.CastReaction || d.spell.CastingTime == content.CastMinutes {
		return refuse(CodeNotNow, "%s cannot be cast as an action.", d.name)
	}
	cost, refusal := t.castingTime(caster, d)
	if refusal != nil {
		return refusal
	}
	price.Actions, price.Bonus, price.Attack = cost.Actions, cost.Bonus, cost.Attack
	if refusal := t.oneSpell(caster, d, &price); refusal != nil {
		return refusal
	}
	if refusal := t.gestures(caster, d.spell); refusal != nil {
		return refusal
	}
	task, refusal := t.aimed(caster, d, aim{targets: c.Targets, point: c.Point, spared: c.Spared, zone: c.Zone})
	if refusal != nil {
		return refusal
	}
	t.cast(caster, d, price, task)
	return nil
}

// castingTime is the action or bonus action that casting takes.
func (t *table) castingTime(c *Creature, d *deed) (Price, *Refusal) {
	if d.spell.CastingTime == content.CastBonus {
		return t.bonusPrice(c)
	}
	if at := inParts(t.Combat.Budget.Attacks, d.ref); at >= 0 {
		return Price{Attack: at + 1}, nil
	}
	if refusal := t.mayAct(c); refusal != nil {
		return Price{}, refusal
	}
	if t.Combat.Budget.Actions < 1 {
		return Price{}, refuse(CodeNoActionLeft, "%s has used its action this turn.", c.Name)
	}
	return Price{Actions: 1}, nil
}

// castPrice finds how a creature can cast a spell, and what of its slots or
// uses it takes (Spells: Casting without Slots, Spell Slots).
func (t *table) castPrice(c *Creature, id string, level int) (*deed, Price, *Refusal) {
	known := c.block.Spellcasting.Known(id)
	spell := t.spell(id)
	if known == nil || spell == nil {
		return nil, Price{}, refuse(CodeUnknownSpell, "%s does not know the spell %.40q.", c.Name, id)
	}
	if refusal := t.canSpeak(c, spell); refusal != nil {
		return nil, Price{}, refusal
	}
	switch {
	case spell.Level == 0 || known.AtWill:
		return t.spellDeed(c, id, max(known.Level, spell.Level)), Price{}, nil
	case known.PerDay > 0:
		if c.used(refSpell+id) >= known.PerDay {
			return nil, Price{}, refuse(CodeNoUsesLeft, "%s has cast %s %d times, which is all for today.", c.Name, spell.Name, known.PerDay)
		}
		return t.spellDeed(c, id, max(known.Level, spell.Level)), Price{Use: refSpell + id}, nil
	}
	if level == 0 {
		level = spell.Level
	}
	if level < spell.Level || level > 9 {
		return nil, Price{}, refuse(CodeWrongSlot, "%s needs a slot of level %d to 9.", spell.Name, spell.Level)
	}
	if c.slotsLeft(level) < 1 {
		return nil, Price{}, refuse(CodeNoSlotsLeft, "%s has no spell slots of level %d left.", c.Name, level).with("level", level)
	}
	return t.spellDeed(c, id, level), Price{Slot: level, Spell: true}, nil
}

// canSpeak refuses a spell whose words cannot be spoken, and any spell for who
// cannot cast.
func (t *table) canSpeak(c *Creature, spell *content.Spell) *Refusal {
	if t.cannot(c, "cast") {
		return refuse(CodeIncapacitated, "%s cannot cast spells now.", c.Name)
	}
	if spell.Component(content.Verbal) && t.cannot(c, "speak") {
		return refuse(CodeIncapacitated, "%s cannot speak the words of %s.", c.Name, spell.Name)
	}
	return nil
}

// oneSpell refuses a second spell in a turn: 5.2.1 allows one slot a turn, 5.1
// only a cantrip beside a bonus action spell (One Spell with a Spell Slot per
// Turn; SRD 5.1, Casting Time: Bonus Action).
func (t *table) oneSpell(c *Creature, d *deed, price *Price) *Refusal {
	budget := &t.Combat.Budget
	if t.rules.bonusSpellLimits {
		bonus, levelled := price.Bonus > 0, d.spell.Level > 0
		if budget.BonusSpell && levelled || bonus && levelled && budget.LevelSpell {
			return refuse(CodeOneSpell, "%s can cast only a cantrip beside a bonus action spell this turn.", c.Name)
		}
		price.Spell = levelled
		return nil
	}
	if price.Slot > 0 && budget.Slot {
		return refuse(CodeOneSpell, "%s has spent a spell slot this turn; only one a turn is allowed.", c.Name)
	}
	return nil
}

// cast spends what a spell takes, begins to concentrate, and lets others react
// before it takes effect. Concentration on another spell ends as casting
// begins (Concentration).
func (t *table) cast(c *Creature, d *deed, price Price, task Task) {
	t.emit(Acted{Creature: c.ID, Action: d.ref, Name: d.name, Level: d.level, Targets: task.Targets, Point: task.Point, Zone: task.Zone, Price: price})
	if d.spell.Concentration && c.Concentration != nil {
		t.endConcentration(c, "it casts "+d.name)
	}
	t.casts(c, d, price.Slot, task)
}

// casts lets others notice a spell and react before it takes effect. The slot is the
// one it was cast with, 0 without one.
func (t *table) casts(c *Creature, d *deed, slot int, task Task) {
	if d.spell.Component(content.Verbal) {
		t.reveal(c, "it casts aloud")
	}
	task.Do = stepCast
	if slot > 0 {
		task.Price = &Price{Slot: slot} // is paid, and comes back if the spell is stopped
	}
	t.push(task)
	t.offerOn(content.OnSpellCast, c, func(reactor *Creature, trigger *content.Trigger) bool {
		return reactor != c && enemies(reactor, c) && t.sees(reactor, c)
	}, d.name)
}

// takeEffect lets a spell take effect that nobody stopped.
func (t *table) takeEffect(task *Task) {
	caster := t.creature(task.Actor)
	if caster == nil || caster.Status != Standing {
		return
	}
	d := t.deedOf(caster, task.Action, task.Level)
	if d == nil {
		return
	}
	t.endOn(caster, content.EndOnAttack, "it casts")
	if (d.spell.Concentration || task.Trigger != "") && t.cannot(caster, "concentrate") {
		return // what it held before left it so: haste, its lethargy
	}
	if task.Trigger != "" {
		t.holdReady(caster, d, task)
		return
	}
	if d.spell.Concentration {
		t.emit(ConcentrationBegun{Creature: caster.ID, Concentration: Concentration{
			ID: t.Serial + 1, Spell: d.spell.ID, Name: d.name, Level: d.level,
		}})
		task.Hold = t.Serial
	}
	task.Do, task.Price = stepDo, nil
	next := append(t.onTargeted(caster, d, task), *task)
	if task.Hold > 0 {
		next = append(next, Task{Do: stepHolds, Hold: task.Hold})
	}
	if t.awaited(readyCast) {
		next = append(next, Task{Do: stepReady, Actor: caster.ID, Trigger: readyCast})
	}
	t.push(next...)
}

// EndConcentration lets go of a spell, which takes no action.
type EndConcentration struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (EndConcentration) Kind() string { return "end_concentration" }

func (c EndConcentration) decide(t *table) *Refusal {
	creature := t.creature(c.Creature)
	if creature == nil {
		return refuse(CodeUnknownCreature, "There is no creature %.40q.", c.Creature)
	}
	if !t.controls(creature) {
		return refuse(CodeNotYourCreature, "%s is not yours to act for.", creature.Name)
	}
	if creature.Concentration == nil {
		return refuse(CodeNothingToEnd, "%s concentrates on nothing.", creature.Name)
	}
	t.endConcentration(creature, "its choice")
	return nil
}

// endConcentration ends what a creature concentrates on, with all that hangs
// on it.
func (t *table) endConcentration(c *Creature, reason string) {
	hold := c.Concentration.ID
	t.emit(ConcentrationEnded{Creature: c.ID, Spell: c.Concentration.Spell, Name: c.Concentration.Name, Reason: reason})
	t.endHeld(hold)
}

// endHeld ends effects and zones that last as long as a concentration.
func (t *table) endHeld(hold int) {
	for i := range t.Creatures {
		c := &t.Creatures[i]
		for j := 0; j < len(c.Effects); {
			if c.Effects[j].Hold == hold {
				t.endEffect(c, c.Effects[j].ID, "concentration ended")
				j = 0
				continue
			}
			j++
		}
	}
	for i := 0; i < len(t.Zones); {
		if t.Zones[i].Hold == hold {
			t.emit(ZoneEnded{Zone: t.Zones[i].ID, Name: t.Zones[i].Name, Reason: "concentration ended"})
			i = 0
			continue
		}
		i++
	}
}

// keepConcentration is the save that damage forces: DC 10 or half the damage,
// at most 30 under 5.2.1 (Concentration).
func (t *table) keepConcentration(c *Creature, damage int) {
	if c.Concentration == nil || c.Status != Standing {
		return
	}
	dc := max(10, damage/2)
	if limit := t.rules.concentrationCap; limit > 0 {
		dc = min(dc, limit)
	}
	t.saveThen(c, saving{ability: content.Constitution, dc: dc, why: "Concentration", roll: content.RollConcentration},
		Task{Do: stepKeep, Actor: c.ID, Hold: c.Concentration.ID})
}

// keeps ends a concentration whose save failed.
func (t *table) keeps(task *Task) {
	c := t.creature(task.Actor)
	if !task.Success && c != nil && c.Concentration != nil && c.Concentration.ID == task.Hold {
		t.endConcentration(c, "the save failed")
	}
}

// ConcentrationBegun tells that a creature concentrates on a spell.
type ConcentrationBegun struct {
	Creature      string        `json:"creature"`
	Concentration Concentration `json:"concentration"`
}

// Kind names the event.
func (ConcentrationBegun) Kind() string { return "concentration_begun" }

func (e ConcentrationBegun) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil {
		return unknown(e.Creature)
	}
	if c.Concentration != nil || e.Concentration.ID != s.Serial+1 || c.Status != Standing {
		return fmt.Errorf("%q cannot begin to concentrate", e.Creature)
	}
	if err := checkConcentration(&e.Concentration); err != nil {
		return err
	}
	s.Serial++
	c.Concentration = &e.Concentration
	return nil
}

func checkConcentration(c *Concentration) error {
	p := &content.Problems{}
	p.ID("concentration.spell", c.Spell)
	p.Name("concentration.name", c.Name)
	p.Between("concentration.level", c.Level, 0, 9)
	return p.Err()
}

func (e ConcentrationBegun) touch(t *touched) { t.creature(e.Creature) }

func (e ConcentrationBegun) redact(*State, View) any { return e }

// ConcentrationEnded tells that a creature concentrates no more.
type ConcentrationEnded struct {
	Creature string `json:"creature"`
	Spell    string `json:"spell"`
	Name     string `json:"name"`
	Reason   string `json:"reason"`
}

// Kind names the event.
func (ConcentrationEnded) Kind() string { return "concentration_ended" }

func (e ConcentrationEnded) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Concentration == nil {
		return fmt.Errorf("%.40q does not concentrate", e.Creature)
	}
	c.Concentration = nil
	return nil
}

func (e ConcentrationEnded) touch(t *touched) { t.creature(e.Creature) }

func (e ConcentrationEnded) redact(*State, View) any { return e }

// known lists the spells that a creature can cast as a reaction to something.
func (t *table) reactionSpells(c *Creature, on content.Moment) []*content.Spell {
	casting := c.block.Spellcasting
	if casting == nil {
		return nil
	}
	var list []*content.Spell
	for _, known := range casting.Spells {
		spell := t.spell(known.ID)
		if spell != nil && spell.Trigger != nil && spell.Trigger.On == on && !slices.Contains(list, spell) {
			list = append(list, spell)
		}
	}
	return list
}
