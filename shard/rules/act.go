// SPDX-License-Identifier: Apache-2.0

package rules

import "gamesession.dev/operator/shard/rules/content"

// UseAction does one of a creature's actions that is more than an attack, or
// starts several attacks.
type UseAction struct {
	Creature string `json:"creature"`
	// Action is its reference.
	Action  string   `json:"action"`
	Targets []string `json:"targets,omitempty"`
	// Point is where an area or a zone is, or what it points at.
	Point  *Point   `json:"point,omitempty"`
	Spared []string `json:"spared,omitempty"`
	// Zone is the number of a zone, for what ends spells.
	Zone int `json:"zone,omitempty"`
}

// Kind names the command.
func (UseAction) Kind() string { return "act" }

func (c UseAction) decide(t *table) *Refusal {
	actor, refusal := t.actor(c.Creature)
	if refusal != nil {
		return refusal
	}
	d := t.deedOf(actor, c.Action, 0)
	if d == nil || d.action == nil || d.action.Cost == content.CostReaction || d.action.Cost == content.CostLegendary || d.action.Cost == content.CostLair {
		return refuse(CodeUnknownAction, "%s has no action %.40q.", actor.Name, c.Action)
	}
	if len(d.action.Multiattack) == 0 && d.act.Attack != nil {
		return refuse(CodeUnknownAction, "%s is an attack: use attack.", d.name)
	}
	if d.spell != nil {
		if refusal := t.canSpeak(actor, d.spell); refusal != nil {
			return refusal
		}
		if refusal := t.gestures(actor, d.spell); refusal != nil {
			return refusal
		}
	}
	price, refusal := t.actionPrice(actor, d)
	if refusal != nil {
		return refusal
	}
	if len(d.action.Multiattack) > 0 {
		price.Opens = d.action.Multiattack
		t.emit(Acted{Creature: actor.ID, Action: d.ref, Name: d.name, Price: price})
		return nil
	}
	aim := aim{targets: c.Targets, point: c.Point, spared: c.Spared, zone: c.Zone}
	task, refusal := t.aimed(actor, d, aim)
	if refusal != nil {
		return refusal
	}
	if d.spell != nil {
		t.cast(actor, d, price, task)
		return nil
	}
	t.emit(Acted{Creature: actor.ID, Action: d.ref, Name: d.name, Targets: task.Targets, Point: c.Point, Price: price})
	if d.magic {
		t.endOn(actor, content.EndOnAttack, "it casts")
	}
	t.push(task)
	return nil
}

// actionPrice finds what an action is paid with.
func (t *table) actionPrice(c *Creature, d *deed) (Price, *Refusal) {
	if refusal := t.usable(c, d); refusal != nil {
		return Price{}, refusal
	}
	switch d.action.Cost {
	case content.CostFree:
		return Price{Use: d.use()}, nil
	case content.CostBonus:
		price, refusal := t.bonusPrice(c)
		price.Use = d.use()
		return price, refusal
	}
	if at := inParts(t.Combat.Budget.Attacks, d.ref); at >= 0 {
		return Price{Attack: at + 1, Use: d.use()}, nil
	}
	if refusal := t.mayAct(c); refusal != nil {
		return Price{}, refusal
	}
	if t.Combat.Budget.Actions < 1 {
		return Price{}, refuse(CodeNoActionLeft, "%s has used its action this turn.", c.Name)
	}
	return Price{Actions: 1, Use: d.use()}, nil
}
