// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"

	"gamesession.dev/operator/shard/wire"
)

// window bounds what is remembered of the past, per client and per session.
const window = 4096

// Stream judges one client's stream. It is not safe for concurrent use.
type Stream struct {
	player  string
	at      wire.Position
	updates memory[string, wire.Position] // by update id
	own     memory[string, wire.Position] // by the action id of own commands
	waiting map[string]wire.Position      // acknowledged, and not yet reached by the stream
	lastAck wire.Position
	skipped []span // what syncs replaced, newest last
	covered int
}

// span is the versions behind from up to to.
type span struct{ from, to uint64 }

// maxSpans bounds the syncs remembered.
const maxSpans = 64

// NewStream returns the judge of a player's stream.
func NewStream(player string) *Stream {
	return &Stream{player: player, waiting: map[string]wire.Position{}}
}

// Applied takes a link that the client's document has taken.
func (s *Stream) Applied(u *wire.Update) []Violation {
	var out []Violation
	bad := func(k Kind, format string, args ...any) {
		out = append(out, Violation{k, fmt.Sprintf(format, args...)})
	}
	if before, seen := s.updates.put(u.UpdateID, u.Position); seen {
		bad(Twice, "update %s at %s and at %s", u.UpdateID, before, u.Position)
	}
	if u.Epoch < s.at.Epoch {
		bad(EpochFell, "%s behind %s", u.Position, s.at)
	}
	s.at = u.Position
	if u.By == s.player && u.ActionID != "" {
		if before, seen := s.own.put(u.ActionID, u.Position); seen {
			bad(Twice, "command %s at %s and at %s", u.ActionID, before, u.Position)
		}
	}
	for id, acked := range s.waiting {
		if acked.Version > u.Version {
			continue
		}
		delete(s.waiting, id)
		out = append(out, s.compare(id, acked)...)
	}
	return out
}

// Acked takes an acknowledgement.
func (s *Stream) Acked(actionID string, at wire.Position, repeated bool) []Violation {
	var out []Violation
	if !repeated {
		if at.Version <= s.lastAck.Version {
			out = append(out, Violation{AckOrder, fmt.Sprintf("command %s at %s, the one before it at %s", actionID, at, s.lastAck)})
		}
		if at.Epoch < s.lastAck.Epoch {
			out = append(out, Violation{EpochFell, fmt.Sprintf("command %s at %s, the one before it at %s", actionID, at, s.lastAck)})
		}
	}
	if at.Version > s.lastAck.Version {
		s.lastAck = at
	}
	if at.Version > s.at.Version {
		s.waiting[actionID] = at
		return out
	}
	return append(out, s.compare(actionID, at)...)
}

// compare looks an acknowledged command up in what the stream has shown.
func (s *Stream) compare(id string, acked wire.Position) []Violation {
	seen, ok := s.own.get(id)
	switch {
	case ok && seen == acked:
		return nil
	case ok:
		return []Violation{{AckMoved, fmt.Sprintf("command %s was acknowledged at %s and seen at %s", id, acked, seen)}}
	}
	for _, skip := range s.skipped {
		if skip.from < acked.Version && acked.Version <= skip.to {
			s.covered++
			return nil
		}
	}
	return []Violation{{AckUnseen, fmt.Sprintf("command %s was acknowledged at %s", id, acked)}}
}

// Synced takes a view that replaced the document, which stood at before: what
// lies between is not going to be shown.
func (s *Stream) Synced(before, at wire.Position) []Violation {
	s.at = at
	s.skipped = append(s.skipped, span{before.Version, at.Version})
	if len(s.skipped) > maxSpans {
		s.skipped = s.skipped[1:]
	}
	var out []Violation
	for id, acked := range s.waiting {
		if acked.Version <= at.Version {
			delete(s.waiting, id)
			out = append(out, s.compare(id, acked)...)
		}
	}
	return out
}

// Covered counts the acknowledged commands that only a sync vouches for.
func (s *Stream) Covered() int { return s.covered }

// Waiting counts the acknowledged commands that the stream has not reached.
func (s *Stream) Waiting() int { return len(s.waiting) }

// memory remembers the newest entries, up to the window.
type memory[K comparable, V any] struct {
	values map[K]V
	order  []K
	oldest int
}

// put remembers a value; of a key that is there it returns the value and keeps
// it.
func (m *memory[K, V]) put(key K, value V) (before V, seen bool) {
	if before, seen = m.values[key]; seen {
		return before, true
	}
	if m.values == nil {
		m.values = map[K]V{}
	}
	if len(m.order) < window {
		m.order = append(m.order, key)
	} else {
		delete(m.values, m.order[m.oldest])
		m.order[m.oldest] = key
		m.oldest = (m.oldest + 1) % window
	}
	m.values[key] = value
	return before, false
}

func (m *memory[K, V]) get(key K) (V, bool) {
	value, ok := m.values[key]
	return value, ok
}
