// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/wire"
)

// Limits bound what one client can do. The zero value bounds nothing.
type Limits struct {
	// Connects counts attempts to connect by address, for all shards together.
	Connects Counter
	// ConnectsOf counts in its place, by player, for those whose session token is of
	// a class: they may come from few addresses.
	ConnectsOf map[auth.Class]Counter
	// Messages is for each connection.
	Messages limit.Rules
	// TrustedProxies are believed when they say for whom they ask.
	TrustedProxies []netip.Prefix
}

// Counter counts for subjects.
type Counter interface {
	// Take takes one, or returns how long to wait.
	Take(ctx context.Context, subject string) (wait time.Duration, err error)
}

// floodMax is how many messages in a row may come too fast before the
// connection is closed. It is more than the commands that may be open, so that a
// client which sends them all again is not taken for a flood.
const floodMax = 2 * pendingMax

// mayConnect checks how often an address has connected of late. It has answered
// when it was too often. If nobody can tell, the client is let in.
func (s *Server) mayConnect(w http.ResponseWriter, r *http.Request) bool {
	if s.Limits.Connects == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookTimeout)
	defer cancel()
	counter, subject := s.countedBy(r)
	wait, err := counter.Take(ctx, subject)
	if err != nil {
		s.Metrics.Limited("unchecked")
		return true
	}
	if wait == 0 {
		return true
	}
	s.Metrics.Limited("connects")
	s.Metrics.handshake("rate_limited")
	w.Header().Set("Retry-After", limit.Seconds(wait))
	writeError(w, http.StatusTooManyRequests, wire.CodeRateLimited, "too many connections from this address; wait")
	return false
}

// countedBy says who counts an attempt to connect, and for whom. A token that is
// not valid is counted by address, as every other attempt.
func (s *Server) countedBy(r *http.Request) (Counter, string) {
	if len(s.Limits.ConnectsOf) > 0 {
		c, err := s.claims(sessionToken(r))
		if own := s.Limits.ConnectsOf[c.Class]; err == nil && own != nil {
			return own, c.Player
		}
	}
	return s.Limits.Connects, clientAddress(r, s.Limits.TrustedProxies)
}

// claims are those of a session token, or of the one that a ticket was given for.
func (s *Server) claims(token string) (auth.Claims, error) {
	if auth.IsTicket(token) {
		t, err := s.Keys().VerifyTicket(token, s.now())
		return t.Claims(), err
	}
	return s.Keys().Verify(token, s.now())
}

// clientAddress names who is counted: the nearest address that is not a trusted
// proxy's. Of an IPv6 address it is the network, which one client has to itself.
func clientAddress(r *http.Request, trusted []netip.Prefix) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	addr := at.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil || !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) }) {
			break
		}
		addr = next.Unmap()
	}
	if addr.Is6() {
		network, _ := addr.WithZone("").Prefix(64)
		return network.String()
	}
	return addr.String()
}

// tooFast says whether a message comes too soon after those before it, and then
// answers it. What another shard relays was counted there.
func (c *conn) tooFast(message []byte) bool {
	if c.peer {
		return false
	}
	wait := c.rate.Take(c.srv.Limits.Messages.Of(string(c.claims.Class)), 1, c.srv.now())
	if wait == 0 {
		c.flood = 0
		return false
	}
	c.srv.Metrics.Limited("messages")
	if c.flood++; c.flood > floodMax {
		c.close(wire.CloseTooManyErrors, "too many messages, and they go on")
		return true
	}
	details := map[string]any{"retry_after_ms": wait.Milliseconds() + 1}
	var d wire.ActionDeclare
	if f, err := wire.DecodeRequest(message); err == nil && f.Type == wire.TypeActionDeclare && wire.DecodeData(f, &d) == nil {
		c.srv.Metrics.Refused(wire.RefusalRateLimited)
		c.send(wire.TypeRefusal, wire.Refusal{
			N: d.N, ActionID: d.ActionID, Code: wire.RefusalRateLimited, Message: "too many messages; wait, and send the command again", Details: details, Retry: true,
		})
		return true
	}
	c.send(wire.TypeError, wire.Error{Code: wire.CodeRateLimited, Message: "too many messages; wait", Details: details})
	return true
}
