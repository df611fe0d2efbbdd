// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"maps"
	"slices"
	"strings"
)

// MaxCommandBytes bounds the JSON form of a command.
const MaxCommandBytes = 16 << 10

// Actor is who gives a command.
type Actor struct {
	Player string
	Role   Role
}

// Role is what an actor may do at the table.
type Role string

// The roles of actors.
const (
	RoleGM        Role = "gm"
	RolePlayer    Role = "player"
	RoleSpectator Role = "spectator"
)

// Command is what an actor wants. The set of commands is closed.
type Command interface {
	// Kind is the value of "type" in the JSON form.
	Kind() string
	decide(t *table) ([]Event, *Refusal)
}

var commands = map[string]func(raw []byte) (Command, error){
	StartCombat{}.Kind(): decodeStartCombat,
	Move{}.Kind():        decodeMove,
	MakeAttack{}.Kind():  decodeMakeAttack,
	Dash{}.Kind():        decodeDash,
	Dodge{}.Kind():       decodeDodge,
	EndTurn{}.Kind():     decodeEndTurn,
}

// Decide tells what a command does: its events, never none, or why not. It
// changes nothing. The dice stand at the state's next die (see State.Dice).
func Decide(s *State, by Actor, c Command, d Dice) ([]Event, *Refusal) {
	rules, _ := editionOf(s.Ruleset)
	return c.decide(&table{State: s, by: by, rules: rules, dice: d, next: s.Rolled})
}

// table is what a decision sees: the state, who asks, the edition, the dice.
type table struct {
	*State
	by    Actor
	rules edition
	dice  Dice
	next  uint64 // number of the next die
}

// actor gives the creature that is to act now: it exists, the caller controls
// it, it is its turn and it stands.
func (t *table) actor(id string) (*Creature, *Refusal) {
	c := t.creature(id)
	if c == nil {
		return nil, refuse(CodeUnknownCreature, "There is no creature %.40q.", id)
	}
	if !t.controls(c) {
		return nil, refuse(CodeNotYourCreature, "%s is not yours to act for.", c.Sheet.Name)
	}
	if refusal := t.itsTurn(c); refusal != nil {
		return nil, refusal
	}
	if c.Status != Standing {
		return nil, refuse(CodeCreatureDown, "%s is %s.", c.Sheet.Name, c.Status)
	}
	return c, nil
}

// itsTurn refuses unless it is the creature's turn.
func (t *table) itsTurn(c *Creature) *Refusal {
	switch current := t.onTurn(); current {
	case c:
		return nil
	case nil:
		return refuse(CodeNoCombat, "There is no fight going on.")
	default:
		return refuse(CodeNotYourTurn, "It is the turn of %s.", current.Sheet.Name).with("turn", current.Sheet.ID)
	}
}

// actorWithAction is actor, and an action is left (Actions: One Thing at a Time).
func (t *table) actorWithAction(id string) (*Creature, *Refusal) {
	c, refusal := t.actor(id)
	if refusal == nil && t.Combat.Budget.Actions < 1 {
		return nil, refuse(CodeNoActionLeft, "%s has used its action this turn.", c.Sheet.Name)
	}
	return c, refusal
}

// controls tells whether the caller may act for a creature.
func (t *table) controls(c *Creature) bool {
	switch {
	case t.by.Role != RoleGM && t.by.Role != RolePlayer:
		return false
	case c.Sheet.Controller == GameMaster:
		return t.by.Role == RoleGM
	default:
		return t.by.Player == c.Sheet.Controller
	}
}

// DecodeCommand reads the JSON form of a command: an object with its "type"
// and the command's own fields, and no others. The refusal is safe to send
// back.
func DecodeCommand(raw []byte) (Command, *Refusal) {
	if len(raw) > MaxCommandBytes {
		return nil, refuse(CodeMalformedCommand, "A command has at most %d bytes, not %d.", MaxCommandBytes, len(raw))
	}
	kind, err := typeOf(raw)
	if err != nil {
		return nil, refuse(CodeMalformedCommand, "A command is a JSON object with a type.")
	}
	decode, known := commands[kind]
	if !known {
		kinds := slices.Sorted(maps.Keys(commands))
		return nil, refuse(CodeUnknownCommand, "There is no command %.40q; there are %s.", kind, strings.Join(kinds, ", "))
	}
	command, err := decode(raw)
	if err != nil {
		return nil, refuse(CodeMalformedCommand, "The command %s is malformed: %v.", kind, err)
	}
	return command, nil
}

// EncodeCommand writes the form that DecodeCommand reads.
func EncodeCommand(c Command) ([]byte, error) { return encodeTyped(c.Kind(), c) }
