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
	"gamesession.dev/operator/shard/wire"
)

const testSession = "s1"

// duel is a fight that the game master and ann can keep going.
const duel = `{
  "map": {"width": 6, "height": 6},
  "combatants": [
    {"id": "aria", "name": "Aria", "side": "heroes", "controller": "ann", "position": [1, 1], "ac": 15, "maxHP": 60, "speed": 30, "dexterity": 14},
    {"id": "goblin", "name": "Goblin", "side": "goblins", "controller": "gm", "position": [2, 1], "ac": 13, "maxHP": 200, "speed": 30, "dexterity": 14}
  ]
}`

func duelSpec() registry.SessionSpec {
	return registry.SessionSpec{
		ID: testSession, Namespace: "ns", Name: "duel", Pool: "ns.pool", Ruleset: "srd-5.2.1", MaxPlayers: 4,
		GameMasters: []string{"gm"}, Players: []string{"ann"}, Lifecycle: registry.LifecycleRunning, Generation: 1,
		Scenario: json.RawMessage(duel),
	}
}

// stage is some shards' servers around one journal in memory.
type stage struct {
	t    *testing.T
	log  *journal.Memory
	keys *auth.Keys

	mu     sync.Mutex
	shards map[string]*shard
	// addresses are those that are not the shard's own.
	addresses map[string]string
	away      bool // the store does not answer
}

// shard is a server and the sessions that live beside it.
type shard struct {
	*Server
	stage    *stage
	name     string
	http     *httptest.Server
	gatherer *prometheus.Registry

	mu      sync.Mutex
	live    map[string]*session.Session
	changed chan struct{}
	coming  bool
}

func newStage(t *testing.T, names ...string) *stage {
	t.Helper()
	before := runtime.NumGoroutine()
	keys, err := auth.NewKeys(map[string][]byte{"k1": []byte(strings.Repeat("k", auth.MinKeyBytes))})
	check(t, err)
	st := &stage{t: t, log: journal.NewMemory(), keys: keys, shards: map[string]*shard{}, addresses: map[string]string{}}
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
	sh := &shard{stage: st, name: name, live: map[string]*session.Session{}, changed: make(chan struct{}), gatherer: prometheus.NewRegistry()}
	sh.Server = New(Config{
		Shard: name, Keys: func() *auth.Keys { return st.keys }, Sessions: sh, Directory: st,
		Logger: slog.New(slog.DiscardHandler), Metrics: NewMetrics(sh.gatherer), MaxSockets: 16,
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

func (sh *shard) Session(id string) (*session.Session, bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s, here := sh.live[id]
	return s, here
}

func (sh *shard) Await(ctx context.Context, id string) (*session.Session, error) {
	for {
		sh.mu.Lock()
		s, here := sh.live[id]
		coming, changed := sh.coming, sh.changed
		sh.mu.Unlock()
		switch {
		case here:
			return s, nil
		case !coming:
			return nil, errors.New("not on its way")
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (sh *shard) AwaitStandby(ctx context.Context, id string, epoch uint64) error {
	if id == testSession && epoch == 2 {
		return nil
	}
	return errors.New("not on its way")
}

// expect says whether a session is on its way to this shard.
func (sh *shard) expect(coming bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.coming = coming
	close(sh.changed)
	sh.changed = make(chan struct{})
}

func (sh *shard) adopt(s *session.Session) *session.Session {
	sh.mu.Lock()
	sh.live[s.ID()] = s
	close(sh.changed)
	sh.changed = make(chan struct{})
	sh.mu.Unlock()
	go func() {
		<-s.Done()
		sh.mu.Lock()
		defer sh.mu.Unlock()
		if sh.live[s.ID()] == s {
			delete(sh.live, s.ID())
		}
	}()
	sh.stage.t.Cleanup(func() { s.Stop(); <-s.Done() })
	return s
}

func (sh *shard) owner(epoch uint64) journal.Owner {
	return journal.Owner{Shard: sh.name, Incarnation: sh.name + "-1", Epoch: epoch}
}

func (sh *shard) config() session.Config {
	return session.Config{
		Log: sh.stage.log, Shard: sh.name, Logger: slog.New(slog.DiscardHandler), Observer: sh.Metrics, Now: time.Now,
		ThawAfter: 5 * time.Second,
	}
}

// create starts the duel on a shard at epoch 1.
func (sh *shard) create() *session.Session {
	t := sh.stage.t
	t.Helper()
	check(t, sh.stage.log.Assign(t.Context(), journal.Assignment{Session: testSession, Epoch: 1, Shard: sh.name, Pool: "ns.pool", Mode: journal.ModeCreate}))
	s, err := session.Create(t.Context(), sh.config(), sh.owner(1), duelSpec())
	check(t, err)
	return sh.adopt(s)
}

// handoff moves the duel from one shard to another, as their hosts would.
func (st *stage) handoff(from, to *shard, epoch uint64) {
	t := st.t
	t.Helper()
	source, _ := from.Session(testSession)
	f := st.follow(from, to, epoch)
	ahead, done := context.WithTimeout(t.Context(), 500*time.Millisecond)
	source.Announce(ahead, to.name, epoch)
	done()
	check(t, source.Handoff(t.Context(), to.name, epoch))
	f.adopted()
}

// following is a shard that waits for the duel's freeze.
type following struct {
	to     *shard
	came   chan *session.Session
	cancel context.CancelFunc
}

// follow makes a shard the duel's next owner, up to where it follows.
func (st *stage) follow(from, to *shard, epoch uint64) *following {
	t := st.t
	t.Helper()
	check(t, st.log.Assign(t.Context(), journal.Assignment{Session: testSession, Epoch: epoch, Shard: to.name, From: from.name, Pool: "ns.pool", Mode: journal.ModeHandoff}))
	to.expect(true)
	b, err := session.NewStandby(t.Context(), to.config(), to.owner(epoch), from.name, duelSpec())
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	f := &following{to: to, came: make(chan *session.Session, 1), cancel: cancel}
	go func() {
		s, err := b.Run(ctx)
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		f.came <- s
	}()
	<-b.Ready()
	return f
}

// adopted waits for the takeover.
func (f *following) adopted() {
	t := f.to.stage.t
	t.Helper()
	s := <-f.came
	if s == nil {
		t.FailNow()
	}
	f.to.adopt(s)
	f.to.expect(false)
	f.cancel()
}

// calledOff ends the following before there is a takeover.
func (f *following) calledOff() {
	f.cancel()
	<-f.came
	f.to.expect(false)
}

// seize lets a shard take the duel over without its owner's help.
func (st *stage) seize(to *shard, epoch uint64) {
	t := st.t
	t.Helper()
	check(t, st.log.Assign(t.Context(), journal.Assignment{Session: testSession, Epoch: epoch, Shard: to.name, Pool: "ns.pool", Mode: journal.ModeFailover}))
	b, err := session.NewStandby(t.Context(), to.config(), to.owner(epoch), "", duelSpec())
	check(t, err)
	s, err := b.Seize(t.Context())
	check(t, err)
	to.adopt(s)
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

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
