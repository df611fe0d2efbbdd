// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
)

// Options of windows that are no references of actions.
const (
	optionReady  = "ready"
	optionResist = "resist"
	refShove     = "shove"
)

// anySlot finds the lowest level at which a creature can cast a spell now.
func (t *table) anySlot(c *Creature, spell *content.Spell) (*deed, Price, bool) {
	if d, price, refusal := t.castPrice(c, spell.ID, 0); refusal == nil {
		return d, price, true
	}
	for level := spell.Level + 1; level <= 9; level++ {
		if d, price, refusal := t.castPrice(c, spell.ID, level); refusal == nil {
			return d, price, true
		}
	}
	return nil, Price{}, false
}

// offerResistance asks a creature that failed a save whether it succeeds
// instead (Legendary Resistance). The task that waits for it is next.
func (t *table) offerResistance(c *Creature, what string) {
	if t.resistancesLeft(c) > 0 {
		t.push(Task{Do: stepAsk, Ask: &Window{
			Creature: c.ID, Kind: AskResistance, Options: []string{optionResist},
			Why: fmt.Sprintf("%s failed its save against %s.", c.Name, what),
		}})
	}
}

// resistancesLeft counts the legendary resistances a creature still has.
func (t *table) resistancesLeft(c *Creature) int {
	return t.legendaryUses(c.block.LegendaryResistance) - c.Resisted
}

func (t *table) legendaryUses(l *content.Legendary) int {
	switch {
	case l == nil:
		return 0
	case t.Options.Lair && t.rules.lairAddsUses && l.LairUses > 0:
		return l.LairUses
	default:
		return l.Uses
	}
}

// mayReact refuses an answer that cannot be given as it is.
func (t *table) mayReact(c *Creature, w *Window, r *React) *Refusal {
	switch w.Kind {
	case AskOpportunity, AskResistance, AskReady:
		return nil
	case AskLegendary, AskLair:
		d := t.deedOf(c, r.Option, 0)
		if refusal := t.usable(c, d); refusal != nil {
			return refusal
		}
		_, refusal := t.aimedReaction(c, d, w, r)
		return refusal
	}
	if spell, is := strings.CutPrefix(r.Option, refSpell); is && r.Level > 0 {
		if _, _, refusal := t.castPrice(c, spell, r.Level); refusal != nil {
			return refusal
		}
	}
	return nil
}

// aimedReaction finds what a reaction is aimed at: what the answer says, or
// who gave the occasion, or the creature itself.
func (t *table) aimedReaction(c *Creature, d *deed, w *Window, r *React) (Task, *Refusal) {
	a := aim{}
	if r != nil {
		a = aim{targets: r.Targets, point: r.Point}
		if r.Target != "" {
			a.targets = []string{r.Target}
		}
	}
	kind := d.act.Target.Kind
	if chooses := kind == content.TargetCreature || kind == content.TargetCreatures; chooses && len(a.targets) == 0 {
		switch {
		case w.Ally != "" && !harms(d.act):
			a.targets = []string{w.Ally}
		case w.By != "":
			a.targets = []string{w.By}
		}
	}
	if d.act.Attack != nil && len(a.targets) == 1 {
		target, ranged, refusal := t.attackTarget(c, d, a.targets[0])
		if refusal != nil {
			return Task{}, refusal
		}
		return Task{Do: stepStrike, Actor: c.ID, Target: target.ID, Action: d.ref, Ranged: ranged}, nil
	}
	return t.aimed(c, d, a)
}

// react does what an answer says. What waits is on the stack already.
func (t *table) react(c *Creature, w *Window, option string, r *React) {
	switch w.Kind {
	case AskOpportunity:
		t.push(Task{Do: stepStrike, Actor: c.ID, Target: w.By, Action: option, Price: &Price{Reaction: true}})
	case AskResistance:
		t.emit(Resisted{Creature: c.ID})
		if n := len(t.stack); n > 0 {
			t.stack[n-1].Success, t.stack[n-1].FailBy = true, 0
		}
	case AskReady:
		t.release(c, w)
	case AskLegendary, AskLair:
		t.reactLegendary(c, w, option, r)
	default:
		t.reactWith(c, w, option, r)
	}
}

