// SPDX-License-Identifier: Apache-2.0

package asyncapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Relay stands between clients and a shard until the test has ended: it passes on
// what they say to each other, and each frame that is not as documented fails the
// test. It returns its address, which is to be dialled in place of the shard's.
func (d *Document) Relay(t testing.TB, shard string) (address string) {
	r := &relay{t: t, document: d, shard: shard}
	server := httptest.NewServer(r)
	t.Cleanup(func() { server.Close(); r.open.Wait() })
	return strings.TrimPrefix(server.URL, "http://")
}

type relay struct {
	t        testing.TB
	document *Document
	shard    string
	open     sync.WaitGroup
}

// ServeHTTP passes on one connection.
func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.open.Add(1)
	defer r.open.Done()
	header := req.Header.Clone()
	for name := range header { // what the handshake of the other connection sets itself
		if name == "Connection" || name == "Upgrade" || strings.HasPrefix(name, "Sec-Websocket-") {
			header.Del(name)
		}
	}
	dialer := websocket.Dialer{Subprotocols: websocket.Subprotocols(req)}
	out, resp, err := dialer.DialContext(req.Context(), "ws://"+r.shard+req.URL.RequestURI(), header)
	if resp != nil {
		defer func() { _ = resp.Body.Close() }()
	}
	if err != nil {
		refuse(w, resp, err)
		return
	}
	defer func() { _ = out.Close() }()
	up := websocket.Upgrader{Subprotocols: []string{out.Subprotocol()}, CheckOrigin: func(*http.Request) bool { return true }}
	in, err := up.Upgrade(w, req, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer func() { _ = in.Close() }()
	var both sync.WaitGroup
	both.Go(func() { r.pass("the shard", out, in) })
	both.Go(func() { r.pass("a client", in, out) })
	both.Wait()
}

// refuse answers a client as the shard has.
func refuse(w http.ResponseWriter, resp *http.Response, err error) {
	if resp == nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// pass takes frames from one end to the other until one of them is closed, and then
// closes the other in the same way.
func (r *relay) pass(who string, from, to *websocket.Conn) {
	for {
		kind, frame, err := from.ReadMessage()
		if err != nil {
			if end, is := errors.AsType[*websocket.CloseError](err); is && end.Code != websocket.CloseAbnormalClosure {
				_ = to.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(end.Code, end.Text), time.Now().Add(time.Second))
			}
			_ = to.Close()
			return
		}
		if _, err := r.document.Check(frame); err != nil {
			r.t.Errorf("from %s: %v", who, err)
		}
		if err := to.WriteMessage(kind, frame); err != nil {
			_ = from.Close()
			return
		}
	}
}
