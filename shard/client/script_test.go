// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

// patience bounds every wait of these tests for something that must happen.
const patience = 30 * time.Second

// frontDoor is a server whose every connection the test plays by hand.
type frontDoor struct {
	*httptest.Server
	peers chan *peer

	mu      sync.Mutex
	refuse  []int // statuses to answer the next handshakes with
	refused int
}

func newFrontDoor(t *testing.T) *frontDoor {
	t.Helper()
	d := &frontDoor{peers: make(chan *peer, 8)}
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := d.nextRefusal(); status != 0 {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(wire.ErrorBody{Code: wire.CodeUnavailable, Message: "not now"})
			return
		}
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		p := &peer{t: t, ws: ws, request: r, frames: make(chan wire.Frame, 64), ended: make(chan error, 1)}
		go p.read()
		d.peers <- p
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *frontDoor) nextRefusal() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.refuse) == 0 {
		return 0
	}
	status := d.refuse[0]
	d.refuse = d.refuse[1:]
	d.refused++
	return status
}

// accept waits for the next connection.
func (d *frontDoor) accept(t *testing.T) *peer {
	t.Helper()
	select {
	case p := <-d.peers:
		t.Cleanup(func() { _ = p.ws.Close() })
		return p
	case <-time.After(patience):
		t.Fatal("nobody connected")
		return nil
	}
}

// peer is the shard's side of one connection.
type peer struct {
	t       *testing.T
	ws      *websocket.Conn
	request *http.Request
	frames  chan wire.Frame // closed behind the last one, when ended tells why
	ended   chan error
}

func (p *peer) read() {
	defer close(p.frames)
	for {
		_, data, err := p.ws.ReadMessage()
		if err != nil {
			p.ended <- err
			return
		}
		f, err := wire.DecodeFrame(data)
		if err != nil {
			p.ended <- err
			return
		}
		p.frames <- f
	}
}

func (p *peer) send(typ wire.Type, data any) {
	p.t.Helper()
	if err := p.ws.WriteMessage(websocket.TextMessage, wire.Encode(typ, data)); err != nil {
		p.t.Fatalf("sending %s: %v", typ, err)
	}
}

func (p *peer) hello() {
	p.t.Helper()
	p.send(wire.TypeConnectionEstablished, wire.ConnectionEstablished{SessionID: "s1", Player: "p1", Role: "player", Shard: "a", HeartbeatSeconds: 10})
}

func (p *peer) close(code int) {
	p.t.Helper()
	message := websocket.FormatCloseMessage(code, "")
	if err := p.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
}

// expect waits for the next frame, which must be of the given type.
func expect[T any](p *peer, typ wire.Type) T {
	p.t.Helper()
	var data T
	select {
	case f, more := <-p.frames:
		if !more {
			p.t.Fatalf("connection ended (%v), want a %s frame", <-p.ended, typ)
		}
		if f.Type != typ {
			p.t.Fatalf("got a %s frame, want %s", f.Type, typ)
		}
		if err := wire.DecodeData(f, &data); err != nil {
			p.t.Fatal(err)
		}
	case <-time.After(patience):
		p.t.Fatalf("no %s frame came", typ)
	}
	return data
}

// expectGoodbye waits for the close by which a client leaves a connection.
func (p *peer) expectGoodbye() {
	p.t.Helper()
	select {
	case f, more := <-p.frames:
		if more {
			p.t.Fatalf("got a %s frame, want a close", f.Type)
		}
		err := <-p.ended
		if c, ok := errors.AsType[*websocket.CloseError](err); !ok || c.Code != websocket.CloseNormalClosure {
			p.t.Fatalf("ended with %v, want close code %d", err, websocket.CloseNormalClosure)
		}
	case <-time.After(patience):
		p.t.Fatal("connection stays open")
	}
}

// session is the chain that the test's shards tell of.
type session struct{ doc *wire.Document }

func newSession() *session {
	return &session{wire.NewDocument(wire.Position{Epoch: 1, Version: 10}, map[string]json.RawMessage{"/round": json.RawMessage("1")})}
}

func (s *session) sync(lastN uint64) wire.SyncResponse {
	return wire.SyncResponse{Position: s.doc.Position(), State: s.doc.Leaves(), Hash: s.doc.Hash(), LastN: lastN}
}

// step writes the next entry, in the given epoch, and returns its update.
func (s *session) step(epoch uint64) wire.Update {
	from := s.doc.Position().Version
	to := wire.Position{Epoch: epoch, Version: from + 1}
	value := json.RawMessage(to.String()[len(to.String())-1:])
	u := wire.Update{UpdateID: to.String(), Position: to, From: from, Changes: []wire.Change{{Path: "/round", Value: value}}}
	s.doc.Set("/round", value)
	s.doc.Advance(to)
	u.Hash = s.doc.Hash()
	return u
}

// player is a client under test and everything it observed.
type player struct {
	*Client
	t      *testing.T
	events chan Event
}

// join dials and plays the shard's part of the first sync.
func join(t *testing.T, d *frontDoor, s *session, change func(*Options)) (*player, *peer) {
	t.Helper()
	pl := &player{t: t, events: make(chan Event, 256)}
	opts := Options{URL: d.URL, Session: "s1", Token: "token", Observe: func(e Event) { pl.events <- e }}
	if change != nil {
		change(&opts)
	}
	type result struct {
		c   *Client
		err error
	}
	dialled := make(chan result, 1)
	go func() {
		c, err := Dial(t.Context(), opts)
		dialled <- result{c, err}
	}()
	p := d.accept(t)
	p.hello()
	expect[wire.SyncRequest](p, wire.TypeSyncRequest)
	p.send(wire.TypeSyncResponse, s.sync(0))
	r := <-dialled
	if r.err != nil {
		t.Fatal(r.err)
	}
	pl.Client = r.c
	t.Cleanup(r.c.Close)
	return pl, p
}

// await returns the next event of type T, passing over others.
func await[T Event](pl *player) T {
	pl.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-pl.events:
			if got, ok := e.(T); ok {
				return got
			}
		case <-deadline:
			var want T
			pl.t.Fatalf("no %T came", want)
			return want
		}
	}
}

// do sends a command without waiting for its answer.
func (pl *player) do(action string) <-chan Answer {
	pl.t.Helper()
	answers := make(chan Answer, 1)
	go func() {
		a, err := pl.Do(pl.t.Context(), json.RawMessage(action))
		if err == nil {
			answers <- a
		}
		close(answers)
	}()
	return answers
}

func (pl *player) answer(answers <-chan Answer) Answer {
	pl.t.Helper()
	select {
	case a, ok := <-answers:
		if !ok {
			pl.t.Fatal("the command failed")
		}
		return a
	case <-time.After(patience):
		pl.t.Fatal("no answer came")
	}
	return Answer{}
}
