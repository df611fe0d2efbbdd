// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// MakeAttack makes one attack: with the action, with one of the attacks of an
// action under way, or with a bonus action where the attack says so.
type MakeAttack struct {
	Attacker string `json:"attacker"`
	Target   string `json:"target"`
	// Attack is the id of one of the attacker's attacks.
	Attack string `json:"attack"`
	// Off is the extra attack with a second light weapon (Weapon Properties:
	// Light).
	Off bool `json:"off,omitempty"`
	// KnockOut: a melee attack that would bring the target to 0 hit points
	// knocks it out (Knocking Out a Creature).
	KnockOut bool `json:"knockOut,omitempty"`
}

// Kind names the command.
func (MakeAttack) Kind() string { return "attack" }

func (c MakeAttack) decide(t *table) *Refusal {
	attacker, refusal := t.actor(c.Attacker)
	if refusal != nil {
		return refusal
	}
	d := t.deedOf(attacker, c.Attack, 0)
	if d == nil || d.act.Attack == nil || d.action == nil || d.action.Cost == content.CostReaction || d.action.Cost == content.CostLegendary {
		return refuse(CodeUnknownAttack, "%s has no attack %.40q.", attacker.Name, c.Attack)
	}
	price, refusal := t.attackPrice(attacker, d, c.Off)
	if refusal != nil {
		return refusal
	}
	if t.cannot(attacker, "attack") {
		return refuse(CodeIncapacitated, "%s cannot attack now.", attacker.Name)
	}
	target, ranged, refusal := t.attackTarget(attacker, d, c.Target)
	if refusal != nil {
		return refusal
	}
	t.push(Task{Do: stepStrike, Actor: attacker.ID, Target: target.ID, Action: d.ref, Ranged: ranged, Off: c.Off,
		Knocks: c.KnockOut && !ranged, Price: &price})
	return nil
}

// attackPrice finds what an attack is paid with.
func (t *table) attackPrice(c *Creature, d *deed, off bool) (Price, *Refusal) {
	if refusal := t.usable(c, d); refusal != nil {
		return Price{}, refusal
	}
	budget := &t.Combat.Budget
	price := Price{Use: d.use()}
	if slices.Contains(d.act.Attack.Properties, content.Light) {
		price.Made = &Made{Attack: d.ref, Weapon: d.act.Attack.Weapon}
	}
	if off {
		return t.offPrice(c, d, price)
	}
	if d.action.Cost == content.CostBonus {
		bonus, refusal := t.bonusPrice(c)
		bonus.Use, bonus.Made = price.Use, price.Made
		return bonus, refusal
	}
	if refusal := t.mayAct(c); refusal != nil {
		return price, refusal
	}
	if at := inParts(budget.Attacks, d.ref); at >= 0 {
		price.Attack = at + 1
		return price, nil
	}
	switch {
	case budget.Actions > 0:
		price.Actions = 1
		price.Opens = t.opens(c, d.ref)
		return price, nil
	case budget.Extra > 0:
		price.Extra = 1
		return price, nil
	default:
		return price, refuse(CodeNoActionLeft, "%s has used its action this turn.", c.Name)
	}
}

// opens gives the attacks that follow when an attack is the first of several
// (Multiattack).
func (t *table) opens(c *Creature, ref string) []content.Multiattack {
	if t.cannot(c, "second_attack") {
		return nil
	}
	for i := range c.block.Actions {
		action := &c.block.Actions[i]
		if at := inParts(action.Multiattack, ref); at >= 0 {
			return takeAttack(action.Multiattack, at)
		}
	}
	return nil
}

// offPrice is what the extra attack with another light weapon is paid with: a
// bonus action, or nothing with Nick.
func (t *table) offPrice(c *Creature, d *deed, price Price) (Price, *Refusal) {
	first := slices.ContainsFunc(t.Combat.Budget.Made, func(m Made) bool { return m.Attack != d.ref })
	if !first || !slices.Contains(d.act.Attack.Properties, content.Light) {
		return price, refuse(CodeNoSecondWeapon, "%s needs to have attacked with another light weapon this turn.", c.Name)
	}
	if t.masters(c) && d.act.Attack.Mastery == content.Nick && !slices.Contains(t.Combat.Budget.Once, c.ID+"/Nick") {
		price.Once = c.ID + "/Nick"
		return price, nil
	}
	bonus, refusal := t.bonusPrice(c)
	bonus.Use, bonus.Made = price.Use, price.Made
	return bonus, refusal
}

// masters tells whether a creature uses the mastery properties of weapons.
func (t *table) masters(c *Creature) bool { return t.rules.masteries && c.block.Masteries }

