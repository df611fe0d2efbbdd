// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
)

// idleProxy is a reverse proxy that closes connections over which nothing has come,
// from either side, for a while. It counts those that it has closed.
type idleProxy struct {
	*httptest.Server
	cuts atomic.Int64
}

func newIdleProxy(t *testing.T, to string, idle time.Duration) *idleProxy {
	t.Helper()
	target, err := url.Parse(to)
	check(t, err)
	p := &idleProxy{Server: httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
	})}
	p.Listener = &idleListener{Listener: p.Listener, idle: idle, cuts: &p.cuts}
	p.Start()
	t.Cleanup(p.Close)
	return p
}

type idleListener struct {
	net.Listener
	idle time.Duration
	cuts *atomic.Int64
}

func (l *idleListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	cut := func() {
		l.cuts.Add(1)
		_ = c.Close()
	}
	return &idleConn{Conn: c, idle: l.idle, timer: time.AfterFunc(l.idle, cut)}, nil
}

// idleConn is one connection from a client.
type idleConn struct {
	net.Conn
	idle  time.Duration
	timer *time.Timer
}

func (c *idleConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.timer.Reset(c.idle)
	}
	return n, err
}

func (c *idleConn) Write(p []byte) (int, error) {
	c.timer.Reset(c.idle)
	return c.Conn.Write(p)
}

func (c *idleConn) Close() error {
	c.timer.Stop()
	return c.Conn.Close()
}

// proxied is a client that says nothing by itself, behind a proxy.
func proxied(t *testing.T, ping, idle time.Duration) (*idleProxy, *client.Client) {
	t.Helper()
	st := newStage(t)
	a := st.start("a")
	a.pace.ping = ping
	a.create()
	p := newIdleProxy(t, a.http.URL, idle)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{URL: p.URL, Session: testSession, Token: st.token("gm", auth.GameMaster, time.Now().Add(time.Hour))})
	check(t, err)
	t.Cleanup(c.Close)
	return p, c
}

// TestPingsKeepProxiesFromCutting: nobody plays for twice as long as a proxy
// waits, which is longer than from one ping to the next.
func TestPingsKeepProxiesFromCutting(t *testing.T) {
	const ping, idle = 50 * time.Millisecond, 3 * time.Second
	p, c := proxied(t, ping, idle)
	time.Sleep(2 * idle) // nothing is to happen
	_, err := c.Do(t.Context(), map[string]string{"type": "start_combat"})
	check(t, err)
	if s := c.Stats(); p.cuts.Load() > 0 || len(s.Closes) > 0 {
		t.Errorf("the proxy has cut %d connections, the client saw %v", p.cuts.Load(), s.Closes)
	}
}

// TestCutByAProxy: one that waits for less cuts, again and again; each time the client
// is back before anybody misses it, and what it sends is applied once.
func TestCutByAProxy(t *testing.T) {
	p, c := proxied(t, time.Hour, time.Second)
	first, err := c.Do(t.Context(), map[string]string{"type": "start_combat"})
	check(t, err)
	for deadline := time.Now().Add(20 * time.Second); p.cuts.Load() < 3; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the proxy has cut %d times", p.cuts.Load())
		}
	}
	second, err := c.Do(t.Context(), map[string]string{"type": "end_combat"})
	check(t, err)
	if first.Refusal != nil || second.Refusal != nil || second.Position.Version != first.Position.Version+1 {
		t.Errorf("answered with %+v and %+v", first, second)
	}
	if s := c.Stats(); s.Syncs > 1 {
		t.Errorf("the view came %d times", s.Syncs)
	}
}
