// SPDX-License-Identifier: Apache-2.0

package node

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/redistest"
	"gamesession.dev/operator/test/tlstest"
)

// seat is a client on one socket.
type seat struct {
	*websocket.Conn
	t *testing.T
	n uint64
}

// sit connects the game master through a shard, by wss.
func (r *running) sit(a *tlstest.Authority) *seat {
	r.t.Helper()
	token, err := r.keys.Load().Sign(auth.Claims{Session: "table", Player: "gm", Role: auth.GameMaster, IssuedAt: time.Now().Unix(), Expires: time.Now().Add(time.Hour).Unix()})
	check(r.t, err)
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, TLSClientConfig: &tls.Config{RootCAs: a.Roots(), ServerName: "play.example"}}
	ws, resp, err := d.DialContext(r.t.Context(), "wss://"+r.cfg.Listen+"/api/v2/sessions/table/ws", http.Header{wire.TokenHeader: {token}})
	check(r.t, err)
	_ = resp.Body.Close()
	r.t.Cleanup(func() { _ = ws.Close() })
	check(r.t, ws.SetReadDeadline(time.Now().Add(30*time.Second)))
	s := &seat{Conn: ws, t: r.t}
	s.say(wire.TypeSyncRequest, wire.SyncRequest{})
	var view wire.SyncResponse
	s.until(wire.TypeSyncResponse, &view)
	s.n = view.LastN
	return s
}

func (s *seat) say(kind wire.Type, data any) {
	s.t.Helper()
	check(s.t, s.WriteMessage(websocket.TextMessage, wire.Encode(kind, data)))
}

func (s *seat) until(kind wire.Type, into any) {
	s.t.Helper()
	for {
		_, frame, err := s.ReadMessage()
		check(s.t, err)
		f, err := wire.DecodeFrame(frame)
		check(s.t, err)
		if f.Type == kind {
			check(s.t, json.Unmarshal(f.Data, into))
			return
		}
	}
}

// play declares a command and waits for its acknowledgement.
func (s *seat) play(action string) {
	s.t.Helper()
	s.n++
	s.say(wire.TypeActionDeclare, wire.ActionDeclare{N: s.n, ActionID: action, Action: json.RawMessage(action)})
	var ack wire.Ack
	if s.until(wire.TypeAck, &ack); ack.N != s.n {
		s.t.Fatalf("acknowledged %d, want %d", ack.N, s.n)
	}
}

func (s *seat) serial() int64 {
	return s.NetConn().(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// TestTLS: clients by wss at the owner and at a front door, which relays by TLS; a
// certificate that is renewed under them; and a move after that.
func TestTLS(t *testing.T) {
	redis := redistest.Start(t).URL()
	authority, dir := tlstest.New(t), t.TempDir()
	first := authority.Mount(dir, "play.example").Int64()
	secure := func(name string) func(*Config) {
		return func(c *Config) { c.Shard, c.TLSDir = name, dir }
	}
	owner, door := run(t, redis, secure("pool-0")), run(t, redis, secure("pool-1"))
	door.others = 64 // of the owner, which has a session by then
	owner.awaitReady()
	door.awaitReady()
	owner.create("table")
	near, far := owner.sit(authority), door.sit(authority)
	near.play(`{"type":"start_combat"}`)
	far.n = near.n
	far.play(`{"type":"end_combat"}`)
	if near.serial() != first || far.serial() != first {
		t.Errorf("certificates %d and %d, want %d", near.serial(), far.serial(), first)
	}
	if beat := owner.beat(); !beat.TLS {
		t.Error("the heartbeat does not say that TLS is spoken")
	}

	second := authority.Mount(dir, "play.example").Int64()
	owner.reloadCredentials()
	door.reloadCredentials()
	near.n = far.n
	near.play(`{"type":"start_combat"}`)
	far.n = near.n
	far.play(`{"type":"end_combat"}`)
	if fresh := door.sit(authority); fresh.serial() != second {
		t.Errorf("a new connection sees certificate %d, want %d", fresh.serial(), second)
	}

	check(t, owner.registry.Assign(t.Context(), journal.Assignment{Session: "table", Epoch: 2, Shard: "pool-1", Pool: owner.cfg.Pool, From: "pool-0", Mode: journal.ModeHandoff}, owner.spec("table")))
	owner.await("the session to move", func() bool { _, here := door.host.Session("table"); return here })
	near.n = far.n
	near.play(`{"type":"start_combat"}`)
}

// TestPlainRequestsToTLS are told what is wrong, and who says nothing at all holds
// no connection.
func TestPlainRequestsToTLS(t *testing.T) {
	authority, dir := tlstest.New(t), t.TempDir()
	authority.Mount(dir, "play.example")
	r := run(t, redistest.Start(t).URL(), func(c *Config) { c.TLSDir = dir })
	r.awaitReady()
	var d net.Dialer
	silent, err := d.DialContext(t.Context(), "tcp", r.cfg.Listen)
	check(t, err)
	defer func() { _ = silent.Close() }()
	check(t, silent.SetDeadline(time.Now().Add(20*time.Second)))
	resp, err := http.Get("http://" + r.cfg.Listen + "/")
	check(t, err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", resp.StatusCode)
	}
	if _, err := io.ReadAll(silent); err != nil {
		t.Errorf("the shard still waits: %v", err)
	}
}