// attackTarget finds who is attacked, if it can be (Making an Attack; Range;
// Reach; Cover). It tells whether the attack is a ranged one.
func (t *table) attackTarget(attacker *Creature, d *deed, id string) (*Creature, bool, *Refusal) {
	target, refusal := t.victim(attacker, id)
	if refusal != nil {
		return nil, false, refusal
	}
	if target == attacker {
		return nil, false, refuse(CodeInvalidTarget, "%s cannot attack itself.", attacker.Name)
	}
	if refusal := t.suits(d, target); refusal != nil {
		return nil, false, refusal
	}
	away, limit := distance(attacker, target), d.limit()
	if away > limit {
		return nil, false, refuse(CodeOutOfRange, "%s is %d feet away; %s carries %d.", target.Name, away, d.name, limit).
			with("distance", away).with("limit", limit)
	}
	if t.ground.Cover(attacker.space(), target.space(), nil) == grid.TotalCover {
		return nil, false, refuse(CodeNoLine, "%s is behind total cover.", target.Name)
	}
	attack := d.act.Attack
	return target, attack.Kind == Ranged || away > attack.Reach, nil
}

// victim finds a creature that something is done to.
func (t *table) victim(actor *Creature, id string) (*Creature, *Refusal) {
	target := t.creature(id)
	switch {
	case target == nil:
		return nil, refuse(CodeUnknownCreature, "There is no creature %.40q.", id)
	case target.Status == Dead:
		return nil, refuse(CodeTargetDown, "%s is %s.", target.Name, target.Status)
	case target.removed():
		return nil, refuse(CodeInvalidTarget, "%s is not here.", target.Name)
	case target.Hiding > 0 && !t.sees(actor, target) && enemies(actor, target):
		return nil, refuse(CodeTargetHidden, "%s does not know where %s is.", actor.Name, target.Name)
	case t.charmedBy(actor, target):
		return nil, refuse(CodeCharmed, "%s is charmed by %s and cannot harm it.", actor.Name, target.Name)
	}
	return target, nil
}

// charmedBy tells whether a creature cannot attack another (Charmed).
func (t *table) charmedBy(c, other *Creature) bool {
	if len(c.Effects) == 0 {
		return false
	}
	charmed := false
	t.each(c, func(m *content.Modifier, from origin) {
		charmed = charmed || m.Kind == content.KindCannot && from.source == other.ID && slices.Contains(m.Deeds, "attack_source")
	})
	return charmed
}

// limit is how far an attack carries, in feet.
func (d *deed) limit() int {
	a := d.act.Attack
	limit := max(a.Reach, a.Range, a.LongRange)
	if limit == 0 {
		limit = d.act.Target.Range
	}
	return limit
}

// normalRange is how far it carries without disadvantage.
func (d *deed) normalRange() int {
	a := d.act.Attack
	if a.Range == 0 {
		return max(a.Reach, d.act.Target.Range)
	}
	return a.Range
}

// Sources of advantage and disadvantage on an attack roll.
const (
	sourceCloseEnemy     = "Enemy within 5 feet"
	sourceLongRange      = "Long range"
	sourceUnseenTarget   = "Unseen target"
	sourceUnseenAttacker = "Unseen attacker"
	sourceHeavy          = "Heavy weapon"
)

// strike rolls an attack against the target's AC. A natural 20 hits and is a
// critical hit, a natural 1 misses, whatever the total (Attack Rolls: Rolling
// 20 or 1).
func (t *table) strike(task *Task) {
	attacker, target := t.creature(task.Actor), t.creature(task.Target)
	if attacker == nil || target == nil || attacker.Status != Standing || !t.present(target) {
		return
	}
	d := t.deedOf(attacker, task.Action, task.Level)
	if d == nil {
		return
	}
	k := contest{roll: content.RollAttack, bearer: attacker, other: target, attack: d.act.Attack, ranged: task.Ranged, magic: d.magic,
		ability: d.ability(task.Ranged)}
	advantage, disadvantage := t.attackSources(attacker, target, d, task.Ranged)
	roll := t.test(&k, advantage, disadvantage, Modifier{Source: d.name, Value: d.attack})
	task.Swayed = leaning(roll.Advantage, roll.Disadvantage)
	task.AC, task.Cover = t.armorClass(attacker, target)
	task.Natural, task.Total = roll.Natural, roll.Total
	event := AttackRolled{Attacker: attacker.ID, Target: target.ID, Attack: d.ref, Roll: roll, AC: task.AC, Outcome: Miss, Cover: task.Cover}
	if task.Price != nil {
		event.Price = *task.Price
	}
	critical := 20
	if on := d.act.Attack.CritOn; on > 0 {
		critical = on
	}
	switch {
	case roll.Natural >= critical:
		event.Outcome = CriticalHit
	case roll.Natural != 1 && roll.Total >= task.AC:
		event.Outcome = Hit
		if t.critsNear(attacker, target) {
			event.Outcome = CriticalHit
		}
	}
	task.Hit, task.Crit = event.Outcome != Miss, event.Outcome == CriticalHit
	t.emit(event)
	t.afterRoll(attacker, target)
	task.Do, task.Price = stepLand, nil
	if asks := t.onHit(task, attacker, target); len(asks) > 0 {
		t.push(append(asks, *task, Task{Do: stepSettle})...)
		return
	}
	t.land(task)
}

