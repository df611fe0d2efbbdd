// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// EndTurn ends a creature's turn. Who plays the creature may end it; a game
// master may end anybody's, which is recorded as an override.
type EndTurn struct {
	Creature string `json:"creature"`
}

// Kind names the command.
func (EndTurn) Kind() string { return "end_turn" }

func (c EndTurn) decide(t *table) *Refusal {
	creature := t.creature(c.Creature)
	if creature == nil {
		return refuse(CodeUnknownCreature, "There is no creature %.40q.", c.Creature)
	}
	own := t.controls(creature)
	if !own && t.by.Role != RoleGM {
		return refuse(CodeNotYourCreature, "%s is not yours to act for.", creature.Name)
	}
	if refusal := t.itsTurn(creature); refusal != nil {
		return refusal
	}
	t.emit(TurnEnded{Creature: c.Creature, By: t.by.Player, Override: !own})
	t.push(Task{Do: stepEndTurn, Actor: creature.ID})
	return nil
}

// endOfTurn lets happen what happens at the end of a turn, in this order:
// zones, effects that recur, saves that end effects; then durations end, the
// legendary act, and the next turn begins. Within each the order is that in
// which the effects came (Simultaneous Effects; docs/rulings.md).
func (t *table) endOfTurn(task *Task) {
	c := t.creature(task.Actor)
	list := t.zonesAt(c, content.ZoneEnd)
	list = append(list, t.moments(c, content.OnTurnEnd)...)
	list = append(list, t.gazes(c, content.OnTurnEnd)...)
	list = append(list, Task{Do: stepTurnOver, Actor: c.ID})
	t.push(list...)
}

// moments gives the tasks of a creature's effects at a moment of its turn, and of
// those that it has on others and that count its turns.
func (t *table) moments(c *Creature, when content.Moment) []Task {
	var recur, save []Task
	for i := range c.Effects {
		effect := &c.Effects[i]
		if r := effect.Body.Recurs; r != nil && r.When == when && (r.Of != content.OfSource || effect.Source == c.ID) {
			recur = append(recur, Task{Do: stepRecur, Target: c.ID, Effect: effect.ID})
		}
		if ends := effect.Body.SaveEnds; ends != nil && ends.When == when {
			save = append(save, Task{Do: stepRepeat, Target: c.ID, Effect: effect.ID})
		}
	}
	for i := range t.Creatures {
		other := &t.Creatures[i]
		for j := range other.Effects {
			effect := &other.Effects[j]
			if r := effect.Body.Recurs; r != nil && r.When == when && r.Of == content.OfSource && effect.Source == c.ID && other != c {
				recur = append(recur, Task{Do: stepRecur, Target: other.ID, Effect: effect.ID})
			}
		}
	}
	return append(recur, save...)
}

// turnOver ends the durations that end with a turn, and offers others the
// moment after it.
func (t *table) turnOver(task *Task) {
	c := t.creature(task.Actor)
	t.clocks(c.ID, content.OnTurnEnd)
	t.stumble(c)
	t.push(Task{Do: stepNext})
	t.offerLegendary(c)
}

// stumble makes a creature prone that has to end its turn in the space of
// another one of its size or bigger (Moving around Other Creatures).
func (t *table) stumble(c *Creature) {
	if c.Status != Standing || !t.fills(c) || c.block.Size == content.Tiny || t.modified(c, content.KindSharesSpaces) {
		return
	}
	if other := t.inTheWay(c, c.Position, false); other != nil && bulk(other.block.Size) >= bulk(c.block.Size) {
		t.fallProne(c, c.ID)
	}
}

