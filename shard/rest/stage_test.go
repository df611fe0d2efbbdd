// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

const testSession = "s1"

const duel = `{
  "map": {"width": 6, "height": 6},
  "combatants": [
    {"id": "aria", "name": "Aria", "side": "heroes", "controller": "ann", "position": [1, 1], "ac": 15, "maxHP": 60, "speed": 30, "dexterity": 14},
    {"id": "goblin", "name": "Goblin", "side": "goblins", "controller": "gm", "position": [2, 1], "ac": 13, "maxHP": 200, "speed": 30, "dexterity": 14}
  ]
}`

func duelSpec(id string) registry.SessionSpec {
	return registry.SessionSpec{
		ID: id, Namespace: "ns", Name: id, Pool: "ns.pool", Title: "Duel", Ruleset: "srd-5.2.1", MaxPlayers: 4,
		GameMasters: []string{"gm"}, Players: []string{"ann", "bob"}, Lifecycle: registry.LifecycleRunning, Generation: 1,
		Scenario: json.RawMessage(duel),
	}
}

// stage is some shards around one journal in memory.
type stage struct {
	t    *testing.T
	log  *journal.Memory
	keys *auth.Keys

	mu     sync.Mutex
	shards map[string]*shard
	away   bool // the store does not answer
}

// shard is the interface of one shard and the sessions that live there.
type shard struct {
	*Handler
	stage *stage
	name  string
	http  *httptest.Server

	mu      sync.Mutex
	live    map[string]*session.Session
	changed chan struct{}
	coming  bool
}

// names are issuer's tokens that name their player.
type names struct{}

func (names) Verify(token string) (identity.Identity, error) {
	if player, found := strings.CutPrefix(token, "i-am-"); found {
		return identity.Identity{Player: player}, nil
	}
	return identity.Identity{}, identity.ErrSignature
}

// bucket counts in this process.
type bucket struct {
	mu   sync.Mutex
	rule limit.Rule
	by   map[string]*limit.Bucket
}

func (b *bucket) Take(_ context.Context, subject string) (time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by[subject] == nil {
		b.by[subject] = &limit.Bucket{}
	}
	return b.by[subject].Take(b.rule, 1, time.Now()), nil
}

func (b *bucket) set(rule limit.Rule) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rule, b.by = rule, map[string]*limit.Bucket{}
}

func newStage(t *testing.T, shards ...string) *stage {
	t.Helper()
	keys, err := auth.NewKeys(map[string][]byte{"k1": []byte(strings.Repeat("k", auth.MinKeyBytes))})
	check(t, err)
	st := &stage{t: t, log: journal.NewMemory(), keys: keys, shards: map[string]*shard{}}
	updates, joins := &bucket{by: map[string]*limit.Bucket{}}, &bucket{by: map[string]*limit.Bucket{}}
	for _, name := range shards {
		sh := &shard{stage: st, name: name, live: map[string]*session.Session{}, changed: make(chan struct{})}
		transport := NewTransport(nil)
		sh.Handler = New(Config{
			Shard: name, Keys: func() *auth.Keys { return st.keys }, Sessions: sh, Directory: st, Journal: st.log,
			Logger: slog.New(slog.DiscardHandler), Observer: deaf{}, Identity: names{},
			Updates: updates, Joins: joins, Transport: transport,
		})
		sh.http = httptest.NewServer(sh.Handler)
		st.shards[name] = sh
		t.Cleanup(func() { transport.CloseIdleConnections(); sh.http.Close() })
	}
	return st
}

func (st *stage) Owner(ctx context.Context, id string) (journal.Owner, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.away {
		return journal.Owner{}, journal.ErrUnavailable
	}
	return st.log.Owner(ctx, id)
}

func (st *stage) Address(_ context.Context, name string) (string, error) {
	if sh := st.shards[name]; sh != nil {
		return sh.http.URL, nil
	}
	return "", errors.New("no such shard")
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
		Log: sh.stage.log, Shard: sh.name, Logger: slog.New(slog.DiscardHandler), Observer: deaf{}, Now: time.Now, ThawAfter: 5 * time.Second,
	}
}

// create starts a duel on a shard.
func (sh *shard) create(id string) *session.Session {
	t := sh.stage.t
	t.Helper()
	check(t, sh.stage.log.Assign(t.Context(), journal.Assignment{Session: id, Epoch: 1, Shard: sh.name, Pool: "ns.pool", Mode: journal.ModeCreate}))
	s, err := session.Create(t.Context(), sh.config(), sh.owner(1), duelSpec(id))
	check(t, err)
	return sh.adopt(s)
}

