// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

const (
	relayPath   = "/internal/v1/sessions/{id}/relay"
	standbyPath = "/internal/v1/sessions/{id}/standby"
	// standbyWait bounds how long a source's question is kept open.
	standbyWait = 10 * time.Second
)

func (s *Server) peerToken(id string) (string, error) {
	return s.Keys().SignPeer(id, s.Shard, time.Now())
}

// fromPeer checks that a request comes from a shard of this pool. It has
// answered when it does not.
func (s *Server) fromPeer(w http.ResponseWriter, r *http.Request, id string) bool {
	if !s.Keys().IsPeer(r.Header.Get(auth.PeerHeader), id, time.Now()) {
		s.deny(r, id, "not_a_peer")
		writeError(w, http.StatusForbidden, wire.CodeForbidden, "only shards of this pool may ask this")
		return false
	}
	return true
}

// serveRelay is the owner's end of a relay: a client that another shard holds.
func (s *Server) serveRelay(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !s.fromPeer(w, r, id) {
		return
	}
	if token := sessionToken(r); auth.IsTicket(token) {
		s.serveAheadRelay(w, r, id, token)
		return
	}
	token, claims, ok := s.authenticate(w, r, id)
	if !ok {
		return
	}
	s.upgrade(w, r, &conn{srv: s, id: id, token: token, claims: claims, peer: true})
}

// serveStandby answers a source that waits for its target to follow.
func (s *Server) serveStandby(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !s.fromPeer(w, r, id) {
		return
	}
	epoch, err := strconv.ParseUint(r.URL.Query().Get("epoch"), 10, 64)
	if err != nil {
		writeError(w, http.StatusBadRequest, wire.CodeBadRequest, "epoch must be a number")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), standbyWait)
	defer cancel()
	if err := s.Sessions.AwaitStandby(ctx, id, epoch); err != nil {
		writeError(w, http.StatusConflict, wire.CodeNotFound, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Peers asks other shards. It is safe for concurrent use.
type Peers struct {
	server *Server
	client *http.Client
}

// NewPeers returns the client side of what s serves to other shards.
func NewPeers(s *Server) *Peers {
	return &Peers{server: s, client: &http.Client{
		Timeout: standbyWait,
		// Shards reach each other directly, whatever proxy the environment names,
		// and seldom: a connection is not worth keeping.
		Transport: &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: standbyWait, DialTLSContext: s.dialTLS},
	}}
}

// dialTLS opens a connection to another shard.
func (s *Server) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	if s.PeerTLS == nil {
		return nil, errNoTLS
	}
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: s.PeerTLS()}
	return d.DialContext(ctx, network, address)
}

var errNoTLS = errors.New("it speaks TLS, and this shard has no certificate to know it by")

// AwaitStandby returns nil when a shard follows the session for the takeover at
// epoch.
func (p *Peers) AwaitStandby(ctx context.Context, shard, id string, epoch uint64) error {
	address, err := p.server.Directory.Address(ctx, shard)
	if err != nil {
		return fmt.Errorf("finding shard %s: %w", shard, err)
	}
	token, err := p.server.peerToken(id)
	if err != nil {
		return err
	}
	url := address + strings.Replace(standbyPath, "{id}", id, 1) + "?epoch=" + strconv.FormatUint(epoch, 10)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking shard %s: %w", shard, err)
	}
	req.Header.Set(auth.PeerHeader, token)
	resp, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("asking shard %s: %w", shard, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("asking shard %s: %w", shard, errNotFollowing)
	}
	return nil
}

var errNotFollowing = errors.New("it does not follow the session")

// relayAhead tells the shard that relays a client to here to open a connection
// to the next owner, and to have its client do so.
func (c *conn) relayAhead(shard string, epoch uint64) <-chan struct{} {
	ready := make(chan struct{})
	c.mu.Lock()
	old := c.relayUp
	c.relayUp = ready
	c.mu.Unlock()
	if old != nil {
		close(old)
	}
	c.send(typeRelayAhead, relayAhead{Shard: shard, Epoch: epoch})
	return ready
}

// relayReady takes the answer.
func (c *conn) relayReady() {
	c.mu.Lock()
	ready := c.relayUp
	c.relayUp = nil
	c.mu.Unlock()
	if ready != nil {
		close(ready)
	}
}