// clocks moves every duration that counts the turns of a creature, and ends
// those that are over.
func (t *table) clocks(of string, at content.Moment) {
	for i := range t.Creatures {
		c := &t.Creatures[i]
		for j := 0; j < len(c.Effects); j++ {
			effect := &c.Effects[j]
			if effect.Until == nil || effect.Until.Of != of || effect.Until.At != at {
				continue
			}
			if effect.Until.Turns <= 1 {
				t.endEffect(c, effect.ID, "its time is over")
				j = -1
				continue
			}
			if effect.Until.Turns > 0 {
				t.tick(c, effect)
			}
		}
	}
	for i := 0; i < len(t.Zones); i++ {
		z := &t.Zones[i]
		if z.Until == nil || z.Until.Of != of || z.Until.At != at {
			continue
		}
		if z.Until.Turns <= 1 {
			hold := z.Hold
			t.emit(ZoneEnded{Zone: z.ID, Name: z.Name, Reason: "its time is over"})
			t.dropHold(hold)
			i = -1
			continue
		}
		t.emit(ZoneClocked{Zone: z.ID, Turns: z.Until.Turns - 1})
	}
}

// tick counts one turn of an effect.
func (t *table) tick(c *Creature, e *Effect) {
	t.emit(EffectChanged{Target: c.ID, Effect: e.ID, Successes: e.Successes, Failures: e.Failures, Turns: e.Until.Turns - 1})
}

// dropHold ends a concentration on which nothing hangs any more.
func (t *table) dropHold(hold int) {
	if hold == 0 {
		return
	}
	for i := range t.Creatures {
		if slices.ContainsFunc(t.Creatures[i].Effects, func(e Effect) bool { return e.Hold == hold }) {
			return
		}
	}
	if slices.ContainsFunc(t.Zones, func(z Zone) bool { return z.Hold == hold }) {
		return
	}
	for i := range t.Creatures {
		if c := &t.Creatures[i]; c.Concentration != nil && c.Concentration.ID == hold {
			t.endConcentration(c, "nothing is left of it")
		}
	}
}

// nextTurn starts the turn of the next creature in the order, or the first turn
// of a fight, the task's actor's; a new round begins at the top of the order
// (Combat: Step 3). Lairs act before, when their place comes.
func (t *table) nextTurn(task *Task) {
	if !task.Success && t.lairIsNext(task.Actor != "") {
		if asks := t.offerLair(); len(asks) > 0 {
			next := *task
			next.Success = true
			t.push(append(asks, next)...)
			return
		}
	}
	if task.Actor != "" {
		t.startTurn(t.creature(t.Combat.Order[0].Creature), 1, 0)
		return
	}
	t.passOn()
}

// lairIsNext tells whether lairs act before the next turn, or the first one.
func (t *table) lairIsNext(first bool) bool {
	if first {
		return t.lairPlace() == 0
	}
	place, wraps := t.Combat.Turn, false
	for range len(t.Combat.Order) + 1 {
		if place++; place >= len(t.Combat.Order) {
			place, wraps = 0, true
		}
		if c := t.creature(t.Combat.Order[place].Creature); c != nil && c.Status != Dead {
			break
		}
	}
	return t.passesLair(t.Combat.Turn, place, wraps)
}

// passOn starts the turn of the next creature that is not dead. What lasts until
// the turn of a dead one ends with it.
func (t *table) passOn() {
	round, place := t.Combat.Round, t.Combat.Turn
	for range len(t.Combat.Order) + 1 {
		place++
		if place >= len(t.Combat.Order) {
			round, place = round+1, 0
		}
		c := t.creature(t.Combat.Order[place].Creature)
		if c == nil {
			continue
		}
		if c.Status != Dead {
			t.startTurn(c, round, place)
			return
		}
		t.clocks(c.ID, content.OnTurnStart)
		t.clocks(c.ID, content.OnTurnEnd)
	}
	t.broken = fmt.Errorf("nobody is left to take a turn")
}

// startTurn gives a creature its turn.
func (t *table) startTurn(c *Creature, round, place int) {
	budget := Budget{Actions: 1, Bonus: 1, Objects: 1}
	t.emit(TurnStarted{Creature: c.ID, Round: round, Place: place, Budget: budget, Movement: t.speed(c)})
	if t.surprised(c) {
		t.emit(BudgetSet{Creature: c.ID, Budget: Budget{}})
	}
	if c.Status == Standing {
		extra := 0
		t.each(c, func(m *content.Modifier, _ origin) {
			if m.Kind == content.KindExtraAction {
				extra = 1
			}
		})
		if extra > 0 {
			t.emit(Granted{Creature: c.ID, Extra: extra})
		}
	}
	t.push(Task{Do: stepBegin, Actor: c.ID})
}

