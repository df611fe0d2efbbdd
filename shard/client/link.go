// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

const (
	// outBound is how many frames may wait for the writer. A peer that does
	// not take that many is dropped; the client resumes on another connection.
	outBound     = 64
	writeTimeout = 5 * time.Second
	closeTimeout = time.Second
	maxInbound   = 8 << 20
	maxErrorBody = 4 << 10
)

// link is one connection, from its dial to its end. The second group of fields
// belongs to the client's goroutine.
type link struct {
	id          uint64
	url         *url.URL
	credentials Credentials
	follow      bool   // opened to follow a move
	awaits      uint64 // opened ahead of a move: the epoch that begins with it
	out         chan []byte
	cancel      context.CancelFunc // ends the dial
	quit        chan struct{}      // closed when the client is done with the link
	code        int                // close code; set before quit is closed

	greeted   bool
	role      string // that the shard greeted it in
	live      bool
	lost      bool // the document is on a history that was lost; a sync_response follows
	syncing   bool // a sync_request is on its way
	deadline  time.Time
	heartbeat time.Duration
	lastBeat  time.Time
	epoch     uint64 // highest epoch that it carried
}

// message is what a link tells the client: a frame, or that it has ended.
type message struct {
	from *link
	body any
}

type (
	gone  struct{ err error }
	frame struct {
		typ  wire.Type
		data any // of the type's Go type; nil when the type is not known
	}
	malformed struct{ err error } // data that could not be understood
)

// run dials, then reads until the connection ends. What it tells is dropped
// once the client is done with the link.
func (l *link) run(ctx context.Context, dialer *websocket.Dialer, to chan<- message) {
	tell := func(body any) {
		select {
		case to <- message{l, body}:
		case <-l.quit:
		}
	}
	ws, err := l.dial(ctx, dialer)
	if err != nil {
		tell(gone{err})
		return
	}
	var writer sync.WaitGroup
	ended := make(chan struct{})
	writer.Go(func() { l.write(ws, ended) })
	err = l.read(ws, tell)
	close(ended)
	tell(gone{err})
	writer.Wait()
}

// read tells every frame, and returns why there are no more.
func (l *link) read(ws *websocket.Conn, tell func(any)) error {
	ws.SetReadLimit(maxInbound)
	wait := defaultOpenTimeout
	for {
		// A failure to set the deadline shows in the read.
		_ = ws.SetReadDeadline(time.Now().Add(wait))
		_, data, err := ws.ReadMessage()
		if err != nil {
			return err
		}
		f := decode(data)
		if hello, ok := f.data.(*wire.ConnectionEstablished); ok && hello.HeartbeatSeconds > 0 {
			wait = 3 * time.Duration(hello.HeartbeatSeconds) * time.Second
		}
		tell(f)
	}
}

func (l *link) dial(ctx context.Context, dialer *websocket.Dialer) (*websocket.Conn, error) {
	token, err := l.credentials.Token(ctx)
	if err != nil {
		return nil, err
	}
	d := *dialer
	d.Subprotocols = []string{wire.Subprotocol}
	ws, response, err := d.DialContext(ctx, l.url.String(), http.Header{wire.TokenHeader: {token}})
	if err == nil {
		return ws, nil
	}
	if response == nil {
		return nil, fmt.Errorf("dialling %s: %w", l.url.Host, err)
	}
	defer func() { _ = response.Body.Close() }()
	if errors.Is(err, websocket.ErrBadHandshake) {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
		return nil, newHandshakeError(response.StatusCode, body)
	}
	return nil, fmt.Errorf("dialling %s: %w", l.url.Host, err)
}

// write is the only place that writes. It closes the connection: at once when
// it fails or the peer has ended it; with a close frame, and a moment for the
// peer to answer that, when the client is done with it.
func (l *link) write(ws *websocket.Conn, ended <-chan struct{}) {
	defer func() { _ = ws.Close() }() // its end shows in the read
	for {
		select {
		case <-ended:
			return
		case <-l.quit:
			goodbye := websocket.FormatCloseMessage(l.code, "")
			if ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(closeTimeout)) != nil {
				return
			}
			select {
			case <-ended:
			case <-time.After(closeTimeout):
			}
			return
		case data := <-l.out:
			_ = ws.SetWriteDeadline(time.Now().Add(writeTimeout))
			if ws.WriteMessage(websocket.TextMessage, data) != nil {
				return // the reader sees the closed connection and tells
			}
		}
	}
}

// send queues a frame. It reports false when the queue is full.
func (l *link) send(data []byte) bool {
	select {
	case l.out <- data:
		return true
	default:
		return false
	}
}

// retire ends the link from this side. Nothing is heard of it any more.
func (l *link) retire(code int) {
	l.code = code
	close(l.quit)
	l.cancel()
}
