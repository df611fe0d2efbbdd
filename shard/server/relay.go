// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/trace"
	"gamesession.dev/operator/shard/wire"
)

// relaySubprotocol is spoken between shards: the client's frames, and the two
// below.
const relaySubprotocol = "gamesession.relay.v1"

const (
	// typeRelayAhead tells the shard that holds a client that the session is
	// about to move, and where to.
	typeRelayAhead wire.Type = "relay_ahead"
	// typeRelayReady answers that a connection to there is open, or cannot be.
	typeRelayReady wire.Type = "relay_ready"
)

type relayAhead struct {
	Shard string `json:"shard"`
	Epoch uint64 `json:"epoch"`
}

// relayed is an attachment to a session on another shard.
type relayed struct {
	conn *conn // that it stands in for
	ws   *websocket.Conn
	// mu guards writing.
	mu sync.Mutex
	// heard says that something came since the last look.
	heard atomic.Bool
}

// relay passes the client on to the owner until that connection ends.
func (c *conn) relay(ctx context.Context, owner journal.Owner, resume *wire.Resume, first bool) error {
	ws, err := c.upstream(ctx, owner.Shard)
	if err != nil {
		return err
	}
	r := &relayed{conn: c, ws: ws}
	defer func() { _ = ws.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = ws.Close() })
	defer stop()
	if resume != nil {
		err = r.send(wire.TypeResume, resume)
	} else {
		err = r.send(wire.TypeSyncRequest, wire.SyncRequest{})
	}
	if err != nil {
		return fmt.Errorf("relaying to shard %s: %w", owner.Shard, err)
	}
	c.srv.Metrics.relays.Inc()
	defer c.srv.Metrics.relays.Dec()
	watching, done := context.WithCancel(ctx)
	defer done()
	go c.watch(watching, r, owner.Epoch)
	return c.pump(r, owner.Shard, c.quietly(first))
}

// watchEvery is how often a relay that is silent looks whether its session has
// another owner.
const watchEvery = time.Second

// watch ends a relay whose owner has gone without a word: a host that sleeps or
// is cut off closes nothing.
func (c *conn) watch(ctx context.Context, r *relayed, epoch uint64) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if r.heard.Swap(false) {
			continue
		}
		look, cancel := context.WithTimeout(ctx, lookTimeout)
		owner, err := c.srv.Directory.Owner(look, c.id)
		cancel()
		if err == nil && owner.Epoch > epoch || errors.Is(err, journal.ErrNoOwner) {
			_ = r.ws.Close() // pump ends
			return
		}
	}
}

// pump passes the owner's frames on to the client. The relay counts as attached
// when the owner has answered the resume or sync.
func (c *conn) pump(r *relayed, shard string, quiet bool) error {
	begun := false
	defer c.detached()
	for {
		_ = r.ws.SetReadDeadline(time.Now().Add(c.srv.pace.idle))
		_, frame, err := r.ws.ReadMessage()
		if err != nil {
			if begun && !websocket.IsCloseError(err, finalCloses...) {
				return fmt.Errorf("%w: relay from shard %s: %w", errDetached, shard, err)
			}
			return c.relayEnd(err)
		}
		r.heard.Store(true)
		h, err := peek(frame)
		if err != nil {
			return fmt.Errorf("relay from shard %s: %w", shard, err)
		}
		switch h.Type {
		case wire.TypeConnectionEstablished, wire.TypeHeartbeat:
			continue
		case typeRelayAhead:
			c.relayTo(r, h.Data.Shard, h.Data.Epoch)
			continue
		case wire.TypeResumed, wire.TypeSyncResponse:
			if !begun {
				begun = true
				c.attached(r)
				c.offerAfter(shard, h.current())
			}
			if h.Type == wire.TypeResumed && quiet {
				continue
			}
		}
		if !c.forward(h.Type, frame, h.position(), h.answers()) {
			return session.ErrOverflow
		}
		c.flush()
	}
}

// finalCloses are those of an owner that a client has to hear of.
var finalCloses = []int{wire.CloseForbidden, wire.CloseSessionEnded, wire.CloseTokenExpired, wire.CloseRoleChanged}

// relayEnd translates the owner's close of a relay.
func (c *conn) relayEnd(err error) error {
	switch {
	case websocket.IsCloseError(err, wire.CloseForbidden):
		c.close(wire.CloseForbidden, "not on the roster")
	case websocket.IsCloseError(err, wire.CloseSessionEnded):
		c.close(wire.CloseSessionEnded, "the session is gone")
	case websocket.IsCloseError(err, wire.CloseTokenExpired):
		c.close(wire.CloseTokenExpired, "the session token is no longer valid")
	case websocket.IsCloseError(err, wire.CloseRoleChanged):
		c.close(wire.CloseRoleChanged, "you have another role in this session now")
	case websocket.IsCloseError(err, wire.CloseAhead):
		return session.ErrAhead
	}
	return fmt.Errorf("attaching the relay: %w", err)
}