// beginTurn lets happen what happens at the start of a turn: durations end;
// then recharges are rolled, zones strike, effects recur, regeneration and
// death saves come, and who is looked at saves. The turn of who lies at 0 hit
// points is then over.
func (t *table) beginTurn(task *Task) {
	c := t.creature(task.Actor)
	t.clocks(c.ID, content.OnTurnStart)
	t.recharge(c)
	t.regenerate(c)
	if t.Combat.Phase != Fighting || c.Status == Dead {
		return
	}
	list := t.zonesAt(c, content.ZoneStart)
	list = append(list, t.moments(c, content.OnTurnStart)...)
	list = append(list, t.gazes(c, content.OnTurnStart)...)
	if c.Status == Unconscious {
		list = append(list, Task{Do: stepDeath, Actor: c.ID})
	}
	t.push(list...)
}

// gazes gives the tasks of the traits that strike who starts its turn near
// and can see, or ends it near, and those of the creature itself.
func (t *table) gazes(c *Creature, when content.Moment) []Task {
	var list []Task
	for i := range t.Creatures {
		other := &t.Creatures[i]
		if !t.present(other) || other.Status != Standing || t.incapacitated(other) {
			continue
		}
		for j := range other.block.Traits {
			trait := &other.block.Traits[j]
			trigger := trait.Trigger
			if trigger == nil {
				continue
			}
			switch {
			case trigger.On == content.OnLookedAt && when == content.OnTurnStart && enemies(c, other) && distance(c, other) <= trigger.Within && t.sees(c, other) && t.sees(other, c),
				trigger.On == when && other != c && enemies(c, other) && trigger.Within > 0 && distance(c, other) <= trigger.Within,
				trigger.On == when && other == c && trigger.Within == 0:
				list = append(list, Task{Do: stepTrait, Actor: other.ID, Target: c.ID, Action: refTrait + trait.ID})
			}
		}
	}
	return list
}

// recharge rolls for what was used and comes back by itself (Recharge X-Y),
// and brings back what is good once a turn.
func (t *table) recharge(c *Creature) {
	if c.Status != Standing {
		return
	}
	for i := range c.block.Actions {
		action := &c.block.Actions[i]
		if c.used(action.ID) == 0 {
			continue
		}
		if action.Uses.OncePerTurn {
			t.emit(Recharged{Creature: c.ID, Action: action.ID, Back: true})
		}
		if low := action.Uses.Recharge; low > 0 {
			roll := t.rollDamage("1d6", "", 1, false)
			t.emit(Recharged{Creature: c.ID, Action: action.ID, Roll: &roll, Back: roll.Total >= low})
		}
	}
}

// regenerate heals who regenerates, unless damage of the wrong type keeps it
// from it. Who lies at 0 hit points and does not regenerate dies.
func (t *table) regenerate(c *Creature) {
	var by *content.Modifier
	var name string
	t.each(c, func(m *content.Modifier, from origin) {
		if m.Kind == content.KindRegeneration {
			by, name = m, from.name
		}
	})
	if by == nil {
		t.clearHarm(c)
		return
	}
	hindered := slices.ContainsFunc(c.Harmed, func(kind DamageType) bool { return slices.Contains(by.DamageTypes, kind) })
	switch {
	case !hindered && c.HP < c.MaxHP() && c.Status != Dead:
		t.heal(c, by.Value, nil, name)
	case hindered && c.HP == 0 && c.Kind == Monster:
		t.kill(c, "it did not regenerate")
	}
	t.clearHarm(c)
}

func (t *table) clearHarm(c *Creature) {
	if len(c.Harmed) > 0 {
		t.emit(HarmForgotten{Creature: c.ID})
	}
}

