// SPDX-License-Identifier: Apache-2.0

package server

import (
	"log/slog"
	"net/http"

	"gamesession.dev/operator/shard/audit"
)

// deny counts a handshake that is refused because of who asks, and audits it. What
// another shard asks for is told by the address of that shard.
func (s *Server) deny(r *http.Request, id, reason string) {
	s.Metrics.handshake(reason)
	s.denials.Write(id, reason, clientAddress(r, s.Limits.TrustedProxies))
}

// joined and left audit a client's connection, at the shard that holds it.
func (c *conn) joined() {
	if !c.peer {
		c.audit(audit.Joined, slog.String("role", string(c.claims.Role)), slog.String("address", c.address))
	}
}

func (c *conn) left() {
	if !c.peer {
		c.audit(audit.Left, slog.Int("code", int(c.code.Load())))
	}
}

func (c *conn) audit(what audit.Event, about ...slog.Attr) {
	audit.Write(c.srv.Logger, what, append([]slog.Attr{slog.String("session", c.id), slog.String("by", c.claims.Player)}, about...)...)
}
