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
func (s *Session) decideAll(by rules.Actor, actions []json.RawMessage) (*record, *refusal) {
	r := &record{}
	s.draft.Begin(s.state.Fight)
	for _, raw := range actions {
		action, no := rules.DecodeCommand(raw)
		if no == nil {
			no = r.decide(&s.draft, by, action)
		}
		if no != nil {
			return nil, fromRules(no)
		}
		if len(r.events) > rules.MaxEvents {
			return nil, &refusal{code: wire.RefusalBadCommand, message: "too much would happen in one command"}
		}
	}
	return r, nil
}

// decide adds what an action does to a draft, and the dice that were rolled for
// it.
func (r *record) decide(draft *rules.Draft, by rules.Actor, action rules.Command) *rules.Refusal {
	rolled := &dice.Recorder{From: draft.Dice(), All: r.Dice}
	events, no := draft.Decide(by, action, rolled)
	r.Dice = rolled.All
	r.events = append(r.events, events...)
	return no
}
