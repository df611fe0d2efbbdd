// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"encoding/json"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/wire"
)

// sequence is a command of several actions, such as a whole turn. Each one is
// decided on what those before it left, and all happen or none: they are one
// entry, one acknowledgement and one update.
type sequence struct {
	Type    string            `json:"type"`
	Actions []json.RawMessage `json:"actions"`
}

// actionsOf returns the actions of a command: one, or those of a sequence.
func actionsOf(action json.RawMessage) ([]json.RawMessage, *refusal) {
	// Only a sequence has this word in it, but for a name that is refused anyway.
	if !bytes.Contains(action, []byte(`"`+wire.ActionSequence+`"`)) {
		return []json.RawMessage{action}, nil
	}
	var s sequence
	if err := json.Unmarshal(action, &s); err != nil || s.Type != wire.ActionSequence {
		return []json.RawMessage{action}, nil
	}
	if n := len(s.Actions); n == 0 || n > wire.MaxActions {
		return nil, &refusal{code: wire.RefusalBadCommand, message: "a sequence has 1 to 8 actions"}
	}
	return s.Actions, nil
}

// decideAll decides actions one after the other. The state is not changed. The
// record has what would happen and the dice that were rolled for it.
func decideAll(state *rules.State, by rules.Actor, actions []json.RawMessage) (*record, *refusal) {
	r := &record{}
	for i, raw := range actions {
		action, no := rules.DecodeCommand(raw)
		if no != nil {
			return nil, fromRules(no)
		}
		events, no := r.decide(state, by, action)
		if no != nil {
			return nil, fromRules(no)
		}
		if len(r.events) > rules.MaxEvents {
			return nil, &refusal{code: wire.RefusalBadCommand, message: "too much would happen in one command"}
		}
		if i == len(actions)-1 {
			break
		}
		state = state.Clone()
		if err := state.ApplyAll(events); err != nil {
			// Applying them for good fails as well, and there it is seen to.
			break
		}
	}
	return r, nil
}

// decide adds what an action does, and the dice that were rolled for it.
func (r *record) decide(state *rules.State, by rules.Actor, action rules.Command) ([]rules.Event, *rules.Refusal) {
	rolled := &dice.Recorder{From: state.Dice(), All: r.Dice}
	events, no := rules.Decide(state, by, action, rolled)
	if no != nil {
		return nil, no
	}
	r.Dice = rolled.All
	r.events = append(r.events, events...)
	return events, nil
}