// offerAfter tells the client of the move that ended its last attachment.
func (c *conn) offerAfter(shard string, at wire.Position) {
	c.mu.Lock()
	to := c.movedTo
	c.movedTo = ""
	c.mu.Unlock()
	if to != "" {
		c.send(wire.TypeMoved, c.moved(shard, "handoff", at))
	}
}

// relayTo answers a relay_ahead, once the connection is prepared for the move.
func (c *conn) relayTo(r *relayed, shard string, epoch uint64) {
	ready := c.prepare(shard, epoch)
	go func() {
		select {
		case <-ready:
			_ = r.send(typeRelayReady, struct{}{}) // a broken relay is seen by its reader
		case <-c.done:
		}
	}()
}

func (r *relayed) send(t wire.Type, data any) error { return r.write(wire.Encode(t, data)) }

func (r *relayed) write(frame []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ws.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return r.ws.WriteMessage(websocket.TextMessage, frame)
}

func (r *relayed) command(d wire.ActionDeclare) bool {
	c := r.conn
	name := trace.Command{Session: c.id, Player: c.claims.Player, N: d.N, ActionID: d.ActionID}
	span := c.srv.Tracer.Begin("relay", name, time.Now())
	outcome := "passed"
	if r.send(wire.TypeActionDeclare, d) != nil {
		_ = r.ws.Close() // pump ends, and the command is sent again
		outcome = "lost"
	}
	span.End(outcome, time.Now())
	return true
}

func (r *relayed) sync(paths []string) {
	if r.send(wire.TypeSyncRequest, wire.SyncRequest{Paths: paths}) != nil {
		_ = r.ws.Close()
	}
}

func (r *relayed) say(f wire.Frame, _ session.Saying) {
	if r.send(f.Type, f.Data) != nil {
		_ = r.ws.Close()
	}
}

func (r *relayed) watch() {
	if r.send(wire.TypePresenceRequest, wire.PresenceRequest{}) != nil {
		_ = r.ws.Close()
	}
}

// dial opens the relay connection of this client to another shard. A shard that
// refuses it answers with a [*refusedError].
func (c *conn) dial(ctx context.Context, shard, token string) (*websocket.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	address, err := c.srv.Directory.Address(bounded, shard)
	if err != nil {
		return nil, fmt.Errorf("finding shard %s: %w", shard, err)
	}
	peer, err := c.srv.peerToken(c.id)
	if err != nil {
		return nil, err
	}
	url := "ws" + strings.TrimPrefix(address, "http") + strings.Replace(relayPath, "{id}", c.id, 1)
	header := http.Header{wire.TokenHeader: {token}, auth.PeerHeader: {peer}}
	ws, resp, err := c.srv.dialer.DialContext(bounded, url, header)
	if err == nil {
		_ = resp.Body.Close()
		return ws, nil
	}
	if resp != nil {
		err = refusedBy(resp)
	}
	return nil, fmt.Errorf("dialling shard %s: %w", shard, err)
}

// refusedError says that another shard refused a handshake.
type refusedError struct {
	status int
	body   wire.ErrorBody
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("refused with %d %s: %s", e.status, e.body.Code, e.body.Message)
}

// refusedBy reads why; the dialer has kept the beginning of the body.
func refusedBy(resp *http.Response) *refusedError {
	defer func() { _ = resp.Body.Close() }()
	e := &refusedError{status: resp.StatusCode}
	if json.NewDecoder(resp.Body).Decode(&e.body) != nil {
		e.body = wire.ErrorBody{Code: wire.CodeUnavailable, Message: "another shard refused the connection"}
	}
	return e
}

// head is the little of a frame that a relay has to know.
type head struct {
	Type wire.Type `json:"type"`
	Data struct {
		wire.Position
		Current wire.Position `json:"current"`
		N       uint64        `json:"n"`
		Partial bool          `json:"partial"`
		Shard   string        `json:"shard"`
	} `json:"data"`
}

var errNoFrame = errors.New("not a frame")

func peek(frame []byte) (head, error) {
	var h head
	if err := json.Unmarshal(frame, &h); err != nil {
		return h, fmt.Errorf("%w: %w", errNoFrame, err)
	}
	return h, nil
}

// position returns what a client has once it got the frame; zero if it is not
// part of the chain.
func (h head) position() wire.Position {
	if h.Type.CarriesUpdate() || h.Type == wire.TypeResumed || h.Type == wire.TypeSyncResponse && !h.Data.Partial {
		return h.Data.Position
	}
	return wire.Position{}
}

// current returns where the session is, of a frame that begins an attachment.
func (h head) current() wire.Position {
	if h.Type == wire.TypeResumed {
		return h.Data.Current
	}
	return h.Data.Position
}

// answers returns the counter of the command that the frame answers, else 0.
func (h head) answers() uint64 {
	if h.Type == wire.TypeAck || h.Type == wire.TypeRefusal {
		return h.Data.N
	}
	return 0
}
