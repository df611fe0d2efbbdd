// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"slices"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// What members say to each other goes through the session's goroutine and leaves
// no trace: it is in no entry, no view and no state. Who is away misses it.

// Say passes something on to every member, m among them. It waits while the
// session is busy, so it must not be called from Deliver; a member that may not
// talk is not heard.
func (m *Member) Say(said Saying) {
	m.session.post(func() {
		if !m.gone && m.talks {
			m.session.tell(said.frame(m.claims.Player, m.session.Now().UnixMilli()), m.session.members)
		}
	})
}

// Saying is something that a member says: one of the wire package's Chat, Emote,
// MapPing and Typing, already checked.
type Saying struct{ Data any }

// frame returns what the others get.
func (s Saying) frame(player string, now int64) Message {
	var t wire.Type
	var data any
	switch d := s.Data.(type) {
	case wire.Chat:
		t, data = wire.TypeChatSaid, wire.ChatSaid{Player: player, Text: d.Text, Timestamp: now}
	case wire.Emote:
		t, data = wire.TypeEmoteMade, wire.EmoteMade{Player: player, Emote: d.Emote}
	case wire.MapPing:
		t, data = wire.TypeMapPinged, wire.MapPinged{Player: player, At: d.At}
	case wire.Typing:
		t, data = wire.TypePlayerTyping, wire.PlayerTyping{Player: player, Typing: d.Typing}
	}
	return Message{Type: t, Bytes: wire.Encode(t, data)}
}

// tell delivers a message that is not part of the chain.
func (s *Session) tell(m Message, to []*Member) {
	for _, member := range slices.Clone(to) { // one whose queue is full is dropped meanwhile
		member.deliver(m)
	}
}

// Watch tells the member who is there, and from now on who comes and goes. It
// waits while the session is busy.
func (m *Member) Watch() {
	m.session.post(func() {
		if !m.gone {
			m.watches = true
			m.deliver(m.session.presence())
		}
	})
}

// presence says who is there.
func (s *Session) presence() Message {
	p := wire.Presence{Present: []wire.Present{}}
	for _, m := range s.members {
		if m.claims.Role == auth.Spectator {
			p.Spectators++
			continue
		}
		p.Present = append(p.Present, m.present())
	}
	slices.SortFunc(p.Present, func(a, b wire.Present) int {
		return cmp.Or(cmp.Compare(a.Player, b.Player), cmp.Compare(a.Role, b.Role))
	})
	p.Present = slices.Compact(p.Present)
	p.Present = p.Present[:min(len(p.Present), wire.MaxPresent)]
	return Message{Type: wire.TypePresence, Bytes: wire.Encode(wire.TypePresence, p)}
}

func (m *Member) present() wire.Present {
	return wire.Present{Player: m.claims.Player, Role: string(m.claims.Role)}
}

// changed tells those who watch that m came or went, unless another connection of
// its player is there, and m is one who is announced. M is not a member now.
func (s *Session) changed(m *Member, online bool) {
	same := func(x *Member) bool { return x.present() == m.present() }
	if m.claims.Role == auth.Spectator || slices.ContainsFunc(s.members, same) {
		return
	}
	var watchers []*Member
	for _, x := range s.members {
		if x.watches {
			watchers = append(watchers, x)
		}
	}
	if len(watchers) > 0 {
		s.tell(Message{Type: wire.TypePresenceChange, Bytes: wire.Encode(wire.TypePresenceChange,
			wire.PresenceChange{Present: m.present(), Online: online})}, watchers)
	}
}