// reactLegendary takes a legendary action.
func (t *table) reactLegendary(c *Creature, w *Window, option string, r *React) {
	d := t.deedOf(c, option, 0)
	task, refusal := t.aimedReaction(c, d, w, r)
	if refusal != nil {
		return // checked by mayReact
	}
	price := Price{Use: d.use()}
	if w.Kind == AskLegendary {
		price.Legendary = max(d.action.Uses.LegendaryCost, 1)
	}
	t.emit(Acted{Creature: c.ID, Action: d.ref, Name: d.name, Targets: task.Targets, Point: task.Point, Price: price})
	t.push(task)
}

// reactWith takes a reaction of the stat block, or casts a spell as one.
func (t *table) reactWith(c *Creature, w *Window, option string, r *React) {
	level := 0
	if r != nil {
		level = r.Level
	}
	price := Price{Reaction: true}
	var d *deed
	if id, is := strings.CutPrefix(option, refSpell); is {
		var slot Price
		var ok bool
		if level > 0 {
			var refusal *Refusal
			d, slot, refusal = t.castPrice(c, id, level)
			ok = refusal == nil
		} else {
			d, slot, ok = t.anySlot(c, t.spell(id))
		}
		if !ok {
			return
		}
		price.Slot, price.Use, price.Spell = slot.Slot, slot.Use, slot.Spell
	} else if d = t.deedOf(c, option, 0); d != nil {
		price.Use = d.use()
	}
	if d == nil {
		return
	}
	task, refusal := t.aimedReaction(c, d, w, r)
	if refusal != nil {
		return
	}
	if task.Do == stepStrike {
		task.Price = &price
		t.push(task)
		return
	}
	if d.act.Negates {
		t.emit(Acted{Creature: c.ID, Action: d.ref, Name: d.name, Level: d.level, Targets: []string{w.By}, Price: price})
		t.negate(c, d, w)
		return
	}
	if d.act.HalvesDamage {
		t.halve(d.name)
	}
	if d.spell != nil {
		t.cast(c, d, price, task)
		return
	}
	t.emit(Acted{Creature: c.ID, Action: d.ref, Name: d.name, Targets: task.Targets, Price: price})
	t.push(task)
}

// halve lets the attack that waits to land deal half.
func (t *table) halve(by string) {
	for i := range slices.Backward(t.stack) {
		if t.stack[i].Do == stepLand {
			t.stack[i].Halved = by
			return
		}
	}
}

// negate stops the spell that gave the occasion: at once, or when its caster
// fails the save. Under 5.2.1 the caster keeps its slot.
func (t *table) negate(c *Creature, d *deed, w *Window) {
	caster := t.creature(w.By)
	at := len(t.stack) - 1
	for at >= 0 && (t.stack[at].Do != stepCast || t.stack[at].Actor != caster.ID) {
		at--
	}
	if at < 0 {
		return
	}
	if d.act.Save != nil && t.save(caster, saving{ability: d.act.Save.Ability, dc: t.saveDC(c, d), why: d.name, source: c.ID, magic: true}) {
		return
	}
	spell := t.stack[at]
	t.stack = append(t.stack[:at], t.stack[at+1:]...)
	slot := 0
	if known := t.deedOf(caster, spell.Action, spell.Level); d.act.Save != nil && known != nil && known.spell != nil && known.spell.Level > 0 &&
		caster.slotsSpent(spell.Level) > 0 {
		slot = spell.Level
	}
	t.emit(SpellStopped{Creature: caster.ID, Spell: spell.Action, By: c.ID, SlotBack: slot})
}

// SpellStopped tells that a spell takes no effect.
type SpellStopped struct {
	Creature string `json:"creature"`
	Spell    string `json:"spell"`
	By       string `json:"by"`
	// SlotBack is the level of the slot that its caster keeps.
	SlotBack int `json:"slotBack,omitempty"`
}

// Kind names the event.
func (SpellStopped) Kind() string { return "spell_stopped" }