// repeatSave repeats the save that ends an effect.
func (t *table) repeatSave(task *Task) {
	c := t.creature(task.Target)
	effect := c.effect(task.Effect)
	if effect == nil || c.Status == Dead {
		return
	}
	ends := effect.Body.SaveEnds
	if ends.OutOfSight {
		if source := t.creature(effect.Source); source != nil && t.present(source) && t.inSight(c, source) {
			return
		}
	}
	v := saving{ability: effect.Ability, dc: effect.DC, why: effect.Name, source: effect.Source, magic: effect.Magic, against: effect.Body.Conditions}
	if task.Swayed > 0 && ends.AdvantageOnDamage {
		v.swayed = []string{"Damage"}
	}
	name := effect.Name
	task.Do, task.Saved = stepRepeated, true
	task.Success, task.FailBy = t.saveBy(c, v)
	t.push(*task)
	if !task.Success {
		t.offerResistance(c, name)
	}
}

// savedAgain counts a repeated save: enough successes end the effect, enough
// failures make it worse.
func (t *table) savedAgain(task *Task) {
	c := t.creature(task.Target)
	effect := c.effect(task.Effect)
	if effect == nil {
		return
	}
	ends := effect.Body.SaveEnds
	next := EffectChanged{Target: c.ID, Effect: effect.ID, Successes: effect.Successes, Failures: effect.Failures}
	if effect.Until != nil {
		next.Turns = effect.Until.Turns
	}
	if task.Success {
		next.Successes++
	} else {
		next.Failures++
	}
	switch {
	case task.Success && next.Successes >= max(ends.Successes, 1):
		hold := effect.Hold
		t.endEffect(c, effect.ID, "it saved")
		t.dropHold(hold)
	case !task.Success && effect.Body.Worsens != nil && next.Failures >= max(ends.Failures, 1):
		worse := t.derived(effect, *effect.Body.Worsens, c)
		t.emit(EffectEnded{Target: c.ID, Effect: effect.ID, Name: effect.Name, Reason: "it gets worse"})
		t.addEffect(c, worse)
	case ends.Successes > 1 || ends.Failures > 1:
		t.emit(next)
	}
}

// recur lets an effect do again what it does each turn.
func (t *table) recur(task *Task) {
	c := t.creature(task.Target)
	effect := c.effect(task.Effect)
	if effect == nil || c.Status == Dead {
		return
	}
	r := effect.Body.Recurs
	for i := range r.Damage {
		roll := t.rollDamage(r.Damage[i].Dice, r.Damage[i].Type, 1, false)
		roll.OnSave = r.Damage[i].OnSave
		task.Rolls = append(task.Rolls, roll)
	}
	if len(task.Rolls) > 0 {
		t.emit(DamageRolled{Source: effect.Source, Name: effect.Name, Rolls: task.Rolls})
	}
	task.Do = stepRecurred
	if r.Save == nil {
		t.recurred(task)
		return
	}
	dc := r.Save.DC
	if dc == 0 {
		dc = effect.DC
	}
	name := effect.Name
	task.Saved = true
	task.Success, task.FailBy = t.saveBy(c, saving{ability: r.Save.Ability, dc: dc, why: name, source: effect.Source, magic: effect.Magic})
	t.push(*task)
	if !task.Success {
		t.offerResistance(c, name)
	}
}

// recurred is what an effect does each turn, after its save.
func (t *table) recurred(task *Task) {
	c := t.creature(task.Target)
	effect := c.effect(task.Effect)
	if effect == nil {
		return
	}
	if len(task.Rolls) > 0 {
		t.strikeWith(c, &blow{source: effect.Source, name: effect.Name, rolls: task.Rolls, saves: task.Saved, saved: task.Success, evades: t.evades(c, effect.Body.Recurs.Save)})
	}
	if dice := effect.Body.Recurs.Heal; dice != "" {
		roll := t.rollDamage(dice, "", 1, false)
		t.heal(c, roll.Total, []DamageRoll{roll}, effect.Name)
	}
}
