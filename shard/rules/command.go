// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"maps"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
)

// MaxCommandBytes bounds the JSON form of a command.
const MaxCommandBytes = 16 << 10

// Actor is who gives a command.
type Actor struct {
	Player string
	Role   Role
	// Character is the one creature that the actor acts for; empty: all of its own.
	Character string
}

// Role is what an actor may do at the table.
type Role string

// The roles of actors.
const (
	RoleGM        Role = "gm"
	RolePlayer    Role = "player"
	RoleSpectator Role = "spectator"
	// RoleTable is the session itself, when a wait is over. No client has it.
	RoleTable Role = "table"
)

// Command is what an actor wants. The set of commands is closed.
type Command interface {
	// Kind is the value of "type" in the JSON form.
	Kind() string
	decide(t *table) *Refusal
}

// commands reads each command that a client may give.
var commands = map[string]func(raw []byte) (Command, error){
	StartCombat{}.Kind():      commandOf[StartCombat],
	EndCombat{}.Kind():        commandOf[EndCombat],
	EndTurn{}.Kind():          commandOf[EndTurn],
	Move{}.Kind():             commandOf[Move],
	Fly{}.Kind():              commandOf[Fly],
	Stand{}.Kind():            commandOf[Stand],
	DropProne{}.Kind():        commandOf[DropProne],
	MakeAttack{}.Kind():       commandOf[MakeAttack],
	UseAction{}.Kind():        commandOf[UseAction],
	Cast{}.Kind():             commandOf[Cast],
	EndConcentration{}.Kind(): commandOf[EndConcentration],
	Dash{}.Kind():             commandOf[Dash],
	Disengage{}.Kind():        commandOf[Disengage],
	Dodge{}.Kind():            commandOf[Dodge],
	Help{}.Kind():             commandOf[Help],
	Hide{}.Kind():             commandOf[Hide],
	Ready{}.Kind():            commandOf[Ready],
	Search{}.Kind():           commandOf[Search],
	Influence{}.Kind():        commandOf[Influence],
	Study{}.Kind():            commandOf[Study],
	Utilize{}.Kind():          commandOf[Utilize],
	Draw{}.Kind():             commandOf[Draw],
	Stow{}.Kind():             commandOf[Stow],
	Grapple{}.Kind():          commandOf[Grapple],
	Shove{}.Kind():            commandOf[Shove],
	Escape{}.Kind():           commandOf[Escape],
	Release{}.Kind():          commandOf[Release],
	FirstAid{}.Kind():         commandOf[FirstAid],
	Wake{}.Kind():             commandOf[Wake],
	React{}.Kind():            commandOf[React],
	Decline{}.Kind():          commandOf[Decline],
	GiveOrders{}.Kind():       commandOf[GiveOrders],
	SetHP{}.Kind():            commandOf[SetHP],
	SetCondition{}.Kind():     commandOf[SetCondition],
	Place{}.Kind():            commandOf[Place],
	Grant{}.Kind():            commandOf[Grant],
	Reorder{}.Kind():          commandOf[Reorder],
	AddCreature{}.Kind():      commandOf[AddCreature],
	RemoveCreature{}.Kind():   commandOf[RemoveCreature],
}

func commandOf[C Command](raw []byte) (Command, error) { return readTyped[C](raw) }

// table is what a decision is made on: a copy of the state that every event
// is folded into as it happens, who asks, the edition, the dice.
type table struct {
	*State
	by     Actor
	rules  *edition
	dice   Dice
	next   uint64 // number of the next die
	events []Event
	stack  []Task // what is still to be done; the last one first
	last   lastDeed
	broken error
}

// emit makes something happen: it is told and folded in.
func (t *table) emit(e Event) {
	if t.broken != nil {
		return
	}
	if t.broken = t.Apply(e); t.broken == nil {
		if t.events == nil {
			t.events = make([]Event, 0, 4)
		}
		t.events = append(t.events, e)
	}
}

