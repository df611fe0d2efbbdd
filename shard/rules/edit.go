// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/rules/content"
)

// EditPaths are the forms of the paths that Edit takes.
var EditPaths = []string{
	"/creatures/{id}/hp",
	"/creatures/{id}/position",
	"/creatures/{id}/conditions/{condition}",
	"/creatures/{id}/reaction",
	"/combat/order",
}

// Edit reads a wish for a leaf of the game master's view as the override that
// makes it so: hp a number, position a square, a condition true or false, the
// reaction true, the order of initiative a list of creatures. What no override
// does is refused, and so is a value that would be bent into another.
func Edit(path string, value json.RawMessage) (Command, *Refusal) {
	if path == "/combat/order" {
		order, refusal := readEdit[[]string](path, value)
		if len(order) > MaxCombatants {
			refusal = refuse(CodeMalformedCommand, "There are at most %d creatures.", MaxCombatants)
		}
		return Reorder{Order: order}, refusal
	}
	rest, isCreature := strings.CutPrefix(path, "/creatures/")
	id, leaf, hasLeaf := strings.Cut(rest, "/")
	if !isCreature || !hasLeaf || id == "" {
		return nil, noEdit(path)
	}
	if condition, is := strings.CutPrefix(leaf, "conditions/"); is {
		if !slices.Contains(content.ConditionIDs, ConditionID(condition)) {
			return nil, noEdit(path)
		}
		on, refusal := readEdit[bool](path, value)
		return SetCondition{Creature: id, Condition: ConditionID(condition), Off: !on}, refusal
	}
	switch leaf {
	case "hp":
		hp, refusal := readEdit[int](path, value)
		return SetHP{Creature: id, HP: hp}, refusal
	case "position":
		at, refusal := readEdit[[]int](path, value)
		if refusal != nil || len(at) != len(Point{}) {
			return nil, otherKind(path)
		}
		return Place{Creature: id, At: Point(at)}, nil
	case "reaction":
		back, refusal := readEdit[bool](path, value)
		if refusal == nil && !back {
			refusal = refuse(CodeMalformedCommand, "A reaction can be given back, not taken.").with("path", path)
		}
		return Grant{Creature: id, Reaction: back}, refusal
	}
	return nil, noEdit(path)
}

func noEdit(path string) *Refusal {
	return refuse(CodeMalformedCommand, "%.80q cannot be edited; what can is %s.", path, strings.Join(EditPaths, ", ")).with("path", path)
}

func otherKind(path string) *Refusal {
	return refuse(CodeMalformedCommand, "The value for %.80q is of another kind.", path).with("path", path)
}

// readEdit reads a value of exactly the type that is meant.
func readEdit[T any](path string, value json.RawMessage) (T, *Refusal) {
	var read *T
	if err := json.Unmarshal(value, &read); err != nil || read == nil {
		var none T
		return none, otherKind(path)
	}
	return *read, nil
}
