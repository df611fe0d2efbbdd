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
	actions, usual := split(action)
	if !usual {
		if !isOwn(action, wire.ActionSequence) {
			return []json.RawMessage{action}, nil
		}
		var s sequence
		if no := readOwn(action, &s); no != nil {
			return nil, no
		}
		actions = s.Actions
	}
	if n := len(actions); n == 0 || n > wire.MaxActions {
		return nil, &refusal{code: wire.RefusalBadCommand, message: "a sequence has 1 to 8 actions"}
	}
	return actions, nil
}

// split takes apart a sequence of objects that is spelled as most clients spell it,
// without spaces. It is valid JSON. False says that it is spelled otherwise.
func split(action json.RawMessage) ([]json.RawMessage, bool) {
	list, ok := bytes.CutPrefix(action, []byte(`{"type":"`+wire.ActionSequence+`","actions":[`))
	if !ok {
		return nil, false
	}
	actions := make([]json.RawMessage, 0, wire.MaxActions)
	depth, begun, text := 0, 0, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case text:
			if c == '\\' {
				i++ // whatever is escaped
			}
			text = c != '"'
		case c == '"' && depth == 0:
			return nil, false // it is no object
		case c == '"':
			text = true
		case c == '{', c == '[':
			if depth == 0 {
				begun = i
			}
			depth++
		case depth == 0:
			// Behind an object: another one follows, or the end.
			if string(list[i:]) == "]}" {
				return actions, true
			}
			if c != ',' || list[i+1] != '{' || len(actions) == 0 {
				return nil, false
			}
		case c == '}', c == ']':
			if depth--; depth == 0 {
				if list[begun] != '{' || len(actions) == wire.MaxActions {
					return nil, false
				}
				actions = append(actions, list[begun:i+1])
			}
		}
	}
	return nil, false
}

// decideAll decides actions one after the other. The state is not changed. The
// record has what would happen and the dice that were rolled for it.
func (s *Session) decideAll(by rules.Actor, actions []json.RawMessage) (*record, *refusal) {
	r := &record{}
	draft := &s.desk.get().draft
	draft.Begin(s.state.Fight)
	for _, raw := range actions {
		action, no := rules.DecodeCommand(raw)
		if no == nil {
			no = r.decide(draft, by, action)
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
