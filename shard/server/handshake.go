// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// serveClient is the handshake of a client. Everything that can be refused is
// refused here, as HTTP, before there is a socket.
func (s *Server) serveClient(w http.ResponseWriter, r *http.Request) {
	begun, id := time.Now(), r.PathValue("id")
	s.share(w, r) // a page may read why it is refused
	if s.draining.Load() {
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, wire.CodeDraining, "this shard takes no new connections; connect again")
		return
	}
	if !s.mayConnect(w, r) {
		return
	}
	if httpapi.TokenInQuery(r) {
		s.deny(r, id, "token_in_query")
		httpapi.ErrTokenInQuery.Write(w)
		return
	}
	if token := sessionToken(r); auth.IsTicket(token) {
		s.serveTicket(w, r, id, token, begun)
		return
	}
	token, claims, ok := s.authenticate(w, r, id)
	if !ok || !s.known(w, r, id) || !s.speaks(w, r) {
		return
	}
	if !claims.Allowed(id, auth.Watch, auth.Own) {
		writeError(w, http.StatusForbidden, wire.CodeForbidden, "the session token is not a player's")
		return
	}
	if token, claims, ok = s.vouched(w, r, token, claims); ok {
		s.upgrade(w, r, &conn{srv: s, id: id, token: token, claims: claims, root: root(r), begun: begun})
	}
}

// speaks checks that the client speaks the protocol. It has answered when it
// does not.
func (s *Server) speaks(w http.ResponseWriter, r *http.Request) bool {
	if slices.Contains(websocket.Subprotocols(r), wire.Subprotocol) {
		return true
	}
	s.Metrics.handshake("subprotocol")
	writeError(w, http.StatusBadRequest, wire.CodeBadRequest, "the WebSocket subprotocol "+wire.Subprotocol+" is needed")
	return false
}

// root returns what leads from the URL that a client used back to the front
// door's, whatever path the front door adds before it.
func root(r *http.Request) string {
	return strings.Repeat("../", strings.Count(r.URL.Path, "/")-1)
}

// upgrade makes a WebSocket of the request and lets it be served to its end. The
// HTTP server is then done with it: a connection in play holds nothing of the
// request that began it.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, c *conn) {
	c.init()
	c.address = clientAddress(r, s.Limits.TrustedProxies)
	if err := s.register(c); err != nil {
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, wire.CodeTooManySockets, "this shard has too many connections")
		c.dropWarm()
		return
	}
	upgrader := s.upgrader
	upgrader.Subprotocols = []string{wire.Subprotocol}
	if c.peer {
		upgrader.Subprotocols = []string{relaySubprotocol}
	}
	ws, err := upgrader.Upgrade(&taker{ResponseWriter: w, conn: c}, r, nil)
	if err != nil {
		s.unregister(c)
		c.dropWarm()
		return // the upgrader has answered
	}
	c.ws = ws
	// What takes much stack is done here: this goroutine ends, the reader's stays and
	// would keep it.
	c.joined()
	c.greet()
	go func() {
		defer s.unregister(c)
		c.run()
	}()
}

// taker puts the connection's outbox in the place of its socket.
type taker struct {
	http.ResponseWriter
	conn *conn
}

// Hijack takes the socket from the HTTP server.
func (t *taker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	socket, buffered, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	t.conn.out = newOutbox(socket)
	return t.conn.out, buffered, nil
}

// authenticate checks the session token. It has answered when ok is false.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request, id string) (token string, claims auth.Claims, ok bool) {
	token = sessionToken(r)
	if token == "" {
		s.deny(r, id, "no_token")
		writeError(w, http.StatusUnauthorized, wire.CodeUnauthorized,
			"a session token is needed: header "+wire.TokenHeader+", or subprotocol "+wire.TokenSubprotocolPrefix+"…")
		return "", claims, false
	}
	claims, problem := httpapi.VerifySession(s.Keys(), token, id, time.Now())
	if problem != nil {
		reason := "bad_token"
		if problem.Code == wire.CodeForbidden {
			reason = "other_session"
		}
		s.deny(r, id, reason)
		problem.Write(w)
		return "", claims, false
	}
	return token, claims, true
}

func sessionToken(r *http.Request) string {
	if token := httpapi.SessionToken(r); token != "" {
		return token
	}
	for _, p := range websocket.Subprotocols(r) {
		if token, found := strings.CutPrefix(p, wire.TokenSubprotocolPrefix); found {
			return token
		}
	}
	return ""
}

// known checks that the session exists. It has answered when it does not.
func (s *Server) known(w http.ResponseWriter, r *http.Request, id string) bool {
	if _, here := s.Sessions.Session(id); here {
		return true
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookTimeout)
	defer cancel()
	_, err := s.Directory.Owner(ctx, id)
	switch {
	case err == nil:
		return true
	case errors.Is(err, journal.ErrNoOwner), errors.Is(err, journal.ErrInvalid):
		s.Metrics.handshake("unknown_session")
		writeError(w, http.StatusNotFound, wire.CodeNotFound, "there is no such session, or it has not started yet")
	default:
		s.Metrics.handshake("unavailable")
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, wire.CodeUnavailable, "the store cannot be reached; connect again")
	}
	return false
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	httpapi.WriteError(w, status, code, message)
}

func (s *Server) refuseUpgrade(w http.ResponseWriter, r *http.Request, status int, reason error) {
	code := wire.CodeBadRequest
	if status == http.StatusForbidden {
		code = wire.CodeForbidden
		s.deny(r, r.PathValue("id"), "origin")
	}
	w.Header().Set("Sec-WebSocket-Version", "13")
	writeError(w, status, code, reason.Error())
}
