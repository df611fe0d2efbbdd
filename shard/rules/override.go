// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// A game master may set right what the rules decided. Each override is an
// event that names who did it.

// overrides tells whether the caller may override, and finds the creature.
func (t *table) overrides(id string) (*Creature, *Refusal) {
	if t.by.Role != RoleGM {
		return nil, refuse(CodeRoleNotAllowed, "Only a game master does that.")
	}
	c := t.creature(id)
	if c == nil {
		return nil, refuse(CodeUnknownCreature, "There is no creature %.40q.", id)
	}
	return c, nil
}

// SetHP sets a creature's hit points: 0 makes it fall, more than 0 brings it
// back, even from the dead. It is the game master's command.
type SetHP struct {
	Creature string `json:"creature"`
	HP       int    `json:"hp"`
	// Temp sets the temporary hit points that it gains, if above 0.
	Temp int `json:"temp,omitempty"`
}

// Kind names the command.
func (SetHP) Kind() string { return "set_hp" }

func (c SetHP) decide(t *table) *Refusal {
	creature, refusal := t.overrides(c.Creature)
	if refusal != nil {
		return refusal
	}
	if c.HP < 0 || c.HP > creature.MaxHP() || c.Temp < 0 || c.Temp > MaxHP {
		return refuse(CodeMalformedCommand, "%s can have 0 to %d hit points.", creature.Name, creature.MaxHP()).with("most", creature.MaxHP())
	}
	switch {
	case creature.Status == Dead && c.HP == 0:
		return refuse(CodeTargetDown, "%s is dead.", creature.Name)
	case creature.Status == Dead && c.HP <= creature.MaxHP():
		if t.inTheWay(creature, creature.Position, false) != nil || !t.ground.Fits(creature.space()) {
			return refuse(CodeSquareOccupied, "%s lies in the space of another.", creature.Name)
		}
		t.emit(Revived{Creature: creature.ID, HP: c.HP, By: t.by.Player})
	case c.HP == creature.HP:
		t.emit(HPSet{Target: creature.ID, Before: creature.HP, After: c.HP, Reason: "Override", By: t.by.Player})
	default:
		t.emit(HPSet{Target: creature.ID, Before: creature.HP, After: c.HP, Reason: "Override", By: t.by.Player})
		if c.HP == 0 && creature.Status == Standing {
			t.drop(creature)
		}
	}
	if c.Temp > 0 {
		t.emit(TempHPGained{Target: creature.ID, Amount: c.Temp, Source: "Override"})
	}
	return nil
}

// drop lets a creature fall that has no hit points any more, whatever its
// traits would do about damage.
func (t *table) drop(c *Creature) {
	if c.Kind == Monster && !t.regenerates(c) {
		t.kill(c, "Override")
		return
	}
	t.emit(CreatureFell{Creature: c.ID, Status: Unconscious})
	t.afterFall(c)
}

// SetCondition gives a creature a condition until it is taken away, or takes
// one away with all effects that bring it. Of exhaustion it gives or takes one
// level. It is the game master's command.
type SetCondition struct {
	Creature  string      `json:"creature"`
	Condition ConditionID `json:"condition"`
	// Off takes it away.
	Off bool `json:"off,omitempty"`
	// Rounds it lasts; 0 lasts until it is taken away.
	Rounds int `json:"rounds,omitempty"`
}

// Kind names the command.
func (SetCondition) Kind() string { return "set_condition" }

func (c SetCondition) decide(t *table) *Refusal {
	creature, refusal := t.overrides(c.Creature)
	if refusal != nil {
		return refusal
	}
	condition := t.rules.conditions[c.Condition]
	if condition == nil || c.Rounds < 0 || c.Rounds > content.MaxDuration {
		return refuse(CodeMalformedCommand, "There is no condition %.40q.", string(c.Condition))
	}
	if creature.Status == Dead {
		return refuse(CodeTargetDown, "%s is dead.", creature.Name)
	}
	if c.Off {
		return t.takeCondition(creature, c.Condition)
	}
	e := Effect{ID: t.Serial + 1, Name: condition.Name, Body: content.Effect{Conditions: []ConditionID{c.Condition}}}
	if c.Condition == content.Prone {
		e.Body.EndsOn = []content.EndOn{content.EndOnStand}
	}
	if c.Condition == content.Exhaustion {
		e.Body = content.Effect{Exhaustion: 1}
	}
	if c.Rounds > 0 {
		e.Until = &Until{Of: creature.ID, At: content.OnTurnStart, Turns: c.Rounds}
	}
	if len(creature.Effects) >= maxListed-1 {
		return refuse(CodeInvalidTarget, "%s has too many effects already.", creature.Name)
	}
	t.emit(EffectAdded{Target: creature.ID, Effect: e, By: t.by.Player})
	t.afterEffect(creature)
	t.checkEnd()
	return nil
}