func (e SpellStopped) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || e.SlotBack < 0 || e.SlotBack > 0 && c.slotsSpent(e.SlotBack) < 1 {
		return fmt.Errorf("%.40q has no slot of level %d to keep", e.Creature, e.SlotBack)
	}
	if e.SlotBack > 0 {
		c.SlotsSpent = slices.Clone(c.SlotsSpent)
		c.SlotsSpent[e.SlotBack-1]--
	}
	return nil
}

func (e SpellStopped) touch(t *touched) { t.creature(e.Creature) }

func (e SpellStopped) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		e.SlotBack = 0
	}
	return e
}

// Resisted tells that a creature turned a failed save into a success.
type Resisted struct {
	Creature string `json:"creature"`
}

// Kind names the event.
func (Resisted) Kind() string { return "resisted" }

func (e Resisted) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Resisted >= maxActions {
		return fmt.Errorf("%.40q cannot resist", e.Creature)
	}
	c.Resisted++
	return nil
}

func (e Resisted) touch(t *touched) { t.creature(e.Creature) }

func (e Resisted) redact(*State, View) any { return e }

// offerLegendary asks the legendary creatures, after another creature's turn,
// whether they act (Legendary Actions).
func (t *table) offerLegendary(over *Creature) {
	var asks []Task
	for c := range t.afterTurn() {
		left := t.legendaryUses(c.block.Legendary) - c.LegendarySpent
		if c == over || left < 1 || c.Status != Standing || t.incapacitated(c) {
			continue
		}
		var options []string
		for i := range c.block.Actions {
			action := &c.block.Actions[i]
			if action.Cost != content.CostLegendary || max(action.Uses.LegendaryCost, 1) > left {
				continue
			}
			if d := t.deedOf(c, action.ID, 0); d != nil && t.usable(c, d) == nil {
				options = append(options, action.ID)
			}
		}
		if len(options) > 0 {
			asks = append(asks, Task{Do: stepAsk, Ask: &Window{
				Creature: c.ID, Kind: AskLegendary, Options: options, Why: fmt.Sprintf("The turn of %s is over.", over.Name),
			}})
		}
	}
	t.push(asks...)
}

// wakeTraits lets traits of a creature that was hit act on who did it, and
// split those that split.
func (t *table) wakeTraits(target, source *Creature, b *blow, dealt *DamageDealt, bloodied bool) {
	for i := range target.block.Traits {
		trait := &target.block.Traits[i]
		trigger := trait.Trigger
		if trigger == nil || trigger.Within > 0 && distance(target, source) > trigger.Within {
			continue
		}
		switch trigger.On {
		case content.OnHitByMelee, content.OnTouched:
			if b.melee && source != target {
				t.push(Task{Do: stepTrait, Actor: target.ID, Target: source.ID, Action: refTrait + trait.ID})
			}
		case content.OnDamaged:
			if damagedBy(trigger.DamageTypes, dealt) {
				t.push(Task{Do: stepTrait, Actor: target.ID, Target: source.ID, Action: refTrait + trait.ID})
			}
		case content.OnBloodied:
			if bloodied {
				t.push(Task{Do: stepTrait, Actor: target.ID, Target: source.ID, Action: refTrait + trait.ID})
			}
		case content.OnSplit:
			if damagedBy(trigger.DamageTypes, dealt) && trait.Activity.Splits > 0 && target.HP >= trait.Activity.Splits {
				t.push(Task{Do: stepSplit, Actor: target.ID})
			}
		}
	}
}

// traitActs lets a trait do what it does: to who woke it, or to who is around.
func (t *table) traitActs(task *Task) {
	c := t.creature(task.Actor)
	if c == nil || c.removed() {
		return
	}
	d := t.deedOf(c, task.Action, 0)
	if d == nil {
		return
	}
	next := Task{Do: stepDo, Actor: c.ID, Action: task.Action}
	switch d.act.Target.Kind {
	case content.TargetArea:
		targets, refusal := t.aimedArea(c, d, aim{})
		if refusal != nil {
			return
		}
		next.Targets = slices.DeleteFunc(targets, func(id string) bool { return id == c.ID })
	case content.TargetSelf, "":
		next.Targets = []string{c.ID}
	default:
		if task.Target == "" {
			return
		}
		next.Targets = []string{task.Target}
	}
	t.push(next)
}
