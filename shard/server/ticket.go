// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// Tickets remember, for all shards together, which tickets were used.
type Tickets interface {
	// Spend notes an id for a while. It is first when nobody has noted it before.
	Spend(ctx context.Context, id string, keep time.Duration) (first bool, err error)
}

// spentFor is how long a used ticket is remembered: longer than it can be good, by
// clocks that differ.
const spentFor = auth.TicketFor + time.Minute

// serveTicket is the handshake of a client with a ticket. The connection is like
// any other of its player, so it has a session token that says the same as the one
// that the ticket was given for.
func (s *Server) serveTicket(w http.ResponseWriter, r *http.Request, id, token string, begun time.Time) {
	t, ok := s.checkTicket(w, r, id, r.PathValue("shard"), token)
	if !ok || !s.speaks(w, r) {
		return
	}
	session, err := s.Keys().Sign(t.Claims())
	if err != nil {
		s.Logger.Error("serving a ticket", "session", id, "error", err)
		writeError(w, http.StatusInternalServerError, wire.CodeInternal, "the ticket cannot be served")
		return
	}
	c := &conn{srv: s, id: id, token: session, claims: t.Claims(), root: root(r)}
	if t.ForMove() {
		s.serveAhead(w, r, c, t, token)
		return
	}
	c.begun = begun
	if c.token, c.claims, ok = s.vouched(w, r, c.token, c.claims); ok && s.known(w, r, id) && s.spend(w, r, t) {
		s.upgrade(w, r, c)
	}
}

// checkTicket checks what a ticket says: one for a move is good at one shard. It
// has answered when ok is false.
func (s *Server) checkTicket(w http.ResponseWriter, r *http.Request, id, shard, token string) (t auth.Ticket, ok bool) {
	t, err := s.Keys().VerifyTicket(token, time.Now())
	switch {
	case err != nil:
		s.deny(r, id, "bad_token")
		writeError(w, http.StatusUnauthorized, wire.CodeUnauthorized, "the token is not valid (any more)")
	case t.Session != id:
		s.deny(r, id, "other_session")
		writeError(w, http.StatusForbidden, wire.CodeForbidden, "the token is for another session")
	case t.ForMove() && t.Shard != shard:
		s.deny(r, id, "other_shard")
		writeError(w, http.StatusForbidden, wire.CodeForbidden, "the token is for another shard")
	default:
		return t, true
	}
	return t, false
}

// spend uses a ticket up, for all shards. When nobody can tell whether it was used,
// it is not taken. It has answered when it returns false.
func (s *Server) spend(w http.ResponseWriter, r *http.Request, t auth.Ticket) bool {
	bounded, cancel := context.WithTimeout(r.Context(), lookTimeout)
	defer cancel()
	switch first, err := s.Tickets.Spend(bounded, t.ID, spentFor); {
	case err != nil:
		s.Metrics.handshake("unavailable")
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, wire.CodeUnavailable, "the store cannot be reached; connect again")
	case !first:
		s.deny(r, t.Session, "spent")
		writeError(w, http.StatusUnauthorized, wire.CodeUnauthorized, "the ticket was used before")
	default:
		return true
	}
	return false
}
