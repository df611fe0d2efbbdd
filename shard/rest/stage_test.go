// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
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
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/session/sessiontest"
	"gamesession.dev/operator/shard/wire"
)

const testSession = "s1"

// stage is some shards around one journal in memory.
type stage struct {
	t    *testing.T
	log  *journal.Memory
	keys *auth.Keys

	mu     sync.Mutex
	shards map[string]*shard
	away   bool           // the store does not answer
	hits   map[string]int // of limits
}

// shard is the interface of one shard and the sessions that live there.
type shard struct {
	*Handler
	*sessiontest.Shelf
	stage *stage
	name  string
	http  *httptest.Server
}

// names are issuer's tokens that name their player, and its class behind an @.
type names struct{}

func (names) Verify(token string) (identity.Identity, error) {
	if player, found := strings.CutPrefix(token, "i-am-"); found {
		player, class, _ := strings.Cut(player, "@")
		return identity.Identity{Player: player, Class: auth.Class(class), Expires: time.Now().Add(time.Hour)}, nil
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
	st := &stage{t: t, log: journal.NewMemory(), keys: keys, shards: map[string]*shard{}, hits: map[string]int{}}
	updates, joins := &bucket{by: map[string]*limit.Bucket{}}, &bucket{by: map[string]*limit.Bucket{}}
	for _, name := range shards {
		sh := &shard{Shelf: sessiontest.NewShelf(t, name, st.log, nil), stage: st, name: name}
		transport := NewTransport(nil)
		sh.Handler = New(Config{
			Shard: name, Keys: func() *auth.Keys { return st.keys }, Sessions: sh, Directory: st, Journal: st.log,
			Logger: slog.New(slog.DiscardHandler), Observer: st, Identity: names{},
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

// create starts a duel on a shard.
func (sh *shard) create(id string) *session.Session {
	sh.stage.t.Helper()
	return sh.Create(sessiontest.Duel(id, "ann", "bob"))
}

// move hands a session over, as hosts do.
func (st *stage) move(id string, from, to *shard, epoch uint64) {
	st.t.Helper()
	source, _ := from.Session(id)
	f := to.Follow(from.Shelf, sessiontest.Duel(id, "ann", "bob"), epoch)
	check(st.t, source.Handoff(st.t.Context(), to.name, epoch))
	f.Adopted()
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

// Answered holds every answer of every test to the document.
func (st *stage) Answered(operation, code string, _ time.Duration) {
	if !documented(operation, code) {
		st.t.Errorf("%s is answered with %s, which the document does not say", operation, code)
	}
}

func (*stage) PassedOn() {}

func (st *stage) Limited(by string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.hits[by]++
}

// limited is how often each limit was hit.
func (st *stage) limited() map[string]int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return maps.Clone(st.hits)
}
