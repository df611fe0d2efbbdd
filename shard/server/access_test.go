// SPDX-License-Identifier: Apache-2.0

package server

import (
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// TestRevocationReachesOpenConnections: of the owner's own clients, of those that
// another shard relays, and of those that come back.
func TestRevocationReachesOpenConnections(t *testing.T) {
	for verb, want := range map[session.AccessVerb]int{
		session.Kick: wire.CloseTokenExpired, session.Revoke: wire.CloseTokenExpired, session.Ban: wire.CloseForbidden,
	} {
		t.Run(string(verb), func(t *testing.T) {
			st := newStage(t, "a", "b")
			a, b := st.shards["a"], st.shards["b"]
			s := a.create()
			gm := b.player("gm", auth.GameMaster)
			clients := map[string]*socket{"at the owner": a.player("ann", auth.Player), "relayed": b.player("ann", auth.Player)}
			prompt := watchPromptness(t)
			_, err := s.ChangeAccess(t.Context(), session.Caller{Player: "gm"}, "ann", verb)
			check(t, err)
			for _, who := range []string{"at the owner", "relayed"} { // that were open
				c := clients[who]
				if code, _ := c.closed(); code != want {
					t.Errorf("%s: closed with %d, want %d", who, code, want)
				}
				prompt.check(t, who+": closed after the wish to "+string(verb), prompt.begun)
				delete(clients, who)
			}
			clients["back at the owner"] = a.dial("ann", auth.Player)
			clients["back, relayed"] = b.dial("ann", auth.Player)
			for who, c := range clients {
				c.say(wire.TypeSyncRequest, wire.SyncRequest{})
				if code, _ := c.closed(); code != want {
					t.Errorf("%s: closed with %d, want %d", who, code, want)
				}
			}
			gm.declare(`{"type":"start_combat"}`) // the others play on
			gm.until(wire.TypeAck)
		})
	}
}

// TestTicketKeepsWhatTheTokenSays: a move is no way around a revocation, nor to
// another character.
func TestTicketKeepsWhatTheTokenSays(t *testing.T) {
	st := newStage(t, "a")
	claims := auth.Claims{
		Session: testSession, Player: "ann", Role: auth.Player, Character: "aria", Generation: 7,
		IssuedAt: time.Now().Unix(), Expires: time.Now().Add(time.Hour).Unix(),
	}
	token, err := st.keys.SignTicket(auth.NewTicket(claims, "b", 2, time.Now()))
	check(t, err)
	ticket, err := st.keys.VerifyTicket(token, time.Now())
	check(t, err)
	got := ticket.Claims()
	got.IssuedAt = claims.IssuedAt
	if got != claims {
		t.Errorf("behind the ticket: %+v, want %+v", got, claims)
	}
}