// ability is the ability an attack is made with.
func (d *deed) ability(ranged bool) content.Ability {
	switch {
	case d.act.Attack.Ability != "":
		return d.act.Attack.Ability
	case ranged && !slices.Contains(d.act.Attack.Properties, content.Thrown):
		return content.Dexterity
	default:
		return content.Strength
	}
}

// critsNear tells whether every hit of the attacker on the target is critical
// (Paralyzed, Unconscious).
func (t *table) critsNear(attacker, target *Creature) bool {
	crits := false
	k := contest{roll: content.RollAttacked, bearer: target, other: attacker}
	t.each(target, func(m *content.Modifier, from origin) {
		crits = crits || m.Kind == content.KindAutoCrit && t.holds(m, from, &k)
	})
	return crits
}

// attackSources lists what gives an attack advantage and disadvantage beside
// the modifiers of the two creatures (Ranged Attacks in Close Combat; Range;
// Unseen Attackers and Targets; Heavy).
func (t *table) attackSources(attacker, target *Creature, d *deed, ranged bool) (advantage, disadvantage []string) {
	if ranged {
		if t.enemyBeside(attacker) {
			disadvantage = append(disadvantage, sourceCloseEnemy)
		}
		if distance(attacker, target) > d.normalRange() {
			disadvantage = append(disadvantage, sourceLongRange)
		}
	}
	if !t.sees(attacker, target) {
		disadvantage = append(disadvantage, sourceUnseenTarget)
	}
	if !t.sees(target, attacker) {
		if target.Status == Standing { // else its condition says so already
			advantage = append(advantage, sourceUnseenAttacker)
		}
	}
	if slices.Contains(d.act.Attack.Properties, content.Heavy) && t.tooHeavy(attacker, ranged) {
		disadvantage = append(disadvantage, sourceHeavy)
	}
	return advantage, disadvantage
}

// tooHeavy tells whether a heavy weapon is too much for a creature.
func (t *table) tooHeavy(c *Creature, ranged bool) bool {
	if t.rules.heavySmall {
		return bulk(c.block.Size) <= bulk(content.Small)
	}
	if ranged {
		return c.block.Abilities.Dex < 13
	}
	return c.block.Abilities.Str < 13
}

// enemyBeside tells whether an enemy that sees the creature and is not
// incapacitated is within 5 feet.
func (s *State) enemyBeside(c *Creature) bool {
	for i := range s.Creatures {
		other := &s.Creatures[i]
		if enemies(c, other) && other.Status == Standing && !other.removed() && distance(other, c) <= 5 &&
			!s.incapacitated(other) && s.sees(other, c) {
			return true
		}
	}
	return false
}

// armorClass is a target's AC against an attacker, cover included, and the
// bonus of that cover (Cover).
func (t *table) armorClass(attacker, target *Creature) (ac, cover int) {
	cover = t.coverAgainst(attacker, target)
	ac = target.block.AC + cover
	k := contest{roll: content.RollAC, bearer: target, other: attacker}
	var counted []string
	t.each(target, func(m *content.Modifier, from origin) {
		if m.Kind == content.KindBonus && slices.Contains(m.On, content.RollAC) && t.holds(m, from, &k) && !slices.Contains(counted, from.name) {
			counted = append(counted, from.name)
			ac += m.Value
		}
	})
	return max(ac, 1), cover
}

// coverAgainst is the bonus of the cover that a target has against an
// attacker; creatures in between give half.
func (t *table) coverAgainst(attacker, target *Creature) int {
	if distance(attacker, target) <= 5 {
		return 0
	}
	others := make([]grid.Space, 0, len(t.Creatures))
	for i := range t.Creatures {
		if c := &t.Creatures[i]; c != attacker && c != target && t.present(c) && !t.has(c, content.Prone) {
			others = append(others, c.space())
		}
	}
	return t.ground.Cover(attacker.space(), target.space(), others).Bonus()
}

// afterRoll draws what follows from the roll itself: who attacks is hidden no
// more, and effects that wait for an attack end.
func (t *table) afterRoll(attacker, target *Creature) {
	t.reveal(attacker, "it attacks")
	t.endOn(attacker, content.EndOnAttack, "it attacks")
	t.endOn(target, content.EndOnAttacked, "it was attacked")
	t.endOnOwnRoll(attacker, content.RollAttack)
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