// move hands a session over, as hosts do.
func (st *stage) move(id string, from, to *shard, epoch uint64) {
	t := st.t
	t.Helper()
	source, _ := from.Session(id)
	check(t, st.log.Assign(t.Context(), journal.Assignment{Session: id, Epoch: epoch, Shard: to.name, From: from.name, Pool: "ns.pool", Mode: journal.ModeHandoff}))
	to.expect(true)
	b, err := session.NewStandby(t.Context(), to.config(), to.owner(epoch), from.name, duelSpec(id))
	check(t, err)
	came := make(chan *session.Session, 1)
	go func() {
		s, err := b.Run(t.Context())
		if err != nil {
			t.Error(err)
		}
		came <- s
	}()
	<-b.Ready()
	check(t, source.Handoff(t.Context(), to.name, epoch))
	if s := <-came; s != nil {
		to.adopt(s)
	}
	to.expect(false)
}

// token is a session token.
func (st *stage) token(session, player string, role auth.Role) string {
	st.t.Helper()
	now := time.Now()
	token, err := st.keys.Sign(auth.Claims{Session: session, Player: player, Role: role, IssuedAt: now.Unix(), Expires: now.Add(time.Hour).Unix()})
	check(st.t, err)
	return token
}

// caller makes requests to one shard.
type caller struct {
	t      *testing.T
	url    string
	header http.Header
}

// as is who an issuer vouches for.
func (sh *shard) as(player string) *caller {
	return &caller{sh.stage.t, sh.http.URL, http.Header{"Authorization": {"Bearer i-am-" + player}}}
}

// with has a session token.
func (sh *shard) with(token string) *caller {
	return &caller{sh.stage.t, sh.http.URL, http.Header{wire.TokenHeader: {token}}}
}

// reply is an answer without its body.
type reply struct {
	StatusCode int
	Header     http.Header
}

// do makes a request; a body that is not "" is JSON.
func (c *caller) do(method, path, body string) (reply, []byte) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	check(c.t, err)
	req.Header = c.header.Clone()
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	check(c.t, err)
	text, err := io.ReadAll(resp.Body)
	check(c.t, err)
	check(c.t, resp.Body.Close())
	return reply{resp.StatusCode, resp.Header}, text
}

// get decodes an answer that must be 200.
func get[T any](c *caller, path string) T {
	c.t.Helper()
	return decode[T](c, http.MethodGet, path, "")
}

func post[T any](c *caller, path, body string) T {
	c.t.Helper()
	return decode[T](c, http.MethodPost, path, body)
}

func decode[T any](c *caller, method, path, body string) T {
	c.t.Helper()
	resp, text := c.do(method, path, body)
	if resp.StatusCode != http.StatusOK {
		c.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	var v T
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	check(c.t, dec.Decode(&v))
	return v
}

// refused makes a request that must end with a code.
func (c *caller) refused(method, path, body, code string) wire.ErrorBody {
	c.t.Helper()
	resp, text := c.do(method, path, body)
	var e wire.ErrorBody
	if err := json.Unmarshal(text, &e); err != nil || e.Code != code || resp.StatusCode != wire.FaultOf(code).Status {
		c.t.Errorf("%s %s %s: %d %s, want %s", method, path, body, resp.StatusCode, text, code)
	}
	if again := resp.Header.Get("Retry-After") != ""; again != wire.FaultOf(e.Code).Again {
		c.t.Errorf("%s %s: %s with Retry-After %q", method, path, e.Code, resp.Header.Get("Retry-After"))
	}
	return e
}

func at(id, below string) string { return strings.Replace(sessionPath, "{id}", id, 1) + below }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type deaf struct{}

func (deaf) Answered(string, string, time.Duration) {}
func (deaf) PassedOn()                              {}
func (deaf) Limited(string)                         {}

func (deaf) Applied(time.Duration)          {}
func (deaf) Refused(string)                 {}
func (deaf) Broadcast(int)                  {}
func (deaf) StoreTrouble()                  {}
func (deaf) Froze()                         {}
func (deaf) Thawed()                        {}
func (deaf) Fenced()                        {}
func (deaf) TookOver(string, time.Duration) {}
func (deaf) Mismatch()                      {}
