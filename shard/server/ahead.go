// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

const (
	// maxTickets bounds the used tickets that a shard remembers, and with them
	// the connections that wait on it: each waits shorter than its ticket lives.
	maxTickets = 8192
	// waitFor is how long a connection waits for its session.
	waitFor = 15 * time.Second
	// expectFor is how long a ticket waits for this shard to hear of the move.
	expectFor = time.Second
)

// place is where, and from which epoch on, a connection that was opened ahead of
// a move is to be served.
type place struct {
	shard string
	epoch uint64
}

// invitation is the newest request to a client to connect ahead of a move.
type invitation struct {
	epoch uint64
	ready chan struct{} // closed when the client has, or when there is a newer one; nil when it is
}

// prepare gets the connection ready for its session's move to a shard: the relay
// to there is opened and, if the client takes that, its own second connection.
// The channel is closed when all of that is done or has failed.
func (c *conn) prepare(shard string, epoch uint64) <-chan struct{} {
	relay := c.warmUp(shard)
	invited := c.invite(shard, epoch)
	if invited == nil {
		return relay
	}
	both := make(chan struct{})
	go func() {
		defer close(both)
		for _, ready := range []<-chan struct{}{relay, invited} {
			select {
			case <-ready:
			case <-c.done:
			}
		}
	}()
	return both
}

// invite asks a client that takes it to connect to a shard ahead of the move.
// The channel is closed when it has; it is nil when the client was not asked.
func (c *conn) invite(shard string, epoch uint64) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.takes || epoch == 0 {
		return nil
	}
	token, err := c.srv.Keys().SignTicket(auth.NewTicket(c.claims, shard, epoch, time.Now()))
	if err != nil {
		c.srv.Logger.Error("inviting a client", "session", c.id, "error", err)
		return nil
	}
	if old := c.invited.ready; old != nil {
		close(old)
	}
	c.invited = invitation{epoch: epoch, ready: make(chan struct{})}
	c.srv.Metrics.preconnected("invited")
	c.send(wire.TypeMigratePrepare, wire.MigratePrepare{URL: c.urlAt(shard), Token: token, Shard: shard, Epoch: epoch})
	return c.invited.ready
}

// migrateReady takes the client's word that it has connected there.
func (c *conn) migrateReady(epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.invited.epoch == epoch && c.invited.ready != nil {
		close(c.invited.ready)
		c.invited.ready = nil
	}
}

// urlAt is where a client finds its session on a shard.
func (c *conn) urlAt(shard string) string {
	return c.root + "s/" + shard + "/api/v2/sessions/" + c.id + "/ws"
}

// serveAhead is the handshake of a client that connects ahead of a move. Only the
// target of the move redeems the ticket: whichever shard the client came to, it
// is good once.
func (s *Server) serveAhead(w http.ResponseWriter, r *http.Request, c *conn, t auth.Ticket, token string) {
	c.awaits = &place{t.Shard, t.Epoch}
	ok := false
	if t.Shard == s.Shard {
		ok = s.redeem(w, r, t)
	} else {
		ok = c.passTicket(r.Context(), w, t.Shard, token)
	}
	if ok {
		s.upgrade(w, r, c)
	}
}

// serveAheadRelay is the target's end of that: the client came to another shard.
func (s *Server) serveAheadRelay(w http.ResponseWriter, r *http.Request, id, token string) {
	t, ok := s.checkTicket(w, r, id, s.Shard, token)
	if !ok || !s.redeem(w, r, t) { // no shard expects a session at epoch 0
		return
	}
	s.upgrade(w, r, &conn{srv: s, id: id, claims: t.Claims(), peer: true, awaits: &place{t.Shard, t.Epoch}})
}

// redeem uses a ticket up, if this shard expects the session at its epoch. It has
// answered when it returns false.
func (s *Server) redeem(w http.ResponseWriter, r *http.Request, t auth.Ticket) bool {
	bounded, cancel := context.WithTimeout(r.Context(), expectFor)
	defer cancel()
	if err := s.Sessions.AwaitStandby(bounded, t.Session, t.Epoch); err != nil {
		s.Metrics.handshake("not_expected")
		writeError(w, http.StatusConflict, wire.CodeNotExpected, "this shard does not expect the session")
		return false
	}
	switch err := s.spent.Use(t, time.Now()); {
	case errors.Is(err, auth.ErrSpent):
		s.deny(r, t.Session, "spent")
		writeError(w, http.StatusUnauthorized, wire.CodeUnauthorized, "the token was used before")
	case err != nil:
		s.Metrics.handshake("too_many_tickets")
		writeError(w, http.StatusServiceUnavailable, wire.CodeTooManySockets, "too many connections wait for their session")
	default:
		s.Metrics.preconnected("waits")
		return true
	}
	return false
}

// passTicket lets the target redeem the ticket and keeps the connection to it. It
// has answered when it returns false.
func (c *conn) passTicket(ctx context.Context, w http.ResponseWriter, shard, token string) bool {
	ws, err := c.dial(ctx, shard, token)
	if err == nil {
		c.keepWarm(shard, ws)
		return true
	}
	if refused, ok := errors.AsType[*refusedError](err); ok {
		writeError(w, refused.status, refused.body.Code, refused.body.Message)
		return false
	}
	c.srv.Metrics.handshake("unavailable")
	writeError(w, http.StatusServiceUnavailable, wire.CodeUnavailable, "the shard cannot be reached")
	return false
}

// errMoveOff says that the move that a connection waited for did not come about.
var errMoveOff = errors.New("the move did not come about")

// attachAt is the first attachment of a connection that was opened ahead of a
// move: it waits for the session, and serves no other owner.
func (c *conn) attachAt(a *attaching, p place) error {
	ctx := a.ctx
	if p.shard != c.srv.Shard {
		// The owner until then is not told apart from the one to come: the relay
		// ends when there is one behind that.
		err := c.relay(ctx, journal.Owner{Shard: p.shard, Epoch: p.epoch}, a.resume, true)
		if errors.Is(err, errDetached) || ctx.Err() != nil {
			return err
		}
		return errMoveOff
	}
	bounded, cancel := context.WithTimeout(ctx, waitFor)
	defer cancel()
	s, err := c.srv.Sessions.Await(bounded, c.id)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || s.Owner().Epoch != p.epoch {
		c.srv.Metrics.preconnected("called_off")
		return errMoveOff
	}
	c.srv.Metrics.preconnected("went_on")
	return c.local(a, s)
}
