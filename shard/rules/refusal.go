// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
)

// Refusal is a legal, coded "no" to a command. It changes nothing and may be
// shown to the player who sent the command: it tells nothing that is hidden
// from the table.
type Refusal struct {
	Code    Code           `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details,omitempty"`
}

// Code is the reason of a refusal. The set is closed; clients may switch on it.
type Code string

// The codes of refusals.
const (
	CodeMalformedCommand  Code = "malformed_command"
	CodeUnknownCommand    Code = "unknown_command"
	CodeRoleNotAllowed    Code = "role_not_allowed"
	CodeCombatRunning     Code = "combat_running"
	CodeNoCombat          Code = "no_combat"
	CodeUnknownCreature   Code = "unknown_creature"
	CodeNotYourCreature   Code = "not_your_creature"
	CodeNotYourTurn       Code = "not_your_turn"
	CodeCreatureDown      Code = "creature_down"
	CodeNoActionLeft      Code = "no_action_left"
	CodeUnknownAttack     Code = "unknown_attack"
	CodeInvalidTarget     Code = "invalid_target"
	CodeTargetDown        Code = "target_down"
	CodeOutOfRange        Code = "out_of_range"
	CodeInvalidPath       Code = "invalid_path"
	CodeSquareBlocked     Code = "square_blocked"
	CodeSquareOccupied    Code = "square_occupied"
	CodeNotEnoughMovement Code = "not_enough_movement"
)

var codes = []Code{
	CodeMalformedCommand, CodeUnknownCommand, CodeRoleNotAllowed, CodeCombatRunning, CodeNoCombat,
	CodeUnknownCreature, CodeNotYourCreature, CodeNotYourTurn, CodeCreatureDown, CodeNoActionLeft,
	CodeUnknownAttack, CodeInvalidTarget, CodeTargetDown, CodeOutOfRange, CodeInvalidPath,
	CodeSquareBlocked, CodeSquareOccupied, CodeNotEnoughMovement,
}

// Codes lists every code a refusal can have.
func Codes() []Code { return slices.Clone(codes) }

func refuse(code Code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
}

// with adds a detail for programs.
func (r *Refusal) with(key string, value any) *Refusal {
	if r.Details == nil {
		r.Details = map[string]any{}
	}
	r.Details[key] = value
	return r
}