// takeCondition ends every effect that brings a condition.
func (t *table) takeCondition(c *Creature, id ConditionID) *Refusal {
	ended := false
	for _, e := range slices.Clone(c.Effects) {
		if slices.Contains(e.Body.Conditions, id) && c.effect(e.ID) != nil {
			t.endEffectBy(c, e.ID, "Override", t.by.Player)
			ended = true
		}
	}
	if id == content.Exhaustion && c.Exhaustion > 0 {
		t.emit(EffectAdded{Target: c.ID, By: t.by.Player, Effect: Effect{ID: t.Serial + 1, Name: "Exhaustion", Body: content.Effect{Exhaustion: -1}}})
		ended = true
	}
	if id == content.Invisible && c.Hiding > 0 {
		t.emit(Revealed{Creature: c.ID, At: c.Position, Reason: "Override", By: t.by.Player})
		ended = true
	}
	if !ended {
		return refuse(CodeNothingToEnd, "%s is not %s.", c.Name, id)
	}
	return nil
}

// Place puts a creature somewhere on the map. It is the game master's command.
type Place struct {
	Creature string `json:"creature"`
	At       Point  `json:"at"`
}

// Kind names the command.
func (Place) Kind() string { return "place" }

func (c Place) decide(t *table) *Refusal {
	creature, refusal := t.overrides(c.Creature)
	if refusal != nil {
		return refusal
	}
	space := creature.spaceAt(c.At)
	if c.At == creature.Position || !t.ground.Fits(space) || creature.Status != Dead && t.crowded(creature, space) {
		return refuse(CodeSquareOccupied, "%s cannot be put at %v.", creature.Name, c.At)
	}
	from := creature.Position
	t.emit(Moved{Creature: creature.ID, From: from, Path: []Point{c.At}, How: WayPlaced, By: t.by.Player, Unseen: creature.Hiding > 0})
	t.carry(creature, from)
	t.checkGrips(creature)
	return nil
}

// Grant gives the creature on turn more to do, or any creature its reaction
// back. It is the game master's command.
type Grant struct {
	Creature string `json:"creature"`
	Actions  int    `json:"actions,omitempty"`
	Bonus    int    `json:"bonus,omitempty"`
	Movement int    `json:"movement,omitempty"`
	Reaction bool   `json:"reaction,omitempty"`
}

// Kind names the command.
func (Grant) Kind() string { return "grant" }

func (c Grant) decide(t *table) *Refusal {
	creature, refusal := t.overrides(c.Creature)
	if refusal != nil {
		return refusal
	}
	const most = 5
	if c.Actions < 0 || c.Bonus < 0 || c.Movement < 0 || c.Actions > most || c.Bonus > most || c.Movement > MaxSpeed || c.Movement%5 != 0 ||
		c.Actions+c.Bonus+c.Movement == 0 && !c.Reaction {
		return refuse(CodeMalformedCommand, "That cannot be granted.")
	}
	if c.Actions+c.Bonus+c.Movement > 0 {
		if refusal := t.itsTurn(creature); refusal != nil {
			return refusal
		}
	}
	if t.Combat.Phase != Fighting {
		return refuse(CodeNoCombat, "There is no fight going on.")
	}
	t.emit(Granted{Creature: creature.ID, Actions: c.Actions, Bonus: c.Bonus, Movement: c.Movement, Reaction: c.Reaction, By: t.by.Player})
	return nil
}

// Reorder sets the order of initiative anew: ties as the table wants them, or
// anything else. Whose turn it is keeps it. It is the game master's command.
type Reorder struct {
	// Order lists every creature once.
	Order []string `json:"order"`
}

// Kind names the command.
func (Reorder) Kind() string { return "reorder" }

func (c Reorder) decide(t *table) *Refusal {
	if t.by.Role != RoleGM {
		return refuse(CodeRoleNotAllowed, "Only a game master does that.")
	}
	current := t.onTurn()
	if current == nil {
		return refuse(CodeNoCombat, "There is no fight going on.")
	}
	event := OrderSet{By: t.by.Player, Order: make([]Placing, 0, len(c.Order))}
	for i, id := range c.Order {
		if i >= MaxCombatants {
			break
		}
		count := 0
		for _, placing := range t.Combat.Order {
			if placing.Creature == id {
				count = placing.Count
			}
		}
		if id == current.ID {
			event.Turn = i
		}
		event.Order = append(event.Order, Placing{Creature: id, Count: count})
	}
	if err := t.checkOrder(event.Order); err != nil {
		return refuse(CodeMalformedCommand, "The order must list every creature once: %v.", err)
	}
	t.emit(event)
	return nil
}

// squaresAway is how far a creature is from a square, in feet.
func squaresAway(c *Creature, p Point) int {
	return grid.Distance(c.space(), grid.Space{At: grid.Point(p), Side: 1})
}
