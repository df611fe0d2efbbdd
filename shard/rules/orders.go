// SPDX-License-Identifier: Apache-2.0

package rules

import "fmt"

// GiveOrders says how a creature answers chances to react.
type GiveOrders struct {
	Creature string `json:"creature"`
	Orders   Orders `json:"orders"`
}

// Kind names the command.
func (GiveOrders) Kind() string { return "orders" }

func (g GiveOrders) decide(t *table) *Refusal {
	c := t.creature(g.Creature)
	if c == nil {
		return refuse(CodeUnknownCreature, "There is no creature %.40q.", g.Creature)
	}
	if !t.controls(c) {
		return refuse(CodeNotYourCreature, "%s is not yours to order.", c.Name)
	}
	if !knownOrders(g.Orders) {
		return refuse(CodeMalformedCommand, "Orders are ask, take, leave or nothing.")
	}
	t.emit(OrdersGiven(g))
	return nil
}

func knownOrders(o Orders) bool {
	return o == "" || o == OrdersAsk || o == OrdersTake || o == OrdersLeave
}

// OrdersGiven tells how a creature answers chances to react from now on.
type OrdersGiven struct {
	Creature string `json:"creature"`
	Orders   Orders `json:"orders"`
}

// Kind names the event.
func (OrdersGiven) Kind() string { return "orders_given" }

func (e OrdersGiven) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || !knownOrders(e.Orders) {
		return fmt.Errorf("%.40q cannot have orders %.40q", e.Creature, string(e.Orders))
	}
	c.Orders = e.Orders
	return nil
}

func (e OrdersGiven) touch(t *touched) { t.creature(e.Creature) }

func (e OrdersGiven) redact(s *State, v View) any {
	if s.secretID(v, e.Creature) {
		return nil
	}
	return e
}
