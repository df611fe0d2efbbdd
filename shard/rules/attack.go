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
	if refusal := t.arm(attacker, d, ranged, &price); refusal != nil {
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
	at, fires := inParts(budget.Attacks, d.ref), c.loads(d)
	empty := fires != "" && slices.Contains(budget.Fired, fires)
	switch {
	case at >= 0 && !empty:
		price.Attack, price.Fires = at+1, fires
		return price, nil
	case budget.Actions > 0:
		price.Actions, price.Fires = 1, fires
		price.Opens = t.opens(c, d.ref)
		return price, nil
	case budget.Extra > 0:
		price.Extra = 1
		return price, nil
	case at >= 0:
		return price, refuse(CodeNotLoaded, "%s has to load %s: it fires once an action.", c.Name, d.name)
	default:
		return price, refuse(CodeNoActionLeft, "%s has used its action this turn.", c.Name)
	}
}

// loads names the attack if its weapon takes so long to load that a character
// fires it once an action, however many attacks it has (Weapon Properties:
// Loading). A monster makes the attacks of its Multiattack as they are written.
func (c *Creature) loads(d *deed) string {
	if c.block.Level > 0 && slices.Contains(d.act.Attack.Properties, content.Loading) {
		return d.ref
	}
	return ""
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
	if !t.rules.attackDraws && !t.wields(c, d.act.Attack) {
		return price, refuse(CodeNoSecondWeapon, "%s needs %s in its other hand.", c.Name, d.name)
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
	if target.ID == attacker.ID {
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
