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
	CodeIncapacitated     Code = "incapacitated"
	CodeSurprised         Code = "surprised"
	CodeNoActionLeft      Code = "no_action_left"
	CodeNoBonusLeft       Code = "no_bonus_action_left"
	CodeNotBonus          Code = "not_a_bonus_action"
	CodeNoSecondWeapon    Code = "no_second_weapon"
	CodeHandsFull         Code = "hands_full"
	CodeNotInHand         Code = "not_in_hand"
	CodeUnknownItem       Code = "unknown_item"
	CodeNotLoaded         Code = "not_loaded"
	CodeUnknownAttack     Code = "unknown_attack"
	CodeUnknownAction     Code = "unknown_action"
	CodeNoUsesLeft        Code = "no_uses_left"
	CodeNotRecharged      Code = "not_recharged"
	CodeUnknownSpell      Code = "unknown_spell"
	CodeNoSlotsLeft       Code = "no_slots_left"
	CodeWrongSlot         Code = "wrong_slot_level"
	CodeOneSpell          Code = "one_spell_a_turn"
	CodeNotNow            Code = "not_now"
	CodeInvalidTarget     Code = "invalid_target"
	CodeWrongTarget       Code = "wrong_kind_of_target"
	CodeWrongCount        Code = "wrong_number_of_targets"
	CodeTooBig            Code = "target_too_big"
	CodeTargetDown        Code = "target_down"
	CodeTargetHidden      Code = "target_hidden"
	CodeNotSeen           Code = "not_seen"
	CodeCharmed           Code = "charmed"
	CodeOutOfRange        Code = "out_of_range"
	CodeNoLine            Code = "no_clear_path"
	CodeInvalidPoint      Code = "invalid_point"
	CodeInvalidPath       Code = "invalid_path"
	CodeSquareBlocked     Code = "square_blocked"
	CodeSquareOccupied    Code = "square_occupied"
	CodeNotEnoughMovement Code = "not_enough_movement"
	CodeCannotMove        Code = "cannot_move"
	CodeFrightened        Code = "frightened"
	CodeInPlainSight      Code = "in_plain_sight"
	CodeNothingToEnd      Code = "nothing_to_end"
	CodeIDTaken           Code = "id_taken"
	CodeUnknownBlock      Code = "unknown_stat_block"
	CodeTableFull         Code = "table_full"
	CodeTooFew            Code = "too_few_creatures"
	CodeNoFoes            Code = "nobody_to_fight"
	CodeItsTurn           Code = "creature_on_turn"
	CodeWaiting           Code = "waiting_for_reaction"
	CodeNoWindow          Code = "moment_passed"
	// CodeInternal: this build's rules contradict themselves. Nothing changed.
	CodeInternal Code = "internal"
)

var codes = []Code{
	CodeMalformedCommand, CodeUnknownCommand, CodeRoleNotAllowed, CodeCombatRunning, CodeNoCombat,
	CodeUnknownCreature, CodeNotYourCreature, CodeNotYourTurn, CodeCreatureDown, CodeIncapacitated, CodeSurprised, CodeNoActionLeft,
	CodeNoBonusLeft, CodeNotBonus, CodeNoSecondWeapon, CodeHandsFull, CodeNotInHand, CodeUnknownItem, CodeNotLoaded, CodeUnknownAttack, CodeUnknownAction,
	CodeNoUsesLeft, CodeNotRecharged,
	CodeUnknownSpell, CodeNoSlotsLeft, CodeWrongSlot, CodeOneSpell, CodeNotNow, CodeInvalidTarget, CodeWrongTarget, CodeWrongCount,
	CodeTooBig, CodeTargetDown, CodeTargetHidden, CodeNotSeen, CodeCharmed, CodeOutOfRange, CodeNoLine, CodeInvalidPoint, CodeInvalidPath,
	CodeSquareBlocked, CodeSquareOccupied, CodeNotEnoughMovement, CodeCannotMove, CodeFrightened, CodeInPlainSight,
	CodeNothingToEnd, CodeIDTaken, CodeUnknownBlock, CodeTableFull, CodeTooFew, CodeNoFoes, CodeItsTurn, CodeWaiting, CodeNoWindow, CodeInternal,
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
