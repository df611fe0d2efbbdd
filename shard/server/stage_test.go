// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/session/sessiontest"
	"gamesession.dev/operator/shard/wire"
)

const testSession = "s1"

// stage is some shards' servers around one journal in memory.
type stage struct {
	t    *testing.T
	log  *journal.Memory
	keys *auth.Keys

	mu     sync.Mutex
	shards map[string]*shard
	// addresses are those that are not the shard's own.
	addresses map[string]string
	used      map[string]bool // tickets
	away      bool            // the store does not answer
}

// shard is a server and the sessions that live beside it.
type shard struct {
	*Server
	*sessiontest.Shelf
	stage    *stage
	name     string
	http     *httptest.Server
	gatherer *prometheus.Registry
}

func newStage(t *testing.T, names ...string) *stage {
	t.Helper()
	before := runtime.NumGoroutine()
	keys, err := auth.NewKeys(map[string][]byte{"k1": []byte(strings.Repeat("k", auth.MinKeyBytes))})
	check(t, err)
	st := &stage{t: t, log: journal.NewMemory(), keys: keys, shards: map[string]*shard{}, addresses: map[string]string{}, used: map[string]bool{}}
	// Registered first, so it runs when everything else has ended.
	t.Cleanup(func() {
		st.await("goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
	})
	for _, name := range names {
		st.start(name)
	}
	return st
}

func (st *stage) start(name string) *shard {
	sh := &shard{stage: st, name: name, gatherer: prometheus.NewRegistry()}
	metrics := NewMetrics(sh.gatherer)
	sh.Shelf = sessiontest.NewShelf(st.t, name, st.log, metrics)
	sh.Server = New(Config{
		Shard: name, Keys: func() *auth.Keys { return st.keys }, Sessions: sh, Directory: st, Tickets: st,
		Logger: slog.New(slog.DiscardHandler), Metrics: metrics, MaxSockets: 16,
	})
	sh.http = httptest.NewUnstartedServer(nil)
	sh.http.Config = NewHTTPServer(sh.Handler())
	sh.http.Start()
	st.shards[name] = sh
	st.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		sh.CloseAll(ctx, 0)
		sh.http.Close()
	})
	return sh
}

func (st *stage) Owner(ctx context.Context, id string) (journal.Owner, error) {
	st.mu.Lock()
	away := st.away
	st.mu.Unlock()
	if away {
		return journal.Owner{}, journal.ErrUnavailable
	}
	return st.log.Owner(ctx, id)
}

func (st *stage) Spend(_ context.Context, id string, keep time.Duration) (first bool, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.away || keep < auth.TicketFor {
		return false, journal.ErrUnavailable
	}
	first, st.used[id] = !st.used[id], true
	return first, nil
}

func (st *stage) setAway(away bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.away = away
}

func (st *stage) Address(_ context.Context, name string) (string, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if address, set := st.addresses[name]; set {
		return address, nil
	}
	if sh := st.shards[name]; sh != nil {
		return sh.http.URL, nil
	}
	return "", errors.New("no such shard")
}

// await polls until done holds.
func (st *stage) await(what string, done func() bool) {
	st.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			st.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (sh *shard) AwaitStandby(ctx context.Context, id string, epoch uint64) error {
	if id == testSession && epoch == 2 {
		return nil
	}
	return sessiontest.ErrNotComing
}

// duel is the session of all these tests.
func duel() registry.SessionSpec { return sessiontest.Duel(testSession, "ann") }

// create starts the duel on a shard at epoch 1.
func (sh *shard) create() *session.Session {
	sh.stage.t.Helper()
	return sh.Create(duel())
}

// handoff moves the duel from one shard to another, as their hosts would.
func (st *stage) handoff(from, to *shard, epoch uint64) {
	t := st.t
	t.Helper()
	source, _ := from.Session(testSession)
	f := to.Follow(from.Shelf, duel(), epoch)
	ahead, done := context.WithTimeout(t.Context(), 500*time.Millisecond)
	source.Announce(ahead, to.name, epoch)
	done()
	check(t, source.Handoff(t.Context(), to.name, epoch))
	f.Adopted()
}

func (st *stage) token(player string, role auth.Role, expires time.Time) string {
	st.t.Helper()
	token, err := st.keys.Sign(auth.Claims{
		Session: testSession, Player: player, Role: role, IssuedAt: expires.Add(-time.Hour).Unix(), Expires: expires.Unix(),
	})
	check(st.t, err)
	return token
}

// socket is a client without any help.
type socket struct {
	*websocket.Conn
	t       *testing.T
	n       uint64
	goodbye wire.ConnectionError
}

const clientPath = "/api/v2/sessions/" + testSession + "/ws"

func (sh *shard) dial(player string, role auth.Role) *socket {
	sh.stage.t.Helper()
	return sh.dialWith(sh.stage.token(player, role, time.Now().Add(time.Hour)))
}

func (sh *shard) dialWith(token string) *socket {
	sh.stage.t.Helper()
	return sh.dialAt(clientPath, token)
}

func (sh *shard) dialAt(path, token string) *socket {
	t := sh.stage.t
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(sh.http.URL, "http")+path, http.Header{wire.TokenHeader: {token}})
	check(t, err)
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	return &socket{Conn: ws, t: t}
}

