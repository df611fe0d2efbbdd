// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/wire"
)

// clock stands still until it is set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func TestMessagesOfAConnectionAreLimited(t *testing.T) {
	st := newStage(t, "a", "b")
	clk := &clock{at: time.Now()}
	for _, sh := range st.shards {
		sh.Limits.Messages = limit.Rules{Usual: limit.Rule{N: 4, Per: time.Minute}, Classes: map[string]limit.Rule{"bot": {N: 1000, Per: time.Minute}}}
		sh.now = clk.now
	}
	st.shards["a"].create()
	for name, sh := range st.shards {
		t.Run(name, func(t *testing.T) {
			c := sh.player("gm", auth.GameMaster) // one message
			c.t = t
			for range 3 {
				c.say(wire.TypeHeartbeat, wire.Heartbeat{})
			}
			c.say(wire.TypeActionDeclare, wire.ActionDeclare{N: 1, ActionID: "x", Action: json.RawMessage(`{"type":"start_combat"}`)})
			no := decode[wire.Refusal](t, c.until(wire.TypeRefusal))
			if no.Code != wire.RefusalRateLimited || no.N != 1 || !no.Retry || no.Details["retry_after_ms"] != 15001.0 {
				t.Errorf("refused with %+v", no)
			}
			c.say(wire.TypeSyncRequest, wire.SyncRequest{})
			if e := decode[wire.Error](t, c.until(wire.TypeError)); e.Code != wire.CodeRateLimited {
				t.Errorf("told %+v", e)
			}
			clk.pass(15 * time.Second)
			c.say(wire.TypeActionDeclare, wire.ActionDeclare{N: 1, ActionID: "x", Action: json.RawMessage(`{"type":"start_combat"}`)})
			c.until(wire.TypeAck)
			// Another connection is not touched by it.
			sh.player("gm", auth.GameMaster)
			for range floodMax + 1 {
				c.say(wire.TypeHeartbeat, wire.Heartbeat{})
			}
			if code, seen := c.closed(); code != wire.CloseTooManyErrors || len(seen) < floodMax {
				t.Errorf("closed with %d after %d frames, want %d after %d", code, len(seen), wire.CloseTooManyErrors, floodMax)
			}
			if n := sh.metric("gamesession_limits_hit_total", `"messages"`); n != floodMax+3 {
				t.Errorf("%v hits counted, want %d", n, floodMax+3)
			}
		})
	}
}

// counter lets a few through.
type counter struct {
	left map[string]int
	err  error
}

func (c *counter) Take(_ context.Context, subject string) (time.Duration, error) {
	if c.err != nil {
		return 0, c.err
	}
	if c.left[subject]--; c.left[subject] < 0 {
		return 1500 * time.Millisecond, nil
	}
	return 0, nil
}

func TestConnectsAreLimited(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	count := &counter{left: map[string]int{"127.0.0.1": 1}}
	a.Limits.Connects = count
	a.dial("ann", auth.Player)
	for _, token := range []string{"", st.token("ann", auth.Player, time.Now().Add(time.Hour))} {
		r := request(st, a.http.URL+clientPath)
		r.Header.Set(wire.TokenHeader, token)
		r.Header.Set("X-Forwarded-For", "192.0.2.1") // nobody believes it
		resp, err := http.DefaultTransport.RoundTrip(r)
		check(t, err)
		got := body(t, resp)
		if resp.StatusCode != http.StatusTooManyRequests || got.Code != wire.CodeRateLimited || resp.Header.Get("Retry-After") != "2" {
			t.Errorf("%d %+v, Retry-After %q", resp.StatusCode, got, resp.Header.Get("Retry-After"))
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	count.err = errors.New("away")
	a.dial("ann", auth.Player)
	if n := a.metric("gamesession_limits_hit_total", `"unchecked"`); n != 1 {
		t.Errorf("%v let in unchecked, want 1", n)
	}
}

// TestClassesConnectByTheirOwnLimits, counted by who they are, as long as their
// token is valid.
func TestClassesConnectByTheirOwnLimits(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	a.Limits.Connects = &counter{left: map[string]int{}}
	a.Limits.ConnectsOf = map[auth.Class]Counter{auth.ClassBot: &counter{left: map[string]int{"ann": 2}}}
	other, err := auth.NewKeys(map[string][]byte{"k1": []byte(strings.Repeat("x", auth.MinKeyBytes))})
	check(t, err)
	attempt := func(keys *auth.Keys, class auth.Class) int {
		token, err := keys.Sign(auth.Claims{Session: testSession, Player: "ann", Role: auth.Player, Class: class, IssuedAt: 1, Expires: time.Now().Add(time.Hour).Unix()})
		check(t, err)
		r := request(st, a.http.URL+clientPath)
		r.Header.Set(wire.TokenHeader, token)
		resp, err := http.DefaultTransport.RoundTrip(r)
		check(t, err)
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for i, tc := range []struct {
		keys  *auth.Keys
		class auth.Class
		want  int
	}{
		{st.keys, auth.ClassPlayer, 429}, {other, auth.ClassBot, 429}, {st.keys, auth.ClassBot, 101},
		{st.keys, auth.ClassBot, 101}, {st.keys, auth.ClassBot, 429}, {st.keys, auth.ClassService, 429},
	} {
		if got := attempt(tc.keys, tc.class); got != tc.want {
			t.Errorf("attempt %d as %q: %d, want %d", i, tc.class, got, tc.want)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"direct":                        {"192.0.2.1:99", nil, "192.0.2.1"},
		"direct, forged":                {"192.0.2.1:99", []string{"198.51.100.1"}, "192.0.2.1"},
		"one proxy":                     {"10.0.0.1:99", []string{"198.51.100.1"}, "198.51.100.1"},
		"one proxy, forged before it":   {"10.0.0.1:99", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		"two proxies":                   {"10.0.0.1:99", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		"two headers":                   {"10.0.0.1:99", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		"two proxies, forged before":    {"10.0.0.1:99", []string{"10.9.9.9, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		"a proxy that says nothing":     {"10.0.0.1:99", nil, "10.0.0.1"},
		"a proxy that says nonsense":    {"10.0.0.1:99", []string{"unknown"}, "10.0.0.1"},
		"IPv6":                          {"[2001:db8:1:2:3:4:5:6]:99", nil, "2001:db8:1:2::/64"},
		"IPv6 by a proxy":               {"[fd00::1]:99", []string{"2001:db8::1"}, "2001:db8::/64"},
		"IPv6 with a zone":              {"[fe80::1%eth0]:99", nil, "fe80::/64"},
		"IPv4 in IPv6":                  {"[::ffff:192.0.2.1]:99", nil, "192.0.2.1"},
		"IPv4 in IPv6, a trusted proxy": {"[::ffff:10.0.0.1]:99", []string{"192.0.2.1"}, "192.0.2.1"},
		"no address":                    {"pipe", nil, "unknown"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: tc.remote, Header: http.Header{"X-Forwarded-For": tc.forwarded}}
			if got := clientAddress(r, trusted); got != tc.want {
				t.Errorf("clientAddress = %s, want %s", got, tc.want)
			}
		})
	}
}
