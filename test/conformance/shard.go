// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/asyncapi"
)

// shard is the other end of a conversation.
type shard struct {
	*httptest.Server
	connections chan *connection
	refuse      atomic.Int64
	given       atomic.Int64 // tickets
	spend       atomic.Bool  // the next ticket that is given is spent already
	spent       atomic.Value // it
	documented  *asyncapi.Document
}

// connection is the shard's side of one WebSocket.
type connection struct {
	ws     *websocket.Conn
	path   string
	token  string
	frames chan json.RawMessage // closed behind the last one, when ended tells why
	ended  chan error

	documented *asyncapi.Document
}

func newShard(t *testing.T) *shard {
	documented, err := asyncapi.Load("../../docs/asyncapi.yaml")
	check(t, err)
	s := &shard{connections: make(chan *connection, 8), documented: documented}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *shard) serve(w http.ResponseWriter, r *http.Request) {
	status := int(s.refuse.Load())
	switch {
	case status != 0:
	case r.Method == http.MethodPost:
		s.ticket(w, r)
		return
	case !websocket.IsWebSocketUpgrade(r):
		status = http.StatusBadRequest
	case tokenOf(r) == s.spent.Load():
		status = http.StatusUnauthorized
	}
	if status != 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(wire.ErrorBody{Code: "refused", Message: "not here, not now"})
		return
	}
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}, CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &connection{ws: ws, path: r.URL.Path, token: tokenOf(r), frames: make(chan json.RawMessage, 64), ended: make(chan error, 1), documented: s.documented}
	go c.read()
	s.connections <- c
}

// ticket gives the next one to who shows the identity of the scripts: ticket-1,
// ticket-2 and so on.
func (s *shard) ticket(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/v2/sessions/"+session+"/ticket" || r.Header.Get("Authorization") != "Bearer "+identity {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	ticket := fmt.Sprint("ticket-", s.given.Add(1))
	if s.spend.Swap(false) {
		s.spent.Store(ticket)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(wire.Ticketed{SessionID: session, Player: "ann", Role: "player", Ticket: ticket})
}

// tokenOf takes the token from where clients that set headers have it, or from
// where browsers do.
func tokenOf(r *http.Request) string {
	if token := r.Header.Get(wire.TokenHeader); token != "" {
		return token
	}
	for _, p := range websocket.Subprotocols(r) {
		if token, found := strings.CutPrefix(p, wire.TokenSubprotocolPrefix); found {
			return token
		}
	}
	return ""
}

// read takes the client's frames. Once both have said goodbye it is the server that
// ends the connection (RFC 6455, 7.1.1); some clients wait for that.
func (c *connection) read() {
	defer func() { _ = c.ws.Close() }()
	defer close(c.frames)
	for {
		_, frame, err := c.ws.ReadMessage()
		if err != nil {
			c.ended <- err
			return
		}
		_, err = wire.DecodeRequest(frame)
		if err == nil {
			_, err = c.documented.Check(frame)
		}
		if err != nil {
			c.ended <- err
			return
		}
		c.frames <- frame
	}
}

func (c *connection) close(code int) error {
	return c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "as the script has it"), time.Now().Add(patience))
}