// actor gives the creature that is to act now: it exists, the caller controls
// it, it stands and it is its turn.
func (t *table) actor(id string) (*Creature, *Refusal) {
	c := t.creature(id)
	if c == nil {
		return nil, refuse(CodeUnknownCreature, "There is no creature %.40q.", id)
	}
	if !t.controls(c) {
		return nil, refuse(CodeNotYourCreature, "%s is not yours to act for.", c.Name)
	}
	if c.Status != Standing { // which ended its turn, if it had it
		return nil, refuse(CodeCreatureDown, "%s is %s.", c.Name, c.Status)
	}
	if refusal := t.itsTurn(c); refusal != nil {
		return nil, refusal
	}
	if t.surprised(c) {
		return nil, refuse(CodeSurprised, "%s is surprised: it can neither move nor act in its first turn.", c.Name)
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
		return refuse(CodeNotYourTurn, "It is the turn of %s.", current.Name).with("turn", current.ID)
	}
}

// controls tells whether the caller may act for a creature.
func (t *table) controls(c *Creature) bool {
	switch {
	case t.by.Role != RoleGM && t.by.Role != RolePlayer, t.by.Character != "" && t.by.Character != c.ID:
		return false
	case c.Controller == GameMaster:
		return t.by.Role == RoleGM
	default:
		return t.by.Player == c.Controller
	}
}

// spending finds what a deed that takes an action, or with bonus a bonus
// action, is paid with (Actions: One Thing at a Time; Bonus Actions).
func (t *table) spending(c *Creature, deed string, bonus bool) (Price, *Refusal) {
	if bonus {
		if !t.allowsBonusDeed(c, deed) {
			return Price{}, refuse(CodeNotBonus, "%s cannot do that as a bonus action.", c.Name)
		}
		return t.bonusPrice(c)
	}
	if refusal := t.mayAct(c); refusal != nil {
		return Price{}, refusal
	}
	budget := &t.Combat.Budget
	extra := budget.Extra > 0 && slices.Contains(extraDeeds, deed)
	switch {
	case extra && (deed != "attack" || budget.Actions == 0): // the action is good for more
		return Price{Extra: 1}, nil
	case budget.Actions > 0:
		return Price{Actions: 1}, nil
	default:
		return Price{}, refuse(CodeNoActionLeft, "%s has used its action this turn.", c.Name)
	}
}

// extraDeeds are what the additional action of some spells is good for.
var extraDeeds = []string{"attack", "dash", "disengage", "hide", "utilize"}

// mayAct refuses for who is incapacitated, or has taken the only action or
// bonus action it may take.
func (t *table) mayAct(c *Creature) *Refusal {
	if t.cannot(c, "action") {
		return refuse(CodeIncapacitated, "%s is incapacitated and cannot take actions.", c.Name)
	}
	if t.Combat.Budget.Acted && t.Combat.Budget.Actions > 0 && t.cannot(c, "action_and_bonus") {
		return refuse(CodeNoActionLeft, "%s can take either an action or a bonus action, not both.", c.Name)
	}
	return nil
}

// bonusPrice is what a bonus action costs, if there is one left.
func (t *table) bonusPrice(c *Creature) (Price, *Refusal) {
	if t.cannot(c, "bonus") {
		return Price{}, refuse(CodeIncapacitated, "%s is incapacitated and cannot take bonus actions.", c.Name)
	}
	if t.Combat.Budget.Bonus < 1 {
		return Price{}, refuse(CodeNoBonusLeft, "%s has used its bonus action this turn.", c.Name)
	}
	if t.Combat.Budget.Acted && t.cannot(c, "action_and_bonus") {
		return Price{}, refuse(CodeNoBonusLeft, "%s can take either an action or a bonus action, not both.", c.Name)
	}
	return Price{Bonus: 1}, nil
}

// allowsBonusDeed tells whether a trait or an effect lets a creature do a
// standard action as a bonus action.
func (t *table) allowsBonusDeed(c *Creature, deed string) bool {
	allowed := false
	t.each(c, func(m *content.Modifier, _ origin) {
		allowed = allowed || m.Kind == content.KindBonusDeed && slices.Contains(m.Deeds, deed)
	})
	return allowed
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