// player connects and syncs.
func (sh *shard) player(player string, role auth.Role) *socket {
	sh.stage.t.Helper()
	c := sh.dial(player, role)
	c.say(wire.TypeSyncRequest, wire.SyncRequest{})
	c.until(wire.TypeSyncResponse)
	return c
}

func (c *socket) say(typ wire.Type, data any) {
	c.t.Helper()
	check(c.t, c.WriteMessage(websocket.TextMessage, wire.Encode(typ, data)))
}

// until reads up to a frame of one of the types.
func (c *socket) until(types ...wire.Type) wire.Frame {
	c.t.Helper()
	for {
		f, err := c.next()
		if err != nil {
			c.t.Fatalf("waiting for %v: %v", types, err)
		}
		for _, want := range types {
			if f.Type == want {
				return f
			}
		}
	}
}

func (c *socket) next() (wire.Frame, error) {
	c.t.Helper()
	check(c.t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, message, err := c.ReadMessage()
	if err != nil {
		return wire.Frame{}, err
	}
	f, err := wire.DecodeFrame(message)
	check(c.t, err)
	return f, nil
}

// closed reads up to the close frame. The frame that announces it must say the
// same; it is kept in goodbye and is not among what was seen.
func (c *socket) closed() (code int, seen []wire.Frame) {
	c.t.Helper()
	for {
		f, err := c.next()
		switch {
		case err == nil && f.Type == wire.TypeConnectionError:
			c.goodbye = decode[wire.ConnectionError](c.t, f)
			continue
		case err == nil:
			seen = append(seen, f)
			continue
		}
		closed, ok := errors.AsType[*websocket.CloseError](err)
		if !ok {
			c.t.Fatalf("the connection ended without a close frame: %v", err)
		}
		if c.goodbye.Code != 0 && c.goodbye.Code != closed.Code {
			c.t.Errorf("closed with %d, announced was %+v", closed.Code, c.goodbye)
		}
		return closed.Code, seen
	}
}

func (c *socket) declare(action string) {
	c.t.Helper()
	c.n++
	c.say(wire.TypeActionDeclare, wire.ActionDeclare{N: c.n, ActionID: fmt.Sprint("c-", c.n), Action: json.RawMessage(action)})
}

// acked sends a command and returns its acknowledgement.
func (c *socket) acked(action string) wire.Ack {
	c.t.Helper()
	c.declare(action)
	f := c.until(wire.TypeAck, wire.TypeRefusal)
	if f.Type == wire.TypeRefusal {
		c.t.Fatalf("%s: %s", action, f.Data)
	}
	return decode[wire.Ack](c.t, f)
}

func decode[T any](t *testing.T, f wire.Frame) T {
	t.Helper()
	var v T
	check(t, wire.DecodeData(f, &v))
	return v
}

func body(t *testing.T, resp *http.Response) wire.ErrorBody {
	t.Helper()
	var b wire.ErrorBody
	text, err := io.ReadAll(resp.Body)
	check(t, err)
	_ = resp.Body.Close()
	if err := json.Unmarshal(text, &b); err != nil {
		t.Errorf("body %q: %v", text, err)
	}
	return b
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
